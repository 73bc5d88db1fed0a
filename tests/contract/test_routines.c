/*
 * test_routines.c - completion routines and APCs: in which thread, in which waits, in which order,
 * and what a routine may do (C53, C54; WB 12.1-12.3, 12.7-12.9).
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* Waits until an operation has ended, without an alertable wait. */
static void until_complete(struct posted *posted)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!HasOverlappedIoCompleted(&posted->overlapped)) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
}

/*
 * A receive by routine that has completed; its routine waits to be called. It is queued behind the
 * end that the OVERLAPPED tells (C61): who fills that in may be held up in between.
 */
static struct posted *completed_receive(struct channel *channel, const struct world_family *family)
{
    struct posted *posted = posted_receive(channel);

    deliver(family, channel->port, "waits to be called");
    until_complete(posted);
    world_settle(&(struct winlwip_stats){0});
    return posted;
}

/* --- in which waits --- */

START_TEST(c53_wb12_7_not_in_waits_that_are_not_alertable)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(TRUE), port = overlapped_port();
    LPOVERLAPPED packet;
    OVERLAPPED_ENTRY entry;
    ULONG_PTR key;
    ULONG count;
    DWORD bytes;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = completed_receive(&channel, FAMILY);
    Sleep(1);
    ck_assert_uint_eq(SleepEx(1, FALSE), 0);
    ck_assert_uint_eq(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObjectEx(event, 1, FALSE), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForMultipleObjects(1, &event, TRUE, 1), WAIT_TIMEOUT);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(1, &event, FALSE, 1, FALSE), WSA_WAIT_TIMEOUT);
    ck_assert_int_eq(GetQueuedCompletionStatus(port, &bytes, &key, &packet, 1), FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port, &entry, 1, &count, 1, FALSE), FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
    ck_assert_uint_eq(posted->times, 0);
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(posted->times, 1);
}
END_TEST

/* The alertable waits, each for so long. All return WAIT_IO_COMPLETION as a wait would. */
static HANDLE waited_for, waited_port;

static DWORD by_sleep(DWORD timeout_ms)
{
    return SleepEx(timeout_ms, TRUE);
}

static DWORD by_one_object(DWORD timeout_ms)
{
    return WaitForSingleObjectEx(waited_for, timeout_ms, TRUE);
}

static DWORD by_any_object(DWORD timeout_ms)
{
    return WaitForMultipleObjectsEx(1, &waited_for, FALSE, timeout_ms, TRUE);
}

static DWORD by_all_objects(DWORD timeout_ms)
{
    return WaitForMultipleObjectsEx(1, &waited_for, TRUE, timeout_ms, TRUE);
}

static DWORD by_events(DWORD timeout_ms)
{
    return WSAWaitForMultipleEvents(1, &waited_for, FALSE, timeout_ms, TRUE);
}

static DWORD by_port(DWORD timeout_ms)
{
    OVERLAPPED_ENTRY entry;
    ULONG count = 0;

    ck_assert_int_eq(
        GetQueuedCompletionStatusEx(waited_port, &entry, 1, &count, timeout_ms, TRUE), FALSE);
    return GetLastError();
}

static DWORD (*const alertable_waits[])(DWORD timeout_ms) = {
    by_sleep, by_one_object, by_any_object, by_all_objects, by_events, by_port};
#define ALERTABLE_WAITS 6

/* Before the wait and during it. */
START_TEST(c53_wb12_2_in_every_alertable_wait)
{
    const struct world_family *family = &world_families[_i % WORLD_FAMILIES];
    DWORD (*wait)(DWORD timeout_ms) = alertable_waits[_i / WORLD_FAMILIES];
    struct channel channel;
    struct posted *posted;

    waited_for = overlapped_event(TRUE);
    waited_port = overlapped_port();
    channel_open(&channel, family->us, WAY_ROUTINE);
    posted = completed_receive(&channel, family);
    ck_assert_uint_eq(wait(0), WAIT_IO_COMPLETION);
    posted_assert(posted, 0, 18);
    posted = completed_receive(&channel, family);
    ck_assert_uint_eq(wait(INFINITE), WAIT_IO_COMPLETION);
    posted_assert(posted, 0, 18);
    posted = posted_receive(&channel);
    deliver(family, channel.port, "while it waits");
    ck_assert_uint_eq(wait(WORLD_PATIENCE_MS), WAIT_IO_COMPLETION);
    posted_assert(posted, 0, 14);
    ck_assert_uint_ne(wait(1), WAIT_IO_COMPLETION);
}
END_TEST

