/*
 * wait.c - the one way to wait: for sockets (select, WSAPoll), for objects by handle (events,
 * threads, sockets), for packets of a port (port.c), or just for time.
 *
 * Theory of operation
 *
 * A waiting thread hangs a watcher on everything that it waits for, and then looks at the states.
 * Whoever changes a state looks for watchers afterwards; so either the look finds the change or the
 * change finds the watcher, and wakes. All wakes of a thread meet in its one loop_waiter, and after
 * each wake the thread looks again at everything: a datagram or a signal may have gone to another
 * thread. A struct wait_kind says how to hang up and look.
 *
 * Routines that are queued to the thread (APCs) matter only to a wait that is not satisfied at
 * once. An alertable wait is given up for them, so that nothing is taken by a thread that is busy
 * with routines; whoever waited gives its references back, and then has them called. A blocking
 * call calls them and waits on (C43); that is blocking_wait()'s affair.
 *
 * Sockets are looked at one by one under their own locks. Objects have one lock together, the
 * completion lock: a wait for all of them has to find all signaled at one moment, and to take the
 * signals of those that reset at the same one. Signaling needs it only when somebody watches. It is
 * a leaf but for the loop's mutex: stack lock, socket.lock, this one, the loop's.
 */
#include "winsock/wait.h"

#include <errno.h>
#include <pthread.h>

#include "stack/loop.h"
#include "stack/stack.h"
#include "winsock/blocking.h"
#include "winsock/socket.h"
#include "winsock/thread.h"

int64_t wait_deadline_ns(uint32_t timeout_ms)
{
    if (timeout_ms == INFINITE) {
        return LOOP_FOREVER;
    }
    return timeout_ms == 0 ? 0 : loop_now_ns() + (int64_t)timeout_ms * 1000000;
}

/* Sleeps until something wakes, or it is time to look. Returns whether the wait's time is over. */
static bool sleep_once(const struct wait_kind *kind, const void *of, struct thread *self,
                       int64_t deadline_ns)
{
    int64_t look_ns = kind->next_look_ns != NULL ? kind->next_look_ns(of) : LOOP_FOREVER;

    if (look_ns < deadline_ns) {
        thread_wait(self, look_ns);
        return false;
    }
    return thread_wait(self, deadline_ns) != 0;
}

/* Sleeps until the wait is satisfied, has to be given up for routines, or is over. */
static int sleep_until(const struct wait_kind *kind, void *of, struct thread *self,
                       int64_t deadline_ns, bool alertable)
{
    bool timed_out = false;

    for (;;) {
        if (kind->look(of)) {
            return 0;
        }
        if (alertable && thread_has_apcs(self)) {
            return WAIT_IO_COMPLETION;
        }
        if (timed_out) {
            return WAIT_TIMEOUT;
        }
        timed_out = sleep_once(kind, of, self, deadline_ns);
    }
}

/* A wait that may not sleep: the stack has a turn between two looks. */
static int poll_once(const struct wait_kind *kind, void *of, struct thread *self, bool alertable)
{
    if (!alertable || !thread_has_apcs(self)) {
        loop_poll();
        if (kind->look(of)) {
            return 0;
        }
    }
    return alertable && thread_has_apcs(self) ? WAIT_IO_COMPLETION : WAIT_TIMEOUT;
}

