/*
 * udp.c - UDP datagrams between lwIP's IP layer and the endpoint table.
 *
 * In: raw_pcbs see each UDP packet before lwIP's own UDP does. lwIP finds raw_pcbs by the *base*
 * next header of IPv6, so besides the one for UDP there is one for each extension header that may
 * stand in front of it. A packet is checked here (length, checksum, strong host), described by a
 * struct datagram_meta and handed to the endpoints. What no endpoint wants goes on to lwIP's UDP,
 * which has no sockets and answers Port Unreachable.
 *
 * Out: the UDP header and, for IPv4, the IP header are made here (lwIP can't set the TTL and TOS of
 * a single datagram together with Don't Fragment); the payload is referenced, not copied. Groups
 * and broadcasts are looped back for members on this host.
 *
 * Guarded by the stack lock. No state but the pcbs and IPv4's identification counter.
 */
#include <errno.h>
#include <string.h>

#include "lwip/ip4.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6.h"
#include "lwip/nd6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/udp.h"
#include "lwip/raw.h"

#include "stack/checksum.h"
#include "stack/internal.h"
#include "stack/random.h"

enum { UDP_HEADER = 8 };

/* The raw_pcbs: IPv4 and IPv6 UDP, and UDP behind IPv6 extension headers. */
static const struct {
    u8_t type;
    u8_t protocol;
} watched[] = {
    {IPADDR_TYPE_ANY, IP_PROTO_UDP},       {IPADDR_TYPE_V6, IP6_NEXTH_HOPBYHOP},
    {IPADDR_TYPE_V6, IP6_NEXTH_ROUTING},   {IPADDR_TYPE_V6, IP6_NEXTH_FRAGMENT},
    {IPADDR_TYPE_V6, IP6_NEXTH_DESTOPTS},
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static struct {
    struct raw_pcb *pcbs[WATCHED];
    uint16_t identification;
} udp_state;

/* --- in --- */

/* Adds length bytes of a pbuf chain from offset to a sum. The pieces may have any lengths. */
static uint64_t chain_sum(uint64_t sum, const struct pbuf *p, unsigned offset, unsigned length)
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

/* The sum over the pseudo header of either family (RFC 768; RFC 8200, 8.1). */
static uint64_t pseudo_sum(const struct netaddr *source, const struct netaddr *target,
                           unsigned length)
{
    uint64_t sum = lwip_htons((u16_t)length) + (uint64_t)PP_HTONS(IP_PROTO_UDP);

    if (netaddr_is_v4(source)) {
        return sum + netaddr_v4(source) + netaddr_v4(target);
    }
    sum = checksum_join(checksum_join(sum, source->halves[0]), source->halves[1]);
    return checksum_join(checksum_join(sum, target->halves[0]), target->halves[1]);
}

/* The protocol behind the extension headers that lie within header_bytes of an IPv6 packet. */
static unsigned last_next_header(const struct pbuf *p, unsigned header_bytes)
{
    unsigned next = pbuf_get_at(p, 6);
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

/* Strong host: the destination must belong to the interface of arrival. Loopback has them all. */
static bool on_other_interface(const struct frame_info *frame)
{
    return frame->interface->link != NULL &&
           interface_of_netif(ip_current_netif()) != frame->interface;
}

static struct datagram_meta describe(const struct frame_info *frame)
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

static void copy_header(struct udp_hdr *header, const struct pbuf *p, unsigned offset)
{
    if (offset + UDP_HEADER <= p->len) {
        memcpy(header, (const uint8_t *)p->payload + offset, UDP_HEADER);
    } else {
        pbuf_copy_partial(p, header, UDP_HEADER, (u16_t)offset);
    }
}

/*
 * Checks the UDP header at offset of the packet (RFC 768; RFC 8200, 8.1: no checksum of 0 on IPv6)
 * and fills in ports and length. Returns WINLWIP_FATE_DELIVERED when it is good.
 */
static enum winlwip_fate check_udp(const struct frame_info *frame, const struct pbuf *p,
                                   unsigned offset, struct datagram_meta *meta)
{
    struct udp_hdr header;
    unsigned available = p->tot_len - offset;

    if (p->tot_len < offset + UDP_HEADER) {
        return WINLWIP_FATE_DROP_UDP_MALFORMED;
    }
    copy_header(&header, p, offset);
    unsigned length = lwip_ntohs(header.len);
    if (length < UDP_HEADER || length > available) {
        return WINLWIP_FATE_DROP_UDP_MALFORMED;
    }
    bool unsummed = header.chksum == 0 && netaddr_is_v4(&meta->destination);
    if (!unsummed && !frame->sum_verified) {
        uint64_t sum = pseudo_sum(&meta->source, &meta->destination, length);
        if (header.chksum == 0 || checksum_fold(chain_sum(sum, p, offset, length)) != 0xffff) {
            return WINLWIP_FATE_DROP_UDP_CHECKSUM;
        }
    }
    meta->source_port = lwip_ntohs(header.src);
    meta->destination_port = lwip_ntohs(header.dest);
    meta->length = length - UDP_HEADER;
    return WINLWIP_FATE_DELIVERED;
}

static void trace_arrival(const struct frame_info *frame, const struct datagram_meta *meta)
{
    char from[NETADDR_TEXT_BYTES], to[NETADDR_TEXT_BYTES];

    trace_station(frame, WINLWIP_TRACE_LWIP, 0, meta->length, "UDP %s to %s, ttl %u, tos 0x%02x",
                  netaddr_text(&meta->source, from), netaddr_text(&meta->destination, to),
                  meta->ttl, meta->tos);
    trace_station(frame, WINLWIP_TRACE_LOOKUP, 0, meta->length, "port %u from port %u",
                  meta->destination_port, meta->source_port);
}

/* Hands the payload at offset to the endpoints. */
static enum winlwip_fate deliver(const struct datagram_meta *meta, const struct pbuf *p,
                                 unsigned offset)
{
    struct datagram datagram = {.meta = meta, .chain = p, .chain_offset = offset};

    if (offset + meta->length <= p->len) {
        datagram.data = (const uint8_t *)p->payload + offset;
    }
    enum winlwip_fate fate = endpoint_deliver_locked(meta, &datagram);
    if (datagram.kept != NULL) {
        packet_put(datagram.kept);
    }
    return fate;
}

/* raw_pcb callback: p begins with the IP header. Returns 1 when p is eaten. */
static u8_t receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *source)
{
    const struct frame_info *frame = frame_current();
    unsigned offset = ip_current_header_tot_len();
    (void)arg;
    (void)pcb;
    (void)source;

    if (ip_current_is_v6() && last_next_header(p, offset) != IP_PROTO_UDP) {
        return 0;
    }
    struct datagram_meta meta = describe(frame);
    enum winlwip_fate fate = on_other_interface(frame) ? WINLWIP_FATE_DROP_OTHER_INTERFACE
                                                       : check_udp(frame, p, offset, &meta);
    if (fate == WINLWIP_FATE_DELIVERED) {
        if (trace_wanted()) {
            trace_arrival(frame, &meta);
        }
        fate = deliver(&meta, p, offset + UDP_HEADER);
    }
    frame_set_fate(fate);
    if (fate == WINLWIP_FATE_DROP_NO_SOCKET) {
        return 0; /* lwIP answers Port Unreachable */
    }
    pbuf_free(p);
    return 1;
}

int udp_start(void)
{
    udp_state.identification = (uint16_t)stack_random32();
    for (unsigned i = 0; i < WATCHED; i++) {
        struct raw_pcb *pcb = raw_new_ip_type(watched[i].type, watched[i].protocol);
        if (pcb == NULL) {
            udp_stop();
            return -ENOMEM;
        }
        raw_recv(pcb, receive, NULL);
        udp_state.pcbs[i] = pcb;
    }
    return 0;
}

void udp_stop(void)
{
    for (unsigned i = 0; i < WATCHED; i++) {
        if (udp_state.pcbs[i] != NULL) {
            raw_remove(udp_state.pcbs[i]);
            udp_state.pcbs[i] = NULL;
        }
    }
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
    return (send->ip_options.length + 3u) & ~3u;
}

/* A pbuf of so many bytes behind room for all headers; lwIP's room is for headers without options. */
static struct pbuf *pbuf_behind_headers(const struct endpoint_send *send, unsigned bytes)
{
    unsigned options = options_bytes(send);
    struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(options + bytes), PBUF_RAM);

    if (p != NULL && options != 0) {
        pbuf_remove_header(p, options);
    }
    return p;
}

