/*
 * channel.h - one direction of an impaired link: what goes in comes out lost, late, twice, damaged
 * or in another order.
 *
 * Theory of operation. A frame that is offered gets the next number; with it all chances are decided
 * (decide.h). In this order:
 *
 *   loss       it is gone, and takes no time on the line
 *   corrupt    one bit of it is flipped, anywhere; nobody vouches for its checksum any more
 *   duplicate  two of it go on
 *   reorder    it stands aside until the next frame has gone on, and goes behind that; when none
 *              comes within FAULT_ASIDE_NS it goes without. While a frame stands aside no other
 *              does: at 100 percent frames change places in pairs
 *   rate       frames are on the line one after the other, each for its length
 *   delay      from the end of the line so much later; jitter: and up to so much more
 *
 * A frame never goes on before the one that was put in front of it, so jitter keeps the order, and
 * with it the order of what arrives depends on chance alone, not on time: it is the same in every
 * run with one seed. What can make runs differ is a queue that is full, and a frame that stood aside
 * in vain.
 *
 * Time is what the caller says it is: CLOCK_MONOTONIC, or that of a replay's frames. It may stand
 * still, and is INT64_MAX when all is to go at once.
 */
#ifndef DRIVERS_FAULT_CHANNEL_H
#define DRIVERS_FAULT_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/fault/decide.h"
#include "drivers/fault/options.h"
#include "drivers/fault/queue.h"
#include "stack/link.h"

/* How long a frame stands aside for a next one. */
#define FAULT_ASIDE_NS INT64_C(100000000)

/* What became of frames since the channel was opened. */
struct fault_counters {
    uint64_t offered;
    uint64_t lost;
    uint64_t duplicated;
    uint64_t reordered;
    uint64_t corrupted;
    uint64_t overflowed; /* found no room: frames and duplicates */
    uint64_t refused;    /* by the link below; the caller counts */
};

struct fault_channel {
    const struct fault_options *options;
    enum fault_direction direction;
    struct fault_queue queue;
    int64_t line_free_ns;    /* when the rate lets the next frame begin */
    int64_t last_release_ns; /* of the frame that was put in last */
    bool has_aside;
    bool aside_twice;        /* it is to be duplicated */
    struct fault_entry aside;
    struct fault_counters counters;
};

/*
 * Opens a channel, which has to be zero. options is borrowed until its end; ip_only as in struct
 * link. Returns 0 or -ENOMEM.
 */
int fault_channel_open(struct fault_channel *channel, const struct fault_options *options,
                       enum fault_direction direction, bool ip_only);

/* Frees it with all that is under way. Also for one that is zero. */
void fault_channel_close(struct fault_channel *channel);

/*
 * Puts a frame in, whose bytes are copied from parts. described: everything else about it; its
 * time_ns, unless 0, is moved by the time it takes. What has no room, or is longer than
 * LINK_FRAME_MAX_BYTES, is dropped and counted.
 */
void fault_channel_offer(struct fault_channel *channel, const struct iovec *parts,
                         unsigned part_count, const struct link_frame *described, int64_t now_ns);

/* When fault_channel_take() has something, or to do; INT64_MAX: not before something is offered. */
int64_t fault_channel_due_ns(const struct fault_channel *channel);

/* Is nothing under way? */
bool fault_channel_is_empty(const struct fault_channel *channel);

/*
 * Takes the next frame out that is due by now_ns. Returns false when there is none. Its bytes stay
 * until fault_queue_free() of channel->queue.
 */
bool fault_channel_take(struct fault_channel *channel, int64_t now_ns, struct link_frame *out);

#endif
