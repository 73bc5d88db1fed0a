#!/bin/sh
# two.sh - one host with two TAPs in two networks, the kernel its neighbour on both: addresses, groups
# and routes are each interface's own, and each works without the other.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need ping tcpdump bash

first4=192.0.2.1
first6=2001:db8::1
second4=198.51.100.1
second6=2001:db8:2::1
group4=239.1.2.3
group6=ff02::1234
far_first=203.0.113.5    # by the router on the first link
far_second=203.0.113.200 # by the one on the second
far6=2001:db8:77::200    # by the one on the second

network_start()
{
    tap tap0 192.0.2.9/24 2001:db8::9/64 && tap tap1 198.51.100.9/24 2001:db8:2::9/64 &&
        ip addr add $far_first/32 dev lo && ip addr add $far_second/32 dev lo &&
        ip -6 addr add $far6/128 dev lo nodad
    cat >"$work/host.conf" <<CONF
[interface eth0]
driver  = tap
device  = tap0
address = $first4/24, $first6/64
route   = 203.0.113.0/25 via 192.0.2.9

[interface eth1]
driver  = tap
device  = tap1
address = $second4/24, $second6/64
route   = 203.0.113.128/25 via 198.51.100.9, 2001:db8:77::/48 via 2001:db8:2::9
CONF
}

# It has joined the groups on the second interface.
host_start()
{
    start "$work/host.log" "$winlwip" recv --config "$work/host.conf" --json --stats \
        --bind "0.0.0.0:9,join=$group4%eth1" --bind "[::]:9,join=$group6%eth1"
    host=$started
    for address in $first4 $first6 $second4 $second6; do
        wait_until 20 ping -c 1 -W 1 "$address" || return
    done
}

pinged()
{
    ping -i 0.1 -c 3 -W 5 "$@"
}

unpinged()
{
    ! ping -c 1 -W 1 "$@"
}

every_address()
{
    pinged -I tap0 $first4 && pinged -I tap0 $first6 && pinged -I tap1 $second4 &&
        pinged -I tap1 $second6
}

# say ADDRESS TEXT: one datagram.
say()
{
    # shellcheck disable=SC2016 # for the other shell
    bash -c 'exec 3<>"/dev/udp/$0/9" && printf "$1" >&3' "$1" "$2"
}

# heard TEXT WORD...: the line about the datagram of that text has all these words.
heard()
{
    hex=$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')
    wait_until 20 grep -q "\"$1\"\\|$hex" "$work/host.log" || return
    shift
    grep "$hex" "$work/host.log" >"$work/line"
    for word; do
        grep -q -- "$word" "$work/line" || return
    done
}

unicast_says_by_which()
{
    say $first4 one && heard one eth0 $first4 && say $second4 two && heard two eth1 $second4 &&
        say $first6 three && heard three eth0 $first6 && say $second6 four && heard four eth1 $second6
}

# By tap0 nobody has joined: what follows by tap1 is heard, and nothing before it.
groups_by_joined_alone()
{
    ip route replace $group4/32 dev tap0 && say $group4 deaf4 &&
        ip route replace $group4/32 dev tap1 && say $group4 hears4 && heard hears4 eth1 $group4 &&
        say "$group6%tap0" deaf6 && say "$group6%tap1" hears6 && heard hears6 eth1 $group6 &&
        say $first4 after && heard after eth0 &&
        ! grep "$(printf deaf | od -An -v -tx1 | tr -d ' \n')" "$work/host.log"
}

# The way back of an answer is that of the address that was asked.
by_their_routers()
{
    pinged -I $far_first $first4 && pinged -I $far_second $second4 && pinged -I $far6 $second6 &&
        unpinged -I $far_second $first4 && unpinged -I $far_first $second4 &&
        unpinged -I $far6 $first6
}

one_down()
{
    ip link set tap0 down && pinged $second4 && pinged $second6 && ip link set tap0 up &&
        ip -6 addr replace 2001:db8::9/64 dev tap0 nodad && wait_until 20 pinged $first4 &&
        wait_until 20 pinged $first6
}

one_gone()
{
    ip link del tap0 && pinged $second4 && pinged $second6 && say $second4 still &&
        heard still eth1 && kill -0 "$host"
}

host_ends()
{
    stop "$host"
    cat "$work/host.log"
    grep -q '"frames_balance":true,"copies_balance":true' "$work/host.log"
}

# goes DEVICE ADDRESS: what the host asks leaves by that device, and is answered.
goes()
{
    start "$work/seen" tcpdump -i "$1" -n -l --immediate-mode --direction=in "dst host $2"
    watch=$started
    wait_line "$work/seen" 'listening on' &&
        timeout 60 "$winlwip" ping --config "$work/host.conf" --count 1 --timeout 10000 "$2" &&
        wait_line "$work/seen" "> $2"
    status=$?
    stop "$watch"
    return $status
}

host_sends_by_routes()
{
    tap tap0 192.0.2.9/24 2001:db8::9/64 && goes tap0 $far_first && goes tap1 $far_second &&
        goes tap1 $far6 && goes tap0 192.0.2.9 && goes tap1 2001:db8:2::9
}

check 'two networks' network_start
check 'a host in both' host_start
check 'ping to each address' every_address
check 'no answer for the address of the other interface' unpinged -I tap0 $second4
check 'no answer for the IPv6 address of the other interface' unpinged -I tap1 $first6
check 'datagrams say by which interface they came' unicast_says_by_which
check 'groups are heard where they were joined' groups_by_joined_alone
check 'answers by the router of each' by_their_routers
check 'one link goes down and comes back' one_down
check 'one device is gone' one_gone
check "the host's counters" host_ends
check 'what the host sends by its routes' host_sends_by_routes

results
