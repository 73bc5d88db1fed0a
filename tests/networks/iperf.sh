#!/bin/sh
# iperf.sh - iperf3 sends streams of numbered datagrams, and a host hears the same as iperf3's server:
# as many as the client's report says, each once and in order.
#
# iperf3 governs its tests by a TCP connection, which winlwip has not. So the kernel's server has that
# connection, and the host listens on the server's interface by the driver pcap, under the server's own
# addresses. It must not be noticed: a filter lets the stream through alone, otherwise the host would
# refuse TCP by ICMP and find that its IPv6 address is somebody's already.
#
#     client 192.0.2.1 ---- veth ---- 192.0.2.9 server
#                                  \- 192.0.2.9 host
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need iperf3 jq nsenter

server4=192.0.2.9
server6=2001:db8::9

# The client has a namespace of its own, which lives as long as a process in it.
client_start()
{
    start "$work/client.log" unshare --net sleep 600
    client=$started
    wait_until 20 apart "$client" && ip link add server type veth peer name client &&
        ip link set client netns "$client" &&
        in_client ip addr add 192.0.2.1/24 dev client &&
        in_client ip addr add 2001:db8::1/64 dev client nodad &&
        in_client ip link set client up && ip addr add $server4/24 dev server &&
        ip addr add $server6/64 dev server nodad && ip link set server up
}

apart()
{
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

in_client()
{
    nsenter --target "$client" --net "$@"
}

server_start()
{
    start "$work/server.log" iperf3 --server --forceflush
    wait_line "$work/server.log" 'Server listening'
}

# The first 12 bytes of each datagram are shown: seconds, microseconds, number. Its sums are printed at
# its end.
host_start()
{
    start "$work/host.json" "$winlwip" recv --device server --driver-option promiscuous=off \
        --driver-option 'filter=udp port 5201' --address $server4/24 --address $server6/64 \
        --bind '[::]:5201,buffer=12' --dual --json --hex --stats
    host=$started
    wait_until 20 heard "$server4" && wait_until 20 heard "$server6"
}

# heard ADDRESS: the host has heard what is no part of a stream; its IPv6 address is not ready at once.
heard()
{
    # shellcheck disable=SC2016 # for the other shell
    in_client bash -c 'echo hello >"/dev/udp/$0/5201"' "$1"
    grep -q "\"destination\":\"\(::ffff:\)\{0,1\}$1\"" "$work/host.json"
}

# streams COUNT ADDRESS ARGUMENT...: that many streams at once, and what the host hears of them. A kernel
# that is too busy loses datagrams on the wire, for server and host alike: then they are sent again.
streams()
{
    expected=$1
    address=$2
    shift 2
    for _ in 1 2 3 4 5; do
        before=$(wc -l <"$work/host.json")
        in_client timeout 120 iperf3 --client "$address" --udp --parallel "$expected" --json "$@" \
            >"$work/report" || { cat "$work/report"; return 1; }
        sent=$(jq '[.end.streams[].udp.packets] | add' "$work/report")
        lost=$(jq '[.end.streams[].udp.lost_packets] | add' "$work/report")
        [ "$lost" -gt 0 ] || break
    done
    wait_until 30 has_heard "$sent"
    numbers_are "$expected" "$sent"
    agreed=$?
    echo "sent: $sent"
    jq -c '.end.sum' "$work/report"
    [ "$sent" -gt 0 ] && [ $agreed -eq 0 ]
}

# Source and number of each datagram that the host has heard since $before. What opens a stream is
# shorter.
numbers()
{
    tail -n "+$((before + 1))" "$work/host.json" |
        sed -n 's/.*"source":"\([^"]*\)".*"payload_hex":"[0-9a-f]\{16\}\([0-9a-f]\{8\}\)"}$/\1 \2/p'
}

has_heard()
{
    [ "$(numbers | wc -l)" -ge "$1" ]
}

# numbers_are STREAMS DATAGRAMS: in each stream, told by its source, the numbers from 1 on without a gap.
numbers_are()
{
    numbers | awk -v streams="$1" -v datagrams="$2" '
        { heard++; last[$1]++ }
        sprintf("%08x", last[$1]) != $2 { if (!bad++) { print "not in order: " $0 } }
        END {
            for (source in last) { print source ": " last[source]; found++ }
            print "heard: " heard + 0
            exit bad || found != streams || heard != datagrams
        }'
}

# Nothing was lost on the way.
host_sums()
{
    stop "$host"
    tail -n 1 "$work/host.json" >"$work/sums"
    cat "$work/sums"
    jq -e '.frames_missed == 0 and .copies_dropped == 0 and .frames_balance and .copies_balance and
        .fates.delivered == .datagrams' "$work/sums"
}

check 'a client and a server on a veth pair' client_start
check 'the server' server_start
check 'a host beside the server' host_start
check 'a stream' streams 1 $server4 --bitrate 10M --length 500 --blockcount 5000
check 'a stream over IPv6' streams 1 $server6 --bitrate 10M --length 500 --blockcount 5000
check 'a stream of the shortest datagrams' \
    streams 1 $server4 --bitrate 400K --length 16 --blockcount 5000
check 'a stream of the longest datagrams' \
    streams 1 $server4 --bitrate 30M --length 1472 --blockcount 5000
check 'four streams' streams 4 $server4 --bitrate 2500K --length 500 --blockcount 5000
check 'counters' host_sums

results
