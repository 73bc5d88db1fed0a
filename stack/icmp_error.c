/*
 * icmp_error.c - ICMP and ICMPv6 errors: who is told, and what they teach of path MTUs.
 *
 * Theory of operation. lwIP tells nobody of an error, so raw_pcbs see each ICMP packet first; as
 * for UDP (udp.c) there is one for each IPv6 extension header that may stand before ICMPv6. A
 * message that one table knows is checked: its sum, and that it quotes a UDP datagram which left
 * from the very address that the message is sent to, on the interface that has it, by an endpoint
 * that can have sent it (lookup.c). Whatever else it quotes is ignored and counted (C38). Then
 *   - an unreachable destination or an expired TTL is told to the endpoints (C35, C36);
 *   - a packet too big shrinks the path MTU (pmtu.c), when the quoted packet really was larger and,
 *     on IPv4, had Don't Fragment set (RFC 1191, 4; RFC 8201, 4). IPv6's go on to lwIP, which keeps
 *     a path MTU for its own packets; those that must not shrink it end here.
 *
 * Whatever is no error goes on to lwIP, but for neighbour discovery, which is looked at first
 * (neighbour.c, duplicate.c); routers' advertisements end in router.c.
 *
 * What happens inside the host takes the same way: lwIP answers a datagram for a closed port of our
 * own with an error that is looped back.
 *
 * Not told: parameter problems (save IPv6's "unknown next header", which is its protocol
 * unreachable), source quench, and reassembly that timed out at the peer: Windows' receive calls
 * have no error for them.
 *
 * Guarded by the stack lock. No state but the pcbs.
 */
#include <errno.h>

#include "lwip/ip.h"
#include "lwip/prot/icmp6.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/raw.h"

#include "stack/checksum.h"
#include "stack/internal.h"

enum {
    ICMP_HEADER = 8,
    UDP_HEADER = 8,
    FRAGMENT_HEADER = 8,
    /* As much of a message as is ever looked at: an IPv4 header with options, then UDP's. */
    LOOK_BYTES = ICMP_HEADER + 60 + UDP_HEADER,
    LEAST_LINK_MTU4 = 68, /* RFC 791, 3.2: less is a lie */
};

/* --- what the messages mean --- */

enum treatment { TELL, SHRINK };

static const struct meaning {
    bool is_v6;
    uint8_t type;
    uint8_t first_code, last_code;
    enum treatment treatment;
    enum endpoint_error_kind kind;
} meanings[] = {
    /* RFC 792; RFC 1122, 3.2.2.1; RFC 1812, 5.2.7.1 */
    {false, 3, 0, 0, TELL, ENDPOINT_NET_UNREACHABLE},
    {false, 3, 1, 1, TELL, ENDPOINT_HOST_UNREACHABLE},
    {false, 3, 2, 2, TELL, ENDPOINT_PROTOCOL_UNREACHABLE},
    {false, 3, 3, 3, TELL, ENDPOINT_PORT_UNREACHABLE},
    {false, 3, 4, 4, SHRINK, 0},
    {false, 3, 5, 5, TELL, ENDPOINT_HOST_UNREACHABLE},   /* source route failed */
    {false, 3, 6, 6, TELL, ENDPOINT_NET_UNREACHABLE},    /* net unknown */
    {false, 3, 7, 8, TELL, ENDPOINT_HOST_UNREACHABLE},   /* host unknown, isolated */
    {false, 3, 9, 9, TELL, ENDPOINT_NET_UNREACHABLE},    /* net prohibited */
    {false, 3, 10, 10, TELL, ENDPOINT_HOST_UNREACHABLE}, /* host prohibited */
    {false, 3, 11, 11, TELL, ENDPOINT_NET_UNREACHABLE},  /* net, for this TOS */
    {false, 3, 12, 15, TELL, ENDPOINT_HOST_UNREACHABLE}, /* host, for this TOS; filtered */
    {false, 11, 0, 0, TELL, ENDPOINT_TTL_EXPIRED},
    /* RFC 4443 */
    {true, 1, 0, 0, TELL, ENDPOINT_NET_UNREACHABLE},     /* no route */
    {true, 1, 1, 1, TELL, ENDPOINT_HOST_UNREACHABLE},    /* prohibited */
    {true, 1, 2, 2, TELL, ENDPOINT_NET_UNREACHABLE},     /* beyond the scope of the source */
    {true, 1, 3, 3, TELL, ENDPOINT_HOST_UNREACHABLE},
    {true, 1, 4, 4, TELL, ENDPOINT_PORT_UNREACHABLE},
    {true, 1, 5, 5, TELL, ENDPOINT_HOST_UNREACHABLE},    /* source address failed a policy */
    {true, 1, 6, 6, TELL, ENDPOINT_NET_UNREACHABLE},     /* reject route */
    {true, 2, 0, 255, SHRINK, 0},                        /* RFC 4443, 3.2: any code */
    {true, 3, 0, 0, TELL, ENDPOINT_TTL_EXPIRED},
    {true, 4, 1, 1, TELL, ENDPOINT_PROTOCOL_UNREACHABLE},
};