/* An object that is signaled already ends an alertable wait before any routine is called. */
START_TEST(c53_a_wait_that_is_satisfied_calls_nothing)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(FALSE);

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = completed_receive(&channel, FAMILY);
    SetEvent(event);
    ck_assert_uint_eq(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_OBJECT_0);
    ck_assert_uint_eq(posted->times, 0);
    ck_assert_uint_eq(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(posted->times, 1);
}
END_TEST

/* Routines don't consume what the wait was for. */
START_TEST(c53_a_routine_leaves_the_events_of_the_wait)
{
    struct channel channel;
    struct posted *posted;
    HANDLE events[2] = {overlapped_event(FALSE), overlapped_event(FALSE)};

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = completed_receive(&channel, FAMILY);
    SetEvent(events[1]);
    ck_assert_uint_eq(WaitForMultipleObjectsEx(2, events, TRUE, INFINITE, TRUE),
                      WAIT_IO_COMPLETION);
    ck_assert_uint_eq(posted->times, 1);
    ck_assert_uint_eq(WaitForSingleObject(events[1], 0), WAIT_OBJECT_0);
}
END_TEST

/* A packet that is there is taken; the routine waits on (WB 12.8). */
START_TEST(c53_wb12_8_a_packet_comes_before_a_routine)
{
    struct channel channel;
    struct posted *posted;
    HANDLE port = overlapped_port();
    OVERLAPPED_ENTRY entries[2];
    OVERLAPPED any;
    ULONG count = 0;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = completed_receive(&channel, FAMILY);
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 7, 8, &any), TRUE);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port, entries, 2, &count, INFINITE, TRUE), TRUE);
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_eq(entries[0].lpOverlapped, &any);
    ck_assert_uint_eq(posted->times, 0);
    SetLastError(0);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port, entries, 2, &count, INFINITE, TRUE), FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(posted->times, 1);
}
END_TEST

/* --- in which thread --- */

static void wait_alertably(void *argument)
{
    ck_assert_uint_eq(WaitForSingleObjectEx(*(HANDLE *)argument, WORLD_PATIENCE_MS, TRUE),
                      WAIT_OBJECT_0);
}

START_TEST(c53_only_in_the_thread_that_made_the_call)
{
    struct channel channel;
    struct posted *posted;
    HANDLE end = overlapped_event(TRUE);
    struct worker *worker;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    worker = worker_start(wait_alertably, &end);
    posted = completed_receive(&channel, FAMILY);
    worker_blocked(worker);
    ck_assert_uint_eq(posted->times, 0);
    SetEvent(end);
    worker_join(worker);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    posted_assert(posted, 0, 18);
}
END_TEST

/* --- how many, in which order --- */

START_TEST(c54_all_that_wait_are_called_before_the_wait_returns)
{
    enum { RECEIVES = 9 };
    struct channel channels[3];
    struct posted *posted[RECEIVES];
    unsigned first;

    for (unsigned i = 0; i < 3; i++) {
        channel_open(&channels[i], FAMILY->us, WAY_ROUTINE);
    }
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted[i] = completed_receive(&channels[i % 3], FAMILY);
    }
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    first = posted[0]->order;
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted_assert(posted[i], 0, 18);
        ck_assert_uint_eq(posted[i]->order, first + i); /* in the order of completion */
    }
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

static char trail[16];

static void CALLBACK leave_trail(ULONG_PTR letter)
{
    trail[strlen(trail)] = (char)letter;
}

