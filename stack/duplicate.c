/*
 * duplicate.c - addresses of ours that another station of the link has, too.
 *
 * Theory of operation. When a live interface comes up, each of its addresses is looked for on the
 * link: IPv6 ones as RFC 4862, 5.4 says, by lwIP's timer, which sends a solicitation and takes the
 * address into use a second later; configured IPv4 ones by up to three ARP probes, a second apart
 * (RFC 5227, 2.1). An IPv4 address is used meanwhile, so that a start need not wait, but it is
 * announced only afterwards. What comes in is looked at here before lwIP sees it, which takes any
 * stranger's advertisement for a duplicate, even of an address that has long been in use, and gives
 * up all of an interface's addresses for one of them. An address that has passed is never given up.
 *
 * A duplicate stays unused until its interface goes down and comes up again; the others work on. It
 * stands in a list here, for whoever asks (stack_duplicate(), winlwip_duplicate()).
 *
 * Limits: LIMIT_DUPLICATES in the list; what goes beyond is unused all the same.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ip.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/icmp6.h"

#include "stack/internal.h"

enum {
    PROBES = 3,        /* RFC 5227, 1.1: PROBE_NUM */
    ARP_BYTES = 28,
    ARP_OPERATION = 6, /* offsets in an ARP message */
    ARP_SENDER_MAC = 8,
    ARP_SENDER = 14,
    ARP_TARGET = 24,
    ND_BYTES = 24,
    ND_TARGET = 8,
    HOP_LIMIT = 255,
};

struct duplicate {
    struct stack_duplicate told;
    unsigned slot; /* of the netif (IPv4) or of its addresses (IPv6) */
};

static struct {
    struct duplicate list[LIMIT_DUPLICATES];
    unsigned count;
} duplicates;

void duplicate_start(void)
{
    duplicates.count = 0;
}

static void note(const struct interface *interface, const struct netaddr *address,
                 unsigned prefix_bits, unsigned slot, const uint8_t *mac)
{
    if (duplicates.count < LIMIT_DUPLICATES) {
        struct duplicate *duplicate = &duplicates.list[duplicates.count++];

        *duplicate = (struct duplicate){
            .told = {.index = interface->index, .address = *address, .prefix_bits = prefix_bits},
            .slot = slot,
        };
        memcpy(duplicate->told.mac, mac, sizeof(duplicate->told.mac));
    }
    shortcut_forget_locked();
    endpoint_refresh_all_locked();
}

/* --- IPv4 --- */

/* Does the interface look for duplicates of its IPv4 addresses at all? */
static bool can_probe(const struct interface *interface)
{
    return interface->link != NULL && !interface->link->replay && !interface->link->ip_only;
}

/* Is the netif's address a DHCP server's care, which asks before it gives one away? */
static bool is_leased(const struct interface *interface, unsigned slot)
{
    return interface->dhcp && slot == 0;
}

/* Sends an ARP request for an address of ours from nobody's (RFC 5227, 2.1.1). */
static void probe(struct interface *interface, struct netif *netif)
{
    static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1}; /* Ethernet, IPv4, a request */
    struct pbuf *p = pbuf_alloc(PBUF_RAW, SIZEOF_ETH_HDR + ARP_BYTES, PBUF_RAM);

    if (p == NULL) {
        return;
    }
    uint8_t *frame = p->payload;
    uint8_t *arp = frame + SIZEOF_ETH_HDR;
    memset(frame, 0xff, ETH_HWADDR_LEN);
    memcpy(frame + ETH_HWADDR_LEN, interface->mac, ETH_HWADDR_LEN);
    frame[12] = 0x08;
    frame[13] = 0x06;
    memset(arp, 0, ARP_BYTES);
    memcpy(arp, head, sizeof(head));
    memcpy(arp + ARP_SENDER_MAC, interface->mac, ETH_HWADDR_LEN);
    memcpy(arp + ARP_TARGET, netif_ip4_addr(netif), sizeof(ip4_addr_t));
    link_send_locked(interface, p);
    pbuf_free(p);
}

void duplicate_begin_locked(struct interface *interface)
{
    interface->probes_left = can_probe(interface) ? PROBES : 0;
}

void duplicate_tick_locked(void)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);

        if (interface->probes_left == 0 || interface_is_down(interface)) {
            continue;
        }
        interface->probes_left--;
        for (unsigned j = 0; j < interface->netif_count; j++) {
            struct netif *netif = &interface->netifs[j];

            if (ip4_addr_isany(netif_ip4_addr(netif))) {
                continue;
            }
            if (interface->probes_left == 0) {
                etharp_gratuitous(netif);
            } else if (!is_leased(interface, j)) {
                probe(interface, netif);
            }
        }
    }
}

bool duplicate_keeps_quiet(const struct interface *interface, const uint8_t *frame, size_t bytes)
{
    const uint8_t *arp = frame + SIZEOF_ETH_HDR;

    return interface->probes_left != 0 && bytes >= SIZEOF_ETH_HDR + ARP_BYTES &&
           frame[12] == 0x08 && frame[13] == 0x06 &&
           memcmp(arp + ARP_SENDER, arp + ARP_TARGET, sizeof(ip4_addr_t)) == 0;
}

