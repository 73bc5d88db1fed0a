/*
 * test_recvqueue.c - the receive queue: order, budget, bounds.
 */
#include <check.h>
#include <stdlib.h>

#include <winsock2.h>

#include "include/winlwip.h"
#include "config/limits.h"
#include "winsock/recvqueue.h"
#include "tests/unit/suites.h"

static struct recvqueue queue;

/* A stack without a thread of its own: its packets may be made without the stack lock then. */
static void setup(void)
{
    static const struct winlwip_config config = {.no_background = true};
    WSADATA data;

    ck_assert_int_eq(winlwip_configure(&config), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    recvqueue_init(&queue);
}

static void teardown(void)
{
    recvqueue_fini(&queue);
    ck_assert_int_eq(WSACleanup(), 0);
}

/* A packet of the stack's, with a number in it by which it is known again. */
static struct packet *make_packet(uint32_t number)
{
    struct datagram_meta meta = {.length = 0, .interface_index = number};
    uint8_t nothing = 0;
    struct datagram datagram = {.meta = &meta, .data = &nothing};
    struct packet *packet = datagram_keep(&datagram);

    ck_assert_ptr_nonnull(packet);
    packet_put(datagram.kept); /* the stack's own reference */
    return packet;
}

static uint32_t number_of(const struct packet *packet)
{
    return packet_view(packet).meta->interface_index;
}

static enum recvqueue_room offer(uint32_t number, uint32_t bytes, uint32_t budget)
{
    enum recvqueue_room room = recvqueue_reserve(&queue, bytes, budget);

    if (room == RECVQUEUE_ROOM)
        recvqueue_push(&queue, make_packet(number), bytes);
    return room;
}

static void expect(uint32_t number)
{
    struct recvqueue_run run;

    ck_assert(recvqueue_pop(&queue, &run));
    ck_assert_uint_eq(number_of(run.packet), number);
    packet_put(run.packet);
}

START_TEST(first_in_first_out_through_growth_and_wrapping)
{
    uint32_t in = 0, out = 0;

    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 7; i++)
            ck_assert_int_eq(offer(in++, 1, 65536), RECVQUEUE_ROOM);
        for (int i = 0; i < 5; i++)
            expect(out++);
    }
    while (!recvqueue_empty(&queue))
        expect(out++);
    ck_assert_uint_eq(in, out);
    ck_assert(!recvqueue_pop(&queue, &(struct recvqueue_run){0}));
    ck_assert_uint_eq(queue.bytes, 0);
}
END_TEST

START_TEST(a_large_ring_goes_when_it_is_empty)
{
    uint32_t in = 0, out = 0;

    for (uint32_t length = 1; length <= 4 * RECVQUEUE_KEPT; length *= 2) {
        for (uint32_t i = 0; i < length; i++) {
            ck_assert_int_eq(offer(in++, 1, 65536), RECVQUEUE_ROOM);
        }
        ck_assert_uint_ge(queue.capacity, length);
        while (!recvqueue_empty(&queue)) {
            expect(out++);
        }
        ck_assert_uint_le(queue.capacity, RECVQUEUE_KEPT);
    }
    ck_assert_ptr_eq(queue.ring, queue.own);
    ck_assert_uint_eq(in, out);
}
END_TEST

START_TEST(a_queue_is_moved_with_all_that_waits)
{
    static const uint32_t lengths[] = {0, 1, RECVQUEUE_OWN, RECVQUEUE_OWN + 1};

    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct recvqueue from;
        recvqueue_init(&from);
        for (uint32_t n = 0; n < lengths[i]; n++) {
            ck_assert_int_eq(recvqueue_reserve(&from, 1, 65536), RECVQUEUE_ROOM);
            recvqueue_push(&from, make_packet(n), 1);
        }
        recvqueue_move(&queue, &from);
        ck_assert(recvqueue_empty(&from));
        recvqueue_fini(&from);
        for (uint32_t n = 0; n < lengths[i]; n++) {
            expect(n);
        }
        ck_assert(recvqueue_empty(&queue));
        recvqueue_fini(&queue);
    }
}
END_TEST

START_TEST(the_budget_counts_payload)
{
    ck_assert_int_eq(offer(1, 60, 100), RECVQUEUE_ROOM);
    ck_assert_int_eq(offer(2, 41, 100), RECVQUEUE_FULL);
    ck_assert_int_eq(offer(2, 40, 100), RECVQUEUE_ROOM);
    ck_assert_int_eq(offer(3, 1, 100), RECVQUEUE_FULL);
    ck_assert_int_eq(offer(3, 0, 100), RECVQUEUE_ROOM);
    ck_assert_uint_eq(queue.bytes, 100);
    expect(1);
    ck_assert_int_eq(offer(4, 60, 100), RECVQUEUE_ROOM);
}
END_TEST

START_TEST(an_empty_queue_takes_any_size)
{
    ck_assert_int_eq(offer(1, 65507, 100), RECVQUEUE_ROOM);
    ck_assert_int_eq(offer(2, 1, 100), RECVQUEUE_FULL);
}
END_TEST

START_TEST(a_budget_of_zero_takes_nothing)
{
    ck_assert_int_eq(offer(1, 0, 0), RECVQUEUE_FULL);
    ck_assert_int_eq(offer(1, 10, 0), RECVQUEUE_FULL);
}
END_TEST

START_TEST(empty_datagrams_are_bounded)
{
    for (uint32_t i = 0; i < LIMIT_QUEUE_DATAGRAMS; i++)
        ck_assert_int_eq(offer(i, 0, 65536), RECVQUEUE_ROOM);
    ck_assert_int_eq(offer(0, 0, 65536), RECVQUEUE_FULL);
    expect(0);
    ck_assert_int_eq(offer(0, 0, 65536), RECVQUEUE_ROOM);
}
END_TEST