static const struct meaning *find_meaning(bool is_v6, uint8_t type, uint8_t code)
{
    for (unsigned i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *m = &meanings[i];
        if (m->is_v6 == is_v6 && m->type == type && code >= m->first_code &&
            code <= m->last_code) {
            return m;
        }
    }
    return NULL;
}

/* --- what they quote --- */

/* The packet that an error quotes. Ports are host byte order, set when protocol is UDP. */
struct quote {
    struct netaddr source, target;
    uint16_t source_port, target_port;
    uint8_t protocol;
    unsigned bytes; /* of the whole packet, as its header says */
    bool dont_fragment;
};

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)read16(p) << 16 | read16(p + 2);
}

/* Reads the ports at p. Returns false when bytes don't hold a UDP header. */
static bool read_ports(const uint8_t *p, size_t bytes, struct quote *quote)
{
    if (quote->protocol != IP_PROTO_UDP) {
        return true;
    }
    if (bytes < UDP_HEADER) {
        return false;
    }
    quote->source_port = read16(p);
    quote->target_port = read16(p + 2);
    return true;
}

/* Fragments but the first carry no ports: nobody can be found for them. */
static bool read_quote4(const uint8_t *p, size_t bytes, struct quote *quote)
{
    uint32_t source, target;

    if (bytes < IP_HLEN || p[0] >> 4 != 4) {
        return false;
    }
    size_t header = (p[0] & 15u) * 4;
    if (header < IP_HLEN || header > bytes || (read16(p + 6) & IP_OFFMASK) != 0) {
        return false;
    }
    memcpy(&source, p + 12, sizeof(source));
    memcpy(&target, p + 16, sizeof(target));
    *quote = (struct quote){
        .source = netaddr_from_v4(source),
        .target = netaddr_from_v4(target),
        .protocol = p[9],
        .bytes = read16(p + 2),
        .dont_fragment = (read16(p + 6) & IP_DF) != 0,
    };
    return read_ports(p + header, bytes - header, quote);
}

/* Of extension headers, our datagrams have none but that of fragments. */
static bool read_quote6(const uint8_t *p, size_t bytes, struct quote *quote)
{
    size_t header = IP6_HLEN;

    if (bytes < IP6_HLEN || p[0] >> 4 != 6) {
        return false;
    }
    *quote = (struct quote){
        .source = netaddr_from_v6(p + 8),
        .target = netaddr_from_v6(p + 24),
        .protocol = p[6],
        .bytes = IP6_HLEN + read16(p + 4),
    };
    if (quote->protocol == IP6_NEXTH_FRAGMENT) {
        if (bytes < IP6_HLEN + FRAGMENT_HEADER ||
            (read16(p + IP6_HLEN + 2) & IP6_FRAG_OFFSET_MASK) != 0) {
            return false;
        }
        quote->protocol = p[IP6_HLEN];
        header += FRAGMENT_HEADER;
    }
    return read_ports(p + header, bytes - header, quote);
}

/* --- whose they are --- */

/* An answer of the quoted datagram's target: whoever would hear it can have sent the datagram. */
static struct datagram_meta reply_to(const struct frame_info *frame, const struct quote *quote)
{
    struct datagram_meta reply = {
        .source = quote->target,
        .source_port = quote->target_port,
        .destination = quote->source,
        .destination_port = quote->source_port,
        .interface_index = frame->interface->index,
    };
    return reply;
}

/* Did the packet leave from the address that the error came to, where that address is? */
static bool left_from_here(const struct frame_info *frame, const struct quote *quote)
{
    struct netaddr target = netaddr_from_lwip(ip_current_dest_addr());

    return netaddr_equal(&quote->source, &target) &&
           (frame->interface->link == NULL ||
            interface_has_address(frame->interface, &quote->source));
}

static bool is_unicast(const struct frame_info *frame, const struct netaddr *target)
{
    return !netaddr_is_multicast(target) &&
           !(netaddr_is_v4(target) &&
             interface_is_broadcast(frame->interface, netaddr_v4(target)));
}

/* --- what becomes of them --- */

static enum winlwip_fate tell(const struct frame_info *frame, const struct quote *quote,
                              enum endpoint_error_kind kind)
{
    struct datagram_meta reply = reply_to(frame, quote);
    struct endpoint_error error = {
        .kind = kind,
        .peer = {.address = quote->target, .port = quote->target_port},
    };

