#!/bin/sh
# run.sh - builds the programs of examples/ as a stranger would, against an installed library by
# pkg-config, and runs each: on a capture, on loopback, and with the kernel as the other side of a
# TAP device in a network namespace.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# Prints one line for each case, a program's words under one that failed, and the sums.
set -u
export LC_ALL=C
# What `make` around this test says about itself is not for the `make` inside it.
unset MAKEFLAGS MFLAGS MAKELEVEL

cc=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/examples/programs/capture.sh
. "$here/capture.sh"

# The second half runs inside the namespace with the directory of the first.
work=${EXAMPLES_WORK-}
inside=${work:+yes}
[ -n "$inside" ] || work=$(mktemp -d) || exit 2
prefix=$work/prefix
programs=$work/programs
server=
finish()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null
    [ -n "$inside" ] || rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
export LD_LIBRARY_PATH="$prefix/lib"
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"

# run SECONDS PROGRAM ARGUMENT...: an example with a time limit.
run()
{
    limit=$1
    program=$2
    shift 2
    timeout "$limit" "$programs/$program" "$@"
}

# --- On captures and loopback ---

install_and_build()
{
    mkdir -p "$programs" && make install PREFIX="$prefix" &&
        PKG_CONFIG_PATH=$prefix/lib/pkgconfig \
            make -C examples OUT="$programs" CC="$cc" CFLAGS='-O2 -Wall -Wextra -Werror'
}

# Requests of a peer to the port of the echo servers: one to the host's second address, 192.0.2.3, one
# by broadcast, one from port 4001.
write_requests()
{
    file_header
    arp_request $host_ip
    arp_request $host_ip2
    udp $host_mac $host_ip 4000 5000 one
    udp $host_mac $host_ip 4000 5000 ''
    udp $host_mac $host_ip2 4000 5000 two
    udp ffffffffffff c00002ff 4000 5000 three
    udp $host_mac $host_ip 4001 5000 four
}

# The peer receives what a server wrote into its output: source, destination, bytes and payload, in
# any order, as a server with several threads may answer in one.
answers()
{
    "$prefix/bin/winlwip" recv --pcap "$1" --mac 02:00:00:00:00:09 --address 192.0.2.9/24 \
        --bind 4000 --bind 4001 --json |
        sed -n 's/.*"source":"\([^"]*\)".*"local_port":\([0-9]*\).*"text":"\([^"]*\)".*/\1 \2 \3/p' |
        sort
}

echo_on_capture()
{
    cat >"$work/echo.conf" <<END
[interface eth0]
driver  = pcap
file    = $work/requests.pcap
output  = $work/$1.pcap
mac     = 02:00:5e:10:00:01
address = 192.0.2.1/24, 192.0.2.3/24
END
    WINLWIP_CONFIG=$work/echo.conf run 20 "$1" >"$work/said" 2>&1
    status=$?
    cat "$work/said"
    [ $status -eq 0 ] && grep -qx '5 answered, ended by error 10050' "$work/said" &&
        answers "$work/$1.pcap" | tee "$work/answers" && cmp "$work/expected" "$work/answers"
}

multicast_on_capture()
{
    WINLWIP_CONFIG=examples/demo.conf run 20 multicast 5000 239.1.2.3 ff15::1234 ff02::fb%2 \
        >"$work/heard" 2>&1
    status=$?
    cat "$work/heard"
    [ $status -eq 0 ] && grep -q '^ended by error 10050$' "$work/heard" &&
        grep ' multicast: ' "$work/heard" >"$work/groups" && cmp "$work/groups" - <<'END'
192.0.2.9 to 239.1.2.3 on interface 2, multicast: joined IPv4 group
fe80::9%2 to ff02::fb on interface 2, multicast: joined group of the link
2001:db8::9 to ff15::1234 on interface 2, multicast: joined IPv6 group
END
}

# Without its groups it hears the rest alone.
multicast_without_a_group()
{
    WINLWIP_CONFIG=examples/demo.conf run 20 multicast 5000 239.1.2.3 >"$work/heard" 2>&1
    [ "$(grep -c ' multicast: ' "$work/heard")" -eq 1 ] && grep -q ' broadcast: ' "$work/heard"
}

# What replay shows is what the program `winlwip recv` shows of the same capture, in the same order.
replay_agrees()
{
    WINLWIP_CONFIG=examples/demo.conf run 20 replay >"$work/replayed" 2>&1
    status=$?
    cat "$work/replayed"
    [ $status -eq 0 ] && [ "$(tail -n 1 "$work/replayed")" = 'the capture has ended' ] || return 1
    sed -n 's/^\([0-9]*\) bytes from \(::ffff:\)\{0,1\}\([^ ]*\) port \([0-9]*\).*/\3 \4 \1/p' \
        "$work/replayed" >"$work/replay-lines"
    WINLWIP_CONFIG=examples/demo.conf "$prefix/bin/winlwip" recv --bind '[::]:5000,buffer=24' --dual \
        --json | sed -e 's/.*"source":"\([^"]*\)".*"error":[^,]*,"bytes":\([0-9]*\).*/\1 \2/' -e 's/::ffff://' \
        -e 's/^\[\(.*\)\]:/\1:/' -e 's/:\([0-9]* [0-9]*\)$/ \1/' -e 's/%eth0/%2/' |
        grep '^[0-9a-f]' >"$work/recv-lines"
    [ -s "$work/recv-lines" ] && diff "$work/recv-lines" "$work/replay-lines"
}

