/*
 * subjects.c - what is drained.
 */
#include "tests/bench/net/subjects.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/net/station.h"
#include "tests/bench/net/wire.h"

enum { LINE_BYTES = 64, HEADERS_ROOM = 128 };

/* A drain with what its functions need: a descriptor and buffers, one for each slot. */
struct subject {
    struct drain drain; /* first: it has the same address */
    const struct tapdev *tap;
    int fd;
    uint8_t *data;
    size_t stride_bytes;
    size_t got[DRAIN_BURST_MAX];
};

static struct subject *subject_new(const char *who, enum room_place place, int sender,
                                   const struct shape *shape)
{
    struct subject *subject = calloc(1, sizeof(*subject));
    struct flow flow = room_flow(place, false);

    if (subject == NULL) {
        row_fail("no memory");
    }
    subject->drain = (struct drain){
        .who = who,
        .flow = flow,
        .sender = sender >= 0 ? sender : wire_sender(&flow),
        .bytes = shape->bytes,
        .segments = shape->segments,
        .fill = shape->fill,
        .burst = shape->burst,
    };
    return subject;
}

/* The segmenting begins after single datagrams have shown that the device works. */
static struct drain *finish(struct subject *subject)
{
    struct drain *drain = &subject->drain;

    if (drain->segments > 1) {
        wire_segment(drain->sender, drain->bytes);
    }
    return drain;
}

/* Odd numbers of cache lines keep buffers from falling into the same few sets of a cache. */
static void make_buffers(struct subject *subject)
{
    size_t room = subject->drain.bytes * subject->drain.segments + HEADERS_ROOM;

    subject->stride_bytes = (room / LINE_BYTES | 1) * LINE_BYTES;
    subject->data = calloc(subject->drain.burst, subject->stride_bytes);
    if (subject->data == NULL) {
        row_fail("no memory");
    }
}

/* --- a bare TAP --- */

static void bare_receive(const struct drain *drain, unsigned slot)
{
    struct subject *subject = (struct subject *)(uintptr_t)drain;
    ssize_t bytes = read(subject->fd, subject->data + slot * subject->stride_bytes,
                         subject->stride_bytes);

    if (bytes < 0) {
        row_fail_errno("read");
    }
    subject->got[slot] = (size_t)bytes;
}

static void bare_seen(const struct drain *drain, unsigned slot, struct seen *seen)
{
    const struct subject *subject = (const struct subject *)drain;

    tapdev_seen(subject->tap, subject->data + slot * subject->stride_bytes, subject->got[slot],
                seen);
}

static bool fd_is_empty(const struct drain *drain)
{
    return wire_is_empty(((const struct subject *)drain)->fd);
}

struct drain *subject_bare(const char *who, const struct tapdev *tap, const struct shape *shape)
{
    struct subject *subject = subject_new(who, ROOM_BARE, -1, shape);

    subject->tap = tap;
    subject->fd = tap->fd;
    make_buffers(subject);
    subject->drain.receive = bare_receive;
    subject->drain.seen = bare_seen;
    subject->drain.is_empty = fd_is_empty;
    wire_wait_until_up(subject->drain.sender, tap->fd);
    return finish(subject);
}

/* --- winlwip --- */

static void ours_receive(const struct drain *drain, unsigned slot)
{
    (void)drain;
    station_receive(slot);
}

static void ours_seen(const struct drain *drain, unsigned slot, struct seen *seen)
{
    (void)drain;
    station_seen(slot, seen);
}

static bool ours_is_empty(const struct drain *drain)
{
    (void)drain;
    return station_is_empty();
}

struct drain *subject_ours(enum room_place place, int sender, const struct shape *shape)
{
    struct subject *subject = subject_new("winlwip", place, sender, shape);

    station_open(subject->drain.flow.destination_port, shape->burst,
                 shape->segments > 1 ? CONTENT_MAX_BYTES : shape->bytes);
    /* A receive that waits is filled right from the driver's buffer: with long ones that counts. */
    station_block(shape->segments > 1);
    if (shape->segments > 1) {
        station_coalesce();
    }
    subject->drain.receive = ours_receive;
    subject->drain.seen = ours_seen;
    subject->drain.is_empty = ours_is_empty;
    return finish(subject);
}

/* --- the kernel --- */

static void kernel_receive(const struct drain *drain, unsigned slot)
{
    const struct subject *subject = (const struct subject *)drain;

    wire_receive(subject->fd, slot, subject->data + slot * subject->stride_bytes,
                 subject->stride_bytes);
}

static void kernel_seen(const struct drain *drain, unsigned slot, struct seen *seen)
{
    (void)drain;
    wire_seen(slot, seen);
}

struct drain *subject_kernel(const struct shape *shape)
{
    struct subject *subject = subject_new("kernel", ROOM_VETH, -1, shape);

    room_go(true);
    subject->fd = wire_receiver(&subject->drain.flow, shape->segments > 1);
    room_go(false);
    make_buffers(subject);
    subject->drain.receive = kernel_receive;
    subject->drain.seen = kernel_seen;
    subject->drain.is_empty = fd_is_empty;
    wire_wait_until_up(subject->drain.sender, subject->fd);
    return finish(subject);
}

struct drain *subject_sink(const struct shape *shape)
{
    return finish(subject_new("sink", ROOM_SINK, -1, shape));
}

void subjects_measure(struct drain *const *drains, unsigned count, unsigned rounds)
{
    for (unsigned round = 0; round <= rounds; round++) {
        for (unsigned i = 0; i < count; i++) {
            drain_once(drains[i], round > 0);
        }
    }
}

void subjects_free(struct drain *const *drains, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct subject *subject = (struct subject *)drains[i];
        free(subject->data);
        free(subject);
    }
}
