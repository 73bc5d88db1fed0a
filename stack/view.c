/*
 * view.c - the interfaces as others may see them: copies, taken under the stack lock. No state.
 */
#include <errno.h>
#include <string.h>

#include "stack/internal.h"

/* lwIP counts every IPv6 network as a /64; for configured addresses the interface knows better. */
static unsigned prefix6(const struct interface *interface, unsigned slot)
{
    enum { LWIP_PREFIX_BITS = 64 };

    return interface->prefix6[slot] != 0 ? interface->prefix6[slot] : LWIP_PREFIX_BITS;
}

static void copy_v4(const struct interface *interface, struct stack_view *view)
{
    for (unsigned i = 0; i < interface->count4; i++) {
        const struct netif *netif = &interface->netifs[i];
        uint32_t mask = lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(netif)));

        view->addresses[view->address_count++] = (struct stack_view_address){
            .address = netaddr_from_v4(interface->addresses4[i]),
            .prefix_bits = mask == 0 ? 0 : 32 - (unsigned)__builtin_ctz(mask),
            .configured = true,
        };
    }
}

static void copy_v6(const struct interface *interface, struct stack_view *view)
{
    const struct netif *netif = &interface->netifs[0];

    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t address_state = netif_ip6_addr_state(netif, i);

        if (ip6_addr_isinvalid(address_state) || ip6_addr_isduplicated(address_state)) {
            continue;
        }
        view->addresses[view->address_count++] = (struct stack_view_address){
            .address = netaddr_from_v6(netif_ip6_addr(netif, i)->addr),
            .prefix_bits = prefix6(interface, i),
            .configured = interface->prefix6[i] != 0,
            .tentative = ip6_addr_istentative(address_state),
        };
    }
}

/* The gateway of an interface, or a wildcard. */
static void copy_gateways(const struct interface *interface, struct stack_view *view)
{
    view->gateway4 =
        netaddr_from_v4(ip4_addr_get_u32(netif_ip4_gw(&interface->netifs[0])));
    view->gateway6 = netaddr_from_v6(interface->gateway6.addr);
}

int stack_view(uint32_t index, struct stack_view *view)
{
    *view = (struct stack_view){.index = index};
    stack_lock();
    const struct interface *interface = interface_at(index);
    if (interface != NULL) {
        strcpy(view->name, interface->name);
        view->loopback = interface->link == NULL;
        view->ethernet = netif_is_flag_set(&interface->netifs[0], NETIF_FLAG_ETHERNET);
        if (view->ethernet) {
            memcpy(view->mac, interface->mac, sizeof(view->mac));
        }
        view->mtu = interface->netifs[0].mtu;
        view->up = !interface_is_down(interface);
        copy_v4(interface, view);
        copy_v6(interface, view);
        copy_gateways(interface, view);
    }
    stack_unlock();
    return interface != NULL ? 0 : -ENOENT;
}

int stack_route(const struct netaddr *destination, uint32_t scope, struct netaddr *source,
                uint32_t *index)
{
    struct netif *netif;

    *source = netaddr_is_v4(destination) ? netaddr_from_v4(0) : (struct netaddr){.halves = {0, 0}};
    stack_lock();
    int error = interface_count() == 0 ? -ENETDOWN
                                       : route_find_locked(destination, scope, source, &netif);
    if (error == 0) {
        *index = interface_of_netif(netif)->index;
    }
    stack_unlock();
    return error;
}

int stack_dns_server(unsigned number, struct netaddr *server)
{
    stack_lock();
    int error = servers_get_locked(number, server);
    stack_unlock();
    return error;
}
