/*
 * split.c - cuts a superframe into the frames that it stands for.
 *
 * Superframes that early.c can't deliver whole go through lwIP, to which they would be single
 * datagrams that nobody sent. So they are cut first, and each piece is what would have been on the
 * wire: lengths, an IPv4 identification of its own, and both checksums are right, also where the
 * superframe left that of UDP to the hardware. Raw sockets and SIO_RCVALL therefore never see a
 * packet that is not complete.
 *
 * Theory of operation. The pieces need no memory: a copy of the headers is written right in front of
 * each payload, over the end of the piece before, which has been fed by then. Nothing is read
 * before the lengths have been held against the frame; what does not agree is no superframe, and
 * ends as one frame under the fate that split_open() tells. Addresses are not looked at: the guard
 * judges them piece by piece.
 *
 * Of an ordinary frame whose UDP checksum is pending it computes that, for the same onlookers.
 *
 * No state outside of struct split. Guarded by the stack lock. Bounds: LIMIT_SUPERFRAME_DATAGRAMS.
 * Rules: RFC 768, RFC 791, RFC 8200.
 */
#include <string.h>

#include "stack/checksum.h"
#include "stack/internal.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_IP6 = 0x86dd,

    IP4_HEADER = 20,
    IP4_HEADER_MAX = 60, /* with options, which every piece repeats */
    IP4_FRAGMENT = 0x3fff,

    IP6_HEADER = 40,
    IP_TOTAL_MAX = 65535,

    PROTOCOL_UDP = 17,
    UDP_HEADER = 8,
};

_Static_assert(sizeof(((struct split *)0)->headers) >=
                   ETHERNET_HEADER + IP4_HEADER_MAX + UDP_HEADER, "split.headers");
_Static_assert(IP4_HEADER_MAX >= IP6_HEADER, "the longest headers are those of IPv4");

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void write16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* --- looking at a superframe --- */

/* Finds the IP header by what the link layer says. */
static enum winlwip_fate open_link(struct split *split, const struct link_frame *frame)
{
    if (frame->flags & LINK_FRAME_CUT) {
        return WINLWIP_FATE_DROP_SNAPLEN;
    }
    if (frame->bytes > LINK_FRAME_MAX_BYTES) {
        return WINLWIP_FATE_DROP_OVERSIZE;
    }
    split->ip = frame->encapsulation == LINK_IP ? 0 : ETHERNET_HEADER;
    if (frame->bytes <= split->ip) {
        return WINLWIP_FATE_DROP_RUNT;
    }
    unsigned version = frame->data[split->ip] >> 4;
    split->is_v6 = version == 6;
    if (frame->flags & LINK_FRAME_UNKNOWN_TYPE) {
        return WINLWIP_FATE_DROP_ETHERTYPE;
    }
    unsigned type = split->ip != 0 ? read16(frame->data + 12)
                    : split->is_v6 ? ETHERTYPE_IP6
                                   : ETHERTYPE_IP4;
    if (type != ETHERTYPE_IP4 && type != ETHERTYPE_IP6) {
        return WINLWIP_FATE_DROP_ETHERTYPE;
    }
    return version == (type == ETHERTYPE_IP6 ? 6u : 4u) ? WINLWIP_FATE_DELIVERED
                                                        : WINLWIP_FATE_DROP_IP_MALFORMED;
}

/* Finds the UDP header and the end of the packet in the bytes from the IPv4 header on. */
static enum winlwip_fate open_ip4(struct split *split, const uint8_t *p, uint32_t bytes)
{
    uint32_t header = (p[0] & 0x0fu) * 4;

    if (header < IP4_HEADER || bytes < header || p[9] != PROTOCOL_UDP ||
        (read16(p + 6) & IP4_FRAGMENT) != 0) {
        return WINLWIP_FATE_DROP_IP_MALFORMED;
    }
    uint32_t total = read16(p + 2);
    if (total < header || total > bytes) {
        return WINLWIP_FATE_DROP_IP_MALFORMED;
    }
    if (checksum_fold(checksum_add(0, p, header)) != 0xffff) {
        return WINLWIP_FATE_DROP_IP_CHECKSUM;
    }
    split->identification = read16(p + 4);
    split->udp = split->ip + header;
    split->end = split->ip + total;
    return WINLWIP_FATE_DELIVERED;
}

/* The same for IPv6. */
static enum winlwip_fate open_ip6(struct split *split, const uint8_t *p, uint32_t bytes)
{
    if (bytes < IP6_HEADER || p[6] != PROTOCOL_UDP) {
        return WINLWIP_FATE_DROP_IP_MALFORMED;
    }
    uint32_t total = IP6_HEADER + read16(p + 4);
    if (total > bytes) {
        return WINLWIP_FATE_DROP_IP_MALFORMED;
    }
    if (total > IP_TOTAL_MAX) {
        return WINLWIP_FATE_DROP_OVERSIZE; /* as the guard says of a datagram of that length */
    }
    split->udp = split->ip + IP6_HEADER;
    split->end = split->ip + total;
    return WINLWIP_FATE_DELIVERED;
}

