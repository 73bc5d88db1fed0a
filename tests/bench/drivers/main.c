/*
 * main.c - what a frame costs that comes by a driver, beside a loop that only reads.
 *
 *   drivers --list                the rows, each with its number
 *   drivers ROW SIZE              measures a row once with SIZE bytes of payload
 *
 * A row is a driver and a wire (wire.h), which there is twice: winlwip has one, from the driver to
 * WSARecvMsg() with IP_PKTINFO, TTL and TOS on one socket; a loop that only reads has the other.
 * They take turns: the wire is filled, what it holds is read while the clock runs. Filling
 * is not part of the figure. Every datagram is compared in every byte while the clock stands, and the
 * loop's frames are counted and their numbers summed up: one that is lost, doubled or changed ends
 * the row.
 *
 * Prints records as tests/bench/run has them, the row's number as ID:
 * "ID SIZE winlwip NS" and "ID SIZE bare NS". Exit status as of the
 * program net: 0; 1: failed; 2: bad arguments; 77: the machine lacks something, which a line on
 * stderr names.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/drivers/reader.h"
#include "tests/bench/drivers/wire.h"
#include "tests/bench/net/row.h"

enum {
    LIMIT_S = 40,       /* a row takes about one */
    SETTLE_MS = 5,      /* a block of libpcap's ring is handed over after 1 */
    PATIENCE = 400,     /* times that frames are waited for */
    EXTRA_OPTIONS = 3,
    DUMP_BYTES = 64,    /* room for the path of a dump */
};

/* --- the rows --- */

