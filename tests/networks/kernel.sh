#!/bin/sh
# kernel.sh - the kernel's own programs talk with a host over a TAP: ping of both families and all
# sizes, and tcpdump, which judges every checksum of what the host sends.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need ping tcpdump

kernel4=192.0.2.9
host4=192.0.2.1
host6=2001:db8::1

# A host that answers by its stack alone; its socket hears what nobody sends.
host_start()
{
    tap tap0 $kernel4/24 2001:db8::9/64 || return
    start "$work/host.log" "$winlwip" recv --tap tap0 --address $host4/24 --address $host6/64 \
        --mac 02:00:5e:10:00:01 --bind 9
    host=$started
    wait_until 20 ping -c 1 -W 1 $host4 && wait_until 20 ping -c 1 -W 1 $host6
}

# pinged ARGUMENT...: five requests, each answered, none twice, no byte changed. The first is sent
# again and again until the host knows the way, hence the others.
pinged()
{
    ping -i 0.05 -c 5 -W 5 "$@" >"$work/pinged" 2>&1
    status=$?
    cat "$work/pinged"
    [ $status -eq 0 ] && grep -q ' 5 received, .*0% packet loss' "$work/pinged" &&
        ! grep -q 'duplicates\|errors\|wrong data' "$work/pinged"
}

ping_tests()
{
    for size in 0 1 56 1472; do
        check "ping, $size bytes" pinged -s $size $host4
    done
    for size in 0 1 56 1452; do
        check "ping over IPv6, $size bytes" pinged -s $size $host6
    done
}

check 'a host on a TAP' host_start
ping_tests
check 'the host lives' kill -0 "$host"

results
