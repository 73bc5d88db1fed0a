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

#include "config/limits.h"
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

/* What an ICMP error says of a datagram that was sent. */
enum endpoint_error_kind {
    ENDPOINT_PORT_UNREACHABLE,
    ENDPOINT_PROTOCOL_UNREACHABLE,
    ENDPOINT_HOST_UNREACHABLE,
    ENDPOINT_NET_UNREACHABLE,
    ENDPOINT_TTL_EXPIRED,
};

struct endpoint_error {
    enum endpoint_error_kind kind;
    struct endpoint_name peer; /* to whom the datagram was sent */
};

struct endpoint_events {
    /*
     * Gets the owner ready for datagrams, as often as none is held: its lock is taken. wait: until
     * it is free; else only if it is free now. Returns whether it is held. With one owner held,
     * others are only tried for. release() ends it.
     */
    bool (*hold)(void *owner, bool wait);
    void (*release)(void *owner);

    /*
     * A datagram may come soon, and there are many endpoints: has the processor fetch what the above
     * and deliver() will touch. Reads nothing of the owner itself. May be NULL.
     */
    void (*fetch)(const void *owner);

    /* A datagram for this endpoint, which is held. It is on show for the length of the call. */
    enum endpoint_verdict (*deliver)(void *owner, struct datagram *datagram);

    /* An ICMP error for a datagram that this endpoint can have sent (C35, C36). */
    enum endpoint_verdict (*error)(void *owner, const struct endpoint_error *error);

    /* Everything that could still arrive has arrived (end of a replay, C70): waiting calls end. */
    void (*network_down)(void *owner);

    /*
     * The interface on which the endpoint hears went down, or is up again (C39): the one of its
     * local address; for the wildcard, that of its groups when all of them are on such interfaces.
     * Called for every change, and when a bind, connect or join makes one. May be NULL.
     */
    void (*interface_state)(void *owner, bool up);

    /* The host has got or lost an IPv4 address, or an interface went down or came up. May be NULL. */
    void (*addresses_changed)(void *owner);
};

/*
 * Said by deliver(): release() is going to tell somebody of it. A replay is read no further until
 * that is done, because whoever is told may have enough. The stack lock is held.
 */
void endpoint_tell_later(void);

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
    ENDPOINT_SHARE_MULTICAST, /* SO_REUSE_MULTICASTPORT: with its like only; hears no unicasts */
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
 * 4.8; -ENOBUFS: no port is free; -EINVAL: bound already.
 */
int endpoint_bind(struct endpoint *endpoint, const struct endpoint_name *name,
                  enum endpoint_family family, enum endpoint_sharing sharing,
                  struct endpoint_name *bound);

/*
 * Connects to a peer: from now on only its datagrams are heard (C23), and the local address, when
 * it is the wildcard, becomes the one that reaches it, by interface_index unless that is 0. NULL
 * dissolves. Must be bound. *bound receives the local name in force afterwards.
 * Returns 0; -ENETUNREACH: no route; -ENETDOWN: the interface of the local address is down;
 * -EADDRNOTAVAIL: the scope is none of ours, or the interface does not go with the bound address;
 * -ENOMEM.
 */
int endpoint_connect(struct endpoint *endpoint, const struct endpoint_name *peer,
                     uint32_t interface_index, struct endpoint_name *bound);

/* What can be done to an endpoint's membership of a group on an interface. */
enum endpoint_membership_change {
    ENDPOINT_JOIN,           /* every source is heard */
    ENDPOINT_LEAVE,
    ENDPOINT_JOIN_SOURCE,    /* one source is heard, others when they are joined, too */
    ENDPOINT_LEAVE_SOURCE,
    ENDPOINT_BLOCK_SOURCE,   /* of a group that was joined for every source */
    ENDPOINT_UNBLOCK_SOURCE,
    ENDPOINT_MEMBERSHIP_CHANGES,
};

/*
 * Changes a membership. interface_index 0: the interface that a route to the group names.
 * source: NULL for ENDPOINT_JOIN and ENDPOINT_LEAVE.
 * Returns 0; -EADDRNOTAVAIL: no such interface; -EADDRNOTAVAIL, -EINVAL: the change does not go
 * with what was done before (winsock-facts 4.12); -EINVAL: no group address; -ENOMEM, -ENOBUFS.
 */
int endpoint_change_membership(struct endpoint *endpoint, enum endpoint_membership_change change,
                               const struct netaddr *group, uint32_t interface_index,
                               const struct netaddr *source);

/* A membership as a whole: which sources are heard. */
struct endpoint_filter {
    bool exclude;   /* all but those listed; else only those listed */
    unsigned count;
    struct netaddr sources[LIMIT_FILTER_SOURCES];
};