static const struct row {
    const char *what, *driver;
    const struct wire_kind *wire;
    struct reader_option options[EXTRA_OPTIONS]; /* besides the wire's; ended by a NULL key */
    bool dumps;
} rows[] = {
    {"`tap`, offload = off", "tap", &wire_tap, {{"offload", "off"}}, false},
    {"`tap`", "tap", &wire_tap_offload, {{NULL, NULL}}, false},
    {"`pcap`, a file", "pcap", &wire_file, {{"end", "wait"}}, false},
    {"`pcap`, a device: one end of a veth pair", "pcap", &wire_device, {{"buffer", "16777216"}}, false},
    {"`stream`", "stream", &wire_stream, {{NULL, NULL}}, false},
    {"`dgram`", "dgram", &wire_dgram, {{NULL, NULL}}, false},
    {"`vde`, by ptp://", "vde", &wire_ptp, {{NULL, NULL}}, false},
    {"`tap` without offload, `fault-loss = 0`", "tap", &wire_tap, {{"fault-loss", "0"}}, false},
    {"`tap` without offload, `dump`", "tap", &wire_tap, {{NULL, NULL}}, true},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* --- measuring --- */

static struct traffic traffic;
static struct row_samples ours_ns, bare_ns;

/* A UNIX socket may hold fewer datagrams than a wire would give: net.unix.max_dgram_qlen. */
static unsigned fill_of(const struct wire_kind *kind)
{
    size_t room = 10;
    char text[16] = "";
    FILE *file;

    if (kind != &wire_dgram && kind != &wire_ptp) {
        return kind->fill;
    }
    file = fopen("/proc/sys/net/unix/max_dgram_qlen", "re");
    if (file != NULL) {
        if (fgets(text, sizeof(text), file) != NULL) {
            room = strtoul(text, NULL, 10);
        }
        fclose(file);
    }
    return room < kind->fill ? (unsigned)room : kind->fill;
}

static void give(const struct wire *wire, size_t first, unsigned count)
{
    if (wire->kind->give != NULL) {
        wire->kind->give(wire, first, count);
    }
    if (wire->kind->settles) {
        (void)poll(NULL, 0, SETTLE_MS);
    }
}

/* What is not there yet is waited for, off the clock. */
static void wait_for_more(unsigned *patience, const char *who)
{
    if ((*patience)-- == 0) {
        row_fail("%s: frames got lost", who);
    }
    (void)poll(NULL, 0, 1);
}

/* Receives a fill by winlwip. Returns ns for each datagram. */
static double drain_ours(size_t first, unsigned count)
{
    unsigned patience = PATIENCE;
    int64_t spent_ns = 0;

    for (unsigned done = 0; done < count;) {
        unsigned most = count - done < READER_BURST ? count - done : READER_BURST, got = 0;
        int64_t begin_ns = bench_now_ns();

        while (got < most && reader_receive(got)) {
            got++;
        }
        int64_t end_ns = bench_now_ns();
        if (got == 0) {
            wait_for_more(&patience, "winlwip");
            continue;
        }
        spent_ns += end_ns - begin_ns;
        for (unsigned i = 0; i < got; i++) {
            reader_check(&traffic, i, first + done + i);
        }
        done += got;
    }
    return (double)spent_ns / count;
}

/* Reads a fill. Returns ns for each frame. */
static double drain_bare(struct wire *wire, size_t first, unsigned count)
{
    struct wire_read read = {0}, expected = {0};
    unsigned patience = PATIENCE;
    int64_t spent_ns = 0;

    while (read.frames < count) {
        size_t before = read.frames;
        int64_t begin_ns = bench_now_ns();

        wire->kind->take(wire, count - (unsigned)read.frames, &read);
        int64_t end_ns = bench_now_ns();
        if (read.frames == before) {
            wait_for_more(&patience, "bare");
            continue;
        }
        spent_ns += end_ns - begin_ns;
    }
    for (unsigned i = 0; i < count; i++) {
        wire_count(&expected, traffic_frame(&traffic, first + i), traffic.frame_bytes);
    }
    if (memcmp(&read, &expected, sizeof(read)) != 0) {
        row_fail("bare: frames were lost, doubled or changed");
    }
    return (double)spent_ns / count;
}

static void make(struct wire *wire, const struct row *row, bool bare, size_t total)
{
    *wire = (struct wire){.kind = row->wire, .traffic = &traffic, .bare = bare, .total = total,
                          .give_fd = -1, .read_fd = -1};
    wire->kind->make(wire);
}

static void start(const struct row *row, struct wire *wire)
{
    struct reader_option options[EXTRA_OPTIONS + 2] = {{row->wire->key, wire->text}};
    char dump[DUMP_BYTES];
    size_t count = 1;

    for (size_t i = 0; i < EXTRA_OPTIONS && row->options[i].key != NULL; i++) {
        options[count++] = row->options[i];
    }
    snprintf(dump, sizeof(dump), "/tmp/bench-dump-%d", (int)getpid());
    if (row->dumps) {
        options[count++] = (struct reader_option){"dump", dump};
    }
    reader_start(row->driver, options, count);
    if (row->dumps) {
        unlink(dump); /* it is written on until it is closed */
    }
    if (wire->kind->connect != NULL) {
        wire->kind->connect(wire);
    }
}

static double measure_ours(const struct wire *wire, size_t first, unsigned count)
{
    give(wire, first, count);
    return drain_ours(first, count);
}

static double measure_bare(struct wire *wire, size_t first, unsigned count)
{
    give(wire, first, count);
    return drain_bare(wire, first, count);
}

/* One round, in which either of them is first; the very first round warms up. */
static void take_turns(const struct wire *ours, struct wire *bare, size_t first, unsigned count,
                       unsigned round)
{
    double ours_once = round % 2 == 0 ? measure_ours(ours, first, count) : 0;
    double bare_once = measure_bare(bare, first, count);

    if (round % 2 != 0) {
        ours_once = measure_ours(ours, first, count);
    }
    if (round > 0) {
        row_sample(&ours_ns, ours_once);
        row_sample(&bare_ns, bare_once);
    }
}

static void measure(const struct row *row)
{
    unsigned fill = fill_of(row->wire);
    unsigned rounds = row->wire->rounds + 1; /* the first one warms up */
    struct wire ours, bare;

    make(&ours, row, false, (size_t)rounds * fill);
    make(&bare, row, true, (size_t)rounds * fill);
    start(row, &ours);
    for (unsigned round = 0; round < rounds; round++) {
        take_turns(&ours, &bare, (size_t)round * fill, fill, round);
    }
    reader_stop();
}

int main(int argc, char **argv)
{
    size_t number, size;
    char variant[16];

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (unsigned i = 0; i < ROWS; i++) {
            printf("%u %s\n", i + 1, rows[i].what);
        }
        return 0;
    }
    if (argc != 3 || bench_number(argv[1], ROWS, &number) != 0 ||
        bench_number(argv[2], TRAFFIC_PAYLOAD_MAX, &size) != 0 ||
        traffic_init(&traffic, size, 1) != 0) {
        fprintf(stderr, "usage: %s --list | ROW SIZE\n", argv[0]);
        return 2;
    }
    alarm(LIMIT_S);
    bench_pin();
    wire_enter();
    measure(&rows[number - 1]);
    snprintf(variant, sizeof(variant), "%zu", size);
    row_record(argv[1], variant, "winlwip", row_quantile(&ours_ns, 0.5));
    row_record(argv[1], variant, "bare", row_quantile(&bare_ns, 0.5));
    traffic_fini(&traffic);
    return 0;
}