    if (quote->protocol != IP_PROTO_UDP || !is_unicast(frame, &quote->target)) {
        return WINLWIP_FATE_DROP_ICMP_UNMATCHED;
    }
    if (netaddr_is_link_scoped(&quote->target)) {
        error.peer.scope = frame->interface->index;
    }
    return endpoint_error_locked(&reply, &error);
}

/* RFC 1191, 7: a router of old gives no MTU; the next common one below the packet's size is it. */
static unsigned plateau_below(unsigned bytes)
{
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006};

    for (unsigned i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++) {
        if (plateaus[i] < bytes) {
            return plateaus[i];
        }
    }
    return LEAST_LINK_MTU4;
}

/* Can the quoted packet have been too big for mtu_bytes, and have been ours? */
static bool shrinks(const struct frame_info *frame, const struct quote *quote, unsigned mtu_bytes)
{
    bool v4 = netaddr_is_v4(&quote->target);
    struct datagram_meta reply = reply_to(frame, quote);

    if (quote->bytes <= mtu_bytes || (v4 && !quote->dont_fragment)) {
        return false;
    }
    if (quote->protocol == IP_PROTO_UDP) {
        return endpoint_can_have_sent_locked(&reply);
    }
    return !v4 && quote->protocol == IP6_NEXTH_ICMP6; /* a long echo reply of lwIP's */
}

/*
 * Takes note of an MTU. *ends becomes false when lwIP is to see the message.
 * rest: the four bytes behind the checksum, host byte order.
 */
static enum winlwip_fate shrink(const struct frame_info *frame, const struct quote *quote,
                                uint32_t rest, bool *ends)
{
    bool v4 = netaddr_is_v4(&quote->target);
    unsigned mtu_bytes = v4 ? rest & 0xffff : rest;

    if (v4 && mtu_bytes == 0) {
        mtu_bytes = plateau_below(quote->bytes);
    }
    if (v4 && mtu_bytes < LEAST_LINK_MTU4) {
        return WINLWIP_FATE_DROP_ICMP_MALFORMED;
    }
    if (!shrinks(frame, quote, mtu_bytes)) {
        return WINLWIP_FATE_DROP_ICMP_UNMATCHED;
    }
    bool news = pmtu_learn_locked(&frame->interface->netifs[0], &quote->target, mtu_bytes);
    *ends = v4 || !news;
    return WINLWIP_FATE_DELIVERED;
}

static bool sum_is_right(const struct frame_info *frame, const struct pbuf *p, unsigned offset)
{
    unsigned length = p->tot_len - offset;
    uint64_t sum = 0;

    if (frame->sum_verified) {
        return true;
    }
    if (ip_current_is_v6()) {
        struct netaddr source = netaddr_from_lwip(ip_current_src_addr());
        struct netaddr target = netaddr_from_lwip(ip_current_dest_addr());
        sum = transport_pseudo_sum(&source, &target, IP6_NEXTH_ICMP6, length);
    }
    return checksum_fold(transport_sum(sum, p, offset, length)) == 0xffff;
}

static void trace_message(const struct frame_info *frame, const uint8_t *message,
                          const struct quote *quote)
{
    char from[NETADDR_TEXT_BYTES], to[NETADDR_TEXT_BYTES];
    struct netaddr reporter = netaddr_from_lwip(ip_current_src_addr());

    trace_station(frame, WINLWIP_TRACE_LWIP, 0, 0,
                  "ICMP type %u code %u from %s: about port %u to %s port %u", message[0],
                  message[1], netaddr_text(&reporter, from), quote->source_port,
                  netaddr_text(&quote->target, to), quote->target_port);
}

/* Finds out what a known message is about and acts on it. Returns the fate of its frame. */
static enum winlwip_fate act(const struct frame_info *frame, const struct meaning *meaning,
                             const uint8_t *message, size_t bytes, bool *ends)
{
    struct quote quote;
    bool quoted = meaning->is_v6
                      ? read_quote6(message + ICMP_HEADER, bytes - ICMP_HEADER, &quote)
                      : read_quote4(message + ICMP_HEADER, bytes - ICMP_HEADER, &quote);

    if (!quoted || !left_from_here(frame, &quote)) {
        return WINLWIP_FATE_DROP_ICMP_UNMATCHED;
    }
    if (trace_wanted()) {
        trace_message(frame, message, &quote);
    }
    return meaning->treatment == SHRINK ? shrink(frame, &quote, read32(message + 4), ends)
                                        : tell(frame, &quote, meaning->kind);
}

/* A message has been dealt with. p is eaten. */
static u8_t end(struct pbuf *p, enum winlwip_fate fate)
{
    frame_set_fate(fate);
    pbuf_free(p);
    return 1;
}

