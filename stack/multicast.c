/*
 * multicast.c - group memberships of the host towards its links.
 *
 * Winsock's membership is a socket's own (membership.c); IGMP's and MLD's is the host's. lwIP is
 * told of the first member of a group on an interface and of the last that leaves, because it
 * counts members in 8 bits only. How many members a group has is counted here, in a table of the groups
 * that are joined. lwIP speaks IGMPv2 and MLDv1, which know no sources: routers are asked for the
 * group as a whole, and sources are told apart when a datagram has arrived.
 *
 * Guarded by the stack lock. Bound: LIMIT_GROUPS different pairs of group and interface.
 */
#include <errno.h>

#include "lwip/igmp.h"
#include "lwip/mld6.h"

#include "stack/internal.h"

/* A group of which this host is a member on an interface. */
struct joined {
    struct netaddr group;
    struct interface *interface; /* NULL: the entry is free */
    unsigned members;
};

static struct joined joined[LIMIT_GROUPS];

static struct joined *joined_find(const struct netaddr *group, const struct interface *interface)
{
    for (unsigned i = 0; i < LIMIT_GROUPS; i++) {
        if (joined[i].interface == interface &&
            (interface == NULL || netaddr_equal(&joined[i].group, group))) {
            return &joined[i];
        }
    }
    return NULL;
}

/*
 * 224.0.0.1, ff01::1 and ff02::1: every host is a member, lwIP always hears them, and nobody
 * reports them (RFC 2236, 6; RFC 2710, 5).
 */
static bool is_all_hosts(const struct netaddr *group)
{
    if (netaddr_is_v4(group)) {
        return netaddr_v4(group) == PP_HTONL(0xe0000001u);
    }
    ip6_addr_t address = netaddr_to_ip6(group);
    return ip6_addr_isallnodes_iflocal(&address) || ip6_addr_isallnodes_linklocal(&address);
}

static err_t lwip_join(const struct netaddr *group, struct netif *netif)
{
    if (is_all_hosts(group)) {
        return ERR_OK;
    }
    if (netaddr_is_v4(group)) {
        ip4_addr_t address = netaddr_to_ip4(group);
        return igmp_joingroup_netif(netif, &address);
    }
    ip6_addr_t address = netaddr_to_ip6(group);
    ip6_addr_assign_zone(&address, IP6_MULTICAST, netif);
    return mld6_joingroup_netif(netif, &address);
}

static void lwip_leave(const struct netaddr *group, struct netif *netif)
{
    if (is_all_hosts(group)) {
        return;
    }
    if (netaddr_is_v4(group)) {
        ip4_addr_t address = netaddr_to_ip4(group);
        igmp_leavegroup_netif(netif, &address);
        return;
    }
    ip6_addr_t address = netaddr_to_ip6(group);
    ip6_addr_assign_zone(&address, IP6_MULTICAST, netif);
    mld6_leavegroup_netif(netif, &address);
}

int multicast_host_join_locked(const struct netaddr *group, struct interface *interface)
{
    struct joined *entry = joined_find(group, interface);

    if (entry != NULL) {
        entry->members++;
        return 0;
    }
    entry = joined_find(NULL, NULL);
    if (entry == NULL || lwip_join(group, &interface->netifs[0]) != ERR_OK) {
        return -ENOMEM;
    }
    *entry = (struct joined){*group, interface, 1};
    return 0;
}

void multicast_host_leave_locked(const struct netaddr *group, struct interface *interface)
{
    struct joined *entry = joined_find(group, interface);

    if (--entry->members == 0) {
        lwip_leave(group, &interface->netifs[0]);
        entry->interface = NULL;
    }
}

uint32_t multicast_timer_periods_locked(void)
{
    for (uint32_t i = 1; i <= interface_count(); i++) {
        struct netif *netif = &interface_at(i)->netifs[0];
        for (struct igmp_group *g = netif_igmp_data(netif); g != NULL; g = g->next) {
            if (g->timer != 0) {
                return 1;
            }
        }
        for (struct mld_group *g = netif_mld6_data(netif); g != NULL; g = g->next) {
            if (g->timer != 0) {
                return 1;
            }
        }
    }
    return 0;
}
