/*
 * superframes.h - datagrams that arrive one by one, or as one superframe: what the tests share that
 * hold the library to making no difference between the two.
 */
#ifndef TESTS_CONTRACT_SUPERFRAMES_H
#define TESTS_CONTRACT_SUPERFRAMES_H

#include "tests/contract/contract.h"

#include "tests/support/control.h"

/* How a run of datagrams comes: each in a frame of its own, or all in one. */
enum feed { FEED_SINGLE, FEED_SUPERFRAME, FEEDS };

/* Tests that differ in nothing but family and feed are loop tests. */
#define FEED ((enum feed)(_i % FEEDS))
#define FEED_FAMILY (&world_families[_i / FEEDS])
#define FEED_LOOPS (FEEDS * WORLD_FAMILIES)

/*
 * Injects a run of datagrams to a port of our first address: bytes of payload, cut behind every
 * segment bytes.
 */
static inline void feed_run(enum feed feed, const struct world_family *family, uint16_t port,
                            const uint8_t *payload, size_t bytes, size_t segment)
{
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload, .payload_bytes = bytes};

    if (feed == FEED_SUPERFRAME) {
        world_inject_superframe(&spec, segment, 0);
        return;
    }
    for (size_t at = 0; at < bytes; at += segment) {
        spec.payload = payload + at;
        spec.payload_bytes = bytes - at < segment ? bytes - at : segment;
        world_inject(&spec);
    }
}

/* A non-blocking socket that joins up to limit bytes. */
static inline SOCKET feed_open(const struct world_family *family, DWORD limit, uint16_t *port)
{
    SOCKET s = world_socket(family->us, port);

    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, limit);
    world_set_nonblocking(s);
    return s;
}

/* The size that UDP_COALESCED_INFO tells; 0: it is absent. */
static inline DWORD feed_told(const struct received *received)
{
    DWORD size = 0;

    control_find(received, IPPROTO_UDP, UDP_COALESCED_INFO, &size, sizeof(size));
    return size;
}

/* The bytes that wait (FIONREAD). */
static inline u_long feed_queued(SOCKET s)
{
    u_long bytes = 0;

    ck_assert_int_eq(ioctlsocket(s, FIONREAD, &bytes), 0);
    return bytes;
}

/* Fixture: one link, all frames through lwIP, for which superframes are cut. */
static inline void feed_setup_cut(void)
{
    world_start(&(struct world_options){.links = 1, .no_early = true});
}

#endif
