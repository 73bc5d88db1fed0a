# shellcheck shell=sh disable=SC2034 # variables for those who source this
# hosts.sh - what the tests of clients share: two hosts in a network namespace of their own, beside
# tests/support/check.sh. Sourced by tests/clients/*/run.sh after `set -u`.
#
#   hosts_enter "$@"      goes on in a new network namespace; the first thing that a run.sh does
#   hosts_start [LOSS]    TAPs hosta and hostb, joined by a wire that loses LOSS percent; $work/a.conf and
#                         $work/b.conf describe the host at each: 192.0.2.1 and .2, 2001:db8::1 and ::2
#   hosts_stop            ends the wire; prints what it saw
#   on HOST COMMAND...    runs a program at host a or b, or with loopback alone: on loopback ...
#   start HOST LOG COMMAND...
#                         the same in the background, output to LOG; $started is the process
#   wait_line FILE TEXT   waits until a line of FILE has TEXT (20 seconds at most)
#   settled PID           waits until a program has come to its first long wait, which is what a server
#                         without a word for it does when it is ready (20 seconds at most)
#   ended PID             waits until a process that we started has ended (20 seconds at most)
#
# $programs is where the client's programs are, $work a directory that goes away.

# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"
wire=

hosts_enter()
{
    if [ "${WINLWIP_HOSTS_INSIDE-}" != yes ]; then
        WINLWIP_HOSTS_INSIDE=yes exec unshare --net "$0" "$@"
    fi
    programs=$WINLWIP_BUILD/clients/$(basename "$(dirname "$0")")
    work=$(mktemp -d) || exit 2
    trap hosts_clean EXIT
    trap 'exit 130' INT TERM
    ip link set lo up
}

hosts_clean()
{
    # Only our own children: those that tests left running.
    for pid in $(jobs -p); do
        kill "$pid" 2>/dev/null
    done
    rm -rf "$work"
}

hosts_start()
{
    for host in a b; do
        number=$([ $host = a ] && echo 1 || echo 2)
        ip tuntap add dev host$host mode tap
        echo 1 >"/proc/sys/net/ipv6/conf/host$host/disable_ipv6"
        ip link set dev host$host up
        {
            printf '[interface eth0]\ndriver = tap\ndevice = host%s\noffload = off\n' $host
            printf 'address = 192.0.2.%s/24\naddress = 2001:db8::%s/64\n' "$number" "$number"
        } >"$work/$host.conf"
    done
    mkfifo "$work/wire.in"
    "$WINLWIP_BUILD/clients/wire" --loss "${1-0}" --seed 7 hosta hostb <"$work/wire.in" >"$work/wire.log" &
    wire=$!
    exec 9>"$work/wire.in"
    wait_line "$work/wire.log" ready
}

hosts_stop()
{
    exec 9>&-
    wait "$wire"
    cat "$work/wire.log"
    rm "$work/wire.in"
    ip link del dev hosta
    ip link del dev hostb
}

# What a program at host $1 finds in its environment; fd 9 is the wire's alone.
at_host()
{
    if [ "$1" = loopback ]; then
        unset WINLWIP_CONFIG
    else
        export WINLWIP_CONFIG="$work/$1.conf"
    fi
    exec 9>&-
}

on()
{
    (at_host "$1" && shift && exec "$@")
}

start()
{
    (at_host "$1" && log=$2 && shift 2 && exec "$@" >"$log" 2>&1 </dev/null) &
    started=$!
}

wait_line()
{
    for _ in $(seq 200); do
        grep -q -- "$2" "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "no line with '$2' in $1" >&2
    return 1
}

settled()
{
    before=
    times=0
    for _ in $(seq 200); do
        # Asleep, and not woken for a third of a second: not just between two steps.
        now=$(sed -n -e '/^State:/p' -e '/ctxt_switches:/p' "/proc/$1/task/$1/status" 2>/dev/null)
        case $now in
        *'(sleeping)'*) [ "$now" = "$before" ] && times=$((times + 1)) || times=0 ;;
        *) times=0 ;;
        esac
        [ $times -lt 3 ] || return 0
        before=$now
        sleep 0.1
    done
    echo "process $1 does not come to rest" >&2
    return 1
}

ended()
{
    for _ in $(seq 200); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}
