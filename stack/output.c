/*
 * output.c - the early way out: UDP datagrams straight to their link, round lwIP.
 *
 * For the common case: the way is known (shortcut.c), the datagram has no IP options and needs no
 * fragments, and nobody captures. The headers are made in one place in front of references to the
 * caller's bytes, so nothing is allocated or copied. The frames are those that udp.c, ip.c and lwIP
 * would make, byte by byte; everything else goes their way.
 *
 * Checksums are left to a device that takes them: that is cheaper even for the shortest datagram, for
 * the other end of a TAP then does not look at them either.
 *
 * A send that is cut (UDP_SEND_MSG_SIZE) leaves in bursts of up to BURST packets. Where the link
 * takes superframes a packet stands for up to LIMIT_SENT_SUPERFRAME_DATAGRAMS datagrams, whose headers
 * the device makes: it counts IPv4's identification on from the first one's (RFC 6864 asks for
 * nothing more), and so does our counter.
 *
 * Guarded by the stack lock. No state.
 */
#include <string.h>

#include "stack/checksum.h"
#include "stack/output.h"

enum {
    BURST = 32,          /* packets that are handed to the link in one call */
    UDP_HEADER = 8,
    UDP_SUM_OFFSET = 6,  /* of the checksum in the UDP header */
};

/* What is the same for all datagrams of a send. */
struct output {
    const struct shortcut *way;
    const struct endpoint_send *send;
    uint16_t port;    /* source, host byte order */
    uint8_t offload;  /* LINK_OFFLOAD_*: what may be used */
    size_t segment_bytes;
    struct output_cursor at;
};

/* Packets that are ready for the link. Only what the counts cover is ever written or read. */
struct burst {
    unsigned count;
    unsigned part_count;
    struct link_packet packets[BURST];
    unsigned datagrams[BURST]; /* that each packet stands for */
    union output_head heads[BURST];
    /* A head and a piece for each packet, and one more piece for each edge between buffers. */
    struct iovec parts[2 * BURST + LIMIT_SEND_PARTS];
};

/* --- one packet --- */

/* The sum is taken over values: to read a header just written in other pieces stalls processors. */
static void put_ip4(struct ip_hdr *ip, uint64_t sum, const struct endpoint_send *send,
                    size_t udp_bytes)
{
    uint16_t length = lwip_htons((u16_t)(IP_HLEN + udp_bytes));
    uint16_t id = lwip_htons(ip_next_identification());
    uint16_t offset = pmtu_forbids_fragments(send) ? PP_HTONS(IP_DF) : 0;

    IPH_TOS_SET(ip, send->tos);
    IPH_LEN_SET(ip, length);
    IPH_ID_SET(ip, id);
    IPH_OFFSET_SET(ip, offset);
    IPH_TTL_SET(ip, send->ttl);
    sum += lwip_htons(send->tos) + (uint64_t)length + id + offset +
           lwip_htons((u16_t)(send->ttl << 8));
    IPH_CHKSUM_SET(ip, (u16_t)~checksum_fold(sum));
}

static void put_ip6(struct ip6_hdr *ip, const struct endpoint_send *send, size_t udp_bytes)
{
    IP6H_VTCFL_SET(ip, 6, send->tos, 0);
    IP6H_PLEN_SET(ip, (u16_t)udp_bytes);
    IP6H_HOPLIM_SET(ip, send->ttl);
}

/* The sum over pieces of any length, added to that of what stands before them. */
static uint64_t sum_parts(uint64_t sum, const struct iovec *parts, unsigned count)
{
    bool odd = false;

    for (unsigned i = 0; i < count; i++) {
        if (odd) {
            uint64_t piece = checksum_add(0, parts[i].iov_base, parts[i].iov_len);
            sum = checksum_join(sum, checksum_swap(checksum_fold(piece)));
        } else {
            sum = checksum_add(sum, parts[i].iov_base, parts[i].iov_len);
        }
        odd ^= parts[i].iov_len & 1;
    }
    return sum;
}

/* References to the next bytes of the caller's. Returns how many. */
static unsigned put_payload(struct output *out, struct iovec *parts, size_t bytes)
{
    unsigned count = 0;

    while (bytes != 0) {
        parts[count] = output_take(&out->at, bytes);
        bytes -= parts[count++].iov_len;
    }
    return count;
}

/*
 * Fills the UDP header in. payload: the packet's parts behind its headers. Where the device is to
 * finish the checksum, packet says so and the sum of the pseudo header stands in its place.
 */
static void put_udp(const struct output *out, struct udp_hdr *udp, struct link_packet *packet,
                    size_t udp_bytes)
{
    uint16_t length = lwip_htons((u16_t)udp_bytes);
    uint64_t sum = checksum_join(out->way->pseudo_sum, length);

    udp->src = lwip_htons(out->port);
    udp->dest = lwip_htons(out->send->destination.port);
    udp->len = length;
    if (out->send->no_checksum && out->way->is_v4) {
        return;
    }
    if ((out->offload & LINK_OFFLOAD_SUM) != 0) {
        udp->chksum = checksum_fold(sum);
        packet->sum_start = (uint16_t)(packet->parts[0].iov_len - UDP_HEADER);
        packet->sum_offset = UDP_SUM_OFFSET;
        return;
    }
    sum = checksum_join(sum, (uint64_t)udp->src + udp->dest + length);
    uint16_t inverted =
        (uint16_t)~checksum_fold(sum_parts(sum, packet->parts + 1, packet->part_count - 1));
    udp->chksum = inverted != 0 ? inverted : 0xffff; /* RFC 768: 0 means none */
}

/*
 * Makes a packet with so many bytes of payload: a datagram, or a superframe of several. head and
 * parts, which it takes the next of as needed, stay as long as the packet.
 */
