/*
 * interface.c - an interface of ours as netifs of lwIP.
 *
 * lwIP knows one IPv4 address a netif. An interface with several is a row of netifs on one link and
 * under one Winsock index: the first has the IPv6 addresses and the group memberships and takes all
 * input, the others exist so that lwIP accepts and answers ARP for their addresses. An address from
 * a DHCP server is the first netif's; there is none there while there is no lease (lease.c).
 *
 * The loopback interface is made the same way, with output functions that lead to loopback.c.
 * Guarded by the stack lock.
 */
#include <errno.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/igmp.h"
#include "lwip/ip.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/routes.h"

/* --- output functions that lwIP calls --- */

static err_t output_frame(struct netif *netif, struct pbuf *p)
{
    if (duplicate_keeps_quiet(interface_of_netif(netif), p->payload, p->len)) {
        return ERR_OK;
    }
    return link_send_locked(interface_of_netif(netif), p);
}

static err_t output_bare4(struct netif *netif, struct pbuf *p, const ip4_addr_t *target)
{
    (void)target;
    return link_send_locked(interface_of_netif(netif), p);
}

/*
 * Queues a packet for ourselves. To lwIP a link-local address exists on its own interface alone, so
 * a packet from or to one arrives there; every other arrives on loopback. p: at the IPv6 header.
 */
static err_t loop6(struct pbuf *p)
{
    const struct ip6_hdr *header = p->payload;
    struct netaddr source = netaddr_from_v6(&header->src);
    struct netaddr target = netaddr_from_v6(&header->dest);
    struct interface *interface = NULL;

    if (netaddr_is_link_scoped(&source) || netaddr_is_link_scoped(&target)) {
        interface = interface_of_address(&target);
    }
    if (interface == NULL) {
        interface = interface_at(STACK_LOOPBACK_INDEX);
    }
    return loopback_queue_locked(interface, p, FRAME_UNICAST);
}

/*
 * Is a packet lwIP's answer to one that we sent to ourselves? It answers by the interface that has
 * the destination's address, but nobody out there would hand the answer back. (For IPv4 it asks
 * route.c.) Nothing else is sent to a single host while a looped packet is being received.
 */
static bool answers_ourselves(const ip6_addr_t *target)
{
    const struct frame_info *frame = frame_current();

    return frame != NULL && frame->looped && !ip6_addr_ismulticast(target);
}

static err_t output_ethernet6(struct netif *netif, struct pbuf *p, const ip6_addr_t *target)
{
    if (answers_ourselves(target)) {
        return loop6(p);
    }
    if (interface_count() > STACK_LOOPBACK_INDEX + 1) {
        neighbour_forget_other_link_locked(netif, target);
    }
    err_t error = ethip6_output(netif, p, target);
    if (netif->mtu6 < netif->mtu) {
        neighbour_bound_mtu_locked(netif, target);
    }
    return error;
}

static err_t output_bare6(struct netif *netif, struct pbuf *p, const ip6_addr_t *target)
{
    if (answers_ourselves(target)) {
        return loop6(p);
    }
    return link_send_locked(interface_of_netif(netif), p);
}

/* Membership reports interest routers, of which loopback has none: they end here. */
static err_t output_loop4(struct netif *netif, struct pbuf *p, const ip4_addr_t *target)
{
    const struct ip_hdr *header = p->payload;
    (void)target;

    if (IPH_PROTO(header) == IP_PROTO_IGMP) {
        return ERR_OK;
    }
    return loopback_queue_locked(interface_of_netif(netif), p, FRAME_UNICAST);
}

static err_t output_loop6(struct netif *netif, struct pbuf *p, const ip6_addr_t *target)
{
    const struct ip6_hdr *header = p->payload;
    (void)netif;
    (void)target;

    if (IP6H_NEXTH(header) == IP6_NEXTH_HOPBYHOP) { /* MLD alone has one (RFC 2710, 3) */
        return ERR_OK;
    }
    return loop6(p);
}

