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

#include "config/limits.h"
#include "stack/link.h"
#include "stack/netaddr.h"

/* Interface 1 is the loopback interface, as on Windows. */
#define STACK_LOOPBACK_INDEX 1u

struct stack_address {
    struct netaddr address;
    unsigned prefix_bits; /* 0..32 for IPv4, 0..128 for IPv6 */
};

/* A configured route: what is sent to a network goes by a neighbour. */
struct stack_route {
    struct stack_address to; /* without host bits; of 0 bits: everything */
    struct netaddr router;   /* of the same family */
};

/* An interface as it is to be made. Everything is copied, save the link, which is taken over. */
struct stack_interface {
    const char *name; /* 1..15 characters, unique */
    struct link *link;
    uint8_t mac[6];   /* used when the link doesn't dictate one */
    unsigned mtu;     /* 0: the link's */
    const struct stack_address *addresses;
    size_t address_count;
    bool dhcp; /* one more IPv4 address, from a DHCP server; for Ethernet that is no replay */
    struct netaddr gateway4; /* wildcard: none, or the DHCP server's */
    struct netaddr gateway6;
    const struct stack_route *routes; /* at most LIMIT_ROUTES of all interfaces */
    size_t route_count;
    bool autoconf; /* stack_wait_addresses() waits for an address by a router's advertisement */
    bool down;     /* it starts as if stack_set_interface() had taken it down */
};

struct stack_config {
    const struct stack_interface *interfaces; /* without loopback */
    size_t interface_count;
    const struct netaddr *dns_servers; /* at most LIMIT_DNS_SERVERS */
    size_t dns_server_count;
    bool background; /* a thread drives the stack while no caller waits */
    bool no_early;   /* every frame goes through lwIP, also what early.c and output.c can do */
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
 * or timeout_ms has passed; drives the stack meanwhile. leases: waits for those of DHCP servers, too.
 * No lock may be held.
 */
void stack_wait_addresses(unsigned timeout_ms, bool leases);

/*
 * Does an interface wait for an address that a router or a DHCP server is to give it?
 * Takes the stack lock. false when there is no such interface.
 */
bool stack_awaits_address(uint32_t index);

/* An address of an interface, as it is now. */
struct stack_view_address {
    struct netaddr address;
    unsigned prefix_bits;
    bool leased;     /* given by a DHCP server */
    bool configured; /* else, if not leased, made by the stack: link-local, or by a router's advertisement */
    bool tentative;  /* duplicate address detection is under way */
    bool duplicate;  /* somebody else on the link has it, too: it is not used */
    bool deprecated; /* its preferred lifetime is over: no source of what is new */
    uint32_t valid_s, preferred_s; /* what is left of its lifetimes; UINT32_MAX: no end */
};

/* An interface as it is now. */
struct stack_view {
    uint32_t index;
    char name[16];
    bool loopback;
    bool ethernet;  /* it has a MAC address */
    bool up;        /* its driver works, and nobody took it down */
    uint8_t mac[6];
    unsigned mtu;   /* bytes of IP packet; 0: no limit */
    struct stack_view_address addresses[2 * LIMIT_ADDRESSES]; /* IPv4 first */
    unsigned address_count;
    struct netaddr gateway4; /* wildcard: none */
    struct netaddr gateway6;
    bool dhcp;                  /* has its address from a DHCP server, or waits for one */
    struct netaddr dhcp_server; /* wildcard: there is no lease */
    int64_t lease_obtained_s;   /* since 1970 */
    uint32_t lease_s;           /* its term; UINT32_MAX: without end */
    uint32_t lease_left_s;
};

/* Copies what is known of an interface. Takes the stack lock. Returns 0, or -ENOENT: none there. */
int stack_view(uint32_t index, struct stack_view *view);

/* An address of ours that another station of the link has, too: it stays unused here. */
struct stack_duplicate {
    uint32_t index; /* of the interface */
    struct netaddr address;
    unsigned prefix_bits;
    uint8_t mac[6]; /* the other station's */
};

/* Tells the duplicate of that number, from 0. Takes the stack lock. Returns 0 or -ENOENT. */
int stack_duplicate(unsigned number, struct stack_duplicate *out);

/*
 * The interface by which a datagram to an address leaves, and its source address. scope: interface
 * of a link-scoped address, 0 for none. Takes the stack lock.
 * Returns 0; -ENETUNREACH: no route; -EADDRNOTAVAIL: no such scope; -ENETDOWN: no stack runs.
 */
int stack_route(const struct netaddr *destination, uint32_t scope, struct netaddr *source,
                uint32_t *index);

/* DNS servers that there can be. */
#define STACK_DNS_SERVERS (LIMIT_DNS_SERVERS + LIMIT_LEARNT_DNS_SERVERS)

/* The DNS servers, from number 0. Takes the stack lock. Returns 0, or -ENOENT past the last. */
int stack_dns_server(unsigned number, struct netaddr *server);

/*
 * Takes an interface down, or up again (C39). Its addresses and memberships stay; frames that
 * arrive meanwhile are dropped and counted, neighbours are forgotten.
 * Returns 0, also when it was so already; -ENETDOWN: no stack runs; -ENODEV: no such interface;
 * -EINVAL: the loopback interface is always up.
 */
int stack_set_interface(const char *name, bool up);

/*
 * Writes what the link of an interface has to tell people, lines for the end of a run, to
 * text[room], room at least 1: see link_ops.report. "" when it has nothing to tell, or there is no
 * such interface. Takes the stack lock. Returns the bytes of the uncut text.
 */
size_t stack_report(uint32_t index, char *text, size_t room);

/*
 * Has everything that can arrive arrived: are all links replays at their end, and is any of them
 * configured so that this means WSAENETDOWN (C70)? Any thread, no lock.
 */
bool stack_ended(void);

#endif
