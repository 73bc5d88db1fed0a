/*
 * test_cancel.c - how operations end early: their socket is closed, they are cancelled, the library
 * is stopped (C56, C57, C69; WB 14.1-14.4, 13.6).
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

enum { RECEIVES = 5 };

/* Some receives of every kind; a peek is none less. */
static void post_several(struct channel *channel, struct posted **posted)
{
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted[i] = posted_new(channel, (enum posted_call)(i % RECEIVE_CALLS));
        if (i == RECEIVES - 1) {
            posted[i]->flags = MSG_PEEK;
        }
        posted_pends(posted[i]);
        posted[i]->flags = 0; /* lpFlags was read at the call */
    }
}

/* Collects all; each was aborted, once, and nothing but its OVERLAPPED was written (C69). */
static void all_aborted(struct channel *channel, struct posted **posted)
{
    if (channel->way == WAY_HANDLE) {
        channel->way = WAY_POLL; /* the socket may be closed */
    }
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted_wait(posted[i]);
    }
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted_assert(posted[i], WSA_OPERATION_ABORTED, 0);
        posted_untouched(posted[i]);
        posted_nothing_more(posted[i]);
    }
}

/* --- closesocket (C56) --- */

START_TEST(c56_c69_wb13_6_closing_aborts_everything_once)
{
    struct channel channel;
    struct posted *posted[RECEIVES];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    ck_assert_int_eq(closesocket(channel.s), 0);
    all_aborted(&channel, posted);
}
END_TEST

static void close_it(void *s)
{
    closesocket(*(SOCKET *)s);
}

/* Another thread closes it while this one waits for a completion. */
START_TEST(c56_closed_by_another_thread)
{
    struct channel channel;
    struct posted *posted[RECEIVES];
    struct worker *worker;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    worker = worker_start(close_it, &channel.s);
    all_aborted(&channel, posted);
    worker_join(worker);
}
END_TEST

/* CloseHandle() of a socket does the same (WB 13.17). */
START_TEST(c56_wb13_17_closehandle)
{
    struct channel channel;
    struct posted *posted[RECEIVES];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    ck_assert_int_eq(CloseHandle((HANDLE)channel.s), TRUE);
    all_aborted(&channel, posted);
}
END_TEST

/* Memory that was freed when its completion was collected is not touched later. */
START_TEST(c56_nothing_is_touched_after_its_completion)
{
    struct channel channel;
    struct posted *posted, *last;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < 30; i++) {
        posted = posted_receive(&channel);
        if (i % 3 == 0) {
            ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted->overlapped), TRUE);
            posted_ends(posted, WSA_OPERATION_ABORTED, 0);
            posted_free(posted);
            deliver(CHANNEL_FAMILY, channel.port, "behind");
            posted = posted_new(&channel, CALL_RECVMSG);
            posted_start(posted);
        } else {
            deliver(CHANNEL_FAMILY, channel.port, "behind");
        }
        posted_receives(posted, "behind");
        posted_free(posted);
    }
    last = posted_receive(&channel);
    closesocket(channel.s);
    if (CHANNEL_WAY == WAY_HANDLE) {
        channel.way = WAY_POLL;
    }
    posted_ends(last, WSA_OPERATION_ABORTED, 0);
    posted_free(last);
}
END_TEST

/* A synchronous receive and posted ones end together (C45). */
START_TEST(c56_c45_with_a_call_that_waits)
{
    static struct received received;
    struct channel channel;
    struct posted *posted[RECEIVES];
    struct later *later;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    later = world_later(channel.s, NULL);
    world_later_blocked(later);
    ck_assert_int_eq(closesocket(channel.s), 0);
    all_aborted(&channel, posted);
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
}
END_TEST

/* --- CancelIoEx, CancelIo (C57) --- */

