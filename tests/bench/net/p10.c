/*
 * p10.c - P10: WSASendMsg() with IP_PKTINFO to a TAP, datagram by datagram and with
 * UDP_SEND_MSG_SIZE.
 *
 * The yardstick is a loop of write() of ready frames to another TAP of the same form: for single
 * datagrams one call each, for the others one call for a superframe of as many datagrams as a
 * WSASendMsg() has. A write() has the kernel's receive path run up to the socket, in both cases
 * the same: a socket that takes superframes as they are, as one that takes them apart would cost
 * more than everything else. After each burst, while the clock stands, the sockets must have all
 * of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/net/room.h"
#include "tests/bench/net/row.h"
#include "tests/bench/net/rows.h"
#include "tests/bench/net/station.h"
#include "tests/bench/net/tapdev.h"
#include "tests/bench/net/wire.h"

/* Bursts of one figure, sends of one burst at most; winlwip's TTL (Windows' default) and TOS. */
enum { BURSTS = 300, WARM_UP = 20, CALLS_MAX = 32, TTL = 128, TOS = 0 };

enum { HEADER_ROOM = 64, DATA_ROOM = HEADER_ROOM + 65536 };

struct figure {
    const char *variant;
    size_t bytes;
    unsigned segments; /* datagrams of one call */
    unsigned calls;    /* of one burst */
};

/* What fits the receive buffer of a socket of an ordinary user goes at once. */
static const struct figure figures[] = {
    {"single", 64, 1, 32},
    {"single-1400", 1400, 1, 32},
    {"uso", 64, 64, 4},
    {"uso-1400", 1400, 45, 4},
};

/* One side: its flow, the kernel's socket at the end of it, the memory of a burst's calls. */
struct side {
    const char *who;
    struct flow flow;
    int receiver;
    uint8_t (*data)[DATA_ROOM];
    struct row_samples sent_ns; /* of a datagram: means of one burst each */
};

static uint8_t ours_data[CALLS_MAX][DATA_ROOM], bare_data[CALLS_MAX][DATA_ROOM];
static struct side ours = {.who = "winlwip", .data = ours_data};
static struct side bare = {.who = "bare-write", .data = bare_data};
static struct tapdev tap;

static void open_side(struct side *side, enum room_place place, const struct figure *figure)
{
    side->flow = room_flow(place, true);
    side->flow.ttl = TTL;
    side->flow.tos = TOS;
    side->receiver = wire_receiver(&side->flow, figure->segments > 1);
    side->sent_ns.count = 0;
}

/* --- winlwip --- */

static void prepare_ours(const struct figure *figure, uint64_t serial)
{
    for (unsigned i = 0; i < figure->calls; i++) {
        content_fill_many(ours.data[i], figure->bytes, figure->segments,
                          serial + i * figure->segments);
    }
}

static void send_ours(const struct figure *figure)
{
    size_t segment_bytes = figure->segments > 1 ? figure->bytes : 0;

    for (unsigned i = 0; i < figure->calls; i++) {
        station_send(&ours.flow, ours.data[i], figure->bytes * figure->segments, segment_bytes);
    }
}

/* --- bare --- */

static size_t frame_bytes(const struct figure *figure)
{
    return tap.header_bytes + CONTENT_HEADER_BYTES + figure->bytes * figure->segments;
}

static void prepare_bare(const struct figure *figure, uint64_t serial)
{
    uint8_t target[6];

    room_near_mac(ROOM_BARE, target);
    for (unsigned i = 0; i < figure->calls; i++) {
        uint8_t *frame = bare.data[i] + tap.header_bytes;
        content_fill_many(frame + CONTENT_HEADER_BYTES, figure->bytes, figure->segments,
                          serial + i * figure->segments);
        content_write_headers(frame, figure->bytes * figure->segments, &bare.flow, target,
                              room_nets[ROOM_BARE].far_mac, tap.leaves_sums);
        tapdev_write_header(&tap, bare.data[i], tap.leaves_sums,
                            figure->segments > 1 ? figure->bytes : 0);
    }
}

