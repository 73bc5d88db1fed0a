/*
 * guard.c - what lwIP must not see.
 *
 * lwIP trusts a frame more than a hostile network allows: it takes frames for other stations, reads
 * option headers before it checks that they are there, asserts on fragments that add up to more
 * than 16 bits hold, believes any MTU in a Packet Too Big, and takes DHCP for whomever it is. This
 * file looks at each frame first, reading nothing outside of it, and either names the reason why it
 * ends here or describes it for link.c.
 *
 * No state. Lengths are in bytes and host order once read; header fields in network order on the
 * wire. Rules: RFC 791, RFC 1122 (3.2.1.3), RFC 4291, RFC 6980, RFC 8200, RFC 8201.
 */
#include <string.h>

#include "stack/checksum.h"
#include "stack/dhcp_message.h"
#include "stack/internal.h"

enum {
    ETHERNET_HEADER = 14,
    ETHERTYPE_IP4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_IP6 = 0x86dd,

    ARP_BYTES = 28,

    UDP_HEADER = 8,
    PROTOCOL_UDP = 17,

    IP4_HEADER = 20,
    IP4_MORE = 0x2000,
    IP4_OFFSET = 0x1fff,

    IP6_HEADER = 40,
    IP6_FRAGMENT_HEADER = 8,
    IP6_MORE = 0x0001,
    IP6_OFFSET = 0xfff8,
    /* Headers in a chain: more than any sender has reason for. */
    IP6_CHAIN_MAX = 8,

    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_ICMP6 = 58,
    NEXT_DESTINATION = 60,

    ICMP6_PACKET_TOO_BIG = 2,
    ICMP6_FIRST_INFORMATIONAL = 128,
    IP6_MTU_MIN = 1280,

    IP_TOTAL_MAX = 65535,
};

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static bool drop(struct guard_result *result, enum winlwip_fate fate)
{
    result->fate = fate;
    return false;
}

/* --- link layer --- */

static bool all_bytes(const uint8_t *p, uint8_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != value) {
            return false;
        }
    }
    return true;
}

static bool check_ethernet(const struct interface *interface, const struct link_frame *frame,
                           struct guard_result *result)
{
    if (frame->bytes < ETHERNET_HEADER) {
        return drop(result, WINLWIP_FATE_DROP_RUNT);
    }
    const uint8_t *target = frame->data;
    unsigned type = read16(frame->data + 12);
    result->is_ip = type == ETHERTYPE_IP4 || type == ETHERTYPE_IP6;
    result->offset = ETHERNET_HEADER;
    result->bytes = frame->bytes - ETHERNET_HEADER;
    if (all_bytes(target, 0xff, 6)) {
        result->cast = FRAME_BROADCAST;
    } else if (target[0] & 1) {
        result->cast = FRAME_MULTICAST;
    } else if (memcmp(target, interface->mac, 6) != 0) {
        return drop(result, WINLWIP_FATE_DROP_OTHER_MAC);
    }
    switch (type) {
    case ETHERTYPE_IP4:
        break;
    case ETHERTYPE_IP6:
        result->is_v6 = true;
        break;
    case ETHERTYPE_ARP:
        result->is_arp = true;
        break;
    default:
        return drop(result, WINLWIP_FATE_DROP_ETHERTYPE);
    }
    return true;
}

static bool check_bare_ip(const struct link_frame *frame, struct guard_result *result)
{
    result->is_ip = frame->bytes != 0;
    result->bytes = frame->bytes;
    switch (frame->cast) {
    case LINK_CAST_OTHER:
        return drop(result, WINLWIP_FATE_DROP_OTHER_MAC);
    case LINK_CAST_BROADCAST:
        result->cast = FRAME_BROADCAST;
        break;
    case LINK_CAST_MULTICAST:
        result->cast = FRAME_MULTICAST;
        break;
    default:
        break;
    }
    if (frame->bytes == 0) {
        return drop(result, WINLWIP_FATE_DROP_RUNT);
    }
    unsigned version = frame->data[0] >> 4;
    if (version != 4 && version != 6) {
        return drop(result, WINLWIP_FATE_DROP_ETHERTYPE);
    }
    result->is_v6 = version == 6;
    return true;
}

