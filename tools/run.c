/*
 * run.c - one run of "winlwip recv".
 *
 * The signals only set a flag: no wait lasts longer than SLICE_MS, so that what is under way is
 * ended in good order, and the closing lines are printed in any case.
 */
#include "tools/run.h"

#include <signal.h>
#include <time.h>

#include "tools/interface.h"
#include "tools/output.h"

#define SLICE_MS 100

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

void run_catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void run_begin(struct run *run)
{
    run->last_ms = now_ms();
}

static int64_t left_ms(const struct run *run)
{
    return run->last_ms + (int64_t)run->timeout_ms - now_ms();
}

bool run_is_over(const struct run *run)
{
    return run->over || run->status != TOOL_OK || stopped ||
           (run->count_limit > 0 && run->totals.count >= run->count_limit);
}

bool run_has_expired(const struct run *run)
{
    return run->timeout_ms > 0 && left_ms(run) <= 0;
}

unsigned run_slice_ms(const struct run *run)
{
    int64_t left = run->timeout_ms > 0 ? left_ms(run) : SLICE_MS;

    if (left < 0) {
        return 0;
    }
    return left < SLICE_MS ? (unsigned)left : SLICE_MS;
}

void run_show(struct run *run, struct datagram *datagram)
{
    datagram->number = run->totals.count + 1;
    datagram->interface_name = interface_name(run->interfaces, datagram->interface);
    datagram_count(&run->totals, datagram);
    run->output->datagram(datagram, run->hex);
    run->last_ms = now_ms();
}
