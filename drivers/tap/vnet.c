/*
 * vnet.c - what the vnet header of a TAP says of a frame, and how it is written.
 *
 * A local sender's frame comes as the kernel gives it to a network card: its transport checksum may
 * be left to the card (NEEDS_CSUM), and many datagrams may come as one (gso_type). The stack takes
 * both for UDP right behind an IP header, which is all that it wants to be quick for. The rest is
 * put right here: a pending checksum of anything else is computed, so that raw sockets and captures
 * see what would have been on a wire.
 *
 * No state. The kernel is believed that a checksum is valid or pending, as it made the frame; its
 * offsets and lengths are checked against the frame all the same. Layout: Virtual I/O Device
 * specification 1.2, section 5.1.6; RFC 768, RFC 791, RFC 8200.
 */
#include "drivers/tap/vnet.h"

#include <endian.h>

enum {
    ETHERNET_BYTES = 14,
    TYPE_AT = 12,
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,

    IP4_BYTES = 20,
    IP4_LENGTH_AT = 2,
    IP4_FRAGMENT_AT = 6,
    IP4_FRAGMENT_BITS = 0x3fff, /* more fragments, and the offset */
    IP4_PROTOCOL_AT = 9,

    IP6_BYTES = 40,
    IP6_LENGTH_AT = 4,
    IP6_NEXT_AT = 6,

    PROTOCOL_UDP = 17,
    UDP_BYTES = 8,
    UDP_LENGTH_AT = 4,
    UDP_SUM_AT = 6,
};

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/*
 * Where the UDP header of an Ethernet frame is; 0 unless it is a whole UDP packet behind an IPv4
 * header, with options or without, or an IPv6 header without extension headers. A frame that gets a
 * number holds both headers.
 */
static unsigned find_udp(const struct link_frame *frame)
{
    const uint8_t *ip = frame->data + ETHERNET_BYTES;
    unsigned type, ip_bytes;

    if (frame->bytes < ETHERNET_BYTES + IP4_BYTES + UDP_BYTES) {
        return 0;
    }
    type = read16(frame->data + TYPE_AT);
    if (type == TYPE_IP4 && ip[0] >> 4 == 4 && ip[IP4_PROTOCOL_AT] == PROTOCOL_UDP &&
        (read16(ip + IP4_FRAGMENT_AT) & IP4_FRAGMENT_BITS) == 0) {
        ip_bytes = (ip[0] & 0x0fu) * 4;
    } else if (type == TYPE_IP6 && ip[0] >> 4 == 6 && ip[IP6_NEXT_AT] == PROTOCOL_UDP) {
        ip_bytes = IP6_BYTES;
    } else {
        return 0;
    }
    return ip_bytes >= IP4_BYTES && frame->bytes >= ETHERNET_BYTES + ip_bytes + UDP_BYTES
           ? ETHERNET_BYTES + ip_bytes : 0;
}

/* Do the lengths in the headers of a UDP packet say that it ends where the frame ends? */
static bool lengths_agree(const struct link_frame *frame, unsigned udp)
{
    const uint8_t *ip = frame->data + ETHERNET_BYTES;
    unsigned ip_bytes = ip[0] >> 4 == 4 ? read16(ip + IP4_LENGTH_AT)
                                        : IP6_BYTES + read16(ip + IP6_LENGTH_AT);

    return ETHERNET_BYTES + ip_bytes == frame->bytes &&
           udp + read16(frame->data + udp + UDP_LENGTH_AT) == frame->bytes;
}

/* Is what is pending the checksum of this UDP header? */
static bool pends_in_udp(const struct virtio_net_hdr *header, unsigned udp)
{
    return udp != 0 && le16toh(header->csum_start) == udp &&
           le16toh(header->csum_offset) == UDP_SUM_AT;
}

/*
 * Computes a pending checksum, the way a card does: over everything from its start, with the sum of
 * the pseudo header standing where the result goes. One that would lie outside of the frame is left
 * alone, and the stack finds it wrong.
 */
static void finish_sum(const struct virtio_net_hdr *header, struct link_frame *frame)
{
    uint32_t start = le16toh(header->csum_start);
    uint32_t place = start + le16toh(header->csum_offset);
    uint32_t at = start;
    uint64_t sum = 0;

    if (place + 2 > frame->bytes) {
        return;
    }
    for (; at + 2 <= frame->bytes; at += 2) {
        sum += read16(frame->data + at);
    }
    if (at < frame->bytes) {
        sum += (uint32_t)frame->data[at] << 8;
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    /* 0 means "no checksum" in UDP; its other form is as good everywhere. */
    sum = sum == 0xffff ? 0xffff : ~sum & 0xffff;
    frame->data[place] = (uint8_t)(sum >> 8);
    frame->data[place + 1] = (uint8_t)sum;
}

static void read_ordinary(const struct virtio_net_hdr *header, struct link_frame *frame)
{
    if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) {
        if ((header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
            frame->flags |= LINK_FRAME_SUM_VERIFIED;
        }
    } else if (pends_in_udp(header, find_udp(frame))) {
        frame->flags |= LINK_FRAME_SUM_PENDING;
    } else {
        finish_sum(header, frame);
    }
}

/*
 * The checksum of a superframe is no datagram's: it has to be pending, or verified for all of them.
 */
static void read_superframe(const struct virtio_net_hdr *header, struct link_frame *frame)
{
    bool pending = (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
    bool verified = (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0;
    uint16_t segment_bytes = le16toh(header->gso_size);
    unsigned udp = find_udp(frame);

    if (segment_bytes == 0 || udp == 0 || !lengths_agree(frame, udp) ||
        !(pending ? pends_in_udp(header, udp) : verified)) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
        return;
    }
    frame->flags |= pending ? LINK_FRAME_SUM_PENDING : LINK_FRAME_SUM_VERIFIED;
    if (frame->bytes - udp - UDP_BYTES > segment_bytes) {
        frame->segment_bytes = segment_bytes;
    }
}

void tap_vnet_read(const struct virtio_net_hdr *header, struct link_frame *frame)
{
    switch (header->gso_type) {
    case VIRTIO_NET_HDR_GSO_NONE:
        read_ordinary(header, frame);
        break;
    case TAP_VNET_GSO_UDP_L4:
        read_superframe(header, frame);
        break;
    default: /* never asked for */
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
        break;
    }
}

void tap_vnet_write(const struct link_packet *packet, struct virtio_net_hdr *header)
{
    *header = (struct virtio_net_hdr){.flags = 0};
    if (packet->sum_start == 0) {
        return;
    }
    header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    header->csum_start = htole16(packet->sum_start);
    header->csum_offset = htole16(packet->sum_offset);
    if (packet->segment_bytes != 0) {
        header->gso_type = TAP_VNET_GSO_UDP_L4;
        header->gso_size = htole16(packet->segment_bytes);
        header->hdr_len = htole16((uint16_t)(packet->sum_start + UDP_BYTES));
    }
}
