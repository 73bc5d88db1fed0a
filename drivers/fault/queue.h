/*
 * queue.h - frames that are under way, in the order in which they will arrive.
 *
 * Room for FAULT_QUEUE_FRAMES frames of any length, made once. A frame's bytes lie in a slot, which
 * begins on a page of its own: pages that no frame has needed are never there. Slots are used again
 * last in, first out, so that a link with little under way stays within a few pages.
 */
#ifndef DRIVERS_FAULT_QUEUE_H
#define DRIVERS_FAULT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/link.h"

/* Frames of one direction that may be held, lent ones included. */
#define FAULT_QUEUE_FRAMES 1024u

struct fault_entry {
    struct link_frame frame; /* data lies in a slot */
    uint64_t number;         /* of the frame in its direction, from 0 */
    int64_t offered_ns;      /* when it came */
    int64_t release_ns;      /* when it goes on */
};

struct fault_queue {
    uint8_t *memory;      /* NULL: not open */
    unsigned shift_bytes; /* from a slot's begin to a frame's, so that its IP header is aligned */
    uint16_t free_slots[FAULT_QUEUE_FRAMES]; /* a stack */
    unsigned free_count;
    struct fault_entry ring[FAULT_QUEUE_FRAMES];
    unsigned first; /* in the ring */
    unsigned count;
};

/* Makes the room. ip_only: frames without Ethernet header. Returns 0 or -ENOMEM. */
int fault_queue_open(struct fault_queue *queue, bool ip_only);

/* Gives the room back; whatever is held is gone. Also for a queue that is all zero. */
void fault_queue_close(struct fault_queue *queue);

/* A slot for a frame of LINK_FRAME_MAX_BYTES; NULL: none is left. */
uint8_t *fault_queue_slot(struct fault_queue *queue);

/* Gives a slot back. data: as fault_queue_slot() returned it. */
void fault_queue_free(struct fault_queue *queue, const uint8_t *data);

/* Puts an entry behind all others. Its data is a slot of this queue, so there is room. */
void fault_queue_push(struct fault_queue *queue, const struct fault_entry *entry);

/* The first entry, or NULL. */
const struct fault_entry *fault_queue_first(const struct fault_queue *queue);

/* Takes the first entry out, which must be there. Its slot stays in use. */
void fault_queue_pop(struct fault_queue *queue);

#endif