/* A pbuf with room for all headers and a copy of the payload: for calls with very many buffers. */
static struct pbuf *pbuf_copied(const struct endpoint_send *send)
{
    struct pbuf *p = pbuf_behind_headers(send, (unsigned)(UDP_HEADER + send->length));
    unsigned at = UDP_HEADER;

    for (unsigned i = 0; p != NULL && i < send->part_count; i++) {
        if (send->parts[i].iov_len != 0) {
            memcpy((uint8_t *)p->payload + at, send->parts[i].iov_base, send->parts[i].iov_len);
        }
        at += (unsigned)send->parts[i].iov_len;
    }
    return p;
}

/* A pbuf with room for all headers, followed by references to the caller's bytes. */
static struct pbuf *pbuf_around(const struct endpoint_send *send)
{
    if (send->part_count > LIMIT_SEND_PARTS) {
        return pbuf_copied(send);
    }
    struct pbuf *head = pbuf_behind_headers(send, UDP_HEADER);

    if (head == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < send->part_count; i++) {
        if (send->parts[i].iov_len == 0) {
            continue;
        }
        struct pbuf *part = pbuf_alloc_reference(send->parts[i].iov_base,
                                                 (u16_t)send->parts[i].iov_len, PBUF_REF);
        if (part == NULL) {
            pbuf_free(head);
            return NULL;
        }
        pbuf_cat(head, part);
    }
    return head;
}

