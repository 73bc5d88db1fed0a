/*
 * run.c - one run of "winlwip recv".
 *
 * The signals are held back, and looked for between two waits. No wait lasts longer than SLICE_MS, so
 * that what is under way is ended in good order, and the closing lines are printed in any case. There
 * is no handler: thread sanitizers put one off, and sometimes for good.
 */
#include "tools/run.h"

#include <signal.h>
#include <time.h>

#include "tools/interface.h"
#include "tools/output.h"

#define SLICE_MS 100

void run_hold_signals(void)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &held, NULL);
}

bool run_is_stopped(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
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
    return run->over || run->status != TOOL_OK ||
           (run->count_limit > 0 && run->totals.count >= run->count_limit) || run_is_stopped();
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
