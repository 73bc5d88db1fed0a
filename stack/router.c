/*
 * router.c - what routers advertise: default routes, prefixes, addresses, MTU, DNS servers.
 *
 * Theory of operation. Windows hosts listen to routers unless told otherwise, and so does every
 * interface here. An advertisement is looked at as a whole before anything of it is believed
 * (RFC 4861, 6.1.2): hop limit 255 (it crossed no router), link-local source, code 0, and options
 * whose lengths add up and are never 0. Options that are unknown, or too short for what they are,
 * are passed over. It is read here instead of in lwIP, which believes options in front of a bad
 * one, prefixes that no host can have, and DNS servers in place of the configured ones, keeps an
 * MTU for ever, and has one set of timers for all interfaces.
 *
 * What is learnt stands elsewhere: routes in routes.c, addresses in lwIP's netif (whose timer does
 * duplicate address detection and lets them expire), DNS servers in servers.c. Lifetimes run by the
 * stack's clock.
 *
 * Not used: the advertised hop limit, reachable time and retransmission timer (lwIP has one of each
 * for all interfaces), search lists, and the flags that ask for DHCPv6. A replay has no addresses
 * of its own to make; routes it learns as any other link.
 *
 * Limits: an advertisement fits a packet; routes: see routes.c; addresses: those of the interface
 * that are left (LIMIT_ADDRESSES); DNS servers: LIMIT_LEARNT_DNS_SERVERS.
 *
 * Guarded by the stack lock. No state of its own.
 */
#include <string.h>

#include "lwip/ip.h"
#include "lwip/nd6.h"

#include "stack/routes.h"

enum {
    HEADER_BYTES = 16,
    FLAGS_OFFSET = 5,
    LIFETIME_OFFSET = 6,
    OPTION_UNIT = 8,
    HOP_LIMIT = 255,
    SLAAC_BITS = 64, /* RFC 2464, 4: interface identifiers of Ethernet have the other 64 */
    LEAST_MTU = 1280,
};

/* What a lifetime of 32 bits may not fall below for an address in use (RFC 4862, 5.5.3 e). */
enum { TWO_HOURS_S = 7200 };

#define LIFETIME_FOR_EVER UINT32_MAX

/* An advertisement while it is read. */
struct advertisement {
    struct interface *interface;
    struct netaddr router;
};

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t end_of(uint32_t lifetime_s)
{
    return lifetime_s == LIFETIME_FOR_EVER ? ROUTE_FOR_EVER
                                           : clock_now_ns() + lifetime_s * NS_PER_S;
}

/* The two bits of RFC 4191, 2.1: 01 high, 11 low, 10 is to be taken for 00. */
static enum route_preference preference_of(unsigned bits)
{
    static const enum route_preference meanings[] = {ROUTE_MEDIUM, ROUTE_HIGH, ROUTE_MEDIUM,
                                                     ROUTE_LOW};

    return meanings[bits & 3];
}

/* An address without the bits behind a prefix. */
static struct netaddr prefix_of(struct netaddr address, unsigned bits)
{
    for (unsigned i = 0; i < sizeof(address.bytes); i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

        if (kept < 8) {
            address.bytes[i] &= (uint8_t)(0xff00u >> kept);
        }
    }
    return address;
}

/* --- addresses --- */

/*
 * Renews the lifetimes of the address that was made of a prefix. An advertisement, which anybody on
 * the link can forge, can't end it at once. Returns whether there is one.
 */
static bool renew_address(const struct interface *interface, const ip6_addr_t *prefix,
                          uint32_t valid_s, uint32_t preferred_s)
{
    struct netif *netif = (struct netif *)&interface->netifs[0];

    for (unsigned i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t address_state = netif_ip6_addr_state(netif, i);

        if (ip6_addr_isinvalid(address_state) || interface->prefix6[i] != 0 ||
            !ip6_addr_net_zoneless_eq(netif_ip6_addr(netif, i), prefix)) {
            continue;
        }
        uint32_t left_s = netif_ip6_addr_valid_life(netif, i);
        if (valid_s > TWO_HOURS_S || valid_s > left_s) {
            netif_ip6_addr_set_valid_life(netif, i, valid_s);
        } else if (left_s > TWO_HOURS_S) {
            netif_ip6_addr_set_valid_life(netif, i, TWO_HOURS_S);
        }
        netif_ip6_addr_set_pref_life(netif, i, preferred_s);
        if (preferred_s != 0 && address_state == IP6_ADDR_DEPRECATED) {
            netif_ip6_addr_set_state(netif, i, IP6_ADDR_PREFERRED);
        } else if (preferred_s == 0 && address_state == IP6_ADDR_PREFERRED) {
            netif_ip6_addr_set_state(netif, i, IP6_ADDR_DEPRECATED);
        }
        return true;
    }
    return false;
}

