/*
 * flood.h - a link on which there are always frames: the same one again and again, and a few others
 * at places that the test says.
 *
 * It has a descriptor that is always readable, as that of a device under a flood is. Time is
 * measured in frames: the position of a frame is its number from 1, counted as it is lent.
 * Who asks for the MAC address of the peer of tests/support/world.h is answered; for others not.
 */
#ifndef TESTS_FLOOD_H
#define TESTS_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"
#include "tests/support/frames.h"

/* Room for a frame of a flood, and for frames among it. */
#define FLOOD_FRAME_BYTES 256

/* Frames that may stand among the others, and sent ones that are kept. */
#define FLOOD_SPARSE 256
#define FLOOD_SENT 64

struct flood_options {
    const struct frame_spec *frame; /* the one of the flood */
    uint64_t frames;   /* the flood ends with this one; 0: never */
    int64_t step_ns;   /* the stack's time is that of the frames, so far apart; 0: real time */
};

struct flood;

/* Opens a link. The stack closes it, the test frees it afterwards. */
struct flood *flood_new(const struct flood_options *options);
struct link *flood_link(struct flood *flood);
void flood_free(struct flood *flood);

/* Has the frame at a position be another one. Positions have to rise. */
void flood_put(struct flood *flood, uint64_t position, const struct frame *frame);

/* The position of the frame lent last. Any thread. */
uint64_t flood_position(struct flood *flood);

/* From now on there are no more frames. Any thread. */
void flood_stop(struct flood *flood);

/*
 * Begins to count bursts that are lent timeout_ns after the next one, or later: what was to happen
 * at that time must not wait for many of them. Any thread.
 */
void flood_watch(struct flood *flood, int64_t timeout_ns);
unsigned flood_late(struct flood *flood);

/* A frame that the stack sent, Port Unreachable and answered questions apart. */
struct flood_sent {
    uint64_t position; /* of the frame lent last */
    size_t bytes;
    uint8_t data[FLOOD_FRAME_BYTES]; /* its beginning */
};

/* Copies sent frame number index, from 0. Returns false when there are fewer. Any thread. */
bool flood_sent(struct flood *flood, unsigned index, struct flood_sent *out);

/* Port Unreachables that the stack has sent. Any thread. */
uint64_t flood_unreachables(struct flood *flood);

#endif
