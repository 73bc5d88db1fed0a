/*
 * replay.h - the loop over a capture file that winlwip and libpcap share: options, passes, slices.
 */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include <stddef.h>

#include "tests/bench/common/traffic.h"

/* The sockets that the frames go to, and the frames of a file. */
#define REPLAY_SOCKETS 16u
#define REPLAY_FRAMES  65536u

struct replay_subject {
    const char *name; /* as it stands in the record */

    /* Opens the file for a pass from its beginning. Returns 0, or -1 after a line on stderr. */
    int (*open)(const char *path);

    /* The next datagram, number n; its payload stays until the next call. Same return. */
    int (*next)(const struct traffic *traffic, size_t n, struct traffic_received *out);

    void (*close)(void);
};

/*
 * The main() of such a program: reads the options --label "ID VARIANT" (required), --size BYTES and
 * the path of a file that holds the first REPLAY_FRAMES frames of that traffic. Goes through it
 * twice, for a comparison of every byte, which also brings it into the page cache, and for the
 * clock with a glance at each datagram (length, number, source) in its time. Prints a record of ns
 * for each datagram. Returns the exit status: 0; 1: a datagram was lost or differs, or a call
 * failed; 2: bad options.
 */
int replay_main(const struct replay_subject *subject, int argc, char **argv);

#endif