START_TEST(c57_wb14_3_one_operation)
{
    struct channel channel;
    struct posted *posted[3];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < 3; i++) {
        posted[i] = posted_receive(&channel);
    }
    SetLastError(UNTOUCHED);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted[1]->overlapped), TRUE);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    posted_wait(posted[1]);
    posted_assert(posted[1], WSA_OPERATION_ABORTED, 0);
    posted_untouched(posted[1]);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted[1]->overlapped), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_FOUND);
    posted_pending(posted[0]);
    posted_pending(posted[2]);
    deliver(CHANNEL_FAMILY, channel.port, "first");
    deliver(CHANNEL_FAMILY, channel.port, "last");
    posted_wait(posted[0]);
    posted_wait(posted[2]);
    posted_assert(posted[0], 0, 5);
    posted_assert(posted[2], 0, 4);
}
END_TEST

START_TEST(c57_c69_all_operations)
{
    struct channel channel;
    struct posted *posted[RECEIVES], *more;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, NULL), TRUE);
    all_aborted(&channel, posted);
    channel.way = CHANNEL_WAY;
    more = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "goes on");
    posted_receives(more, "goes on");
}
END_TEST

START_TEST(c57_wb14_1_wb14_2_nothing_to_cancel)
{
    struct channel channel;
    WSAOVERLAPPED never = {.Internal = 0x103};
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    SetLastError(0);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, NULL), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_FOUND);
    SetLastError(0);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &never), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_FOUND);
    SetLastError(UNTOUCHED);
    ck_assert_int_eq(CancelIo((HANDLE)channel.s), TRUE);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    posted = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "complete");
    posted_receives(posted, "complete");
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted->overlapped), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_FOUND);
    posted_nothing_more(posted);
}
END_TEST

START_TEST(c57_bad_handles)
{
    static const ULONG_PTR wrong[] = {0, 0xdead0, ~(ULONG_PTR)0};
    HANDLE event = overlapped_event(TRUE);

    for (unsigned i = 0; i < 3; i++) {
        SetLastError(0);
        ck_assert_int_eq(CancelIoEx((HANDLE)wrong[i], NULL), FALSE);
        ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
        SetLastError(0);
        ck_assert_int_eq(CancelIo((HANDLE)wrong[i]), FALSE);
        ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    }
    ck_assert_int_eq(CancelIoEx(event, NULL), FALSE);
}
END_TEST

struct canceller {
    SOCKET s;
    LPOVERLAPPED overlapped;
    BOOL ex, result;
};

static void cancel(void *argument)
{
    struct canceller *canceller = argument;

    canceller->result = canceller->ex
                            ? CancelIoEx((HANDLE)canceller->s, canceller->overlapped)
                            : CancelIo((HANDLE)canceller->s);
}

/* CancelIo() is for what the calling thread has started; CancelIoEx() for what anybody has. */
START_TEST(c57_from_another_thread)
{
    struct channel channel;
    struct posted *posted;
    struct canceller canceller;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    canceller = (struct canceller){.s = channel.s};
    worker_join(worker_start(cancel, &canceller));
    ck_assert_int_eq(canceller.result, TRUE);
    posted_pending(posted);
    canceller.ex = TRUE;
    canceller.overlapped = &posted->overlapped;
    worker_join(worker_start(cancel, &canceller));
    ck_assert_int_eq(canceller.result, TRUE);
    posted_ends(posted, WSA_OPERATION_ABORTED, 0);
    posted = posted_receive(&channel);
    ck_assert_int_eq(CancelIo((HANDLE)channel.s), TRUE);
    posted_ends(posted, WSA_OPERATION_ABORTED, 0);
}
END_TEST

