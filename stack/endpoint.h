/*
 * endpoint.h - the socket-layer contract: what winsock/ asks of the stack, and what it is told.
 *
 * An endpoint is the stack's side of one datagram socket: local and remote name, memberships, and
 * a table of events through which the stack hands datagrams up. All functions here take the stack
 * lock themselves and must be called without any lock held; events are called *with* the stack
 * lock held and must not call back into this file.
 *
 * Errors are -errno; winsock/ translates them.
 */
#ifndef STACK_ENDPOINT_H
#define STACK_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "stack/netaddr.h"
#include "stack/packet.h"

struct endpoint;

/* A name: address, port (host byte order) and, for link-scoped addresses, the interface (0: none). */
struct endpoint_name {
    struct netaddr address;
    uint16_t port;
    uint32_t scope;
};

/* What became of one copy of a datagram. */
enum endpoint_verdict {
    ENDPOINT_QUEUED,  /* kept for a later call */
    ENDPOINT_DIRECT,  /* written into the buffers of a waiting call */
    ENDPOINT_FULL,    /* the receive buffer is full */
    ENDPOINT_REFUSED, /* no memory, or the socket does not take data any more */
};

struct endpoint_events {
    /* A datagram for this endpoint. It is on show for the length of the call. */
    enum endpoint_verdict (*deliver)(void *owner, struct datagram *datagram);

    /* Everything that could still arrive has arrived (end of a replay, C70): waiting calls end. */
    void (*network_down)(void *owner);
};

/* Which families an endpoint speaks. */
enum endpoint_family {
    ENDPOINT_V4,
    ENDPOINT_V6,
    ENDPOINT_DUAL, /* AF_INET6 with IPV6_V6ONLY off */
};

/* How bind() deals with others on the same port. */
enum endpoint_sharing {
    ENDPOINT_SHARE_DEFAULT,
    ENDPOINT_SHARE_REUSE,     /* SO_REUSEADDR */
    ENDPOINT_SHARE_EXCLUSIVE, /* SO_EXCLUSIVEADDRUSE */
};

/*
 * Makes an unbound endpoint. owner is passed to every event.
 * Returns 0, -ENOMEM, or -ENETDOWN when no stack runs.
 */
int endpoint_new(const struct endpoint_events *events, void *owner, struct endpoint **out);

/*
 * Makes an unbound endpoint for an IP protocol (0..255), which hears every packet of it that its
 * names allow, beside all others. Over IPv4 a datagram begins with the IP header, over IPv6 behind
 * all headers. Ports mean nothing. Protocol 0 hears nothing but what it captures.
 * Errors: as endpoint_new().
 */
int endpoint_new_raw(const struct endpoint_events *events, void *owner, uint8_t protocol,
                     struct endpoint **out);

/*
 * Where in its IPv6 payload a raw endpoint has a checksum that the stack fills in and verifies;
 * bytes, even; -1: nowhere. ICMPv6 needs none said.
 */
void endpoint_set_checksum_offset(struct endpoint *endpoint, int offset);

/* What a raw endpoint captures on the interface of its address. */
enum endpoint_capture {
    ENDPOINT_CAPTURE_OFF,
    ENDPOINT_CAPTURE_OWN, /* what arrives for this host, and what it sends */
    ENDPOINT_CAPTURE_ALL, /* what the link addresses to other stations, too */
};

/*
 * Starts or ends capturing: every IP packet of the endpoint's family, before the stack judges it.
 * Returns 0, or -EINVAL when it is not raw or not bound to an address of an interface.
 */
int endpoint_set_capture(struct endpoint *endpoint, enum endpoint_capture capture);

/* Leaves all groups, unbinds and frees. When it returns no event is under way or will come. */
void endpoint_free(struct endpoint *endpoint);

/*
 * Binds. A port of 0 takes a free one of 49152..65535 at random. An IPv4 wildcard or address is
 * given in mapped form; "::" together with ENDPOINT_DUAL hears both families.
 * On success *bound is the complete name.
 * Returns 0; -EADDRNOTAVAIL: address is none of ours; -EADDRINUSE, -EACCES: WB 5.14, winsock-facts
 * 4.8; -EINVAL: bound already.
 */
int endpoint_bind(struct endpoint *endpoint, const struct endpoint_name *name,
                  enum endpoint_family family, enum endpoint_sharing sharing,
                  struct endpoint_name *bound);

/*
 * Connects to a peer: from now on only its datagrams are heard (C23), and the local address, when
 * it is the wildcard, becomes the one that reaches it. NULL dissolves. Must be bound.
 * *bound receives the local name in force afterwards. Returns 0, or -ENETUNREACH.
 */
int endpoint_connect(struct endpoint *endpoint, const struct endpoint_name *peer,
                     struct endpoint_name *bound);

/*
 * Joins or leaves a group on an interface (0: the one that a route to the group names).
 * Returns 0; -EADDRNOTAVAIL: joined already, no such interface or membership; -EINVAL: no group
 * address; -ENOMEM.
 */
int endpoint_join(struct endpoint *endpoint, const struct netaddr *group, uint32_t interface_index);
int endpoint_leave(struct endpoint *endpoint, const struct netaddr *group, uint32_t interface_index);

/* Should own multicasts of this host be heard here (IP_MULTICAST_LOOP is the receiver's, 4.11)? */
void endpoint_set_multicast_loop(struct endpoint *endpoint, bool on);

/* Does the endpoint take broadcasts (IP_RECEIVE_BROADCAST)? */
void endpoint_set_receive_broadcast(struct endpoint *endpoint, bool on);

/* One send. Ports host byte order; payload bytes are borrowed for the call. */
struct endpoint_send {
    struct endpoint_name destination;
    struct netaddr source;     /* wildcard: bound address, else the interface's */
    uint32_t interface_index;  /* 0: by route */
    uint8_t ttl;               /* TTL or hop limit */
    uint8_t tos;               /* TOS or traffic class */
    bool allow_broadcast;      /* SO_BROADCAST, or connected to a broadcast address (WB 2.17) */
    bool dont_fragment;
    bool header_included;      /* raw: the payload begins with an IP header, to be completed */
    const struct iovec *parts;
    unsigned part_count;
    size_t length;             /* sum of the parts, bytes */
};

/*
 * Sends one datagram; what it can't resolve at once (ARP, ND) is queued inside. Must be bound.
 * Returns 0; -EMSGSIZE: longer than 65,507 (IPv4) or 65,487 (IPv6) bytes, or needs fragments and
 * may not (raw: 65,515 and 65,495, with a header of its own 65,535); -EINVAL: raw, the header that
 * the program brought, or the place of its checksum, is wrong; -EACCES: broadcast without permission; -ENETUNREACH: no route; -EADDRNOTAVAIL: source or
 * interface is not ours; -ENOBUFS: no memory now; -ENETDOWN: interface is down.
 */
int endpoint_send(struct endpoint *endpoint, const struct endpoint_send *send);

/* Is the address a broadcast address of any of our interfaces, 255.255.255.255 included? */
bool endpoint_is_broadcast(const struct netaddr *address);

/* Index of the interface that owns a unicast address; 0 when none of ours does. */
uint32_t endpoint_interface_of(const struct netaddr *address);

#endif
