/*
 * decide.h - what becomes of the n-th frame: chance that depends on nothing but its number.
 *
 * Every question about a frame has a stream of random numbers of its own, of which frame n gets the
 * n-th. So what is decided depends neither on time nor on what else is asked: a run with jitter
 * loses the same frames as one without.
 *
 * The generator is splitmix64 (Steele, Lea and Flood, 2014), which adds a constant to a counter and
 * mixes that: its n-th number is found without those before. The stream of direction d and question
 * q is that whose seed is number d * FAULT_QUESTIONS + q of the generator seeded with fault-seed,
 * all numbers counted from 0.
 */
#ifndef DRIVERS_FAULT_DECIDE_H
#define DRIVERS_FAULT_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

enum fault_direction {
    FAULT_IN, /* towards the stack */
    FAULT_OUT,
    FAULT_DIRECTIONS,
};

enum fault_question {
    FAULT_LOSS,
    FAULT_DUPLICATE,
    FAULT_REORDER,
    FAULT_CORRUPT,
    FAULT_CORRUPT_BIT, /* which one */
    FAULT_JITTER,      /* how much */
    FAULT_QUESTIONS,
};

/* Parts of a million: the unit of chances. */
#define FAULT_MILLION 1000000u

/* The number that answers a question about frame number frame (from 0) of a direction. */
uint64_t fault_draw(uint64_t seed, enum fault_direction direction, enum fault_question question,
                    uint64_t frame);

/* A drawn number brought into 0..limit-1; 0 for limit 0. */
uint64_t fault_scale(uint64_t drawn, uint64_t limit);

/* Does a chance of so many in a million come true? */
bool fault_hits(uint64_t drawn, uint32_t in_million);

/* The seed of an interface that was given none: FNV-1a over its name. */
uint64_t fault_seed_of_name(const char *name);

#endif
