#!/bin/sh
# kernel.sh - the kernel's own programs talk with hosts over TAPs: ping of both families and all sizes,
# and tcpdump, which judges every checksum of what the hosts send.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need ping tcpdump

kernel4=192.0.2.9
kernel6=2001:db8::9
host4=192.0.2.1
host6=2001:db8::1
host_mac=02:00:5e:10:00:01
largest4=65507
largest6=65487
longest_of_winlwip=65400

# A host on tap0 that answers by its stack alone, as its socket hears what nobody sends; tap1 is for
# programs that come and go. All frames of hosts are complete: nothing is left to the kernel.
host_start()
{
    tap tap0 $kernel4/24 $kernel6/64 && tap tap1 198.51.100.9/24 2001:db8:2::9/64 || return
    watch tap0 && watch tap1 || return
    start "$work/host.log" "$winlwip" recv --tap tap0 --driver-option offload=off \
        --mac $host_mac --address $host4/24 --address $host6/64 --bind '[::]:9,join=ff02::1234' --stats
    host=$started
    wait_until 20 ping -c 1 -W 1 $host4 && wait_until 20 ping -c 1 -W 1 $host6
}

# watch DEVICE: all its frames go to a file.
watch()
{
    start "$work/$1.log" tcpdump -i "$1" -U --immediate-mode -w "$work/$1.pcap"
    watchers="${watchers-} $started"
    wait_line "$work/$1.log" 'listening on'
}

# pinged ARGUMENT...: five requests, each answered, none twice, no byte changed.
pinged()
{
    ping -i 0.05 -c 5 -W 5 "$@" >"$work/pinged" 2>&1
    status=$?
    cat "$work/pinged"
    [ $status -eq 0 ] && grep -q ' 5 received, .*0% packet loss' "$work/pinged" &&
        ! grep -q 'duplicates\|errors\|wrong data' "$work/pinged"
}

# unanswered ARGUMENT...: nobody says anything.
unanswered()
{
    ping -i 0.2 -c 2 -W 1 "$@" >"$work/pinged" 2>&1
    status=$?
    cat "$work/pinged"
    [ $status -eq 1 ] && grep -q ' 0 received, .*100% packet loss' "$work/pinged" &&
        ! grep -q 'bytes from' "$work/pinged"
}

kernel_pings()
{
    for size in 0 1 56 1472; do
        check "ping, $size bytes" pinged -M 'do' -s "$size" $host4
    done
    for size in 1473 4000 $largest4; do
        check "ping in fragments, $size bytes" pinged -s "$size" $host4
    done
    for size in 0 1 56 1452; do
        check "ping over IPv6, $size bytes" pinged -M 'do' -s "$size" $host6
    done
    for size in 1453 4000 $largest6; do
        check "ping over IPv6 in fragments, $size bytes" pinged -s "$size" $host6
    done
    check 'ping with record route' pinged -R $host4
    check 'ping to a broadcast address is not answered' unanswered -b 192.0.2.255
    check 'ping to all hosts is not answered' unanswered -I tap0 224.0.0.1
    check 'ping to an IPv6 group is not answered' unanswered ff02::1234%tap0
}

# from_host COMMAND ARGUMENT...: the program on tap1.
from_host()
{
    command=$1
    shift
    "$winlwip" "$command" --tap tap1 --driver-option offload=off --mac $host_mac \
        --address 198.51.100.1/24 --address 2001:db8:2::1/64 "$@"
}

# The kernel answers what the program asks.
host_pings()
{
    for size in 0 1 56 1472 1473 4000 $longest_of_winlwip; do
        check "winlwip ping, $size bytes" answered --size "$size" 198.51.100.9
    done
    for size in 0 1 1452 1453 4000 $longest_of_winlwip; do
        check "winlwip ping over IPv6, $size bytes" answered --size "$size" 2001:db8:2::9
    done
}

answered()
{
    from_host ping --count 2 --interval 50 --timeout 10000 --json "$@" >"$work/replies" &&
        [ "$(grep -c '"type":"reply"' "$work/replies")" -eq 2 ]
    status=$?
    cat "$work/replies"
    return $status
}

# Datagrams of all kinds of lengths leave, whole, in fragments, and one send as several.
sends()
{
    head -c 4001 /dev/urandom >"$work/payload"
    for to in 198.51.100.9:5000 '[2001:db8:2::9]:5000'; do
        from_host send --to "$to" && from_host send --to "$to" --text x --ttl 3 --ecn 1 &&
            from_host send --to "$to" --text xy --tos 0xb8 --count 20 &&
            from_host send --to "$to" --file "$work/payload" &&
            from_host send --to "$to" --file "$work/payload" --segment 1001 || return
    done
}

# judged DEVICE: tcpdump's words on what the host there has sent.
judged()
{
    tcpdump -n -vv -r "$work/$1.pcap" ether src $host_mac 2>"$work/errors"
}

bad='bad\|wrong\|incorrect\|invalid\|malformed\|truncated\|\[|'

checksums()
{
    for watcher in $watchers; do
        stop "$watcher"
    done
    judged tap0 >"$work/words"
    judged tap1 >>"$work/words"
    sed -i 's/0x[0-9a-f]*/0x/g' "$work/words" # "bad" is a number, too
    udp=$(grep -c 'udp sum ok' "$work/words")
    icmp=$(grep -c 'ICMP echo re' "$work/words")
    icmp6=$(grep -c 'icmp6 sum ok' "$work/words")
    echo "$udp UDP, $icmp ICMP, $icmp6 ICMPv6"
    ! grep "$bad" "$work/words" && [ "$udp" -ge 40 ] && [ "$icmp" -ge 50 ] && [ "$icmp6" -ge 50 ]
}

# The judge is no yes-man: one datagram, its last byte another.
control()
{
    tcpdump -c 1 -w "$work/one.pcap" -r "$work/tap1.pcap" ether src $host_mac and udp and \
        src host 198.51.100.1 and greater 44 || return
    printf '\377' | dd of="$work/one.pcap" bs=1 conv=notrunc \
        seek=$(($(stat -c %s "$work/one.pcap") - 1))
    tcpdump -n -vv -r "$work/one.pcap" >"$work/words" && cat "$work/words" && grep -q "$bad" "$work/words"
}

# The host has told ICMP from what it must not answer, and its sums are right.
host_sums()
{
    stop "$host"
    cat "$work/host.log"
    grep -q '^sums: frames balance, datagrams balance' "$work/host.log"
}

check 'a host on a TAP' host_start
kernel_pings
host_pings
check 'datagrams of all sizes' sends
check 'the host lives' kill -0 "$host"
check 'its counters' host_sums
check 'tcpdump finds every checksum right' checksums
check 'tcpdump finds a wrong one wrong' control

results
