/*
 * chance.c - stands in for stack/random.c and stack/clock.c, so that two runs are alike.
 *
 * The linker finds these definitions before those of the library. Random numbers come from a fixed
 * seed. The clock stands still unless a test sets it, or frames move it on (own clock), as in
 * stack/clock.c. loop_now_ns(), by which calls wait, goes on as ever.
 *
 * State: the generator and the time, guarded by the stack lock or used by one thread only.
 */
#include <time.h>

#include "lwip/sys.h"

#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/random.h"
#include "tests/equiv/equiv.h"
#include "tests/support/prng.h"

static struct {
    struct prng prng;
    int64_t now_ns;
    bool own;
} chance;

void equiv_random_start(void)
{
    chance.prng.state = 1;
}

void equiv_clock_set_ns(int64_t time_ns)
{
    if (!chance.own && time_ns > chance.now_ns) {
        chance.now_ns = time_ns;
    }
}

uint32_t stack_random32(void)
{
    return (uint32_t)prng_next(&chance.prng);
}

int64_t loop_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return chance.now_ns;
}

bool clock_is_own(void)
{
    return chance.own;
}

void clock_start(bool own)
{
    chance.own = own;
    chance.now_ns = 0;
}

void clock_advance_ns(int64_t time_ns)
{
    bool first = chance.now_ns == 0;

    if (time_ns > chance.now_ns) {
        chance.now_ns = time_ns;
    }
    if (first) {
        timers_start();
    }
}

u32_t sys_now(void)
{
    return (u32_t)(clock_now_ns() / NS_PER_MS);
}
