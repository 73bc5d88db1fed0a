/*
 * wait.c - the one way to wait: for sockets (select, WSAPoll) and for objects by handle (events).
 *
 * Theory of operation
 *
 * A waiting thread hangs a watcher on everything that it waits for, and then looks at the states.
 * It looks under the lock of what it looks at, and so does whoever changes a state; a change
 * between the look and the sleep finds the watcher and wakes. All watchers of a wait wake one
 * loop_waiter. After each wake the thread looks again at everything: a datagram or a signal may
 * have gone to another thread. wait_until() is that loop; a struct wait_kind says how to hang up,
 * look and sleep.
 *
 * Sockets are looked at one by one under their own locks. Objects have one lock together, the
 * completion lock: a wait for all of them has to find all signaled at one moment, and to take the
 * signals of those that reset at the same one. It is a leaf but for the loop's mutex: stack lock,
 * socket.lock, this one, the loop's.
 */
#include "winsock/wait.h"

#include <errno.h>
#include <pthread.h>

#include "stack/loop.h"
#include "stack/stack.h"
#include "winsock/blocking.h"

/* How one kind of wait goes about it. of: its description. */
struct wait_kind {
    void (*attach)(void *of, struct loop_waiter *waiter);
    void (*detach)(void *of);
    bool (*look)(void *of); /* is the wait satisfied? */
    int (*sleep)(struct loop_waiter *waiter, int64_t deadline_ns); /* as blocking_wait() */
};

/* Returns 0 when the wait is satisfied, else what sleep() gave: -ETIMEDOUT, -EINTR. */
static int wait_until(const struct wait_kind *kind, void *of, int64_t deadline_ns)
{
    struct loop_waiter waiter;
    int error = 0;

    loop_waiter_init(&waiter);
    kind->attach(of, &waiter);
    bool satisfied = kind->look(of);
    while (!satisfied && error == 0) {
        error = kind->sleep(&waiter, deadline_ns);
        satisfied = error != -EINTR && kind->look(of);
    }
    kind->detach(of);
    loop_waiter_fini(&waiter);
    return satisfied ? 0 : error;
}

int64_t wait_deadline_ns(uint32_t timeout_ms)
{
    if (timeout_ms == INFINITE) {
        return LOOP_FOREVER;
    }
    return timeout_ms == 0 ? 0 : loop_now_ns() + (int64_t)timeout_ms * 1000000;
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
        pthread_mutex_lock(&item->socket->lock);
        item->ready = state_locked(item->socket) & (item->wanted | WAIT_GONE);
        pthread_mutex_unlock(&item->socket->lock);
        satisfied |= item->ready != 0;
    }
    return satisfied;
}

static void watch_sockets(void *of, struct loop_waiter *waiter)
{
    const struct socket_wait *wait = of;

    for (unsigned i = 0; i < wait->count; i++) {
        struct wait_item *item = &wait->items[i];
        if (item->socket != NULL) {
            pthread_mutex_lock(&item->socket->lock);
            watcher_add(&item->socket->watchers, &item->watcher, waiter);
            pthread_mutex_unlock(&item->socket->lock);
        }
    }
}

static void unwatch_sockets(void *of)
{
    const struct socket_wait *wait = of;

    for (unsigned i = 0; i < wait->count; i++) {
        struct wait_item *item = &wait->items[i];
        if (item->socket != NULL) {
            pthread_mutex_lock(&item->socket->lock);
            watcher_remove(&item->socket->watchers, &item->watcher);
            pthread_mutex_unlock(&item->socket->lock);
        }
    }
}

static const struct wait_kind socket_kind = {
    .attach = watch_sockets,
    .detach = unwatch_sockets,
    .look = look_at_sockets,
    .sleep = blocking_wait,
};

int wait_for_sockets(struct wait_item *items, unsigned count, int64_t deadline_ns)
{
    struct socket_wait wait = {items, count};

    /* A wait drives the stack itself; only one that may not wait needs a turn beforehand. */
    if (deadline_ns == 0) {
        loop_poll();
    }
    if (look_at_sockets(&wait) || deadline_ns == 0) {
        return 0;
    }
    int error = blocking_enter();
    if (error != 0) {
        return error;
    }
    int woken = wait_until(&socket_kind, &wait, deadline_ns);
    blocking_leave();
    return woken == -EINTR ? WSAEINTR : 0;
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

void waitable_set(struct waitable *object)
{
    pthread_mutex_lock(&completion_lock);
    object->signaled = true;
    watchers_wake(object->watchers);
    pthread_mutex_unlock(&completion_lock);
}

void waitable_reset(struct waitable *object)
{
    pthread_mutex_lock(&completion_lock);
    object->signaled = false;
    pthread_mutex_unlock(&completion_lock);
}

/* Takes the signal of an object that ended a wait. */
static void consume_locked(struct waitable *object)
{
    if (object->resets) {
        object->signaled = false;
    }
}

static bool take_any_locked(struct object_wait *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        if (wait->objects[i]->signaled) {
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
        if (!wait->objects[i]->signaled) {
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

    pthread_mutex_lock(&completion_lock);
    bool satisfied = wait->all ? take_all_locked(wait) : take_any_locked(wait);
    pthread_mutex_unlock(&completion_lock);
    return satisfied;
}

static void watch_objects(void *of, struct loop_waiter *waiter)
{
    struct object_wait *wait = of;

    pthread_mutex_lock(&completion_lock);
    for (unsigned i = 0; i < wait->count; i++) {
        watcher_add(&wait->objects[i]->watchers, &wait->watchers[i], waiter);
    }
    pthread_mutex_unlock(&completion_lock);
}

static void unwatch_objects(void *of)
{
    struct object_wait *wait = of;

    pthread_mutex_lock(&completion_lock);
    for (unsigned i = 0; i < wait->count; i++) {
        watcher_remove(&wait->objects[i]->watchers, &wait->watchers[i]);
    }
    pthread_mutex_unlock(&completion_lock);
}

static const struct wait_kind object_kind = {
    .attach = watch_objects,
    .detach = unwatch_objects,
    .look = look_at_objects,
    .sleep = loop_wait,
};

int wait_for_objects(struct waitable *const *objects, unsigned count, bool all,
                     int64_t deadline_ns, unsigned *index)
{
    struct object_wait wait = {.objects = objects, .count = count, .all = all};
    bool satisfied = look_at_objects(&wait);

    if (!satisfied && deadline_ns == 0) {
        loop_poll();
        satisfied = look_at_objects(&wait);
    } else if (!satisfied) {
        satisfied = wait_until(&object_kind, &wait, deadline_ns) == 0;
    }
    *index = wait.index;
    return satisfied ? 0 : WAIT_TIMEOUT;
}
