/*
 * udp.c - UDP datagrams between lwIP's IP layer and the endpoint table.
 *
 * In: raw_pcbs see each UDP packet. lwIP finds raw_pcbs by the *base* next header of IPv6, so
 * besides the one for UDP there is one for each extension header that may stand in front of it. A
 * packet is checked here (length, checksum, strong host), described by a struct datagram_meta and
 * handed to the endpoints. What no endpoint wants is answered with Port Unreachable, unless it
 * comes to a port of one of resolver.c's questions: that, and what lease.c's DHCP clients wait for,
 * goes on to lwIP's own UDP.
 *
 * Out: what can't go the early way (output.c) gets its UDP header here and its IP header in ip.c; the
 * payload is referenced, not copied. Sending it teaches the early way.
 *
 * Guarded by the stack lock. No state but the pcbs.
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
#include "stack/output.h"

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

static struct raw_pcb *pcbs[WATCHED];

/* --- in --- */

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

/*
 * Is it for an address that is not ours, or for all while the interface has none? The guard lets such
 * packets pass only while an interface waits for its address from a DHCP server.
 */
static bool is_foreign(const struct frame_info *frame, const struct datagram_meta *meta)
{
    const struct interface *interface = frame->interface;

    if (!interface->dhcp || !netaddr_is_v4(&meta->destination) ||
        netaddr_is_multicast(&meta->destination)) {
        return false;
    }
    return interface_of_address(&meta->destination) == NULL &&
           (interface->count4 == 0 ||
            !interface_is_broadcast(interface, netaddr_v4(&meta->destination)));
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
    struct datagram_meta meta;
    ip_describe(frame, &meta);
    bool foreign = is_foreign(frame, &meta);
    if (!foreign) {
        raw_show_locked(p, IP_PROTO_UDP, offset);
    }
    enum winlwip_fate fate = ip_on_other_interface(frame) && !foreign
                                 ? WINLWIP_FATE_DROP_OTHER_INTERFACE
                                 : check_udp(frame, p, offset, &meta);
    if (fate == WINLWIP_FATE_DELIVERED && lease_wants_locked(frame, &meta)) {
        frame_set_fate(lease_input_locked(frame->interface, p, offset, &meta));
        return 1;
    }
    if (fate == WINLWIP_FATE_DELIVERED && foreign) {
        fate = WINLWIP_FATE_DROP_OTHER_HOST;
    }
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
    for (unsigned i = 0; i < WATCHED; i++) {
        struct raw_pcb *pcb = raw_new_ip_type(watched[i].type, watched[i].protocol);
        if (pcb == NULL) {
            udp_stop();
            return -ENOMEM;
        }
        raw_recv(pcb, receive, NULL);
        pcbs[i] = pcb;
    }
    return 0;
}

void udp_stop(void)
{
    for (unsigned i = 0; i < WATCHED; i++) {
        if (pcbs[i] != NULL) {
            raw_remove(pcbs[i]);
            pcbs[i] = NULL;
        }
    }
}

/* --- out --- */

/*
 * A pbuf with room for all headers, followed by references to the next bytes of the caller's.
 * Moves the cursor behind them. NULL: no memory.
 */
static struct pbuf *pbuf_around(const struct endpoint_send *send, struct output_cursor *at,
                                size_t bytes)
{
    struct pbuf *head = ip_packet_new(send, UDP_HEADER);

    while (head != NULL && bytes != 0) {
        struct iovec piece = output_take(at, bytes);
        struct pbuf *part =
            pbuf_alloc_reference(piece.iov_base, (u16_t)piece.iov_len, PBUF_REF);
        if (part == NULL) {
            pbuf_free(head);
            return NULL;
        }
        pbuf_cat(head, part);
        bytes -= piece.iov_len;
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

/* Can the datagrams leave, whole or in pieces of at most mtu_bytes? */
static int check_size(const struct endpoint_send *send, unsigned mtu_bytes)
{
    bool v4 = netaddr_is_v4(&send->destination.address);
    size_t max = v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    size_t headers = ip_header_bytes(send) + UDP_HEADER;
    size_t segment = output_segment_bytes(send);

    if (segment > max || send->length > segment * LIMIT_SEND_SEGMENTS) {
        return -EMSGSIZE;
    }
    return ip_forbids_fragments(send) && segment + headers > mtu_bytes ? -EMSGSIZE : 0;
}

/* A send whose way is known. */
struct route {
    struct ip_way way;
    uint16_t port; /* source, host byte order */
};

/* Sends the next bytes of the caller's as one datagram. */
static int send_datagram(const struct route *route, const struct endpoint_send *send,
                         struct output_cursor *at, size_t bytes)
{
    struct pbuf *p = pbuf_around(send, at, bytes);

    if (p == NULL) {
        return -ENOBUFS;
    }
    put_udp_header(p, &route->way.source, route->port, send);
    shortcut_watch_locked(p);
    int error = ip_send_locked(p, &route->way, IP_PROTO_UDP, send);
    pbuf_free(p);
    return error;
}

/*
 * Sends the left bytes behind the first datagram. Once that one is out the rest are lost like any
 * datagram when there is no memory: a caller that was told so would send that one twice.
 */
static void send_rest(const struct route *route, const struct endpoint_send *send,
                      struct output_cursor *at, size_t left)
{
    size_t segment = output_segment_bytes(send);

    while (left != 0) {
        size_t bytes = left < segment ? left : segment;
        loopback_drain_locked(); /* its queue is shorter than a long send */
        if (send_datagram(route, send, at, bytes) != 0) {
            break;
        }
        left -= bytes;
    }
}

int udp_send_locked(const struct netaddr *source, uint16_t port, const struct endpoint_send *send)
{
    struct output_cursor at = {.part = send->parts};
    struct route route = {.port = port};

    int error = ip_find_way_locked(send, source, &route.way);
    if (error == 0) {
        error = check_size(send, route.way.mtu_bytes);
    }
    if (error != 0) {
        return error;
    }
    size_t segment = output_segment_bytes(send);
    error = send_datagram(&route, send, &at, segment);
    shortcut_learn_locked(source, send, &route.way);
    size_t left = send->length - segment;
    if (error == 0 && left != 0 && !output_send_locked(source, port, send, at, left)) {
        send_rest(&route, send, &at, left);
    }
    return error;
}
