/*
 * socket.h - one socket, and its life.
 *
 * Theory of operation stands in socket.c; how datagrams reach a caller in recvmsg.c.
 */
#ifndef WINSOCK_SOCKET_H
#define WINSOCK_SOCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winsock2.h>

#include "config/limits.h"
#include "stack/endpoint.h"
#include "stack/loop.h"
#include "winsock/cmsg.h"
#include "winsock/lock.h"
#include "winsock/recvqueue.h"
#include "winsock/timestamp.h"
#include "winsock/wait.h"
#include "winsock/watcher.h"

struct event;
struct kept_flags;
struct operation;
struct port;
struct recv_wait;

/*
 * What one IP version's options say; a dual-stack socket has both sets. All in host byte order. As
 * wide as the largest value that options.c lets in.
 */
struct ip_options {
    uint32_t user_mtu;            /* bytes with the IP header; IP_UNSPECIFIED_USER_MTU: none */
    uint32_t interface_list;      /* a bit for each index: IP_ADD_IFLIST */
    uint32_t routing_header;      /* these are stored only */
    uint32_t hop_by_hop;
    uint32_t redirect_records;
    uint32_t redirect_context;
    uint32_t protection_level;
    uint8_t ttl;                  /* TTL or hop limit of unicasts; 0: the default */
    uint8_t tos;                  /* TOS or traffic class */
    uint8_t mtu_discovery;        /* PMTUD_STATE; NOT_SET until somebody sets another */
    uint8_t multicast_ttl;
    uint8_t multicast_interface;  /* index; 0: by route */
    uint8_t unicast_interface;    /* index; 0: by route */
    uint8_t dont_fragment;        /* this and the next ones are booleans */
    uint8_t multicast_loop;       /* the receiver's (winsock-facts 4.11) */
    uint8_t restrict_interfaces;  /* IP_IFLIST: hear only those of the list */
    uint8_t header_included;      /* raw sockets: the program brings the IP header */
    uint8_t report_routing_header; /* stored only, like the next one */
    uint8_t report_errors;
};

_Static_assert(LIMIT_INTERFACES < UINT8_MAX, "ip_options.multicast_interface, unicast_interface");

/* socket_options.checksum_offset of a socket that leaves checksums to its program: -1. */
#define OPTION_NO_CHECKSUM UINT32_MAX

/* TTL of unicasts when nobody asked for another one. */
#define IP_DEFAULT_TTL 128u

/*
 * Values of the options that are kept as they were set, but for those that stand in the socket
 * itself. Sockets on which nobody has changed any share one set (options.h). Guarded by socket.lock.
 */
struct socket_options {
    uint32_t send_buffer_bytes;
    uint32_t send_timeout_ms;    /* 0: none */
    uint32_t error;              /* SO_ERROR, as set */
    uint32_t linger;             /* struct linger: l_onoff in the low half, l_linger above */
    uint32_t send_segment_bytes; /* UDP_SEND_MSG_SIZE; 0: one send, one datagram */
    uint32_t checksum_offset;    /* IPV6_CHECKSUM: bytes; OPTION_NO_CHECKSUM: none */
    struct ip_options v4;
    struct ip_options v6;
    uint8_t debug;               /* this and the next ones are booleans */
    uint8_t dont_route;
    uint8_t keep_alive;
    uint8_t oob_inline;
    uint8_t conditional_accept;
    uint8_t pause_accept;
    uint8_t randomize_port;
    uint8_t port_scalability;
    uint8_t reuse_unicast_port;
    uint8_t reuse_multicast_port;
    uint8_t no_checksum;         /* UDP_NOCHECKSUM: IPv4 datagrams leave without one */
    uint8_t receive_broadcast;
    struct endpoint_ip_options ip_options; /* IP_OPTIONS of what is sent */
};

/* The options that each delivery or receive asks for. Guarded by socket.lock. */
struct receive_options {
    uint32_t buffer_bytes;    /* SO_RCVBUF */
    uint32_t coalesced_bytes; /* UDP_RECV_MAX_COALESCED_SIZE; 0: off */
    uint16_t control4;        /* sets of CMSG_*: what receives report of an IPv4 datagram */
    uint16_t control6;        /* and of an IPv6 one */
};

