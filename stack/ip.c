/*
 * ip.c - what UDP and raw sockets share of IP: what is known of an arrival, and the way out.
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

#include "lwip/ip.h"
#include "lwip/ip4.h"
#include "lwip/ip6.h"
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

void ip_skip_identifications(unsigned count)
{
    identification = (uint16_t)(identification + count);
}

/* --- in --- */

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

void ip_describe(const struct frame_info *frame, struct datagram_meta *meta)
{
    /* Member by member: a struct that is copied right after it was built stalls the processor. */
    meta->source = netaddr_from_lwip(ip_current_src_addr());
    meta->destination = netaddr_from_lwip(ip_current_dest_addr());
    meta->source_port = 0;
    meta->destination_port = 0;
    meta->interface_index = frame->interface->index;
    meta->length = 0;
    meta->segment_size = 0;
    meta->arrival_ns = frame->time_ns != 0 ? frame->time_ns : clock_now_ns();
    meta->frame = frame->number;
    if (ip_current_is_v6()) {
        const struct ip6_hdr *header = ip6_current_header();
        meta->ttl = IP6H_HOPLIM(header);
        meta->tos = (uint8_t)IP6H_TC(header);
    } else {
        const struct ip_hdr *header = ip4_current_header();
        meta->ttl = IPH_TTL(header);
        meta->tos = IPH_TOS(header);
    }
    meta->flags = cast_flags(frame, &meta->destination);
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

/* Bytes that IPv4 options take in the header. */
static unsigned options_bytes(const struct endpoint_send *send)
{
    return netaddr_is_v4(&send->destination.address) ? (send->ip_options.length + 3u) & ~3u : 0;
}

unsigned ip_header_bytes(const struct endpoint_send *send)
{
    return netaddr_is_v4(&send->destination.address) ? IP_HLEN + options_bytes(send) : IP6_HLEN;
}

bool ip_forbids_fragments(const struct endpoint_send *send)
{
    return pmtu_forbids_fragments(send) || options_bytes(send) != 0;
}

struct pbuf *ip_packet_new(const struct endpoint_send *send, unsigned bytes)
{
    unsigned options = options_bytes(send); /* lwIP's room is for headers without any */
    struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(options + bytes), PBUF_RAM);

    if (p != NULL && options != 0) {
        pbuf_remove_header(p, options);
    }
    return p;
}

static void put_ip4_header(struct pbuf *p, const struct netaddr *source, unsigned protocol,
                           const struct endpoint_send *send)
{
    struct ip_hdr header = {0};
    unsigned header_bytes = ip_header_bytes(send);
    uint8_t *options = (uint8_t *)p->payload - options_bytes(send); /* the header ends at p */

    pbuf_add_header(p, header_bytes);
    IPH_VHL_SET(&header, 4, header_bytes / 4);
    IPH_TOS_SET(&header, send->tos);
    IPH_LEN_SET(&header, lwip_htons(p->tot_len));
    IPH_ID_SET(&header, lwip_htons(ip_next_identification()));
    IPH_OFFSET_SET(&header, pmtu_forbids_fragments(send) ? PP_HTONS(IP_DF) : 0);
    IPH_TTL_SET(&header, send->ttl);
    IPH_PROTO_SET(&header, protocol);
    header.src.addr = netaddr_v4(source);
    header.dest.addr = netaddr_v4(&send->destination.address);
    memcpy(p->payload, &header, IP_HLEN);
    memset(options, 0, options_bytes(send)); /* end of options (RFC 791) */
    memcpy(options, send->ip_options.bytes, send->ip_options.length);
    IPH_CHKSUM_SET(&header, (u16_t)~checksum_lwip(p->payload, (int)header_bytes));
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

static err_t output4(struct pbuf *p, const struct ip_way *way, const struct netaddr *target)
{
    ip4_addr_t address = netaddr_to_ip4(target);

    if (p->tot_len > way->mtu_bytes) {
        return fragment_output4(p, way->netif, &address, way->mtu_bytes);
    }
    return way->netif->output(way->netif, p, &address);
}

static err_t output6(struct pbuf *p, const struct ip_way *way, const struct netaddr *target)
{
    ip6_addr_t address = netaddr_to_ip6(target);

    ip6_addr_assign_zone(&address, IP6_UNKNOWN, way->netif);
    if (p->tot_len > way->mtu_bytes) {
        return fragment_output6(p, way->netif, &address, way->mtu_bytes);
    }
    return way->netif->output_ip6(way->netif, p, &address);
}

int ip_send_locked(struct pbuf *p, const struct ip_way *way, unsigned protocol,
                   const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;
    bool v4 = netaddr_is_v4(target);

    if (!send->header_included) {
        if (v4) {
            put_ip4_header(p, &way->source, protocol, send);
        } else {
            put_ip6_header(p, &way->source, protocol, send);
        }
    }
    loop_copy(way->netif, p, target);
    int error = v4 ? errno_of(output4(p, way, target)) : errno_of(output6(p, way, target));
    if (error == 0) {
        stack_counters.datagrams_sent++;
    }
    return error;
}

/* Can the address be a source? A pktinfo that a broadcast or multicast left holds one that can't. */
static bool is_source(const struct netaddr *address)
{
    if (netaddr_is_multicast(address)) {
        return false;
    }
    for (uint32_t i = 1; netaddr_is_v4(address) && i <= interface_count(); i++) {
        if (interface_is_broadcast(interface_at(i), netaddr_v4(address))) {
            return false;
        }
    }
    return true;
}

int ip_find_way_locked(const struct endpoint_send *send, const struct netaddr *source,
                       struct ip_way *way)
{
    const struct netaddr *target = &send->destination.address;
    uint32_t scope = send->interface_index != 0 ? send->interface_index : send->destination.scope;

    way->source = *source;
    if (!is_source(source)) {
        way->source = netaddr_is_v4(target) ? netaddr_from_v4(0) : (struct netaddr){0};
    }
    int error = route_find_locked(target, scope, &way->source, &way->netif);
    if (error != 0) {
        return error;
    }
    if (netaddr_is_v4(target) && !send->allow_broadcast &&
        interface_is_broadcast(interface_of_netif(way->netif), netaddr_v4(target))) {
        return -EACCES;
    }
    way->mtu_bytes = pmtu_bound_locked(way->netif, send);
    return 0;
}