static void put_udp_header(struct pbuf *p, const struct netaddr *source, uint16_t port,
                           const struct endpoint_send *send)
{
    unsigned length = p->tot_len;
    struct udp_hdr header = {
        .src = lwip_htons(port),
        .dest = lwip_htons(send->destination.port),
        .len = lwip_htons((u16_t)length),
    };
    memcpy(p->payload, &header, UDP_HEADER);
    if (send->no_checksum && netaddr_is_v4(source)) {
        return;
    }
    uint64_t sum = pseudo_sum(source, &send->destination.address, length);
    uint16_t inverted = (uint16_t)~checksum_fold(chain_sum(sum, p, 0, length));
    header.chksum = inverted != 0 ? inverted : 0xffff; /* RFC 768: 0 means none */
    memcpy(p->payload, &header, UDP_HEADER);
}

static void put_ip4_header(struct pbuf *p, const struct netaddr *source,
                           const struct endpoint_send *send)
{
    struct ip_hdr header = {0};

    unsigned header_bytes = IP_HLEN + options_bytes(send);
    uint8_t *options = (uint8_t *)p->payload - options_bytes(send); /* the header ends at p */

    pbuf_add_header(p, header_bytes);
    IPH_VHL_SET(&header, 4, header_bytes / 4);
    IPH_TOS_SET(&header, send->tos);
    IPH_LEN_SET(&header, lwip_htons(p->tot_len));
    IPH_ID_SET(&header, lwip_htons(udp_state.identification++));
    IPH_OFFSET_SET(&header, send->dont_fragment ? PP_HTONS(IP_DF) : 0);
    IPH_TTL_SET(&header, send->ttl);
    IPH_PROTO_SET(&header, IP_PROTO_UDP);
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

static err_t output4(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                     const struct endpoint_send *send)
{
    ip4_addr_t target = netaddr_to_ip4(&send->destination.address);

    put_ip4_header(p, source, send);
    loop_copy(netif, p, &send->destination.address);
    if (netif->mtu != 0 && p->tot_len > netif->mtu) {
        return ip4_frag(p, netif, &target);
    }
    return netif->output(netif, p, &target);
}

static void put_ip6_header(struct pbuf *p, const struct netaddr *source,
                           const struct endpoint_send *send)
{
    struct ip6_hdr header;
    unsigned length = p->tot_len;

    pbuf_add_header(p, IP6_HLEN);
    IP6H_VTCFL_SET(&header, 6, send->tos, 0);
    IP6H_PLEN_SET(&header, (u16_t)length);
    IP6H_NEXTH_SET(&header, IP_PROTO_UDP);
    IP6H_HOPLIM_SET(&header, send->ttl);
    memcpy(&header.src, source->bytes, sizeof(header.src));
    memcpy(&header.dest, send->destination.address.bytes, sizeof(header.dest));
    memcpy(p->payload, &header, IP6_HLEN);
}

static err_t output6(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                     const struct endpoint_send *send)
{
    put_ip6_header(p, source, send);
    loop_copy(netif, p, &send->destination.address);
    return ip6_output_if_src(p, NULL, LWIP_IP_HDRINCL, 0, 0, 0, netif);
}

static err_t output(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                    const struct endpoint_send *send)
{
    if (netaddr_is_v4(&send->destination.address)) {
        return output4(p, netif, source, send);
    }
    return output6(p, netif, source, send);
}

/* Largest IP packet that goes to the destination in one piece, bytes. */
static unsigned path_mtu(struct netif *netif, const struct netaddr *target)
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

static int check_size(struct netif *netif, const struct endpoint_send *send)
{
    bool v4 = netaddr_is_v4(&send->destination.address);
    size_t max = v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    size_t headers = (v4 ? IP_HLEN + options_bytes(send) : IP6_HLEN) + UDP_HEADER;

    if (send->length > max) {
        return -EMSGSIZE;
    }
    /* lwIP does not fragment packets that have options. */
    bool whole = send->dont_fragment || (v4 && send->ip_options.length != 0);
    if (whole &&
        send->length + headers > path_mtu(netif, &send->destination.address)) {
        return -EMSGSIZE;
    }
    return 0;
}

int udp_send_locked(const struct netaddr *source, uint16_t port, const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;
    uint32_t scope = send->interface_index != 0 ? send->interface_index : send->destination.scope;
    struct netaddr from = *source;
    struct netif *netif;

    int error = route_find_locked(target, scope, &from, &netif);
    if (error != 0) {
        return error;
    }
    if (interface_of_netif(netif)->failed) {
        return -ENETDOWN;
    }
    if (netaddr_is_v4(target) && !send->allow_broadcast &&
        interface_is_broadcast(interface_of_netif(netif), netaddr_v4(target))) {
        return -EACCES;
    }
    error = check_size(netif, send);
    if (error != 0) {
        return error;
    }
    struct pbuf *p = pbuf_around(send);
    if (p == NULL) {
        return -ENOBUFS;
    }
    put_udp_header(p, &from, port, send);
    error = errno_of(output(p, netif, &from, send));
    pbuf_free(p);
    if (error == 0) {
        stack_counters.datagrams_sent++;
    }
    return error;
}
