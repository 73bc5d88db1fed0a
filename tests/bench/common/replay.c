/*
 * replay.c - the loop over a capture file. Times are taken for slices of SLICE datagrams; the
 * result is their median.
 *
 * A slice is long enough that each one reads from the file. Of 256 KiB, what the yardstick reads at a
 * time, 64-byte datagrams fill 2,148 records: of slices half as long one in two would find all of
 * its records in memory, and the median would be of those.
 */
#include "tests/bench/common/replay.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/bench/common/bench.h"

#define SLICE 4096u

static struct {
    const struct replay_subject *subject;
    const char *path;
    struct traffic traffic;
    uint64_t slices_ns[REPLAY_FRAMES / SLICE];
} replay;

static int take(size_t n, bool whole)
{
    struct traffic_received received = {.ttl = -1, .tos = -1};

    if (replay.subject->next(&replay.traffic, n, &received) != 0) {
        return -1;
    }
    const char *wrong = whole ? traffic_check(&replay.traffic, n, &received)
                              : traffic_glance(&replay.traffic, n, &received);
    if (wrong != NULL) {
        fprintf(stderr, "%s: datagram %zu: %s\n", replay.subject->name, n, wrong);
        return -1;
    }
    return 0;
}

/* Goes through the file. whole: compares every byte; the times are then of no use. */
static int pass(bool whole)
{
    int error = replay.subject->open(replay.path);
    int64_t begin_ns = bench_now_ns();

    for (size_t n = 0; n < REPLAY_FRAMES && error == 0; n++) {
        error = take(n, whole);
        if ((n + 1) % SLICE == 0) {
            int64_t end_ns = bench_now_ns();
            replay.slices_ns[n / SLICE] = (uint64_t)(end_ns - begin_ns);
            begin_ns = end_ns;
        }
    }
    replay.subject->close();
    return error;
}

static int measure(const char *label, size_t size_bytes)
{
    if (traffic_shape(&replay.traffic, size_bytes, REPLAY_SOCKETS) != 0) {
        fprintf(stderr, "%s: there are no frames of %zu bytes\n", replay.subject->name,
                size_bytes);
        return 1;
    }
    int error = pass(true);
    if (error == 0) {
        error = pass(false);
    }
    if (error != 0) {
        return 1;
    }
    bench_record(label, replay.subject->name,
                 (double)bench_median(replay.slices_ns, REPLAY_FRAMES / SLICE) / SLICE);
    return 0;
}

int replay_main(const struct replay_subject *subject, int argc, char **argv)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'}, {"size", required_argument, NULL, 's'}, {0},
    };
    const char *label = NULL;
    size_t size_bytes = 64;
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 'l') {
            label = optarg;
        } else {
            error = which == 's' ? bench_number(optarg, TRAFFIC_PAYLOAD_MAX, &size_bytes) : -1;
        }
    }
    if (error != 0 || optind + 1 != argc || label == NULL) {
        fprintf(stderr, "usage: %s --label 'ID VARIANT' [--size BYTES] FILE\n", argv[0]);
        return 2;
    }
    replay.subject = subject;
    replay.path = argv[optind];
    bench_pin();
    return measure(label, size_bytes);
}
