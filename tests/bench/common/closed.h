/*
 * closed.h - the closed loop: one frame, one datagram, and the reader asleep in between.
 *
 * A feeder thread gives one frame at a time, the reader blocks in a receive, and both are on one
 * CPU: the feeder runs when the reader sleeps in the kernel.
 */
#ifndef BENCH_CLOSED_H
#define BENCH_CLOSED_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/common/traffic.h"

/* What is measured. All functions but close return 0, or -1 after a line on stderr. */
struct closed_subject {
    const char *name; /* as it stands in the record */

    /* Sets up one socket, on TRAFFIC_FIRST_PORT, with IP_PKTINFO. Called by the reader. */
    int (*open)(const struct traffic *traffic);

    /* Called by the feeder: gives frame number n to the stack, and wakes the reader. */
    int (*give)(const struct traffic *traffic, size_t n);

    /* Blocks until there is a datagram, and says how it was received. */
    int (*take)(struct traffic_received *out);

    void (*close)(void);
};

/*
 * The main() of such a program: reads the options --label "ID VARIANT" (required), --size BYTES and
 * --datagrams N, measures once and prints a record of ns for each turn of the loop. Returns the
 * exit status: 0; 1: a datagram was lost or differs, a call failed, or the reader hardly ever
 * slept; 2: bad options.
 */
int closed_main(const struct closed_subject *subject, int argc, char **argv);

#endif
