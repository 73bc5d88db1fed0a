/*
 * stack.h - the life of the stack: start, stop, interfaces.
 *
 * One stack in a process (lwIP has one set of globals). host/ starts it from a configuration and
 * stops it; everybody else meets it through endpoint.h, loop.h and the counters.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"
#include "stack/netaddr.h"

/* Interface 1 is the loopback interface, as on Windows. */
#define STACK_LOOPBACK_INDEX 1u

struct stack_address {
    struct netaddr address;
    unsigned prefix_bits; /* 0..32 for IPv4, 0..128 for IPv6 */
};

/* An interface as it is to be made. Everything is copied, save the link, which is taken over. */
struct stack_interface {
    const char *name; /* 1..15 characters, unique */
    struct link *link;
    uint8_t mac[6];   /* used when the link doesn't dictate one */
    unsigned mtu;     /* 0: the link's */
    const struct stack_address *addresses;
    size_t address_count;
    struct netaddr gateway4; /* wildcard: none */
    struct netaddr gateway6;
};

struct stack_config {
    const struct stack_interface *interfaces; /* without loopback */
    size_t interface_count;
    bool background; /* a thread drives the stack while no caller waits */
};

/*
 * Starts the stack with loopback and the given interfaces, in that order (indexes 1, 2, ...).
 * The links belong to the stack from the call on, whatever it returns.
 * Returns 0; -EALREADY: it runs; -EINVAL, -ENOMEM, or what starting a thread gives.
 */
int stack_start(const struct stack_config *config);

/*
 * Stops the loop, closes the links, frees everything. All endpoints must be gone.
 * Returns 0, or the number of packet buffers that were not given back: a defect, on which the debug
 * flavours abort.
 */
unsigned stack_stop(void);

/* Does it run? */
bool stack_running(void);

/*
 * Waits until no address is tentative any more (IPv6 duplicate address detection, about a second)
 * or timeout_ms has passed; drives the stack meanwhile. No lock may be held.
 */
void stack_wait_addresses(unsigned timeout_ms);

/*
 * Takes an interface down, or up again (C39). Its addresses and memberships stay; frames that
 * arrive meanwhile are dropped and counted, neighbours are forgotten.
 * Returns 0, also when it was so already; -ENETDOWN: no stack runs; -ENODEV: no such interface;
 * -EINVAL: the loopback interface is always up.
 */
int stack_set_interface(const char *name, bool up);

/*
 * Has everything that can arrive arrived: are all links replays at their end, and is any of them
 * configured so that this means WSAENETDOWN (C70)? Any thread, no lock.
 */
bool stack_ended(void);

#endif
