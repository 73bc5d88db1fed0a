/*
 * shortcut.c - which sends may go straight to their link, and by which way.
 *
 * Theory of operation. Route, source address and neighbour of a datagram are functions of what the
 * send asks for (struct shortcut_key) and of state that changes seldom: addresses, interfaces,
 * neighbours, routers. So a way is not found here but remembered: when a packet has gone through
 * route.c and lwIP's ARP or ND and left by its link in the same call, the frame shows what they
 * decided. All ways are forgotten at once, by counting a generation on, whenever anything happens
 * on which one may depend:
 *   - lwIP's timers of ARP and ND tick, every second: entries age, addresses and routers expire;
 *   - ARP, or IPv6 other than UDP, arrives: neighbours, routers, prefixes and MTUs may change;
 *   - an interface goes down or comes up;
 *   - a path MTU becomes known.
 * The first send to a destination after that goes lwIP's way again. With it lwIP does everything
 * that it does for a neighbour in use: asks again before the entry expires, goes from STALE to DELAY
 * and probes, keeps the destination's entry young. Between two ticks further sends would change
 * nothing there: requests are at least a tick apart.
 *
 * Path MTUs are not remembered here, only that none is known: they age without a tick. Groups,
 * broadcasts and our own addresses have copies for this host and are never remembered.
 *
 * Guarded by the stack lock. Bound: LIMIT_SHORTCUTS ways, the newer takes the slot.
 */
#include <string.h>

#include "stack/checksum.h"
#include "stack/output.h"
#include "stack/random.h"

static struct {
    bool enabled;
    bool seen;                  /* the packet watched for has left */
    const struct pbuf *watched; /* NULL: none */
    uint8_t target_mac[ETH_HWADDR_LEN]; /* where it went */
    uint64_t generation;        /* never 0 */
    uint64_t seed;              /* so that nobody can aim at a slot */
    struct shortcut ways[LIMIT_SHORTCUTS];
} shortcuts;

void shortcut_start(bool enabled)
{
    shortcuts.enabled = enabled;
    shortcuts.generation++;
    shortcuts.seed = (uint64_t)stack_random32() << 32 | stack_random32() | 1;
}

void shortcut_forget_locked(void)
{
    shortcuts.generation++;
}

static struct shortcut *slot_of(const struct shortcut_key *key)
{
    uint64_t hash = (key->destination.halves[0] ^ key->scope) * shortcuts.seed;

    hash = (hash ^ hash >> 29 ^ key->destination.halves[1]) * shortcuts.seed;
    hash = (hash ^ hash >> 29 ^ key->source.halves[1]) * shortcuts.seed;
    return &shortcuts.ways[(hash >> 40) % LIMIT_SHORTCUTS];
}

static bool key_equal(const struct shortcut_key *a, const struct shortcut_key *b)
{
    return netaddr_equal(&a->destination, &b->destination) &&
           netaddr_equal(&a->source, &b->source) && a->scope == b->scope;
}

const struct shortcut *shortcut_find_locked(const struct netaddr *source,
                                            const struct endpoint_send *send)
{
    struct shortcut_key key = shortcut_key_of(source, send);
    const struct shortcut *way = slot_of(&key);

    return way->generation == shortcuts.generation && key_equal(&way->key, &key) ? way : NULL;
}

/* --- learning --- */

void shortcut_watch_locked(const struct pbuf *p)
{
    shortcuts.watched = shortcuts.enabled ? p : NULL;
    shortcuts.seen = false;
}

void shortcut_see_sent_locked(const struct pbuf *p)
{
    if (p == shortcuts.watched) {
        shortcuts.seen = true;
        memcpy(shortcuts.target_mac, p->payload, sizeof(shortcuts.target_mac));
    }
}

/* Has a datagram to the address no copy for this host itself, and one receiver? */
static bool is_plain(const struct interface *interface, const struct netaddr *target)
{
    return interface->link != NULL && !netaddr_is_multicast(target) &&
           !(netaddr_is_v4(target) && interface_is_broadcast(interface, netaddr_v4(target)));
}

static void put_ethernet(struct eth_hdr *header, const struct interface *interface, uint16_t type)
{
    memcpy(header->dest.addr, shortcuts.target_mac, sizeof(header->dest.addr));
    memcpy(header->src.addr, interface->mac, sizeof(header->src.addr));
    header->type = lwip_htons(type);
}

static void put_head4(struct shortcut *way, const struct interface *interface,
                      const struct netaddr *source)
{
    union output_head *head = &way->head;

    put_ethernet(&head->v4.ethernet, interface, ETHTYPE_IP);
    IPH_VHL_SET(&head->v4.ip, 4, IP_HLEN / 4);
    IPH_PROTO_SET(&head->v4.ip, IP_PROTO_UDP);
    head->v4.ip.src.addr = netaddr_v4(source);
    head->v4.ip.dest.addr = netaddr_v4(&way->key.destination);
    way->head_sum = checksum_fold(checksum_add(0, &head->v4.ip, IP_HLEN));
}

static void put_head6(struct shortcut *way, const struct interface *interface,
                      const struct netaddr *source)
{
    union output_head *head = &way->head;

    put_ethernet(&head->v6.ethernet, interface, ETHTYPE_IPV6);
    IP6H_NEXTH_SET(&head->v6.ip, IP6_NEXTH_UDP);
    memcpy(&head->v6.ip.src, source->bytes, sizeof(head->v6.ip.src));
    memcpy(&head->v6.ip.dest, way->key.destination.bytes, sizeof(head->v6.ip.dest));
}

void shortcut_learn_locked(const struct netaddr *source, const struct endpoint_send *send,
                           const struct ip_way *way)
{
    const struct interface *interface = interface_of_netif(way->netif);
    const struct netaddr *target = &send->destination.address;

    shortcuts.watched = NULL;
    if (!shortcuts.seen || !is_plain(interface, target)) {
        return;
    }
    struct shortcut_key key = shortcut_key_of(source, send);
    struct shortcut *slot = slot_of(&key);
    *slot = (struct shortcut){
        .key = key,
        .is_v4 = netaddr_is_v4(target),
        .start = interface->link->ip_only ? sizeof(slot->head.v4.padding) + SIZEOF_ETH_HDR
                                          : sizeof(slot->head.v4.padding),
        .generation = shortcuts.generation,
        .is_narrow = pmtu_is_known_locked(way->netif, target),
        .mtu_bytes = (uint16_t)pmtu_of_interface(way->netif, target),
        .netif = way->netif,
        .pseudo_sum = transport_pseudo_sum(&way->source, target, IP_PROTO_UDP, 0),
    };
    if (slot->is_v4) {
        put_head4(slot, interface, &way->source);
    } else {
        put_head6(slot, interface, &way->source);
    }
}