int wait_until(const struct wait_kind *kind, void *of, int64_t deadline_ns, bool alertable)
{
    struct thread *self = thread_self();
    int outcome;

    if (kind->look(of)) {
        return 0;
    }
    if (self == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (deadline_ns == 0) {
        outcome = poll_once(kind, of, self, alertable);
    } else {
        kind->attach(of, self);
        outcome = sleep_until(kind, of, self, deadline_ns, alertable);
        kind->detach(of);
    }
    return outcome;
}

/* --- sockets --- */

struct socket_wait {
    struct wait_item *items;
    unsigned count;
};

static uint32_t state_locked(const struct socket *socket)
{
    if (socket->closed) {
        return WAIT_GONE;
    }
    if (!socket_is_datagram(socket)) {
        return 0;
    }
    if (!recvqueue_empty(&socket->queue) || socket->receive_shut || socket_is_down_locked(socket)) {
        return WAIT_READABLE | WAIT_WRITABLE;
    }
    return WAIT_WRITABLE;
}

static bool look_at_sockets(void *of)
{
    const struct socket_wait *wait = of;
    bool satisfied = false;

    for (unsigned i = 0; i < wait->count; i++) {
        struct wait_item *item = &wait->items[i];
        if (item->socket == NULL) {
            continue;
        }
        lock_take(&item->socket->lock);
        item->ready = state_locked(item->socket) & (item->wanted | WAIT_GONE);
        lock_give(&item->socket->lock);
        satisfied |= item->ready != 0;
    }
    return satisfied;
}

static void watch_sockets(void *of, struct thread *self)
{
    const struct socket_wait *wait = of;

    for (unsigned i = 0; i < wait->count; i++) {
        struct wait_item *item = &wait->items[i];
        if (item->socket != NULL) {
            lock_take(&item->socket->lock);
            watcher_add(&item->socket->watchers, &item->watcher, &self->waiter);
            lock_give(&item->socket->lock);
        }
    }
}

static void unwatch_sockets(void *of)
{
    const struct socket_wait *wait = of;

    for (unsigned i = 0; i < wait->count; i++) {
        struct wait_item *item = &wait->items[i];
        if (item->socket != NULL) {
            lock_take(&item->socket->lock);
            watcher_remove(&item->socket->watchers, &item->watcher);
            lock_give(&item->socket->lock);
        }
    }
}

/* Sleeps as a blocking call does. Returns 0 also at the deadline, or WSAEINTR. */
static int sleep_for_sockets(struct socket_wait *wait, struct thread *self, int64_t deadline_ns)
{
    int woken = 0;

    watch_sockets(wait, self);
    while (!look_at_sockets(wait) && woken == 0) {
        woken = blocking_wait(self, deadline_ns);
    }
    unwatch_sockets(wait);
    return woken == -EINTR ? WSAEINTR : 0;
}

/* The thread ends: its watchers come off, and the caller's references go. */
static void abandon_sockets(void *of)
{
    const struct socket_wait *wait = of;

    unwatch_sockets(of);
    for (unsigned i = 0; i < wait->count; i++) {
        if (wait->items[i].socket != NULL) {
            socket_put(wait->items[i].socket);
        }
    }
}

int wait_for_sockets(struct wait_item *items, unsigned count, int64_t deadline_ns)
{
    struct socket_wait wait = {items, count};
    struct thread *self;

    /* A wait drives the stack itself; only one that may not wait needs a turn beforehand. */
    if (deadline_ns == 0) {
        loop_poll();
    }
    if (look_at_sockets(&wait) || deadline_ns == 0) {
        return 0;
    }
    int error = blocking_enter(abandon_sockets, &wait, &self);
    if (error == 0) {
        error = sleep_for_sockets(&wait, self, deadline_ns);
        blocking_leave();
    }
    return error;
}

/* --- objects --- */

struct object_wait {
    struct waitable *const *objects;
    struct watcher watchers[WAIT_OBJECTS_MAX];
    unsigned count;
    bool all;
    unsigned index; /* out */
};

static pthread_mutex_t completion_lock = PTHREAD_MUTEX_INITIALIZER;

void waitable_init(struct waitable *object, bool signaled, bool resets)
{
    *object = (struct waitable){.signaled = signaled, .resets = resets};
}

/* The store and the look at the watchers must not change places: both are sequentially consistent. */
void waitable_set(struct waitable *object)
{
    atomic_store(&object->signaled, true);
    if (atomic_load(&object->watched) != 0) {
        pthread_mutex_lock(&completion_lock);
        watchers_wake(object->watchers);
        pthread_mutex_unlock(&completion_lock);
    }
}

/*
 * Whoever takes a signal away by an exchange sees what was written before that was given: a program
 * may reset an event and look at its operations then, without losing one. When there is none,
 * nothing is written, so a signal that is being given meanwhile stays.
 */
void waitable_reset(struct waitable *object)
{
    if (atomic_load(&object->signaled)) {
        atomic_exchange(&object->signaled, false);
    }
}

bool waitable_is_set(const struct waitable *object)
{
    return atomic_load(&object->signaled);
}

/* Takes the signal of an object that ended a wait. */
static void consume_locked(struct waitable *object)
{
    if (object->resets) {
        waitable_reset(object);
    }
}

static bool take_any_locked(struct object_wait *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        if (atomic_load(&wait->objects[i]->signaled)) {
            consume_locked(wait->objects[i]);
            wait->index = i;
            return true;
        }
    }
    return false;
}

static bool take_all_locked(struct object_wait *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        if (!atomic_load(&wait->objects[i]->signaled)) {
            return false;
        }
    }
    for (unsigned i = 0; i < wait->count; i++) {
        consume_locked(wait->objects[i]);
    }
    wait->index = 0;
    return true;
}

static bool look_at_objects(void *of)
{
    struct object_wait *wait = of;

    if (wait->count == 0) { /* a sleep */
        return false;
    }
    pthread_mutex_lock(&completion_lock);
    bool satisfied = wait->all ? take_all_locked(wait) : take_any_locked(wait);
    pthread_mutex_unlock(&completion_lock);
    return satisfied;
}

static void watch_objects(void *of, struct thread *self)
{
    struct object_wait *wait = of;

    pthread_mutex_lock(&completion_lock);
    for (unsigned i = 0; i < wait->count; i++) {
        watcher_add(&wait->objects[i]->watchers, &wait->watchers[i], &self->waiter);
        atomic_fetch_add(&wait->objects[i]->watched, 1);
    }
    pthread_mutex_unlock(&completion_lock);
}

static void unwatch_objects(void *of)
{
    struct object_wait *wait = of;

    pthread_mutex_lock(&completion_lock);
    for (unsigned i = 0; i < wait->count; i++) {
        watcher_remove(&wait->objects[i]->watchers, &wait->watchers[i]);
        atomic_fetch_sub(&wait->objects[i]->watched, 1);
    }
    pthread_mutex_unlock(&completion_lock);
}

static const struct wait_kind object_kind = {
    .attach = watch_objects,
    .detach = unwatch_objects,
    .look = look_at_objects,
};

int wait_for_objects(struct waitable *const *objects, unsigned count, bool all,
                     int64_t deadline_ns, bool alertable, unsigned *index)
{
    struct object_wait wait = {.objects = objects, .count = count, .all = all};
    int outcome = wait_until(&object_kind, &wait, deadline_ns, alertable);

    *index = wait.index;
    return outcome;
}
