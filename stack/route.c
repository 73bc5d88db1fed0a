/*
 * route.c - which interface a packet leaves by, and from which address.
 *
 * Strong host (RFC 1122, 3.3.4.2): a source address sends only by its own interface. Destinations
 * that are ours go to loopback. There is no table of routes: each interface has its subnets and at
 * most one gateway a family, and the first interface that fits in the order of indexes is taken.
 * lwIP asks here, too, through its hooks, for the packets that it makes itself.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>

#include "lwip/ip6.h"
#include "lwip/nd6.h"

#include "stack/internal.h"
#include "stack/lwip_hooks.h"

static bool usable(const struct interface *interface)
{
    return interface != NULL && !interface_is_down(interface);
}

/* --- IPv4 --- */

/* The netif of an interface whose subnet holds the address, or NULL. /31 and /32 count too. */
static struct netif *on_link4(struct interface *interface, uint32_t target)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        struct netif *netif = &interface->netifs[i];
        uint32_t own = ip4_addr_get_u32(netif_ip4_addr(netif));
        uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif));
        if (own != 0 && (own & mask) == (target & mask)) {
            return netif;
        }
    }
    return NULL;
}

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

/* The first netif that has an address, or NULL: one that waits for a DHCP server has none. */
static struct netif *first_with4(struct interface *interface)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        if (!ip4_addr_isany(netif_ip4_addr(&interface->netifs[i]))) {
            return &interface->netifs[i];
        }
    }
    return NULL;
}

/* Can target be reached by this interface: a group, a broadcast, on the link, or by a gateway? */
static struct netif *reach4(struct interface *interface, uint32_t target)
{
    struct netif *first = first_with4(interface);

    if ((lwip_ntohl(target) & 0xf0000000u) == 0xe0000000u || target == IPADDR_BROADCAST) {
        return first;
    }
    struct netif *netif = on_link4(interface, target);
    if (netif != NULL) {
        return netif;
    }
    return first == NULL || ip4_addr_isany(netif_ip4_gw(first)) ? NULL : first;
}

/* First those with target on their link, then those with a gateway. */
static struct netif *find4(uint32_t target)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);
        struct netif *netif = usable(interface) ? on_link4(interface, target) : NULL;
        if (netif != NULL) {
            return netif;
        }
    }
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);
        struct netif *netif = usable(interface) ? reach4(interface, target) : NULL;
        if (netif != NULL) {
            return netif;
        }
    }
    return NULL;
}

/* --- IPv6 --- */

static struct netif *find6(const struct netaddr *target)
{
    if (netaddr_is_link_scoped(target) || netaddr_is_multicast(target)) {
        for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
            if (usable(interface_at(i))) {
                return &interface_at(i)->netifs[0];
            }
        }
        return NULL;
    }
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);
        if (usable(interface) && !ip6_addr_isany(&interface->gateway6)) {
            return &interface->netifs[0];
        }
    }
    return NULL;
}

/*
 * Does lwIP find a way: a prefix of ours, or a router that advertised itself? Where loopback is all
 * there is it would take that for any address.
 */
static struct netif *lwip_route6(const struct netaddr *source, const struct netaddr *target)
{
    ip6_addr_t from = netaddr_to_ip6(source);
    ip6_addr_t to = netaddr_to_ip6(target);
    struct netif *netif = ip6_route(&from, &to);

    return netif != NULL && interface_of_netif(netif)->link != NULL ? netif : NULL;
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
        return &interface->netifs[0];
    }
    struct netif *netif = reach4(interface, netaddr_v4(target));
    if (netif != NULL && !netaddr_is_any(source)) {
        return netif_with4(interface, netaddr_v4(source));
    }
    return netif;
}

/* A group is sent to by loopback when no other interface is there, as it is joined there then. */
static struct netif *find(const struct netaddr *source, const struct netaddr *target)
{
    struct netif *netif = NULL;

    if (netaddr_is_v4(target)) {
        netif = find4(netaddr_v4(target));
    } else {
        if (!netaddr_is_link_scoped(target) && !netaddr_is_multicast(target)) {
            netif = lwip_route6(source, target);
        }
        netif = netif != NULL ? netif : find6(target);
    }
    if (netif == NULL && netaddr_is_multicast(target)) {
        netif = &interface_at(STACK_LOOPBACK_INDEX)->netifs[0];
    }
    return netif;
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
        netif = by != NULL ? reach_by(by, source, destination) : find(source, destination);
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
    return find4(ip4_addr_get_u32(dest));
}

/* Does lwIP find a way to an address without us: a network of ours, or an advertised one? */
static bool lwip_knows6(const ip6_addr_t *dest)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        const struct netif *netif = &interface_at(i)->netifs[0];
        for (s8_t slot = 0; slot < LWIP_IPV6_NUM_ADDRESSES; slot++) {
            if (ip6_addr_isvalid(netif_ip6_addr_state(netif, slot)) &&
                netif_ip6_addr_isstatic(netif, slot) &&
                ip6_addr_net_eq(dest, netif_ip6_addr(netif, slot))) {
                return true;
            }
        }
    }
    return nd6_find_route(dest) != NULL;
}

struct netif *hook_ip6_route(const ip6_addr_t *src, const ip6_addr_t *dest)
{
    struct netaddr target = netaddr_from_v6(dest->addr);
    struct netif *own = own_target(&target);
    (void)src;

    return own != NULL || lwip_knows6(dest) ? own : find6(&target);
}

const ip6_addr_t *hook_nd6_get_gw(struct netif *netif, const ip6_addr_t *dest)
{
    const struct interface *interface = interface_of_netif(netif);
    (void)dest;
    return ip6_addr_isany(&interface->gateway6) ? NULL : &interface->gateway6;
}
