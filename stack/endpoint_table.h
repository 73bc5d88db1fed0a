/*
 * endpoint_table.h - what endpoint.c, bind.c and lookup.c share: the endpoint and the table of ports.
 *
 * Everything here is guarded by the stack lock.
 */
#ifndef STACK_ENDPOINT_TABLE_H
#define STACK_ENDPOINT_TABLE_H

#include "stack/internal.h"

enum { PORTS = 65536 };

#define ENDPOINT_EVERY_INTERFACE UINT32_MAX

/* What connected and raw endpoints alone have. */
struct endpoint_extra {
    struct endpoint_name peer;      /* when connected */
    struct netaddr bound;           /* the address that was bound; then local is what connect chose */
    int checksum_offset;            /* in what a raw IPv6 endpoint sends and hears; -1: none */
    uint8_t protocol;               /* of a raw endpoint */
    enum endpoint_capture capture;
    struct endpoint *next_capture;
};

/* There may be many thousands: first comes what the look-up of a datagram reads. */
struct endpoint {
    struct endpoint *next; /* on the same port, or of the same protocol when raw */
    const struct endpoint_events *events;
    void *owner;
    struct netaddr local;       /* bound address, or the one that connect chose */
    uint32_t interface_list[2]; /* [is it IPv4?]: a bit for each index that is heard */
    uint32_t scope;             /* of the bound name */
    uint16_t port;              /* the same */
    uint8_t family;             /* enum endpoint_family */
    uint8_t sharing;            /* enum endpoint_sharing */
    uint8_t plain;              /* ENDPOINT_PLAIN_*: hears every unicast of these families */
    bool connected;
    bool held;                  /* by early.c, for the length of a burst */
    bool queues;                /* the last datagram was queued: early.c's guess for the next */
    bool is_raw;

    bool is_bound;
    bool has_sent; /* anything at all: else no ICMP error can be about it (C38) */
    bool down;     /* what interface_state said last */
    bool receive_broadcast;
    bool multicast_loop[2];     /* [is it IPv4?] */
    struct endpoint_extra *extra; /* of connected and raw ones; kept until the end */
    struct membership *memberships;
    struct endpoint *next_all, *previous_all; /* every endpoint, for network_down */
};

_Static_assert(offsetof(struct endpoint, is_bound) <= 64, "a look-up reads one line");

/* For each port (host byte order) the endpoints bound to it, in the order of their binds. */
extern struct endpoint **endpoint_by_port;

/* All that there are, bound or not. */
extern unsigned endpoint_count;

/* How much of the address space a name claims; a larger value claims less. */
enum claim { CLAIM_BOTH, CLAIM_FAMILY, CLAIM_ADDRESS };

/* endpoint.plain */
#define ENDPOINT_PLAIN_V4 0x1u
#define ENDPOINT_PLAIN_V6 0x2u

/* Works out endpoint.plain anew: something that a look-up asks for has changed. */
void endpoint_refresh_plain_locked(struct endpoint *endpoint);

/* Finds out whether the endpoint's interface is down, and tells its owner when that has changed. */
void endpoint_refresh_state_locked(struct endpoint *endpoint);

enum claim claim_of(const struct netaddr *address, enum endpoint_family family);

static inline bool endpoint_is_raw(const struct endpoint *endpoint)
{
    return endpoint->is_raw;
}

/* The address that it was bound to, which a connection does not change. */
static inline const struct netaddr *endpoint_bound_address(const struct endpoint *endpoint)
{
    return endpoint->connected ? &endpoint->extra->bound : &endpoint->local;
}

/* Is a bound endpoint entitled to a packet, apart from ports: family, addresses, groups, peer? */
bool endpoint_hears_locked(const struct endpoint *endpoint, const struct datagram_meta *meta);

/* Gives one copy to an endpoint, which is held meanwhile, and counts it. */
enum endpoint_verdict endpoint_deliver_copy_locked(struct endpoint *endpoint,
                                                   struct datagram *datagram);

/* The one endpoint that a unicast is for; NULL: nobody. */
struct endpoint *endpoint_find_unicast_locked(const struct datagram_meta *meta);

/*
 * The same for the datagrams of a superframe, each of which counts as one; all->outcome tells what
 * became of them.
 */
void endpoint_deliver_superframe_locked(struct endpoint *endpoint, struct datagram *all);

/* What became of the copies of one packet. */
struct endpoint_tally {
    unsigned taken, full, refused;
};

void endpoint_tally_add(struct endpoint_tally *tally, enum endpoint_verdict verdict);

/* The best of what became of them; DROP_NO_SOCKET when there were none. */
enum winlwip_fate endpoint_tally_fate(const struct endpoint_tally *tally);

#endif
