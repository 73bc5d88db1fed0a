/*
 * prng.h - a random generator that gives the same numbers everywhere (splitmix64).
 */
#ifndef TESTS_SUPPORT_PRNG_H
#define TESTS_SUPPORT_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t state; /* the seed at first */
};

static inline uint64_t prng_next(struct prng *prng)
{
    uint64_t z = prng->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0..limit-1 */
static inline unsigned prng_below(struct prng *prng, unsigned limit)
{
    return (unsigned)(prng_next(prng) % limit);
}

/* Once in n times. */
static inline bool prng_one_in(struct prng *prng, unsigned n)
{
    return prng_below(prng, n) == 0;
}

#endif
