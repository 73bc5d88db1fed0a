/*
 * blocking.h - the blocking call that a thread is in: its hook, its cancellation, no second one.
 *
 * Theory of operation stands in blocking.c.
 */
#ifndef WINSOCK_BLOCKING_H
#define WINSOCK_BLOCKING_H

#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>

struct thread;

/*
 * Begins a blocking call of this thread: a receive, select() or WSAPoll() that has to wait.
 * abandon(of) is called when code of the application ends the thread inside of it: it takes back
 * what others know of the call, and the references that the call's caller holds; no frame of it
 * comes back. NULL for a call that runs no code of the application.
 * Returns 0 and the thread's record, after which blocking_leave() ends it; WSAEINPROGRESS when the
 * thread is inside one already (C43, C44); WSAENOBUFS.
 */
int blocking_enter(void (*abandon)(void *of), void *of, struct thread **self);
void blocking_leave(void);

/* Is this thread inside a blocking call? */
bool blocking_under_way(void);

/*
 * thread_wait() of a blocking call: calls the routines that are queued to the thread (C43), and
 * has its hook called meanwhile. deadline_ns on CLOCK_MONOTONIC. No lock may be held: this is
 * application code.
 * Returns 0 when woken or when routines were called (look again), -ETIMEDOUT at the deadline,
 * -EINTR when the call was cancelled.
 */
int blocking_wait(struct thread *self, int64_t deadline_ns);

/* Does the process keep to Windows Sockets 1.x from now on? Hooks set before are forgotten. */
void blocking_set_version(bool one);

/*
 * The functions of the same names (WSASetBlockingHook and so on), without the check for start-up.
 * Return 0; WSAEOPNOTSUPP: the process asked for version 2; WSAEINVAL: nothing to cancel;
 * WSAEINPROGRESS: a hook can't be set inside a blocking call; WSAEFAULT: no hook given.
 */
int blocking_cancel(void);
int blocking_hook(FARPROC hook, FARPROC *previous);
int blocking_unhook(void);

#endif