static bool check_link(const struct interface *interface, const struct link_frame *frame,
                       struct guard_result *result)
{
    if ((frame->flags & LINK_FRAME_OVERSIZE) || frame->bytes > LINK_FRAME_MAX_BYTES) {
        return drop(result, WINLWIP_FATE_DROP_OVERSIZE);
    }
    if (frame->flags & LINK_FRAME_CUT) {
        return drop(result, WINLWIP_FATE_DROP_SNAPLEN);
    }
    if (frame->flags & LINK_FRAME_UNKNOWN_TYPE) {
        return drop(result, WINLWIP_FATE_DROP_ETHERTYPE);
    }
    return frame->encapsulation == LINK_IP ? check_bare_ip(frame, result)
                                           : check_ethernet(interface, frame, result);
}

/* --- ARP --- */

static bool check_arp(const uint8_t *p, struct guard_result *result)
{
    static const uint8_t ethernet_ip4[] = {0, 1, 0x08, 0x00, 6, 4};

    if (result->bytes < ARP_BYTES || memcmp(p, ethernet_ip4, sizeof(ethernet_ip4)) != 0) {
        return drop(result, WINLWIP_FATE_DROP_ARP_MALFORMED);
    }
    result->bytes = ARP_BYTES;
    return true;
}

/* --- IPv4 --- */

/* Options must tile the space between the fixed header and its end (RFC 791, 3.1). */
static bool ip4_options_fit(const uint8_t *options, unsigned bytes)
{
    unsigned at = 0;
    while (at < bytes) {
        if (options[at] == 0) { /* end of list */
            return true;
        }
        if (options[at] == 1) { /* no operation */
            at++;
            continue;
        }
        if (at + 1 >= bytes || options[at + 1] < 2 || options[at + 1] > bytes - at) {
            return false;
        }
        at += options[at + 1];
    }
    return true;
}

/*
 * Addresses that no packet from a wire can have (RFC 1122, 3.2.1.3; architecture: our own source).
 * Who has no address yet asks everybody on the wire for one: that is the one packet from 0.0.0.0.
 */
static bool ip4_is_martian(const struct interface *interface, const uint8_t *p)
{
    uint32_t source, target;
    memcpy(&source, p + 12, 4);
    memcpy(&target, p + 16, 4);
    struct netaddr from = netaddr_from_v4(source);

    return p[12] == 127 || p[16] == 127 || p[12] >= 224 || target == 0 ||
           (source == 0 && target != UINT32_MAX) ||
           interface_is_broadcast(interface, source) || interface_of_address(&from) != NULL;
}

/* Is it an address by which lwIP takes a packet: ours, of a group, or a broadcast? */
static bool ip4_is_taken(uint32_t target)
{
    struct netaddr address = netaddr_from_v4(target);

    if (netaddr_is_multicast(&address)) {
        return true;
    }
    for (uint32_t i = 1; i <= interface_count(); i++) {
        const struct interface *interface = interface_at(i);

        if (!interface->down && interface->count4 != 0 &&
            (interface_has_address(interface, &address) ||
             interface_is_broadcast(interface, target))) {
            return true;
        }
    }
    return false;
}

/*
 * While there is a DHCP client lwIP takes every UDP packet whose third and fourth byte behind the IP
 * header say port 68, for whomever it is, and be they outside of the packet. May this one come, being
 * for somebody else: whole, to that port, while its interface waits for its address?
 */
static bool ip4_is_for_client(const struct interface *interface, const uint8_t *p, unsigned header,
                              unsigned total)
{
    return (read16(p + 6) & (IP4_MORE | IP4_OFFSET)) == 0 && total >= header + UDP_HEADER &&
           read16(p + header + 2) == DHCP_PORT_CLIENT && lease_hears_foreign_locked(interface);
}

static bool check_ip4_fragment(const uint8_t *p, unsigned header, struct guard_result *result)
{
    unsigned field = read16(p + 6);
    unsigned data = result->bytes - header;
    unsigned offset = (field & IP4_OFFSET) * 8;

    if ((field & (IP4_MORE | IP4_OFFSET)) == 0) {
        return true;
    }
    result->is_fragment = true;
    if (data == 0 || ((field & IP4_MORE) && data % 8 != 0)) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    if (header + offset + data > IP_TOTAL_MAX) {
        return drop(result, WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG);
    }
    return true;
}

