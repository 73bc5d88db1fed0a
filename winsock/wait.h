/*
 * wait.h - what a thread waits for: one of several sockets, or one or all of several objects.
 *
 * Theory of operation stands in wait.c. How a thread sleeps, and that the stack is driven meanwhile,
 * is stack/loop.h's.
 */
#ifndef WINSOCK_WAIT_H
#define WINSOCK_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "winsock/watcher.h"

struct socket;
struct thread;

#define WAIT_READABLE 0x1u /* a receive would not wait */
#define WAIT_WRITABLE 0x2u /* a send would not wait: a datagram socket is always */
#define WAIT_GONE 0x4u     /* closed meanwhile; reported whether wanted or not */

struct wait_item {
    struct socket *socket; /* NULL: passed over. The caller holds a reference */
    uint32_t wanted;       /* WAIT_*; 0: its end alone */
    uint32_t ready;        /* out */
    struct watcher watcher;
};

/*
 * Waits until at least one item is ready or the deadline (ns on CLOCK_MONOTONIC, LOOP_FOREVER for
 * none, 0 for a look) has passed. A mere look gives the stack a turn first, so that it finds what
 * can arrive without waiting. The wait is a blocking call (blocking.h).
 * No lock may be held. Returns 0, at the deadline too: items say what is ready; WSAEINPROGRESS;
 * WSAEINTR; WSAENOBUFS.
 */
int wait_for_sockets(struct wait_item *items, unsigned count, int64_t deadline_ns);

/*
 * Something that is signaled or not, and that a thread can wait for by handle. Embedded in the
 * object; members are wait.c's.
 */
struct waitable {
    atomic_bool signaled;
    bool resets;             /* a wait that it ends takes the signal away */
    atomic_uint watched;     /* watchers that there are */
    struct watcher *watchers;
};

void waitable_init(struct waitable *object, bool signaled, bool resets);

/*
 * Signals it, or takes the signal away. Any thread; the stack lock and a socket's may be held, as
 * the lock inside comes behind them. The caller keeps the object alive: a thread that sees the
 * signal may close it at once.
 */
void waitable_set(struct waitable *object);
void waitable_reset(struct waitable *object);
bool waitable_is_set(const struct waitable *object);

/*
 * The same for an object that is only ever changed under one lock, which the caller holds: nothing
 * is written that stands there already, and no order is kept beyond that of the lock.
 */
static inline void waitable_set_locked(struct waitable *object)
{
    if (!atomic_load_explicit(&object->signaled, memory_order_relaxed)) {
        waitable_set(object);
    }
}

static inline void waitable_reset_locked(struct waitable *object)
{
    atomic_store_explicit(&object->signaled, false, memory_order_release);
}

/* Objects that one wait takes: Windows' MAXIMUM_WAIT_OBJECTS. */
#define WAIT_OBJECTS_MAX 64u

/*
 * Waits until one object is signaled, or all are at one moment, or the deadline (as above) has
 * passed. Objects that reset lose their signal when they end the wait, and only then: of any the
 * first signaled one, of all every one. A mere look that finds nothing gives the stack a turn and
 * looks again. The caller holds references; count is at most WAIT_OBJECTS_MAX, and 0 for a sleep.
 * No lock may be held.
 * Returns 0 and the index of the object (0 for all), WAIT_TIMEOUT, WAIT_IO_COMPLETION (alertable:
 * routines of the thread are to be called), ERROR_NOT_ENOUGH_MEMORY. After WAIT_IO_COMPLETION the
 * caller gives back what it holds and then calls thread_run_apcs(): a routine may clean up, or end
 * the thread.
 */
int wait_for_objects(struct waitable *const *objects, unsigned count, bool all,
                     int64_t deadline_ns, bool alertable, unsigned *index);

/* The deadline of a wait of so many milliseconds; INFINITE: none; 0: a look. */
int64_t wait_deadline_ns(uint32_t timeout_ms);

/* How one kind of wait goes about it. of: its description. */
struct wait_kind {
    void (*attach)(void *of, struct thread *self); /* from now on changes wake the thread */
    void (*detach)(void *of);
    bool (*look)(void *of); /* is the wait satisfied? */
    int64_t (*next_look_ns)(const void *of); /* when to look even if nobody wakes; may be NULL */
};

/*
 * Waits in one kind of way for what is no blocking call, as wait_for_objects() does, which see for
 * deadline and results; look() is called before anything else, and never again once it is true.
 */
int wait_until(const struct wait_kind *kind, void *of, int64_t deadline_ns, bool alertable);

#endif
