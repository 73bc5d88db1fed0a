/*
 * drain.h - one way to receive, measured: a queue is filled, then drained.
 *
 * Filling is not part of the figure. Draining is timed in bursts of receives, and what they
 * brought is checked between the bursts, while the clock stands: every datagram in order, every
 * byte of it, addresses, TTL and TOS; and that nothing is left at the end.
 */
#ifndef BENCH_NET_DRAIN_H
#define BENCH_NET_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/net/content.h"
#include "tests/bench/net/row.h"

/* Receives that are timed together, at most. */
enum { DRAIN_BURST_MAX = 256 };

struct drain {
    const char *who;
    struct flow flow;
    int sender;        /* wire_sender(), segmenting if segments is more than 1 */
    size_t bytes;      /* of a datagram */
    unsigned segments; /* datagrams in each call of the sender */
    unsigned fill;     /* datagrams that are queued at once: a multiple of segments */
    unsigned burst;    /* receives that are timed together, 1..DRAIN_BURST_MAX */
    bool by_cpu;       /* CPU time of the process, not time */
    const void *from;  /* for the functions */

    /* One receive; what receive number slot of the burst brought; is nothing left? */
    void (*receive)(const struct drain *drain, unsigned slot);
    void (*seen)(const struct drain *drain, unsigned slot, struct seen *seen);
    bool (*is_empty)(const struct drain *drain);

    uint64_t serial;   /* of the next datagram */
    struct row_samples sent_ns, received_ns; /* of a datagram: means of one fill each */
};

/* Fills and drains once, and takes the two samples. keep: false as a warm-up. */
void drain_once(struct drain *drain, bool keep);

/* The middle of the samples, nanoseconds for each datagram. */
double drain_received_ns(struct drain *drain);
double drain_sent_ns(struct drain *drain);

#endif
