/*
 * route.c - which interface a packet leaves by, and from which address.
 *
 * Strong host (RFC 1122, 3.3.4.2): a source address sends only by its own interface. Destinations
 * that are ours go to loopback, groups and the limited broadcast by the first interface that is up
 * unless one is named, all others by the best route (routes.c). lwIP asks here, too, through its
 * hooks, for the packets that it makes itself, and for the next hop of all.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>

#include "lwip/ip6.h"

#include "stack/internal.h"
#include "stack/lwip_hooks.h"
#include "stack/routes.h"

static bool usable(const struct interface *interface)
{
    return interface != NULL && !interface_is_down(interface);
}

/* --- IPv4 --- */

/* The netif that has the address, else the interface's first. */
static struct netif *netif_with4(struct interface *interface, uint32_t address)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        if (ip4_addr_get_u32(netif_ip4_addr(&interface->netifs[i])) == address) {
            return &interface->netifs[i];
        }
    }
    return &interface->netifs[0];
}

/* Goes it to many, wherever it leaves? */
static bool is_group4(uint32_t target)
{
    return (lwip_ntohl(target) & 0xf0000000u) == 0xe0000000u || target == IPADDR_BROADCAST;
}

/* The first interface that is up, or only, as the way of a group or a limited broadcast. */
static struct netif *group_netif4(struct interface *only)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);

        if (usable(interface) && (only == NULL || interface == only) &&
            interface_first4(interface) != NULL) {
            return interface_first4(interface);
        }
    }
    return NULL;
}

/* Where an address that is not our own is reached, by any interface or by only. */
static struct netif *reach4(struct interface *only, uint32_t target)
{
    struct netaddr address = netaddr_from_v4(target);
    struct route_choice choice;

    if (is_group4(target)) {
        return group_netif4(only);
    }
    return routes_best_locked(&address, only, &choice) ? choice.netif : NULL;
}

/* --- IPv6 --- */

static struct netif *reach6(struct interface *only, const struct netaddr *target)
{
    struct route_choice choice;

    if (!netaddr_is_link_scoped(target) && !netaddr_is_multicast(target)) {
        return routes_best_locked(target, only, &choice) ? choice.netif : NULL;
    }
    if (only != NULL) {
        return &only->netifs[0];
    }
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        if (usable(interface_at(i))) {
            return &interface_at(i)->netifs[0];
        }
    }
    return NULL;
}

/* --- both --- */

/* Where a packet for an address of our own goes, or NULL when it is not ours. */
static struct netif *own_target(const struct netaddr *target)
{
    if (netaddr_is_loopback(target) || usable(interface_of_address(target))) {
        return &interface_at(STACK_LOOPBACK_INDEX)->netifs[0];
    }
    return NULL;
}

/* The netif when the interface is given by the caller or by the source address. */
static struct netif *reach_by(struct interface *interface, const struct netaddr *source,
                              const struct netaddr *target)
{
    if (interface->link == NULL) {
        return netaddr_is_multicast(target) ? &interface->netifs[0] : NULL;
    }
    if (!usable(interface)) {
        return NULL;
    }
    if (!netaddr_is_v4(target)) {
        return reach6(interface, target);
    }
    struct netif *netif = reach4(interface, netaddr_v4(target));
    if (netif != NULL && !netaddr_is_any(source)) {
        return netif_with4(interface, netaddr_v4(source));
    }
    return netif;
}

/* A group is sent to by loopback when no other interface is there, as it is joined there then. */
static struct netif *find(const struct netaddr *target)
{
    struct netif *netif = netaddr_is_v4(target) ? reach4(NULL, netaddr_v4(target))
                                                : reach6(NULL, target);

    if (netif == NULL && netaddr_is_multicast(target)) {
        netif = &interface_at(STACK_LOOPBACK_INDEX)->netifs[0];
    }
    return netif;
}

struct netif *route_of_group_locked(const struct netaddr *group)
{
    return find(group);
}