replay_shows_all()
{
    run_replay=$work/replayed
    grep -q '^24 bytes from .* MSG_TRUNC$' "$run_replay" && grep -q MSG_BCAST "$run_replay" &&
        grep -q '^  IP_PKTINFO 192\.0\.2\.1, interface 2$' "$run_replay" &&
        grep -q '^  IPV6_PKTINFO 2001:db8::1, interface 2$' "$run_replay" &&
        grep -q '^  IP_TTL 255$' "$run_replay" && grep -q '^  IP_TOS 184$' "$run_replay" &&
        grep -q '^  IPV6_HOPLIMIT 3$' "$run_replay" && grep -q '^  IPV6_TCLASS 32$' "$run_replay" &&
        ! grep -q 'level' "$run_replay"
}

ping_host()
{
    run 20 ping "$1" 3 >"$work/pinged" 2>&1
    status=$?
    cat "$work/pinged"
    [ $status -eq 0 ] && grep -q '^3 of 3 answered$' "$work/pinged" &&
        [ "$(grep -c "^40 bytes from $1: sequence [123], " "$work/pinged")" -eq 3 ]
}

# Nobody is there: it says so and ends.
ping_nobody()
{
    run 20 ping 192.0.2.77 1 >"$work/pinged" 2>&1
    status=$?
    cat "$work/pinged"
    [ $status -eq 1 ] && grep -q '^0 of 1 answered$' "$work/pinged"
}

on_captures()
{
    check "built by pkg-config" install_and_build
    write_requests >"$work/requests.pcap"
    printf '192.0.2.%s\n' '1:5000 4000 ' '1:5000 4000 one' '1:5000 4000 three' '1:5000 4001 four' \
        '3:5000 4000 two' | sort >"$work/expected"
    for way in sync event routine port; do
        check "echo_$way on a capture" echo_on_capture echo_$way
    done
    check "multicast on a capture" multicast_on_capture
    check "multicast without a group" multicast_without_a_group
    check "replay agrees with winlwip recv" replay_agrees
    check "replay shows every control message" replay_shows_all
    check "ping over loopback" ping_host 127.0.0.1
    check "ping over loopback, IPv6" ping_host ::1
}

# --- With the kernel as the other side ---

# echoed ADDRESS TEXT: the text comes back from port 5000. The server needs a moment to start, more
# than a second of it to find out that nobody else has its IPv6 addresses: 20 seconds at most.
echoed()
{
    for _ in $(seq 100); do
        # shellcheck disable=SC2016 # for the other shell
        back=$(timeout 10 bash -c 'exec 3<>"/dev/udp/$0/5000" && printf %s "$1" >&3 &&
            timeout 0.4 head -c "${#1}" <&3' "$1" "$2" 2>/dev/null)
        [ "$back" != "$2" ] || return 0
        kill -0 "$server" || return 1
        sleep 0.2
    done
    return 1
}

echo_over_tap()
{
    WINLWIP_CONFIG=$work/tap.conf "$programs/$1" >"$work/said" 2>&1 &
    server=$!
    echoed 192.0.2.1 "hello $1" && echoed 2001:db8::1 "hello again $1"
    status=$?
    cat "$work/said"
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
    return $status
}

with_kernel()
{
    cat >"$work/tap.conf" <<'END'
[interface tap0]
driver  = tap
device  = tap0
address = 192.0.2.1/24, 2001:db8::1/64
END
    for way in sync event routine port; do
        check "echo_$way with the kernel" echo_over_tap echo_$way
    done
    export WINLWIP_CONFIG="$work/tap.conf"
    check "ping to the kernel" ping_host 192.0.2.2
    check "ping to the kernel, IPv6" ping_host 2001:db8::2
    check "ping to nobody" ping_nobody
}

# Makes the namespace's device. Fails where that is not permitted.
set_up_tap()
{
    ip link set lo up && ip tuntap add dev tap0 mode tap && ip addr add 192.0.2.2/24 dev tap0 &&
        ip addr add 2001:db8::2/64 dev tap0 nodad && ip link set tap0 up
}

enter_namespace()
{
    [ "$(id -u)" = 0 ] && new='unshare -n' || new='unshare -rn'
    if ! $new true 2>/dev/null; then
        skip 'the kernel as client' 'no network namespace can be made here (unshare)'
    elif [ ! -c /dev/net/tun ]; then
        skip 'the kernel as client' 'there is no /dev/net/tun'
    else
        EXAMPLES_WORK=$work $new "$0" "$cc" | tee "$work/inside"
        sums=$(tail -n 1 "$work/inside")
        case $sums in
        *' passed, '*' failed, '*' skipped') ;;
        *) sums='0 passed, 1 failed, 0 skipped' ;;
        esac
        passed=$((passed + ${sums%% *}))
        failed=$((failed + $(echo "$sums" | sed 's/.*, \([0-9]*\) failed.*/\1/')))
        skipped=$((skipped + $(echo "$sums" | sed 's/.*, \([0-9]*\) skipped/\1/')))
    fi
}

if [ -z "$inside" ]; then
    on_captures
    enter_namespace
elif set_up_tap >"$work/log" 2>&1; then
    with_kernel
else
    skip 'the kernel as client' 'no TAP device can be made here'
fi
results
