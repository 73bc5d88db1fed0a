/*
 * clock.c - the stack's time.
 *
 * A live stack runs on CLOCK_MONOTONIC. A stack whose links are all replays "as fast as possible"
 * has a time of its own: it stands still until a frame moves it to the time at which that frame was
 * captured, so reassembly and neighbour timers see the pace of the capture and not that of the file
 * system.
 *
 * Guarded by the stack lock, save loop_now_ns().
 */
#include <stdatomic.h>
#include <time.h>

#include "lwip/sys.h"

#include "stack/internal.h"
#include "stack/loop.h"

static struct {
    bool own;
    int64_t own_ns;
} clock_state;

int64_t loop_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return clock_state.own ? clock_state.own_ns : loop_now_ns();
}

bool clock_is_own(void)
{
    return clock_state.own;
}

void clock_start(bool own)
{
    clock_state.own = own;
    clock_state.own_ns = 0;
}

void clock_advance_ns(int64_t time_ns)
{
    bool first = clock_state.own_ns == 0;

    if (time_ns > clock_state.own_ns) {
        clock_state.own_ns = time_ns;
    }
    if (first) {
        timers_start(); /* the years before the capture did not pass */
    }
}

/* lwIP's clock in ms; wraps (lwIP computes with differences). */
u32_t sys_now(void)
{
    return (u32_t)(clock_now_ns() / NS_PER_MS);
}
