/*
 * internal.h - what the files of room stack/ share. Nobody outside includes it.
 *
 * One lock guards everything here: the stack lock. Functions whose name ends in _locked want it
 * held, and so does every hook and callback that lwIP calls.
 */
#ifndef STACK_INTERNAL_H
#define STACK_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

#include "config/limits.h"
#include "include/winlwip.h"
#include "stack/endpoint.h"
#include "stack/link.h"
#include "stack/netaddr.h"
#include "stack/packet.h"
#include "stack/stack.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* --- stack.c: lock, life, interfaces --- */

/* The frames that a link lends. */
struct link_burst {
    struct link_frame frames[LIMIT_BURST_FRAMES];
    unsigned next, count; /* those from next on have not been fed yet */
};

/* What a DHCP server said of the address that it gave, beyond what lwIP keeps (lease.c). */
struct lease {
    uint32_t server;     /* network byte order; 0: there is no lease */
    uint32_t seconds;    /* its term; UINT32_MAX: without end */
    uint32_t dns[LIMIT_DNS_SERVERS]; /* network byte order */
    unsigned dns_count;
    int64_t obtained_ns; /* by the stack's clock */
    int64_t obtained_s;  /* since 1970 */
};

/*
 * An interface of ours. lwIP knows one IPv4 address a netif, so an interface is one netif for each
 * of its IPv4 addresses; the first carries the IPv6 addresses, the groups and all input.
 */
struct interface {
    uint32_t index; /* Winsock's interface index, from 1 */
    char name[16];
    struct link *link; /* NULL: loopback */
    struct netif netifs[LIMIT_ADDRESSES];
    unsigned netif_count; /* at least 1 */
    unsigned mtu;         /* of the link, or as configured; netifs may have a smaller one by DHCP */
    bool dhcp;            /* the first netif's IPv4 address is DHCP's */
    struct lease lease;
    uint32_t gateway4;    /* as configured, network byte order; 0: none */
    uint8_t mac[6];
    /* IPv4 as asked for each packet, network byte order; the same as in netifs. */
    uint32_t addresses4[LIMIT_ADDRESSES];
    uint32_t broadcasts4[LIMIT_ADDRESSES]; /* directed; 0: the subnet has none */
    unsigned count4;
    uint8_t prefix6[LIMIT_ADDRESSES]; /* of configured IPv6 addresses, by lwIP's slot; 0: others */
    ip6_addr_t gateway6; /* configured; any: none but what routers advertise */
    unsigned probes_left; /* until its IPv4 addresses are known to be nobody else's (duplicate.c) */
    bool autoconf; /* an address by a router's advertisement is waited for at the start */
    struct link_burst burst;
    unsigned lone_frames; /* sleeps in a row that it ended for one frame (turn.c) */
    bool ended;          /* its replay came to the end */
    bool failed;         /* its driver failed for good */
    bool down;           /* taken down by stack_set_interface() */
};

/* Can nothing go over it now? */
static inline bool interface_is_down(const struct interface *interface)
{
    return interface->down || interface->failed;
}

/* All interfaces; in place here so that asking for one costs no call. Changed by stack.c alone. */
extern struct interface_table {
    struct interface *list;
    unsigned count;
} interface_table;

static inline unsigned interface_count(void)
{
    return interface_table.count;
}

/* The interfaces in the order of their indexes: interface_at(1) is loopback. NULL past the last. */
static inline struct interface *interface_at(uint32_t index)
{
    return index != 0 && index <= interface_table.count ? &interface_table.list[index - 1] : NULL;
}

/* The interface that has this unicast address, or NULL. 127.0.0.0/8 is loopback's as a whole. */
struct interface *interface_of_address(const struct netaddr *address);

/* Is address this interface's own? */
bool interface_has_address(const struct interface *interface, const struct netaddr *address);

/* Is the IPv4 address (network byte order) a broadcast address on this interface? */
bool interface_is_broadcast(const struct interface *interface, uint32_t address);

static inline struct interface *interface_of_netif(const struct netif *netif)
{
    return netif->state;
}

/*
 * interface.c: makes *interface out of its description and adds its netifs to lwIP.
 * Returns 0, -EINVAL (too many addresses, bad prefix), -ENOMEM. Stack lock held.
 */
int interface_open(struct interface *interface, uint32_t index, const struct stack_interface *from);
int interface_open_loopback(struct interface *interface);

