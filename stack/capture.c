/*
 * capture.c - raw endpoints that see everything on an interface (SIO_RCVALL).
 *
 * Theory of operation. A capturing endpoint sees the IP packets of its family on the interface of
 * its address: what a link hands over, before guard.c's judgement counts and without a part of
 * lwIP's, so that packets for other stations and damaged ones can be shown and never come further;
 * and what this host sends, when a link has taken it. On loopback both are one and shown once.
 * Fragments are shown as they go over the link.
 *
 * A packet is shown when its header holds together: lengths are all that is checked, since
 * everything behind them is read by them. Over IPv6 the headers are cut off, as always.
 *
 * Guarded by the stack lock. State: the list of capturing endpoints, usually empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#include "stack/endpoint_table.h"

enum { ETHERNET_HEADER = 14 };

struct endpoint *capture_endpoints;

/* --- who captures --- */

void capture_stop_locked(struct endpoint *endpoint)
{
    struct endpoint **at = &capture_endpoints;

    if (!endpoint_is_raw(endpoint) || endpoint->extra->capture == ENDPOINT_CAPTURE_OFF) {
        return;
    }
    while (*at != endpoint) {
        at = &(*at)->extra->next_capture;
    }
    *at = endpoint->extra->next_capture;
    endpoint->extra->capture = ENDPOINT_CAPTURE_OFF;
}

static int set_locked(struct endpoint *endpoint, enum endpoint_capture capture)
{
    if (!endpoint_is_raw(endpoint) || !endpoint->is_bound ||
        netaddr_is_any(endpoint_bound_address(endpoint))) {
        return -EINVAL;
    }
    capture_stop_locked(endpoint);
    if (capture != ENDPOINT_CAPTURE_OFF) {
        endpoint->extra->capture = capture;
        endpoint->extra->next_capture = capture_endpoints;
        capture_endpoints = endpoint;
    }
    return 0;
}

int endpoint_set_capture(struct endpoint *endpoint, enum endpoint_capture capture)
{
    stack_lock();
    int error = set_locked(endpoint, capture);
    stack_unlock();
    return error;
}

/* --- what they see --- */

static bool describe4(const struct captured *packet, struct datagram_meta *meta)
{
    struct ip_hdr header;

    if (packet->bytes < IP_HLEN) {
        return false;
    }
    memcpy(&header, packet->data, IP_HLEN);
    unsigned length = lwip_ntohs(IPH_LEN(&header));
    if (IPH_V(&header) != 4 || IPH_HL_BYTES(&header) < IP_HLEN ||
        length < IPH_HL_BYTES(&header) || length > packet->bytes) {
        return false;
    }
    meta->source = netaddr_from_v4(header.src.addr);
    meta->destination = netaddr_from_v4(header.dest.addr);
    meta->length = length;
    meta->ttl = IPH_TTL(&header);
    meta->tos = IPH_TOS(&header);
    return true;
}

/* Bytes of the headers of an IPv6 packet, as far as they lie inside it. */
static unsigned header_bytes6(const uint8_t *data, unsigned total)
{
    unsigned next = data[6];
    unsigned at = IP6_HLEN;

    while (total - at >= 8 &&
           (next == IP6_NEXTH_HOPBYHOP || next == IP6_NEXTH_ROUTING ||
            next == IP6_NEXTH_FRAGMENT || next == IP6_NEXTH_DESTOPTS)) {
        unsigned bytes = next == IP6_NEXTH_FRAGMENT ? 8u : (data[at + 1] + 1u) * 8;
        if (bytes > total - at) {
            break;
        }
        /* Behind the header of a later fragment stands the middle of something. */
        bool later = next == IP6_NEXTH_FRAGMENT && (data[at + 2] != 0 || data[at + 3] > 7);
        next = data[at];
        at += bytes;
        if (later) {
            break;
        }
    }
    return at;
}

static bool describe6(const struct captured *packet, struct datagram_meta *meta, unsigned *begin)
{
    struct ip6_hdr header;

    if (packet->bytes < IP6_HLEN) {
        return false;
    }
    memcpy(&header, packet->data, IP6_HLEN);
    unsigned total = IP6_HLEN + IP6H_PLEN(&header);
    meta->source = netaddr_from_v6(&header.src);
    meta->destination = netaddr_from_v6(&header.dest);
    /* A mapped address would be taken for IPv4. */
    if (IP6H_V(&header) != 6 || total > packet->bytes || netaddr_is_v4(&meta->source) ||
        netaddr_is_v4(&meta->destination)) {
        return false;
    }
    *begin = header_bytes6(packet->data, total);
    meta->length = total - *begin;
    meta->ttl = IP6H_HOPLIM(&header);
    meta->tos = (uint8_t)IP6H_TC(&header);
    return true;
}

static uint8_t cast_flags(const struct captured *packet, const struct netaddr *target)
{
    uint8_t flags = packet->sent ? DATAGRAM_LOOPED : 0;

    if (netaddr_is_multicast(target)) {
        flags |= DATAGRAM_MULTICAST;
    }
    if (netaddr_is_v4(target) && interface_is_broadcast(packet->interface, netaddr_v4(target))) {
        flags |= DATAGRAM_BROADCAST;
    }
    return flags;
}

static bool sees(const struct endpoint *endpoint, const struct captured *packet, bool v4)
{
    return (endpoint->family == ENDPOINT_V4) == v4 &&
           (endpoint->extra->capture == ENDPOINT_CAPTURE_ALL || !packet->for_others) &&
           interface_has_address(packet->interface, endpoint_bound_address(endpoint));
}

bool capture_show_locked(const struct captured *packet)
{
    struct datagram_meta meta = {
        .interface_index = packet->interface->index,
        .frame = packet->number,
        .arrival_ns = packet->time_ns != 0 ? packet->time_ns : clock_now_ns(),
    };
    struct endpoint_tally tally = {0};
    unsigned begin = 0;
    bool v4 = packet->bytes != 0 && packet->data[0] >> 4 == 4;

    if (v4 ? !describe4(packet, &meta) : !describe6(packet, &meta, &begin)) {
        return false;
    }
    meta.flags = cast_flags(packet, &meta.destination);
    struct datagram datagram = {.meta = &meta, .data = packet->data + begin};
    for (struct endpoint *e = capture_endpoints; e != NULL; e = e->extra->next_capture) {
        if (sees(e, packet, v4)) {
            endpoint_tally_add(&tally, endpoint_deliver_copy_locked(e, &datagram));
        }
    }
    if (datagram.kept != NULL) {
        packet_put(datagram.kept);
    }
    return tally.taken != 0;
}

void capture_sent_locked(const struct interface *interface, const struct pbuf *p, bool ip_only)
{
    unsigned begin = ip_only ? 0 : ETHERNET_HEADER;
    struct captured packet = {.interface = interface, .sent = true};

    if (p->tot_len <= begin) {
        return;
    }
    packet.bytes = p->tot_len - begin;
    if (!ip_only) {
        unsigned type = (unsigned)pbuf_get_at(p, 12) << 8 | pbuf_get_at(p, 13);
        if (type != ETHTYPE_IP && type != ETHTYPE_IPV6) {
            return;
        }
    }
    if (p->len == p->tot_len) {
        packet.data = (const uint8_t *)p->payload + begin;
        capture_show_locked(&packet);
        return;
    }
    uint8_t *copy = malloc(packet.bytes);
    if (copy == NULL) {
        return;
    }
    pbuf_copy_partial(p, copy, (u16_t)packet.bytes, (u16_t)begin);
    packet.data = copy;
    capture_show_locked(&packet);
    free(copy);
}
