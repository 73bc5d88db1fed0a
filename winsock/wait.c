/*
 * wait.c - waits for sockets.
 *
 * Theory of operation: a waiting thread hangs a watcher on every socket it waits for and looks at
 * the socket's state under the same hold of socket.lock, so it cannot miss a change between the
 * look and the wait. All watchers wake one loop_waiter. After each wake it looks again at all of
 * them: a datagram may have gone to another thread. Watchers are taken off under socket.lock, so
 * that nobody wakes the waiter once the last one is off.
 */
#include "winsock/wait.h"

#include <pthread.h>

#include "stack/loop.h"
#include "stack/stack.h"

static uint32_t state_locked(const struct socket *socket)
{
    if (socket->closed) {
        return WAIT_GONE;
    }
    if (!socket_is_datagram(socket)) {
        return 0;
    }
    if (!recvqueue_empty(&socket->queue) || socket->receive_shut ||
        (socket->bound && stack_ended())) {
        return WAIT_READABLE | WAIT_WRITABLE;
    }
    return WAIT_WRITABLE;
}

/* Looks at one item, hanging its watcher on the socket when one is given. */
static void look(struct wait_item *item, struct loop_waiter *waiter)
{
    struct socket *socket = item->socket;

    pthread_mutex_lock(&socket->lock);
    item->ready = state_locked(socket) & (item->wanted | WAIT_GONE);
    if (waiter != NULL) {
        item->watcher.waiter = waiter;
        item->watcher.next = socket->watchers;
        socket->watchers = &item->watcher;
    }
    pthread_mutex_unlock(&socket->lock);
}

static unsigned look_at_all(struct wait_item *items, unsigned count, struct loop_waiter *waiter)
{
    unsigned ready = 0;

    for (unsigned i = 0; i < count; i++) {
        if (items[i].socket == NULL) {
            continue;
        }
        look(&items[i], waiter);
        ready += items[i].ready != 0;
    }
    return ready;
}

static void unwatch(struct wait_item *item)
{
    struct socket *socket = item->socket;

    pthread_mutex_lock(&socket->lock);
    struct socket_watcher **link = &socket->watchers;
    while (*link != &item->watcher) {
        link = &(*link)->next;
    }
    *link = item->watcher.next;
    pthread_mutex_unlock(&socket->lock);
}

unsigned wait_for_sockets(struct wait_item *items, unsigned count, int64_t deadline_ns)
{
    struct loop_waiter waiter;

    /* A wait drives the stack itself; only one that may not wait needs a turn beforehand. */
    if (deadline_ns == 0) {
        loop_poll();
    }
    unsigned ready = look_at_all(items, count, NULL);
    if (ready != 0 || deadline_ns == 0) {
        return ready;
    }

    loop_waiter_init(&waiter);
    ready = look_at_all(items, count, &waiter);
    while (ready == 0) {
        int woken = loop_wait(&waiter, deadline_ns);
        ready = look_at_all(items, count, NULL);
        if (woken != 0) {
            break;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (items[i].socket != NULL) {
            unwatch(&items[i]);
        }
    }
    loop_waiter_fini(&waiter);
    return ready;
}
