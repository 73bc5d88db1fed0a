/*
 * superframes.h - datagrams that arrive one by one, or as one superframe: what the tests share that
 * hold the library to making no difference between the two.
 */
#ifndef TESTS_CONTRACT_SUPERFRAMES_H
#define TESTS_CONTRACT_SUPERFRAMES_H

#include "tests/contract/contract.h"

/* How a run of datagrams comes: each in a frame of its own, or all in one. */
enum feed { FEED_SINGLE, FEED_SUPERFRAME, FEEDS };

/* Tests that differ in nothing but family and feed are loop tests. */
#define FEED ((enum feed)(_i % FEEDS))
#define FEED_FAMILY (&world_families[_i / FEEDS])
#define FEED_LOOPS (FEEDS * WORLD_FAMILIES)

/*
 * Injects a run of datagrams to a port of our first address: bytes of payload, cut behind every
 * segment bytes. flags: LINK_FRAME_* of the superframe.
 */
static inline void feed_flagged(enum feed feed, const struct world_family *family, uint16_t port,
                                const uint8_t *payload, size_t bytes, size_t segment,
                                uint8_t flags)
{
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload, .payload_bytes = bytes};

    if (feed == FEED_SUPERFRAME) {
        world_inject_superframe(&spec, segment, flags);
        return;
    }
    for (size_t at = 0; at < bytes; at += segment) {
        spec.payload = payload + at;
        spec.payload_bytes = bytes - at < segment ? bytes - at : segment;
        world_inject(&spec);
    }
}

static inline void feed_run(enum feed feed, const struct world_family *family, uint16_t port,
                            const uint8_t *payload, size_t bytes, size_t segment)
{
    feed_flagged(feed, family, port, payload, bytes, segment, 0);
}

/* Fixture: one link, all frames through lwIP, for which superframes are cut. */
static inline void feed_setup_cut(void)
{
    world_start(&(struct world_options){.links = 1, .no_early = true});
}

#endif
