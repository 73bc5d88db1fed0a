#!/bin/sh
# dns.sh - dig asks examples/dns_responder, which has two interfaces: both families, from each network
# each address, short answers and answers of 4096 bytes, which are fragments.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need dig

# The host is .1 and ::1 in both networks, with a second IPv4 address in the first one.
server_start()
{
    tap tap0 192.0.2.9/24 2001:db8::9/64 && tap tap1 198.51.100.9/24 2001:db8:2::9/64 || return
    cat >"$work/host.conf" <<'CONF'
[interface eth0]
driver  = tap
device  = tap0
address = 192.0.2.1/24, 192.0.2.3/24, 2001:db8::1/64

[interface eth1]
driver  = tap
device  = tap1
address = 198.51.100.1/24, 2001:db8:2::1/64
CONF
    WINLWIP_CONFIG=$work/host.conf start "$work/server.log" "$examples/dns_responder"
    server=$started
    wait_until 20 ask 192.0.2.1 host.example A && wait_until 20 ask 2001:db8:2::1 host.example A
}

# ask SERVER ARGUMENT...: one question by UDP, no other way; the answer is in $work/said. dig takes an
# answer from the address that it has asked and no other.
ask()
{
    server_asked=$1
    shift
    dig "@$server_asked" +notcp +ignore +norecurse +tries=3 +time=5 "$@" >"$work/said" 2>&1
    status=$?
    cat "$work/said"
    [ $status -eq 0 ] && ! grep -qi 'warning\|mismatch\|malformed\|unexpected' "$work/said"
}

# told LINE...: the answer to `dig +short` has these lines and no other.
told()
{
    printf '%s\n' "$@" | sort >"$work/expected"
    sort "$work/said" | diff "$work/expected" -
}

answers_are()
{
    asked_name=$1
    asked_type=$2
    shift 2
    ask 192.0.2.1 +short "$asked_name" "$asked_type" && told "$@"
}

every_address()
{
    for address in 192.0.2.1 192.0.2.3 198.51.100.1 2001:db8::1 2001:db8:2::1; do
        ask $address +short host.example A && told 192.0.2.1 || return
    done
}

header_has()
{
    grep -q "$1" "$work/said"
}

# size_is SERVER BYTES ARGUMENT...
size_is()
{
    asked=$1
    bytes=$2
    shift 2
    ask "$asked" "$@" && header_has "MSG SIZE  rcvd: $bytes\$" && ! header_has '^;; flags:.* tc'
}

# The answer has just 4096 bytes: with a byte less it is truncated.
long_answers()
{
    size_is 192.0.2.1 4096 +bufsize=4096 4k.example TXT &&
        size_is 2001:db8::1 4096 +bufsize=4096 4k.example TXT &&
        size_is 198.51.100.1 4096 +bufsize=8192 4k.example TXT &&
        [ "$(grep -o xxx "$work/said" | wc -l)" -gt 1330 ]
}

truncated()
{
    ask 192.0.2.1 "$@" 4k.example TXT && header_has '^;; flags: qr aa tc; .* ANSWER: 0,'
}

truncation()
{
    truncated +bufsize=4095 && truncated +bufsize=1232 && header_has 'MSG SIZE  rcvd: 39$' &&
        truncated +noedns && header_has 'MSG SIZE  rcvd: 28$' &&
        ask 192.0.2.1 +noedns many.example A && header_has 'ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 0'
}

codes()
{
    ask 192.0.2.1 nobody.example A && header_has 'status: NXDOMAIN' &&
        ask 192.0.2.1 six.example A && header_has 'status: NOERROR' && header_has 'ANSWER: 0,' &&
        ask 192.0.2.1 +noedns +opcode=status host.example A && header_has 'status: NOTIMP' &&
        ask 192.0.2.1 +edns=1 +noednsnegotiation host.example A && header_has 'status: BADVERS' &&
        ask 192.0.2.1 +noedns +header-only && header_has 'status: FORMERR'
}

# What makes no sense is passed over, and the next question answered.
garbage()
{
    for bytes in '\000' 'garbage, longer than a header' \
        '\000\001\001\000\000\001\000\000\000\000\000\000\300\014\000\001\000\001' \
        '\000\001\001\000\000\001\000\000\000\000\000\000\077abc' \
        '\000\001\201\000\000\001\000\000\000\000\000\000\000\000\001\000\001'; do
        # shellcheck disable=SC2016 # for the other shell
        bash -c 'exec 3<>/dev/udp/192.0.2.1/53 && printf "$0" >&3' "$bytes" || return
    done
    answers_are HOST.Example A 192.0.2.1
}

check 'a server on two interfaces' server_start
check 'A' answers_are host.example A 192.0.2.1
check 'AAAA' answers_are host.example AAAA 2001:db8::1
check 'TXT' answers_are host.example TXT '"answered by WSASendMsg"'
check 'ANY' answers_are host.example ANY 192.0.2.1 2001:db8::1 '"answered by WSASendMsg"'
check 'several records' answers_are many.example A 198.51.100.1 198.51.100.2 198.51.100.3
check 'the answer comes from the address that was asked' every_address
check 'answers of 4096 bytes' long_answers
check 'truncation' truncation
check 'codes' codes
check 'garbage' garbage
check 'the server lives' kill -0 "$server"

results
