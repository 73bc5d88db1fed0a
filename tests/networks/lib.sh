# shellcheck shell=sh disable=SC2034 # variables for those who source this
# lib.sh - what the suites of `make networks` share: a network namespace of their own, processes in
# the background that never outlive the suite, and waiting for conditions instead of for time.
#
# Every executable tests/networks/*.sh is a suite of tests/run-suites. It begins with
#
#     #!/bin/sh
#     # NAME.sh - what it shows.
#     set -u
#     # shellcheck source=lib.sh source-path=SCRIPTDIR
#     . "$(dirname "$0")/lib.sh"
#     networks_enter "$@"
#     need tcpdump
#
# and goes on inside the namespace, where nothing but loopback is and ports may be fixed. It makes its
# tests by check, result and skip of tests/support/check.sh, and ends with `results`.
#
#   networks_enter "$@"   goes on in a new network namespace, as root of a user namespace where we are
#                         not root. Where there is none the suite is skipped
#   need PROGRAM...       skips the suite unless all are installed (config/packages.networks)
#   tap NAME ADDRESS...   the kernel's TAP device, up, with these addresses, as in 192.0.2.9/24
#   own_root PROGRAM      from now on that program, where it is installed, may make user namespaces,
#                         even when the suite runs in a chroot (own_root.c); passt has to
#   start LOG COMMAND...  runs a program in the background, output to LOG; $started is the process. Of
#                         the signals, the shell has it ignore SIGINT and SIGQUIT
#   stop PID              ends a process that start began by SIGTERM, by SIGKILL if it stays for 10
#                         seconds. Returns its exit status
#   ended PID             whether a process is gone, or has ended and is not waited for yet
#   wait_until SECONDS COMMAND...
#                         repeats a command, its output dropped, until it succeeds; at most so long,
#                         four times so under a sanitizer
#   wait_line FILE TEXT   waits until a line of FILE has TEXT; 20 seconds at most, as above
#
# $winlwip is the program, $examples the directory of the example programs, $tree winlwip's source
# tree, which is the current directory; $work is a directory that goes away. Limits are generous: the
# machine may be slow and loaded, and a limit is reached only when something is broken.
#
# Environment: WINLWIP_BUILD, where make has built; CK_TIMEOUT_MULTIPLIER, see above.

tree=$PWD
case $WINLWIP_BUILD in
/*) ;;
*) WINLWIP_BUILD=$tree/$WINLWIP_BUILD ;;
esac
export WINLWIP_BUILD LC_ALL=C
winlwip=$WINLWIP_BUILD/winlwip
examples=$WINLWIP_BUILD/examples
work=
children=

# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../support/check.sh"

# Skips the whole suite for the reason $1.
networks_skip()
{
    skip "$(basename "$0" .sh)" "$1"
    results
    exit
}

networks_enter()
{
    if [ "${WINLWIP_NETWORKS_INSIDE-}" != "$0" ]; then
        [ "$(id -u)" -eq 0 ] && new='unshare --net' || new='unshare --user --map-root-user --net'
        $new true 2>/dev/null || networks_skip 'no network namespace can be made here (unshare)'
        # The words of $new are separate arguments on purpose.
        # shellcheck disable=SC2086
        WINLWIP_NETWORKS_INSIDE=$0 exec $new "$0" "$@"
    fi
    work=$(mktemp -d) || exit 2
    trap networks_clean EXIT
    trap 'exit 130' INT TERM
    ip link set lo up
}

networks_clean()
{
    for child in $children; do
        stop "$child"
    done 2>/dev/null
    rm -rf "$work"
}

need()
{
    for program; do
        command -v "$program" >/dev/null || networks_skip "$program is not installed"
    done
}

tap()
{
    [ -c /dev/net/tun ] || networks_skip 'there is no /dev/net/tun'
    device=$1
    shift
    ip tuntap add dev "$device" mode tap || return
    for address; do
        case $address in
        *:*) ip addr add "$address" dev "$device" nodad || return ;;
        *) ip addr add "$address" brd + dev "$device" || return ;;
        esac
    done
    ip link set dev "$device" up
}

own_root()
{
    real=$(command -v "$1") || return 0
    mkdir -p "$work/bin" &&
        ${CC:-gcc} -o "$work/bin/own_root" "$tree/tests/networks/own_root.c" &&
        printf '#!/bin/sh\nexec %s %s "$@"\n' "$work/bin/own_root" "$real" >"$work/bin/$1" &&
        chmod +x "$work/bin/$1" && PATH=$work/bin:$PATH
}

start()
{
    (log=$1 && shift && exec "$@" >"$log" 2>&1 </dev/null) &
    started=$!
    children="$children $started"
}

ended()
{
    case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
    '' | [ZX]*) return 0 ;;
    *) return 1 ;;
    esac
}

stop()
{
    remaining=
    for child in $children; do
        [ "$child" = "$1" ] || remaining="$remaining $child"
    done
    children=$remaining
    kill -TERM "$1" 2>/dev/null
    wait_until 10 ended "$1" || kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

wait_until()
{
    deadline=$(($(date +%s) + $1 * ${CK_TIMEOUT_MULTIPLIER:-1}))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le "$deadline" ] || return 1
        sleep 0.1
    done
}

wait_line()
{
    wait_until 20 grep -q -- "$2" "$1" && return 0
    echo "no line with '$2' in $1:"
    cat "$1"
    return 1
}