/* A datagram that comes while its receive is being cancelled goes to the one or stays queued. */
START_TEST(c57_cancelling_loses_no_datagram)
{
    enum { ROUNDS = 60 };
    static struct received received;
    struct channel channel;
    unsigned filled = 0, left = 0;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set_nonblocking(channel.s);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct posted *posted = posted_receive(&channel);
        struct canceller canceller = {
            .s = channel.s, .ex = TRUE, .overlapped = &posted->overlapped};
        struct worker *worker = worker_start(cancel, &canceller);

        deliver(CHANNEL_FAMILY, channel.port, "one or the other");
        worker_join(worker);
        posted_wait(posted);
        posted_nothing_more(posted);
        posted_assert(posted, posted->outcome, posted->outcome == 0 ? 16 : 0);
        ck_assert_int_eq(canceller.result, posted->outcome == WSA_OPERATION_ABORTED);
        filled += posted->outcome == 0;
        world_settle(&(struct winlwip_stats){0});
        world_receive_into(channel.s, NULL, &received);
        left += received.result == 0;
        ck_assert_uint_eq(filled + left, i + 1);
    }
}
END_TEST

/* --- WSACleanup --- */

START_TEST(c56_the_last_cleanup_aborts_everything)
{
    struct channel channel;
    struct posted *posted[RECEIVES];

    world_start(
        &(struct world_options){.links = 1, .no_background = CHANNEL_FAMILY->af == AF_INET});
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    post_several(&channel, posted);
    ck_assert_int_eq(WSACleanup(), 0);
    /* Events, ports and routines are kernel32's, and are told after the end as well. */
    for (unsigned i = 0; i < RECEIVES; i++) {
        ck_assert_uint_eq(posted[i]->overlapped.Internal, 0xC0000120);
        ck_assert_uint_eq(posted[i]->overlapped.InternalHigh, 0);
        posted_untouched(posted[i]);
    }
    if (CHANNEL_WAY == WAY_ROUTINE || CHANNEL_WAY == WAY_PORT) {
        for (unsigned i = 0; i < RECEIVES; i++) {
            posted_wait(posted[i]);
            posted_assert(posted[i], WSA_OPERATION_ABORTED, 0);
        }
        posted_nothing_more(posted[0]);
    }
    for (unsigned i = 0; i < RECEIVES && CHANNEL_WAY == WAY_EVENT; i++) {
        ck_assert_uint_eq(WaitForSingleObject(posted[i]->overlapped.hEvent, 0), WAIT_OBJECT_0);
        ck_assert_uint_eq(WaitForSingleObject(posted[i]->overlapped.hEvent, 0), WAIT_TIMEOUT);
    }
    memlink_free(world.link[0]);
    world.started = false;
}
END_TEST

static void wait_for_event(void *event)
{
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}

/* A thread that waits for a completion meanwhile is woken by it. */
START_TEST(c56_a_cleanup_under_a_wait)
{
    struct channel channel;
    struct posted *posted;
    struct worker *worker;

    world_start(&(struct world_options){.links = 1, .no_background = _i != 0});
    channel_open(&channel, "192.0.2.1", WAY_EVENT);
    posted = posted_receive(&channel);
    worker = worker_start(wait_for_event, posted->overlapped.hEvent);
    worker_blocked(worker);
    ck_assert_int_eq(WSACleanup(), 0);
    worker_join(worker);
    ck_assert_uint_eq(posted->overlapped.Internal, 0xC0000120);
    memlink_free(world.link[0]);
    world.started = false;
}
END_TEST

Suite *suite_contract_cancel(void)
{
    Suite *suite = suite_create("cancel");
    TCase *tcase = tcase_create("cancel"), *bare = tcase_create("cancel_bare");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c56_c69_wb13_6_closing_aborts_everything_once, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c56_closed_by_another_thread, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c56_wb13_17_closehandle, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c56_nothing_is_touched_after_its_completion, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c56_c45_with_a_call_that_waits, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c57_wb14_3_one_operation, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c57_c69_all_operations, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c57_wb14_1_wb14_2_nothing_to_cancel, 0, OVERLAPPED_LOOPS);
    tcase_add_test(tcase, c57_bad_handles);
    tcase_add_loop_test(tcase, c57_from_another_thread, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c57_cancelling_loses_no_datagram, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(bare, NULL, overlapped_teardown);
    tcase_add_loop_test(bare, c56_the_last_cleanup_aborts_everything, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(bare, c56_a_cleanup_under_a_wait, 0, 2);
    suite_add_tcase(suite, bare);
    return suite;
}