static err_t init_ethernet(struct netif *netif)
{
    struct interface *interface = interface_of_netif(netif);

    netif->output = etharp_output;
    netif->output_ip6 = output_ethernet6;
    netif->linkoutput = output_frame;
    netif->hwaddr_len = sizeof(interface->mac);
    memcpy(netif->hwaddr, interface->mac, sizeof(interface->mac));
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static err_t init_bare(struct netif *netif)
{
    netif->output = output_bare4;
    netif->output_ip6 = output_bare6;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static err_t init_loopback(struct netif *netif)
{
    netif->output = output_loop4;
    netif->output_ip6 = output_loop6;
    netif->flags = NETIF_FLAG_IGMP | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* --- making one --- */

static bool is_live(const struct interface *interface)
{
    return interface->link != NULL && !interface->link->replay;
}

/*
 * Tells neighbours of an address that has come (gratuitous ARP). lwIP leaves that to those who look
 * for duplicates, which nobody does for addresses that are configured or leased.
 */
void interface_announce4_locked(struct netif *netif)
{
    if (netif_is_flag_set(netif, NETIF_FLAG_ETHARP) && !ip4_addr_isany(netif_ip4_addr(netif))) {
        etharp_gratuitous(netif);
    }
}

static int add_netif(struct interface *interface, const ip4_addr_t *address, unsigned prefix_bits,
                     const ip4_addr_t *gateway, unsigned mtu, netif_init_fn init)
{
    struct netif *netif = &interface->netifs[interface->netif_count];
    ip4_addr_t mask = {.addr = PP_HTONL(prefix_bits == 0 ? 0 : ~0u << (32 - prefix_bits))};

    /* input is never called: link.c enters lwIP at the IP and ARP layers. */
    if (netif_add(netif, address, &mask, gateway, interface, init, netif_input) == NULL) {
        return -ENOMEM;
    }
    interface->netif_count++;
    netif->mtu = (u16_t)mtu;
    netif->mtu6 = (u16_t)mtu;
    netif->name[0] = interface->name[0];
    netif->name[1] = interface->name[1];
    /* guard.c and udp.c have looked at these sums already. */
    NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_IP |
                                                                 NETIF_CHECKSUM_CHECK_UDP));
    netif_set_up(netif);
    interface_announce4_locked(netif);
    return 0;
}

/* The broadcast address of a netif's subnet; 0: a /31 or /32 has none (RFC 3021). */
static uint32_t broadcast_of(const struct netif *netif)
{
    uint32_t host_bits = ~ip4_addr_get_u32(netif_ip4_netmask(netif));

    return lwip_ntohl(host_bits) > 1 ? ip4_addr_get_u32(netif_ip4_addr(netif)) | host_bits : 0;
}

/* Sets a member of a list, and says whether that is a change. */
static bool put(uint32_t *member, uint32_t value)
{
    bool changed = *member != value;

    *member = value;
    return changed;
}

bool interface_refresh4_locked(struct interface *interface)
{
    unsigned count = 0;
    bool changed = false;

    for (unsigned i = 0; i < interface->netif_count; i++) {
        const struct netif *netif = &interface->netifs[i];

        if (ip4_addr_isany(netif_ip4_addr(netif))) {
            continue;
        }
        changed |= put(&interface->addresses4[count], ip4_addr_get_u32(netif_ip4_addr(netif)));
        changed |= put(&interface->broadcasts4[count], broadcast_of(netif));
        count++;
    }
    changed |= interface->count4 != count;
    interface->count4 = count;
    return changed;
}

static int add_v4(struct interface *interface, const struct stack_interface *from, unsigned mtu,
                  netif_init_fn init)
{
    ip4_addr_t gateway = netaddr_to_ip4(&from->gateway4);

    if (from->dhcp) {
        int error = add_netif(interface, IP4_ADDR_ANY4, 0, IP4_ADDR_ANY4, mtu, init);
        if (error != 0) {
            return error;
        }
    }
    for (size_t i = 0; i < from->address_count; i++) {
        const struct stack_address *a = &from->addresses[i];
        if (!netaddr_is_v4(&a->address)) {
            continue;
        }
        if (interface->netif_count == LIMIT_ADDRESSES || a->prefix_bits > 32) {
            return -EINVAL;
        }
        ip4_addr_t address = netaddr_to_ip4(&a->address);
        int error = add_netif(interface, &address, a->prefix_bits, &gateway, mtu, init);
        if (error != 0) {
            return error;
        }
    }
    if (interface->netif_count == 0) {
        return add_netif(interface, IP4_ADDR_ANY4, 0, &gateway, mtu, init);
    }
    return 0;
}

static int add_v6(struct interface *interface, const struct stack_interface *from)
{
    struct netif *netif = &interface->netifs[0];
    u8_t state = is_live(interface) ? IP6_ADDR_TENTATIVE : IP6_ADDR_PREFERRED;

    if (netif_is_flag_set(netif, NETIF_FLAG_ETHERNET)) {
        netif_create_ip6_linklocal_address(netif, 1);
        netif_ip6_addr_set_state(netif, 0, state);
    }
    for (size_t i = 0; i < from->address_count; i++) {
        if (netaddr_is_v4(&from->addresses[i].address)) {
            continue;
        }
        ip6_addr_t address = netaddr_to_ip6(&from->addresses[i].address);
        s8_t slot = -1;
        ip6_addr_assign_zone(&address, IP6_UNICAST, netif);
        if (netif_add_ip6_address(netif, &address, &slot) != ERR_OK) {
            return -EINVAL;
        }
        netif_ip6_addr_set_state(netif, slot, state);
        /* Not "static" to lwIP, which would take the network for a /64. */
        netif_ip6_addr_set_valid_life(netif, slot, IP6_ADDR_LIFE_INFINITE);
        netif_ip6_addr_set_pref_life(netif, slot, IP6_ADDR_LIFE_INFINITE);
        interface->prefix6[slot] = (uint8_t)from->addresses[i].prefix_bits;
    }
    netif->ip6_autoconfig_enabled = is_live(interface);
    return 0;
}

static int add_routes(struct interface *interface, const struct stack_interface *from)
{
    for (size_t i = 0; i < from->route_count; i++) {
        const struct stack_route *route = &from->routes[i];
        int error = routes_set_locked(&(struct route){
            .interface = interface,
            .prefix = route->to.address,
            .router = route->router,
            .bits = (uint8_t)route->to.prefix_bits,
            .until_ns = ROUTE_FOR_EVER,
            .origin = ROUTE_CONFIGURED,
            .preference = ROUTE_MEDIUM,
        });

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int interface_open(struct interface *interface, uint32_t index, const struct stack_interface *from)
{
    struct link *link = from->link;
    unsigned mtu = from->mtu != 0 ? from->mtu : link->mtu;

    *interface = (struct interface){
        .index = index,
        .link = link,
        .mtu = mtu,
        .dhcp = from->dhcp,
        .gateway4 = netaddr_v4(&from->gateway4),
    };
    strncpy(interface->name, from->name, sizeof(interface->name) - 1);
    memcpy(interface->mac, link_has_mac(link) ? link->mac : from->mac, sizeof(interface->mac));
    ip6_addr_set_any(&interface->gateway6);

    duplicate_begin_locked(interface);
    int error = add_v4(interface, from, mtu, link->ip_only ? init_bare : init_ethernet);
    if (error == 0) {
        error = add_v6(interface, from);
    }
    interface_refresh4_locked(interface);
    if (error != 0) {
        return error;
    }
    if (!netaddr_is_any(&from->gateway6)) {
        interface->gateway6 = netaddr_to_ip6(&from->gateway6);
        ip6_addr_assign_zone(&interface->gateway6, IP6_UNICAST, &interface->netifs[0]);
    }
    interface->autoconf = from->autoconf;
    if (from->down) {
        interface_set_down_locked(interface);
    }
    return add_routes(interface, from);
}

int interface_open_loopback(struct interface *interface)
{
    const struct stack_address addresses[] = {
        {netaddr_from_v4(PP_HTONL(IPADDR_LOOPBACK)), 8},
        {{.bytes = {[15] = 1}}, 128},
    };
    const struct stack_interface from = {.addresses = addresses, .address_count = 2};

    *interface = (struct interface){.index = STACK_LOOPBACK_INDEX, .name = "lo"};
    ip6_addr_set_any(&interface->gateway6);
    /* An MTU of 0 means to lwIP: never fragment. */
    int error = add_v4(interface, &from, 0, init_loopback);
    interface_refresh4_locked(interface);
    return error != 0 ? error : add_v6(interface, &from);
}

void interface_close(struct interface *interface)
{
    lease_cleanup_locked(interface);
    for (unsigned i = interface->netif_count; i-- > 0;) {
        netif_remove(&interface->netifs[i]);
    }
    interface->netif_count = 0;
    if (interface->link != NULL) {
        interface->link->ops->close(interface->link);
        interface->link = NULL;
    }
}

/* --- questions --- */

bool interface_awaits_router(const struct interface *interface)
{
    const struct netif *netif = &interface->netifs[0];

    if (!interface->autoconf || interface_is_down(interface)) {
        return false;
    }
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) && interface->prefix6[i] == 0 &&
            !ip6_addr_islinklocal(netif_ip6_addr(netif, i))) {
            return false;
        }
    }
    return true;
}

