/*
 * frame_parse.c - takes frames of the stack apart and checks what can be checked. No state.
 */
#include "tests/support/frames.h"

#include <arpa/inet.h>
#include <string.h>

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static const char *parse_arp(const uint8_t *at, size_t bytes, struct frame_view *view)
{
    if (bytes < 28)
        return "ARP is too short";
    if (get16(at) != 1 || get16(at + 2) != 0x0800 || at[4] != 6 || at[5] != 4)
        return "ARP is not for IPv4 over Ethernet";
    view->arp_operation = get16(at + 6);
    inet_ntop(AF_INET, at + 14, view->src, sizeof(view->src));
    inet_ntop(AF_INET, at + 24, view->dst, sizeof(view->dst));
    return NULL;
}

/* Sum of the pseudo header; addresses: source and destination one behind the other. */
static uint32_t pseudo_sum(const uint8_t *addresses, size_t bytes, uint8_t protocol, size_t length)
{
    uint32_t sum = protocol + (uint32_t)(length >> 16) + (uint32_t)(length & 0xffff);

    for (size_t i = 0; i < bytes; i += 2)
        sum += get16(addresses + i);
    return sum;
}

static const char *parse_udp(struct frame_view *view, const uint8_t *addresses,
                             size_t address_bytes)
{
    const uint8_t *at = view->ip_payload;
    size_t bytes = view->ip_payload_bytes;

    if (bytes < 8)
        return "UDP header is cut";
    view->src_port = get16(at);
    view->dst_port = get16(at + 2);
    if (view->more)
        return NULL;
    if (get16(at + 4) != bytes)
        return "UDP length contradicts the IP length";
    if (get16(at + 6) == 0) {
        if (view->family == 6)
            return "UDP over IPv6 without a checksum";
    } else if (frame_checksum(at, bytes, pseudo_sum(addresses, address_bytes, FRAME_UDP, bytes)) !=
               0) {
        return "UDP checksum is wrong";
    }
    view->payload = at + 8;
    view->payload_bytes = bytes - 8;
    return NULL;
}

static const char *parse_icmp(struct frame_view *view, const uint8_t *addresses,
                              size_t address_bytes)
{
    const uint8_t *at = view->ip_payload;
    size_t bytes = view->ip_payload_bytes;
    uint32_t sum = view->protocol == FRAME_ICMP
                       ? 0
                       : pseudo_sum(addresses, address_bytes, FRAME_ICMP6, bytes);

    if (bytes < 4)
        return "ICMP is cut";
    view->icmp_type = at[0];
    view->icmp_code = at[1];
    if (!view->more && frame_checksum(at, bytes, sum) != 0)
        return "ICMP checksum is wrong";
    return NULL;
}

static const char *parse_transport(struct frame_view *view, const uint8_t *addresses,
                                   size_t address_bytes)
{
    if (view->offset != 0)
        return NULL;
    if (view->protocol == FRAME_UDP)
        return parse_udp(view, addresses, address_bytes);
    if (view->protocol == FRAME_ICMP || view->protocol == FRAME_ICMP6)
        return parse_icmp(view, addresses, address_bytes);
    return NULL;
}

static const char *parse_ipv4(const uint8_t *at, size_t bytes, struct frame_view *view)
{
    size_t header, total;
    unsigned fragment;

    if (bytes < 20 || at[0] >> 4 != 4)
        return "not an IPv4 header";
    header = (size_t)(at[0] & 0x0f) * 4;
    total = get16(at + 2);
    if (header < 20 || header > total || total > bytes)
        return "IPv4 lengths are wrong";
    if (frame_checksum(at, header, 0) != 0)
        return "IPv4 header checksum is wrong";
    fragment = get16(at + 6);
    view->family = 4;
    view->tos = at[1];
    view->id = get16(at + 4);
    view->dont_fragment = (fragment & 0x4000) != 0;
    view->more = (fragment & 0x2000) != 0;
    view->offset = (fragment & 0x1fff) * 8;
    view->fragment = view->more || view->offset != 0;
    view->ttl = at[8];
    view->protocol = at[9];
    inet_ntop(AF_INET, at + 12, view->src, sizeof(view->src));
    inet_ntop(AF_INET, at + 16, view->dst, sizeof(view->dst));
    view->ip_payload = at + header;
    view->ip_payload_bytes = total - header;
    return parse_transport(view, at + 12, 8);
}

/* Walks extension headers; *next and *at move to the transport header. */
static const char *walk_extensions(const uint8_t **at, const uint8_t *end, uint8_t *next,
                                   struct frame_view *view)
{
    while (*next == FRAME_HOP_BY_HOP || *next == FRAME_DESTINATION || *next == FRAME_ROUTING ||
           *next == FRAME_FRAGMENT) {
        size_t length;

        if (end - *at < 8)
            return "an extension header is cut";
        length = *next == FRAME_FRAGMENT ? 8 : ((size_t)(*at)[1] + 1) * 8;
        if ((size_t)(end - *at) < length)
            return "an extension header is longer than the packet";
        if (*next == FRAME_FRAGMENT) {
            view->fragment = true;
            view->more = ((*at)[3] & 1) != 0;
            view->offset = get16(*at + 2) & 0xfff8u;
            view->id = get32(*at + 4);
        }
        *next = (*at)[0];
        *at += length;
        if (view->offset != 0)
            break;
    }
    return NULL;
}

static const char *parse_ipv6(const uint8_t *at, size_t bytes, struct frame_view *view)
{
    const uint8_t *inner = at + 40, *end;
    const char *error;

    if (bytes < 40 || at[0] >> 4 != 6)
        return "not an IPv6 header";
    if (get16(at + 4) > bytes - 40)
        return "IPv6 payload length is wrong";
    end = inner + get16(at + 4);
    view->family = 6;
    view->tos = (uint8_t)(at[0] << 4 | at[1] >> 4);
    view->protocol = at[6];
    view->ttl = at[7];
    inet_ntop(AF_INET6, at + 8, view->src, sizeof(view->src));
    inet_ntop(AF_INET6, at + 24, view->dst, sizeof(view->dst));
    error = walk_extensions(&inner, end, &view->protocol, view);
    if (error != NULL)
        return error;
    view->ip_payload = inner;
    view->ip_payload_bytes = (size_t)(end - inner);
    return parse_transport(view, at + 8, 32);
}

const char *frame_parse(const uint8_t *data, size_t bytes, bool ip_only, struct frame_view *view)
{
    *view = (struct frame_view){0};
    if (ip_only) {
        view->ethertype = bytes > 0 && data[0] >> 4 == 6 ? 0x86dd : 0x0800;
    } else {
        if (bytes < 14)
            return "Ethernet header is cut";
        memcpy(view->dst_mac, data, 6);
        memcpy(view->src_mac, data + 6, 6);
        view->ethertype = get16(data + 12);
        data += 14;
        bytes -= 14;
    }
    switch (view->ethertype) {
    case 0x0800:
        return parse_ipv4(data, bytes, view);
    case 0x86dd:
        return parse_ipv6(data, bytes, view);
    case 0x0806:
        return parse_arp(data, bytes, view);
    default:
        return "neither IPv4, IPv6 nor ARP";
    }
}
