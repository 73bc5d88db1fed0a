/*
 * ip.c - what UDP and raw sockets share of IP: sums, what is known of an arrival, the way out.
 *
 * In: lwIP calls a raw_pcb with the packet at its IP header, options and extension headers walked
 * and fragments put together. What is known of it only during that call is described here.
 *
 * Out: the IP header is made here (lwIP can't set the TTL and TOS of a single datagram together with
 * Don't Fragment). Groups and broadcasts are looped back for members on this host.
 *
 * Guarded by the stack lock. No state but IPv4's identification counter.
 */
#include <errno.h>
#include <string.h>

#include "lwip/ip4.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6.h"
#include "lwip/nd6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#include "stack/checksum.h"
#include "stack/internal.h"
#include "stack/random.h"

static uint16_t identification;

void ip_start(void)
{
    identification = (uint16_t)stack_random32();
}

uint16_t ip_next_identification(void)
{
    return identification++;
}

/* --- sums --- */

uint64_t ip_sum_chain(uint64_t sum, const struct pbuf *p, unsigned offset, unsigned length)
{
    bool odd = false;

    if (offset + length <= p->len) {
        return checksum_add(sum, (const uint8_t *)p->payload + offset, length);
    }
    for (; p != NULL && length != 0; p = p->next) {
        if (offset >= p->len) {
            offset -= p->len;
            continue;
        }
        unsigned bytes = p->len - offset < length ? p->len - offset : length;
        const uint8_t *data = (const uint8_t *)p->payload + offset;
        if (odd) {
            sum = checksum_join(sum, checksum_swap(checksum_fold(checksum_add(0, data, bytes))));
        } else {
            sum = checksum_add(sum, data, bytes);
        }
        odd ^= bytes & 1;
        length -= bytes;
        offset = 0;
    }
    return sum;
}

uint64_t ip_sum_pseudo(const struct netaddr *source, const struct netaddr *target,
                       unsigned length, unsigned protocol)
{
    uint64_t sum = lwip_htons((u16_t)length) + (uint64_t)lwip_htons((u16_t)protocol);

    if (netaddr_is_v4(source)) {
        return sum + netaddr_v4(source) + netaddr_v4(target);
    }
    sum = checksum_join(checksum_join(sum, source->halves[0]), source->halves[1]);
    return checksum_join(checksum_join(sum, target->halves[0]), target->halves[1]);
}

/* --- in --- */

unsigned ip_protocol(const struct pbuf *p, unsigned header_bytes)
{
    const uint8_t *header = p->payload; /* the fixed part is in one piece */

    if (header[0] >> 4 == 4) {
        return header[9];
    }
    unsigned next = header[6];
    unsigned at = IP6_HLEN;

    while (at < header_bytes) {
        unsigned bytes = next == IP6_NEXTH_FRAGMENT
                             ? 8u
                             : (pbuf_get_at(p, (u16_t)(at + 1)) + 1u) * 8;
        next = pbuf_get_at(p, (u16_t)at);
        at += bytes;
    }
    return next;
}

static uint8_t cast_flags(const struct frame_info *frame, const struct netaddr *target)
{
    uint8_t flags = frame->looped ? DATAGRAM_LOOPED : 0;

    if (netaddr_is_multicast(target)) {
        flags |= DATAGRAM_MULTICAST;
    }
    if (frame->cast == FRAME_BROADCAST ||
        (netaddr_is_v4(target) && interface_is_broadcast(frame->interface, netaddr_v4(target)))) {
        flags |= DATAGRAM_BROADCAST;
    }
    return flags;
}

bool ip_on_other_interface(const struct frame_info *frame)
{
    return frame->interface->link != NULL &&
           interface_of_netif(ip_current_netif()) != frame->interface;
}

struct datagram_meta ip_describe(const struct frame_info *frame)
{
    struct datagram_meta meta = {
        .source = netaddr_from_lwip(ip_current_src_addr()),
        .destination = netaddr_from_lwip(ip_current_dest_addr()),
        .interface_index = frame->interface->index,
        .frame = frame->number,
        .arrival_ns = frame->time_ns != 0 ? frame->time_ns : clock_now_ns(),
    };
    if (ip_current_is_v6()) {
        const struct ip6_hdr *header = ip6_current_header();
        meta.ttl = IP6H_HOPLIM(header);
        meta.tos = (uint8_t)IP6H_TC(header);
    } else {
        const struct ip_hdr *header = ip4_current_header();
        meta.ttl = IPH_TTL(header);
        meta.tos = IPH_TOS(header);
    }
    meta.flags = cast_flags(frame, &meta.destination);
    return meta;
}

/* --- out --- */

