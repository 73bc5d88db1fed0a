/*
 * test_superframes_random.c - any superframes and any receives: two sockets get the same datagrams
 * and the same calls, one of them in superframes; what comes of each call must not differ (C32).
 */
#include "tests/contract/superframes.h"

#include <stdlib.h>
#include <string.h>

static struct received received;
static uint8_t payload[1 << 16];

static void setup_early(void)
{
    world_pattern(payload, sizeof(payload), 9);
    world_setup_one();
}

static void setup_cut(void)
{
    world_pattern(payload, sizeof(payload), 9);
    feed_setup_cut();
}

/* Two sockets, and how far payload has been sent to them. */
struct twins {
    SOCKET s[FEEDS];
    uint16_t port[FEEDS];
    size_t at; /* in payload */
};

static void twins_feed(struct twins *twins, const struct world_family *family)
{
    size_t segment = 1 + (size_t)(rand() % 40), count = 1 + (size_t)(rand() % 9);
    size_t bytes = segment * count - (count > 1 ? (size_t)rand() % segment : 0);
    enum feed joined = rand() % 3 != 0 ? FEED_SUPERFRAME : FEED_SINGLE;

    for (unsigned i = 0; i < FEEDS; i++) {
        feed_run(i == FEED_SINGLE ? FEED_SINGLE : joined, family, twins->port[i],
                 payload + twins->at, bytes, segment);
    }
    twins->at += bytes;
}

static void twins_receive(const struct twins *twins)
{
    static struct received first;
    struct receive_room room = {.data = rand() % 2 != 0 ? 1 + (size_t)(rand() % 120) : 0,
                                .no_control = rand() % 8 == 0,
                                .flags = rand() % 6 == 0 ? MSG_PEEK : 0};
    DWORD limit = rand() % 3 != 0 ? (DWORD)(rand() % 200) : 65535;
    DWORD size = 0;

    for (unsigned i = 0; i < FEEDS; i++) {
        world_set(twins->s[i], IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, limit);
        world_receive_into(twins->s[i], &room, &received);
        if (i == 0) {
            first = received;
            size = feed_told(&received);
            continue;
        }
        ck_assert_int_eq(received.result, first.result);
        ck_assert_int_eq(received.error, first.error);
        ck_assert_uint_eq(received.bytes, first.bytes);
        ck_assert_uint_eq(received.flags, first.flags);
        ck_assert_uint_eq(received.control_len, first.control_len);
        ck_assert_uint_eq(feed_told(&received), size);
        if (received.result == 0 || received.error == WSAEMSGSIZE) {
            ck_assert_mem_eq(received.data, first.data, received.bytes);
        }
    }
    ck_assert_uint_eq(feed_queued(twins->s[0]), feed_queued(twins->s[1]));
}

START_TEST(c32_superframes_are_like_single_datagrams)
{
    struct twins twins = {.at = 0};
    struct winlwip_stats stats;

    srand((unsigned)_i + 1);
    for (unsigned i = 0; i < FEEDS; i++) {
        twins.s[i] = feed_open(FAMILY, 65535, &twins.port[i]);
        world_set(twins.s[i], SOL_SOCKET, SO_RCVBUF, 600);
    }
    for (unsigned round = 0; round < 150; round++) {
        twins_feed(&twins, FAMILY);
        world_settle(&stats);
        for (int calls = rand() % 4; calls > 0; calls--) {
            twins_receive(&twins);
        }
    }
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 50); /* full, too */
    ck_assert_uint_eq(stats.copies_dropped % 2, 0);
}
END_TEST

Suite *suite_contract_superframes_random(void)
{
    Suite *suite = suite_create("superframes_random");
    TCase *early = tcase_create("delivered whole");
    TCase *cut = tcase_create("cut for lwIP");

    tcase_add_checked_fixture(early, setup_early, world_teardown);
    tcase_add_checked_fixture(cut, setup_cut, world_teardown);
    tcase_add_loop_test(early, c32_superframes_are_like_single_datagrams, 0, WORLD_FAMILIES);
    tcase_add_loop_test(cut, c32_superframes_are_like_single_datagrams, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, early);
    suite_add_tcase(suite, cut);
    return suite;
}
