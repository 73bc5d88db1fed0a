/*
 * winlwip.h - what a host program can say to the library beside the Winsock calls.
 *
 * An unchanged Winsock program needs nothing of this: WSAStartup() reads the file that the
 * environment variable WINLWIP_CONFIG names, or starts with loopback alone. A program that
 * embeds the library configures it by struct, reads its counters and watches frames go by.
 *
 * Plain C types only: the header stands beside <winsock2.h> as well as beside <sys/socket.h>.
 */
#ifndef WINLWIP_H
#define WINLWIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where a received frame can end. Every frame that a driver hands over, and every packet that
 * loops back inside the host, is counted under exactly one of these when the stack lets go of it.
 *
 * X(enumerator suffix, name in text and JSON, meaning)
 */
#define WINLWIP_FATES(X)                                                                       \
    X(DELIVERED, "delivered", "its datagram went to at least one socket")                      \
    X(FRAGMENT, "fragment", "became part of a datagram that a later fragment completed")       \
    X(ARP, "arp", "ARP, used by the stack")                                                    \
    X(ICMP, "icmp", "ICMP, used by the stack")                                                 \
    X(ICMP6, "icmp6", "ICMPv6 (neighbour discovery and MLD too), used by the stack")           \
    X(IGMP, "igmp", "IGMP, used by the stack")                                                 \
    X(RESOLVER, "resolver", "came to a port from which the stack asks DNS servers")            \
    X(DHCP, "dhcp", "a DHCP server's answer, used by the stack")                               \
    X(DROP_SNAPLEN, "snaplen", "cut short by the capture's snap length")                       \
    X(DROP_RUNT, "runt", "shorter than its link-layer header")                                 \
    X(DROP_OVERSIZE, "oversize", "longer than frames of its link may be")                      \
    X(DROP_OTHER_MAC, "other-mac", "addressed to another station of the link")                 \
    X(DROP_ETHERTYPE, "ethertype", "neither IPv4, IPv6 nor ARP")                               \
    X(DROP_ARP_MALFORMED, "arp-malformed", "ARP that is cut or contradicts itself")            \
    X(DROP_IP_MALFORMED, "ip-malformed", "IP header, lengths or options are wrong")            \
    X(DROP_IP_CHECKSUM, "ip-checksum", "IPv4 header checksum is wrong")                        \
    X(DROP_MARTIAN, "martian", "an address that can't come from, or go over, this link")       \
    X(DROP_OTHER_HOST, "other-host", "IP destination is not ours, group not joined")           \
    X(DROP_OTHER_INTERFACE, "other-interface", "destination belongs to another interface")     \
    X(DROP_PROTOCOL, "protocol", "IP protocol that nobody here speaks")                        \
    X(DROP_FRAGMENT_TOO_BIG, "fragment-too-big", "would reassemble to more than fits")         \
    X(DROP_REASSEMBLY, "reassembly", "fragment overlaps, conflicts or finds no room")          \
    X(DROP_REASSEMBLY_TIMEOUT, "reassembly-timeout", "its datagram was never completed")       \
    X(DROP_UDP_MALFORMED, "udp-malformed", "UDP length contradicts the IP length")             \
    X(DROP_UDP_CHECKSUM, "udp-checksum", "UDP checksum is wrong, or missing on IPv6")          \
    X(DROP_NO_SOCKET, "no-socket", "no socket wants the port")                                 \
    X(DROP_QUEUE_FULL, "queue-full", "the receive buffers of all its sockets are full")        \
    X(DROP_NO_MEMORY, "no-memory", "a limit of the stack's memory was reached")                \
    X(DROP_ICMP_MALFORMED, "icmp-malformed", "ICMP that is cut, forged or has a wrong sum")    \
    X(DROP_DHCP_MALFORMED, "dhcp-malformed", "DHCP that is cut, or offers what no host can have")\
    X(DROP_ICMP_UNMATCHED, "icmp-unmatched", "ICMP error about nothing that a socket sent")    \
    X(DROP_INTERFACE_DOWN, "interface-down", "arrived while its interface was down")           \
    X(DROP_STACK, "stack", "dropped inside lwIP without a more exact reason")

enum winlwip_fate {
#define X(id, name, meaning) WINLWIP_FATE_##id,
    WINLWIP_FATES(X)
#undef X
    WINLWIP_FATE_COUNT
};

/* The first fate that means "dropped"; all that follow do too. */
#define WINLWIP_FATE_FIRST_DROP WINLWIP_FATE_DROP_SNAPLEN

/*
 * Counters since the stack was started. They balance at every moment:
 *   frames_received + frames_looped == sum of fate[] + frames_held
 *   copies_queued + copies_direct + copies_dropped == copies
 */
struct winlwip_stats {
    uint64_t frames_received; /* handed over by drivers */
    uint64_t frames_looped;   /* packets that this host sent to itself */
    uint64_t frames_held;     /* of those, waiting in reassembly now */
    uint64_t frames_early;    /* of those received, delivered without passing lwIP */
    uint64_t fate[WINLWIP_FATE_COUNT];

