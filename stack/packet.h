/*
 * packet.h - a received datagram: lent for the length of a burst, or kept.
 *
 * The stack shows a datagram to the socket layer as a struct datagram that is good only during the
 * call. Whoever wants it longer keeps it: datagram_keep() makes one copy, which all sockets that
 * the datagram fans out to share by reference.
 *
 * Several datagrams of one flow that arrived as one superframe (link.h) are shown and kept as one:
 * its payload is theirs, one behind the other, and datagram_meta.segment_size says where each ends.
 * Such a one is shown to one socket at most.
 */
#ifndef STACK_PACKET_H
#define STACK_PACKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "stack/netaddr.h"

/* datagram_meta.flags */
#define DATAGRAM_BROADCAST 0x01u /* by the link layer or by its destination address (C18) */
#define DATAGRAM_MULTICAST 0x02u /* destination is a group (C19) */
#define DATAGRAM_LOOPED 0x04u    /* sent by this host itself */

/* All that is known of a datagram when it arrives (C28). Ports in host byte order. */
struct datagram_meta {
    struct netaddr source;
    struct netaddr destination;
    uint16_t source_port;
    uint16_t destination_port;
    uint32_t interface_index;
    uint32_t length;       /* payload bytes */
    uint16_t segment_size; /* bytes of each coalesced datagram; 0: a single one */
    uint8_t ttl;           /* TTL or hop limit as received */
    uint8_t tos;           /* TOS or traffic class, all 8 bits */
    uint8_t flags;         /* DATAGRAM_* */
    int64_t arrival_ns;    /* the stack's clock */
    uint64_t frame;        /* number of the frame that brought or completed it, for the trace */
};

/* How many datagrams these are: more than one only of a superframe. */
static inline uint32_t datagram_count(const struct datagram_meta *meta)
{
    return meta->segment_size == 0
               ? 1
               : (meta->length + meta->segment_size - 1) / meta->segment_size;
}

/* What became of the datagrams of a superframe, each counted by its own verdict (endpoint.h). */
struct datagram_outcome {
    uint16_t direct, queued, full, refused;
};

/* A kept datagram. All but what it shows is packet.c's. */
struct packet {
    atomic_uint references;
    uint8_t class;
    struct packet *next; /* in a free list */
    struct datagram_meta meta;
    uint8_t data[];
};

/* A datagram on show. */
struct datagram {
    const struct datagram_meta *meta;
    const uint8_t *data;  /* whole payload when it is contiguous, else NULL: use datagram_read() */
    const void *chain;    /* the stack's own: payload in pieces */
    uint32_t chain_offset;
    bool exclusive;       /* at most one socket gets it: it is kept once at most */
    struct packet *spare; /* whose metadata is this datagram's already; the stack's own, or NULL */
    bool in_spare;        /* the payload is there, too */
    struct packet *kept;  /* made by the first datagram_keep(); the stack's own */
    struct datagram_outcome outcome; /* of a superframe: told by the socket that it is shown to */
};

/*
 * Copies length bytes of payload from offset to target. The range must lie inside the payload.
 * Callable while the datagram is on show.
 */
void datagram_read(const struct datagram *datagram, uint32_t offset, void *target, uint32_t length);

/*
 * Shows some datagrams of a superframe: bytes of payload from offset, where one of them begins; the
 * last one is whole. *meta describes them, and has to live as long as the view. An ordinary
 * datagram is shown as it is.
 */
struct datagram datagram_part(const struct datagram *all, uint32_t offset, uint32_t bytes,
                              struct datagram_meta *meta);

/*
 * Makes the datagram outlive the call. Returns a reference that the caller owns and gives back with
 * packet_put(), or NULL when the limit of kept memory is reached.
 */
struct packet *datagram_keep(struct datagram *datagram);

/* Shows a kept datagram. The view is good as long as the caller's reference. */
static inline struct datagram packet_view(const struct packet *packet)
{
    struct datagram view = {.meta = &packet->meta, .data = packet->data};

    return view;
}

/*
 * Tells the trace, when somebody watches, that a kept datagram, or datagrams, were written into a
 * call's buffers. No lock may be held.
 */
void packet_trace_delivery(const struct datagram_meta *meta);

/* Does somebody watch? Any thread, no lock. */
bool packet_trace_wanted(void);

/* Takes another reference. Any thread. */
struct packet *packet_get(struct packet *packet);

/* Gives a reference back; the last one frees the memory. Any thread, no lock needed. */
void packet_put(struct packet *packet);

#endif
