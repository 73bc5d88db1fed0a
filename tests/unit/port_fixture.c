/*
 * port_fixture.c - completion ports without any network. No state.
 */
#include "tests/unit/port_fixture.h"

#include <check.h>

#include "stack/loop.h"
#include "tests/support/worker.h"
#include "winsock/port.h"
#include "winsock/wait.h"

/* Tries at most: a machine that is busy for the time of some is not for that of all. */
#define TRIES 100u

HANDLE port_of(unsigned concurrency)
{
    HANDLE port;

    ck_assert_int_eq(port_new(concurrency, &port), 0);
    return port;
}

void post(HANDLE port, ULONG_PTR key)
{
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 0, key, NULL), TRUE);
}

int take(HANDLE handle, ULONG_PTR *key, DWORD timeout_ms)
{
    struct port *port = port_get(handle);
    OVERLAPPED_ENTRY entry = {.lpCompletionKey = 0};
    unsigned count;

    if (port == NULL) {
        return ERROR_ABANDONED_WAIT_0;
    }
    int error = port_take(port, &entry, 1, &count, wait_deadline_ns(timeout_ms), false);
    port_put(port);
    *key = entry.lpCompletionKey;
    return error;
}

void take_now(HANDLE port, ULONG_PTR key)
{
    ULONG_PTR taken;

    ck_assert_int_eq(take(port, &taken, 0), 0);
    ck_assert_uint_eq(taken, key);
}

void be_active(HANDLE port)
{
    post(port, 1);
    take_now(port, 1);
}

void taker_run(void *argument)
{
    struct taker *taker = argument;

    do {
        taker->error = take(taker->port, &taker->key, taker->step_ms);
    } while (taker->error == WAIT_TIMEOUT);
    atomic_store(&taker->taken_ns, loop_now_ns());
}

int64_t least_delay_ns(HANDLE port)
{
    int64_t least_ns = INT64_MAX;

    for (unsigned i = 0; i < TRIES && least_ns >= HOLD_NS / 2; i++) {
        struct taker taker = {.port = port, .step_ms = INFINITE};
        struct worker *worker = worker_start(taker_run, &taker);
        worker_blocked(worker);
        int64_t start_ns = loop_now_ns();
        post(port, i);
        worker_join(worker);
        ck_assert_int_eq(taker.error, 0);
        ck_assert_uint_eq(taker.key, i);
        if (taker.taken_ns - start_ns < least_ns) {
            least_ns = taker.taken_ns - start_ns;
        }
    }
    return least_ns;
}
