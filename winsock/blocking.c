/*
 * blocking.c - blocking calls of a thread, and the blocking hooks of Windows Sockets 1.1 (C44).
 *
 * Theory of operation
 *
 * A thread is in at most one blocking call. It can want a second one only from code of the
 * application that runs while it waits: the hook, and the routines that are queued to the thread
 * (C43). That one would wait on top of the first, so it fails with WSAEINPROGRESS; calls that need
 * not wait work there as everywhere.
 *
 * While a call waits, the hook is called without any lock: at once, again as long as it returns
 * TRUE, and after that once in LIMIT_HOOK_INTERVAL_MS; between, the thread waits and drives the
 * stack as without a hook. WSACancelBlockingCall() from inside the hook marks the call, which ends
 * with WSAEINTR as soon as the hook has returned.
 *
 * Such code may also end its thread, by ExitThread() or pthread_exit(). What the call has left with
 * others lies in frames that are going: a clean-up handler of the C library takes it back while the
 * thread is being unwound, when those frames are still whole.
 *
 * Hooks exist for a process that asked for version 1.x: the lowest version of all start-ups since
 * the stack began counts. A hook belongs to the thread that set it, and to the era in which it did:
 * when the last WSACleanup() ends the era, hooks of all threads are forgotten with it.
 */
#include "winsock/blocking.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "config/limits.h"
#include "stack/loop.h"
#include "winsock/thread.h"

#define NS_PER_MS INT64_C(1000000)

static atomic_uint era; /* 0: the process does not keep to version 1.x */

static _Thread_local struct {
    FARPROC hook; /* NULL: none */
    unsigned era; /* in which hook was set */
    bool waits;
    bool cancelled;
    void (*abandon)(void *of); /* NULL: the call has none */
    void *of;
} thread;

/* What WSASetBlockingHook() says was there before the first hook: it does nothing. */
static INT_PTR default_hook(void)
{
    return FALSE;
}

int blocking_enter(void (*abandon)(void *of), void *of, struct thread **self)
{
    if (thread.waits) {
        return WSAEINPROGRESS;
    }
    *self = thread_self();
    if (*self == NULL) {
        return WSAENOBUFS;
    }
    thread.waits = true;
    thread.cancelled = false;
    thread.abandon = abandon;
    thread.of = of;
    return 0;
}

void blocking_leave(void)
{
    thread.waits = false;
}

/* The thread ends in code of the application that its blocking call has called. */
static void abandon_call(void *unused)
{
    (void)unused;
    if (thread.waits && thread.abandon != NULL) {
        thread.abandon(thread.of);
    }
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

static bool call_hook(FARPROC hook)
{
    bool again;

    pthread_cleanup_push(abandon_call, NULL);
    again = ((BOOL(*)(void))hook)() != FALSE;
    pthread_cleanup_pop(0);
    return again;
}

static void call_routines(struct thread *self)
{
    pthread_cleanup_push(abandon_call, NULL);
    thread_run_apcs(self);
    pthread_cleanup_pop(0);
}

/* Waits, and calls the hook meanwhile. */
static int wait_with_hook(struct thread *self, FARPROC hook, int64_t deadline_ns)
{
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
        if (thread_wait(self, until_ns) == 0) {
            return 0;
        }
        if (deadline_ns != LOOP_FOREVER && loop_now_ns() >= deadline_ns) {
            return -ETIMEDOUT;
        }
    }
}

int blocking_wait(struct thread *self, int64_t deadline_ns)
{
    FARPROC hook = present_hook();

    if (thread_has_apcs(self)) {
        call_routines(self);
        return 0;
    }
    return hook != NULL ? wait_with_hook(self, hook, deadline_ns) : thread_wait(self, deadline_ns);
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
        *previous = (FARPROC)default_hook;
    }
    thread.hook = hook == (FARPROC)default_hook ? NULL : hook;
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