/* Removes the netifs and closes the link. Stack lock held. */
void interface_close(struct interface *interface);

/*
 * Takes the IPv4 addresses over from the netifs, where lwIP may have changed them. Returns whether
 * anything is different.
 */
bool interface_refresh4_locked(struct interface *interface);

/* Tells neighbours of the IPv4 address of a netif, if there is one. */
void interface_announce4_locked(struct netif *netif);

/* The first netif that has an IPv4 address, or NULL: one that waits for a DHCP server has none. */
struct netif *interface_first4(struct interface *interface);

/* Is an IPv6 address of the interface still tentative, or waited for? Not while it is down. */
bool interface_is_tentative(const struct interface *interface);

/* Does it lack the address by a router's advertisement that is waited for? Not while it is down. */
bool interface_awaits_router(const struct interface *interface);

/*
 * updown.c: takes the netifs down, or up, when duplicates of its addresses are looked for again,
 * and routers. Stack lock held.
 */
void interface_set_down_locked(struct interface *interface);
void interface_set_up_locked(struct interface *interface);

/* Marks the interface down after its driver failed, and tells the endpoints (C39). */
void interface_fail_locked(struct interface *interface);

/* The replay of this interface came to its end (C70). */
void interface_end_locked(struct interface *interface);

void stack_lock(void);
void stack_unlock(void);
bool stack_try_lock(void);

/* --- clock.c, timers.c --- */

/* The stack's clock in ns: CLOCK_MONOTONIC, or the time of the frames in a replay. */
int64_t clock_now_ns(void);

/* Is it that of the frames? Then no real time brings a timer nearer. */
bool clock_is_own(void);

/* Chooses the clock: real, or one that only clock_advance_ns() moves. */
void clock_start(bool own);

/* Moves an own clock forward to time_ns; never back. No effect on the real one. */
void clock_advance_ns(int64_t time_ns);

void timers_start(void);

/* Runs what is due by the stack's clock. */
void timers_run_locked(void);

/*
 * When the next timer is due, by the stack's clock; LOOP_FOREVER when none has work. It holds until
 * something gives a timer work.
 */
int64_t timers_due_ns_locked(void);

/*
 * Any lock or none: what timers_due_ns_locked() said last, when that still holds. Returns whether it
 * does.
 */
bool timers_know_due_ns(int64_t *due_ns);

/* Something gave a timer work: when the next is due has to be found out anew. Any lock. */
void timers_forget_due(void);

/* Runs reassembly timers until nothing is held any more: the end of a replay, or of the stack. */
void timers_expire_reassembly_locked(void);

/* --- link.c: frames --- */

/* To whom a frame was addressed on the link. */
enum frame_cast { FRAME_UNICAST, FRAME_BROADCAST, FRAME_MULTICAST };

/* What the callbacks of lwIP need to know of the frame that they are called for. */
struct frame_info {
    struct interface *interface; /* arrival */
    uint64_t number;
    uint32_t bytes; /* on the link */
    int64_t time_ns;
    enum frame_cast cast;
    const uint8_t *source_mac; /* of the station that sent it; NULL: not known */
    bool looped;       /* from this host itself */
    bool sum_verified; /* transport checksum needs no look */
};

/* The frame whose input is under way; NULL outside of it. */
const struct frame_info *frame_current(void);

/* Says what becomes of the current frame. The last word before its input returns counts. */
void frame_set_fate(enum winlwip_fate fate);

/*
 * Says that a raw socket has a copy of the current frame's packet: whatever else becomes of the
 * frame, it counts as delivered.
 */
void frame_set_copied(void);

/*
 * Takes a burst of up to max frames (LIMIT_BURST_FRAMES) from the link and feeds them. A replay's
 * are fed until *stop becomes true (NULL: never); the rest waits for the next call. Returns how
 * many, or -errno of link_ops.receive.
 */
int link_receive_locked(struct interface *interface, unsigned max, const atomic_bool *stop);

/* Feeds one packet of this host to itself. Borrows p. */
void link_loop_locked(struct interface *interface, struct pbuf *p, enum frame_cast cast);

/* Hands a complete frame to the driver. p is borrowed. */
err_t link_send_locked(struct interface *interface, struct pbuf *p);