/*
 * A router's advertisement is router.c's. One in pieces, of a chain of buffers or put together from
 * fragments, is not to be used (RFC 6980, 5); nor is one of our own programs.
 */
static u8_t take_advertisement(const struct frame_info *frame, struct pbuf *p, unsigned offset)
{
    if (frame->looped) {
        return end(p, WINLWIP_FATE_ICMP6);
    }
    return end(p, p->len == p->tot_len
                      ? router_advertised_locked(frame->interface,
                                                 (const uint8_t *)p->payload + offset,
                                                 p->len - offset)
                      : WINLWIP_FATE_DROP_ICMP_MALFORMED);
}

/*
 * Looks at the messages of neighbour discovery (RFC 4861) before lwIP does. Returns whether p is
 * eaten; a message with a wrong sum is left to lwIP, which counts it.
 */
static u8_t see_neighbour(const struct frame_info *frame, struct pbuf *p, unsigned offset,
                          const uint8_t *message, size_t bytes)
{
    if (message[0] < ICMP6_TYPE_RA || message[0] > ICMP6_TYPE_RD ||
        !sum_is_right(frame, p, offset)) {
        return 0;
    }
    switch (message[0]) {
    case ICMP6_TYPE_RA:
        return take_advertisement(frame, p, offset);
    case ICMP6_TYPE_RD:
        return neighbour_may_redirect_locked(frame->interface, message, bytes)
                   ? 0
                   : end(p, WINLWIP_FATE_DROP_ICMP_MALFORMED);
    case ICMP6_TYPE_NS:
        neighbour_asked_locked(frame->interface, message, bytes);
        break;
    default:
        break;
    }
    return duplicate_seen6_locked(frame, message, bytes) ? end(p, WINLWIP_FATE_ICMP6) : 0;
}

/* raw_pcb callback: p begins with the IP header. Returns 1 when p is eaten. */
static u8_t receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *source)
{
    const struct frame_info *frame = frame_current();
    unsigned offset = ip_current_header_tot_len();
    bool is_v6 = ip_current_is_v6() != 0;
    uint8_t message[LOOK_BYTES];
    bool ends = true;
    (void)arg;
    (void)pcb;
    (void)source;

    if (is_v6 && transport_protocol6(p, offset) != IP6_NEXTH_ICMP6) {
        return 0;
    }
    raw_show_locked(p, is_v6 ? IP6_NEXTH_ICMP6 : IP_PROTO_ICMP, offset);
    size_t bytes = pbuf_copy_partial(p, message, sizeof(message), (u16_t)offset);
    const struct meaning *meaning =
        bytes >= ICMP_HEADER ? find_meaning(is_v6, message[0], message[1]) : NULL;
    if (meaning == NULL) {
        return is_v6 && bytes != 0 ? see_neighbour(frame, p, offset, message, bytes) : 0;
    }
    enum winlwip_fate fate = sum_is_right(frame, p, offset)
                                 ? act(frame, meaning, message, bytes, &ends)
                                 : WINLWIP_FATE_DROP_ICMP_MALFORMED;
    if (fate == WINLWIP_FATE_DELIVERED) {
        fate = is_v6 ? WINLWIP_FATE_ICMP6 : WINLWIP_FATE_ICMP;
    }
    if (!ends) {
        return 0; /* and lwIP's counters name the fate */
    }
    frame_set_fate(fate);
    pbuf_free(p);
    return 1;
}

/* --- life --- */

static const struct {
    u8_t type;
    u8_t protocol;
} watched[] = {
    {IPADDR_TYPE_V4, IP_PROTO_ICMP},       {IPADDR_TYPE_V6, IP6_NEXTH_ICMP6},
    {IPADDR_TYPE_V6, IP6_NEXTH_HOPBYHOP},  {IPADDR_TYPE_V6, IP6_NEXTH_ROUTING},
    {IPADDR_TYPE_V6, IP6_NEXTH_FRAGMENT},  {IPADDR_TYPE_V6, IP6_NEXTH_DESTOPTS},
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static struct raw_pcb *pcbs[WATCHED];

int icmp_error_start(void)
{
    for (unsigned i = 0; i < WATCHED; i++) {
        pcbs[i] = raw_new_ip_type(watched[i].type, watched[i].protocol);
        if (pcbs[i] == NULL) {
            icmp_error_stop();
            return -ENOMEM;
        }
        raw_recv(pcbs[i], receive, NULL);
    }
    return 0;
}

void icmp_error_stop(void)
{
    for (unsigned i = 0; i < WATCHED; i++) {
        if (pcbs[i] != NULL) {
            raw_remove(pcbs[i]);
            pcbs[i] = NULL;
        }
    }
}
