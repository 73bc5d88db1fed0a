/*
 * raw.c - packets for raw sockets.
 *
 * Theory of operation. Bound raw endpoints stand in one list for each IP protocol. lwIP shows a
 * packet to raw_pcbs, which it finds by the IPv4 protocol or the *base* next header of IPv6; so there
 * is one raw_pcb for each protocol that has an endpoint, made with the first and removed with the
 * last, and, while any IPv6 endpoint is bound, one for each extension header. (A hook in front of
 * ip4_input() would need one place only, but sees neither what reassembly makes nor whether the
 * packet is for this host.) UDP, ICMP and ICMPv6 are exceptions: udp.c and icmp_error.c eat what
 * they use, so they call raw_show_locked() themselves, before they do.
 *
 * Every endpoint that is entitled to a packet gets a copy (C22), and lwIP goes on with it: ICMP is
 * used by the stack all the same. The frame counts as delivered once one endpoint took a copy. Two
 * kinds of packets are left out: echo requests, which the stack answers (WB 16.3), and ICMPv6 with a
 * wrong checksum (RFC 3542, 3.1).
 *
 * A raw_pcb that matches keeps lwIP from answering that it does not speak a protocol. When no
 * endpoint was entitled, the answer is therefore made here.
 *
 * Guarded by the stack lock. Bounds: a raw_pcb for each protocol (config/lwipopts.h).
 */
#include <errno.h>

#include "lwip/icmp.h"
#include "lwip/icmp6.h"
#include "lwip/ip.h"
#include "lwip/ip6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/raw.h"

#include "stack/checksum.h"
#include "stack/endpoint_table.h"

enum { PROTOCOLS = 256 };

static const u8_t extension_headers[] = {IP6_NEXTH_HOPBYHOP, IP6_NEXTH_ROUTING,
                                         IP6_NEXTH_FRAGMENT, IP6_NEXTH_DESTOPTS};

enum { EXTENSIONS = sizeof(extension_headers) / sizeof(extension_headers[0]) };

static struct {
    struct endpoint *endpoints[PROTOCOLS];
    struct raw_pcb *pcbs[PROTOCOLS];
    struct raw_pcb *extension_pcbs[EXTENSIONS];
    unsigned v6_endpoints;
} raw;

/* --- delivery --- */

/* Does the stack answer the packet at offset itself? */
static bool is_echo_request(const struct pbuf *p, unsigned protocol, unsigned offset)
{
    return (protocol == IP_PROTO_ICMP && pbuf_get_at(p, (u16_t)offset) == ICMP_ECHO) ||
           (protocol == IP6_NEXTH_ICMP6 && pbuf_get_at(p, (u16_t)offset) == ICMP6_TYPE_EREQ);
}

/* Is the checksum over IPv6 payload and pseudo header right, wherever in the payload it stands? */
static bool sum_is_good(const struct pbuf *p, unsigned protocol, unsigned offset,
                        const struct datagram_meta *meta)
{
    unsigned length = p->tot_len - offset;
    uint64_t sum = transport_pseudo_sum(&meta->source, &meta->destination, protocol, length);

    return checksum_fold(transport_sum(sum, p, offset, length)) == 0xffff;
}

/* Must the endpoint not see a packet that it is otherwise entitled to? */
static bool is_withheld(const struct endpoint *endpoint, const struct pbuf *p, unsigned offset,
                        const struct datagram_meta *meta)
{
    bool summed = endpoint->family != ENDPOINT_V4 &&
                  (endpoint->extra->protocol == IP6_NEXTH_ICMP6 || endpoint->extra->checksum_offset >= 0);

    return endpoint->extra->capture != ENDPOINT_CAPTURE_OFF || /* it has seen it already */
           (summed && !sum_is_good(p, (unsigned)endpoint->extra->protocol, offset, meta));
}

enum winlwip_fate raw_show_locked(const struct pbuf *p, unsigned protocol, unsigned offset)
{
    const struct frame_info *frame = frame_current();
    struct endpoint_tally tally = {0};

    if (raw.endpoints[protocol] == NULL || is_echo_request(p, protocol, offset)) {
        return WINLWIP_FATE_DROP_NO_SOCKET;
    }
    if (ip_on_other_interface(frame)) {
        return WINLWIP_FATE_DROP_OTHER_INTERFACE;
    }
    struct datagram_meta meta;
    ip_describe(frame, &meta);
    unsigned begin = netaddr_is_v4(&meta.destination) ? 0 : offset;
    struct datagram datagram = {.meta = &meta, .chain = p, .chain_offset = begin};
    meta.length = p->tot_len - begin;
    if (p->len == p->tot_len) {
        datagram.data = (const uint8_t *)p->payload + begin;
    }
    for (struct endpoint *e = raw.endpoints[protocol]; e != NULL; e = e->next) {
        if (endpoint_hears_locked(e, &meta) && !is_withheld(e, p, offset, &meta)) {
            endpoint_tally_add(&tally, endpoint_deliver_copy_locked(e, &datagram));
        }
    }
    if (datagram.kept != NULL) {
        packet_put(datagram.kept);
    }
    if (tally.taken != 0) {
        frame_set_copied();
    }
    return endpoint_tally_fate(&tally);
}

