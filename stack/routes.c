/*
 * routes.c - the table of routes, and which of them leads to an address.
 *
 * Theory of operation. A destination is reached by the longest prefix that holds it. Candidates are
 * the networks of our addresses and the gateways, which stand with their interface, and the table
 * here: configured routes, and what routers advertise (router.c). Of equally long ones the
 * configured comes first, then one whose router answers (RFC 4861, 6.3.6), then the more preferred
 * (RFC 4191), then the interface with the lower index.
 *
 * lwIP has a list of routers and one of prefixes, too. They stay empty: it asks here for the next
 * hop (route.c). What it decided for a destination it remembers, so it is made to forget that when
 * a route comes or goes, or when a router begins or ceases to answer.
 *
 * An IPv6 neighbour can be asked for its link-layer address only from an address in its own /64
 * (lwIP's rule), so a prefix on the link counts only where we have one; what it leaves goes to a
 * router.
 *
 * Limits: LIMIT_ROUTES configured ones, LIMIT_LEARNT_ROUTES of one origin on one interface, and as
 * many in all as the table has places: who floods the link with routes finds no room for more.
 *
 * Guarded by the stack lock.
 */
#include "stack/routes.h"

#include <errno.h>
#include <string.h>

#include "lwip/nd6.h"

enum { PLACES = LIMIT_ROUTES + LIMIT_LEARNT_ROUTES_ALL };

static struct route table[PLACES];

void routes_start(void)
{
    memset(table, 0, sizeof(table));
}

/* --- the table --- */

static bool same_route(const struct route *a, const struct route *b)
{
    return a->interface == b->interface && a->origin == b->origin && a->bits == b->bits &&
           netaddr_equal(&a->prefix, &b->prefix) && netaddr_equal(&a->router, &b->router);
}

/* The place of the route, else a free one that it may have, or NULL. */
static struct route *place_for(const struct route *route)
{
    unsigned limit = route->origin == ROUTE_CONFIGURED ? LIMIT_ROUTES : LIMIT_LEARNT_ROUTES;
    struct route *free_place = NULL;
    unsigned alike = 0;

    for (unsigned i = 0; i < PLACES; i++) {
        struct route *place = &table[i];

        if (place->interface == NULL) {
            free_place = free_place == NULL ? place : free_place;
        } else if (same_route(place, route)) {
            return place;
        } else {
            alike += place->origin == route->origin &&
                     (route->origin == ROUTE_CONFIGURED || place->interface == route->interface);
        }
    }
    return alike < limit ? free_place : NULL;
}

/* What lwIP and the short way out remember of routes is no longer true. */
static void changed(void)
{
    nd6_clear_destination_cache();
    shortcut_forget_locked();
}

int routes_set_locked(const struct route *route)
{
    struct route *place = place_for(route);
    bool over = route->until_ns <= clock_now_ns();

    if (over && (place == NULL || place->interface == NULL)) {
        return 0;
    }
    if (place == NULL) {
        return -ENOBUFS;
    }
    bool news = over || place->interface == NULL || place->preference != route->preference;
    bool reachable = place->interface != NULL ? place->reachable : true;
    *place = *route;
    place->reachable = reachable;
    if (over) {
        place->interface = NULL;
    }
    if (news) {
        changed();
    }
    return 0;
}

void routes_forget_learnt_locked(const struct interface *interface)
{
    for (unsigned i = 0; i < PLACES; i++) {
        if (table[i].interface == interface && table[i].origin != ROUTE_CONFIGURED) {
            table[i].interface = NULL;
        }
    }
    changed();
}

/* Does the router of a route answer, as far as neighbour discovery knows? */
static bool answers(const struct route *route)
{
    return netaddr_is_any(&route->router) || netaddr_is_v4(&route->router) ||
           neighbour_answers_locked(route->interface, &route->router);
}

void routes_tick_locked(void)
{
    int64_t now_ns = clock_now_ns();
    bool news = false;

    for (unsigned i = 0; i < PLACES; i++) {
        struct route *route = &table[i];

        if (route->interface == NULL) {
            continue;
        }
        bool reachable = answers(route);
        if (route->until_ns <= now_ns) {
            route->interface = NULL;
            news = true;
        }
        news |= reachable != route->reachable;
        route->reachable = reachable;
    }
    if (news) {
        changed();
    }
}

struct netaddr routes_router_locked(const struct interface *interface)
{
    const struct route *best = NULL;

    for (unsigned i = 0; i < PLACES; i++) {
        const struct route *route = &table[i];

        if (route->interface == interface && route->origin == ROUTE_ROUTER &&
            (best == NULL || route->reachable > best->reachable ||
             (route->reachable == best->reachable && route->preference > best->preference))) {
            best = route;
        }
    }
    return best != NULL ? best->router : (struct netaddr){.halves = {0, 0}};
}

struct netaddr routes_gateway4_locked(const struct interface *interface)
{
    return netaddr_from_v4(interface->gateway4 != 0
                               ? interface->gateway4
                               : ip4_addr_get_u32(netif_ip4_gw(&interface->netifs[0])));
}