/* What few sockets have use for. All zero: nothing. Guarded by socket.lock. */
struct socket_extra {
    struct endpoint_name peer;     /* when connected */
    ULONG_PTR port_key;            /* of socket.port */
    struct operation *changes;     /* overlapped calls that wait for a change of addresses */
    struct kept_flags *kept_flags; /* operation_flags.c's; NULL: none */
    struct timestamps timestamps;  /* of sends */
};

/* A socket between recvmsg_hold() and recvmsg_release(), and what is left to the latter. */
enum socket_burst {
    BURST_NONE,
    BURST_HELD,
    BURST_SIGNALS, /* held, and io is to be signaled before packets are posted */
};

/*
 * There may be many thousands, most of them idle: so it is small, and what deliveries and receives
 * touch comes first.
 */
struct socket {
    struct lock lock; /* guards all that says nothing else; order: stack lock, this, the loop's */
    bool closed;
    bool bound;
    bool receive_shut;
    uint8_t burst;                /* enum socket_burst */
    uint16_t selected_events;     /* FD_*, of which the event tells */
    uint16_t network_events;      /* FD_*, happened and not enumerated; netevents.c */
    struct receive_options receive;
    struct recv_wait *first_wait; /* receives that wait, oldest first */
    struct recvqueue queue;       /* 64 bytes of its own */
    struct watcher *watchers;     /* want to know that it may have become readable */
    struct port *port;            /* a reference, until the memory goes; or NULL */
    SOCKET handle;     /* of the first descriptor; its references are the socket's; this and the */
    uint8_t family;    /* next four never change: AF_INET, AF_INET6 */
    uint8_t type;      /* SOCK_DGRAM, SOCK_RAW, SOCK_STREAM */
    uint8_t protocol;  /* IPPROTO_UDP, IPPROTO_TCP; raw: 0..255 */
    bool overlapped;   /* made with WSA_FLAG_OVERLAPPED */
    _Atomic uint32_t bound_through; /* the descriptor that bind() was called with; 0: none yet */

    bool connected;
    bool send_shut;
    bool nonblocking;
    bool network_down;               /* its interface is: C39 */
    bool skip_port_on_success;       /* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS */
    bool skip_event_on_handle;       /* FILE_SKIP_SET_EVENT_ON_HANDLE */
    uint8_t report_port_unreachable; /* SIO_UDP_CONNRESET; this and the next ones are booleans */
    uint8_t report_ttl_expired;      /* SIO_UDP_NETRESET */
    uint8_t v6_only;                 /* IPV6_V6ONLY */
    uint8_t broadcast;               /* SO_BROADCAST */
    uint8_t reuse_address;           /* SO_REUSEADDR */
    uint8_t exclusive_address;       /* SO_EXCLUSIVEADDRUSE */
    uint32_t receive_timeout_ms;     /* SO_RCVTIMEO; 0: none */
    const struct socket_options *options; /* all others; options_own_locked() to change one */
    struct endpoint *endpoint;       /* NULL for streams; use between socket_enter() and _leave() */
    _Atomic unsigned endpoint_users; /* calls inside the endpoint, one more while not closed */
    unsigned posted;                 /* of the receives that wait, overlapped ones */
    struct recv_wait *last_wait;
    struct endpoint_name local;      /* when bound */
    struct waitable io;              /* signaled by completions that have no event; own lock */
    struct event *event;             /* tells of network events; a reference on it, or NULL */
    struct socket_extra *extra;      /* NULL: none; socket_extra_locked() to have one */
};

_Static_assert(offsetof(struct socket, queue) + offsetof(struct recvqueue, own) == 64 &&
                   offsetof(struct socket, connected) == 128,
               "what a delivery and a receive touch fills two lines of the processor's caches");
_Static_assert(FD_ALL_EVENTS <= UINT16_MAX && CMSG_COALESCED <= UINT16_MAX &&
                   AF_INET6 <= UINT8_MAX && IPPROTO_RAW <= UINT8_MAX,
               "narrow members of struct socket");

/*
 * Makes a socket after Windows' rules for family, type and protocol (WB 7.5, 7.6).
 * Returns 0 and the handle; WSAEINVAL, WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSAEPROTONOSUPPORT,
 * WSAEACCES (a raw socket without the right to it), WSAEMFILE, WSAENOBUFS, WSAENETDOWN.
 */
