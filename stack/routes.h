/*
 * routes.h - the table of routes: configured ones, and those that routers advertise.
 *
 * Stack lock held in all of these. Prefix lengths are those of the family: 0..32 or 0..128.
 */
#ifndef STACK_ROUTES_H
#define STACK_ROUTES_H

#include "stack/internal.h"

/* Where a route comes from. */
enum route_origin {
    ROUTE_CONFIGURED,
    ROUTE_ROUTER,   /* a default router announced itself (RFC 4861, 6.3.4) */
    ROUTE_ON_LINK,  /* an advertised prefix whose addresses are neighbours */
    ROUTE_INFORMED, /* a router's more specific route (RFC 4191, 2.3) */
};

/* The preference of RFC 4191, 2.1, in ascending order. */
enum route_preference { ROUTE_LOW, ROUTE_MEDIUM, ROUTE_HIGH };

#define ROUTE_FOR_EVER INT64_MAX

struct route {
    struct interface *interface; /* NULL: the place is free */
    struct netaddr prefix;       /* without host bits */
    struct netaddr router;       /* wildcard: the prefix is on the link */
    int64_t until_ns;            /* by the stack's clock, or ROUTE_FOR_EVER */
    uint8_t bits;
    uint8_t origin;              /* enum route_origin */
    uint8_t preference;          /* enum route_preference */
    bool reachable;              /* its router, at the last look (routes_tick_locked()) */
};

/* How a packet gets nearer to its destination. */
struct route_choice {
    struct netif *netif;
    struct netaddr next_hop; /* the destination itself when that is a neighbour */
};

/* Forgets all routes: the stack starts. */
void routes_start(void);

/*
 * Enters a route, or renews the one of the same origin, interface, prefix and router. One that is
 * over by now ends it. Returns 0; -ENOBUFS: LIMIT_ROUTES or LIMIT_LEARNT_ROUTES.
 */
int routes_set_locked(const struct route *route);

/* Forgets what was learnt by an interface. */
void routes_forget_learnt_locked(const struct interface *interface);

/* Once a second: routes that are over end, and whether routers answer is looked up. */
void routes_tick_locked(void);

/*
 * The best way to a unicast address that is not our own, by any interface that is up, or by only.
 * Returns whether there is one.
 */
bool routes_best_locked(const struct netaddr *target, struct interface *only,
                        struct route_choice *choice);

/*
 * Can an IPv6 neighbour with a global address be asked for its link-layer address? Only from an
 * address in its own /64.
 */
bool routes_can_solicit_locked(const struct netif *netif, const struct netaddr *target);

/* The advertised router that is used for an IPv6 address of no better route, or the wildcard. */
struct netaddr routes_router_locked(const struct interface *interface);

/* The IPv4 gateway of an interface, as configured, else as a DHCP server says, or the wildcard. */
struct netaddr routes_gateway4_locked(const struct interface *interface);

#endif
