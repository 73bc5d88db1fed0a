/*
 * measure.c - options, timing and checks of the benchmark programs.
 *
 * The clock runs while a burst goes in and out and stands while it is checked. Each frame is used
 * once: first the last ones of the arena as a warm-up, then the others from the first on, so that
 * every frame comes from memory and not from a cache.
 *
 * The result is the median of all bursts: on a machine that others use, too, an average would tell
 * how often this process had to wait for its turn.
 */
#define _GNU_SOURCE /* sched_setaffinity */

#include "tests/bench/common/measure.h"

#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Frames that are used before the clock runs: pools, queues and branch predictors settle. */
#define WARM_UP 8192u

static const char *const controls_names[] = {
    [MEASURE_PKTINFO] = "pktinfo",
    [MEASURE_PKTINFO_TTL_TOS] = "pktinfo+ttl+tos",
};

#define CONTROLS_COUNT (sizeof(controls_names) / sizeof(controls_names[0]))

struct options {
    size_t size_bytes;
    unsigned sockets;
    enum measure_controls controls;
    size_t datagrams; /* 0: one for each frame */
};

/* Everything on one CPU, always the same. Where that is not permitted, it is done without. */
static void pin(void)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            (void)sched_setaffinity(0, sizeof(one), &one);
            return;
        }
    }
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int check_burst(const struct subject *subject, const struct traffic *traffic, size_t first,
                       enum measure_controls controls)
{
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        struct traffic_received received = {.ttl = -1, .tos = -1};
        if (subject->result(i, &received) != 0)
            return -1;
        bool more = received.ttl != -1 && received.tos != -1;
        const char *wrong = traffic_check(traffic, first + i, &received);
        if (wrong == NULL && more != (controls == MEASURE_PKTINFO_TTL_TOS))
            wrong = "wrong control messages";
        if (wrong != NULL) {
            fprintf(stderr, "%s: datagram %zu: %s\n", subject->name, first + i, wrong);
            return -1;
        }
    }
    return 0;
}

/*
 * Uses count frames from first on. times_ns: how long each burst took; NULL: nobody wants to know.
 * Returns 0, or -1 when anything went wrong.
 */
static int use_frames(const struct subject *subject, const struct traffic *traffic,
                      enum measure_controls controls, size_t first, size_t count,
                      uint32_t *times_ns)
{
    for (size_t n = first; n < first + count; n += TRAFFIC_BURST) {
        unsigned sockets[TRAFFIC_BURST];
        for (unsigned i = 0; i < TRAFFIC_BURST; i++)
            sockets[i] = traffic_socket(traffic, n + i);
        int64_t begin_ns = now_ns();
        int error = subject->burst(traffic, n, sockets);
        int64_t time_ns = now_ns() - begin_ns;
        if (error != 0 || check_burst(subject, traffic, n, controls) != 0)
            return -1;
        if (times_ns != NULL)
            *times_ns++ = time_ns < UINT32_MAX ? (uint32_t)time_ns : UINT32_MAX;
    }
    return 0;
}

static int compare_times(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

    return (first > second) - (first < second);
}

/* Opens, warms up, measures count datagrams into times_ns, closes. Returns 0 or -1. */
static int run(const struct subject *subject, const struct traffic *traffic,
               enum measure_controls controls, size_t count, uint32_t *times_ns)
{
    int error = subject->open(traffic, controls);

    if (error == 0)
        error = use_frames(subject, traffic, controls, traffic->count - WARM_UP, WARM_UP, NULL);
    if (error == 0)
        error = use_frames(subject, traffic, controls, 0, count, times_ns);
    if (error == 0)
        error = subject->drained();
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
    size_t count = traffic.count - WARM_UP;
    if (options->datagrams != 0 && options->datagrams < count)
        count = (options->datagrams + TRAFFIC_BURST - 1) / TRAFFIC_BURST * TRAFFIC_BURST;
    size_t bursts = count / TRAFFIC_BURST;
    uint32_t *times_ns = calloc(bursts, sizeof(*times_ns));
    int error = times_ns != NULL ? run(subject, &traffic, options->controls, count, times_ns) : -1;
    if (error == 0) {
        qsort(times_ns, bursts, sizeof(*times_ns), compare_times);
        printf("%s %zu %u %s %zu %.1f\n", subject->name, options->size_bytes, options->sockets,
               controls_names[options->controls], count,
               (double)times_ns[bursts / 2] / TRAFFIC_BURST);
    }
    free(times_ns);
    traffic_fini(&traffic);
    return error == 0 ? 0 : 1;
}

static int read_number(const char *text, size_t max, size_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || *text == '-' || value == 0 || value > max)
        return -1;
    *out = value;
    return 0;
}

static int read_controls(const char *text, enum measure_controls *out)
{
    for (unsigned i = 0; i < CONTROLS_COUNT; i++) {
        if (strcmp(text, controls_names[i]) == 0) {
            *out = (enum measure_controls)i;
            return 0;
        }
    }
    return -1;
}

static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"size", required_argument, NULL, 's'},
        {"sockets", required_argument, NULL, 'k'},
        {"controls", required_argument, NULL, 'c'},
        {"datagrams", required_argument, NULL, 'n'},
        {0},
    };
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        size_t number = 0;
        switch (which) {
        case 's':
            error = read_number(optarg, TRAFFIC_PAYLOAD_MAX, &options->size_bytes);
            break;
        case 'k':
            error = read_number(optarg, TRAFFIC_SOCKETS_MAX, &number);
            options->sockets = (unsigned)number;
            break;
        case 'c':
            error = read_controls(optarg, &options->controls);
            break;
        case 'n':
            error = read_number(optarg, SIZE_MAX, &options->datagrams);
            break;
        default:
            return -1;
        }
        if (error != 0)
            fprintf(stderr, "%s: bad value: %s\n", argv[0], optarg);
    }
    if (error == 0 && optind < argc) {
        fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
        error = -1;
    }
    return error;
}

int measure_main(const struct subject *subject, int argc, char **argv)
{
    struct options options = {.size_bytes = 64, .sockets = 16};

    if (read_options(argc, argv, &options) != 0)
        return 2;
    pin();
    return measure(subject, &options);
}