bool raw_wants_locked(unsigned protocol)
{
    return raw.endpoints[protocol] != NULL;
}

/* Do others call raw_show_locked() for the protocol? */
static bool is_shown_by_others(unsigned protocol)
{
    return protocol == IP_PROTO_UDP ||
           protocol == (ip_current_is_v6() ? IP6_NEXTH_ICMP6 : IP_PROTO_ICMP);
}

/* Does lwIP do something with the protocol when nobody else does? No next header is no protocol. */
static bool stack_speaks(unsigned protocol)
{
    return protocol == (ip_current_is_v6() ? IP6_NEXTH_NONE : IP_PROTO_IGMP);
}

/* Says that nobody here speaks the protocol (RFC 1122, 3.2.2.1; RFC 8200, 4). */
static void answer_unreachable(struct pbuf *p, unsigned offset)
{
    struct datagram_meta meta;
    ip_describe(frame_current(), &meta);

    if ((meta.flags & (DATAGRAM_MULTICAST | DATAGRAM_BROADCAST)) != 0) {
        return;
    }
    if (!ip_current_is_v6()) {
        icmp_dest_unreach(p, ICMP_DUR_PROTO);
    } else if (offset == IP6_HLEN) { /* behind extension headers lwIP keeps silent, too */
        icmp6_param_problem(p, ICMP6_PP_HEADER, &IP6H_NEXTH(ip6_current_header()));
    }
}

/* raw_pcb callback: p begins with the IP header. Never eats it. */
static u8_t receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *source)
{
    unsigned offset = ip_current_header_tot_len();
    unsigned protocol = ip_current_is_v6() ? transport_protocol6(p, offset)
                                           : IPH_PROTO(ip4_current_header());
    (void)arg;
    (void)pcb;
    (void)source;

    if (is_shown_by_others(protocol)) {
        return 0;
    }
    enum winlwip_fate fate = raw_show_locked(p, protocol, offset);
    if (stack_speaks(protocol)) {
        return 0;
    }
    if (fate == WINLWIP_FATE_DROP_NO_SOCKET) {
        fate = WINLWIP_FATE_DROP_PROTOCOL;
        answer_unreachable(p, offset);
    }
    frame_set_fate(fate);
    return 0;
}

/* --- who hears --- */

static struct raw_pcb *pcb_new(u8_t type, unsigned protocol)
{
    struct raw_pcb *pcb = raw_new_ip_type(type, (u8_t)protocol);

    if (pcb != NULL) {
        raw_recv(pcb, receive, NULL);
    }
    return pcb;
}

static void pcb_free(struct raw_pcb **pcb)
{
    if (*pcb != NULL) {
        raw_remove(*pcb);
        *pcb = NULL;
    }
}

static bool is_extension_header(unsigned protocol)
{
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        if (extension_headers[i] == protocol) {
            return true;
        }
    }
    return false;
}

/* Has lwIP show packets of the protocol. What the extension headers' own pcbs show comes once. */
static int watch_protocol(unsigned protocol)
{
    if (raw.pcbs[protocol] != NULL) {
        return 0;
    }
    u8_t type = is_extension_header(protocol) ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY;
    raw.pcbs[protocol] = pcb_new(type, protocol);
    return raw.pcbs[protocol] != NULL ? 0 : -ENOBUFS;
}

static void unwatch_extensions(void)
{
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        pcb_free(&raw.extension_pcbs[i]);
    }
}

static int watch_extensions(void)
{
    for (unsigned i = 0; i < EXTENSIONS; i++) {
        raw.extension_pcbs[i] = pcb_new(IPADDR_TYPE_V6, extension_headers[i]);
        if (raw.extension_pcbs[i] == NULL) {
            unwatch_extensions();
            return -ENOBUFS;
        }
    }
    return 0;
}

/* Protocol 0 stands for all of them, but only while the endpoint captures. */
static bool is_listed(const struct endpoint *endpoint)
{
    return endpoint->extra->protocol != 0;
}

int raw_link_locked(struct endpoint *endpoint)
{
    unsigned protocol = (unsigned)endpoint->extra->protocol;

    if (!is_listed(endpoint)) {
        return 0;
    }
    int error = watch_protocol(protocol);
    if (error == 0 && endpoint->family != ENDPOINT_V4 && raw.v6_endpoints == 0) {
        error = watch_extensions();
    }
    if (error != 0) {
        if (raw.endpoints[protocol] == NULL) {
            pcb_free(&raw.pcbs[protocol]);
        }
        return error;
    }
    raw.v6_endpoints += endpoint->family != ENDPOINT_V4;
    endpoint->next = raw.endpoints[protocol];
    raw.endpoints[protocol] = endpoint;
    return 0;
}

void raw_unlink_locked(struct endpoint *endpoint)
{
    unsigned protocol = (unsigned)endpoint->extra->protocol;
    struct endpoint **at = &raw.endpoints[protocol];

    if (!is_listed(endpoint)) {
        return;
    }
    while (*at != endpoint) {
        at = &(*at)->next;
    }
    *at = endpoint->next;
    if (raw.endpoints[protocol] == NULL) {
        pcb_free(&raw.pcbs[protocol]);
    }
    if (endpoint->family != ENDPOINT_V4 && --raw.v6_endpoints == 0) {
        unwatch_extensions();
    }
}
