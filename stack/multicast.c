/*
 * multicast.c - group memberships of endpoints, and of the host towards its links.
 *
 * Winsock's membership is a socket's own (a socket that has not joined does not hear the group);
 * IGMP's and MLD's is the host's. Each endpoint keeps a list; lwIP is told of the first member of a
 * group on an interface and of the last that leaves, because it counts members in 8 bits only.
 * How many members a group has is counted here, in a table of the groups that are joined.
 *
 * Guarded by the stack lock. Bound: LIMIT_GROUPS different pairs of group and interface.
 */
#include <errno.h>
#include <stdlib.h>

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

static err_t lwip_join(const struct netaddr *group, struct netif *netif)
{
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
    if (netaddr_is_v4(group)) {
        ip4_addr_t address = netaddr_to_ip4(group);
        igmp_leavegroup_netif(netif, &address);
        return;
    }
    ip6_addr_t address = netaddr_to_ip6(group);
    ip6_addr_assign_zone(&address, IP6_MULTICAST, netif);
    mld6_leavegroup_netif(netif, &address);
}

static int host_join(const struct netaddr *group, struct interface *interface)
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

static void host_leave(const struct netaddr *group, struct interface *interface)
{
    struct joined *entry = joined_find(group, interface);

    if (--entry->members == 0) {
        lwip_leave(group, &interface->netifs[0]);
        entry->interface = NULL;
    }
}

/* The link of the list that points to the membership, or to the NULL at its end. */
static struct membership **find(struct membership **list, const struct netaddr *group,
                                const struct interface *interface)
{
    while (*list != NULL &&
           !((*list)->interface == interface && netaddr_equal(&(*list)->group, group))) {
        list = &(*list)->next;
    }
    return list;
}

int multicast_join_locked(struct membership **list, const struct netaddr *group,
                          struct interface *interface)
{
    struct membership **at = find(list, group, interface);

    if (*at != NULL) {
        return -EADDRNOTAVAIL;
    }
    struct membership *entry = malloc(sizeof(*entry));
    if (entry == NULL) {
        return -ENOMEM;
    }
    int error = host_join(group, interface);
    if (error != 0) {
        free(entry);
        return error;
    }
    *entry = (struct membership){*group, interface, NULL};
    *at = entry;
    return 0;
}

int multicast_leave_locked(struct membership **list, const struct netaddr *group,
                           struct interface *interface)
{
    struct membership **at = find(list, group, interface);
    struct membership *entry = *at;

    if (entry == NULL) {
        return -EADDRNOTAVAIL;
    }
    *at = entry->next;
    host_leave(group, interface);
    free(entry);
    return 0;
}

void multicast_leave_all_locked(struct membership **list)
{
    while (*list != NULL) {
        struct membership *entry = *list;
        *list = entry->next;
        host_leave(&entry->group, entry->interface);
        free(entry);
    }
}

bool multicast_is_member(const struct membership *list, const struct netaddr *group,
                         const struct interface *interface)
{
    for (; list != NULL; list = list->next) {
        if (list->interface == interface && netaddr_equal(&list->group, group)) {
            return true;
        }
    }
    return false;
}

bool multicast_all_down(const struct membership *list)
{
    for (const struct membership *m = list; m != NULL; m = m->next) {
        if (!interface_is_down(m->interface)) {
            return false;
        }
    }
    return list != NULL;
}

bool multicast_timer_busy_locked(void)
{
    for (uint32_t i = 1; i <= interface_count(); i++) {
        struct netif *netif = &interface_at(i)->netifs[0];
        for (struct igmp_group *g = netif_igmp_data(netif); g != NULL; g = g->next) {
            if (g->timer != 0) {
                return true;
            }
        }
        for (struct mld_group *g = netif_mld6_data(netif); g != NULL; g = g->next) {
            if (g->timer != 0) {
                return true;
            }
        }
    }
    return false;
}
