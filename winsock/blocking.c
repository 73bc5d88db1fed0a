/*
 * blocking.c - blocking calls of a thread, and the blocking hooks of Windows Sockets 1.1 (C44).
 *
 * Theory of operation
 *
 * A thread is in at most one blocking call. It can want a second one only from code of the
 * application that runs while it waits: the hook. That one would wait on top of the first, so it
 * fails with WSAEINPROGRESS; calls that need not wait work inside a hook as everywhere.
 *
 * While a call waits, the hook is called without any lock: at once, again as long as it returns
 * TRUE, and after that once in LIMIT_HOOK_INTERVAL_MS; between, the thread waits and drives the
 * stack as without a hook. WSACancelBlockingCall() from inside the hook marks the call, which ends
 * with WSAEINTR as soon as the hook has returned.
 *
 * Hooks exist for a process that asked for version 1.x: the lowest version of all start-ups since
 * the stack began counts. A hook belongs to the thread that set it, and to the era in which it did:
 * when the last WSACleanup() ends the era, hooks of all threads are forgotten with it.
 */
#include "winsock/blocking.h"

#include <errno.h>
#include <stdatomic.h>

#include "config/limits.h"
#include "stack/loop.h"

#define NS_PER_MS INT64_C(1000000)

static atomic_uint era; /* 0: the process does not keep to version 1.x */

static _Thread_local struct {
    FARPROC hook; /* NULL: none */
    unsigned era; /* in which hook was set */
    bool waits;
    bool cancelled;
} thread;

/* What WSASetBlockingHook() says was there before the first hook: it does nothing. */
static INT_PTR default_hook(void)
{
    return FALSE;
}

int blocking_enter(void)
{
    if (thread.waits) {
        return WSAEINPROGRESS;
    }
    thread.waits = true;
    thread.cancelled = false;
    return 0;
}

void blocking_leave(void)
{
    thread.waits = false;
}

bool blocking_under_way(void)
{
    return thread.waits;
}

void blocking_set_version(bool one)
{
    static unsigned eras; /* the caller serialises */

    atomic_store(&era, one ? ++eras : 0);
}

/* The hook in force, or NULL. */
static FARPROC present_hook(void)
{
    unsigned now = atomic_load_explicit(&era, memory_order_relaxed);

    return now != 0 && thread.era == now ? thread.hook : NULL;
}

/* Only the lower 32 bits of what the hook returns are a BOOL. */
static bool call_hook(FARPROC hook)
{
    return (int)hook() != FALSE;
}

int blocking_wait(struct loop_waiter *waiter, int64_t deadline_ns)
{
    FARPROC hook = present_hook();

    if (hook == NULL) {
        return loop_wait(waiter, deadline_ns);
    }
    for (;;) {
        bool again = call_hook(hook);
        if (thread.cancelled) {
            return -EINTR;
        }
        if (again) { /* the stack moves on all the same */
            loop_poll();
        }
        int64_t until_ns = again ? 0 : loop_now_ns() + LIMIT_HOOK_INTERVAL_MS * NS_PER_MS;
        if (until_ns > deadline_ns) {
            until_ns = deadline_ns;
        }
        if (loop_wait(waiter, until_ns) == 0) {
            return 0;
        }
        if (deadline_ns != LOOP_FOREVER && loop_now_ns() >= deadline_ns) {
            return -ETIMEDOUT;
        }
    }
}

static bool is_version_one(void)
{
    return atomic_load(&era) != 0;
}

int blocking_cancel(void)
{
    if (!is_version_one()) {
        return WSAEOPNOTSUPP;
    }
    if (!thread.waits) {
        return WSAEINVAL;
    }
    thread.cancelled = true;
    return 0;
}

int blocking_hook(FARPROC hook, FARPROC *previous)
{
    if (!is_version_one()) {
        return WSAEOPNOTSUPP;
    }
    if (thread.waits) {
        return WSAEINPROGRESS;
    }
    if (hook == NULL) {
        return WSAEFAULT;
    }
    *previous = present_hook();
    if (*previous == NULL) {
        *previous = default_hook;
    }
    thread.hook = hook == default_hook ? NULL : hook;
    thread.era = atomic_load(&era);
    return 0;
}

int blocking_unhook(void)
{
    if (!is_version_one()) {
        return WSAEOPNOTSUPP;
    }
    thread.hook = NULL;
    return 0;
}
