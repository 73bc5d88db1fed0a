/*
 * pending.c - checksums that their sender left to hardware which never came.
 *
 * A sender on this machine, at the other end of a veth pair or on the same bridge, does not sum up
 * a UDP datagram: the kernel passes it on with the note that a device is to do so
 * (CHECKSUM_PARTIAL), and nothing ever does, as the data never left memory. Such a datagram is
 * valid. The note stands in the packet ring (TP_STATUS_CSUMNOTREADY), but libpcap does not pass it on, and
 * to read the ring behind its back would build on how it lays out its memory.
 *
 * The data tells as well. What the kernel leaves in the checksum field is the sum of the pseudo
 * header, folded and *not* inverted, for the device to go on from there: known from addresses and
 * length alone. So a field with just that value says "pending". The kernel leaves a sum to a device
 * only in datagrams that are whole and, over IPv6, have no extension headers; no others are looked
 * at.
 *
 * What that costs: a frame that was damaged on its way passes unchecked when its field happens to
 * hold that value: one damaged frame in 65,535, of those that pass the checksum of the Ethernet.
 * And who wants to can send datagrams that are not checked, as over IPv4 everybody can with a
 * checksum of 0: the sum guards against accidents, not against senders. A complete datagram whose
 * right sum has this value is valid either way.
 *
 * No state; reads nothing outside of the frame.
 */
#include <string.h>

#include "drivers/pcap/live.h"

enum {
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_IP6 = 0x86dd,
    IP4_HEADER = 20,
    IP4_FRAGMENT = 0x3fff, /* More Fragments and the offset */
    IP6_HEADER = 40,
    UDP_HEADER = 8,
    PROTOCOL_UDP = 17,
};

static unsigned read16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

/*
 * Is the UDP checksum the sum of the pseudo header: addresses, length and protocol (RFC 768,
 * RFC 8200 8.1)?
 */
static bool holds_pseudo_sum(const uint8_t *addresses, unsigned address_bytes, const uint8_t *udp)
{
    uint32_t sum = PROTOCOL_UDP + read16(udp + 4);

    for (unsigned i = 0; i < address_bytes; i += 2) {
        sum += read16(addresses + i);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum == read16(udp + 6);
}

static bool is_pending4(const uint8_t *packet, uint32_t bytes)
{
    if (bytes < IP4_HEADER + UDP_HEADER || packet[9] != PROTOCOL_UDP ||
        (read16(packet + 6) & IP4_FRAGMENT) != 0) {
        return false;
    }
    unsigned header = (packet[0] & 15u) * 4;
    return header >= IP4_HEADER && header + UDP_HEADER <= bytes &&
           holds_pseudo_sum(packet + 12, 8, packet + header);
}

static bool is_pending6(const uint8_t *packet, uint32_t bytes)
{
    return bytes >= IP6_HEADER + UDP_HEADER && packet[6] == PROTOCOL_UDP &&
           holds_pseudo_sum(packet + 8, 32, packet + IP6_HEADER);
}

bool live_sum_is_pending(const uint8_t *frame, uint32_t bytes)
{
    if (bytes < LIVE_HEADER_BYTES) {
        return false;
    }
    const uint8_t *packet = frame + LIVE_HEADER_BYTES;
    switch (read16(frame + 12)) {
    case ETHERTYPE_IP4:
        return is_pending4(packet, bytes - LIVE_HEADER_BYTES);
    case ETHERTYPE_IP6:
        return is_pending6(packet, bytes - LIVE_HEADER_BYTES);
    default:
        return false;
    }
}
