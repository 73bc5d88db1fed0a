/*
 * neighbour.c - what lwIP leaves out of neighbour discovery.
 *
 * A solicitation names the link-layer address of who asks. lwIP takes it when it knows nothing of the
 * neighbour or is asking for it; an entry that it has keeps the old address. So a station that comes
 * back with another address (a card that was changed, a virtual machine, a process with a link of
 * its own) would ask, and its answers would go nowhere until lwIP found out by itself, half a minute
 * later. RFC 4861, 7.2.3: the address is replaced, and the entry is STALE.
 *
 * Guarded by the stack lock. The state is lwIP's cache.
 */
#include <string.h>

#include "lwip/ip.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"

#include "stack/routes.h"

enum {
    HEADER_BYTES = 24, /* type, code, checksum, four reserved bytes, target */
    TARGET_OFFSET = 8,
    OPTION_SOURCE = 1,
    OPTION_UNIT = 8,
    OPTION_LINK_OFFSET = 2, /* behind type and length */
    HOP_LIMIT = 255,
};

/* The source's link-layer address in the options of a solicitation, or NULL. */
static const uint8_t *source_link_address(const uint8_t *message, size_t bytes, size_t link_bytes)
{
    size_t at = HEADER_BYTES;

    while (at + OPTION_UNIT <= bytes) {
        size_t length = (size_t)message[at + 1] * OPTION_UNIT;

        if (length == 0) {
            return NULL;
        }
        if (message[at] == OPTION_SOURCE) {
            return OPTION_LINK_OFFSET + link_bytes <= length && at + length <= bytes
                       ? message + at + OPTION_LINK_OFFSET
                       : NULL;
        }
        at += length;
    }
    return NULL;
}

static struct nd6_neighbor_cache_entry *find_entry(const struct netif *netif,
                                                   const ip6_addr_t *address)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];

        if (entry->state != ND6_NO_ENTRY && entry->netif == netif &&
            ip6_addr_eq(&entry->next_hop_address, address)) {
            return entry;
        }
    }
    return NULL;
}

bool neighbour_answers_locked(const struct interface *interface, const struct netaddr *address)
{
    const struct netif *netif = &interface->netifs[0];
    ip6_addr_t wanted = netaddr_to_ip6(address);

    ip6_addr_assign_zone(&wanted, IP6_UNICAST, netif);
    const struct nd6_neighbor_cache_entry *entry = find_entry(netif, &wanted);
    return entry != NULL && entry->state != ND6_INCOMPLETE;
}

/* A place in lwIP's cache that nobody has, or NULL. */
static struct nd6_neighbor_cache_entry *free_entry(void)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        if (neighbor_cache[i].state == ND6_NO_ENTRY) {
            return &neighbor_cache[i];
        }
    }
    return NULL;
}

void neighbour_learn_locked(const struct interface *interface, const struct netaddr *address,
                            const uint8_t *link)
{
    struct netif *netif = (struct netif *)&interface->netifs[0];
    ip6_addr_t wanted = netaddr_to_ip6(address);

    ip6_addr_assign_zone(&wanted, IP6_UNICAST, netif);
    struct nd6_neighbor_cache_entry *entry = find_entry(netif, &wanted);
    if (entry == NULL) {
        entry = free_entry();
        if (entry == NULL) {
            return; /* it is asked for when it is needed */
        }
        entry->netif = netif;
        entry->next_hop_address = wanted;
        entry->isrouter = 0;
    } else if (entry->state == ND6_INCOMPLETE) {
        /* A STALE entry takes packets, and lwIP's next look sends those that wait. */
        memcpy(entry->lladdr, link, netif->hwaddr_len);
        entry->state = ND6_REACHABLE;
        entry->counter.reachable_time = 0;
        return;
    } else if (memcmp(entry->lladdr, link, netif->hwaddr_len) == 0) {
        return;
    }
    memcpy(entry->lladdr, link, netif->hwaddr_len);
    entry->state = ND6_STALE;
    entry->counter.stale_time = 0;
}

/* What lwIP remembers of a destination, or NULL. */
static struct nd6_destination_cache_entry *find_destination(const ip6_addr_t *target)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
        if (ip6_addr_eq(&destination_cache[i].destination_addr, target)) {
            return &destination_cache[i];
        }
    }
    return NULL;
}

bool neighbour_may_redirect_locked(const struct interface *interface, const uint8_t *message,
                                   size_t bytes)
{
    enum { REDIRECT_BYTES = 40, DESTINATION_OFFSET = 24 };
    const struct netif *netif = &interface->netifs[0];

    if (bytes < REDIRECT_BYTES) {
        return false;
    }
    struct netaddr target = netaddr_from_v6(message + TARGET_OFFSET);
    struct netaddr address = netaddr_from_v6(message + DESTINATION_OFFSET);
    ip6_addr_t wanted = netaddr_to_ip6(&address);
    const struct nd6_destination_cache_entry *destination = find_destination(&wanted);
    bool to_router = netaddr_is_link_scoped(&target) && !netaddr_is_multicast(&target);
    bool to_itself =
        netaddr_equal(&target, &address) && routes_can_solicit_locked(netif, &target);

    return destination != NULL && (to_router || to_itself) &&
           ip6_addr_eq(&destination->next_hop_addr, ip6_current_src_addr());
}

void neighbour_forget_other_link_locked(const struct netif *netif, const ip6_addr_t *target)
{
    struct nd6_destination_cache_entry *destination = find_destination(target);

    if (destination == NULL) {
        return;
    }
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        const struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];

        if (entry->state != ND6_NO_ENTRY && entry->netif != netif &&
            ip6_addr_eq(&entry->next_hop_address, &destination->next_hop_addr)) {
            ip6_addr_set_any(&destination->destination_addr);
            return;
        }
    }
}

void neighbour_bound_mtu_locked(const struct netif *netif, const ip6_addr_t *target)
{
    struct nd6_destination_cache_entry *destination = find_destination(target);

    if (destination != NULL && destination->pmtu > netif->mtu6) {
        destination->pmtu = netif->mtu6;
    }
}

/* Is it valid (RFC 4861, 7.1.1) and for one of our addresses? */
static bool concerns_us(const struct interface *interface, const uint8_t *message, size_t bytes)
{
    struct netaddr target;

    if (bytes < HEADER_BYTES || message[1] != 0 ||
        IP6H_HOPLIM(ip6_current_header()) != HOP_LIMIT) {
        return false;
    }
    target = netaddr_from_v6(message + TARGET_OFFSET);
    return interface_has_address(interface, &target);
}

void neighbour_asked_locked(const struct interface *interface, const uint8_t *message, size_t bytes)
{
    const struct netif *netif = &interface->netifs[0];

    if (!concerns_us(interface, message, bytes)) {
        return;
    }
    const uint8_t *link = source_link_address(message, bytes, netif->hwaddr_len);
    struct nd6_neighbor_cache_entry *entry =
        link != NULL ? find_entry(netif, ip6_current_src_addr()) : NULL;
    if (entry == NULL || entry->state == ND6_INCOMPLETE ||
        memcmp(entry->lladdr, link, netif->hwaddr_len) == 0) {
        return;
    }
    memcpy(entry->lladdr, link, netif->hwaddr_len);
    entry->state = ND6_STALE;
    entry->counter.stale_time = 0;
}