static int errno_of(err_t error)
{
    switch (error) {
    case ERR_OK:
        return 0;
    case ERR_RTE:
        return -ENETUNREACH;
    case ERR_IF:
        return 0; /* the device took nothing: lost like any datagram, counted in frames_unsent */
    default:
        return -ENOBUFS;
    }
}

static void put_ip4_header(struct pbuf *p, const struct netaddr *source, unsigned protocol,
                           const struct endpoint_send *send)
{
    struct ip_hdr header = {0};

    pbuf_add_header(p, IP_HLEN);
    IPH_VHL_SET(&header, 4, IP_HLEN / 4);
    IPH_TOS_SET(&header, send->tos);
    IPH_LEN_SET(&header, lwip_htons(p->tot_len));
    IPH_ID_SET(&header, lwip_htons(ip_next_identification()));
    IPH_OFFSET_SET(&header, send->dont_fragment ? PP_HTONS(IP_DF) : 0);
    IPH_TTL_SET(&header, send->ttl);
    IPH_PROTO_SET(&header, protocol);
    header.src.addr = netaddr_v4(source);
    header.dest.addr = netaddr_v4(&send->destination.address);
    IPH_CHKSUM_SET(&header, (u16_t)~checksum_lwip(&header, IP_HLEN));
    memcpy(p->payload, &header, IP_HLEN);
}

/* The host's own copy of a group or broadcast, for its members and sockets. p: at the IP header. */
static void loop_copy(struct netif *netif, struct pbuf *p, const struct netaddr *target)
{
    struct interface *interface = interface_of_netif(netif);

    if (interface->link == NULL) {
        return; /* it goes there anyway */
    }
    if (netaddr_is_multicast(target)) {
        loopback_queue_locked(interface, p, FRAME_MULTICAST);
    } else if (netaddr_is_v4(target) && interface_is_broadcast(interface, netaddr_v4(target))) {
        loopback_queue_locked(interface, p, FRAME_BROADCAST);
    }
}

static err_t output4(struct pbuf *p, struct netif *netif, const struct netaddr *target)
{
    ip4_addr_t address = netaddr_to_ip4(target);

    if (netif->mtu != 0 && p->tot_len > netif->mtu) {
        return ip4_frag(p, netif, &address);
    }
    return netif->output(netif, p, &address);
}

static void put_ip6_header(struct pbuf *p, const struct netaddr *source, unsigned protocol,
                           const struct endpoint_send *send)
{
    struct ip6_hdr header;
    unsigned length = p->tot_len;

    pbuf_add_header(p, IP6_HLEN);
    IP6H_VTCFL_SET(&header, 6, send->tos, 0);
    IP6H_PLEN_SET(&header, (u16_t)length);
    IP6H_NEXTH_SET(&header, protocol);
    IP6H_HOPLIM_SET(&header, send->ttl);
    memcpy(&header.src, source->bytes, sizeof(header.src));
    memcpy(&header.dest, send->destination.address.bytes, sizeof(header.dest));
    memcpy(p->payload, &header, IP6_HLEN);
}

int ip_send_locked(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                   unsigned protocol, const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;
    bool v4 = netaddr_is_v4(target);

    if (!send->header_included) {
        if (v4) {
            put_ip4_header(p, source, protocol, send);
        } else {
            put_ip6_header(p, source, protocol, send);
        }
    }
    loop_copy(netif, p, target);
    int error = errno_of(v4 ? output4(p, netif, target)
                            : ip6_output_if_src(p, NULL, LWIP_IP_HDRINCL, 0, 0, 0, netif));
    if (error == 0) {
        stack_counters.datagrams_sent++;
    }
    return error;
}

unsigned ip_path_mtu(struct netif *netif, const struct netaddr *target)
{
    if (netif->mtu == 0) {
        return UINT16_MAX;
    }
    if (netaddr_is_v4(target)) {
        return netif->mtu;
    }
    ip6_addr_t address = netaddr_to_ip6(target);
    ip6_addr_assign_zone(&address, IP6_UNKNOWN, netif);
    return nd6_get_destination_mtu(&address, netif);
}

int ip_find_way_locked(const struct endpoint_send *send, struct netaddr *source,
                       struct netif **netif)
{
    const struct netaddr *target = &send->destination.address;
    uint32_t scope = send->interface_index != 0 ? send->interface_index : send->destination.scope;

    int error = route_find_locked(target, scope, source, netif);
    if (error != 0) {
        return error;
    }
    const struct interface *interface = interface_of_netif(*netif);
    if (interface->failed) {
        return -ENETDOWN;
    }
    if (netaddr_is_v4(target) && !send->allow_broadcast &&
        interface_is_broadcast(interface, netaddr_v4(target))) {
        return -EACCES;
    }
    return 0;
}
