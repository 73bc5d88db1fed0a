/*
 * ahead.c - has the processor fetch what the datagrams of a burst will need.
 *
 * Theory of operation. With many sockets a datagram finds nothing of its socket in the processor's
 * caches, and what it needs hangs together by pointers: the entry of its port, the endpoint, its
 * owner. Fed one by one, each datagram would wait for memory three times over. So before a burst is
 * fed, it is gone through once for each step, and what a step asks for is under way for all
 * datagrams at the same time while the step before is finished. With few sockets all of that is at
 * hand, and nothing is done.
 *
 * Nothing is decided here: a port that is read from a frame that turns out to be something else costs
 * a useless fetch. The helpers are always inlined because gcc 12 drops the call of a function that
 * does nothing but prefetch.
 *
 * Guarded by the stack lock. No state.
 */
#include <string.h>

#include "stack/endpoint_table.h"

#define INLINE __attribute__((always_inline)) static inline

enum {
    FEW_ENDPOINTS = 64, /* what these take fits into the smallest caches */

    ETHERNET_HEADER = 14,
    IP6_HEADER = 40,
    DESTINATION_PORT = 2, /* offset in the UDP header */

    NO_PORT = 0, /* nobody has it */
};

/* Where the destination port of a frame stands if it is a UDP datagram; NO_PORT: it is too short. */
INLINE uint16_t port_of(const struct link_frame *frame)
{
    uint32_t ip = frame->encapsulation == LINK_IP ? 0 : ETHERNET_HEADER;
    uint16_t port;

    if (frame->bytes <= ip) {
        return NO_PORT;
    }
    uint8_t first = frame->data[ip];
    uint32_t at = ip + DESTINATION_PORT + (first >> 4 == 6 ? IP6_HEADER : (first & 0xfu) * 4);
    if (frame->bytes < at + sizeof(port)) {
        return NO_PORT;
    }
    memcpy(&port, frame->data + at, sizeof(port));
    return lwip_ntohs(port);
}

void ahead_of_burst_locked(const struct link_frame *frames, unsigned count)
{
    uint16_t ports[LIMIT_BURST_FRAMES];

    if (endpoint_count <= FEW_ENDPOINTS) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        __builtin_prefetch(frames[i].data + ETHERNET_HEADER);
        __builtin_prefetch(frames[i].data + ETHERNET_HEADER + IP6_HEADER);
    }
    for (unsigned i = 0; i < count; i++) {
        ports[i] = port_of(&frames[i]);
        __builtin_prefetch(&endpoint_by_port[ports[i]]);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct endpoint *endpoint = endpoint_by_port[ports[i]];
        if (endpoint != NULL) {
            __builtin_prefetch(endpoint, 1);
            __builtin_prefetch(&endpoint->is_bound, 1); /* it need not begin a line */
        }
    }
    for (unsigned i = 0; i < count; i++) {
        const struct endpoint *endpoint = endpoint_by_port[ports[i]];
        if (endpoint != NULL && endpoint->events->fetch != NULL) {
            endpoint->events->fetch(endpoint->owner);
        }
    }
}
