/*
 * world.h - a host under test: the library on one or two links in memory, and helpers to use it.
 *
 * One process has one stack, so there is one world. A test case takes a set-up of world_setup_*()
 * and world_teardown() as its checked fixture; the teardown asserts that nothing was left behind.
 *
 *   interface 2 (link 0)   192.0.2.1/24     2001:db8::1/64     frame_our_mac
 *   interface 3 (link 1)   198.51.100.1/24  2001:db8:2::1/64   frame_our_second_mac
 *
 * The peer of all tests is 192.0.2.9 or 2001:db8::9 at frame_peer_mac.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "include/winlwip.h"
#include "tests/support/frames.h"
#include "tests/support/memlink.h"

/* Interface indexes: loopback is 1. */
#define WORLD_FIRST_INDEX 2u
#define WORLD_SECOND_INDEX 3u

/*
 * Longest wait for something that must happen, milliseconds; a test that gets there has failed. Five
 * seconds, times CK_TIMEOUT_MULTIPLIER as the tests' own limits.
 */
#define WORLD_PATIENCE_MS world_patience_ms()
unsigned world_patience_ms(void);

struct world_options {
    unsigned links;        /* 0: none but loopback */
    bool no_background;    /* no thread: the stack moves only inside calls */
    bool no_early;         /* all frames through lwIP; also when WORLD_NO_EARLY is in the environment */
    bool probe;            /* winlwip_config.probe */
    unsigned max_pending;  /* winlwip_config.max_pending */
    unsigned wait_ms;      /* winlwip_config.wait_ms */
    struct memlink_options link[2]; /* all offload when WORLD_OFFLOAD is in the environment */
    const char *addresses[2]; /* NULL: as above */
    const char *gateway4, *gateway6; /* of link 0 */
    const struct winlwip_option *keys; /* of wrappers round link 0, which has no offload then */
    size_t key_count;
    const char *second_gateway4;     /* of link 1 */
    const char *routes[2]; /* winlwip_interface.routes */
    bool down[2];          /* winlwip_interface.down */
    const char *dns;       /* winlwip_config.dns */
    const struct winlwip_option *hosts; /* winlwip_config.hosts */
    size_t host_count;
};

struct world {
    struct memlink *link[2];
    unsigned links;
    unsigned descriptors;  /* open before the start */
    bool started;
    LPFN_WSARECVMSG recvmsg;
    LPFN_WSASENDMSG sendmsg;
};

extern struct world world;

/* Starts the host; fails the test when that does not work. */
void world_start(const struct world_options *options);

/* Set-ups for tcase_add_checked_fixture(). */
void world_setup_one(void);
void world_setup_two(void);
void world_setup_loopback(void);

/*
 * Stops the host. Asserts: the counters balance, closing all sockets leaves none, the links are
 * closed, no file descriptor is left.
 */
void world_teardown(void);

/* Asserts that the counters balance, as include/winlwip.h says they do at every moment. */
void world_assert_balance(const struct winlwip_stats *stats);

/* Waits until the stack has seen every pushed frame to its end, then reads the counters. */
void world_settle(struct winlwip_stats *stats);

/* Builds a frame and pushes it into link 0 (or the link with this number). */
void world_inject(const struct frame_spec *spec);
void world_inject_on(unsigned link, const struct frame_spec *spec);

/*
 * Builds a superframe whose payload stands for datagrams of segment_bytes, and pushes it into link
 * 0. flags: LINK_FRAME_*.
 */
void world_inject_superframe(const struct frame_spec *spec, size_t segment_bytes, uint8_t flags);

/* The same for one that is not sound: the stack has to drop it as one frame. */
void world_inject_bad_superframe(const struct frame_spec *spec, size_t segment_bytes,
                                 uint8_t flags);

/*
 * Waits for the next frame that link sends, housekeeping apart (ARP, neighbour discovery, group
 * reports), which is answered as if every address lived at frame_peer_mac. The frame is checked and
 * taken apart; the view is good until the teardown. The second form says false when nothing comes.
 */
void world_next_sent(unsigned link, struct frame_view *view);
bool world_next_sent_within(unsigned link, struct frame_view *view, unsigned timeout_ms);