bool interface_is_tentative(const struct interface *interface)
{
    if (interface_is_down(interface)) {
        return false;
    }
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_istentative(netif_ip6_addr_state(&interface->netifs[0], i))) {
            return true;
        }
    }
    return interface_awaits_router(interface);
}

struct netif *interface_first4(struct interface *interface)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        if (!ip4_addr_isany(netif_ip4_addr(&interface->netifs[i]))) {
            return &interface->netifs[i];
        }
    }
    return NULL;
}

bool interface_has_address(const struct interface *interface, const struct netaddr *address)
{
    if (netaddr_is_v4(address)) {
        if (interface->link == NULL) {
            return netaddr_is_loopback(address); /* Windows owns 127.0.0.0/8 */
        }
        for (unsigned i = 0; i < interface->count4; i++) {
            if (interface->addresses4[i] == netaddr_v4(address)) {
                return true;
            }
        }
        return false;
    }
    ip6_addr_t wanted = netaddr_to_ip6(address);
    const struct netif *netif = &interface->netifs[0];
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t address_state = netif_ip6_addr_state(netif, i);

        if (!ip6_addr_isinvalid(address_state) && !ip6_addr_isduplicated(address_state) &&
            ip6_addr_zoneless_eq(netif_ip6_addr(netif, i), &wanted)) {
            return true;
        }
    }
    return false;
}

bool interface_is_broadcast(const struct interface *interface, uint32_t address)
{
    if (interface->link == NULL) {
        return false;
    }
    if (address == IPADDR_BROADCAST) {
        return true;
    }
    for (unsigned i = 0; i < interface->count4; i++) {
        if (interface->broadcasts4[i] == address && address != 0) {
            return true;
        }
    }
    return false;
}
