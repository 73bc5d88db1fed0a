/*
 * memlink.h - a link in memory: the test pushes frames and looks at what the stack sends.
 *
 * Any thread may call these functions; the stack's side runs on whichever thread drives it.
 */
#ifndef TESTS_MEMLINK_H
#define TESTS_MEMLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"
#include "tests/support/frames.h"

struct memlink;

struct memlink_options {
    bool pull;        /* no file descriptor: frames are there for whoever asks (like a file) */
    bool own_clock;   /* the stack's time is that of the frames (memlink_push_described()) */
    bool end_is_down; /* after memlink_end() receives end with WSAENETDOWN (C70) */
    bool ip_only;     /* frames without link-layer header, in both directions */
    bool real_time;   /* not a replay: addresses go through duplicate address detection */
    unsigned mtu;     /* 0: 1500 */
    uint8_t offload;  /* LINK_OFFLOAD_*; what is left to the link is finished before it is kept */
};

/* Opens a link; NULL: defaults. The stack closes it, the test frees it afterwards. */
struct memlink *memlink_new(const struct memlink_options *options);

/* What winlwip_interface.link takes. */
struct link *memlink_link(struct memlink *memlink);

/* Frees what the test still holds. The stack must have closed the link (or never had it). */
void memlink_free(struct memlink *memlink);

/* Queues a frame for the stack (copied). */
void memlink_push(struct memlink *memlink, const struct frame *frame);

/* Queues bytes as a frame. */
void memlink_push_bytes(struct memlink *memlink, const void *data, size_t bytes);

/* Queues a frame with everything that a driver may say of it; data is copied. */
void memlink_push_described(struct memlink *memlink, const struct link_frame *frame);

/* The same for a superframe that the stack has to count as so many frames. */
void memlink_push_superframe(struct memlink *memlink, const struct link_frame *frame,
                             size_t stands_for);

/* Nothing more will come: once the queue is empty, receive() says -ENODATA. */
void memlink_end(struct memlink *memlink);

/* From now on receive() says error (a -errno): the device is gone. */
void memlink_fail(struct memlink *memlink, int error);

/* A full device takes at most room more packets; SIZE_MAX: never full. */
void memlink_set_room(struct memlink *memlink, size_t room);

/* Frames pushed since the beginning, superframes as what they stand for. */
size_t memlink_pushed(struct memlink *memlink);

/* Has the stack taken all frames, and come back for more (so that it is done with the last)? */
bool memlink_drained(struct memlink *memlink);

/* Frames that the stack has sent since the beginning (or since memlink_forget()). */
size_t memlink_sent(struct memlink *memlink);

/* Waits until count frames were sent. Returns false after timeout_ms. */
bool memlink_wait_sent(struct memlink *memlink, size_t count, unsigned timeout_ms);

/* The sent frame number index, from 0. Valid until memlink_forget() or memlink_free(). */
const uint8_t *memlink_sent_frame(struct memlink *memlink, size_t index, size_t *bytes);

/* The packet as which a frame was sent: of a superframe's frames all have the same. */
struct memlink_packet {
    unsigned number;        /* of the packet, from 0, never forgotten */
    unsigned call;          /* of link_ops.send, from 0, never forgotten */
    unsigned part_count;
    uint16_t sum_start;
    uint16_t segment_bytes;
};

/* Tells of the sent frame number index, which must be there. */
struct memlink_packet memlink_sent_packet(struct memlink *memlink, size_t index);

/* Forgets all frames sent so far. */
void memlink_forget(struct memlink *memlink);

/* Has the stack called close()? */
bool memlink_closed(struct memlink *memlink);

#endif
