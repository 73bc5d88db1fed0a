/*
 * test_superframes_parked.c - superframes that find receives waiting (C32, C50, C65): each gets the
 * next datagram, in the order of the calls; one that joins gets as many as it has room for.
 */
#include "tests/contract/overlapped.h"
#include "tests/contract/superframes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/control.h"

/* Loops over ways, families and feeds. */
#define PARKED_FEED ((enum feed)(_i / OVERLAPPED_LOOPS))
#define PARKED_FAMILY (&world_families[_i / WAYS % WORLD_FAMILIES])
#define PARKED_LOOPS (OVERLAPPED_LOOPS * FEEDS)

static struct received received;
static uint8_t payload[1 << 13];

static void setup_early(void)
{
    world_pattern(payload, sizeof(payload), 9);
    overlapped_setup_one();
}

static void open_channel(struct channel *channel, const struct world_family *family, enum way way,
                         DWORD joined_bytes)
{
    channel_open(channel, family->us, way);
    world_set(channel->s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, joined_bytes);
    world_set_nonblocking(channel->s);
}

/* The size that UDP_COALESCED_INFO of a finished receive tells; 0: it is absent. */
static DWORD told(const struct posted *posted)
{
    const WSAMSG *message = &posted->message;
    const WSACMSGHDR *header;
    DWORD size = 0;

    for (header = WSA_CMSG_FIRSTHDR(message); header != NULL;
         header = WSA_CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_COALESCED_INFO) {
            memcpy(&size, WSA_CMSG_DATA(header), sizeof(size));
        }
    }
    return size;
}

/* Waits for a receive, and asserts which bytes of payload came and what was told. */
static void expect(struct posted *posted, size_t at, size_t bytes, DWORD size)
{
    posted_wait(posted);
    posted_assert(posted, 0, (DWORD)bytes);
    ck_assert_mem_eq(posted->data, payload + at, bytes);
    ck_assert_uint_eq(told(posted), size);
}

START_TEST(c50_c32_superframe_to_posted_receives)
{
    struct channel channel;
    struct posted *posted[3];
    struct winlwip_stats stats;

    open_channel(&channel, PARKED_FAMILY, CHANNEL_WAY, 0);
    for (unsigned i = 0; i < 3; i++) {
        posted[i] = posted_receive(&channel);
    }
    feed_run(PARKED_FEED, PARKED_FAMILY, channel.port, payload, 44, 10);
    for (unsigned i = 0; i < 3; i++) {
        expect(posted[i], i * 10, 10, 0);
        ck_assert_uint_eq(posted[i]->order, posted[0]->order + i);
    }
    posted_nothing_more(posted[2]);
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_direct, 3);
    ck_assert_uint_eq(stats.copies_queued, 2);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 5);
    world_receive(channel.s, &received);
    world_assert_payload(&received, payload + 30, 10);
    world_receive(channel.s, &received);
    world_assert_payload(&received, payload + 40, 4);
    world_assert_empty(channel.s);
}
END_TEST

/* More receives than datagrams: the others wait on. */
START_TEST(c50_c32_superframe_to_more_receives_than_it_fills)
{
    struct channel channel;
    struct posted *posted[4];
    struct winlwip_stats stats;

    open_channel(&channel, PARKED_FAMILY, CHANNEL_WAY, 0);
    for (unsigned i = 0; i < 4; i++) {
        posted[i] = posted_receive(&channel);
    }
    feed_run(PARKED_FEED, PARKED_FAMILY, channel.port, payload, 24, 10);
    for (unsigned i = 0; i < 3; i++) {
        expect(posted[i], i * 10, i < 2 ? 10 : 4, 0);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_direct, 3);
    posted_pending(posted[3]);
    feed_run(PARKED_FEED, PARKED_FAMILY, channel.port, payload, 24, 10);
    expect(posted[3], 0, 10, 0);
}
END_TEST

/* Too short for its datagram: that is cut, the next receive gets the next one. */
START_TEST(c61_c32_superframe_to_a_short_receive)
{
    struct channel channel;
    struct posted *posted[2];
    struct winlwip_stats stats;

    open_channel(&channel, PARKED_FAMILY, CHANNEL_WAY, 65535);
    for (unsigned i = 0; i < 2; i++) {
        posted[i] = posted_new(&channel, CALL_RECVMSG);
        posted[i]->buffer.len = i == 0 ? 6 : 14;
        posted_pends(posted[i]);
    }
    feed_run(PARKED_FEED, PARKED_FAMILY, channel.port, payload, 30, 10);
    posted_wait(posted[0]);
    posted_assert(posted[0], WSAEMSGSIZE, 6);
    expect(posted[1], 10, 10, 0);
    world_settle(&stats);
    world_receive(channel.s, &received);
    world_assert_payload(&received, payload + 20, 10);
}
END_TEST

/* Do superframes get to the sockets as such? All frames may have to go through lwIP. */
static bool comes_whole(void)
{
    return getenv("WORLD_NO_EARLY") == NULL;
}

