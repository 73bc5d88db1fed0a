/*
 * measure.c - options, timing and checks of the programs with frames in memory.
 *
 * The clock runs while a burst goes in and out. It stands while the burst is checked: every
 * datagram in every byte, its source and what its control messages say, by the same code in all
 * programs. So the checks are part of no figure; what the loop itself costs (two looks at the clock
 * for 32 datagrams) is part of all, of the floor's too.
 *
 * Each frame is used once: first the last ones of the arena as a warm-up, then the others from the
 * first on, so that every frame comes from memory and not from a cache.
 *
 * 32 bursts make a slice, and the result is the median of the slices: what happens now and then (a
 * pool to refill, a timer) is counted, while on a machine that others use, too, an average would
 * tell how often this process had to wait for its turn.
 */
#include "tests/bench/common/measure.h"

#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"

/* Frames that are used before the clock runs: pools, queues and branch predictors settle. */
#define WARM_UP 8192u

#define SLICE_BURSTS 32u
#define SLICE (SLICE_BURSTS * TRAFFIC_BURST)

#define CACHE_LINE 64u

struct measure_buffers measure_buffers __attribute__((aligned(CACHE_LINE)));

static const char *const controls_names[] = {
    [MEASURE_PKTINFO] = "pktinfo",
    [MEASURE_PKTINFO_TTL_TOS] = "pktinfo+ttl+tos",
};

#define CONTROLS_COUNT (sizeof(controls_names) / sizeof(controls_names[0]))

struct options {
    const char *label;
    size_t size_bytes;
    unsigned sockets;
    enum measure_controls controls;
    size_t datagrams; /* 0: one for each frame */
};

static int check_burst(const struct subject *subject, const struct traffic *traffic, size_t first,
                       enum measure_controls controls)
{
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        struct traffic_received received = {.ttl = -1, .tos = -1};
        if (subject->result(i, &received) != 0) {
            return -1;
        }
        bool more = received.ttl != -1 && received.tos != -1;
        const char *wrong = traffic_check(traffic, first + i, &received);
        if (wrong == NULL && more != (controls == MEASURE_PKTINFO_TTL_TOS)) {
            wrong = "wrong control messages";
        }
        if (wrong != NULL) {
            fprintf(stderr, "%s: datagram %zu: %s\n", subject->name, first + i, wrong);
            return -1;
        }
    }
    return 0;
}

/*
 * Uses count frames from first on. slices_ns: the time of each slice is added there; NULL: nobody
 * wants to know. Returns 0, or -1 when anything went wrong.
 */
static int use_frames(const struct subject *subject, const struct traffic *traffic,
                      enum measure_controls controls, size_t first, size_t count,
                      uint64_t *slices_ns)
{
    for (size_t n = first; n < first + count; n += TRAFFIC_BURST) {
        unsigned sockets[TRAFFIC_BURST];
        for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
            sockets[i] = traffic_socket(traffic, n + i);
        }
        int64_t begin_ns = bench_now_ns();
        int error = subject->burst(traffic, n, sockets);
        int64_t time_ns = bench_now_ns() - begin_ns;
        if (error != 0 || check_burst(subject, traffic, n, controls) != 0) {
            return -1;
        }
        if (slices_ns != NULL) {
            slices_ns[(n - first) / SLICE] += (uint64_t)time_ns;
        }
    }
    return 0;
}

/* Opens, warms up, measures count datagrams into slices_ns, closes. Returns 0 or -1. */
static int run(const struct subject *subject, const struct traffic *traffic,
               enum measure_controls controls, size_t count, uint64_t *slices_ns)
{
    int error = subject->open(traffic, controls);

    if (error == 0) {
        error = use_frames(subject, traffic, controls, traffic->count - WARM_UP, WARM_UP, NULL);
    }
    if (error == 0) {
        error = use_frames(subject, traffic, controls, 0, count, slices_ns);
    }
    if (error == 0) {
        error = subject->drained();
    }
    subject->close();
    return error;
}

static int measure(const struct subject *subject, const struct options *options)
{
    struct traffic traffic;

    if (traffic_init(&traffic, options->size_bytes, options->sockets) != 0) {
        fprintf(stderr, "%s: no frames of %zu bytes for %u sockets can be made\n", subject->name,
                options->size_bytes, options->sockets);
        return 1;
    }
    size_t slices = (traffic.count - WARM_UP) / SLICE;
    if (options->datagrams != 0 && (options->datagrams + SLICE - 1) / SLICE < slices) {
        slices = (options->datagrams + SLICE - 1) / SLICE;
    }
    uint64_t *slices_ns = calloc(slices, sizeof(*slices_ns));
    int error = slices_ns != NULL
                    ? run(subject, &traffic, options->controls, slices * SLICE, slices_ns)
                    : -1;
    if (error == 0) {
        bench_record(options->label, subject->name,
                     (double)bench_median(slices_ns, slices) / SLICE);
    }
    free(slices_ns);
    traffic_fini(&traffic);
    return error == 0 ? 0 : 1;
}

static int read_controls(const char *text, enum measure_controls *out)
{
    for (unsigned i = 0; i < CONTROLS_COUNT; i++) {
        if (strcmp(text, controls_names[i]) == 0) {
            *out = (enum measure_controls)i;
            return 0;
        }
    }
    fprintf(stderr, "bad value: %s\n", text);
    return -1;
}

static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'},    {"size", required_argument, NULL, 's'},
        {"sockets", required_argument, NULL, 'k'},  {"controls", required_argument, NULL, 'c'},
        {"datagrams", required_argument, NULL, 'n'}, {0},
    };
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        size_t number = 0;
        switch (which) {
        case 'l':
            options->label = optarg;
            break;
        case 's':
            error = bench_number(optarg, TRAFFIC_PAYLOAD_MAX, &options->size_bytes);
            break;
        case 'k':
            error = bench_number(optarg, TRAFFIC_SOCKETS_MAX, &number);
            options->sockets = (unsigned)number;
            break;
        case 'c':
            error = read_controls(optarg, &options->controls);
            break;
        case 'n':
            error = bench_number(optarg, SIZE_MAX, &options->datagrams);
            break;
        default:
            return -1;
        }
    }
    if (error == 0 && (optind < argc || options->label == NULL)) {
        fprintf(stderr, "usage: %s --label 'ID VARIANT' [--size BYTES] [--sockets N] [--controls "
                        "pktinfo|pktinfo+ttl+tos] [--datagrams N]\n", argv[0]);
        error = -1;
    }
    return error;
}

static void *sleep_for_ever(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

/*
 * A second thread that does nothing. While a process has one thread only, the C library takes its
 * locks without atomic operations: a saving that no program with threads has, and that lwIP, which
 * has a thread of its own, never gets.
 */
static int have_company(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, sleep_for_ever, NULL) == 0 ? 0 : -1;
}

int measure_main(const struct subject *subject, int argc, char **argv)
{
    struct options options = {.size_bytes = 64, .sockets = 16};

    if (read_options(argc, argv, &options) != 0) {
        return 2;
    }
    bench_pin();
    if (have_company() != 0) {
        fprintf(stderr, "%s: no second thread can be made\n", subject->name);
        return 1;
    }
    return measure(subject, &options);
}