    uint64_t datagrams;      /* UDP datagrams that at least one socket was entitled to */
    uint64_t copies;         /* one for each socket entitled to one of these, or raw to any packet */
    uint64_t copies_direct;  /* of those, written straight into a waiting call's buffers */
    uint64_t copies_queued;  /* put into a receive queue */
    uint64_t copies_dropped; /* lost because that socket's receive buffer was full */

    uint64_t datagrams_sent; /* accepted from send calls, after segmentation */
    uint64_t frames_sent;    /* handed to drivers; what a device is to cut counts as what it makes */
    uint64_t frames_unsent;  /* a driver refused (device full, gone) */
    uint64_t frames_missed;  /* lost on the way to a driver that knows: its ring was full */
};

/* Name of a fate as used in text and JSON, "?" for a number that is none. Static string. */
const char *winlwip_fate_name(unsigned fate);

/* One line that says what a fate means, "?" for a number that is none. Static string. */
const char *winlwip_fate_meaning(unsigned fate);

/*
 * Copies the counters of the running stack. Takes the stack lock for the copy.
 * Returns 0, or -1 when no stack is running (out is zeroed then).
 */
int winlwip_stats(struct winlwip_stats *out);

/*
 * Takes an interface of the running stack down, or up again; its addresses and memberships stay.
 * While it is down its frames are dropped and counted, and sockets bound to its addresses fail with
 * WSAENETDOWN. name: as configured, or as the configuration names it by default ("eth0").
 * Returns 0, or -1: no stack runs, no interface has that name, or it is the loopback interface.
 */
int winlwip_interface_set(const char *name, bool up);

/*
 * Writes a line about an address of the running stack that another station of its link has, too: it
 * is not used. number: from 0, in the order in which they were found. IPv6 addresses are looked for
 * while WSAStartup() waits for them, IPv4 ones in the first three seconds that an interface is up.
 * Returns 0, or -1 when there is none of that number.
 */
int winlwip_duplicate(unsigned number, char *text, size_t bytes);

/* How a driver option is spelled: the keys of the configuration file's [interface] section. */
struct winlwip_option {
    const char *key;
    const char *value;
};

struct link; /* stack/link.h: an opened driver, for programs that bring their own */

/*
 * One interface. Strings are borrowed until WSAStartup() returns, a link until the last
 * WSACleanup(), which closes it.
 */
struct winlwip_interface {
    const char *name;      /* at most 15 characters; NULL: "eth0", "eth1", ... */
    const char *driver;    /* "tap", "pcap"; ignored when link is set */
    const char *mac;       /* "02:00:5e:10:00:01"; NULL: derived from name and process */
    const char *addresses; /* "192.0.2.1/24 2001:db8::1/64", blank or comma separated; may be NULL;
                              "dhcp", "auto": from a DHCP server, by router advertisements */
    const char *gateway4;  /* dotted quad, or NULL */
    const char *gateway6;  /* text form, or NULL */
    const char *routes;    /* "198.51.100.0/24 via 192.0.2.254", comma separated; or NULL */
    bool down;             /* it starts down: winlwip_interface_set() takes it up */
    unsigned mtu;          /* bytes of IP packet; 0: the driver's */
    struct link *link;     /* an opened link instead of driver and options, or NULL */
    /* Of the driver, as {"file", "x.pcap"}, and of what goes round it or link: {"dump", "y.pcap"}. */
    const struct winlwip_option *options;
    size_t option_count;
};

struct winlwip_config {
    const struct winlwip_interface *interfaces; /* loopback is always there and not listed */
    size_t interface_count;
    const char *dns;        /* DNS servers, at most two: "192.0.2.53 2001:db8::53"; may be NULL */
    const struct winlwip_option *hosts; /* names and their addresses: {"peer", "192.0.2.9"} */
    size_t host_count;
    bool probe;             /* check every caller pointer by a system call (contract C13) */
    bool no_background;     /* no thread: the stack moves inside Winsock calls and winlwip_drive() */
    bool no_early;          /* all frames go through lwIP: the early path for common UDP is off */
    bool raw_admin;         /* raw sockets need CAP_NET_RAW; else anybody may have them */
    unsigned max_pending;   /* overlapped receives that wait on one socket (C59); 0: the default */
    unsigned wait_ms;       /* WSAStartup() waits so long for addresses, those of DHCP servers too;
                               0: two seconds, for the check for duplicates alone */
};

/*
 * Hands the configuration for the next WSAStartup() over; NULL goes back to WINLWIP_CONFIG.
 * The struct itself is copied, what it points to is borrowed. Returns 0, or -1 while the stack runs.
 */
int winlwip_configure(const struct winlwip_config *config);

/*
 * Why the last WSAStartup() of this process failed with WSASYSNOTREADY: "file:line: reason".
 * Empty when it did not. Static storage; valid until the next WSAStartup().
 */
const char *winlwip_startup_error(void);

/*
 * What reads configuration files: libinih's ini_parse_stream(), not meant to be called by programs.
 * A program that is linked statically, configured by struct, and has
 *
 *     WINLWIP_NO_FILES
 *
 * at file level in one of its sources takes the parser's place and needs no libinih. A start from
 * WINLWIP_CONFIG fails in it with WSASYSNOTREADY and a reason.
 */