/*
 * Sets or tells a membership as a whole (RFC 3678, 4.2). To include nobody is to leave.
 * Returns 0; -EADDRNOTAVAIL: no such interface, or nothing to tell; -EINVAL: no group address;
 * -ENOBUFS: too many sources; -ENOMEM.
 */
int endpoint_set_filter(struct endpoint *endpoint, const struct netaddr *group,
                        uint32_t interface_index, const struct endpoint_filter *filter);
int endpoint_get_filter(struct endpoint *endpoint, const struct netaddr *group,
                        uint32_t interface_index, struct endpoint_filter *filter);

/*
 * Should own multicasts of this host be heard here (IP_MULTICAST_LOOP is the receiver's, 4.11)?
 * v4: those over IPv4, else those over IPv6.
 */
void endpoint_set_multicast_loop(struct endpoint *endpoint, bool v4, bool on);

/* Does the endpoint take broadcasts (IP_RECEIVE_BROADCAST)? */
void endpoint_set_receive_broadcast(struct endpoint *endpoint, bool on);

/*
 * Restricts an endpoint to datagrams that arrive on certain interfaces (IP_IFLIST).
 * v4: those over IPv4, else those over IPv6. restricted: false takes all. list: a bit for each
 * index, 1u << index.
 */
void endpoint_set_interface_list(struct endpoint *endpoint, bool v4, bool restricted,
                                 uint32_t list);

/* Is there an interface with this index? */
bool endpoint_has_interface(uint32_t index);

/* Options of an IPv4 header, without the padding to a multiple of 4 (RFC 791). */
struct endpoint_ip_options {
    uint8_t length; /* bytes, at most 40 */
    uint8_t bytes[40];
};

/* What bounds a datagram's size and sets Don't Fragment (IP_MTU_DISCOVER, winsock-facts 4.4). */
enum endpoint_mtu_discovery {
    ENDPOINT_MTU_UNSET, /* fragments by the path MTU */
    ENDPOINT_MTU_DO,    /* none; at most the path MTU */
    ENDPOINT_MTU_DONT,  /* fragments by the interface's MTU */
    ENDPOINT_MTU_PROBE, /* none; at most the interface's MTU */
};

/* One send. Ports host byte order; payload bytes are borrowed for the call. */
struct endpoint_send {
    struct endpoint_name destination;
    /* Wildcard: bound address, else the interface's, as for a group or a broadcast (C17). */
    struct netaddr source;
    uint32_t interface_index;  /* 0: by route */
    uint8_t ttl;               /* TTL or hop limit */
    uint8_t tos;               /* TOS or traffic class */
    bool allow_broadcast;      /* SO_BROADCAST, or connected to a broadcast address (WB 2.17) */
    bool no_checksum;          /* IPv4 only (UDP_NOCHECKSUM) */
    struct endpoint_ip_options ip_options; /* of IPv4; such a datagram is never fragmented */
    bool dont_fragment;        /* IP_DONTFRAGMENT: no fragments, whatever discovery says */
    bool header_included;      /* raw: the payload begins with an IP header, to be completed */
    enum endpoint_mtu_discovery discovery;
    uint32_t user_mtu_bytes;   /* longest packet or fragment, IP header included; 0: no wish */
    const struct iovec *parts; /* at most LIMIT_SEND_PARTS */
    unsigned part_count;
    size_t length;             /* sum of the parts, bytes */
    uint32_t segment_bytes;    /* cut into datagrams of so many bytes of payload; 0: one datagram */
};

/*
 * The path MTU to the connected peer, bytes, and the peer's address. Returns 0; -ENOTCONN;
 * -ENETUNREACH, -EADDRNOTAVAIL: no route any more.
 */
int endpoint_path_mtu(struct endpoint *endpoint, struct netaddr *peer, uint32_t *mtu_bytes);

/*
 * Sends one datagram, or as many as segment_bytes makes of the payload; what it can't resolve at
 * once (ARP, ND) is queued inside. Must be bound.
 * Returns 0 when at least one is out; -EMSGSIZE: a datagram is longer than 65,507 (IPv4) or 65,487
 * (IPv6) bytes, or needs fragments and may not, or there would be more than LIMIT_SEND_SEGMENTS
 * (raw: more than 65,515 and 65,495 bytes, or 65,535 with a header of its own); -EINVAL: raw, the
 * header that the program brought, or the place of its checksum, is wrong;
 * -EACCES: broadcast without permission; -ENETUNREACH: no route; -EADDRNOTAVAIL: source or
 * interface is not ours; -ENOBUFS: no memory now; -ENETDOWN: interface is down.
 */
int endpoint_send(struct endpoint *endpoint, const struct endpoint_send *send);

/* Index of the interface that owns a unicast address; 0 when none of ours does. */
uint32_t endpoint_interface_of(const struct netaddr *address);

#endif
