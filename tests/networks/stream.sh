#!/bin/sh
# stream.sh - frames over sockets with those who speak the same: passt, by which a host reaches the
# machine's sockets, and QEMU, as a switch between two hosts and with a guest that boots; and two hosts
# with nothing between them.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need passt socat qemu-system-x86_64

host4=192.0.2.1
peer4=192.0.2.2
peer6=2001:db8::2
group4=239.1.2.3
group6=ff15::1234

# hears LOG ARGUMENT...: the host that is sent to, with the driver that the arguments name.
hears()
{
    log=$1
    shift
    start "$log" "$winlwip" recv "$@" --address $host4/24 --address 2001:db8::1/64 \
        --bind 5000,join=$group4 --bind "[::]:5000,join=$group6"
    hearer=$started
    wait_line "$log" 'no source'
}

# told TEXT ARGUMENT...: the other host sends this, and it is heard. What it sends before there is a way
# is lost, hence the repetition by who calls it.
told()
{
    text=$1
    shift
    timeout 20 "$winlwip" send "$@" --address $peer4/24 --address $peer6/64 --text "$text"
    grep -q " $text\$" "$hearing"
}

# arrives TEXT FLAG TARGET ARGUMENT...: what the other host sends to that place is heard, with this
# flag. The first may find no connection yet.
arrives()
{
    text=$1
    flag=$2
    target=$3
    shift 3
    wait_until 40 told "$text" "$@" --to "$target" --broadcast || { cat "$hearing" "$work"/qemu*.log; return 1; }
    grep " $flag .* $text\$" "$hearing"
}

# all_casts NAME LOG ARGUMENT...: unicast, broadcast and multicast, IPv4 and IPv6, from a host with the
# driver that the arguments name to the one that writes LOG.
all_casts()
{
    way=$1
    hearing=$2
    shift 2
    check "$way: unicast" arrives one - $host4:5000 "$@"
    check "$way: unicast, IPv6" arrives two - '[2001:db8::1]:5000' "$@"
    check "$way: broadcast" arrives three BCAST 192.0.2.255:5000 "$@"
    check "$way: multicast" arrives four MCAST $group4:5000 "$@"
    check "$way: multicast, IPv6" arrives five MCAST "[$group6]:5000" "$@"
}

# --- Two hosts ---

direct_tests()
{
    hears "$work/tcp.log" --stream listen=127.0.0.1:7001
    all_casts 'stream over TCP' "$work/tcp.log" --stream connect=127.0.0.1:7001
    stop "$hearer"
    hears "$work/udp.log" --dgram 'local=[::1]:7002,remote=[::1]:7003'
    all_casts 'dgram over UDP' "$work/udp.log" --dgram 'local=[::1]:7003,remote=[::1]:7002'
    stop "$hearer"
    hears "$work/unix.log" --dgram "local=unix:$work/us,remote=unix:$work/them"
    all_casts 'dgram' "$work/unix.log" --dgram "local=unix:$work/them,remote=unix:$work/us"
    stop "$hearer"
}

# --- passt ---

# The machine that passt takes addresses from: one end of a veth pair, with routers that nobody is.
# What is sent to them passt takes to the machine's loopback.
machine_made()
{
    ip link add veth0 type veth peer name veth1 && ip addr add $peer4/24 dev veth0 &&
        ip addr add $peer6/64 dev veth0 nodad && ip link set veth0 up && ip link set veth1 up &&
        ip route add default via 192.0.2.254 dev veth0 &&
        ip -6 route add default via fe80::1 dev veth0
}

# passt leaves all rights behind, so that the directory of its socket has to be everybody's.
passt_runs()
{
    own_root passt && mkdir -m 777 "$work/passt" && chmod 755 "$work" || return
    start "$work/passt.log" passt -f -s "$work/passt/socket" --no-dhcp \
        --no-dhcpv6 --no-ra -u 5000
    wait_until 20 test -S "$work/passt/socket" || { cat "$work/passt.log"; return 1; }
    cat >"$work/passt.conf" <<END
[interface eth0]
driver   = stream
connect  = unix:$work/passt/socket
address  = $peer4/24, $peer6/64
gateway  = 192.0.2.254
gateway6 = fe80::1
END
}

# Echo servers of the machine, on its loopback interface.
echo_runs()
{
    start "$work/echo4.log" socat UDP4-RECVFROM:7777,bind=127.0.0.1,fork PIPE
    start "$work/echo6.log" socat 'UDP6-RECVFROM:7777,bind=[::1],fork' PIPE
}