/* Makes an address of a prefix and the interface's identifier, unless it has that already. */
static void make_address(const struct interface *interface, const ip6_addr_t *prefix,
                         uint32_t valid_s, uint32_t preferred_s)
{
    struct netif *netif = (struct netif *)&interface->netifs[0];
    const ip6_addr_t *link_local = netif_ip6_addr(netif, 0);
    struct netaddr made;
    unsigned place = 0;

    ip6_addr_t address = {.addr = {prefix->addr[0], prefix->addr[1], link_local->addr[2],
                                   link_local->addr[3]}};
    made = netaddr_from_v6(address.addr);
    if (interface_has_address(interface, &made)) {
        return;
    }
    for (unsigned i = LWIP_IPV6_NUM_ADDRESSES; i-- > 1;) {
        if (ip6_addr_isinvalid(netif_ip6_addr_state(netif, i))) {
            place = i;
        }
    }
    if (place == 0) {
        return;
    }
    ip6_addr_assign_zone(&address, IP6_UNICAST, netif);
    ip_addr_copy_from_ip6(netif->ip6_addr[place], address);
    netif_ip6_addr_set_valid_life(netif, place, valid_s);
    netif_ip6_addr_set_pref_life(netif, place, preferred_s);
    netif_ip6_addr_set_state(netif, place, IP6_ADDR_TENTATIVE);
}

/* RFC 4862, 5.5.3. */
static void configure(const struct interface *interface, const struct netaddr *prefix,
                      unsigned bits, uint32_t valid_s, uint32_t preferred_s)
{
    const struct netif *netif = &interface->netifs[0];
    ip6_addr_t network = netaddr_to_ip6(prefix);

    if (bits != SLAAC_BITS || preferred_s > valid_s || !netif->ip6_autoconfig_enabled ||
        !netif_is_flag_set(netif, NETIF_FLAG_ETHERNET)) {
        return;
    }
    if (!renew_address(interface, &network, valid_s, preferred_s) && valid_s != 0) {
        make_address(interface, &network, valid_s, preferred_s);
    }
}

/* --- options: each gets its bytes, of which there are at least as many as the table says --- */

/* Can a prefix be that of hosts? */
static bool is_host_prefix(const struct netaddr *prefix, unsigned bits)
{
    return bits <= 128 && !netaddr_is_multicast(prefix) && !netaddr_is_link_scoped(prefix) &&
           !netaddr_is_loopback(prefix) && !netaddr_is_any(prefix) && !netaddr_is_v4(prefix);
}

/* RFC 4861, 4.6.2. */
static void take_prefix(const struct advertisement *from, const uint8_t *option, size_t bytes)
{
    enum { ON_LINK = 0x80, AUTONOMOUS = 0x40 };
    unsigned bits = option[2];
    uint32_t valid_s = read32(option + 4);
    (void)bytes;

    struct netaddr prefix = prefix_of(netaddr_from_v6(option + 16), bits);
    if (!is_host_prefix(&prefix, bits)) {
        return;
    }
    if ((option[3] & ON_LINK) != 0) {
        routes_set_locked(&(struct route){
            .interface = from->interface,
            .prefix = prefix,
            .bits = (uint8_t)bits,
            .until_ns = end_of(valid_s),
            .origin = ROUTE_ON_LINK,
            .preference = ROUTE_MEDIUM,
        });
    }
    if ((option[3] & AUTONOMOUS) != 0) {
        configure(from->interface, &prefix, bits, valid_s, read32(option + 8));
    }
}

static void take_link_address(const struct advertisement *from, const uint8_t *option,
                              size_t bytes)
{
    enum { LINK_OFFSET = 2 };
    const struct netif *netif = &from->interface->netifs[0];

    if (netif->hwaddr_len != 0 && bytes >= LINK_OFFSET + (size_t)netif->hwaddr_len) {
        neighbour_learn_locked(from->interface, &from->router, option + LINK_OFFSET);
    }
}

/* More than the link carries, or less than IPv6 needs, is not believed (RFC 4861, 6.3.4). */
static void take_mtu(const struct advertisement *from, const uint8_t *option, size_t bytes)
{
    struct netif *netif = &from->interface->netifs[0];
    uint32_t mtu_bytes = read32(option + 4);
    (void)bytes;

    if (mtu_bytes >= LEAST_MTU && mtu_bytes <= netif->mtu && mtu_bytes != netif->mtu6) {
        netif->mtu6 = (u16_t)mtu_bytes;
        nd6_clear_destination_cache();
    }
}

