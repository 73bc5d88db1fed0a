/*
 * lwip_hooks.h - the functions by which lwIP asks stack/route.c for a decision. lwIP includes this
 * where it calls them (LWIP_HOOK_FILENAME); config/lwipopts.h ties them to lwIP's names.
 *
 * All of these are called with the stack lock held, return pointers to objects that stay valid
 * until the lock is dropped, and take addresses in network byte order, as lwIP keeps them.
 */
#ifndef STACK_LWIP_HOOKS_H
#define STACK_LWIP_HOOKS_H

#include "lwip/ip4_addr.h"
#include "lwip/arch.h"
#include "lwip/ip6_addr.h"

struct netif;

/*
 * The netif by which a packet from src (NULL or any: not chosen yet) to dest leaves. NULL leaves
 * the choice to lwIP: the netif whose subnet holds dest, then the default one, of which there is
 * none.
 */
struct netif *hook_ip4_route_src(const ip4_addr_t *src, const ip4_addr_t *dest);

/* The same for IPv6; not asked for link-scoped addresses, whose zone decides. */
struct netif *hook_ip6_route(const ip6_addr_t *src, const ip6_addr_t *dest);

/*
 * The neighbour to which netif sends a packet for dest, which is outside of the network of netif's
 * own address: dest itself when it is a neighbour all the same, else a gateway. NULL: none known.
 */
const ip4_addr_t *hook_etharp_get_gw(struct netif *netif, const ip4_addr_t *dest);

/* The same for IPv6, asked for every address that is not link-local. */
const ip6_addr_t *hook_nd6_get_gw(struct netif *netif, const ip6_addr_t *dest);

/*
 * Seconds after which a lease of lease_s is to be renewed: as the server offered when that is before
 * its end, else as usual; never 0.
 */
u32_t hook_dhcp_term(u32_t offered_s, u32_t usual_s, u32_t lease_s);

#endif