/* Whole datagrams, as many as fit the call; calls without room for the message get one. */
START_TEST(c50_c32_superframe_joined_for_posted_receives)
{
    struct channel channel;
    struct posted *posted[4];
    struct winlwip_stats stats;

    if (!comes_whole()) {
        return;
    }
    open_channel(&channel, CHANNEL_FAMILY, CHANNEL_WAY, 1500);
    for (unsigned i = 0; i < 4; i++) {
        posted[i] = posted_new(&channel, i == 1 ? CALL_RECVFROM : CALL_RECVMSG);
        posted[i]->buffer.len = i == 2 ? 450 : POSTED_DATA_BYTES;
        posted_pends(posted[i]);
    }
    feed_run(FEED_SUPERFRAME, CHANNEL_FAMILY, channel.port, payload, 4150, 200);
    expect(posted[0], 0, 1400, 200);
    posted_wait(posted[1]);
    posted_assert(posted[1], 0, 200);
    ck_assert_mem_eq(posted[1]->data, payload + 1400, 200);
    expect(posted[2], 1600, 400, 200);
    expect(posted[3], 2000, 1400, 200);
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_direct, 7 + 1 + 2 + 7);
    ck_assert_uint_eq(stats.copies_queued, 4);
    world_receive(channel.s, &received);
    world_assert_payload(&received, payload + 3400, 750);
}
END_TEST

/* The shorter last one goes with the others; one that is left alone is told nothing. */
START_TEST(c32_superframe_joined_to_its_end)
{
    struct channel channel;
    struct posted *posted[3];

    if (!comes_whole()) {
        return;
    }
    open_channel(&channel, CHANNEL_FAMILY, CHANNEL_WAY, 65535);
    for (unsigned i = 0; i < 3; i++) {
        posted[i] = posted_receive(&channel);
    }
    feed_run(FEED_SUPERFRAME, CHANNEL_FAMILY, channel.port, payload, 2040, 200);
    feed_run(FEED_SUPERFRAME, CHANNEL_FAMILY, channel.port, payload, 2050, 1025);
    expect(posted[0], 0, 2040, 200);
    expect(posted[1], 0, 1025, 0);
    expect(posted[2], 1025, 1025, 0);
}
END_TEST

/* Calls that block get theirs in the order in which they came, too; a peek takes nothing. */
START_TEST(c11_c65_c32_superframe_to_calls_that_block)
{
    const struct world_family *family = FEED_FAMILY;
    const struct receive_room peek = {.flags = MSG_PEEK};
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);
    struct later *later[3];

    for (unsigned i = 0; i < 3; i++) {
        later[i] = world_later(s, i == 0 ? &peek : NULL);
        world_later_blocked(later[i]);
    }
    feed_run(FEED, family, port, payload, 34, 10);
    for (unsigned i = 0; i < 3; i++) {
        world_join_later(later[i], &received);
        ck_assert_int_eq(received.result, 0);
        world_assert_payload(&received, payload + (i == 2 ? 10 : 0), 10);
    }
    world_receive(s, &received);
    world_assert_payload(&received, payload + 20, 10);
    world_receive(s, &received);
    world_assert_payload(&received, payload + 30, 4);
}
END_TEST

/* What was posted before the socket was shut gets data still, the rest is lost (WB 8.5). */
START_TEST(c50_c32_superframe_to_a_socket_that_was_shut)
{
    struct channel channel;
    struct posted *posted[2];
    struct winlwip_stats stats;

    open_channel(&channel, PARKED_FAMILY, CHANNEL_WAY, 0);
    posted[0] = posted_receive(&channel);
    posted[1] = posted_receive(&channel);
    ck_assert_int_eq(shutdown(channel.s, SD_RECEIVE), 0);
    feed_run(PARKED_FEED, PARKED_FAMILY, channel.port, payload, 44, 10);
    expect(posted[0], 0, 10, 0);
    expect(posted[1], 10, 10, 0);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 2);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_NO_MEMORY], 3);
    ck_assert_uint_eq(stats.copies_dropped, 3);
}
END_TEST

Suite *suite_contract_superframes_parked(void)
{
    Suite *suite = suite_create("superframes_parked");
    TCase *tcase = tcase_create("superframes_parked");

    tcase_add_checked_fixture(tcase, setup_early, overlapped_teardown);
    tcase_add_loop_test(tcase, c50_c32_superframe_to_posted_receives, 0, PARKED_LOOPS);
    tcase_add_loop_test(tcase, c50_c32_superframe_to_more_receives_than_it_fills, 0, PARKED_LOOPS);
    tcase_add_loop_test(tcase, c61_c32_superframe_to_a_short_receive, 0, PARKED_LOOPS);
    tcase_add_loop_test(tcase, c50_c32_superframe_joined_for_posted_receives, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_joined_to_its_end, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c11_c65_c32_superframe_to_calls_that_block, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c50_c32_superframe_to_a_socket_that_was_shut, 0, PARKED_LOOPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
