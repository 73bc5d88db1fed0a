/*
 * udp.c - UDP datagrams between lwIP's IP layer and the endpoint table.
 *
 * In: raw_pcbs see each UDP packet. lwIP finds raw_pcbs by the *base* next header of IPv6, so
 * besides the one for UDP there is one for each extension header that may stand in front of it. A
 * packet is checked here (length, checksum, strong host), described by a struct datagram_meta and
 * handed to the endpoints. What no endpoint wants is answered with Port Unreachable, unless it
 * comes to a port of one of resolver.c's questions: that alone goes on to lwIP's own UDP.
 *
 * Out: the UDP header and, for IPv4, the IP header are made here (lwIP can't set the TTL and TOS of
 * a single datagram together with Don't Fragment); the payload is referenced, not copied. Groups
 * and broadcasts are looped back for members on this host.
 *
 * Guarded by the stack lock. No state but the pcbs and IPv4's identification counter.
 */
#include <errno.h>
#include <string.h>

#include "lwip/icmp.h"
#include "lwip/icmp6.h"
#include "lwip/ip4.h"
#include "lwip/ip6.h"
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
        uint64_t sum = transport_pseudo_sum(&meta->source, &meta->destination, IP_PROTO_UDP, length);
        if (header.chksum == 0 || checksum_fold(transport_sum(sum, p, offset, length)) != 0xffff) {
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

/*
 * Answers Port Unreachable, unless the datagram was for many (RFC 1122, 3.2.2; RFC 4443, 2.4).
 * lwIP's own UDP does so only for the first address of the interface by which a packet came in.
 */
static void answer_unreachable(const struct frame_info *frame, struct pbuf *p,
                               const struct datagram_meta *meta)
{
    bool unicast = frame->cast == FRAME_UNICAST &&
                   (meta->flags & (DATAGRAM_MULTICAST | DATAGRAM_BROADCAST)) == 0;

    if (!unicast || netaddr_is_any(&meta->source)) {
        return;
    }
    if (netaddr_is_v4(&meta->destination)) {
        icmp_dest_unreach(p, ICMP_DUR_PORT);
    } else {
        icmp6_dest_unreach(p, ICMP6_DUR_PORT);
    }
}

/* raw_pcb callback: p begins with the IP header. Returns 1 when p is eaten. */
static u8_t receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *source)
{
    const struct frame_info *frame = frame_current();
    unsigned offset = ip_current_header_tot_len();
    (void)arg;
    (void)pcb;
    (void)source;

    if (ip_current_is_v6() && transport_protocol6(p, offset) != IP_PROTO_UDP) {
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
    if (fate == WINLWIP_FATE_DROP_NO_SOCKET) {
        if (resolver_has_port_locked(meta.destination_port)) {
            frame_set_fate(WINLWIP_FATE_RESOLVER);
            return 0; /* lwIP's DNS client takes it */
        }
        answer_unreachable(frame, p, &meta);
    }
    frame_set_fate(fate);
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

/* Where in the caller's bytes the next datagram begins. */
struct cursor {
    const struct iovec *part;
    size_t offset;
};

/*
 * A pbuf with room for all headers, followed by references to the next bytes of the caller's.
 * Moves the cursor behind them. NULL: no memory.
 */
static struct pbuf *pbuf_around(struct cursor *at, size_t bytes)
{
    struct pbuf *head = pbuf_alloc(PBUF_IP, UDP_HEADER, PBUF_RAM);

    while (head != NULL && bytes != 0) {
        size_t left = at->part->iov_len - at->offset;
        if (left == 0) {
            at->part++;
            at->offset = 0;
            continue;
        }
        size_t taken = left < bytes ? left : bytes;
        struct pbuf *part = pbuf_alloc_reference((uint8_t *)at->part->iov_base + at->offset,
                                                 (u16_t)taken, PBUF_REF);
        if (part == NULL) {
            pbuf_free(head);
            return NULL;
        }
        pbuf_cat(head, part);
        at->offset += taken;
        bytes -= taken;
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
    uint64_t sum =
        transport_pseudo_sum(source, &send->destination.address, IP_PROTO_UDP, length);
    uint16_t inverted = (uint16_t)~checksum_fold(transport_sum(sum, p, 0, length));
    header.chksum = inverted != 0 ? inverted : 0xffff; /* RFC 768: 0 means none */
    memcpy(p->payload, &header, UDP_HEADER);
}

static void put_ip4_header(struct pbuf *p, const struct netaddr *source,
                           const struct endpoint_send *send)
{
    struct ip_hdr header = {0};

    pbuf_add_header(p, IP_HLEN);
    IPH_VHL_SET(&header, 4, IP_HLEN / 4);
    IPH_TOS_SET(&header, send->tos);
    IPH_LEN_SET(&header, lwip_htons(p->tot_len));
    IPH_ID_SET(&header, lwip_htons(udp_state.identification++));
    IPH_OFFSET_SET(&header, pmtu_forbids_fragments(send) ? PP_HTONS(IP_DF) : 0);
    IPH_TTL_SET(&header, send->ttl);
    IPH_PROTO_SET(&header, IP_PROTO_UDP);
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

/* Sends p, which begins with its UDP header, in pieces of at most mtu_bytes. */
static err_t output4(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                     const struct endpoint_send *send, unsigned mtu_bytes)
{
    ip4_addr_t target = netaddr_to_ip4(&send->destination.address);

    put_ip4_header(p, source, send);
    loop_copy(netif, p, &send->destination.address);
    if (p->tot_len > mtu_bytes) {
        return fragment_output4(p, netif, &target, mtu_bytes);
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
                     const struct endpoint_send *send, unsigned mtu_bytes)
{
    ip6_addr_t target = netaddr_to_ip6(&send->destination.address);

    ip6_addr_assign_zone(&target, IP6_UNKNOWN, netif);
    put_ip6_header(p, source, send);
    loop_copy(netif, p, &send->destination.address);
    if (p->tot_len > mtu_bytes) {
        return fragment_output6(p, netif, &target, mtu_bytes);
    }
    return netif->output_ip6(netif, p, &target);
}

static err_t output(struct pbuf *p, struct netif *netif, const struct netaddr *source,
                    const struct endpoint_send *send, unsigned mtu_bytes)
{
    if (netaddr_is_v4(&send->destination.address)) {
        return output4(p, netif, source, send, mtu_bytes);
    }
    return output6(p, netif, source, send, mtu_bytes);
}

/* Bytes of payload in each datagram of a send but the last. */
static size_t segment_size(const struct endpoint_send *send)
{
    size_t wanted = send->segment_bytes;

    return wanted != 0 && wanted < send->length ? wanted : send->length;
}

/* Can the datagrams leave, whole or in pieces of at most mtu_bytes? */
static int check_size(const struct endpoint_send *send, unsigned mtu_bytes)
{
    bool v4 = netaddr_is_v4(&send->destination.address);
    size_t max = v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    size_t headers = (v4 ? IP_HLEN : IP6_HLEN) + UDP_HEADER;
    size_t segment = segment_size(send);

    if (segment > max || send->length > segment * LIMIT_SEND_SEGMENTS) {
        return -EMSGSIZE;
    }
    return pmtu_forbids_fragments(send) && segment + headers > mtu_bytes ? -EMSGSIZE : 0;
}

/* A send whose way is known. */
struct route {
    struct netif *netif;
    struct netaddr source;
    uint16_t port; /* source, host byte order */
    unsigned mtu_bytes;
};

/* Sends the next bytes of the caller's as one datagram. */
static int send_datagram(const struct route *route, const struct endpoint_send *send,
                         struct cursor *at, size_t bytes)
{
    struct pbuf *p = pbuf_around(at, bytes);

    if (p == NULL) {
        return -ENOBUFS;
    }
    put_udp_header(p, &route->source, route->port, send);
    int error = errno_of(output(p, route->netif, &route->source, send, route->mtu_bytes));
    pbuf_free(p);
    if (error == 0) {
        stack_counters.datagrams_sent++;
    }
    return error;
}

/*
 * Sends all bytes as datagrams of the segment size. Once the first one is out the rest are lost
 * like any datagram when there is no memory: a caller that was told so would send that one twice.
 */
static int send_segments(const struct route *route, const struct endpoint_send *send)
{
    struct cursor at = {.part = send->parts};
    size_t segment = segment_size(send);
    size_t left = send->length - segment;
    int error = send_datagram(route, send, &at, segment);

    while (error == 0 && left != 0) {
        size_t bytes = left < segment ? left : segment;
        loopback_drain_locked(); /* its queue is shorter than a long send */
        if (send_datagram(route, send, &at, bytes) != 0) {
            break;
        }
        left -= bytes;
    }
    return error;
}

int udp_send_locked(const struct netaddr *source, uint16_t port, const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;
    uint32_t scope = send->interface_index != 0 ? send->interface_index : send->destination.scope;
    struct route route = {.source = *source, .port = port};

    int error = route_find_locked(target, scope, &route.source, &route.netif);
    if (error != 0) {
        return error;
    }
    if (netaddr_is_v4(target) && !send->allow_broadcast &&
        interface_is_broadcast(interface_of_netif(route.netif), netaddr_v4(target))) {
        return -EACCES;
    }
    route.mtu_bytes = pmtu_bound_locked(route.netif, send);
    error = check_size(send, route.mtu_bytes);
    return error != 0 ? error : send_segments(&route, send);
}