/*
 * The number that the next frame has in the trace and in datagram_meta.frame, and takes count
 * numbers from there on: one for each datagram of a superframe.
 */
static inline uint64_t frame_next_numbers(uint32_t count)
{
    extern uint64_t frame_last_number;

    frame_last_number += count;
    return frame_last_number - count + 1;
}

/* Frames that lwIP still holds. */
unsigned link_frames_held(void);

/* Frees cached frames. */
void link_trim(void);

/* --- split.c: superframes that lwIP has to see --- */

/* A superframe on its way to becoming frames. Offsets from its start, in bytes. */
struct split {
    const struct link_frame *frame; /* lent */
    uint32_t ip, udp;               /* the headers */
    uint32_t next, end;             /* payload that is left */
    uint16_t identification;        /* IPv4: of the next frame */
    bool is_v6;
    bool summed;                    /* has a UDP checksum */
    uint8_t headers[14 + 60 + 8];   /* of link, IP and UDP, as they were */
};

/* May a UDP payload of so many bytes be that of a superframe, cut behind every segment_bytes? */
static inline bool split_is_sound(uint32_t payload_bytes, uint32_t segment_bytes)
{
    return payload_bytes >= segment_bytes &&
           payload_bytes <= segment_bytes * LIMIT_SUPERFRAME_DATAGRAMS;
}

/*
 * Looks at a superframe, which must stay as it is while it is being cut. Reads only inside
 * frame->bytes. Returns WINLWIP_FATE_DELIVERED, or why it ends here; it counts as one frame then.
 */
enum winlwip_fate split_open(struct split *split, const struct link_frame *frame);

/*
 * Makes the next frame out of it, in the memory of the superframe: the frame before is gone then.
 * Returns false after the last one.
 */
bool split_next(struct split *split, struct link_frame *out);

/*
 * Computes the UDP checksum of an ordinary frame with LINK_FRAME_SUM_PENDING, in place, when it is
 * an unfragmented UDP packet without extension headers whose lengths are right; leaves others alone.
 */
void split_finish_sum(const struct link_frame *frame);

/* --- ahead.c: what a burst will need --- */

/* Has the processor fetch it, when there are so many endpoints that it is not at hand. */
void ahead_of_burst_locked(const struct link_frame *frames, unsigned count);

/* --- early.c: the short way of a common datagram --- */

/* Chooses whether frames may take it at all. */
void early_start(bool on);

/* May frames of the interface take it now? Asked once a burst, and after a frame that did not. */
bool early_wanted_locked(const struct interface *interface);

/*
 * Delivers the frame's datagram and counts the frame, or leaves both alone. Returns whether it did.
 * Sockets stay locked until early_release_locked(), which nobody may forget.
 */
bool early_input_locked(struct interface *interface, const struct link_frame *frame);
void early_release_locked(void);

/* Is anybody going to be told of something by early_release_locked()? */
bool early_tells_later_locked(void);

/* --- guard.c: what lwIP must not see --- */

/* A frame as the guard saw it. */
struct guard_result {
    bool pass;
    enum winlwip_fate fate;  /* when it does not pass */
    bool is_arp;
    bool is_v6;
    bool is_fragment;        /* lwIP may keep it: it must not be lent */
    enum frame_cast cast;
    bool is_ip;              /* says the link layer; offset is good even if it does not pass */
    uint32_t offset;         /* of the IP or ARP header from the start of the frame */
    uint32_t bytes;          /* of the IP packet or ARP message, padding cut off */
};

/* Looks at a frame before lwIP does. Reads only inside frame->bytes. */
void guard_frame(const struct interface *interface, const struct link_frame *frame,
                 struct guard_result *result);

/*
 * Looks at an IP packet that this host sends to itself: the same checks but for addresses that only
 * a wire may not bring. A program writes such packets by raw sockets as it likes.
 */
struct guard_result guard_looped(const uint8_t *packet, uint32_t bytes);

/* --- fate.c: counters and trace --- */

extern struct winlwip_stats stack_counters;

/* Forgets what lwIP counted so far: called before input whose outcome is to be told apart. */
void fate_mark(void);

/* What lwIP's counters say became of the packet since the last fate_mark() or fate_from_lwip(). */
enum winlwip_fate fate_from_lwip(bool is_v6);

/* Is anybody watching? Tested before a detail text is made; needs no lock. */
bool trace_wanted(void);

