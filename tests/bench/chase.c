/*
 * chase.c - what a look at memory costs that nobody has looked at lately: a chase of pointers.
 *
 *   chase --label 'ID VARIANT' --bytes N
 *
 * N bytes of memory are cut into cache lines that point to each other in one circle of random
 * order: each access waits for the one before it, and no cache line is seen again before all
 * others. Prints a record of ns for each access, the median of ROUNDS rounds. Exit status: 0; 1: no
 * memory; 2: bad options.
 */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/common/bench.h"

#define ROUNDS   9u
#define ACCESSES 400000u
#define SEED     0x63686173u

struct line {
    struct line *next;
    char rest[64 - sizeof(struct line *)];
};

/* A generator of Marsaglia's, with shifts 13, 7, 17. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Links the lines to one circle: Sattolo's shuffle of the order 0, 1, ... */
static int link_lines(struct line *lines, size_t count)
{
    size_t *order = malloc(count * sizeof(*order));
    uint64_t state = SEED;

    if (order == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = next_random(&state) % i;
        size_t swap = order[i];
        order[i] = order[other];
        order[other] = swap;
    }
    for (size_t i = 0; i < count; i++) {
        lines[order[i]].next = &lines[order[(i + 1) % count]];
    }
    free(order);
    return 0;
}

static int measure(const char *label, size_t bytes)
{
    size_t count = bytes / sizeof(struct line) + 1;
    struct line *lines = aligned_alloc(sizeof(*lines), count * sizeof(*lines));
    uint64_t times_ns[ROUNDS];

    if (lines == NULL || link_lines(lines, count) != 0) {
        fprintf(stderr, "chase: no memory\n");
        return 1;
    }
    struct line *volatile at = lines; /* volatile: the chase has a reader */
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct line *here = at;
        int64_t begin_ns = bench_now_ns();
        for (unsigned i = 0; i < ACCESSES; i++) {
            here = here->next;
        }
        at = here;
        times_ns[round] = (uint64_t)(bench_now_ns() - begin_ns);
    }
    bench_record(label, "random-access", (double)bench_median(times_ns, ROUNDS) / ACCESSES);
    free(lines);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'}, {"bytes", required_argument, NULL, 'b'}, {0},
    };
    const char *label = NULL;
    size_t bytes = 0;
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 'l') {
            label = optarg;
        } else {
            error = which == 'b' ? bench_number(optarg, (size_t)1 << 32, &bytes) : -1;
        }
    }
    if (error != 0 || optind < argc || label == NULL || bytes == 0) {
        fprintf(stderr, "usage: %s --label 'ID VARIANT' --bytes N\n", argv[0]);
        return 2;
    }
    bench_pin();
    return measure(label, bytes);
}
