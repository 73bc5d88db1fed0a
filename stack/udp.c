/*
 * udp.c - UDP datagrams between lwIP's IP layer and the endpoint table.
 *
 * In: raw_pcbs see each UDP packet before lwIP's own UDP does. lwIP finds raw_pcbs by the *base*
 * next header of IPv6, so besides the one for UDP there is one for each extension header that may
 * stand in front of it. A packet is checked here (length, checksum, strong host), described by a
 * struct datagram_meta and handed to the endpoints. What no endpoint wants goes on to lwIP's UDP,
 * which has no sockets and answers Port Unreachable.
 *
 * Out: the UDP header is made here, the IP header in ip.c; the payload is referenced, not copied.
 *
 * Guarded by the stack lock. No state but the pcbs.
 */
#include <errno.h>
#include <string.h>

#include "lwip/ip6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/udp.h"
#include "lwip/raw.h"

#include "stack/checksum.h"
#include "stack/internal.h"

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
        uint64_t sum = ip_sum_pseudo(&meta->source, &meta->destination, length,
                                     IP_PROTO_UDP);
        if (header.chksum == 0 || checksum_fold(ip_sum_chain(sum, p, offset, length)) != 0xffff) {
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

    if (ip_current_is_v6() && ip_protocol(p, offset) != IP_PROTO_UDP) {
        return 0;
    }
    struct datagram_meta meta = ip_describe(frame);
    enum winlwip_fate fate = WINLWIP_FATE_DROP_OTHER_INTERFACE;
    if (!ip_on_other_interface(frame)) {
        raw_deliver_locked(p, IP_PROTO_UDP, offset, &meta);
        fate = check_udp(frame, p, offset, &meta);
    }
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

/* A pbuf with room for all headers and a copy of the payload: for calls with very many buffers. */
static struct pbuf *pbuf_copied(const struct endpoint_send *send)
{
    struct pbuf *p = pbuf_alloc(PBUF_IP, (u16_t)(UDP_HEADER + send->length), PBUF_RAM);
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
    struct pbuf *head = pbuf_alloc(PBUF_IP, UDP_HEADER, PBUF_RAM);

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
    uint64_t sum = ip_sum_pseudo(source, &send->destination.address, length, IP_PROTO_UDP);
    uint16_t inverted = (uint16_t)~checksum_fold(ip_sum_chain(sum, p, 0, length));
    header.chksum = inverted != 0 ? inverted : 0xffff; /* RFC 768: 0 means none */
    memcpy(p->payload, &header, UDP_HEADER);
}

static int check_size(struct netif *netif, const struct endpoint_send *send)
{
    bool v4 = netaddr_is_v4(&send->destination.address);
    size_t max = v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    size_t headers = (v4 ? IP_HLEN : IP6_HLEN) + UDP_HEADER;

    if (send->length > max) {
        return -EMSGSIZE;
    }
    if (send->dont_fragment &&
        send->length + headers > ip_path_mtu(netif, &send->destination.address)) {
        return -EMSGSIZE;
    }
    return 0;
}

int udp_send_locked(const struct netaddr *source, uint16_t port, const struct endpoint_send *send)
{
    struct netaddr from = *source;
    struct netif *netif;

    int error = ip_find_way_locked(send, &from, &netif);
    if (error == 0) {
        error = check_size(netif, send);
    }
    if (error != 0) {
        return error;
    }
    struct pbuf *p = pbuf_around(send);
    if (p == NULL) {
        return -ENOBUFS;
    }
    put_udp_header(p, &from, port, send);
    error = ip_send_locked(p, netif, &from, IP_PROTO_UDP, send);
    pbuf_free(p);
    return error;
}
