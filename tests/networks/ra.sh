#!/bin/sh
# ra.sh - dnsmasq as the router of a link: address, MTU and DNS server from its advertisements; the
# kernel reaches the host by them, also from behind the router; the router goes away. And the kernel
# has addresses that the host is configured with, too.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need dnsmasq ping tcpdump

router6=2001:db8:5::fe
far6=2001:db8:77::1 # behind the router
host_mac=02:00:5e:10:00:01
host6=2001:db8:5::5eff:fe10:1 # of the advertised prefix and that MAC
host_local=fe80::5eff:fe10:1
other6=2001:db8:5::5eff:fe10:2

network_start()
{
    tap tap0 192.0.2.9/24 $router6/64 && ip -6 addr add $far6/128 dev lo nodad
}

# dnsmasq on tap0 alone, without any file of the machine. An advertisement is good for 12 seconds, and
# a new one comes every 4.
router_start()
{
    start "$work/router.log" dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file= \
        --interface=tap0 --except-interface=lo --bind-interfaces --no-resolv --no-hosts \
        --dhcp-leasefile="$work/leases" --enable-ra --ra-param=tap0,mtu:1400,4,12 \
        --dhcp-range=2001:db8:5::,ra-only,64,2h --dhcp-option=option6:dns-server,[$router6] \
        --host-record=far.test,$far6 --log-queries
    router=$started
    wait_line "$work/router.log" 'started, version'
}

# config FILE MAC ADDRESS: a host on tap0, which starts when it has its addresses.
config()
{
    cat >"$1" <<CONF
[winlwip]
wait    = 20000

[interface eth0]
driver  = tap
device  = tap0
mac     = $2
address = $3
CONF
}

host_start()
{
    config "$work/host.conf" $host_mac '192.0.2.1/24, auto'
    start "$work/host.log" "$winlwip" recv --config "$work/host.conf" --bind '[::]:9' --stats
    host=$started
    wait_until 20 ping -c 1 -W 1 192.0.2.1 && wait_until 20 ping -c 1 -W 1 $host6
}

pinged()
{
    ping -i 0.1 -c 3 -W 5 "$@"
}

unpinged()
{
    ! ping -c 1 -W 1 "$@"
}

# The replies to 1400 bytes of packet come in one piece, those to one more byte don't. What the kernel
# makes of the requests does not count: it may have heard the router, too.
mtu_taken()
{
    start "$work/fragments" tcpdump -i tap0 -n -l --immediate-mode --direction=in 'ip6[6] == 44'
    watch=$started
    wait_line "$work/fragments" 'listening on' && pinged -s 1352 $host6 &&
        ! grep -q frag "$work/fragments" && pinged -s 1353 $host6 &&
        wait_line "$work/fragments" frag
    status=$?
    stop "$watch"
    return $status
}

# The host sends by the router only as long as that is there.
router_goes()
{
    pinged -I $far6 $host6 || return
    stop "$router"
    wait_until 40 unpinged -I $far6 $host6 && pinged $host6 && pinged 192.0.2.1
}

router_comes()
{
    router_start && wait_until 40 pinged -I $far6 $host6
}

host_ends()
{
    stop "$host"
    cat "$work/host.log"
    grep -q '^sums: frames balance, datagrams balance' "$work/host.log"
}

# A program asks the advertised server for a name, and reaches what is behind the router.
name_resolved()
{
    config "$work/asker.conf" 02:00:5e:10:00:02 auto
    WINLWIP_CONFIG=$work/asker.conf timeout 60 "$examples/ping" far.test 2 || return
    grep "query.AAAA. far.test from $other6" "$work/router.log"
}

# A host that starts says which addresses are the kernel's, and the others work.
told_of_duplicates()
{
    start "$work/twice.log" "$winlwip" recv --config "$work/twice.conf" --bind '[::]:9'
    host=$started
    wait_until 20 ping -c 1 -W 1 192.0.2.3 && wait_until 20 ping -c 1 -W 1 2001:db8:5::3
    status=$?
    stop "$host"
    cat "$work/twice.log"
    [ $status -eq 0 ] && [ "$(grep -c 'is in use by' "$work/twice.log")" -eq 2 ] &&
        grep -q "eth0: address 192.0.2.9 is in use by $kernel_mac" "$work/twice.log" &&
        grep -q "eth0: address $router6 is in use by $kernel_mac" "$work/twice.log"
}

# Of both families one address is the kernel's. The TAP is up only while a host is there, and the
# kernel may take a second to notice, which is when IPv6 has asked its one time: then once more.
duplicates_found()
{
    kernel_mac=$(ip -o link show dev tap0 | sed 's/.*link.ether \([^ ]*\).*/\1/')
    config "$work/twice.conf" 02:00:5e:10:00:03 \
        "192.0.2.9/24, 192.0.2.3/24, $router6/64, 2001:db8:5::3/64"
    wait_until 60 told_of_duplicates || told_of_duplicates
}

check 'a link' network_start
check 'dnsmasq advertises' router_start
check 'a host makes its address' host_start
check 'ping to the configured address' pinged 192.0.2.1
check 'ping to the address of the advertised prefix' pinged $host6
check 'ping to the link-local address' pinged $host_local%tap0
check 'ping in fragments' pinged -s 4000 $host6
check 'ping from behind the router' pinged -I $far6 $host6
check "the host takes the router's MTU" mtu_taken
check 'the router goes away' router_goes
check 'the router comes back' router_comes
check "the host's counters" host_ends
check 'a name by the advertised server' name_resolved
check 'addresses that the kernel has' duplicates_found

results
