#!/bin/sh
# mdns.sh - examples/mdns is found by Avahi, a responder of the kernel's side of a TAP, over both
# families, by name and by service; what it sends and what it passes over is read off the wire.
#
# Avahi and its tools speak by a message bus, which gets a daemon of its own here.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need avahi-daemon avahi-resolve avahi-browse dbus-daemon dig tcpdump

host4=192.0.2.1
host6=2001:db8::1

# announced N: the host has told everything N times on its own, by each family.
announced()
{
    [ "$(grep -c 'ff02::fb.5353: .*0\*- .*lamp\.local' "$work/wire")" -ge "$1" ] &&
        [ "$(grep -c '192.0.2.1.5353 > 224.0.0.251.5353: .*lamp\.local' "$work/wire")" -ge "$1" ]
}

# The wire is watched from the first frame on.
watch_start()
{
    tap tap0 192.0.2.9/24 2001:db8::9/64 && ip route add 224.0.0.0/4 dev tap0 || return
    start "$work/wire" tcpdump -i tap0 -n -vv -l --immediate-mode udp port 5353
    wait_line "$work/wire" 'listening on'
}

bus_start()
{
    cat >"$work/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=$work/bus</listen>
  <policy context="default">
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
CONF
    start "$work/bus.log" dbus-daemon --nofork --config-file="$work/bus.conf"
    export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$work/bus"
    wait_until 20 test -S "$work/bus" || { cat "$work/bus.log"; return 1; }
}

# It keeps its state in /run/avahi-daemon and nowhere else: /run is its own where that can be done.
avahi_start()
{
    cat >"$work/avahi.conf" <<'CONF'
[server]
host-name=avahi
allow-interfaces=tap0
use-ipv4=yes
use-ipv6=yes
CONF
    # shellcheck disable=SC2016 # for the other shell
    run='"$@" && mkdir -p /run/avahi-daemon &&
        exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$0"'
    if unshare --mount true 2>/dev/null; then
        start "$work/avahi.log" unshare --mount sh -c "$run" "$work/avahi.conf" \
            mount -t tmpfs tmpfs /run
    else
        start "$work/avahi.log" sh -c "$run" "$work/avahi.conf" true
    fi
    avahi=$started
    wait_line "$work/avahi.log" 'Server startup complete'
}

responder_start()
{
    cat >"$work/host.conf" <<CONF
[interface eth0]
driver  = tap
device  = tap0
offload = off
address = $host4/24, $host6/64
CONF
    WINLWIP_CONFIG=$work/host.conf start "$work/mdns.log" "$examples/mdns" lamp _coap._udp 5683
    responder=$started
    wait_until 20 announced 2 || { cat "$work/mdns.log" "$work/wire"; return 1; }
}

# resolves FAMILY TEXT: Avahi gets an address with TEXT by family 4 or 6. It asks for a second or two
# and gives up, hence the repetition.
resolves()
{
    wait_until 30 resolves_now "$@"
    status=$?
    cat "$work/said"
    return $status
}

resolves_now()
{
    timeout 10 avahi-resolve "-$1" -n lamp.local >"$work/said" 2>&1
    grep -q "^lamp\.local[[:space:]]*$2" "$work/said"
}

# Its port and address come with the name.
browses()
{
    timeout 30 avahi-browse -prt _coap._udp >"$work/said" 2>&1
    cat "$work/said"
    grep -q '^=;tap0;IPv4;lamp;.*;lamp\.local;192\.0\.2\.1;5683;' "$work/said"
}

# wire_has TEXT: the wire has a line of the responder with TEXT.
wire_has()
{
    wait_until 20 grep -q "$1" "$work/wire" || { cat "$work/wire"; return 1; }
}

# An ordinary client gets an answer of its own, which dig, expecting it from the group, does not take.
simple_client()
{
    dig -p 5353 @224.0.0.251 +tries=1 +time=1 lamp.local A >/dev/null
    wire_has '192\.0\.2\.1\.5353 > 192\.0\.2\.9\.[0-9]*: \[udp sum ok\].* lamp\.local\. A 192\.0\.2\.1'
}

# ask_host_alone: a question as other responders ask, from port 5353, but by unicast. It may come from
# anywhere unless its hop limit shows that no router has seen it. Avahi's port is free by now;
# identifiers are 0 among responders.
ask_host_alone()
{
    dig -b 192.0.2.9#5353 -p 5353 @$host4 +qid=0 +tries=1 +time="$1" lamp.local A >"$work/said" 2>&1
    asked=$?
    cat "$work/said"
    [ $asked -eq 0 ] && grep -q 'status: NOERROR' "$work/said"
}

hop_limit()
{
    stop "$avahi"
    ! ask_host_alone 2 && echo 255 >/proc/sys/net/ipv4/ip_default_ttl && ask_host_alone 10
}

# Every message of the host had a hop limit of 255 and a good checksum; over IPv6 there were more than
# the two announcements. Avahi's are told by their address.
sent_well()
{
    kernel6=$(ip -6 -brief address show dev tap0 | grep -o 'fe80::[0-9a-f:]*')
    awk -v kernel6="$kernel6" '
        / IP / || / IP6 / { hops = /ttl 255,|hlim 255,/ }
        /5353: .* 0\*- \[0q\]/ || / > 192\.0\.2\.9\.[0-9]*: / {
            if (index($0, kernel6) || / 192\.0\.2\.9\.5353 > /) { next }
            if (/ff02::fb/) { six++ } else { four++ }
            if (!hops || !/\[udp sum ok\]/) { print; bad = 1 }
        }
        END { print four " and " six " messages"; exit bad || four < 4 || six < 3 }' "$work/wire"
}

check 'the wire is watched' watch_start
check 'a responder announces itself' responder_start
check 'a message bus' bus_start
check 'Avahi, which has not heard that' avahi_start
check 'the name, IPv4' resolves 4 192.0.2.1
check 'the name, IPv6' resolves 6 2001:db8::1
check 'the service' browses
check 'an ordinary client' simple_client
check 'a question to the host alone counts with a hop limit of 255' hop_limit
check 'hop limits and checksums' sent_well
check 'the responder lives' kill -0 "$responder"

results