typedef char *(*winlwip_ini_reader)(char *text, int room, void *stream);
typedef int (*winlwip_ini_handler)(void *user, const char *section, const char *key,
                                   const char *value);
int winlwip_ini_parse(winlwip_ini_reader reader, void *stream, winlwip_ini_handler handler,
                      void *user);

#define WINLWIP_INI_MISSING (-1000) /* what the parser that is none returns */

#define WINLWIP_NO_FILES                                                                       \
    int winlwip_ini_parse(winlwip_ini_reader reader, void *stream,                             \
                          winlwip_ini_handler handler, void *user)                             \
    {                                                                                          \
        (void)reader, (void)stream, (void)handler, (void)user;                                 \
        return WINLWIP_INI_MISSING;                                                            \
    }

/*
 * The drivers, and the wrappers in the order in which they go round one, the next first; ended by
 * NULL. A program that is linked statically has all of them, unless it names those that it uses, as in
 *
 *     WINLWIP_DRIVERS(&winlwip_tap_driver)
 *     WINLWIP_WRAPPERS(NULL)
 *
 * at file level in one of its sources; NULL means none. The others are not linked then, and to
 * WSAStartup() there are no such drivers or keys.
 */
struct link_driver;
struct link_wrapper;

extern const struct link_driver winlwip_dgram_driver;
extern const struct link_driver winlwip_pcap_driver;
extern const struct link_driver winlwip_stream_driver;
extern const struct link_driver winlwip_tap_driver;
extern const struct link_driver winlwip_vde_driver;

extern const struct link_wrapper winlwip_dump_wrapper;
extern const struct link_wrapper winlwip_fault_wrapper;

extern const struct link_driver *const winlwip_drivers[];
extern const struct link_wrapper *const winlwip_wrappers[];

#define WINLWIP_DRIVERS(...)                                                                   \
    const struct link_driver *const winlwip_drivers[] = {__VA_ARGS__, NULL};
#define WINLWIP_WRAPPERS(...)                                                                  \
    const struct link_wrapper *const winlwip_wrappers[] = {__VA_ARGS__, NULL};

/*
 * For a program with an event loop of its own, which starts the stack with no_background: a
 * descriptor that is readable (level-triggered) when the stack wants a turn: a link has frames, a
 * timer is due, or something happened outside of winlwip_drive() by which a receive may have become
 * possible, in another thread's call or in one of the program's own. To be watched with poll, epoll
 * or the like until the last WSACleanup(), which closes it; never to be read or closed.
 * Returns -1 when no stack runs or a background thread drives it.
 */
int winlwip_fd(void);

/*
 * Makes one bounded turn without sleeping: what timers and links have, up to 32 frames of each. After
 * it the program looks at its sockets without waiting (non-blocking receives until WSAEWOULDBLOCK, or
 * GetQueuedCompletionStatusEx with a time-out of 0); what the turn left is shown by winlwip_fd(). Any
 * thread, beside blocking calls of others; not out of the trace function.
 * Returns how many frames and looped packets it took in, 0 also when a timer was all, or -1 when no
 * stack runs or a background thread drives it.
 */
int winlwip_drive(void);

/*
 * Stations on the way of a frame, in the order in which it passes them; a queued datagram is
 * delivered after its frame has ended.
 */
enum winlwip_trace_stage {
    WINLWIP_TRACE_LINK,    /* a driver handed it over */
    WINLWIP_TRACE_LWIP,    /* lwIP accepted its IP packet for this host */
    WINLWIP_TRACE_LOOKUP,  /* the endpoint table was asked */
    WINLWIP_TRACE_QUEUE,   /* put into a socket's receive queue */
    WINLWIP_TRACE_DELIVER, /* written into a call's buffers, straight or from the queue */
    WINLWIP_TRACE_END,     /* the stack let go of it: fate says why */
    WINLWIP_TRACE_STAGES
};

struct winlwip_trace_event {
    uint64_t frame;         /* number of the frame, from 1, in order of arrival */
    int64_t time_ns;        /* the stack's clock (that of the capture in a replay) */
    enum winlwip_trace_stage stage;
    enum winlwip_fate fate; /* at WINLWIP_TRACE_END */
    const char *interface_name;
    uint32_t length;        /* bytes: of the frame, or of the datagram from LOOKUP on */
    const char *detail;     /* addresses and the like in words; valid during the call */
};

typedef void (*winlwip_trace_fn)(void *context, const struct winlwip_trace_event *event);

/*
 * Has fn called at every station of every frame; NULL ends it. May be called at any time.
 * fn runs under the stack lock on whichever thread drives the stack: it must not call Winsock.
 */
void winlwip_set_trace(winlwip_trace_fn fn, void *context);

/* Name of a stage in lower case, "?" for a number that is none. Static string. */
const char *winlwip_trace_stage_name(unsigned stage);

/* Version of the library, "major.minor.patch". Static string. */
const char *winlwip_version(void);

#ifdef __cplusplus
}
#endif

#endif
