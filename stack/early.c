/*
 * early.c - the short way of a common datagram: from the frame straight to the socket.
 *
 * Most frames of a busy host are alike: unfragmented UDP without options, from another host to one
 * of our unicast addresses on the interface of arrival, for a port that somebody has. What lwIP and
 * udp.c would do with one is known beforehand, so this file does it in one pass over the frame:
 * headers, addresses, checksum, look-up, delivery. It takes a frame only when it can finish it;
 * everything else it leaves untouched for guard.c and lwIP, and whoever wants to watch frames on
 * their way (trace, SIO_RCVALL, raw UDP sockets) has them all go there. What is taken ends exactly
 * as on the long way: same order, same metadata, same counters. tests/equiv compares the two.
 *
 * Theory of operation
 *
 * Atomic operations are what is left to save, so sockets are locked once a burst, not once a
 * datagram. The first datagram for an endpoint *holds* its owner (endpoint_events.hold: it takes
 * the socket's lock); the others of the burst find it held; early_release_locked() lets go of all,
 * at the end of the burst and before a frame that goes the long way, on which the same lock may be
 * taken. While something is held, further owners are only tried for: a thread that waits for one of
 * several locks that it holds could make others wait in a circle. When one can't be had at once
 * everything is let go first.
 *
 * Guarded by the stack lock.
 */
#include <string.h>

#include "lwip/prot/ip6.h"

#include "stack/checksum.h"
#include "stack/endpoint_table.h"

enum {
    ETHERNET_HEADER = 14,
    IP4_HEADER = 20,
    IP6_HEADER = 40,
    UDP_HEADER = 8,
    PROTOCOL_UDP = 17,

    IP4_PLAIN = 0x45, /* version 4, no options */
};

/* EtherTypes as they are read from memory. */
#define ETHERTYPE_IP4 PP_HTONS(0x0800)
#define ETHERTYPE_IP6 PP_HTONS(0x86dd)

/* More Fragments and the offset: 0 in a packet that is whole (RFC 791, 3.1). */
#define IP4_FRAGMENT PP_HTONS(0x3fff)

static struct {
    bool on;
    struct endpoint *held[LIMIT_BURST_FRAMES];
    unsigned held_count;
} early;

void early_start(bool on)
{
    early.on = on;
}

/* --- holding --- */

void early_release_locked(void)
{
    while (early.held_count != 0) {
        struct endpoint *endpoint = early.held[--early.held_count];
        endpoint->held = false;
        endpoint->events->release(endpoint->owner);
    }
}

static void hold(struct endpoint *endpoint)
{
    if (early.held_count == LIMIT_BURST_FRAMES) {
        early_release_locked();
    }
    if (!endpoint->events->hold(endpoint->owner, early.held_count == 0)) {
        early_release_locked();
        endpoint->events->hold(endpoint->owner, true);
    }
    endpoint->held = true;
    early.held[early.held_count++] = endpoint;
}

/* --- reading a frame --- */