static void CALLBACK queue_more(ULONG_PTR letter)
{
    leave_trail(letter);
    ck_assert_uint_ne(QueueUserAPC(leave_trail, GetCurrentThread(), letter + 1), 0);
}

START_TEST(c54_wb12_9_user_apcs_in_order)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    ck_assert_uint_ne(QueueUserAPC(leave_trail, GetCurrentThread(), 'a'), 0);
    posted = completed_receive(&channel, FAMILY);
    ck_assert_uint_ne(QueueUserAPC(queue_more, GetCurrentThread(), 'b'), 0);
    ck_assert_uint_ne(QueueUserAPC(leave_trail, GetCurrentThread(), 'x'), 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_str_eq(trail, "abxc");
    ck_assert_uint_eq(posted->times, 1);
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

static DWORD WINAPI wait_for_apcs(LPVOID end)
{
    ck_assert_uint_eq(WaitForSingleObjectEx((HANDLE)end, INFINITE, TRUE), WAIT_IO_COMPLETION);
    return 0;
}

/* Another thread's wait is woken; one that has ended takes nothing (WB 12.9). */
START_TEST(c53_wb12_9_apcs_of_other_threads)
{
    HANDLE end = overlapped_event(TRUE);
    HANDLE thread = CreateThread(NULL, 0, wait_for_apcs, end, 0, NULL);

    overlapped_track(thread);
    ck_assert_uint_ne(QueueUserAPC(leave_trail, thread, 'o'), 0);
    ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_str_eq(trail, "o");
    SetLastError(0);
    ck_assert_uint_eq(QueueUserAPC(leave_trail, thread, 'x'), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_GEN_FAILURE);
    SetLastError(0);
    ck_assert_uint_eq(QueueUserAPC(leave_trail, end, 'x'), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    ck_assert_str_eq(trail, "o");
}
END_TEST

/* --- what a routine may do --- */

static struct posted *inner;
static DWORD inner_wait;

static void wait_inside(struct posted *posted)
{
    (void)posted;
    inner_wait = SleepEx(20, TRUE);
}

/* A wait in a routine calls no routine of the same socket (C54). */
START_TEST(c54_routines_of_one_socket_do_not_nest)
{
    struct channel channel;
    struct posted *outer;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    outer = completed_receive(&channel, FAMILY);
    outer->then = wait_inside;
    inner = completed_receive(&channel, FAMILY);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(inner_wait, 0);
    posted_assert(outer, 0, 18);
    posted_assert(inner, 0, 18);
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

/* It calls those of other sockets, and what was queued by hand. */
START_TEST(c54_routines_of_two_sockets_may_nest)
{
    struct channel channel, other;
    struct posted *outer, *same;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    channel_open(&other, FAMILY->us, WAY_ROUTINE);
    outer = completed_receive(&channel, FAMILY);
    outer->then = wait_inside;
    same = completed_receive(&channel, FAMILY);
    inner = completed_receive(&other, FAMILY);
    ck_assert_uint_ne(QueueUserAPC(leave_trail, GetCurrentThread(), 'n'), 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(inner_wait, WAIT_IO_COMPLETION);
    ck_assert_uint_eq(outer->times, 1);
    ck_assert_uint_eq(inner->times, 1);
    ck_assert_uint_eq(same->times, 1);
    ck_assert_uint_lt(inner->order, same->order);
    ck_assert_str_eq(trail, "n");
}
END_TEST

enum { CHAIN = 50 };
static unsigned chain;

static void post_the_next(struct posted *posted)
{
    struct posted *next;

    posted_assert(posted, 0, 4);
    if (++chain < CHAIN) {
        next = posted_new(posted->channel, CALL_RECVMSG);
        next->then = post_the_next;
        if (posted_start(next) != 0) {
            ck_assert_int_eq(next->error, WSA_IO_PENDING);
        }
    }
}

/* A routine posts the next receive, pending or completing at once. */
START_TEST(c54_a_routine_posts_the_next_receive)
{
    struct channel channel;
    struct posted *posted;

    chain = 0;
    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->then = post_the_next;
    posted_pends(posted);
    for (unsigned i = 0; i < CHAIN; i++) {
        deliver(FAMILY, channel.port, "next");
        if (i % 7 == 0) {
            ck_assert_uint_eq(SleepEx(WORLD_PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
        }
    }
    while (chain < CHAIN) {
        ck_assert_uint_eq(SleepEx(WORLD_PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
    }
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

static void close_the_socket(struct posted *posted)
{
    ck_assert_int_eq(closesocket(posted->channel->s), 0);
}

/* A routine closes its socket: what was pending is aborted, by routines that follow. */
START_TEST(c54_c56_a_routine_closes_the_socket)
{
    struct channel channel;
    struct posted *posted[4];

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted[0] = posted_new(&channel, CALL_RECVMSG);
    posted[0]->then = close_the_socket;
    posted_pends(posted[0]);
    for (unsigned i = 1; i < 4; i++) {
        posted[i] = posted_receive(&channel);
    }
    deliver(FAMILY, channel.port, "closes");
    for (unsigned i = 0; i < 4; i++) {
        posted_wait(posted[i]);
    }
    posted_assert(posted[0], 0, 6);
    for (unsigned i = 1; i < 4; i++) {
        posted_assert(posted[i], WSA_OPERATION_ABORTED, 0);
    }
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

/* A wait with a time limit inside a routine, without any other routine, takes its time. */
START_TEST(c54_a_routine_waits_for_an_event)
{
    struct channel channel;
    struct posted *posted;
    int64_t start = world_now_ms();

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = completed_receive(&channel, FAMILY);
    posted->then = wait_inside;
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(inner_wait, 0);
    ck_assert_int_ge(world_now_ms() - start, 19);
}
END_TEST

/* A send's routine is called as a receive's is (WB 12.3). */
START_TEST(c53_wb12_3_routines_of_sends)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->loopback, WAY_ROUTINE);
    posted = posted_new(&channel, CALL_SENDTO);
    posted_text(posted, "myself");
    posted_to(posted, FAMILY->loopback, channel.port);
    posted_completes(posted);
    Sleep(1);
    ck_assert_uint_eq(posted->times, 0);
    posted_ends(posted, 0, 6);
}
END_TEST

/* The routine's flags are 0; what there is to say stands in WSAMSG (WB 12.1). */
START_TEST(c53_wb12_1_flags_stand_in_the_message)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->any, WAY_ROUTINE);
    world_join(channel.s, FAMILY);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->buffer.len = 2;
    posted_pends(posted);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .dst_port = channel.port, .text = "group"});
    posted_ends(posted, WSAEMSGSIZE, 2);
    ck_assert_uint_eq(posted->result_flags, 0);
    ck_assert_uint_eq(posted->message.dwFlags, MSG_MCAST | MSG_TRUNC);
}
END_TEST

Suite *suite_contract_routines(void)
{
    Suite *suite = suite_create("routines");
    TCase *tcase = tcase_create("routines");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c53_wb12_7_not_in_waits_that_are_not_alertable, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_wb12_2_in_every_alertable_wait, 0,
                        WORLD_FAMILIES * ALERTABLE_WAITS);
    tcase_add_loop_test(tcase, c53_a_wait_that_is_satisfied_calls_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_a_routine_leaves_the_events_of_the_wait, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_wb12_8_a_packet_comes_before_a_routine, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_only_in_the_thread_that_made_the_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_all_that_wait_are_called_before_the_wait_returns, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_wb12_9_user_apcs_in_order, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c53_wb12_9_apcs_of_other_threads);
    tcase_add_loop_test(tcase, c54_routines_of_one_socket_do_not_nest, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_routines_of_two_sockets_may_nest, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_a_routine_posts_the_next_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_c56_a_routine_closes_the_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c54_a_routine_waits_for_an_event, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_wb12_3_routines_of_sends, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c53_wb12_1_flags_stand_in_the_message, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