static void make_packet(struct output *out, struct link_packet *packet, union output_head *head,
                        struct iovec *parts, size_t bytes)
{
    const struct shortcut *way = out->way;
    size_t end = way->is_v4 ? sizeof(head->v4) : sizeof(head->v6);

    memcpy(head, &way->head, sizeof(*head));
    parts[0] = (struct iovec){.iov_base = head->bytes + way->start, .iov_len = end - way->start};
    *packet = (struct link_packet){
        .parts = parts,
        .part_count = 1 + put_payload(out, parts + 1, bytes),
        .segment_bytes = bytes > out->segment_bytes ? (uint16_t)out->segment_bytes : 0,
        .is_v6 = !way->is_v4,
    };
    if (way->is_v4) {
        put_ip4(&head->v4.ip, way->head_sum, out->send, UDP_HEADER + bytes);
    } else {
        put_ip6(&head->v6.ip, out->send, UDP_HEADER + bytes);
    }
    put_udp(out, way->is_v4 ? &head->v4.udp : &head->v6.udp, packet, UDP_HEADER + bytes);
}

/* --- several of them --- */

/* Adds a packet to a burst that has room for it. */
static void add_packet(struct output *out, struct burst *burst, size_t bytes)
{
    struct link_packet *packet = &burst->packets[burst->count];
    size_t segment = out->segment_bytes;
    unsigned datagrams = bytes > segment ? (unsigned)((bytes + segment - 1) / segment) : 1;

    make_packet(out, packet, &burst->heads[burst->count], &burst->parts[burst->part_count], bytes);
    if (out->way->is_v4) {
        ip_skip_identifications(datagrams - 1);
    }
    burst->part_count += packet->part_count;
    burst->datagrams[burst->count++] = datagrams;
}

/* Hands the burst to the link and counts what became of its datagrams. */
static void flush(struct burst *burst, struct link *link)
{
    unsigned taken = link->ops->send(link, burst->packets, burst->count);

    for (unsigned i = 0; i < burst->count; i++) {
        stack_counters.datagrams_sent += burst->datagrams[i];
        if (i < taken) {
            stack_counters.frames_sent += burst->datagrams[i];
        } else {
            stack_counters.frames_unsent += burst->datagrams[i];
        }
    }
    burst->count = 0;
    burst->part_count = 0;
}

/* Most bytes of payload that a packet of the send may have. */
static size_t packet_limit(const struct output *out)
{
    size_t whole = out->way->is_v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    size_t segment = out->segment_bytes;

    /* A device that cuts also sums: it can't leave the checksums out. */
    if ((out->offload & LINK_OFFLOAD_SEGMENT) == 0 || (out->offload & LINK_OFFLOAD_SUM) == 0 ||
        (out->send->no_checksum && out->way->is_v4)) {
        return segment;
    }
    size_t datagrams = whole / segment;
    if (datagrams > LIMIT_SENT_SUPERFRAME_DATAGRAMS) {
        datagrams = LIMIT_SENT_SUPERFRAME_DATAGRAMS;
    }
    return segment * datagrams;
}

static void send_several(struct output *out, struct link *link, size_t left)
{
    struct burst burst;
    size_t limit = packet_limit(out);

    burst.count = 0;
    burst.part_count = 0;
    while (left != 0) {
        size_t bytes = left < limit ? left : limit;
        add_packet(out, &burst, bytes);
        left -= bytes;
        if (left == 0 || burst.count == BURST) {
            flush(&burst, link);
        }
    }
}

/* Can each of the datagrams leave in one piece, and are they not too many? */
static bool fits(const struct shortcut *way, const struct endpoint_send *send, size_t segment)
{
    size_t headers = (way->is_v4 ? IP_HLEN : IP6_HLEN) + UDP_HEADER;
    unsigned mtu_bytes = way->is_narrow ? pmtu_bound_locked(way->netif, send)
                                        : pmtu_as_wished(send, way->mtu_bytes);

    return segment + headers <= mtu_bytes &&
           send->length <= segment * LIMIT_SEND_SEGMENTS;
}

/* The way of a send, or NULL when it has to be lwIP's. */
static const struct shortcut *find_way(const struct netaddr *source,
                                       const struct endpoint_send *send, size_t segment)
{
    const struct shortcut *way = shortcut_find_locked(source, send);

    if (way == NULL || (way->is_v4 && send->ip_options.length != 0) || capture_wanted() ||
        !fits(way, send, segment)) {
        return NULL;
    }
    return way;
}

bool output_make_locked(const struct netaddr *source, uint16_t port,
                        const struct endpoint_send *send, struct output_one *one)
{
    const struct shortcut *way = find_way(source, send, send->length);

    if (way == NULL) {
        return false;
    }
    one->link = interface_of_netif(way->netif)->link;
    struct output out = {
        .way = way,
        .send = send,
        .port = port,
        .offload = one->link->offload,
        .segment_bytes = send->length,
        .at = {.part = send->parts},
    };
    make_packet(&out, &one->packet, &one->head, one->parts, send->length);
    return true;
}

bool output_send_locked(const struct netaddr *source, uint16_t port,
                        const struct endpoint_send *send, struct output_cursor at, size_t left)
{
    size_t segment = output_segment_bytes(send);
    const struct shortcut *way = find_way(source, send, segment);

    if (way == NULL) {
        return false;
    }
    struct link *link = interface_of_netif(way->netif)->link;
    struct output out = {
        .way = way,
        .send = send,
        .port = port,
        .offload = link->offload,
        .segment_bytes = segment,
        .at = at,
    };
    send_several(&out, link, left);
    return true;
}