static inline uint16_t load16(const uint8_t *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline unsigned read16(const uint8_t *p)
{
    return lwip_ntohs(load16(p));
}

/* A frame's IP packet: where it begins and how many bytes are there. */
struct packet_bytes {
    const uint8_t *data;
    uint32_t bytes;
};

/*
 * Is it an IP packet that the link layer addressed to us alone? Sets is_v6 by what the link layer
 * says, and by the version when that says nothing.
 */
static inline bool read_link(const struct interface *interface, const struct link_frame *frame,
                             struct packet_bytes *packet, bool *is_v6)
{
    const uint8_t *p = frame->data;

    if ((frame->flags & (LINK_FRAME_CUT | LINK_FRAME_UNKNOWN_TYPE)) != 0 ||
        frame->bytes < ETHERNET_HEADER + IP4_HEADER + UDP_HEADER ||
        frame->bytes > LINK_FRAME_MAX_BYTES) {
        return false;
    }
    if (frame->encapsulation == LINK_IP) {
        *packet = (struct packet_bytes){p, frame->bytes};
        *is_v6 = p[0] >> 4 == 6;
        return frame->cast == LINK_CAST_HOST;
    }
    *packet = (struct packet_bytes){p + ETHERNET_HEADER, frame->bytes - ETHERNET_HEADER};
    uint16_t type = load16(p + 12);
    *is_v6 = type == ETHERTYPE_IP6;
    return (*is_v6 || type == ETHERTYPE_IP4) && load32(p) == load32(interface->mac) &&
           load16(p + 4) == load16(interface->mac + 4);
}

/* Has any of our interfaces the address, or is it a broadcast address of this one? */
static inline bool is_ours4(const struct interface *here, uint32_t address)
{
    for (uint32_t n = STACK_LOOPBACK_INDEX + 1; n <= interface_count(); n++) {
        const struct interface *interface = interface_at(n);
        for (unsigned i = 0; i < interface->count4; i++) {
            if (interface->addresses4[i] == address ||
                (interface == here && interface->broadcasts4[i] == address)) {
                return true;
            }
        }
    }
    return false;
}

/* Is it an address of the interface, and a broadcast address of none of its subnets? */
static inline bool is_unicast4_of(const struct interface *interface, uint32_t address)
{
    bool found = false;

    for (unsigned i = 0; i < interface->count4; i++) {
        if (interface->broadcasts4[i] == address) {
            return false;
        }
        found |= interface->addresses4[i] == address;
    }
    return found;
}

/* May a packet with these addresses come from the wire, to us alone (guard.c: martians)? */
static inline bool addresses_pass4(const struct interface *interface, const uint8_t *p)
{
    uint32_t source = load32(p + 12);
    uint8_t net = p[12];

    return net != 127 && net < 224 && source != 0 && p[16] != 127 &&
           is_unicast4_of(interface, load32(p + 16)) && !is_ours4(interface, source);
}

/*
 * Checks an IPv4 header and describes the packet. Sets payload to what is behind the header, and
 * sum to that of the pseudo header without the length.
 */
static inline bool read_ip4(const struct interface *interface, const struct packet_bytes *packet,
                            struct datagram_meta *meta, struct packet_bytes *payload,
                            uint64_t *sum)
{
    const uint8_t *p = packet->data;
    unsigned total = read16(p + 2);

    if (p[0] != IP4_PLAIN || p[9] != PROTOCOL_UDP || (load16(p + 6) & IP4_FRAGMENT) != 0 ||
        total < IP4_HEADER + UDP_HEADER || total > packet->bytes) {
        return false;
    }
    uint64_t header = checksum_join(checksum_join(load64(p), load64(p + 8)), load32(p + 16));
    if (checksum_fold(header) != 0xffff || !addresses_pass4(interface, p)) {
        return false;
    }
    meta->source = netaddr_from_v4(load32(p + 12));
    meta->destination = netaddr_from_v4(load32(p + 16));
    meta->ttl = p[8];
    meta->tos = p[1];
    *payload = (struct packet_bytes){p + IP4_HEADER, total - IP4_HEADER};
    *sum = (uint64_t)load32(p + 12) + load32(p + 16) + PP_HTONS(PROTOCOL_UDP);
    return true;
}

/* Is it a unicast address that the interface has for certain: no tentative one? */
static bool is_unicast6_of(const struct interface *interface, const struct netaddr *address)
{
    const struct netif *netif = &interface->netifs[0];

    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        const uint32_t *words = netif_ip6_addr(netif, i)->addr;
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) && words[3] == address->words[3] &&
            words[2] == address->words[2] && words[1] == address->words[1] &&
            words[0] == address->words[0]) {
            return true;
        }
    }
    return false;
}

/* As addresses_pass4(). What is unusual in any way is left to the long way. */
static bool addresses_pass6(const struct interface *interface, const struct netaddr *source,
                            const struct netaddr *target)
{
    return source->bytes[0] != 0xff && source->halves[0] != 0 && target->bytes[0] != 0xff &&
           target->halves[0] != 0 && is_unicast6_of(interface, target) &&
           interface_of_address(source) == NULL;
}

