/*
 * lwip_hooks.h: the functions by which lwIP asks stack/ for a decision. lwIP includes this where it
 * calls them (LWIP_HOOK_FILENAME); config/lwipopts.h ties them to lwIP's names.
 *
 * lwIP knows one IPv4 address and one gateway a netif and has no route table; the tables are ours.
 * All of these are called with the stack lock held, return pointers to objects that stay valid
 * until the lock is dropped, and take addresses in network byte order, as lwIP keeps them.
 */
#ifndef WINLWIP_STACK_LWIP_HOOKS_H
#define WINLWIP_STACK_LWIP_HOOKS_H

#include "lwip/ip4_addr.h"
#include "lwip/ip6_addr.h"

struct netif;

/*
 * The netif that a packet from src (NULL or any: not chosen yet) to dest leaves by. NULL leaves the
 * choice to lwIP: the netif whose subnet holds dest, then the default one.
 */
struct netif *hook_ip4_route_src(const ip4_addr_t *src, const ip4_addr_t *dest);

/*
 * The gateway that netif sends a packet for dest to, dest being off its subnet. NULL leaves it to
 * the netif's own.
 */
const ip4_addr_t *hook_etharp_get_gw(struct netif *netif, const ip4_addr_t *dest);

/*
 * The same for IPv6, asked before the routers that were learnt from advertisements. NULL leaves it
 * to them.
 */
const ip6_addr_t *hook_nd6_get_gw(struct netif *netif, const ip6_addr_t *dest);

#endif
