/*
 * view.c - the interfaces as others may see them: copies, taken under the stack lock. No state.
 */
#include <errno.h>
#include <string.h>

#include "stack/routes.h"

/* lwIP counts every IPv6 network as a /64; for configured addresses the interface knows better. */
static unsigned prefix6(const struct interface *interface, unsigned slot)
{
    enum { LWIP_PREFIX_BITS = 64 };

    return interface->prefix6[slot] != 0 ? interface->prefix6[slot] : LWIP_PREFIX_BITS;
}

static void copy_v4(const struct interface *interface, struct stack_view *view)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        const struct netif *netif = &interface->netifs[i];
        uint32_t mask = lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(netif)));

        if (ip4_addr_isany(netif_ip4_addr(netif))) {
            continue;
        }
        view->addresses[view->address_count++] = (struct stack_view_address){
            .address = netaddr_from_v4(ip4_addr_get_u32(netif_ip4_addr(netif))),
            .prefix_bits = mask == 0 ? 0 : 32 - (unsigned)__builtin_ctz(mask),
            .configured = !interface->dhcp || i != 0,
            .leased = i == 0 && interface->lease.server != 0,
            .valid_s = UINT32_MAX,
            .preferred_s = UINT32_MAX,
        };
    }
}

/* What the netifs no longer have: IPv4 addresses that are somebody else's. */
static void copy_duplicates4(const struct interface *interface, struct stack_view *view)
{
    struct stack_duplicate duplicate;

    for (unsigned i = 0; duplicate_get_locked(i, &duplicate) == 0; i++) {
        if (duplicate.index == interface->index && netaddr_is_v4(&duplicate.address)) {
            view->addresses[view->address_count++] = (struct stack_view_address){
                .address = duplicate.address,
                .prefix_bits = duplicate.prefix_bits,
                .configured = true,
                .duplicate = true,
                .valid_s = UINT32_MAX,
                .preferred_s = UINT32_MAX,
            };
        }
    }
}

static void copy_v6(const struct interface *interface, struct stack_view *view)
{
    const struct netif *netif = &interface->netifs[0];

    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t address_state = netif_ip6_addr_state(netif, i);

        if (ip6_addr_isinvalid(address_state)) {
            continue;
        }
        bool lasts = netif_ip6_addr_isstatic(netif, i);
        view->addresses[view->address_count++] = (struct stack_view_address){
            .address = netaddr_from_v6(netif_ip6_addr(netif, i)->addr),
            .prefix_bits = prefix6(interface, i),
            .configured = interface->prefix6[i] != 0,
            .tentative = ip6_addr_istentative(address_state),
            .duplicate = ip6_addr_isduplicated(address_state),
            .deprecated = ip6_addr_isdeprecated(address_state),
            .valid_s = lasts ? UINT32_MAX : netif_ip6_addr_valid_life(netif, i),
            .preferred_s = lasts ? UINT32_MAX : netif_ip6_addr_pref_life(netif, i),
        };
    }
}

/* The gateway of an interface, or a wildcard. */
static void copy_gateways(const struct interface *interface, struct stack_view *view)
{
    view->gateway4 = routes_gateway4_locked(interface);
    view->gateway6 = netaddr_from_v6(interface->gateway6.addr);
    if (netaddr_is_any(&view->gateway6)) {
        view->gateway6 = routes_router_locked(interface);
    }
}

static void copy_lease(const struct interface *interface, struct stack_view *view)
{
    const struct lease *lease = &interface->lease;

    view->dhcp = interface->dhcp;
    if (lease->server == 0) {
        return;
    }
    int64_t passed_s = (clock_now_ns() - lease->obtained_ns) / NS_PER_S;
    view->dhcp_server = netaddr_from_v4(lease->server);
    view->lease_obtained_s = lease->obtained_s;
    view->lease_s = lease->seconds;
    view->lease_left_s = lease->seconds;
    if (lease->seconds != UINT32_MAX) {
        view->lease_left_s = passed_s < lease->seconds ? lease->seconds - (uint32_t)passed_s : 0;
    }
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
        copy_duplicates4(interface, view);
        copy_v6(interface, view);
        copy_gateways(interface, view);
        copy_lease(interface, view);
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
