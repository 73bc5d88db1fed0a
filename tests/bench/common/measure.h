/*
 * measure.h - the loop that the programs with frames in memory share: options, timing, checks, one
 * record.
 *
 * A program says by a struct subject how 32 frames go in and 32 datagrams come out, and how a
 * datagram looks afterwards. Only the former is timed.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

#include "tests/bench/common/traffic.h"

/*
 * Room for a datagram's payload and its control messages. The buffers of a burst lie in arrays; an
 * odd number of cache lines keeps them from falling into the same few sets of the cache.
 */
#define MEASURE_PAYLOAD_ROOM 1600
#define MEASURE_CONTROL_ROOM 192

/* Which control messages are asked for. */
enum measure_controls {
    MEASURE_PKTINFO,         /* IP_PKTINFO */
    MEASURE_PKTINFO_TTL_TOS, /* IP_PKTINFO, IP_RECVTTL, IP_RECVTOS */
};

/* Where a burst's datagrams go, the same memory in all programs; on a cache line. */
struct measure_buffers {
    uint8_t payload[TRAFFIC_BURST][MEASURE_PAYLOAD_ROOM];
    uint8_t control[TRAFFIC_BURST][MEASURE_CONTROL_ROOM];
};

extern struct measure_buffers measure_buffers;

/*
 * What is measured. All functions but close return 0, or -1 after a line on stderr. close() is
 * called once, also when open() failed half-way.
 */
struct subject {
    const char *name; /* as it stands in the record */

    /* Sets everything up; the traffic stays until after close(). */
    int (*open)(const struct traffic *traffic, enum measure_controls controls);

    /*
     * Timed: feeds the frames first, first + 1, ... of a burst, then receives their datagrams in
     * the same order, number i from socket sockets[i].
     */
    int (*burst)(const struct traffic *traffic, size_t first, const unsigned *sockets);

    /* How datagram number i of the last burst was received. Not timed. */
    int (*result)(unsigned i, struct traffic_received *out);

    /* After the last burst: is nothing left to be received? Not timed. */
    int (*drained)(void);

    void (*close)(void);
};

/*
 * The main() of such a program: reads the options --label "ID VARIANT" (required), --size BYTES,
 * --sockets N, --controls pktinfo|pktinfo+ttl+tos and --datagrams N (default: one for each frame),
 * measures once and prints a record of ns for each datagram.
 * Returns the exit status: 0; 1: a datagram was lost or differs, or a call failed; 2: bad options.
 */
int measure_main(const struct subject *subject, int argc, char **argv);

#endif
