#!/bin/sh
# dhcp.sh - dnsmasq gives hosts on a TAP their addresses, router, DNS server and MTU; renews its leases,
# goes away and comes back; and is missing.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need dnsmasq ping script tcpdump

server4=192.0.2.254

# Leases last two minutes, the shortest that dnsmasq gives; clients are told to renew after 3 seconds
# and to ask all servers after 6. It writes nowhere but to $work and reads no other configuration.
server_start()
{
    start "$work/server.log" dnsmasq --no-daemon --conf-file=/dev/null --user=root --pid-file= \
        --interface=tap0 --except-interface=lo --bind-interfaces --no-resolv --no-hosts --no-ping \
        --dhcp-leasefile="$work/leases" --dhcp-authoritative --log-dhcp --log-queries \
        --dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,2m --dhcp-option=option:router,$server4 \
        --dhcp-option=option:mtu,1400 --dhcp-option=option:T1,3 --dhcp-option=option:T2,6 \
        --address=/served.example/198.51.100.9 --host-record=router.example,$server4
    server=$started
    wait_line "$work/server.log" 'sockets bound' && wait_line "$work/server.log" 'started, version'
}

# The network behind the router is another TAP's, which has the router's place.
networks_start()
{
    tap tap0 $server4/24 && tap tap1 203.0.113.254/24 && ip addr add 198.51.100.9/32 dev lo
}

# logged N TEXT: so many lines of the server's log have TEXT.
logged()
{
    [ "$(grep -c -- "$2" "$work/server.log")" -ge "$1" ]
}

# A host that gets its address and asks something of the server; it gives the lease back at its end.
short_host()
{
    timeout 60 "$winlwip" ping --tap tap0 --address dhcp --count 1 --timeout 10000 $server4 &&
        wait_line "$work/server.log" DHCPRELEASE && [ ! -s "$work/leases" ]
}

by_router()
{
    timeout 60 "$winlwip" ping --tap tap0 --address dhcp --count 1 --timeout 10000 198.51.100.9
}

# 1372 bytes of data fill the MTU that the server has told; one more is a fragment.
mtu_taken()
{
    start "$work/fragments" tcpdump -i tap0 -n -v -l --immediate-mode --direction=in \
        'icmp and ip[6:2] & 0x3fff != 0'
    watch=$started
    wait_line "$work/fragments" 'listening on' || return
    timeout 60 "$winlwip" ping --tap tap0 --address dhcp --count 1 --timeout 10000 --size 1372 \
        $server4 && ! grep -q 'flags \[' "$work/fragments" &&
        timeout 60 "$winlwip" ping --tap tap0 --address dhcp --count 1 --timeout 10000 --size 1373 \
            $server4 && wait_line "$work/fragments" 'flags \[+\]'
    status=$?
    stop "$watch"
    return $status
}

# The server that the lease names answers for names, of which one leads behind the router.
names_asked()
{
    cat >"$work/names.conf" <<'CONF'
[winlwip]
wait = 30000

[interface eth0]
driver  = tap
device  = tap0
address = dhcp
CONF
    for asked in router.example served.example; do
        WINLWIP_CONFIG=$work/names.conf timeout 60 "$examples/ping" $asked || return
    done
    logged 1 'query\[A\] served.example'
}

# A host that stays.
host_start()
{
    start "$work/host.log" "$winlwip" recv --tap tap0 --address dhcp --mac 02:00:5e:10:00:07 \
        --bind 0.0.0.0:7000 --json
    host=$started
    wait_until 30 has_lease || { cat "$work/server.log"; return 1; }
    address=$(sed -n 's/.* 02:00:5e:10:00:07 \([0-9.]*\) .*/\1/p' "$work/leases")
    [ -n "$address" ]
}

has_lease()
{
    grep -q 02:00:5e:10:00:07 "$work/leases"
}

answers()
{
    ping -n -q -c 1 -W 5 "$address"
}

acknowledged()
{
    logged "$1" "DHCPACK(tap0) $address"
}

renewed()
{
    wait_until 30 acknowledged 3 && answers
}

# Without a server the address stays until its term is over.
server_gone()
{
    stop "$server"
    answers
}

server_back()
{
    server_start && wait_until 60 acknowledged 1 && answers
}

# A host that answers pings may still be on its way to its socket: what came before is lost.
hello()
{
    # shellcheck disable=SC2016 # for the other shell
    bash -c 'exec 3<>"/dev/udp/$0/7000" && printf hello >&3' "$address"
    grep -q hello "$work/host.log"
}

datagrams_arrive()
{
    wait_until 20 hello || { cat "$work/host.log"; return 1; }
}

# given_back: the host's end gives the lease back.
given_back()
{
    stop "$host" || { cat "$work/host.log"; return 1; }
    wait_line "$work/server.log" "DHCPRELEASE(tap0) $address"
}

# tap1 has no server.
no_server()
{
    timeout 60 "$winlwip" recv --tap tap1 --address dhcp --bind 0.0.0.0:7000 --wait 1500 >"$work/none" 2>&1
    status=$?
    cat "$work/none"
    [ $status -eq 1 ] && [ "$(wc -l <"$work/none")" -eq 1 ] &&
        grep -q '^winlwip: no address on tap1 after 1500 ms: .*--wait' "$work/none"
}

# An address without a server, on a network where the kernel has one, too.
link_local()
{
    ip addr add 169.254.9.9/16 dev tap1 &&
        timeout 120 "$winlwip" ping --tap tap1 --address dhcp --wait 100000 --count 1 \
            --timeout 10000 169.254.9.9
}

progress_shown()
{
    timeout 60 script -qec "$winlwip recv --tap tap1 --address dhcp --bind 0.0.0.0:7000 --wait 2500" /dev/null \
        </dev/null >"$work/terminal"
    cat "$work/terminal"
    grep -q 'waiting for an address on tap1, 1 s' "$work/terminal"
}

wait_ended()
{
    start "$work/ended.log" "$winlwip" recv --tap tap1 --address dhcp --bind 0.0.0.0:7000 --wait 600000
    host=$started
    wait_until 20 grep -q '^SigBlk:.*4002$' "/proc/$host/status" || return # SIGINT and SIGTERM
    stop "$host" || { cat "$work/ended.log"; return 1; }
}

# Two interfaces, one with a server, and a static address beside the lease.
two_interfaces()
{
    cat >"$work/two.conf" <<'CONF'
[winlwip]
wait = 30000

[interface eth0]
driver  = tap
device  = tap0
address = dhcp, 192.0.2.60/24

[interface eth1]
driver  = tap
device  = tap1
address = 203.0.113.1/24
CONF
    for target in $server4 203.0.113.254 198.51.100.9; do
        timeout 60 "$winlwip" ping --config "$work/two.conf" --count 1 --timeout 10000 "$target" ||
            return
    done
}

check 'networks' networks_start
check 'a server' server_start
check 'an address, and its release' short_host
check 'the router of the lease' by_router
check 'the MTU of the lease' mtu_taken
check 'the DNS server of the lease' names_asked
check 'a host that stays' host_start
check 'datagrams to a leased address' datagrams_arrive
check 'leases are renewed' renewed
check 'the server is gone' server_gone
check 'the server is back' server_back
check 'the end gives the lease back' given_back
check 'two interfaces' two_interfaces
check 'no server' no_server
check 'an address without a server' link_local
check 'progress on a terminal' progress_shown
check 'a signal ends the wait' wait_ended

results
