/*
 * subjects.h - what is drained: a bare TAP, winlwip, a socket of the kernel; and what only costs
 * its sender, a sink.
 */
#ifndef BENCH_NET_SUBJECTS_H
#define BENCH_NET_SUBJECTS_H

#include "tests/bench/net/drain.h"
#include "tests/bench/net/room.h"
#include "tests/bench/net/tapdev.h"

/* The members of struct drain of the same name. */
struct shape {
    size_t bytes;
    unsigned segments;
    unsigned fill;
    unsigned burst;
};

/*
 * Each makes a drain with its sender; the place has its devices. They end the row when that is not
 * possible. subjects_free() frees it.
 */
struct drain *subject_bare(const char *who, const struct tapdev *tap, const struct shape *shape);

/* station_start() has been called for this place; sender: wire_sender() of that place, or -1. */
struct drain *subject_ours(enum room_place place, int sender, const struct shape *shape);

/* The far kernel's socket over veth. */
struct drain *subject_kernel(const struct shape *shape);
struct drain *subject_sink(const struct shape *shape);

/* Fills and drains every one of them in turn, this often, after one warm-up. */
void subjects_measure(struct drain *const *drains, unsigned count, unsigned rounds);

/* Frees drains and their memory; descriptors end with the row. */
void subjects_free(struct drain *const *drains, unsigned count);

#endif
