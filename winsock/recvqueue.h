/*
 * recvqueue.h - the datagrams that wait for a receive call.
 *
 * A first-in first-out queue of packet references with a budget in payload bytes. A datagram is
 * accepted while the queue is empty or the budget holds it: so one of any size gets through to a
 * small buffer, as on Windows. A budget of 0 accepts nothing (winsock-facts 4.14). A bound on the
 * number keeps a flood of empty datagrams, which cost no budget, from growing it without end.
 *
 * Datagrams that arrived as one superframe stand in it as one run: a packet with a cursor. They are
 * accepted, counted and taken out one by one all the same.
 *
 * ICMP errors stand in line with the datagrams (C35). They cost no budget either and have a bound
 * of their own, LIMIT_QUEUE_ERRORS.
 *
 * Most queues are short: the first entries stand in the queue itself, beside what a delivery reads
 * anyway. A ring is allocated for a longer one, and freed when that has been read out, unless it is
 * so small that the next burst may have it.
 *
 * Has no lock of its own: the caller holds that of the socket. A queue does not move.
 */
#ifndef WINSOCK_RECVQUEUE_H
#define WINSOCK_RECVQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/limits.h"
#include "stack/endpoint.h"

/* An ICMP error that ends one receive. */
struct recvqueue_error {
    struct endpoint_name peer; /* to whom the datagram went */
    int code;                  /* WSA code */
};

/* Datagrams that stand one behind the other in a packet: one, or several of a superframe. */
struct recvqueue_run {
    struct packet *packet;
    uint32_t offset; /* of the first, in the packet's payload */
    uint32_t bytes;  /* of all of them */
};

struct recvqueue_entry {
    union {
        struct packet *packet;
        struct recvqueue_error *error;
    };
    uint16_t bytes;  /* that are left in the packet */
    uint16_t offset; /* of the first of them: not 0 only in a superframe */
    bool is_error;
    bool is_run;     /* several datagrams */
};

/* Entries that need no allocation, and those up to which a ring stays: powers of two. */
#define RECVQUEUE_OWN 2u
#define RECVQUEUE_KEPT 64u

struct recvqueue {
    struct recvqueue_entry *ring; /* capacity entries, a power of two; own, or allocated */
    uint32_t capacity;
    uint32_t head;                /* number of the oldest entry, counted on without wrapping */
    uint32_t count;               /* entries, errors included */
    uint32_t datagrams;
    uint32_t bytes;               /* sum of payload lengths: below LIMIT_PACKET_BYTES */
    uint16_t errors;
    struct recvqueue_entry own[RECVQUEUE_OWN];
};

enum recvqueue_room {
    RECVQUEUE_ROOM,
    RECVQUEUE_FULL,
    RECVQUEUE_NO_MEMORY,
};

/* Prepares an empty queue. Cannot fail. */
void recvqueue_init(struct recvqueue *queue);

/* Gives all packets back and frees the ring. The queue is empty and usable afterwards. */
void recvqueue_fini(struct recvqueue *queue);

/* Moves everything from one queue into another, which need not be prepared. from is empty then. */
void recvqueue_move(struct recvqueue *to, struct recvqueue *from);

/* Frees the ring of a queue that has become empty. */
void recvqueue_shrink(struct recvqueue *queue);

/* The slow half of recvqueue_reserve(): there is no place in the ring, or none may be taken. */
enum recvqueue_room recvqueue_reserve_slowly(struct recvqueue *queue, uint32_t bytes,
                                             uint32_t budget_bytes);

/*
 * Makes room for one datagram of so many payload bytes within budget_bytes. After RECVQUEUE_ROOM
 * the next recvqueue_push() cannot fail.
 */
static inline enum recvqueue_room recvqueue_reserve(struct recvqueue *queue, uint32_t bytes,
                                                    uint32_t budget_bytes)
{
    return queue->count < queue->capacity && (uint64_t)queue->bytes + bytes <= budget_bytes &&
                   budget_bytes != 0 && queue->datagrams + queue->errors < LIMIT_QUEUE_DATAGRAMS
               ? RECVQUEUE_ROOM
               : recvqueue_reserve_slowly(queue, bytes, budget_bytes);
}

