/*
 * closed.c - the closed loop: feeder, reader, and the proof that the reader slept.
 *
 * Two counters, given and taken, say whose turn it is. The feeder gives when they are equal, and
 * yields otherwise. Both threads are of the ordinary scheduling class, as those of any program: so
 * a reader that is woken may push the feeder off the CPU in the middle of its call. With lwIP the
 * feeder then often holds a lock that the reader wants: of its 14 us a turn this is the larger part
 * (5 us in a scheduling class that does not push; measured on Linux 6.18 in 2026-11). A glance at
 * each datagram (length, number, source, control) is part of the time, some ns of thousands; before
 * the clock runs a warm-up is compared byte by byte.
 *
 * The loop is cut into slices of SLICE turns, and the result is the median of their times. The
 * kernel counts how often the reader gave up the CPU by itself: a loop in which that was less often
 * than nearly once a datagram measured something else, and fails.
 */
#define _GNU_SOURCE /* RUSAGE_THREAD */

#include "tests/bench/common/closed.h"

#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/bench/common/bench.h"

#define SLICE   256u
#define WARM_UP 1024u

#define DATAGRAMS_DEFAULT 32768u
#define DATAGRAMS_MAX     65536u

/* The least share of datagrams for which the reader must have slept. */
#define SLEEPS_PERCENT 90u

static struct {
    const struct closed_subject *subject;
    struct traffic traffic;
    size_t count; /* turns, with the warm-up */
    atomic_size_t given, taken;
    uint64_t slices_ns[DATAGRAMS_MAX / SLICE];
} loop;

static void *feed(void *unused)
{
    for (size_t n = 0; n < loop.count; n++) {
        while (atomic_load(&loop.taken) != n) {
            sched_yield();
        }
        atomic_store(&loop.given, n + 1);
        if (loop.subject->give(&loop.traffic, n) != 0) {
            exit(1); /* the reader would wait for ever */
        }
    }
    return unused;
}

static int take(size_t n)
{
    struct traffic_received received = {.ttl = -1, .tos = -1};

    if (loop.subject->take(&received) != 0) {
        return -1;
    }
    const char *wrong = n < WARM_UP ? traffic_check(&loop.traffic, n, &received)
                                    : traffic_glance(&loop.traffic, n, &received);
    if (wrong == NULL && atomic_load(&loop.given) != n + 1) {
        wrong = "it was never given";
    }
    if (wrong != NULL) {
        fprintf(stderr, "%s: datagram %zu: %s\n", loop.subject->name, n, wrong);
        return -1;
    }
    atomic_store(&loop.taken, n + 1);
    return 0;
}

static size_t sleeps(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return (size_t)usage.ru_nvcsw;
}

static int read_all(void)
{
    size_t timed = loop.count - WARM_UP;

    for (size_t n = 0; n < WARM_UP; n++) {
        if (take(n) != 0) {
            return -1;
        }
    }
    size_t slept = sleeps();
    int64_t begin_ns = bench_now_ns();
    for (size_t n = 0; n < timed; n++) {
        if (take(WARM_UP + n) != 0) {
            return -1;
        }
        if ((n + 1) % SLICE == 0) {
            int64_t end_ns = bench_now_ns();
            loop.slices_ns[n / SLICE] = (uint64_t)(end_ns - begin_ns);
            begin_ns = end_ns;
        }
    }
    slept = sleeps() - slept;
    if (slept < timed * SLEEPS_PERCENT / 100) {
        fprintf(stderr, "%s: the reader slept %zu times for %zu datagrams\n", loop.subject->name,
                slept, timed);
        return -1;
    }
    return 0;
}

static int measure(const char *label, size_t size_bytes, size_t datagrams)
{
    size_t slices = (datagrams + SLICE - 1) / SLICE;
    pthread_t feeder;

    loop.count = WARM_UP + slices * SLICE;
    if (traffic_init(&loop.traffic, size_bytes, 1) != 0 || loop.subject->open(&loop.traffic) != 0) {
        fprintf(stderr, "%s: setting up failed\n", loop.subject->name);
        return 1;
    }
    if (pthread_create(&feeder, NULL, feed, NULL) != 0) {
        fprintf(stderr, "%s: no thread can be made\n", loop.subject->name);
        return 1;
    }
    int error = read_all();
    if (error == 0) {
        pthread_join(feeder, NULL);
        loop.subject->close();
        traffic_fini(&loop.traffic);
        bench_record(label, loop.subject->name,
                     (double)bench_median(loop.slices_ns, slices) / SLICE);
    }
    return error == 0 ? 0 : 1;
}

int closed_main(const struct closed_subject *subject, int argc, char **argv)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'},
        {"size", required_argument, NULL, 's'},
        {"datagrams", required_argument, NULL, 'n'},
        {0},
    };
    size_t size_bytes = 64, datagrams = DATAGRAMS_DEFAULT;
    const char *label = NULL;
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (which) {
        case 'l':
            label = optarg;
            break;
        case 's':
            error = bench_number(optarg, TRAFFIC_PAYLOAD_MAX, &size_bytes);
            break;
        case 'n':
            error = bench_number(optarg, DATAGRAMS_MAX - SLICE, &datagrams);
            break;
        default:
            return 2;
        }
    }
    if (error != 0 || optind < argc || label == NULL) {
        fprintf(stderr, "usage: %s --label 'ID VARIANT' [--size BYTES] [--datagrams N]\n", argv[0]);
        return 2;
    }
    loop.subject = subject;
    bench_pin();
    return measure(label, size_bytes, datagrams);
}