/* The same for IPv6. */
static inline bool read_ip6(const struct interface *interface, const struct packet_bytes *packet,
                            struct datagram_meta *meta, struct packet_bytes *payload,
                            uint64_t *sum)
{
    const uint8_t *p = packet->data;
    unsigned bytes = read16(p + 4);

    if (packet->bytes < IP6_HEADER + UDP_HEADER || p[0] >> 4 != 6 || p[6] != PROTOCOL_UDP ||
        bytes < UDP_HEADER || bytes > packet->bytes - IP6_HEADER ||
        bytes + IP6_HEADER > UINT16_MAX) {
        return false;
    }
    meta->source = netaddr_from_v6(p + 8);
    meta->destination = netaddr_from_v6(p + 24);
    if (!addresses_pass6(interface, &meta->source, &meta->destination)) {
        return false;
    }
    meta->ttl = p[7];
    meta->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
    *payload = (struct packet_bytes){p + IP6_HEADER, bytes};
    *sum = checksum_join(PP_HTONS(PROTOCOL_UDP),
                         checksum_join(checksum_join(load64(p + 8), load64(p + 16)),
                                       checksum_join(load64(p + 24), load64(p + 32))));
    return true;
}

/*
 * Checks length and checksum of the UDP header (RFC 768; RFC 8200, 8.1), and takes the ports.
 * sum: of the pseudo header without the length.
 */
static inline bool read_udp(const struct link_frame *frame, const struct packet_bytes *packet,
                            bool is_v6, uint64_t sum, struct datagram_meta *meta)
{
    const uint8_t *p = packet->data;
    unsigned length = read16(p + 4);
    uint16_t stored = load16(p + 6);

    if (length < UDP_HEADER || length > packet->bytes) {
        return false;
    }
    bool known_good = (frame->flags & (LINK_FRAME_SUM_VERIFIED | LINK_FRAME_SUM_PENDING)) != 0;
    if (!known_good && (stored != 0 || is_v6)) {
        if (stored == 0 ||
            checksum_fold(checksum_add(checksum_join(sum, load16(p + 4)), p, length)) != 0xffff) {
            return false;
        }
    }
    meta->source_port = (uint16_t)read16(p);
    meta->destination_port = (uint16_t)read16(p + 2);
    meta->length = length - UDP_HEADER;
    return true;
}

/* --- delivery --- */

static void deliver(struct endpoint *endpoint, struct datagram *datagram)
{
    if (!endpoint->held) {
        hold(endpoint);
    }
    enum winlwip_fate fate = endpoint_deliver_held_locked(endpoint, datagram);
    stack_counters.frames_received++;
    stack_counters.frames_early++;
    stack_counters.fate[fate]++;
}

bool early_input_locked(struct interface *interface, const struct link_frame *frame)
{
    struct packet_bytes packet, payload;
    struct datagram_meta meta;
    uint64_t sum;
    bool is_v6;

    if (!read_link(interface, frame, &packet, &is_v6) ||
        !(is_v6 ? read_ip6(interface, &packet, &meta, &payload, &sum)
                : read_ip4(interface, &packet, &meta, &payload, &sum)) ||
        !read_udp(frame, &payload, is_v6, sum, &meta)) {
        return false;
    }
    meta.interface_index = interface->index;
    meta.segment_size = 0;
    meta.flags = 0;
    struct endpoint *endpoint = endpoint_find_unicast_locked(&meta);
    if (endpoint == NULL) {
        return false; /* to be answered, or for lwIP's DNS client */
    }
    meta.arrival_ns = frame->time_ns != 0 ? frame->time_ns : clock_now_ns();
    meta.frame = frame_next_number();
    struct datagram datagram = {
        .meta = &meta,
        .data = payload.data + UDP_HEADER,
        .exclusive = true,
    };
    deliver(endpoint, &datagram);
    return true;
}

bool early_wanted_locked(const struct interface *interface)
{
    return early.on && !interface->down && !trace_wanted() && !capture_wanted() &&
           !raw_wants_locked(PROTOCOL_UDP);
}