int socket_new(int family, int type, int protocol, bool overlapped, SOCKET *out);

/*
 * Finds an open socket and takes a reference. Returns NULL when the value names none.
 * socket_put() gives it back; no lock may be held then.
 */
struct socket *socket_get(SOCKET handle);

/*
 * The same for a HANDLE, whose two low bits do not count (C05), and which may be a duplicate of a
 * socket that is no SOCKET (WB 11.7).
 */
struct socket *socket_get_by_handle(HANDLE handle);
void socket_put(struct socket *socket);

/*
 * Makes one more descriptor of an open socket (WB 7.10). The caller has a reference on the socket.
 * Returns 0; WSAENOTSOCK: closed meanwhile; WSAEMFILE.
 */
int socket_duplicate(struct socket *socket, SOCKET *out);

/* bind() was called with this descriptor of the socket, and succeeded. */
void socket_set_bound_through(struct socket *socket, SOCKET descriptor);

/*
 * Does a receive through this descriptor find the socket bound? Not when the descriptor was there
 * before bind() was called with another one: each knows of its own calls alone (WB 7.11).
 */
bool socket_bound_for_other(struct socket *socket, SOCKET descriptor);
static inline bool socket_bound_for(struct socket *socket, SOCKET descriptor)
{
    return atomic_load_explicit(&socket->bound_through, memory_order_relaxed) == descriptor ||
           socket_bound_for_other(socket, descriptor);
}

/*
 * Closes a descriptor, and with the last handle the socket (WB 13.9): no later call finds it,
 * waiting calls end with WSAEINTR (C45), queued datagrams are dropped, the port is free again unless
 * a send is under way in another thread, which frees it when it ends. Returns 0, or WSAENOTSOCK.
 */
int socket_close(SOCKET handle);

/* The same for a HANDLE, as in socket_get_by_handle(). Returns whether it named a socket. */
bool socket_close_handle(HANDLE handle);

/*
 * Closes all handles of sockets, duplicates too, and waits until no thread is inside a call on one
 * of them any more.
 */
void socket_close_all(void);

/*
 * Between these two the endpoint may be used; the first is called with socket.lock held and
 * socket.closed found false, the second without any lock.
 */
void socket_enter_locked(struct socket *socket);
void socket_leave(struct socket *socket);

/* Binds to a name of the socket's family (WB 5). Returns 0 or a WSA code. */
int socket_bind(struct socket *socket, const struct endpoint_name *name);

/* Binds to the wildcard and a free port unless it is bound. Returns 0 or a WSA code. */
int socket_bind_implicit(struct socket *socket);

/*
 * Connects a datagram socket to a peer; NULL dissolves the association (WB 4.8). An unbound socket
 * is bound first. Returns 0 or a WSA code.
 */
int socket_connect(struct socket *socket, const struct endpoint_name *peer);

/*
 * Ends receiving or sending or both (WB 8); how is SD_*. Returns 0, WSAEINVAL, WSAENOTCONN (a
 * stream), WSAENOTSOCK.
 */
int socket_shutdown(struct socket *socket, int how);

/*
 * What the socket has of the rarer things, to be changed: none of them so far, if it had none.
 * Returns NULL when there is no memory. socket.lock is held.
 */
struct socket_extra *socket_extra_locked(struct socket *socket);

/* Is there no network for it now: it ended (C70), or the socket's interface is down (C39)? */
bool socket_is_down_locked(const struct socket *socket);

/* Wakes everybody who watches the socket. socket.lock is held. */
void socket_wake_watchers_locked(struct socket *socket);

static inline bool socket_is_raw(const struct socket *socket)
{
    return socket->type == SOCK_RAW;
}

/* Does the socket carry messages: is it a datagram or raw socket, and no stream? */
static inline bool socket_is_datagram(const struct socket *socket)
{
    return socket->type == SOCK_DGRAM || socket_is_raw(socket);
}

/* Does the socket speak IPv6 alone? Raw IPv6 sockets do. socket.lock is held. */
static inline bool socket_is_v6_only_locked(const struct socket *socket)
{
    return socket->family == AF_INET6 && (socket->v6_only || socket_is_raw(socket));
}

#endif
