/*
 * watcher.h - lists of those who want to know of a change.
 *
 * Whatever a thread can wait for (a socket, an event) has such a list. A watcher lives in the frame
 * of the waiting thread. A list is guarded by the lock of what it belongs to, and a watcher is
 * taken off under that lock, so that nobody wakes a waiter that has gone.
 */
#ifndef WINSOCK_WATCHER_H
#define WINSOCK_WATCHER_H

#include <stddef.h>

#include "stack/loop.h"

struct watcher {
    struct loop_waiter *waiter;
    struct watcher *next;
};

static inline void watcher_add(struct watcher **list, struct watcher *watcher,
                               struct loop_waiter *waiter)
{
    watcher->waiter = waiter;
    watcher->next = *list;
    *list = watcher;
}

/* The watcher must be in the list. */
static inline void watcher_remove(struct watcher **list, const struct watcher *watcher)
{
    while (*list != watcher) {
        list = &(*list)->next;
    }
    *list = watcher->next;
}

static inline void watchers_wake(const struct watcher *list)
{
    for (; list != NULL; list = list->next) {
        loop_wake(list->waiter);
    }
}

#endif
