/*
 * raw_send.c - packets from raw sockets.
 *
 * Without a header of its own a packet gets one with the socket's protocol, like a UDP datagram.
 * A program that brings the header (IP_HDRINCL, IPV6_HDRINCL) is believed in everything but the
 * lengths and, on IPv4, the checksum, which are filled in; so are an identification and a source
 * address of zero. The destination of the call, not that of the header, finds the way.
 *
 * What a program writes can be looped to this very host: guard.c looks at looped packets, too.
 *
 * Guarded by the stack lock. No state.
 */
#include <errno.h>
#include <string.h>

#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#include "stack/checksum.h"
#include "stack/endpoint_table.h"

/* Where ICMPv6 has its checksum (RFC 4443, 2.1). */
enum { ICMP6_CHECKSUM_OFFSET = 2, CHECKSUM_BYTES = 2 };

/* The payload in one piece, with room for the headers that are still to come. */
static struct pbuf *gather(const struct endpoint_send *send)
{
    struct pbuf *p = send->header_included
                         ? pbuf_alloc(PBUF_LINK, (u16_t)send->length, PBUF_RAM)
                         : ip_packet_new(send, (unsigned)send->length);
    size_t done = 0;

    for (unsigned i = 0; p != NULL && i < send->part_count; i++) {
        if (send->parts[i].iov_len != 0) {
            memcpy((uint8_t *)p->payload + done, send->parts[i].iov_base, send->parts[i].iov_len);
        }
        done += send->parts[i].iov_len;
    }
    return p;
}

static int check_size(const struct ip_way *way, const struct endpoint_send *send)
{
    size_t header = send->header_included ? 0 : ip_header_bytes(send);

    if (send->length > LIMIT_PACKET_LENGTH_BYTES - header) {
        return -EMSGSIZE;
    }
    bool whole = send->header_included ? pmtu_forbids_fragments(send) : ip_forbids_fragments(send);
    return whole && send->length + header > way->mtu_bytes ? -EMSGSIZE : 0;
}

/* Checks and completes an IPv4 header that the program brought (RFC 791, 3.1). */
static int complete4(struct pbuf *p, const struct ip_way *way, const struct endpoint_send *send)
{
    struct ip_hdr header;

    if (p->len < IP_HLEN) {
        return -EINVAL;
    }
    memcpy(&header, p->payload, IP_HLEN);
    unsigned header_bytes = IPH_HL_BYTES(&header);
    if (IPH_V(&header) != 4 || header_bytes < IP_HLEN || header_bytes > p->len) {
        return -EINVAL;
    }
    if (!send->allow_broadcast &&
        interface_is_broadcast(interface_of_netif(way->netif), header.dest.addr)) {
        return -EACCES;
    }
    /* What goes out in pieces must allow it, and be no piece; options are not copied into each. */
    if (p->tot_len > way->mtu_bytes &&
        (header_bytes != IP_HLEN || (IPH_OFFSET(&header) & PP_HTONS(~IP_RF & 0xffff)) != 0)) {
        return -EMSGSIZE;
    }
    IPH_LEN_SET(&header, lwip_htons(p->tot_len));
    if (IPH_ID(&header) == 0) {
        IPH_ID_SET(&header, lwip_htons(ip_next_identification()));
    }
    if (header.src.addr == 0) {
        header.src.addr = netaddr_v4(&way->source);
    }
    IPH_CHKSUM_SET(&header, 0);
    memcpy(p->payload, &header, IP_HLEN);
    IPH_CHKSUM_SET(&header, (u16_t)~checksum_lwip(p->payload, (int)header_bytes));
    memcpy(p->payload, &header, IP_HLEN);
    return 0;
}

/* Checks and completes an IPv6 header that the program brought (RFC 8200, 3). */
static int complete6(struct pbuf *p, const struct ip_way *way)
{
    struct ip6_hdr header;

    if (p->len < IP6_HLEN) {
        return -EINVAL;
    }
    memcpy(&header, p->payload, IP6_HLEN);
    if (IP6H_V(&header) != 6) {
        return -EINVAL;
    }
    /* These headers would have to stand in front of that of each fragment (RFC 8200, 4.5). */
    bool in_each = IP6H_NEXTH(&header) == IP6_NEXTH_HOPBYHOP ||
                   IP6H_NEXTH(&header) == IP6_NEXTH_ROUTING ||
                   IP6H_NEXTH(&header) == IP6_NEXTH_FRAGMENT;
    if (p->tot_len > way->mtu_bytes && in_each) {
        return -EMSGSIZE;
    }
    IP6H_PLEN_SET(&header, (u16_t)(p->tot_len - IP6_HLEN));
    struct netaddr given = netaddr_from_v6(&header.src);
    if (netaddr_is_any(&given)) {
        memcpy(&header.src, way->source.bytes, sizeof(header.src));
    }
    memcpy(p->payload, &header, IP6_HLEN);
    return 0;
}

/* Fills in the checksum of an IPv6 payload: ICMPv6's always, another's where the program says. */
static int put_checksum6(const struct endpoint *endpoint, struct pbuf *p,
                         const struct netaddr *source, const struct netaddr *target)
{
    unsigned protocol = (unsigned)endpoint->extra->protocol;
    int at = protocol == IP6_NEXTH_ICMP6 ? ICMP6_CHECKSUM_OFFSET : endpoint->extra->checksum_offset;
    uint8_t *data = p->payload;

    if (at < 0) {
        return 0;
    }
    if (at + CHECKSUM_BYTES > p->len) {
        return -EINVAL;
    }
    memset(data + at, 0, CHECKSUM_BYTES);
    uint64_t sum = transport_pseudo_sum(source, target, protocol, p->len);
    uint16_t inverted = (uint16_t)~checksum_fold(checksum_add(sum, data, p->len));
    memcpy(data + at, &inverted, CHECKSUM_BYTES);
    return 0;
}

static int complete(const struct endpoint *endpoint, struct pbuf *p, const struct ip_way *way,
                    const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;

    if (netaddr_is_v4(target)) {
        return send->header_included ? complete4(p, way, send) : 0;
    }
    return send->header_included ? complete6(p, way)
                                 : put_checksum6(endpoint, p, &way->source, target);
}

int raw_send_locked(const struct endpoint *endpoint, const struct netaddr *source,
                    const struct endpoint_send *send)
{
    struct ip_way way;
    int error = ip_find_way_locked(send, source, &way);

    if (error == 0) {
        error = check_size(&way, send);
    }
    if (error != 0) {
        return error;
    }
    struct pbuf *p = gather(send);
    if (p == NULL) {
        return -ENOBUFS;
    }
    error = complete(endpoint, p, &way, send);
    if (error == 0) {
        error = ip_send_locked(p, &way, (unsigned)endpoint->extra->protocol, send);
    }
    pbuf_free(p);
    return error;
}
