#!/bin/sh
# ra.sh - dnsmasq as the router of a link: addresses, MTU and DNS servers from its advertisements; the
# kernel finds the host by what it made of them; the router goes away. And another station that has an
# address of ours.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need dnsmasq ping ip

router6=2001:db8:5::1
host_mac=02:00:5e:10:00:01
identifier=5eff:fe10:1 # made of that MAC
host6=2001:db8:5::$identifier

# The kernel's side of the link, and a name that the router knows; far is behind the router.
network()
{
    tap tap0 192.0.2.9/24 $router6/64 || return
    ip link set tap0 mtu 1500
    ip addr add 2001:db8:77::1/64 dev lo nodad
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

# dnsmasq on tap0 alone: advertisements by themselves (no DHCPv6), DNS, no other file of the machine.
router_start()
{
    start "$work/router.log" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv \
        --no-hosts --interface=tap0 --except-interface=lo --bind-interfaces --user=root --group=root \
        --pid-file="$work/router.pid" --log-facility=- --log-dhcp \
        --dhcp-leasefile="$work/leases" --enable-ra --ra-param=tap0,mtu:1400,high,4,60 \
        --dhcp-range=2001:db8:5::,ra-only,64,2h --dhcp-option=option6:dns-server,[$router6] \
        --host-record=peer.test,203.0.113.5,2001:db8:77::1
    router=$started
    wait_line "$work/router.log" 'RTR-ADVERT\|started'
}

host_start()
{
    printf '[winlwip]\n[interface eth0]\ndriver = tap\ndevice = tap0\nmac = %s\n%s\n' $host_mac \
        "address = 192.0.2.1/24, auto" >"$work/host.ini"
    start "$work/host.log" "$winlwip" recv --config "$work/host.ini" --bind '[::]:9' --stats
    host=$started
    wait_until 20 ping -c 1 -W 1 192.0.2.1
}

pinged()
{
    ping -i 0.1 -c 3 -W 5 "$@"
}

# What the program learns by itself is there when it starts: it waits for its address.
resolves()
{
    stop "$host"
    sed 's/192.0.2.1/192.0.2.2/' "$work/host.ini" >"$work/sender.ini"
    start "$work/far.log" "$examples/unix/echo6" >/dev/null 2>&1 || true
    "$winlwip" ping --config "$work/sender.ini" --count 2 --interval 50 --timeout 5000 -6 peer.test
}

results