/* RFC 4191, 2.3. The prefix may be left out as far as it is zero. */
static void take_route(const struct advertisement *from, const uint8_t *option, size_t bytes)
{
    enum { PREFIX_OFFSET = 8, PREFIX_BYTES = 16 };
    uint8_t prefix[PREFIX_BYTES] = {0};
    unsigned bits = option[2];
    size_t given = bytes - PREFIX_OFFSET;
    unsigned preference = option[3] >> 3 & 3;

    if (bits > 128 || given > PREFIX_BYTES || bits > given * 8 || preference == 2) {
        return;
    }
    memcpy(prefix, option + PREFIX_OFFSET, given);
    routes_set_locked(&(struct route){
        .interface = from->interface,
        .prefix = prefix_of(netaddr_from_v6(prefix), bits),
        .router = from->router,
        .bits = (uint8_t)bits,
        .until_ns = end_of(read32(option + 4)),
        .origin = ROUTE_INFORMED,
        .preference = preference_of(preference),
    });
}

/* RFC 8106, 5.1. */
static void take_dns(const struct advertisement *from, const uint8_t *option, size_t bytes)
{
    enum { SERVERS_OFFSET = 8, SERVER_BYTES = 16 };

    for (size_t at = SERVERS_OFFSET; at + SERVER_BYTES <= bytes; at += SERVER_BYTES) {
        struct netaddr server = netaddr_from_v6(option + at);

        if (!netaddr_is_multicast(&server) && !netaddr_is_any(&server) &&
            !netaddr_is_loopback(&server) && !netaddr_is_v4(&server)) {
            servers_learn_locked(from->interface, &server, end_of(read32(option + 4)));
        }
    }
}

static const struct option {
    uint8_t type;
    uint8_t least_bytes;
    void (*take)(const struct advertisement *from, const uint8_t *option, size_t bytes);
} known[] = {
    {1, 8, take_link_address}, {3, 32, take_prefix}, {5, 8, take_mtu},
    {24, 8, take_route},       {25, 24, take_dns},
};

static void take_option(const struct advertisement *from, const uint8_t *option, size_t bytes)
{
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].type == option[0] && bytes >= known[i].least_bytes) {
            known[i].take(from, option, bytes);
        }
    }
}

/* --- the whole --- */

static bool is_sound(const uint8_t *message, size_t bytes)
{
    struct netaddr source = netaddr_from_v6(ip6_current_src_addr()->addr);
    size_t at = HEADER_BYTES;

    if (bytes < HEADER_BYTES || message[1] != 0 ||
        IP6H_HOPLIM(ip6_current_header()) != HOP_LIMIT || !netaddr_is_link_scoped(&source) ||
        netaddr_is_multicast(&source)) {
        return false;
    }
    while (at < bytes) {
        if (bytes - at < 2 || message[at + 1] == 0 ||
            (size_t)message[at + 1] * OPTION_UNIT > bytes - at) {
            return false;
        }
        at += (size_t)message[at + 1] * OPTION_UNIT;
    }
    return true;
}

/* One solicitation is sent at least (RFC 4861, 6.3.7); an answer ends them. */
static void stop_asking(struct netif *netif)
{
    if (netif->rs_count < LWIP_ND6_MAX_MULTICAST_SOLICIT) {
        netif->rs_count = 0;
    }
}

enum winlwip_fate router_advertised_locked(struct interface *interface, const uint8_t *message,
                                           size_t bytes)
{
    if (!is_sound(message, bytes)) {
        return WINLWIP_FATE_DROP_ICMP_MALFORMED;
    }
    struct advertisement from = {
        .interface = interface,
        .router = netaddr_from_v6(ip6_current_src_addr()->addr),
    };
    uint32_t lifetime_s = (uint32_t)message[LIFETIME_OFFSET] << 8 | message[LIFETIME_OFFSET + 1];

    stop_asking(&interface->netifs[0]);
    routes_set_locked(&(struct route){
        .interface = interface,
        .router = from.router,
        .until_ns = clock_now_ns() + lifetime_s * NS_PER_S,
        .origin = ROUTE_ROUTER,
        .preference = preference_of(message[FLAGS_OFFSET] >> 3),
    });
    for (size_t at = HEADER_BYTES; at < bytes; at += (size_t)message[at + 1] * OPTION_UNIT) {
        take_option(&from, message + at, (size_t)message[at + 1] * OPTION_UNIT);
    }
    shortcut_forget_locked();
    return WINLWIP_FATE_ICMP6;
}

void router_forget_locked(struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    routes_forget_learnt_locked(interface);
    servers_forget_locked(interface);
    netif->mtu6 = netif->mtu;
}