/* The two families, for tests that differ in nothing else. */
struct world_family {
    int af;                /* AF_INET or AF_INET6 */
    int level;             /* IPPROTO_IP or IPPROTO_IPV6 */
    const char *us;        /* our address on link 0 */
    const char *us_second; /* on link 1 */
    const char *peer;
    const char *other_peer;
    const char *group;     /* a multicast group */
    const char *any;
    const char *loopback;
    int name_bytes;        /* of its sockaddr */
    size_t pktinfo_bytes;
    size_t overhead;       /* IP and UDP header, bytes */
    size_t largest;        /* largest payload that may be received, bytes */
    int pktinfo, recvttl, ttl_type, recvtos, tos_type, recvecn, ecn_type;
};

extern const struct world_family world_families[2];
#define WORLD_FAMILIES 2

/* Fills a name; returns its length in bytes. port in host byte order. */
int world_name(const char *address, uint16_t port, SOCKADDR_STORAGE *out);

/* Opens a UDP socket bound to an address and a free port, which is stored. */
SOCKET world_socket(const char *address, uint16_t *port);

/* As world_socket("::", port) with IPV6_V6ONLY off. */
SOCKET world_dual_socket(uint16_t *port);

/* Sets a 4-byte option and asserts success. */
void world_set(SOCKET s, int level, int option, DWORD value);

/* Joins a group on link 0. */
void world_join(SOCKET s, const struct world_family *family);

void world_set_nonblocking(SOCKET s);

/* Asserts that a call failed with this error: world_fails(recv(...), WSAEINVAL). */
#define world_fails(call, code)                                                                \
    do {                                                                                       \
        WSASetLastError(0);                                                                    \
        ck_assert_int_eq((call), SOCKET_ERROR);                                                \
        ck_assert_int_eq(WSAGetLastError(), (code));                                           \
    } while (0)

/* The control messages of one receive, -1 (or count 0) where there is none. */
struct control {
    unsigned count;
    unsigned pktinfo4_count, pktinfo6_count;
    IN_PKTINFO pktinfo4;
    IN6_PKTINFO pktinfo6;
    int ttl, hop_limit, tos, tclass, ecn4, ecn6;
    unsigned unknown;
};

/* What a receive is to be given; members left out take room enough. */
struct receive_room {
    bool no_data, no_name, no_control; /* a length of 0 and NULL */
    size_t data, name, control;        /* bytes, when not 0 */
    DWORD flags;                       /* in */
};

#define WORLD_DATA_BYTES 70000
#define WORLD_CONTROL_BYTES 512

struct received {
    int result;
    int error;             /* WSAGetLastError() after the call */
    DWORD bytes;           /* 0xdeadbeef when it was not written */
    DWORD flags;
    INT namelen;
    SOCKADDR_STORAGE name;
    ULONG control_len;
    struct control control;
    uint8_t control_bytes[WORLD_CONTROL_BYTES];
    uint8_t data[WORLD_DATA_BYTES];
};

/* One WSARecvMsg without OVERLAPPED. room NULL: as much as can be. Never fails the test. */
void world_receive_into(SOCKET s, const struct receive_room *room, struct received *out);

/* The same with plenty of room; asserts success. */
void world_receive(SOCKET s, struct received *out);

/* Asserts that nothing can be received from a (non-blocking) socket. */
void world_assert_empty(SOCKET s);

/* Asserts what was received. */
void world_assert_payload(const struct received *received, const void *payload, size_t bytes);
void world_assert_text(const struct received *received, const char *text);
/* The name is exactly address:port, with its family's length, and zeros where there is no data. */
void world_assert_name(const struct received *received, const char *address, uint16_t port);
void world_assert_pktinfo(const struct received *received, const char *address, unsigned index);

/* Text that both sides can make: byte i is (seed + i * 7). */
void world_pattern(uint8_t *out, size_t bytes, unsigned seed);

/*
 * Receives on a thread of its own: world_later() returns when the thread has been started,
 * world_join_later() when the receive has returned; the latter gives up after WORLD_PATIENCE_MS.
 */
struct later;
struct later *world_later(SOCKET s, const struct receive_room *room);
/* Waits until the thread is about to block inside the call (asks the kernel for its state). */
void world_later_blocked(struct later *later);
bool world_later_done(struct later *later);
void world_join_later(struct later *later, struct received *out);

/* Milliseconds on CLOCK_MONOTONIC. */
int64_t world_now_ms(void);

#endif
