/*
 * decide.c - random numbers by their place. decide.h defines them; no state.
 */
#include "drivers/fault/decide.h"

/* splitmix64's step, and what it makes of its counter. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Number n, from 0, of the generator with that seed. */
static uint64_t number_of(uint64_t seed, uint64_t n)
{
    return mix(seed + (n + 1) * STEP);
}

uint64_t fault_draw(uint64_t seed, enum fault_direction direction, enum fault_question question,
                    uint64_t frame)
{
    uint64_t stream = (uint64_t)direction * FAULT_QUESTIONS + question;

    return number_of(number_of(seed, stream), frame);
}

uint64_t fault_scale(uint64_t drawn, uint64_t limit)
{
    return (uint64_t)((unsigned __int128)drawn * limit >> 64);
}

bool fault_hits(uint64_t drawn, uint32_t in_million)
{
    return fault_scale(drawn, FAULT_MILLION) < in_million;
}

uint64_t fault_seed_of_name(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    }
    return hash;
}