/* Does another station say that it has the address, or look for it as we do? */
static bool claims4(const struct interface *interface, const uint8_t *arp, uint32_t address)
{
    uint32_t sender, target;

    memcpy(&sender, arp + ARP_SENDER, sizeof(sender));
    memcpy(&target, arp + ARP_TARGET, sizeof(target));
    return memcmp(arp + ARP_SENDER_MAC, interface->mac, ETH_HWADDR_LEN) != 0 &&
           (sender == address || (sender == 0 && target == address && arp[ARP_OPERATION + 1] == 1));
}

void duplicate_seen4_locked(struct interface *interface, const uint8_t *arp)
{
    if (interface->probes_left == 0) {
        return;
    }
    for (unsigned i = 0; i < interface->netif_count; i++) {
        struct netif *netif = &interface->netifs[i];
        uint32_t address = ip4_addr_get_u32(netif_ip4_addr(netif));
        uint32_t mask = ip4_addr_get_u32(netif_ip4_netmask(netif));

        if (address == 0 || is_leased(interface, i) || !claims4(interface, arp, address)) {
            continue;
        }
        struct netaddr ours = netaddr_from_v4(address);
        netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, netif_ip4_gw(netif));
        interface_refresh4_locked(interface);
        note(interface, &ours, (unsigned)__builtin_popcount(mask), i, arp + ARP_SENDER_MAC);
    }
}

/* --- IPv6 --- */

/* The place of an address of the interface in lwIP's netif, or -1. */
static int slot_of(const struct netif *netif, const struct netaddr *address)
{
    ip6_addr_t wanted = netaddr_to_ip6(address);

    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!ip6_addr_isinvalid(netif_ip6_addr_state(netif, i)) &&
            ip6_addr_zoneless_eq(netif_ip6_addr(netif, i), &wanted)) {
            return i;
        }
    }
    return -1;
}

bool duplicate_seen6_locked(const struct frame_info *frame, const uint8_t *message, size_t bytes)
{
    struct interface *interface = frame->interface;
    struct netif *netif = &interface->netifs[0];
    bool solicited = message[0] == ICMP6_TYPE_NS;

    if (bytes < ND_BYTES || message[1] != 0 ||
        IP6H_HOPLIM(ip6_current_header()) != HOP_LIMIT) {
        return false;
    }
    struct netaddr target = netaddr_from_v6(message + ND_TARGET);
    int slot = slot_of(netif, &target);
    if (slot < 0 || (solicited && !ip6_addr_isany(ip6_current_src_addr()))) {
        return false;
    }
    bool tentative = ip6_addr_istentative(netif_ip6_addr_state(netif, slot));
    if (tentative && frame->source_mac != NULL &&
        memcmp(frame->source_mac, interface->mac, ETH_HWADDR_LEN) != 0) {
        netif_ip6_addr_set_state(netif, slot, IP6_ADDR_DUPLICATED);
        note(interface, &target, interface->prefix6[slot] != 0 ? interface->prefix6[slot] : 64,
             (unsigned)slot, frame->source_mac);
    }
    /* An advertisement of an address of ours is of no more use to lwIP; a probe it answers. */
    return tentative || !solicited;
}

/* --- the list --- */

void duplicate_retry_locked(struct interface *interface)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < duplicates.count; i++) {
        const struct duplicate *duplicate = &duplicates.list[i];

        if (duplicate->told.index != interface->index) {
            duplicates.list[kept++] = *duplicate;
        } else if (netaddr_is_v4(&duplicate->told.address)) {
            struct netif *netif = &interface->netifs[duplicate->slot];
            unsigned bits = duplicate->told.prefix_bits;
            ip4_addr_t mask = {.addr = PP_HTONL(bits == 0 ? 0 : ~0u << (32 - bits))};
            ip4_addr_t address = netaddr_to_ip4(&duplicate->told.address);

            netif_set_addr(netif, &address, &mask, netif_ip4_gw(netif));
        }
    }
    duplicates.count = kept;
    interface_refresh4_locked(interface);
    duplicate_begin_locked(interface);
}

int duplicate_get_locked(unsigned number, struct stack_duplicate *out)
{
    if (number >= duplicates.count) {
        return -ENOENT;
    }
    *out = duplicates.list[number].told;
    return 0;
}

int stack_duplicate(unsigned number, struct stack_duplicate *out)
{
    stack_lock();
    int error = duplicate_get_locked(number, out);
    stack_unlock();
    return error;
}

int winlwip_duplicate(unsigned number, char *text, size_t bytes)
{
    struct stack_duplicate found;
    struct stack_view view;
    char address[NETADDR_TEXT_BYTES];

    if (stack_duplicate(number, &found) != 0 || stack_view(found.index, &view) != 0) {
        return -1;
    }
    snprintf(text, bytes,
             "interface %s: address %s is in use by %02x:%02x:%02x:%02x:%02x:%02x, too, and stays "
             "unused here", view.name, netaddr_text(&found.address, address), found.mac[0],
             found.mac[1], found.mac[2], found.mac[3], found.mac[4], found.mac[5]);
    return 0;
}
