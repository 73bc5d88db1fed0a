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
 * The checksum has to see every byte, and so has the copy into the queue: when the last datagram of
 * an endpoint was queued, the next is copied while its checksum is taken.
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
    bool tells_later;
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
    early.tells_later = false;
}

void endpoint_tell_later(void)
{
    early.tells_later = true;
}

bool early_tells_later_locked(void)
{
    return early.tells_later;
}

/* held[] has room: a frame holds one endpoint at most, and the end of the burst lets go of all. */
static void hold(struct endpoint *endpoint)
{
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

/* A frame while it is read. */
struct arrival {
    const struct interface *interface;
    const struct link_frame *frame;
    bool is_v6;
    const uint8_t *ip;      /* the IP packet */
    const uint8_t *udp;     /* the UDP datagram */
    uint32_t ip_bytes;      /* there from ip on, padding included; then the packet's */
    uint32_t udp_bytes;     /* there from udp on; then the datagram's */
    uint32_t segment_bytes; /* of a superframe; 0: a single datagram */
    uint64_t addresses_sum; /* part of the checksum of the pseudo header */
};

/*
 * Is it an IP packet that the link layer addressed to us alone? Which version it is says the link
 * layer, or the packet itself when that says nothing.
 */
static inline bool read_link(struct arrival *a)
{
    const struct link_frame *frame = a->frame;
    const uint8_t *p = frame->data;

    if ((frame->flags & (LINK_FRAME_CUT | LINK_FRAME_UNKNOWN_TYPE)) != 0 ||
        frame->bytes < ETHERNET_HEADER + IP4_HEADER + UDP_HEADER ||
        frame->bytes > LINK_FRAME_MAX_BYTES) {
        return false;
    }
    if (frame->encapsulation == LINK_IP) {
        a->ip = p;
        a->ip_bytes = frame->bytes;
        a->is_v6 = p[0] >> 4 == 6;
        return frame->cast == LINK_CAST_HOST;
    }
    uint16_t type = load16(p + 12);
    a->ip = p + ETHERNET_HEADER;
    a->ip_bytes = frame->bytes - ETHERNET_HEADER;
    a->is_v6 = type == ETHERTYPE_IP6;
    return (a->is_v6 || type == ETHERTYPE_IP4) && load32(p) == load32(a->interface->mac) &&
           load16(p + 4) == load16(a->interface->mac + 4);
}

/* What an IPv4 address is to an interface. */
struct own4 {
    bool address;   /* one of its own */
    bool broadcast; /* a broadcast address of one of its subnets */
};

static inline struct own4 own4_of(const struct interface *interface, uint32_t address)
{
    struct own4 own = {false, false};

    if (interface->count4 == 1) { /* nearly always */
        own.address = interface->addresses4[0] == address;
        own.broadcast = interface->broadcasts4[0] == address;
        return own;
    }
    for (unsigned i = 0; i < interface->count4; i++) {
        own.address |= interface->addresses4[i] == address;
        own.broadcast |= interface->broadcasts4[i] == address;
    }
    return own;
}

/* Is it an address of any interface but here? */
static bool is_elsewhere4(const struct interface *here, uint32_t address)
{
    for (uint32_t n = STACK_LOOPBACK_INDEX + 1; n <= interface_count(); n++) {
        if (interface_at(n) != here && own4_of(interface_at(n), address).address) {
            return true;
        }
    }
    return false;
}

/* May a packet with these addresses come from the wire, to us alone (guard.c: martians)? */
static inline bool addresses_pass4(const struct interface *interface, const uint8_t *p)
{
    uint32_t source = load32(p + 12);
    struct own4 from = own4_of(interface, source);
    struct own4 to = own4_of(interface, load32(p + 16));

    return to.address && !to.broadcast && !from.address && !from.broadcast && p[16] != 127 &&
           p[12] != 127 && p[12] < 224 && source != 0 &&
           (interface_count() == STACK_LOOPBACK_INDEX + 1 || !is_elsewhere4(interface, source));
}

/* Checks an IPv4 header, and finds the UDP datagram behind it. */
static inline bool read_ip4(struct arrival *a)
{
    const uint8_t *p = a->ip;
    unsigned total = read16(p + 2);

    if (p[0] != IP4_PLAIN || p[9] != PROTOCOL_UDP || (load16(p + 6) & IP4_FRAGMENT) != 0 ||
        total < IP4_HEADER + UDP_HEADER || total > a->ip_bytes) {
        return false;
    }
    a->addresses_sum = (uint64_t)load32(p + 12) + load32(p + 16);
    if (!checksum_is_good(checksum_join(load64(p), load32(p + 8) + a->addresses_sum)) ||
        !addresses_pass4(a->interface, p)) {
        return false;
    }
    a->udp = p + IP4_HEADER;
    a->udp_bytes = total - IP4_HEADER;
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
static inline bool addresses_pass6(const struct interface *interface, const uint8_t *p)
{
    struct netaddr source = netaddr_from_v6(p + 8);
    struct netaddr target = netaddr_from_v6(p + 24);

    return source.bytes[0] != 0xff && source.halves[0] != 0 && target.bytes[0] != 0xff &&
           target.halves[0] != 0 && is_unicast6_of(interface, &target) &&
           interface_of_address(&source) == NULL;
}

/* The same for IPv6. */
static inline bool read_ip6(struct arrival *a)
{
    const uint8_t *p = a->ip;
    unsigned bytes = read16(p + 4);

    if (a->ip_bytes < IP6_HEADER + UDP_HEADER || p[0] >> 4 != 6 || p[6] != PROTOCOL_UDP ||
        bytes < UDP_HEADER || bytes > a->ip_bytes - IP6_HEADER ||
        bytes + IP6_HEADER > UINT16_MAX || !addresses_pass6(a->interface, p)) {
        return false;
    }
    a->addresses_sum = checksum_join(checksum_join(load64(p + 8), load64(p + 16)),
                                     checksum_join(load64(p + 24), load64(p + 32)));
    a->udp = p + IP6_HEADER;
    a->udp_bytes = bytes;
    return true;
}

/*
 * Is the frame a superframe that split.c would cut, or none? Then its lengths agree. Sets
 * segment_bytes.
 */
static inline bool read_segments(struct arrival *a, unsigned length)
{
    uint32_t segment = a->frame->segment_bytes;
    uint32_t payload = length - UDP_HEADER;

    a->segment_bytes = segment < payload ? segment : 0;
    return segment == 0 || (length == a->udp_bytes && split_is_sound(payload, segment));
}

/* Checks the length of the UDP header (RFC 768). */
static inline bool read_udp(struct arrival *a)
{
    unsigned length = read16(a->udp + 4);

    if (length < UDP_HEADER || length > a->udp_bytes || !read_segments(a, length)) {
        return false;
    }
    a->udp_bytes = length;
    return true;
}

/*
 * Checks the checksum of the UDP datagram (RFC 768; RFC 8200, 8.1). room: where the payload may be
 * copied on that occasion, or NULL. Sets *copied to whether it was.
 */
static inline bool sum_is_good(const struct arrival *a, void *room, bool *copied)
{
    const uint8_t *p = a->udp;

    *copied = false;
    if ((a->frame->flags & (LINK_FRAME_SUM_VERIFIED | LINK_FRAME_SUM_PENDING)) != 0) {
        return true;
    }
    if (load16(p + 6) == 0) {
        return !a->is_v6;
    }
    uint64_t sum = checksum_join(a->addresses_sum, PP_HTONS(PROTOCOL_UDP) + load16(p + 4));
    if (room == NULL) {
        return checksum_is_good(checksum_add(sum, p, a->udp_bytes));
    }
    *copied = true;
    return checksum_is_good(checksum_copy(checksum_join(sum, load64(p)), room, p + UDP_HEADER,
                                          a->udp_bytes - UDP_HEADER));
}

/* --- delivery --- */

/* Writes all that is known of the datagram, each member once and to where it stays. */
static inline void describe(const struct arrival *a, struct datagram_meta *meta)
{
    const uint8_t *p = a->ip;

    if (a->is_v6) {
        meta->source = netaddr_from_v6(p + 8);
        meta->destination = netaddr_from_v6(p + 24);
        meta->ttl = p[7];
        meta->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
    } else {
        meta->source = netaddr_from_v4(load32(p + 12));
        meta->destination = netaddr_from_v4(load32(p + 16));
        meta->ttl = p[8];
        meta->tos = p[1];
    }
    meta->source_port = (uint16_t)read16(a->udp);
    meta->destination_port = (uint16_t)read16(a->udp + 2);
    meta->interface_index = a->interface->index;
    meta->length = a->udp_bytes - UDP_HEADER;
    meta->segment_size = (uint16_t)a->segment_bytes;
    meta->flags = 0;
    meta->arrival_ns = a->frame->time_ns != 0 ? a->frame->time_ns : clock_now_ns();
}

/* Which endpoint is it for, of those on the port? NULL: none. */
static inline struct endpoint *find(const struct arrival *a, struct endpoint *first,
                                    const struct datagram_meta *meta)
{
    return first->next == NULL && (first->plain & (a->is_v6 ? ENDPOINT_PLAIN_V6 : ENDPOINT_PLAIN_V4)) != 0
               ? first
               : endpoint_find_unicast_locked(meta);
}

static inline void deliver(struct endpoint *endpoint, struct datagram *datagram)
{
    enum winlwip_fate fate = WINLWIP_FATE_DELIVERED;

    if (!endpoint->held) {
        hold(endpoint);
    }
    enum endpoint_verdict verdict = endpoint->events->deliver(endpoint->owner, datagram);
    endpoint->queues = verdict == ENDPOINT_QUEUED;
    if (verdict == ENDPOINT_QUEUED) {
        stack_counters.copies_queued++;
    } else if (verdict == ENDPOINT_DIRECT) {
        stack_counters.copies_direct++;
    } else {
        stack_counters.copies_dropped++;
        fate = verdict == ENDPOINT_FULL ? WINLWIP_FATE_DROP_QUEUE_FULL
                                        : WINLWIP_FATE_DROP_NO_MEMORY;
    }
    stack_counters.copies++;
    stack_counters.datagrams++;
    stack_counters.frames_received++;
    stack_counters.frames_early++;
    stack_counters.fate[fate]++;
}

/* The same for a superframe: each of its datagrams counts as a frame. */
static void deliver_superframe(struct endpoint *endpoint, struct datagram *all)
{
    const struct datagram_outcome *outcome = &all->outcome;
    uint32_t count = datagram_count(all->meta);

    if (!endpoint->held) {
        hold(endpoint);
    }
    endpoint_deliver_superframe_locked(endpoint, all);
    stack_counters.frames_received += count;
    stack_counters.frames_early += count;
    stack_counters.fate[WINLWIP_FATE_DELIVERED] += (uint64_t)outcome->direct + outcome->queued;
    stack_counters.fate[WINLWIP_FATE_DROP_QUEUE_FULL] += outcome->full;
    stack_counters.fate[WINLWIP_FATE_DROP_NO_MEMORY] += outcome->refused;
}

bool early_input_locked(struct interface *interface, const struct link_frame *frame)
{
    struct arrival a = {.interface = interface, .frame = frame};
    struct datagram datagram = {.exclusive = true};
    struct datagram_meta own;
    struct datagram_meta *meta = &own;
    void *room = NULL;

    if (!read_link(&a) || !(a.is_v6 ? read_ip6(&a) : read_ip4(&a)) || !read_udp(&a)) {
        return false;
    }
    struct endpoint *first = endpoint_by_port[read16(a.udp + 2)];
    if (first == NULL) {
        return false; /* to be answered, or for lwIP's DNS client */
    }
    /* A single datagram is described, and copied, where it would be kept. */
    if (a.segment_bytes == 0) {
        datagram.spare = packet_spare_locked(a.udp_bytes - UDP_HEADER, &meta, &room);
    }
    if (!sum_is_good(&a, first->queues ? room : NULL, &datagram.in_spare)) {
        return false;
    }
    describe(&a, meta);
    struct endpoint *endpoint = find(&a, first, meta);
    if (endpoint == NULL) {
        return false;
    }
    meta->frame = frame_next_numbers(datagram_count(meta));
    datagram.meta = meta;
    datagram.data = a.udp + UDP_HEADER;
    if (a.segment_bytes != 0) {
        deliver_superframe(endpoint, &datagram);
    } else {
        deliver(endpoint, &datagram);
    }
    return true;
}

bool early_wanted_locked(const struct interface *interface)
{
    return early.on && !interface->down && !trace_wanted() && !capture_wanted() &&
           !raw_wants_locked(PROTOCOL_UDP);
}