/* interface: of arrival; NULL: the packet is this host's own, and may have any addresses. */
static bool check_ip4(const struct interface *interface, const uint8_t *p,
                      struct guard_result *result)
{
    if (result->bytes < IP4_HEADER || p[0] >> 4 != 4) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    unsigned header = (p[0] & 15u) * 4;
    unsigned total = read16(p + 2);
    if (header < IP4_HEADER || total < header || total > result->bytes) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    if (checksum_fold(checksum_add(0, p, header)) != 0xffff) {
        return drop(result, WINLWIP_FATE_DROP_IP_CHECKSUM);
    }
    if (!ip4_options_fit(p + IP4_HEADER, header - IP4_HEADER)) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    if (interface != NULL && ip4_is_martian(interface, p)) {
        return drop(result, WINLWIP_FATE_DROP_MARTIAN);
    }
    if (interface != NULL && p[9] == PROTOCOL_UDP) {
        uint32_t target;
        memcpy(&target, p + 16, sizeof(target));
        if (!ip4_is_taken(target) && !ip4_is_for_client(interface, p, header, total)) {
            return drop(result, WINLWIP_FATE_DROP_OTHER_HOST);
        }
    }
    result->bytes = total;
    return check_ip4_fragment(p, header, result);
}

/* --- IPv6 --- */

/*
 * Says another station that it has the address that the packet comes from? That one may be ours:
 * it answers our probe, as duplicate.c wants to know.
 */
static bool ip6_is_claim(const uint8_t *p, unsigned bytes)
{
    enum { NEIGHBOUR_ADVERTISEMENT = 136 };

    return p[6] == NEXT_ICMP6 && bytes > IP6_HEADER && p[IP6_HEADER] == NEIGHBOUR_ADVERTISEMENT;
}

/* Addresses that no packet can have, and (unless it is our own) none that comes from a wire. */
static bool ip6_is_martian(const uint8_t *p, unsigned bytes, bool own)
{
    struct netaddr source = netaddr_from_v6(p + 8);
    struct netaddr target = netaddr_from_v6(p + 24);

    if (netaddr_is_v4(&source) || netaddr_is_v4(&target) || netaddr_is_multicast(&source) ||
        netaddr_is_any(&target)) {
        return true;
    }
    return !own && (netaddr_is_loopback(&source) || netaddr_is_loopback(&target) ||
                    (!netaddr_is_any(&source) && interface_of_address(&source) != NULL &&
                     !ip6_is_claim(p, bytes)));
}

static bool ip6_source_is_any(const uint8_t *p)
{
    return all_bytes(p + 8, 0, 16);
}

static bool ip6_target_is_solicited_node(const uint8_t *p)
{
    static const uint8_t prefix[13] = {0xff, 2, [11] = 1, [12] = 0xff};

    return memcmp(p + 24, prefix, sizeof(prefix)) == 0;
}

/* Options of a hop-by-hop or destination header must tile it (RFC 8200, 4.2). */
static bool ip6_options_fit(const uint8_t *header, unsigned bytes)
{
    unsigned at = 2;
    while (at < bytes) {
        if (header[at] == 0) { /* Pad1 */
            at++;
            continue;
        }
        if (at + 1 >= bytes || header[at + 1] + 2u > bytes - at) {
            return false;
        }
        at += header[at + 1] + 2u;
    }
    return true;
}

/*
 * The MTU of a Packet Too Big must be possible (RFC 8201, 4): lwIP loops for ever on one below 56.
 * Whether it is about a packet of ours is icmp_error.c's to see.
 */
static bool check_packet_too_big(const uint8_t *p, unsigned bytes, struct guard_result *result)
{
    if (bytes < 8 + IP6_HEADER + 8 || read32(p + 4) < IP6_MTU_MIN) {
        return drop(result, WINLWIP_FATE_DROP_ICMP_MALFORMED);
    }
    return true;
}

static bool check_icmp6(const uint8_t *p, unsigned bytes, struct guard_result *result)
{
    if (bytes == 0) {
        return drop(result, WINLWIP_FATE_DROP_ICMP_MALFORMED);
    }
    /* An error that is cut into fragments hides what it embeds: nobody sends one. */
    if (result->is_fragment && p[0] < ICMP6_FIRST_INFORMATIONAL) {
        return drop(result, WINLWIP_FATE_DROP_ICMP_MALFORMED);
    }
    return p[0] != ICMP6_PACKET_TOO_BIG || check_packet_too_big(p, bytes, result);
}

