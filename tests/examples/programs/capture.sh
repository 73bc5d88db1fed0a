# capture.sh - functions that write a small capture file; read by run.sh.
#
# A peer, 192.0.2.9 with the MAC 02:00:00:00:00:09, talks to 192.0.2.1 and 192.0.2.3 with
# 02:00:5e:10:00:01 on an Ethernet. Bytes are lists of hexadecimal digits until they are written.
# shellcheck shell=sh disable=SC2034 # names for run.sh

peer_mac=020000000009
peer_ip=c0000209
host_mac=02005e100001
host_ip=c0000201
host_ip2=c0000203

# Writes digits as bytes.
bytes() { env printf "$(printf '%s' "$1" | sed 's/../\\x&/g')"; }

# A number of 32 bits with its lowest byte first.
le32() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)); }

# The header of a capture file of Ethernet frames, and one record of it; all at one time.
file_header() { bytes "d4c3b2a1020004000000000000000000ffff000001000000"; }
record()
{
    length=$((${#1} / 2))
    bytes "$(le32 1000000000)$(le32 0)$(le32 $length)$(le32 $length)$1"
}

# arp_request IP: the peer asks for the MAC of an address, and so tells that its own.
arp_request()
{
    record "ffffffffffff${peer_mac}08060001080006040001$peer_mac${peer_ip}000000000000$1"
}

# The Internet checksum of a header of 20 bytes.
header_checksum()
{
    rest=$1
    sum=0
    while [ -n "$rest" ]; do
        word=$(printf '%.4s' "$rest")
        rest=${rest#????}
        sum=$((sum + 0x$word))
    done
    sum=$(((sum & 65535) + (sum >> 16)))
    printf '%04x' $((65535 - sum))
}

# udp MAC IP SOURCE-PORT PORT TEXT: a datagram of the peer, without UDP checksum.
udp()
{
    text=$(printf '%s' "$5" | od -An -v -tx1 | tr -d ' \n')
    length=$((${#text} / 2 + 8))
    front=4500$(printf '%04x' $((length + 20)))000100004011
    sum=$(header_checksum "${front}0000$peer_ip$2")
    record "$1${peer_mac}0800$front$sum$peer_ip$2$(printf '%04x%04x%04x' "$3" "$4" $length)0000$text"
}
