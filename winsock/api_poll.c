/*
 * api_poll.c - WSAPoll (WB 15.8-15.12, 15.17, 14.8).
 */
#include "winsock/api.h"

#include <limits.h>
#include <stdlib.h>

#include "stack/loop.h"
#include "winsock/memory.h"
#include "winsock/socket.h"
#include "winsock/wait.h"

/* Entries that are polled without allocating. */
#define ITEMS_INLINE 64u

/* What may be asked for; anything else fails the call (WB 15.9). */
#define EVENTS_KNOWN (POLLRDNORM | POLLRDBAND | POLLWRNORM)

/* Could the value be a socket at all? A program marks entries that it does not use with -1. */
static bool is_positive(SOCKET s)
{
    return (INT_PTR)s > 0;
}

/* Looks all sockets up. Returns 0, WSAEINVAL (events), or WSAENOTSOCK when there is none. */
static int open_items(const WSAPOLLFD *entries, ULONG count, struct wait_item *items)
{
    int error = WSAENOTSOCK;

    for (ULONG i = 0; i < count; i++) {
        items[i].socket = NULL;
    }
    for (ULONG i = 0; i < count; i++) {
        SHORT events = entries[i].events;
        if (is_positive(entries[i].fd) && (events & ~EVENTS_KNOWN) != 0) {
            return WSAEINVAL;
        }
        items[i].socket = socket_get(entries[i].fd);
        if (items[i].socket == NULL) {
            continue;
        }
        items[i].wanted = ((events & POLLRDNORM) != 0 ? WAIT_READABLE : 0) |
                          ((events & POLLWRNORM) != 0 ? WAIT_WRITABLE : 0);
        error = 0;
    }
    return error;
}

static void close_items(struct wait_item *items, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        if (items[i].socket != NULL) {
            socket_put(items[i].socket);
        }
    }
}

static SHORT events_of(const struct wait_item *item)
{
    if (item->socket == NULL || (item->ready & WAIT_GONE) != 0) {
        return POLLNVAL;
    }
    return (SHORT)(((item->ready & WAIT_READABLE) != 0 ? POLLRDNORM : 0) |
                   ((item->ready & WAIT_WRITABLE) != 0 ? POLLWRNORM : 0));
}

/*
 * Reports into the entries. Those that were never sockets do not count (WB 15.10), those that were
 * closed during the wait do (WB 14.8).
 */
static int report(WSAPOLLFD *entries, ULONG count, const struct wait_item *items)
{
    int ready = 0;

    for (ULONG i = 0; i < count; i++) {
        entries[i].revents = events_of(&items[i]);
        ready += items[i].socket != NULL && entries[i].revents != 0;
    }
    return ready;
}

static int poll_entries(WSAPOLLFD *entries, ULONG count, INT timeout_ms, int *ready)
{
    struct wait_item items_inline[ITEMS_INLINE];
    struct wait_item *items = items_inline;

    if (count > ITEMS_INLINE) {
        items = calloc(count, sizeof(*items));
        if (items == NULL) {
            return WSAENOBUFS;
        }
    }
    int64_t deadline_ns = wait_deadline_ns(timeout_ms < 0 ? INFINITE : (uint32_t)timeout_ms);
    int error = open_items(entries, count, items);
    if (error == 0) {
        error = wait_for_sockets(items, count, deadline_ns);
    }
    if (error == 0) {
        *ready = report(entries, count, items);
    }
    close_items(items, count);
    if (items != items_inline) {
        free(items);
    }
    return error;
}

int WSAPoll(LPWSAPOLLFD entries, ULONG count, INT timeout_ms)
{
    int ready = 0;
    int error = api_check_started();

    if (error == 0 && (count == 0 || count > INT_MAX)) {
        error = WSAEINVAL;
    }
    if (error == 0) {
        error = memory_writable(entries, (size_t)count * sizeof(*entries));
    }
    if (error == 0) {
        error = poll_entries(entries, count, timeout_ms, &ready);
    }
    return api_result(error) == 0 ? ready : SOCKET_ERROR;
}