/*
 * Reports a station of a frame. length: bytes of frame or datagram. fate: at WINLWIP_TRACE_END.
 * Stack lock held.
 */
void trace_station(const struct frame_info *info, enum winlwip_trace_stage stage,
                   enum winlwip_fate fate, uint32_t length, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* --- ip.c: what UDP and raw sockets share --- */

/* Chooses where IPv4's identifications begin. */
void ip_start(void);

/* The next identification of a packet of ours, host byte order. */
uint16_t ip_next_identification(void);

/* Passes over the next identifications: a device gives them to the datagrams of a superframe. */
void ip_skip_identifications(unsigned count);

/* What is known of the packet that lwIP shows to a raw_pcb; ports and length are left 0. */
void ip_describe(const struct frame_info *frame, struct datagram_meta *meta);

/*
 * Strong host: does the destination belong to another interface than that of arrival? Loopback has
 * all addresses.
 */
bool ip_on_other_interface(const struct frame_info *frame);

/* The way of a send. */
struct ip_way {
    struct netif *netif;
    struct netaddr source;
    unsigned mtu_bytes; /* of the largest packet or fragment */
};

/*
 * Finds the way of a send, and its source address when source is the wildcard.
 * Returns 0; -EACCES: broadcast without permission; what route_find_locked() gives.
 */
int ip_find_way_locked(const struct endpoint_send *send, const struct netaddr *source,
                       struct ip_way *way);

/* Length of the IP header that ip_send_locked() will put in front: options count (IP_OPTIONS). */
unsigned ip_header_bytes(const struct endpoint_send *send);

/* May the packet not be fragmented? Also lwIP's fragments have no options. */
bool ip_forbids_fragments(const struct endpoint_send *send);

/*
 * A pbuf of so many bytes with room for IP and link-layer headers, which is the caller's. NULL: no
 * memory.
 */
struct pbuf *ip_packet_new(const struct endpoint_send *send, unsigned bytes);

/*
 * Puts an IP header in front of p (unless the program has brought it), loops the host's own copy of
 * a group or broadcast and sends, in fragments when it has to. p is borrowed, with room for the
 * header. Returns 0, -ENETUNREACH or -ENOBUFS.
 */
int ip_send_locked(struct pbuf *p, const struct ip_way *way, unsigned protocol,
                   const struct endpoint_send *send);

/* --- shortcut.c: the early way out (output.h) --- */

/* Forgets all ways. enabled: whether any are to be learnt from now on. */
void shortcut_start(bool enabled);

/* Something on which a way may depend has happened: addresses, interfaces, neighbours, routers. */
void shortcut_forget_locked(void);

/* A link has taken this frame: its Ethernet header (or whatever comes first) at p's front. */
void shortcut_see_sent_locked(const struct pbuf *p);

/* --- raw.c, raw_send.c, capture.c --- */

/*
 * Gives every raw endpoint of the protocol that is entitled to the packet that lwIP shows to a
 * raw_pcb its copy. p is at the IP header, offset that of what follows all headers. For protocols
 * whose own raw_pcbs may eat a packet before raw.c's would see it.
 * Returns DELIVERED, DROP_NO_SOCKET (nobody is entitled), DROP_QUEUE_FULL, DROP_NO_MEMORY or
 * DROP_OTHER_INTERFACE.
 */
enum winlwip_fate raw_show_locked(const struct pbuf *p, unsigned protocol, unsigned offset);

/* Is there a raw endpoint for the protocol? */
bool raw_wants_locked(unsigned protocol);

/* Enters a bound raw endpoint among those that hear. Returns 0 or -ENOBUFS. */
int raw_link_locked(struct endpoint *endpoint);
void raw_unlink_locked(struct endpoint *endpoint);

/* Sends by a raw endpoint from a source address (wildcard: the route's). As endpoint_send(). */
int raw_send_locked(const struct endpoint *endpoint, const struct netaddr *source,
                    const struct endpoint_send *send);

/* Those that capture, linked by next_capture; usually none. */
extern struct endpoint *capture_endpoints;

/* Does any endpoint capture? Tested before a packet is described. */
static inline bool capture_wanted(void)
{
    return capture_endpoints != NULL;
}

/* A packet on its way over an interface. */
struct captured {
    const struct interface *interface;
    const uint8_t *data;  /* at the IP header, in one piece */
    uint32_t bytes;       /* at least the packet's */
    bool for_others;      /* the link layer addresses another station */
    bool sent;            /* by this host */
    uint64_t number;      /* of the frame, 0 when it is sent */
    int64_t time_ns;      /* 0: now */
};

/* Shows it to the endpoints that capture on its interface. Returns whether one took a copy. */
bool capture_show_locked(const struct captured *packet);

/* The same for a pbuf chain that a link was given. ip_only: it begins with the IP header. */
void capture_sent_locked(const struct interface *interface, const struct pbuf *p, bool ip_only);

/* Ends the capture of an endpoint. */
void capture_stop_locked(struct endpoint *endpoint);
/* --- transport.c --- */

/* Adds length bytes of a pbuf chain from offset to a sum. The pieces may have any lengths. */
uint64_t transport_sum(uint64_t sum, const struct pbuf *p, unsigned offset, unsigned length);

/* The sum over the pseudo header of either family (RFC 768; RFC 8200, 8.1). length: bytes. */
uint64_t transport_pseudo_sum(const struct netaddr *source, const struct netaddr *target,
                              unsigned protocol, unsigned length);

/* The protocol behind the extension headers that lie within header_bytes of an IPv6 packet. */
unsigned transport_protocol6(const struct pbuf *p, unsigned header_bytes);

/* --- fragment.c --- */

/*
 * Sends a packet of ours in fragments of at most mtu_bytes each. p, which is borrowed, begins with
 * an IP header without options or extension headers. Returns ERR_OK; ERR_MEM; ERR_VAL: mtu_bytes is
 * too small for any data; or what the netif's output says.
 */
err_t fragment_output4(const struct pbuf *p, struct netif *netif, const ip4_addr_t *target,
                       unsigned mtu_bytes);
err_t fragment_output6(const struct pbuf *p, struct netif *netif, const ip6_addr_t *target,
                       unsigned mtu_bytes);

/* --- pmtu.c --- */

/* Forgets all paths. */
void pmtu_start(void);

/* Largest packet that the interface takes, bytes. */
unsigned pmtu_of_interface(const struct netif *netif, const struct netaddr *target);

/* Is anything known of the path to the destination by netif? */
bool pmtu_is_known_locked(const struct netif *netif, const struct netaddr *target);

/* Largest packet that is known to get to the destination by netif in one piece, bytes. */
unsigned pmtu_of_path_locked(const struct netif *netif, const struct netaddr *target);

/*
 * Takes note that packets longer than mtu_bytes don't get there; less than 576 (IPv4) or 1280
 * bytes (IPv6) counts as these. Returns whether that was news: values only shrink.
 */
bool pmtu_learn_locked(const struct netif *netif, const struct netaddr *target,
                       unsigned mtu_bytes);

/* Must the datagram leave in one piece: IP_DONTFRAGMENT, or IP_MTU_DISCOVER DO or PROBE? */
static inline bool pmtu_forbids_fragments(const struct endpoint_send *send)
{
    return send->dont_fragment || send->discovery == ENDPOINT_MTU_DO ||
           send->discovery == ENDPOINT_MTU_PROBE;
}

/* mtu_bytes, or less when the program wants smaller packets (IP_USER_MTU). */
unsigned pmtu_as_wished(const struct endpoint_send *send, unsigned mtu_bytes);

/* Largest packet or fragment that this send may make, bytes: path or interface, and IP_USER_MTU. */
unsigned pmtu_bound_locked(const struct netif *netif, const struct endpoint_send *send);

/* --- icmp_error.c --- */

/* Puts our raw_pcbs in front of lwIP's ICMP. Returns 0 or -ENOMEM. */
int icmp_error_start(void);
void icmp_error_stop(void);

/* --- neighbour.c --- */

/*
 * Sees a neighbour solicitation, with a right sum, before lwIP does. When it is for an address of
 * interface, and comes from a neighbour that was known to have another link-layer address than it
 * says now, takes the new one (RFC 4861, 7.2.3).
 *
 * message: so many bytes of it, from the type on.
 */
void neighbour_asked_locked(const struct interface *interface, const uint8_t *message, size_t bytes);

/*
 * May a redirect be believed (RFC 4861, 8.1)? Only from the router by which its destination is
 * reached now, to another router or to the destination itself. message: as above.
 */
bool neighbour_may_redirect_locked(const struct interface *interface, const uint8_t *message,
                                   size_t bytes);

/* Is the link-layer address of an IPv6 neighbour known, and has it not ceased to answer? */
bool neighbour_answers_locked(const struct interface *interface, const struct netaddr *address);

/*
 * Takes the link-layer address that a router's advertisement names (RFC 4861, 6.3.4): a new or
 * changed one is STALE. link: as many bytes as such addresses have.
 */
void neighbour_learn_locked(const struct interface *interface, const struct netaddr *address,
                            const uint8_t *link);

/*
 * Has lwIP forget the neighbour by which it reached a destination last, if that is one of another
 * link: it remembers one for a destination, whatever the source address.
 */
void neighbour_forget_other_link_locked(const struct netif *netif, const ip6_addr_t *target);

/* Has lwIP's own packets to a destination obey the MTU that a router advertised for the link. */
void neighbour_bound_mtu_locked(const struct netif *netif, const ip6_addr_t *target);

/* --- duplicate.c: addresses that somebody else has, too --- */

/* Forgets all duplicates: the stack starts. */
void duplicate_start(void);

/* The interface is about to come up: its IPv4 addresses are to be looked for on the link. */
void duplicate_begin_locked(struct interface *interface);

/* The interface comes up again: addresses that were duplicates are tried again. */
void duplicate_retry_locked(struct interface *interface);

/* At the start and once a second: sends the next ARP probes, or announces the addresses. */
void duplicate_tick_locked(void);

/* Is the frame an announcement by ARP that has to wait until no duplicate was found? */
bool duplicate_keeps_quiet(const struct interface *interface, const uint8_t *frame, size_t bytes);

/* Sees an ARP message that passed the guard, before lwIP does. */
void duplicate_seen4_locked(struct interface *interface, const uint8_t *arp);

/*
 * Sees a neighbour solicitation or advertisement, with a right sum, before lwIP does. message: so
 * many bytes of it, from the type on. Returns whether that was all that is to be done about it.
 */
bool duplicate_seen6_locked(const struct frame_info *frame, const uint8_t *message, size_t bytes);

/* The duplicate of that number, from 0. Returns 0 or -ENOENT. */
int duplicate_get_locked(unsigned number, struct stack_duplicate *out);

/* --- router.c --- */

/*
 * Sees a router's advertisement, with a right sum, in lwIP's stead. message: so many bytes of it,
 * from the type on. Returns its fate: WINLWIP_FATE_ICMP6, or DROP_ICMP_MALFORMED for one that is
 * not to be used (RFC 4861, 6.1.2).
 */
enum winlwip_fate router_advertised_locked(struct interface *interface, const uint8_t *message,
                                           size_t bytes);

/* Forgets what routers have said on an interface: it goes down. */
void router_forget_locked(struct interface *interface);

/* --- udp.c, endpoint.c, multicast.c --- */

/* Makes the raw_pcbs by which UDP comes in. Returns 0 or -ENOMEM. */
int udp_start(void);
void udp_stop(void);

/*
 * Sends what can't go the early way, from a source address (wildcard: the route's) and port, host
 * byte order.
 * Errors are those of endpoint_send().
 */
int udp_send_locked(const struct netaddr *source, uint16_t port, const struct endpoint_send *send);

/* Hands a datagram to every endpoint that is entitled to it. Returns its fate. */
enum winlwip_fate endpoint_deliver_locked(const struct datagram_meta *meta,
                                          struct datagram *datagram);

/*
 * Who can have sent a datagram is who would hear the reply: these look at its source (who was sent
 * to), destination (whence), ports and interface, and at whether the endpoint has sent anything.
 */
bool endpoint_can_have_sent_locked(const struct datagram_meta *reply);

/*
 * Tells an ICMP error to those that can have sent the datagram: to the ones connected to that peer
 * when there are some, else to all. Returns WINLWIP_FATE_DELIVERED when it was anybody's (wanted or
 * not), DROP_ICMP_UNMATCHED (C38), or DROP_QUEUE_FULL.
 */
enum winlwip_fate endpoint_error_locked(const struct datagram_meta *reply,
                                        const struct endpoint_error *error);

/* Tells every endpoint that nothing can arrive any more. */
void endpoint_network_down_locked(void);

/* The first port that is given to who asks for any (winsock-facts 1.1). */
enum { ENDPOINT_PORT_DYNAMIC_FIRST = 49152 };

/* Is this UDP port (host byte order) bound by any endpoint? */
bool endpoint_port_bound_locked(uint16_t port);

/* A port of the dynamic range that nobody has, at random; 0: none. */
uint16_t endpoint_free_port_locked(void);

/* Tells those endpoints whose interface went down or came up, and all that addresses changed. */
void endpoint_refresh_all_locked(void);

int endpoint_start(void);
void endpoint_stop(void);

/*
 * multicast.c: counts a member of a group on an interface; IGMP or MLD is told of the first and of
 * the last. Returns 0, or -ENOMEM when LIMIT_GROUPS pairs of group and interface are joined.
 */
int multicast_host_join_locked(const struct netaddr *group, struct interface *interface);
void multicast_host_leave_locked(const struct netaddr *group, struct interface *interface);

/* In how many periods of its timers has any group a report to send? 0: none has. */
uint32_t multicast_timer_periods_locked(void);

/* --- membership.c --- */

struct membership;

/*
 * Carries out one call on the membership of a group on an interface in an endpoint's list.
 * source: NULL for joining and leaving the group as a whole.
 * Returns 0; -EADDRNOTAVAIL, -EINVAL: winsock-facts 4.12; -ENOBUFS: LIMIT_FILTER_SOURCES; -ENOMEM.
 */
int membership_change_locked(struct membership **list, enum endpoint_membership_change change,
                             const struct netaddr *group, struct interface *interface,
                             const struct netaddr *source);

/*
 * Sets the state of a membership, which it makes or ends as needed. Returns 0; -ENOBUFS: too many
 * sources; -ENOMEM.
 */
int membership_set_filter_locked(struct membership **list, const struct netaddr *group,
                                 struct interface *interface,
                                 const struct endpoint_filter *filter);

/* Tells the state of a membership. Returns 0, or -EADDRNOTAVAIL when there is none. */
int membership_get_filter(struct membership *list, const struct netaddr *group,
                          const struct interface *interface, struct endpoint_filter *filter);

void membership_leave_all_locked(struct membership **list);

/* Are there memberships, and all of them on interfaces that are down (C39)? */
bool membership_all_down(const struct membership *list);

/* Is a datagram from source to the group, arrived on the interface, heard by the list's owner? */
bool membership_hears(struct membership *list, const struct netaddr *group,
                      const struct interface *interface, const struct netaddr *source);

/* --- route.c --- */

/*
 * The netif by which a datagram for destination leaves, and its source address.
 * scope: interface that the caller names, 0 for none; *source: wildcard to have it chosen.
 * Returns 0; -ENETUNREACH: no route; -EADDRNOTAVAIL: source or scope is not ours.
 */
int route_find_locked(const struct netaddr *destination, uint32_t scope, struct netaddr *source,
                      struct netif **out);

/*
 * The netif by which packets for the group leave when no interface is named, and where it is joined
 * then: loopback's when there is no other. It does not matter whether there is an address to send
 * from yet: while an interface tries its IPv6 addresses, groups are joined on it all the same.
 */
struct netif *route_of_group_locked(const struct netaddr *group);

/* --- loopback.c --- */

/* Queues a copy of an IP packet that this host sends to itself, as if it had arrived on interface. */
err_t loopback_queue_locked(struct interface *interface, struct pbuf *p, enum frame_cast cast);

/* Feeds what is queued, and what that in turn queues, up to a bound. Returns how many. */
unsigned loopback_drain_locked(void);

/* Is nothing queued? */
bool loopback_is_empty_locked(void);

void loopback_clear_locked(void);

/* --- resolver.c --- */

/* Takes up to LIMIT_DNS_SERVERS servers; with none, every question fails. */
void resolver_open_locked(const struct netaddr *servers, size_t count);

/* Fails all questions and waits until their callers have left. No lock may be held. */
void resolver_close(void);

/* lwIP's DNS timer, and in how many periods it has something to do; 0: nothing. Stack lock held. */
void resolver_timer(void);
uint32_t resolver_timer_periods_locked(void);

/* Has one of lwIP's questions this UDP port (host byte order)? */
bool resolver_has_port_locked(uint16_t port);

/* Is there any server to ask now? */
void resolver_set_available_locked(bool any);

/* --- servers.c --- */

/* Takes the configured DNS servers, at most LIMIT_DNS_SERVERS, or forgets all. */
void servers_start_locked(const struct netaddr *configured, size_t count);
void servers_stop_locked(void);

/*
 * Puts a server behind those that there are, or renews it, until until_ns by the stack's clock
 * (INT64_MAX: for ever; what has passed: ends it). One that is configured stays as it is; one for
 * which there is no room is passed over.
 */
void servers_learn_locked(const struct interface *interface, const struct netaddr *address,
                          int64_t until_ns);

/* Forgets the servers that were learnt by an interface. */
void servers_forget_locked(const struct interface *interface);

/* Once a second: ends those whose time is over. */
void servers_tick_locked(void);

/* The server of that number, from 0. Returns 0 or -ENOENT. */
int servers_get_locked(unsigned number, struct netaddr *address);

/* --- lease.c: DHCP --- */

/* Starts the clients of all interfaces. Returns 0 or -ENOMEM. */
int lease_open_locked(void);

/* The interface is up (again): starts its client, or has it ask whether its address still holds. */
int lease_up_locked(struct interface *interface);

/* The interface goes down: an address that it has without a server ends. */
void lease_down_locked(struct interface *interface);

/* Gives all leases back. No lock may be held; the loop still runs. */
void lease_close(void);

/* Frees the client of an interface that is about to be closed. */
void lease_cleanup_locked(struct interface *interface);

/* Does the interface wait for an address from a server? */
bool lease_is_awaited(const struct interface *interface);

/* Is this UDP port (host byte order) a client's? */
bool lease_has_port_locked(uint16_t port);

/* May an answer arrive that is for an address which is not ours (yet)? */
bool lease_hears_foreign_locked(const struct interface *interface);

/* Is it an answer for the client of its interface? */
bool lease_wants_locked(const struct frame_info *frame, const struct datagram_meta *meta);

/*
 * Hands an answer to lwIP's client when it is one that a server may give. p, which is taken over,
 * begins with the IP header; its UDP header is at offset. Returns the frame's fate.
 */
enum winlwip_fate lease_input_locked(struct interface *interface, struct pbuf *p, unsigned offset,
                                     const struct datagram_meta *meta);

/*
 * lwIP's two DHCP timers and that of its probes (is an address of 169.254.0.0/16 free, or has it to
 * be defended), and in how many periods each has something to do; 0: nothing.
 */
void lease_request_timer(void);
uint32_t lease_request_periods_locked(void);
void lease_probe_timer(void);
uint32_t lease_probe_periods_locked(void);
void lease_term_timer(void);
uint32_t lease_term_periods_locked(void);

/* --- packet.c --- */

/* Kept datagrams that nobody gave back yet; counted when asked, with the stack lock held. */
unsigned packet_outstanding(void);

/*
 * A block for a datagram of so many payload bytes that may have to be kept, with the place for its
 * metadata and that for the payload: for struct datagram.spare, together with contiguous data and
 * exclusive. It stays with packet.c, good until the next datagram. NULL: there is none.
 */
struct packet *packet_spare_locked(uint32_t length, struct datagram_meta **meta, void **payload);

/* Frees cached memory. */
void packet_trim(void);

/* --- loop.c --- */

int loop_start(bool background);
void loop_stop(void);

/* Adds or removes a link's descriptor. Stack lock held. */
int loop_add_link(struct interface *interface);
void loop_remove_link(struct interface *interface);

/* A timer may be due earlier than the driving thread thinks: have it look again. Any lock. */
void loop_timers_changed(void);

/* --- conversions between lwIP's and our addresses --- */

static inline struct netaddr netaddr_from_lwip(const ip_addr_t *a)
{
    if (IP_IS_V4(a)) {
        return netaddr_from_v4(ip4_addr_get_u32(ip_2_ip4(a)));
    }
    return netaddr_from_v6(ip_2_ip6(a)->addr);
}

/* IPv6 only; without zone. */
static inline ip6_addr_t netaddr_to_ip6(const struct netaddr *a)
{
    ip6_addr_t out = {.addr = {a->words[0], a->words[1], a->words[2], a->words[3]}};
    return out;
}

static inline ip4_addr_t netaddr_to_ip4(const struct netaddr *a)
{
    ip4_addr_t out = {.addr = netaddr_v4(a)};
    return out;
}

#endif