/* The sum over pseudo header and length bytes from the UDP header on, not inverted. */
static uint16_t udp_sum(const struct split *split, const uint8_t *ip, const uint8_t *udp,
                        uint32_t length)
{
    uint8_t pseudo[4] = {0, PROTOCOL_UDP, (uint8_t)(length >> 8), (uint8_t)length};
    uint64_t sum = checksum_add(0, pseudo, sizeof(pseudo));

    sum = split->is_v6 ? checksum_add(sum, ip + 8, 32) : checksum_add(sum, ip + 12, 8);
    return checksum_fold(checksum_add(sum, udp, length));
}

static enum winlwip_fate open_udp(struct split *split, const struct link_frame *frame)
{
    const uint8_t *udp = frame->data + split->udp;
    uint32_t length = split->end - split->udp;

    if (length < UDP_HEADER || read16(udp + 4) != length ||
        !split_is_sound(length - UDP_HEADER, frame->segment_bytes)) {
        return WINLWIP_FATE_DROP_UDP_MALFORMED;
    }
    bool stored = read16(udp + 6) != 0;
    bool known_good = (frame->flags & (LINK_FRAME_SUM_VERIFIED | LINK_FRAME_SUM_PENDING)) != 0;
    split->summed = stored || split->is_v6 || (frame->flags & LINK_FRAME_SUM_PENDING) != 0;
    if (split->summed && !known_good &&
        (!stored || udp_sum(split, frame->data + split->ip, udp, length) != 0xffff)) {
        return WINLWIP_FATE_DROP_UDP_CHECKSUM;
    }
    return WINLWIP_FATE_DELIVERED;
}

enum winlwip_fate split_open(struct split *split, const struct link_frame *frame)
{
    enum winlwip_fate fate = open_link(split, frame);

    if (fate == WINLWIP_FATE_DELIVERED) {
        const uint8_t *p = frame->data + split->ip;
        uint32_t bytes = frame->bytes - split->ip;
        fate = split->is_v6 ? open_ip6(split, p, bytes) : open_ip4(split, p, bytes);
    }
    if (fate == WINLWIP_FATE_DELIVERED) {
        fate = open_udp(split, frame);
    }
    if (fate == WINLWIP_FATE_DELIVERED) {
        split->frame = frame;
        split->next = split->udp + UDP_HEADER;
        memcpy(split->headers, frame->data, split->next);
    }
    return fate;
}

/* --- cutting --- */

static void finish_ip(struct split *split, uint8_t *ip, uint32_t udp_bytes)
{
    if (split->is_v6) {
        write16(ip + 4, udp_bytes);
        return;
    }
    uint32_t header = split->udp - split->ip;
    write16(ip + 2, header + udp_bytes);
    write16(ip + 4, split->identification++);
    memset(ip + 10, 0, 2);
    uint16_t inverted = (uint16_t)~checksum_fold(checksum_add(0, ip, header));
    memcpy(ip + 10, &inverted, sizeof(inverted));
}

static void finish_udp(const struct split *split, const uint8_t *ip, uint8_t *udp, uint32_t bytes)
{
    write16(udp + 4, bytes);
    memset(udp + 6, 0, 2);
    if (split->summed) {
        uint16_t inverted = (uint16_t)~udp_sum(split, ip, udp, bytes);
        inverted = inverted != 0 ? inverted : 0xffff; /* RFC 768: 0 means none */
        memcpy(udp + 6, &inverted, sizeof(inverted));
    }
}

bool split_next(struct split *split, struct link_frame *out)
{
    const struct link_frame *frame = split->frame;
    uint32_t header_bytes = split->udp + UDP_HEADER;
    uint32_t bytes = split->end - split->next;

    if (bytes == 0) {
        return false;
    }
    if (bytes > frame->segment_bytes) {
        bytes = frame->segment_bytes;
    }
    uint8_t *data = frame->data + split->next - header_bytes;
    memcpy(data, split->headers, header_bytes);
    finish_ip(split, data + split->ip, UDP_HEADER + bytes);
    finish_udp(split, data + split->ip, data + split->udp, UDP_HEADER + bytes);
    split->next += bytes;
    *out = *frame;
    out->data = data;
    out->bytes = out->original_bytes = header_bytes + bytes;
    out->segment_bytes = 0;
    return true;
}

/* --- ordinary frames --- */

void split_finish_sum(const struct link_frame *frame)
{
    struct split split = {.summed = true};
    const uint8_t *p;
    uint32_t bytes;

    if (open_link(&split, frame) != WINLWIP_FATE_DELIVERED) {
        return;
    }
    p = frame->data + split.ip;
    bytes = frame->bytes - split.ip;
    if ((split.is_v6 ? open_ip6(&split, p, bytes) : open_ip4(&split, p, bytes)) !=
            WINLWIP_FATE_DELIVERED ||
        split.end - split.udp < UDP_HEADER) {
        return;
    }
    uint8_t *udp = frame->data + split.udp;
    uint32_t length = read16(udp + 4);
    if (length >= UDP_HEADER && length <= split.end - split.udp) {
        finish_udp(&split, p, udp, length);
    }
}
