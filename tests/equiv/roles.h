/*
 * roles.h - the sockets of a play: one for each way in which a socket can be entitled to a datagram
 * and can take it.
 */
#ifndef TESTS_EQUIV_ROLES_H
#define TESTS_EQUIV_ROLES_H

#include <stdbool.h>
#include <stdint.h>

/* How a role learns of its datagrams. */
enum role_way {
    ROLE_QUEUE, /* non-blocking calls */
    ROLE_PORT,  /* posted receives, a completion port that all such roles share */
    ROLE_EVENT, /* posted receives, an event each */
};

#define ROLE_TARGETS 4

struct role {
    const char *name;
    const char *bind;       /* address */
    uint16_t port;          /* host byte order */
    uint32_t scope;         /* interface of a link-local address */
    const char *peer;       /* connected to this address, at FRAME_PEER_PORT; NULL: not connected */
    const char *targets[ROLE_TARGETS]; /* where datagrams go that it hears */
    unsigned link;          /* on which they arrive */
    const char *group;      /* joined on link 0 */
    uint32_t receive_bytes; /* SO_RCVBUF; 0: as it is */
    enum role_way way;
    uint8_t protocol;       /* of a raw socket; 0: UDP */
    bool captures;          /* raw: SIO_RCVALL */
    bool dual;              /* IPV6_V6ONLY off */
    bool reuse;             /* SO_REUSEADDR */
    bool multicast_only;    /* SO_REUSE_MULTICASTPORT */
    bool listed;            /* IP_IFLIST with interface 3 in it alone */
    bool deaf;              /* IP_RECEIVE_BROADCAST off */
    bool joins;             /* UDP_RECV_MAX_COALESCED_SIZE */
    bool stamped;           /* SIO_TIMESTAMPING */
    bool told;              /* WSAEventSelect() for FD_READ */
};

extern const struct role roles[];
extern const unsigned role_count;

/* Raw sockets come last, from this number on: open for moments only. */
extern const unsigned role_first_raw;

/* The addresses of the two interfaces, as world_options wants them. */
/* 10.9.9.63 is a broadcast address of the network of 10.9.9.1, and an address all the same. */
#define ROLE_FIRST_ADDRESSES                                                              \
    "192.0.2.1/24 192.0.2.7/24 10.9.9.1/26 10.9.9.63/24 2001:db8::1/64 2001:db8::7/64"
#define ROLE_SECOND_ADDRESSES "198.51.100.1/24 2001:db8:2::1/64"

#endif
