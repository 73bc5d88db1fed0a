/*
 * p7.c - P7: frames on a veth, captured live by libpcap, are received: CPU time of the process.
 *
 * winlwip captures the far end of a veth pair. The kernel has no address there and drops what it
 * sees; that, as all of the kernel's way to the ring, is part of the send. The yardstick is the
 * same stream over another pair to a socket of the far kernel, of which only the recvmsg() counts.
 *
 * Receives wait: the kernel hands a block of the ring over when it is full or a millisecond old.
 * The time in which nothing runs does not count, what going to sleep costs does.
 */
#include <poll.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/net/room.h"
#include "tests/bench/net/rows.h"
#include "tests/bench/net/station.h"
#include "tests/bench/net/subjects.h"
#include "tests/bench/net/wire.h"

enum { ROUNDS = 24, PATIENCE_MS = 5000, SETTLE_MS = 20 };

/*
 * A block is used up each millisecond, with however few frames: while this process is kept from
 * running in the middle of a fill, others are taken. These last 64 ms.
 */
#define RING_BYTES "16777216"

static const struct shape live_shape = {64, 1, 2048, DRAIN_BURST_MAX};
static const struct shape kernel_shape = {64, 1, 128, 128};

/* Sends until something is received, and goes on when nothing has come for a while. */
static void wait_until_up(int sender)
{
    int64_t end_ns = bench_now_ns() + PATIENCE_MS * INT64_C(1000000);
    bool seen = false, empty;

    do {
        if (bench_now_ns() > end_ns) {
            row_fail("the captured device does not come up");
        }
        if (!seen) {
            wire_send_many(sender, 8, 1, 1, 0);
        }
        (void)poll(NULL, 0, SETTLE_MS);
        empty = station_is_empty();
        seen = seen || !empty;
    } while (!seen || !empty);
}

static struct drain *open_live(void)
{
    const struct winlwip_option options[] = {{"device", room_nets[ROOM_LIVE].far_device},
                                             {"immediate", "off"},
                                             {"buffer", RING_BYTES},
                                             {"promiscuous", "on"}};
    struct flow flow = room_flow(ROOM_LIVE, false);
    struct drain *drain;

    room_make_veth(ROOM_LIVE, false);
    room_go(true);
    station_start_driver(ROOM_LIVE, "pcap", options, sizeof(options) / sizeof(options[0]));
    room_go(false);
    drain = subject_ours(ROOM_LIVE, wire_sender(&flow), &live_shape);
    wait_until_up(drain->sender);
    station_block(true);
    return drain;
}

void row_p7(void)
{
    struct drain *drains[2];

    room_enter();
    room_make_veth(ROOM_VETH, true);
    drains[0] = open_live();
    drains[1] = subject_kernel(&kernel_shape);
    for (unsigned i = 0; i < 2; i++) {
        drains[i]->by_cpu = true;
    }
    subjects_measure(drains, 2, ROUNDS);
    station_stop();
    for (unsigned i = 0; i < 2; i++) {
        row_record("P7", "64", drains[i]->who, drain_received_ns(drains[i]));
    }
    subjects_free(drains, 2);
}