# asked ADDRESS: a program on winlwip gets the echo server's answer.
asked()
{
    WINLWIP_CONFIG=$work/passt.conf timeout 60 "$examples/ask" "$1" 7777 "to $1" >"$work/asked" 2>&1
    status=$?
    cat "$work/asked" "$work/passt.log"
    [ $status -eq 0 ] && [ "$(cat "$work/asked")" = "to $1" ]
}

# answered ADDRESS: a program of the machine gets the answer of an echo server on winlwip, to which
# passt forwards a port.
answered()
{
    said=$( (echo "knock $1"; sleep 1) | timeout 20 socat -T 1 - "$1:5000")
    [ "$said" = "knock $1" ]
}

passt_tests()
{
    check 'a machine with a network' machine_made
    check 'passt runs' passt_runs
    echo_runs
    check 'a server of the machine answers' asked 192.0.2.254
    check 'a server of the machine answers, IPv6' asked fe80::1%2
    WINLWIP_CONFIG=$work/passt.conf start "$work/server.log" "$examples/echo_sync" 5000
    server=$started
    check 'a client of the machine is answered' wait_until 30 answered UDP4:127.0.0.1
    check 'a client of the machine is answered, IPv6' wait_until 30 answered 'UDP6:[::1]'
    stop "$server"
}

# --- QEMU ---

# qemu LOG ARGUMENT...: without a picture, and without what it would have by itself.
qemu()
{
    log=$1
    shift
    start "$log" qemu-system-x86_64 -accel tcg -display none -nodefaults -monitor none "$@"
    qemu=$started
}

# Two ports of a hub, with nothing else in the machine.
hub='-M none -netdev hubport,id=hub1,hubid=1,netdev=near -netdev hubport,id=hub2,hubid=1,netdev=far'

hub_tests()
{
    near=$work/near
    far=$work/far
    beyond=$work/beyond
    hears "$work/hub1.log" --stream "listen=unix:$near"
    # The words of $hub are separate arguments on purpose.
    # shellcheck disable=SC2086
    qemu "$work/qemu1.log" -netdev stream,id=near,addr.type=unix,addr.path="$near" \
        -netdev dgram,id=far,local.type=unix,local.path="$far",remote.type=unix,remote.path="$beyond" \
        $hub
    wait_until 20 test -S "$far"
    all_casts 'through QEMU, stream and dgram' "$work/hub1.log" \
        --dgram "local=unix:$beyond,remote=unix:$far"
    stop "$qemu"
    stop "$hearer"

    # Here QEMU comes after the host that connects to it.
    hears "$work/hub2.log" --stream connect=127.0.0.1:7004,reconnect=100
    # shellcheck disable=SC2086
    qemu "$work/qemu2.log" -netdev stream,id=near,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=7004 \
        -netdev dgram,id=far,local.type=inet,local.host=127.0.0.1,local.port=7005,remote.type=inet,remote.host=127.0.0.1,remote.port=7006 \
        $hub
    all_casts 'through QEMU, TCP and UDP' "$work/hub2.log" \
        --dgram local=127.0.0.1:7006,remote=127.0.0.1:7005
    stop "$qemu"
    stop "$hearer"
}

# The network card's own program asks for an address before there is any system to boot: a broadcast
# from who has no address yet.
guest_is_heard()
{
    hearing=$work/$1.log
    start "$hearing" "$winlwip" recv --stream "listen=unix:$work/$1" --address $host4/24 --bind 67
    hearer=$started
    wait_line "$hearing" 'no source' || return
    qemu "$work/qemu-$1.log" -M pc -m 64 -boot n -device "$1,netdev=net,mac=02:00:5e:10:00:99" \
        -netdev stream,id=net,addr.type=unix,addr.path="$work/$1"
    wait_until 60 grep -q ' 0\.0\.0\.0:68 *255\.255\.255\.255:67 .* BCAST ' "$hearing"
    status=$?
    cat "$hearing" "$work/qemu-$1.log"
    stop "$qemu"
    stop "$hearer"
    return $status
}

direct_tests
passt_tests
hub_tests
check 'a guest of QEMU asks for an address (e1000)' guest_is_heard e1000
check 'a guest of QEMU asks for an address (virtio)' guest_is_heard virtio-net-pci

results