static void send_bare(const struct figure *figure)
{
    size_t bytes = frame_bytes(figure);

    for (unsigned i = 0; i < figure->calls; i++) {
        if (write(tap.fd, bare.data[i], bytes) != (ssize_t)bytes) {
            row_fail_errno("write");
        }
    }
}

/* --- both --- */

/* The kernel's socket must have got the burst, in order and nothing else. */
static void check(const struct side *side, const struct figure *figure, uint64_t serial)
{
    static uint8_t payload[65536];
    unsigned left = figure->calls * figure->segments;

    while (left > 0) {
        struct seen seen;
        unsigned got;
        wire_receive(side->receiver, 0, payload, sizeof(payload));
        wire_seen(0, &seen);
        got = content_check(side->who, &seen, &side->flow, figure->bytes, serial);
        if (got > left) {
            row_fail("%s: more datagrams than were sent", side->who);
        }
        serial += got;
        left -= got;
    }
    if (!wire_is_empty(side->receiver)) {
        row_fail("%s: a datagram too many", side->who);
    }
}

static void burst(struct side *side, const struct figure *figure, uint64_t serial, bool keep)
{
    unsigned count = figure->calls * figure->segments;
    int64_t begin_ns, time_ns;

    (side == &ours ? prepare_ours : prepare_bare)(figure, serial);
    begin_ns = bench_now_ns();
    (side == &ours ? send_ours : send_bare)(figure);
    time_ns = bench_now_ns() - begin_ns;
    check(side, figure, serial);
    if (keep) {
        row_sample(&side->sent_ns, (double)time_ns / count);
    }
}

/* The first datagram waits in the stack until ARP has answered, which the stack must read. */
static void resolve(void)
{
    static const struct figure first = {"first", 8, 1, 1};

    prepare_ours(&first, 0);
    send_ours(&first);
    for (int64_t end_ns = bench_now_ns() + 1000000000; wire_is_empty(ours.receiver);) {
        if (bench_now_ns() > end_ns) {
            row_fail("winlwip: the first datagram does not arrive");
        }
        (void)station_is_empty();
    }
    check(&ours, &first, 0);
}

static void wait_until_up(enum room_place place, int receiver)
{
    struct flow flow = room_flow(place, false);
    int sender = wire_sender(&flow);

    wire_wait_until_up(sender, receiver);
    close(sender); /* the receiver wants its port */
}

static void measure(const struct figure *figure)
{
    uint64_t serial = 0;
    struct link *link;

    room_enter();
    link = tapdev_open_ours();
    tap = tapdev_open_bare(link);
    if (figure->segments > 1 && !tap.has_segments) {
        fprintf(stderr, "net: P10 %s: the TAP takes no superframes\n", figure->variant);
        return;
    }
    wait_until_up(ROOM_OURS, link->fd);
    wait_until_up(ROOM_BARE, tap.fd);
    station_start(ROOM_OURS, link, false);
    station_open(room_flow(ROOM_OURS, true).source_port, 1, 64);
    station_block(false);
    open_side(&ours, ROOM_OURS, figure);
    open_side(&bare, ROOM_BARE, figure);
    resolve();
    for (unsigned i = 0; i < WARM_UP + BURSTS; i++) {
        burst(&bare, figure, serial, i >= WARM_UP);
        burst(&ours, figure, serial, i >= WARM_UP);
        serial += figure->calls * figure->segments;
    }
    station_stop();
    row_record("P10", figure->variant, ours.who, row_quantile(&ours.sent_ns, 0.5));
    row_record("P10", figure->variant, bare.who, row_quantile(&bare.sent_ns, 0.5));
}

void row_p10(void)
{
    for (unsigned i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        measure(&figures[i]);
    }
}
