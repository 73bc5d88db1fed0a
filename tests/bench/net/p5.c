/*
 * p5.c - P5 and P6: what is queued on a TAP is received.
 *
 * The yardstick is a loop of read() on another TAP of the same form. The second yardstick is the
 * kernel's whole way in, from a veth to recvmsg() with the same control messages, as CPU time: a
 * send over veth runs the receive path of the other end before it returns, on this one CPU; the
 * same send into a sink does not; the difference, and the recvmsg(), is what receiving costs.
 *
 * The queue of P5 fits the second-level cache of current machines, that of P6 at 1400 bytes does
 * not: 8 MiB of superframes. With less in the queue both sides of P6 are faster, and its ratio is
 * that of two copies within the cache to one.
 */
#include <stdio.h>

#include "tests/bench/net/room.h"
#include "tests/bench/net/rows.h"
#include "tests/bench/net/station.h"
#include "tests/bench/net/subjects.h"
#include "tests/bench/net/wire.h"

/* How often each queue is filled and drained. */
enum { ROUNDS = 24 };

/* One figure of the table: its names and how it is taken. The kernel's sockets have less room. */
struct figure {
    const char *id, *cpu_id, *bare, *kernel;
    struct shape tap, veth;
};

static const struct figure single[] = {
    {"P5", "P5-cpu", "bare-read", "kernel", {64, 1, 256, 32}, {64, 1, 128, 32}},
    {"P5", "P5-cpu", "bare-read", "kernel", {1400, 1, 256, 32}, {1400, 1, 128, 32}},
};

static const struct figure coalesced[] = {
    {"P6", "P6-cpu", "bare-uso", "kernel-gro", {64, 64, 64 * 64, 1}, {64, 64, 4 * 64, 1}},
    {"P6", "P6-cpu", "bare-uso", "kernel-gro", {1400, 45, 128 * 45, 1}, {1400, 45, 4 * 45, 1}},
};

enum { BARE, OURS, KERNEL, SINK, DRAINS };

static void print(const struct figure *figure, struct drain *const *drains)
{
    double ours_ns = drain_received_ns(drains[OURS]);
    double kernel_ns = drain_received_ns(drains[KERNEL]) + drain_sent_ns(drains[KERNEL]) -
                       drain_sent_ns(drains[SINK]);
    char size[16];

    snprintf(size, sizeof(size), "%zu", figure->tap.bytes);
    row_record(figure->id, size, "winlwip", ours_ns);
    row_record(figure->id, size, figure->bare, drain_received_ns(drains[BARE]));
    row_record(figure->cpu_id, size, "winlwip", ours_ns);
    row_record(figure->cpu_id, size, figure->kernel, kernel_ns);
}

/* One size in namespaces of its own. */
static void measure(const struct figure *figure)
{
    struct drain *drains[DRAINS];
    struct flow flow;
    struct link *link;
    struct tapdev bare;
    int sender;

    room_enter();
    link = tapdev_open_ours();
    bare = tapdev_open_bare(link);
    if (figure->tap.segments > 1 && !bare.has_segments) {
        row_missing("P6: the TAP takes no superframes: it needs Linux 6.2 and a driver that asks");
    }
    room_make_veth(ROOM_VETH, true);
    room_make_sink();
    flow = room_flow(ROOM_OURS, false);
    sender = wire_sender(&flow);
    wire_wait_until_up(sender, link->fd);
    station_start(ROOM_OURS, link, false);
    drains[BARE] = subject_bare(figure->bare, &bare, &figure->tap);
    drains[OURS] = subject_ours(ROOM_OURS, sender, &figure->tap);
    drains[KERNEL] = subject_kernel(&figure->veth);
    drains[SINK] = subject_sink(&figure->veth);
    subjects_measure(drains, DRAINS, ROUNDS);
    station_stop();
    print(figure, drains);
    subjects_free(drains, DRAINS);
}

void row_p5(void)
{
    for (unsigned i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        measure(&single[i]);
    }
}

void row_p6(void)
{
    for (unsigned i = 0; i < sizeof(coalesced) / sizeof(coalesced[0]); i++) {
        measure(&coalesced[i]);
    }
}