/*
 * Walks over one fragment header. at: its offset in the packet.
 * Returns true when the walk can go on behind it (a first fragment).
 */
static bool check_ip6_fragment(const uint8_t *p, unsigned at, bool *first,
                               struct guard_result *result)
{
    unsigned field = read16(p + at + 2);
    unsigned offset = field & IP6_OFFSET;
    unsigned data = result->bytes - at - IP6_FRAGMENT_HEADER;

    *first = offset == 0;
    if ((field & (IP6_OFFSET | IP6_MORE)) == 0) {
        return true; /* atomic fragment (RFC 6946): lwIP skips the header */
    }
    if (result->is_fragment) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED); /* a fragment of a fragment */
    }
    result->is_fragment = true;
    if (data == 0 || ((field & IP6_MORE) && data % 8 != 0)) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    /* lwIP keeps the whole length, unfragmentable part included, in 16 bits. */
    if (at + offset + data > IP_TOTAL_MAX) {
        return drop(result, WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG);
    }
    return true;
}

/* Walks the chain of extension headers: each must lie inside the packet. */
static bool check_ip6_chain(const uint8_t *p, struct guard_result *result)
{
    unsigned next = p[6];
    unsigned at = IP6_HEADER;

    for (unsigned i = 0; i < IP6_CHAIN_MAX; i++) {
        unsigned left = result->bytes - at;
        if (next == NEXT_ICMP6) {
            return check_icmp6(p + at, left, result);
        }
        bool options = next == NEXT_HOP_BY_HOP || next == NEXT_DESTINATION;
        if (!options && next != NEXT_ROUTING && next != NEXT_FRAGMENT) {
            return true;
        }
        if (left < 8) {
            return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
        }
        unsigned bytes = next == NEXT_FRAGMENT ? IP6_FRAGMENT_HEADER : (p[at + 1] + 1u) * 8;
        if (bytes > left || (options && !ip6_options_fit(p + at, bytes))) {
            return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
        }
        bool first = true;
        if (next == NEXT_FRAGMENT && !check_ip6_fragment(p, at, &first, result)) {
            return false;
        }
        if (!first) {
            return true;
        }
        next = p[at];
        at += bytes;
    }
    return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
}

/* interface: as for check_ip4(). */
static bool check_ip6(const struct interface *interface, const uint8_t *p,
                      struct guard_result *result)
{
    if (result->bytes < IP6_HEADER || p[0] >> 4 != 6) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    unsigned total = IP6_HEADER + read16(p + 4);
    if (total > result->bytes) {
        return drop(result, WINLWIP_FATE_DROP_IP_MALFORMED);
    }
    /* lwIP adds the header to a 16-bit length. */
    if (total > IP_TOTAL_MAX) {
        return drop(result, WINLWIP_FATE_DROP_OVERSIZE);
    }
    result->bytes = total;
    if (ip6_is_martian(p, result->bytes, interface == NULL)) {
        return drop(result, WINLWIP_FATE_DROP_MARTIAN);
    }
    /* A host without an address yet speaks to neighbours (RFC 4862) or to routers (RFC 3590). */
    if (ip6_source_is_any(p) && !ip6_target_is_solicited_node(p)) {
        return drop(result, p[24] == 0xff ? WINLWIP_FATE_DROP_OTHER_HOST
                                          : WINLWIP_FATE_DROP_MARTIAN);
    }
    return check_ip6_chain(p, result);
}

void guard_frame(const struct interface *interface, const struct link_frame *frame,
                 struct guard_result *result)
{
    *result = (struct guard_result){.cast = FRAME_UNICAST};
    if (!check_link(interface, frame, result)) {
        return;
    }
    const uint8_t *p = frame->data + result->offset;
    result->pass = result->is_arp  ? check_arp(p, result)
                   : result->is_v6 ? check_ip6(interface, p, result)
                                   : check_ip4(interface, p, result);
}

struct guard_result guard_looped(const uint8_t *packet, uint32_t bytes)
{
    struct guard_result result = {.cast = FRAME_UNICAST, .is_ip = true, .bytes = bytes};

    result.is_v6 = bytes != 0 && packet[0] >> 4 == 6;
    result.pass = result.is_v6 ? check_ip6(NULL, packet, &result)
                               : check_ip4(NULL, packet, &result);
    return result;
}
