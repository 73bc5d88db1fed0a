/*
 * output.h - the early way out: what shortcut.c knows of ways, and what output.c and udp.c use.
 *
 * Everything here is guarded by the stack lock.
 */
#ifndef STACK_OUTPUT_H
#define STACK_OUTPUT_H

#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/udp.h"

#include "stack/internal.h"

/* Where in the caller's bytes the next datagram begins. */
struct output_cursor {
    const struct iovec *part;
    size_t offset; /* in it, bytes */
};

/*
 * Takes the next piece of the caller's bytes that lies in one part, at most so many, at least one:
 * there must be some left.
 */
static inline struct iovec output_take(struct output_cursor *at, size_t bytes)
{
    while (at->offset == at->part->iov_len) {
        at->part++;
        at->offset = 0;
    }
    size_t left = at->part->iov_len - at->offset;
    struct iovec piece = {
        .iov_base = (uint8_t *)at->part->iov_base + at->offset,
        .iov_len = left < bytes ? left : bytes,
    };
    at->offset += piece.iov_len;
    return piece;
}

/* All headers of a datagram, one behind the other; the IP header lies on a multiple of 4. */
union output_head {
    struct {
        uint8_t padding[2];
        struct eth_hdr ethernet;
        struct ip_hdr ip;
        struct udp_hdr udp;
    } v4;
    struct {
        uint8_t padding[2];
        struct eth_hdr ethernet;
        struct ip6_hdr ip;
        struct udp_hdr udp;
    } v6;
    uint8_t bytes[64];
    uint64_t words[8];
};

/* What a send asks for that decides about its way. */
struct shortcut_key {
    struct netaddr destination;
    struct netaddr source; /* wildcard: the route's */
    uint32_t scope;        /* interface, 0: any */
};

/* A way that a datagram went by lwIP, as long as nothing has changed. */
struct shortcut {
    struct shortcut_key key;
    bool is_v4;
    uint8_t start;         /* of the frame in head: behind padding, or at the IP header */
    bool is_narrow;        /* something is known of the path's MTU, which ages */
    uint16_t mtu_bytes;    /* the interface's */
    uint64_t generation;
    struct netif *netif;
    uint32_t head_sum;     /* of IPv4's header, less what differs; not folded (checksum.h) */
    uint64_t pseudo_sum;   /* of the pseudo header, less the length */
    union output_head head; /* complete but for what differs from datagram to datagram */
};

static inline struct shortcut_key shortcut_key_of(const struct netaddr *source,
                                                  const struct endpoint_send *send)
{
    return (struct shortcut_key){
        .destination = send->destination.address,
        .source = *source,
        .scope = send->interface_index != 0 ? send->interface_index : send->destination.scope,
    };
}

/* The way of a send, or NULL when lwIP has to find it. */
const struct shortcut *shortcut_find_locked(const struct netaddr *source,
                                            const struct endpoint_send *send);

/*
 * A packet is about to be given to lwIP: notes whether it leaves by its link within this call.
 * shortcut_learn_locked() ends that, and remembers the way when it did.
 */
void shortcut_watch_locked(const struct pbuf *p);
void shortcut_learn_locked(const struct netaddr *source, const struct endpoint_send *send,
                           const struct ip_way *way);

/* Bytes of payload in each datagram of a send but the last. */
static inline size_t output_segment_bytes(const struct endpoint_send *send)
{
    size_t wanted = send->segment_bytes;

    return wanted != 0 && wanted < send->length ? wanted : send->length;
}

static inline bool output_is_cut(const struct endpoint_send *send)
{
    return output_segment_bytes(send) < send->length;
}

/* A datagram on its way out: headers, and references to the caller's bytes. */
struct output_one {
    struct link *link;
    struct link_packet packet;
    union output_head head;
    struct iovec parts[1 + LIMIT_SEND_PARTS];
};

/*
 * Makes the packet of a send that is not cut; it must not move until it is handed over. Returns
 * false when it has to go lwIP's way. source and port as for udp_send_locked().
 */
bool output_make_locked(const struct netaddr *source, uint16_t port,
                        const struct endpoint_send *send, struct output_one *one);

/*
 * Gives it to its link; what that does not take is lost like any datagram. Inline for the sake of
 * what follows a system call: the processor has forgotten then where functions return to.
 */
static inline void output_hand_over_locked(const struct output_one *one)
{
    unsigned taken = one->link->ops->send(one->link, &one->packet, 1);

    stack_counters.datagrams_sent++;
    stack_counters.frames_sent += taken;
    stack_counters.frames_unsent += 1 - taken;
}

/*
 * The same for the left bytes, at least one, from the cursor on of a send that is cut: makes them
 * datagrams of the segment size and hands them over. Returns false, and has done nothing, when they
 * have to go lwIP's way.
 */
bool output_send_locked(const struct netaddr *source, uint16_t port,
                        const struct endpoint_send *send, struct output_cursor at, size_t left);

#endif
