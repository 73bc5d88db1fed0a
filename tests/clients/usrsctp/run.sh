#!/bin/sh
# usrsctp's own client and servers at two hosts, on a wire that loses one frame in fifty; and its end.
#
# The client sends each line of a file as a message, on one stream. What arrives is compared:
#
#   discard_server  says of each message its length, its number in the stream and its TSN. The
#                   lengths must be those of the lines, in their order; numbers and TSNs must go up
#                   one by one.
#   echo_server     sends each message back, and the client writes it out: the file must come back
#                   byte by byte.
#
# A run has ended when the client has: its association is shut down, which the other side has
# acknowledged, and usrsctp_finish() has returned. SCTP knows all addresses of both hosts; the one
# that the client is given is the one that it uses, until a message has to be sent again.
set -u
# shellcheck source=tests/clients/hosts.sh
. "$(dirname "$0")/../hosts.sh"
hosts_enter "$@"

# UDP ports of the encapsulation at host a, the client's, and at host b.
port_a=22222
port_b=11111

# Lines of 1 to 78 bytes, their ends included: the client reads with a buffer of 80.
lines()
{
    awk -v lines="$1" 'BEGIN {
        text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:;"
        text = text text
        for (i = 0; i < lines; i++) {
            print substr(text, 1 + i % 53, (i * 29) % 78)
        }
    }'
    echo "the end"
}

# Length and number of each line of the file, as discard_server should tell them of the messages.
sent() { awk '{ print length($0) + 1, NR - 1 }' "$work/lines"; }

# Length and number of each message that the log of discard_server tells of.
received()
{
    sed -n 's/^Msg of length \([0-9]*\) received .* with SSN \([0-9]*\) and TSN .* complete 1\.$/\1 \2/p' \
        "$work/server.log"
}

tsns_in_order()
{
    sed -n 's/^Msg of .* and TSN \([0-9]*\), .*/\1/p' "$work/server.log" |
        awk 'NR > 1 && $1 != (last + 1) % 4294967296 { exit 1 } { last = $1 }'
}

# start_server PROGRAM [LOCAL REMOTE]: at host b; the numbers are the client's ports of the
# encapsulation, and change sides here. Sets $started. A server that runs and does not listen yet would
# refuse the client, which then waits for ever.
start_server()
{
    rm -f "$work/server.log" "$work/client.log"
    start b "$work/server.log" "$programs/$1" ${2:+"$3" "$2"}
    settled "$started"
}

# client ADDRESS PORT [LOCAL REMOTE]: sends standard input, line by line; output to $work/client.log.
client()
{
    to=$1
    port=$2
    shift 2
    on a timeout 120 "$programs/client" "$to" "$port" ${1:+0 "$@"} >"$work/client.log" 2>&1
}

stop_server()
{
    # A server that died has said why in its log.
    kill "$started" 2>/dev/null
    wait "$started" 2>/dev/null
}

# The last words of both sides, for a test that fails.
last_words()
{
    echo "client, status $1:"
    tail -n 5 "$work/client.log"
    echo "server:"
    tail -n 5 "$work/server.log"
}

# discard NAME ADDRESS [LOCAL REMOTE]
discard()
{
    name=$1
    address=$2
    shift 2
    start_server discard_server "$@"
    client "$address" 9 "$@" <"$work/lines"
    status=$?
    # The association may be over before the server has read its last message.
    wait_line "$work/server.log" "with SSN $(($(wc -l <"$work/lines") - 1)) and"
    stop_server
    sent >"$work/sent"
    received >"$work/received"
    {
        last_words $status
        diff "$work/sent" "$work/received" | head -n 20
    } >"$work/log" 2>&1
    [ $status -eq 0 ] && cmp -s "$work/sent" "$work/received" && tsns_in_order
    result $? "$name: $(awk '{ n += $1 } END { print NR " messages, " n " bytes" }' "$work/received")"
}

# echo_back NAME ADDRESS [LOCAL REMOTE]: SCTP has no half-closed associations, so the client's input
# stays open until all has come back.
echo_back()
{
    name=$1
    address=$2
    shift 2
    start_server echo_server "$@"
    {
        cat "$work/lines"
        wait_line "$work/client.log" "^the end"
    } | client "$address" 7 "$@"
    status=$?
    stop_server
    grep -Ev '^(handle_notification|Association change|Local addr|Peer addr|Number of packets)' \
        "$work/client.log" >"$work/returned"
    {
        last_words $status
        diff "$work/lines" "$work/returned" | head -n 20
    } >"$work/log" 2>&1
    [ $status -eq 0 ] && cmp -s "$work/lines" "$work/returned"
    result $? "$name: $(wc -c <"$work/returned") bytes came back"
}

# ends PORT LIMIT: the fastest of 20 ends of usrsctp has to take less than LIMIT milliseconds, all
# together less than a minute. See finish.c.
ends()
{
    on loopback timeout 60 "$programs/finish" "$1" 20 >"$work/log" 2>&1
    status=$?
    fastest=$(sed -n 's/^fastest \([0-9]*\) ms$/\1/p' "$work/log")
    [ $status -eq 0 ] && [ "$fastest" -lt "$2" ]
    result $? "usrsctp_finish(), encapsulation on port $1: returned 20 times, once after $fastest ms"
}

ends 0 40
ends 9899 60000

lines 2000 >"$work/lines"
hosts_start 2
discard "raw sockets, IPv4" 192.0.2.2
discard "raw sockets, IPv6" 2001:db8::2
discard "over UDP, IPv4" 192.0.2.2 $port_a $port_b
discard "over UDP, IPv6" 2001:db8::2 $port_a $port_b
echo_back "echo by raw sockets, IPv4" 192.0.2.2
echo_back "echo over UDP, IPv6" 2001:db8::2 $port_a $port_b
hosts_stop >"$work/log"
cat "$work/log"
# Nothing was proved if the wire lost nothing.
grep -q ' [1-9][0-9]* lost' "$work/log"
result $? "the wire lost frames"
results