START_TEST(c11_a_peek_leaves_the_packet)
{
    struct recvqueue_run run;

    ck_assert(!recvqueue_peek(&queue, &run));
    offer(1, 10, 100);
    ck_assert(recvqueue_peek(&queue, &run));
    ck_assert_uint_eq(number_of(run.packet), 1);
    packet_put(run.packet);
    expect(1);
}
END_TEST

/* How many of a superframe's datagrams have room, asked one by one. */
static struct recvqueue_share share_of_single_ones(uint64_t bytes, uint32_t datagrams,
                                                   uint32_t length, uint32_t segment_size,
                                                   uint32_t budget)
{
    struct recvqueue_share share = {0};

    for (uint32_t at = 0; at < length; at += segment_size) {
        uint32_t part = length - at < segment_size ? length - at : segment_size;
        if (budget == 0 || datagrams == LIMIT_QUEUE_DATAGRAMS ||
            (datagrams != 0 && bytes + part > budget))
            continue;
        bytes += part;
        datagrams++;
        share.count += part == segment_size;
        share.last |= part != segment_size;
    }
    return share;
}

START_TEST(c32_a_superframe_has_room_like_single_datagrams)
{
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t segment_size = 1 + (uint32_t)rand() % 50;
        uint32_t length = segment_size + 1 + (uint32_t)rand() % 300;
        uint32_t budget = (uint32_t)rand() % 400;
        struct recvqueue_share share = {0}, wanted;
        /* No packets: only what counts them. */
        queue.datagrams = rand() % 3 != 0 ? 0 : LIMIT_QUEUE_DATAGRAMS - (uint32_t)rand() % 12;
        queue.bytes = queue.datagrams == 0 ? 0 : (uint32_t)rand() % 400;
        wanted = share_of_single_ones(queue.bytes, queue.datagrams, length, segment_size, budget);
        ck_assert_int_eq(recvqueue_reserve_share(&queue, length, segment_size, budget, &share),
                         wanted.count != 0 || wanted.last ? RECVQUEUE_ROOM : RECVQUEUE_FULL);
        ck_assert_uint_eq(share.count, wanted.count);
        ck_assert_int_eq(share.last, wanted.last);
    }
    queue.datagrams = 0;
    queue.bytes = 0;
}
END_TEST

static enum recvqueue_room offer_error(int code)
{
    const struct recvqueue_error error = {.peer = {.port = 7}, .code = code};

    return recvqueue_push_error(&queue, &error);
}

static void expect_error(int code)
{
    ck_assert(!recvqueue_pop(&queue, &(struct recvqueue_run){0}));
    ck_assert(!recvqueue_peek(&queue, &(struct recvqueue_run){0}));
    ck_assert_ptr_nonnull(recvqueue_error(&queue));
    ck_assert_int_eq(recvqueue_error(&queue)->code, code);
    ck_assert_uint_eq(recvqueue_error(&queue)->peer.port, 7);
    recvqueue_drop_error(&queue);
}

/* Through growth and wrapping, too. */
START_TEST(c35_errors_and_packets_keep_their_order)
{
    ck_assert_ptr_null(recvqueue_error(&queue));
    for (int round = 0; round < 40; round++) {
        ck_assert_int_eq(offer(1, 10, 100), RECVQUEUE_ROOM);
        ck_assert_int_eq(offer_error(2), RECVQUEUE_ROOM);
        ck_assert_int_eq(offer_error(3), RECVQUEUE_ROOM);
        ck_assert_int_eq(offer(4, 10, 100), RECVQUEUE_ROOM);
        ck_assert_ptr_null(recvqueue_error(&queue));
        expect(1);
        expect_error(2);
        ck_assert_int_eq(offer(5, 10, 100), RECVQUEUE_ROOM);
        expect_error(3);
        expect(4);
        expect(5);
        ck_assert(recvqueue_empty(&queue));
    }
}
END_TEST

START_TEST(c35_errors_are_bounded_and_cost_no_budget)
{
    for (int i = 0; i < LIMIT_QUEUE_ERRORS; i++) {
        ck_assert_int_eq(offer_error(i), RECVQUEUE_ROOM);
    }
    ck_assert_int_eq(offer_error(0), RECVQUEUE_FULL);
    ck_assert_uint_eq(queue.bytes, 0);
    ck_assert_int_eq(offer(1, 1000, 100), RECVQUEUE_ROOM); /* the first datagram: of any size */
    ck_assert_int_eq(offer(2, 1, 100), RECVQUEUE_FULL);
    expect_error(0);
    ck_assert_int_eq(offer_error(0), RECVQUEUE_ROOM);
}
END_TEST

Suite *suite_recvqueue(void)
{
    Suite *suite = suite_create("recvqueue");
    TCase *tests = tcase_create("recvqueue");

    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, first_in_first_out_through_growth_and_wrapping);
    tcase_add_test(tests, a_large_ring_goes_when_it_is_empty);
    tcase_add_test(tests, a_queue_is_moved_with_all_that_waits);
    tcase_add_test(tests, the_budget_counts_payload);
    tcase_add_test(tests, an_empty_queue_takes_any_size);
    tcase_add_test(tests, a_budget_of_zero_takes_nothing);
    tcase_add_test(tests, empty_datagrams_are_bounded);
    tcase_add_test(tests, c11_a_peek_leaves_the_packet);
    tcase_add_test(tests, c32_a_superframe_has_room_like_single_datagrams);
    tcase_add_test(tests, c35_errors_and_packets_keep_their_order);
    tcase_add_test(tests, c35_errors_are_bounded_and_cost_no_budget);
    suite_add_tcase(suite, tests);
    return suite;
}
