#!/bin/sh
# libcoap's example server and client, built as for Windows: in one process over loopback, and on two
# hosts with a wire between them that loses nothing or 2 percent of the frames.
#
# The client exits with 0 whatever it got, so each test looks at what it printed. On the wire it is
# host a, the server host b.
#
# Environment: WINLWIP_BUILD, where `make clients` built.
set -u
here=$(dirname "$0")
# shellcheck source=../hosts.sh source-path=SCRIPTDIR
. "$here/../hosts.sh"
hosts_enter "$@"

# What the server says of itself.
index='This is a test server made with libcoap'
log=$work/log

# at HOST ARGUMENT...: the client; what it was told is in $log.
at()
{
    host=$1
    shift
    on "$host" timeout 60 "$programs/client" "$@" >"$log" 2>&1
}

# told TEXT: whether the last client printed a line with TEXT.
told()
{
    grep -q -- "$1" "$log"
}

# server_start ARGUMENT...: the server on host b, whose address is the unspecified one of IPv6 and,
# so, of IPv4.
server_start()
{
    start b "$work/server.log" "$programs/server" -v 7 "$@"
    server=$started
    wait_line "$work/server.log" 'created UDP'
}

# Ends it as from a console; it does so within a second, without an error.
server_stop()
{
    kill -INT "$server"
    ended "$server" && wait "$server"
}

# one_process NAME TEXT [SERVER'S ARGUMENT...] -- CLIENT'S ARGUMENT...: over loopback.
one_process()
{
    name=$1
    text=$2
    shift 2
    on loopback timeout 60 "$programs/loopback" "$@" >"$log" 2>&1 && told "$text"
    result $? "loopback: $name"
}

# put_and_get NAME ADDRESS: ten blocks there, and back.
put_and_get()
{
    head -c 10000 /dev/urandom >"$work/sent"
    rm -f "$work/received"
    at a -m put -f "$work/sent" "coap://$2/example_data" &&
        at a -m get -o "$work/received" "coap://$2/example_data" &&
        cmp "$work/sent" "$work/received" >>"$log" 2>&1
    result $? "$1: a block-wise PUT and a GET of the same bytes"
}

loopback_tests()
{
    one_process 'GET over IPv4' "$index" -- coap://127.0.0.1/
    one_process 'GET over IPv6' "$index" -- 'coap://[::1]/'
    one_process 'GET by name' "$index" -- coap://localhost/
    one_process 'multicast GET over IPv4' "$index" -g 224.0.1.187 -- -N coap://224.0.1.187/
    one_process 'multicast GET over IPv6' "$index" -g ff02::fd -- -N 'coap://[ff02::fd]/'
    one_process 'a closed port is an error' 'ICMP: .*closed' -- -B 3 coap://127.0.0.1:5999/

    head -c 10000 /dev/urandom >"$work/sent"
    one_process 'a block-wise PUT and a GET' '' -- -m put -f "$work/sent" coap://127.0.0.1/example_data \
        -- -m get -o "$work/received" 'coap://[::1]/example_data'
    cmp "$work/sent" "$work/received" >"$log" 2>&1
    result $? 'loopback: the same bytes'
}

unicast_tests()
{
    server_start
    for address in 192.0.2.2 '[2001:db8::2]'; do
        at a "coap://$address/" && told "$index"
        result $? "wire: GET of $address"
        put_and_get "wire, $address" "$address"
        # The resource is notified of each second.
        at a -w -s 4 "coap://$address/time" && [ "$(grep -c '^[A-Z][a-z][a-z] [0-9]' "$log")" -ge 3 ]
        result $? "wire: observing $address"
        at a -B 5 "coap://$address:5999/" && told 'ICMP: .*closed'
        result $? "wire: a closed port of $address is an error"
    done
    server_stop
    result $? 'wire: the server ends'
}

# multicast NAME ADDRESS SERVER'S ARGUMENT...: a GET of a group; its answer comes within its leisure.
multicast()
{
    name=$1
    address=$2
    shift 2
    server_start "$@"
    at a -N "coap://$address/" && told "$index"
    result $? "wire: multicast GET of $name"
    server_stop
}

multicast_tests()
{
    multicast 224.0.1.187 224.0.1.187 -g 224.0.1.187
    multicast '224.0.1.187, by an IPv4 socket' 224.0.1.187 -A 0.0.0.0 -g 224.0.1.187
    multicast ff02::fd '[ff02::fd]' -g ff02::fd
    multicast ff05::fd '[ff05::fd]' -g ff05::fd
}

loss_tests()
{
    server_start
    for address in 192.0.2.2 '[2001:db8::2]'; do
        at a "coap://$address/" && told "$index"
        result $? "loss: GET of $address"
        put_and_get "loss, $address" "$address"
    done
    server_stop
    result $? 'loss: the server ends'
}

loopback_tests

hosts_start
unicast_tests
multicast_tests
hosts_stop

hosts_start 2
loss_tests
hosts_stop >"$log"
cat "$log"
told ' [1-9][0-9]* lost'
result $? 'loss: frames were lost'

results
