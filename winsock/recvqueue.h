/*
 * recvqueue.h - the datagrams that wait for a receive call.
 *
 * A first-in first-out queue of packet references with a budget in payload bytes. A datagram is
 * accepted while the queue is empty or the budget holds it: so one of any size gets through to a
 * small buffer, as on Windows. A budget of 0 accepts nothing (winsock-facts 4.14). A bound on the
 * number keeps a flood of empty datagrams, which cost no budget, from growing it without end.
 *
 * ICMP errors stand in line with the datagrams (C35). They cost no budget either and have a bound
 * of their own, LIMIT_QUEUE_ERRORS.
 *
 * Has no lock of its own: the caller holds that of the socket.
 */
#ifndef WINSOCK_RECVQUEUE_H
#define WINSOCK_RECVQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/endpoint.h"

/* An ICMP error that ends one receive. */
struct recvqueue_error {
    struct endpoint_name peer; /* to whom the datagram went */
    int code;                  /* WSA code */
};

struct recvqueue_entry {
    union {
        struct packet *packet;
        struct recvqueue_error *error;
    };
    uint32_t bytes;
    bool is_error;
};

struct recvqueue {
    struct recvqueue_entry *ring; /* capacity entries, a power of two; NULL before the first */
    uint32_t capacity;
    uint32_t head;                /* number of the oldest entry, counted on without wrapping */
    uint32_t count;               /* errors included */
    uint32_t errors;
    uint64_t bytes;               /* sum of payload lengths */
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

/*
 * Makes room for one datagram of so many payload bytes within budget_bytes. After RECVQUEUE_ROOM
 * the next recvqueue_push() cannot fail.
 */
enum recvqueue_room recvqueue_reserve(struct recvqueue *queue, uint32_t bytes,
                                      uint32_t budget_bytes);

/* Appends a packet, whose reference the queue takes over. Room must have been reserved. */
void recvqueue_push(struct recvqueue *queue, struct packet *packet, uint32_t bytes);

/* Appends a copy of an error. RECVQUEUE_ROOM: done. */
enum recvqueue_room recvqueue_push_error(struct recvqueue *queue,
                                         const struct recvqueue_error *error);

/* The error whose turn it is; NULL when it is a packet's, or the queue is empty. */
const struct recvqueue_error *recvqueue_error(const struct recvqueue *queue);

/* Takes that error out. */
void recvqueue_drop_error(struct recvqueue *queue);

/*
 * Takes the oldest packet out; its reference is the caller's. NULL when the queue is empty or an
 * error stands before all packets.
 */
struct packet *recvqueue_pop(struct recvqueue *queue);

/* Shows that packet, which stays the queue's. NULL as above. */
const struct packet *recvqueue_front(const struct recvqueue *queue);

/* Shows it with a further reference, the caller's. NULL as above. */
struct packet *recvqueue_peek(const struct recvqueue *queue);

static inline bool recvqueue_empty(const struct recvqueue *queue)
{
    return queue->count == 0;
}

#endif
