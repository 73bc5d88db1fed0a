/*
 * wait.h - what a thread waits for: that one of several sockets becomes ready.
 *
 * How it waits, and that the stack is driven meanwhile, is stack/loop.h's.
 */
#ifndef WINSOCK_WAIT_H
#define WINSOCK_WAIT_H

#include <stdint.h>

#include "winsock/socket.h"

#define WAIT_READABLE 0x1u /* a receive would not wait */
#define WAIT_WRITABLE 0x2u /* a send would not wait: a datagram socket is always */
#define WAIT_GONE 0x4u     /* closed meanwhile; reported whether wanted or not */

struct wait_item {
    struct socket *socket; /* NULL: passed over. The caller holds a reference */
    uint32_t wanted;       /* WAIT_* */
    uint32_t ready;        /* out */
    struct socket_watcher watcher;
};

/*
 * Waits until at least one item is ready or the deadline (ns on CLOCK_MONOTONIC, LOOP_FOREVER for
 * none, 0 for a look) has passed. A mere look gives the stack a turn first, so that it finds what
 * can arrive without waiting.
 * No lock may be held. Returns the number of items that are ready.
 */
unsigned wait_for_sockets(struct wait_item *items, unsigned count, int64_t deadline_ns);

#endif
