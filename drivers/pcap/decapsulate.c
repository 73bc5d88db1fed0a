/*
 * decapsulate.c - from a frame as a capture file holds it to a frame as the stack wants it.
 *
 * Pure functions over one frame. Link types and header layouts are those of the tcpdump group's
 * registry of link-layer header types. Nothing is copied but 12 bytes of MAC addresses over a VLAN
 * tag; every other header goes by moving the start of the frame.
 *
 * A frame too short for its pseudo header has no type: it keeps its bytes and gets
 * LINK_FRAME_UNKNOWN_TYPE, so that the stack counts it like any other.
 */
#include "drivers/pcap/capture.h"

#include <pcap/pcap.h>
#include <string.h>

enum {
    ETHERNET_BYTES = 14,
    ETHERNET_TYPE_OFFSET = 12, /* behind the two MAC addresses */
    VLAN_TAG_BYTES = 4,
    SLL_BYTES = 16,
    SLL2_BYTES = 20,
    NULL_BYTES = 4,
};

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,         /* 802.1Q */
    TYPE_VLAN_SERVICE = 0x88a8, /* 802.1ad */
};

static uint16_t read_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static bool is_vlan(uint16_t type)
{
    return type == TYPE_VLAN || type == TYPE_VLAN_SERVICE;
}

/* Removes count bytes from the front; the caller knows that they are there. */
static void frame_skip(struct link_frame *frame, uint32_t count)
{
    frame->data += count;
    frame->bytes -= count;
    frame->original_bytes -= count;
}

static void decapsulate_ethernet(struct link_frame *frame)
{
    uint32_t tag_bytes = 0;

    while (tag_bytes < CAPTURE_VLAN_TAGS_MAX * VLAN_TAG_BYTES &&
           frame->bytes >= ETHERNET_BYTES + tag_bytes + VLAN_TAG_BYTES &&
           is_vlan(read_be16(frame->data + ETHERNET_TYPE_OFFSET + tag_bytes))) {
        tag_bytes += VLAN_TAG_BYTES;
    }
    if (tag_bytes > 0) {
        memmove(frame->data + tag_bytes, frame->data, ETHERNET_TYPE_OFFSET);
        frame_skip(frame, tag_bytes);
    }
}

/* No link layer, so no other station: whatever is here was for us. */
static void decapsulate_raw(struct link_frame *frame)
{
    frame->cast = LINK_CAST_HOST;
}

/*
 * BSD loopback. The header is an address family: in network order (DLT_LOOP) or in the order of
 * the machine that captured (DLT_NULL), which the file does not tell; families are small numbers.
 */
static void decapsulate_null(struct link_frame *frame)
{
    /* AF_INET everywhere; AF_INET6 on Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin. */
    static const uint8_t families[] = {2, 10, 23, 24, 28, 30};
    const uint8_t *header = frame->data;
    uint8_t family;

    if (frame->bytes < NULL_BYTES) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
        return;
    }
    family = header[0] | header[3];
    if ((header[0] != 0 && header[3] != 0) || header[1] != 0 || header[2] != 0 ||
        memchr(families, family, sizeof(families)) == NULL) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
    }
    frame_skip(frame, NULL_BYTES);
}

/*
 * The common part of both cooked headers. libpcap leaves a VLAN tag in SLL as protocol 0x8100
 * with the tag's second half and the real protocol behind the header.
 */
static void decapsulate_cooked(struct link_frame *frame, uint32_t header_bytes,
                               unsigned packet_type, uint16_t protocol)
{
    /* 0..2 as the kernel's PACKET_HOST, _BROADCAST, _MULTICAST; 3 is another host's, 4 our own. */
    static const uint8_t casts[] = {LINK_CAST_HOST, LINK_CAST_BROADCAST, LINK_CAST_MULTICAST};
    unsigned tags = 0;

    frame->cast = packet_type < sizeof(casts) ? casts[packet_type] : LINK_CAST_OTHER;
    frame_skip(frame, header_bytes);
    while (is_vlan(protocol) && tags < CAPTURE_VLAN_TAGS_MAX && frame->bytes >= VLAN_TAG_BYTES) {
        protocol = read_be16(frame->data + 2);
        frame_skip(frame, VLAN_TAG_BYTES);
        tags++;
    }
    if (protocol != TYPE_IPV4 && protocol != TYPE_IPV6) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
    }
}

static void decapsulate_sll(struct link_frame *frame)
{
    if (frame->bytes < SLL_BYTES) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
        return;
    }
    decapsulate_cooked(frame, SLL_BYTES, read_be16(frame->data), read_be16(frame->data + 14));
}

static void decapsulate_sll2(struct link_frame *frame)
{
    if (frame->bytes < SLL2_BYTES) {
        frame->flags |= LINK_FRAME_UNKNOWN_TYPE;
        return;
    }
    decapsulate_cooked(frame, SLL2_BYTES, frame->data[10], read_be16(frame->data));
}

static const struct capture_format formats[] = {
    {DLT_EN10MB, LINK_ETHERNET, decapsulate_ethernet},
    {DLT_NULL, LINK_IP, decapsulate_null},
    {DLT_LOOP, LINK_IP, decapsulate_null},
    {12, LINK_IP, decapsulate_raw}, /* raw IP has three numbers: 12, */
    {14, LINK_IP, decapsulate_raw}, /* 14 on OpenBSD, */
    {101, LINK_IP, decapsulate_raw}, /* and LINKTYPE_RAW in files */
    {DLT_IPV4, LINK_IP, decapsulate_raw},
    {DLT_IPV6, LINK_IP, decapsulate_raw},
    {DLT_LINUX_SLL, LINK_IP, decapsulate_sll},
    {DLT_LINUX_SLL2, LINK_IP, decapsulate_sll2},
};

const struct capture_format *capture_format_find(int link_type)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].link_type == link_type) {
            return &formats[i];
        }
    }
    return NULL;
}

void capture_decapsulate(const struct capture_format *format, struct link_frame *frame)
{
    frame->encapsulation = (uint8_t)format->encapsulation;
    frame->cast = LINK_CAST_HOST;
    frame->flags = 0;
    format->decapsulate(frame);
    if (frame->bytes > LINK_FRAME_MAX_BYTES) {
        frame->bytes = LINK_FRAME_MAX_BYTES;
    }
    if (frame->bytes < frame->original_bytes) {
        frame->flags |= LINK_FRAME_CUT;
    }
}