/* --- the choice --- */

/* The best candidate until now. */
struct search {
    const struct netaddr *target;
    struct route_choice choice;
    int rank; /* -1: none yet */
};

/* Offers a candidate. router: wildcard when the target is a neighbour. */
static void offer(struct search *search, struct netif *netif, unsigned bits, unsigned merit,
                  const struct netaddr *router)
{
    enum { MERIT_BITS = 4 };
    int rank = (int)(bits << MERIT_BITS | merit);

    if (rank > search->rank) {
        search->rank = rank;
        search->choice.netif = netif;
        search->choice.next_hop = netaddr_is_any(router) ? *search->target : *router;
    }
}

enum { MERIT_CONFIGURED = 8, MERIT_REACHABLE = 4 }; /* the rest is enum route_preference */

static const struct netaddr nobody; /* the wildcard */

/*
 * The netif of an interface in whose network an IPv4 address is, else the first that has an
 * address. NULL: none has.
 */
static struct netif *netif_towards4(struct interface *interface, const struct netaddr *address)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        struct netif *netif = &interface->netifs[i];
        uint32_t own = ip4_addr_get_u32(netif_ip4_addr(netif));
        uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif));

        if (own != 0 && (own & mask) == (netaddr_v4(address) & mask)) {
            return netif;
        }
    }
    return interface_first4(interface);
}

/* The networks of an interface's IPv4 addresses, /31 and /32 too, and its gateway. */
static void offer_interface4(struct search *search, struct interface *interface)
{
    struct netaddr gateway = routes_gateway4_locked(interface);
    uint32_t target = netaddr_v4(search->target);

    for (unsigned i = 0; i < interface->netif_count; i++) {
        struct netif *netif = &interface->netifs[i];
        uint32_t own = ip4_addr_get_u32(netif_ip4_addr(netif));
        uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif));

        if (own != 0 && (own & mask) == (target & mask)) {
            offer(search, netif, (unsigned)__builtin_popcount(mask),
                  MERIT_CONFIGURED | MERIT_REACHABLE | ROUTE_MEDIUM, &nobody);
        }
    }
    if (!netaddr_is_any(&gateway) && netif_towards4(interface, &gateway) != NULL) {
        offer(search, netif_towards4(interface, &gateway), 0,
              MERIT_CONFIGURED | MERIT_REACHABLE | ROUTE_MEDIUM, &gateway);
    }
}

bool routes_can_solicit_locked(const struct netif *netif, const struct netaddr *target)
{
    ip6_addr_t wanted = netaddr_to_ip6(target);

    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
            ip6_addr_net_zoneless_eq(netif_ip6_addr(netif, i), &wanted)) {
            return true;
        }
    }
    return !netif_is_flag_set(netif, NETIF_FLAG_ETHERNET);
}

static void offer_interface6(struct search *search, struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        struct netaddr own = netaddr_from_v6(netif_ip6_addr(netif, i)->addr);

        if (interface->prefix6[i] != 0 && ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
            netaddr_in_prefix(search->target, &own, interface->prefix6[i]) &&
            routes_can_solicit_locked(netif, search->target)) {
            offer(search, netif, interface->prefix6[i],
                  MERIT_CONFIGURED | MERIT_REACHABLE | ROUTE_MEDIUM, &nobody);
        }
    }
    if (!ip6_addr_isany(&interface->gateway6)) {
        struct netaddr gateway = netaddr_from_v6(interface->gateway6.addr);
        offer(search, netif, 0, MERIT_CONFIGURED | MERIT_REACHABLE | ROUTE_MEDIUM, &gateway);
    }
}

static void offer_route(struct search *search, const struct route *route)
{
    unsigned merit = route->preference | (route->reachable ? MERIT_REACHABLE : 0) |
                     (route->origin == ROUTE_CONFIGURED ? MERIT_CONFIGURED : 0);
    struct netif *netif = &route->interface->netifs[0];

    if (!netaddr_in_prefix(search->target, &route->prefix, route->bits)) {
        return;
    }
    if (route->origin == ROUTE_ON_LINK && !routes_can_solicit_locked(netif, search->target)) {
        return;
    }
    if (netaddr_is_v4(&route->router)) {
        netif = netif_towards4(route->interface, &route->router);
        if (netif == NULL) {
            return;
        }
    }
    offer(search, netif, route->bits, merit, &route->router);
}

bool routes_best_locked(const struct netaddr *target, struct interface *only,
                        struct route_choice *choice)
{
    struct search search = {.target = target, .rank = -1};

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);

        if (interface_is_down(interface) || (only != NULL && interface != only)) {
            continue;
        }
        if (netaddr_is_v4(target)) {
            offer_interface4(&search, interface);
        } else {
            offer_interface6(&search, interface);
        }
        for (unsigned j = 0; j < PLACES; j++) {
            if (table[j].interface == interface) {
                offer_route(&search, &table[j]);
            }
        }
    }
    *choice = search.choice;
    return search.rank >= 0;
}