static bool choose_source(struct netif *netif, const struct netaddr *target, struct netaddr *source)
{
    const struct interface *interface = interface_of_netif(netif);

    /* To an address of our own: from that address. 127.0.0.0/8 is sent to from 127.0.0.1. */
    if (interface->link == NULL && !netaddr_is_multicast(target) &&
        !(netaddr_is_v4(target) && netaddr_is_loopback(target))) {
        *source = *target;
        return true;
    }
    if (netaddr_is_v4(target)) {
        *source = netaddr_from_v4(ip4_addr_get_u32(netif_ip4_addr(netif)));
        return !netaddr_is_any(source);
    }
    ip6_addr_t to = netaddr_to_ip6(target);
    ip6_addr_assign_zone(&to, IP6_UNKNOWN, netif);
    const ip_addr_t *chosen = ip6_select_source_address(netif, &to);
    if (chosen == NULL) {
        return false;
    }
    *source = netaddr_from_lwip(chosen);
    return true;
}

int route_find_locked(const struct netaddr *destination, uint32_t scope, struct netaddr *source,
                      struct netif **out)
{
    struct interface *by = NULL;
    bool chosen = netaddr_is_any(source);

    if (!chosen) {
        by = interface_of_address(source);
        if (by == NULL) {
            return -EADDRNOTAVAIL;
        }
    }
    if (scope != 0) {
        struct interface *named = interface_at(scope);
        /* A source of another interface contradicts, unless the packet stays inside the host. */
        if (named == NULL || (by != NULL && by != named && own_target(destination) == NULL)) {
            return -EADDRNOTAVAIL;
        }
        by = named;
    }
    if (by != NULL && !usable(by)) {
        return -ENETDOWN;
    }

    struct netif *netif = own_target(destination);
    if (netif == NULL) {
        netif = by != NULL ? reach_by(by, source, destination) : find(destination);
    }
    if (netif == NULL) {
        return -ENETUNREACH;
    }
    if (chosen && !choose_source(netif, destination, source)) {
        return -ENETUNREACH;
    }
    *out = netif;
    return 0;
}

/* --- what lwIP asks --- */

struct netif *hook_ip4_route_src(const ip4_addr_t *src, const ip4_addr_t *dest)
{
    struct netaddr target = netaddr_from_v4(ip4_addr_get_u32(dest));
    struct netif *own = own_target(&target);

    if (own != NULL) {
        return own;
    }
    if (src != NULL && !ip4_addr_isany(src)) {
        struct netaddr source = netaddr_from_v4(ip4_addr_get_u32(src));
        struct interface *by = interface_of_address(&source);
        if (by != NULL) {
            return reach_by(by, &source, &target);
        }
    }
    return reach4(NULL, ip4_addr_get_u32(dest));
}

const ip4_addr_t *hook_etharp_get_gw(struct netif *netif, const ip4_addr_t *dest)
{
    static ip4_addr_t gateway;
    struct netaddr target = netaddr_from_v4(ip4_addr_get_u32(dest));
    struct route_choice choice;

    if (!routes_best_locked(&target, interface_of_netif(netif), &choice)) {
        return NULL;
    }
    gateway = netaddr_to_ip4(&choice.next_hop);
    return &gateway;
}

struct netif *hook_ip6_route(const ip6_addr_t *src, const ip6_addr_t *dest)
{
    struct netaddr target = netaddr_from_v6(dest->addr);
    struct netif *own = own_target(&target);

    if (own != NULL) {
        return own;
    }
    if (src != NULL && !ip6_addr_isany(src)) {
        struct netaddr source = netaddr_from_v6(src->addr);
        struct interface *by = interface_of_address(&source);
        if (by != NULL) {
            return reach_by(by, &source, &target);
        }
    }
    return reach6(NULL, &target);
}

const ip6_addr_t *hook_nd6_get_gw(struct netif *netif, const ip6_addr_t *dest)
{
    static ip6_addr_t gateway;
    struct netaddr target = netaddr_from_v6(dest->addr);
    struct route_choice choice;

    if (!routes_best_locked(&target, interface_of_netif(netif), &choice)) {
        return NULL;
    }
    gateway = netaddr_to_ip6(&choice.next_hop);
    ip6_addr_assign_zone(&gateway, IP6_UNICAST, netif);
    return &gateway;
}