/* Appends a packet of one datagram, whose reference the queue takes over. Room was reserved. */
static inline void recvqueue_push(struct recvqueue *queue, struct packet *packet, uint32_t bytes)
{
    struct recvqueue_entry *entry =
        &queue->ring[(queue->head + queue->count++) & (queue->capacity - 1)];

    entry->packet = packet;
    entry->bytes = (uint16_t)bytes;
    entry->offset = 0;
    entry->is_error = false;
    entry->is_run = false;
    queue->datagrams++;
    queue->bytes += bytes;
}

/* The same for a packet of count datagrams, of so many bytes altogether. */
void recvqueue_push_run(struct recvqueue *queue, struct packet *packet, uint32_t bytes,
                        uint32_t count);

/* Which datagrams of a superframe a queue has room for: those that come first, and the last one. */
struct recvqueue_share {
    uint32_t count; /* of full-sized ones */
    bool last;      /* which is shorter: it may fit when others did not */
};

/*
 * Makes room as recvqueue_reserve() does for the datagrams of a superframe that came one by one.
 * length: payload of all, bytes; segment_size: of each but the last. After RECVQUEUE_ROOM *share
 * tells which have room, at least one, and the next two recvqueue_push_run() of these cannot fail.
 */
enum recvqueue_room recvqueue_reserve_share(struct recvqueue *queue, uint32_t length,
                                            uint32_t segment_size, uint32_t budget_bytes,
                                            struct recvqueue_share *share);

/* Appends a copy of an error. RECVQUEUE_ROOM: done. */
enum recvqueue_room recvqueue_push_error(struct recvqueue *queue,
                                         const struct recvqueue_error *error);

/* The error whose turn it is; NULL when it is a packet's, or the queue is empty. */
const struct recvqueue_error *recvqueue_error(const struct recvqueue *queue);

/* Takes that error out. */
void recvqueue_drop_error(struct recvqueue *queue);

/*
 * Takes the oldest datagram out, with a reference on its packet, the caller's. Returns false when
 * the queue is empty or an error stands before all datagrams.
 */
bool recvqueue_pop(struct recvqueue *queue, struct recvqueue_run *out);

/* Shows that datagram, with a further reference, the caller's. Returns as recvqueue_pop(). */
bool recvqueue_peek(const struct recvqueue *queue, struct recvqueue_run *out);

/*
 * Shows a run that is queued, whole, without a reference: the packet is the queue's. index: how many
 * runs and errors stand before it. Returns false when there is none, or an error.
 */
bool recvqueue_look(const struct recvqueue *queue, uint32_t index, struct recvqueue_run *out);

/*
 * Takes the first count datagrams of the oldest run, of so many bytes altogether, out. The queue's
 * reference goes to the caller, or a further one when some of the run are left.
 */
void recvqueue_take(struct recvqueue *queue, uint32_t bytes, uint32_t count);

/* The oldest entry has been taken out of. */
static inline void recvqueue_advance(struct recvqueue *queue)
{
    queue->head++;
    if (--queue->count == 0 && queue->capacity > RECVQUEUE_KEPT) {
        recvqueue_shrink(queue);
    }
}

/*
 * The oldest entry's packet when that is a single datagram, whole; it stays the queue's. NULL: the
 * queue is empty, or an error or a superframe comes first.
 */
static inline struct packet *recvqueue_single(const struct recvqueue *queue)
{
    if (queue->count == 0) {
        return NULL;
    }
    const struct recvqueue_entry *entry = &queue->ring[queue->head & (queue->capacity - 1)];
    return entry->is_error || entry->is_run || entry->offset != 0 ? NULL : entry->packet;
}

/* Takes that entry out and gives its packet back. */
static inline void recvqueue_drop_single(struct recvqueue *queue)
{
    const struct recvqueue_entry *entry = &queue->ring[queue->head & (queue->capacity - 1)];
    struct packet *packet = entry->packet;

    queue->datagrams--;
    queue->bytes -= entry->bytes;
    recvqueue_advance(queue);
    packet_put(packet);
}

/* Shows a run. *meta has to live as long as the view. No lock is needed. */
struct datagram recvqueue_view(const struct recvqueue_run *run, struct datagram_meta *meta);

static inline bool recvqueue_empty(const struct recvqueue *queue)
{
    return queue->count == 0;
}

#endif
