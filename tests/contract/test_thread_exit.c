/*
 * test_thread_exit.c - what becomes of the operations of a thread that ends, in whichever way it
 * was made and ends (C58; WB 14.5-14.7).
 */
#include "tests/contract/overlapped.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/support/world_internal.h"

/* How the thread is made, and how it ends. */
enum ending {
    PTHREAD_RETURN,
    PTHREAD_EXIT,
    CREATE_THREAD_RETURN,
    CREATE_THREAD_EXIT,    /* ExitThread() */
    CREATE_THREAD_PTHREAD, /* pthread_exit() in a thread of CreateThread() */
    ENDINGS,
};

/* What the thread is to do. */
struct doomed {
    struct channel *channel;
    struct posted *posted[2];
    HANDLE event;    /* for hEvent of the second, on a socket with a port */
    enum ending ending;
};

static void post_both(struct doomed *doomed)
{
    for (unsigned i = 0; i < 2; i++) {
        posted_pends(doomed->posted[i]);
    }
}

static void *pthread_body(void *argument)
{
    struct doomed *doomed = argument;

    post_both(doomed);
    if (doomed->ending == PTHREAD_EXIT) {
        pthread_exit(NULL);
    }
    return NULL;
}

static DWORD WINAPI windows_body(LPVOID argument)
{
    struct doomed *doomed = argument;

    post_both(doomed);
    if (doomed->ending == CREATE_THREAD_EXIT) {
        ExitThread(4711);
    } else if (doomed->ending == CREATE_THREAD_PTHREAD) {
        pthread_exit(NULL);
    }
    return 4711;
}

/* Has a thread post both operations and end. */
static void run_doomed(struct doomed *doomed)
{
    if (doomed->ending <= PTHREAD_EXIT) {
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, pthread_body, doomed), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    } else {
        DWORD code = 0;
        HANDLE thread = CreateThread(NULL, 0, windows_body, doomed, 0, NULL);

        overlapped_track(thread);
        ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
        ck_assert_int_eq(GetExitCodeThread(thread, &code), TRUE);
        if (doomed->ending != CREATE_THREAD_PTHREAD) {
            ck_assert_uint_eq(code, 4711);
        }
    }
}

static void until_complete(struct posted *posted)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!HasOverlappedIoCompleted(&posted->overlapped)) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
}

/* Without a port everything is cancelled and told; what others have posted waits on. */
START_TEST(c58_wb14_5_a_socket_without_a_port)
{
    static const enum way ways[] = {WAY_EVENT, WAY_POLL, WAY_HANDLE};
    struct channel channel;
    struct doomed doomed = {.ending = (enum ending)(_i % ENDINGS), .channel = &channel};
    struct posted *before, *after;

    channel_open(&channel, world_families[0].us, ways[_i / ENDINGS]);
    before = posted_receive(&channel);
    doomed.posted[0] = posted_new(&channel, CALL_RECVMSG);
    doomed.posted[1] = posted_new(&channel, CALL_RECVFROM);
    run_doomed(&doomed);
    for (unsigned i = 0; i < 2; i++) {
        posted_wait(doomed.posted[i]);
        posted_assert(doomed.posted[i], WSA_OPERATION_ABORTED, 0);
        posted_untouched(doomed.posted[i]);
    }
    after = posted_receive(&channel);
    posted_pending(before);
    deliver(&world_families[0], channel.port, "before");
    deliver(&world_families[0], channel.port, "after");
    posted_wait(before);
    posted_assert(before, 0, 6);
    posted_wait(after);
    posted_assert(after, 0, 5);
}
END_TEST

/* A routine of a thread that is gone is never called. */
START_TEST(c58_wb14_5_routines_of_the_thread)
{
    struct channel channel;
    struct doomed doomed = {.ending = (enum ending)_i, .channel = &channel};

    channel_open(&channel, world_families[1].us, WAY_ROUTINE);
    doomed.posted[0] = posted_new(&channel, CALL_RECVMSG);
    doomed.posted[1] = posted_new(&channel, CALL_RECV);
    run_doomed(&doomed);
    for (unsigned i = 0; i < 2; i++) {
        until_complete(doomed.posted[i]);
        ck_assert_uint_eq(doomed.posted[i]->overlapped.Internal, 0xC0000120);
    }
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
    ck_assert_uint_eq(doomed.posted[0]->times + doomed.posted[1]->times, 0);
}
END_TEST

/* With a port they go on, save those with an event (WB 14.6, 14.7). */
START_TEST(c58_wb14_6_wb14_7_a_socket_with_a_port)
{
    const struct world_family *family = &world_families[_i % WORLD_FAMILIES];
    struct channel channel;
    struct doomed doomed = {.ending = (enum ending)(_i / WORLD_FAMILIES), .channel = &channel};
    HANDLE event = overlapped_event(FALSE);

    channel_open(&channel, family->us, WAY_PORT);
    doomed.posted[0] = posted_new(&channel, CALL_RECVMSG);
    doomed.posted[1] = posted_new(&channel, CALL_RECVMSG);
    doomed.posted[1]->overlapped.hEvent = event;
    run_doomed(&doomed);
    posted_wait(doomed.posted[1]);
    posted_assert(doomed.posted[1], WSA_OPERATION_ABORTED, 0);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    posted_pending(doomed.posted[0]);
    deliver(family, channel.port, "survives");
    posted_receives(doomed.posted[0], "survives");
}
END_TEST

/* Operations that survived their thread end with their socket. */
START_TEST(c58_c56_survivors_are_closed)
{
    struct channel channel;
    struct doomed doomed = {.ending = (enum ending)_i, .channel = &channel};

    channel_open(&channel, world_families[0].us, WAY_PORT);
    doomed.posted[0] = posted_new(&channel, CALL_RECVMSG);
    doomed.posted[1] = posted_new(&channel, CALL_RECVMSG);
    run_doomed(&doomed);
    posted_pending(doomed.posted[0]);
    closesocket(channel.s);
    for (unsigned i = 0; i < 2; i++) {
        posted_wait(doomed.posted[i]);
        posted_assert(doomed.posted[i], WSA_OPERATION_ABORTED, 0);
    }
    posted_nothing_more(doomed.posted[0]);
}
END_TEST

/* --- routines that a thread does not live to see --- */

static void CALLBACK never(ULONG_PTR unused)
{
    (void)unused;
    ck_abort_msg("called in a thread that ends");
}

static DWORD WINAPI end_with_apcs(LPVOID argument)
{
    struct posted *posted = argument;

    posted_pends(posted);
    ck_assert_uint_ne(QueueUserAPC(never, GetCurrentThread(), 0), 0);
    deliver(&world_families[0], posted->channel->port, "completes");
    until_complete(posted);
    return 0;
}

START_TEST(c58_c53_queued_routines_go_with_the_thread)
{
    struct channel channel;
    struct posted *posted;
    HANDLE thread;

    channel_open(&channel, world_families[0].us, WAY_ROUTINE);
    posted = posted_new(&channel, CALL_RECVMSG);
    thread = CreateThread(NULL, 0, end_with_apcs, posted, 0, NULL);
    overlapped_track(thread);
    ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_uint_eq(posted->overlapped.Internal, 0);
    ck_assert_uint_eq(posted->times, 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

/* --- many threads that come and go --- */

enum { GENERATIONS = 100 };

static void *post_and_go(void *argument)
{
    struct doomed *doomed = argument;

    posted_start(doomed->posted[0]);
    return NULL;
}

/* Each leaves one operation behind, which is told once; two of them at a time. */
START_TEST(c58_threads_that_come_and_go)
{
    struct channel channels[2];
    struct doomed doomed[2];

    for (unsigned k = 0; k < 2; k++) {
        channel_open(&channels[k], world_families[k].us, WAY_EVENT);
        doomed[k].channel = &channels[k];
    }
    for (unsigned i = 0; i < GENERATIONS; i++) {
        pthread_t threads[2];

        for (unsigned k = 0; k < 2; k++) {
            doomed[k].posted[0] = posted_new(&channels[k], CALL_RECVMSG);
            ck_assert_int_eq(pthread_create(&threads[k], NULL, post_and_go, &doomed[k]), 0);
        }
        for (unsigned k = 0; k < 2; k++) {
            ck_assert_int_eq(pthread_join(threads[k], NULL), 0);
            ck_assert_int_eq(doomed[k].posted[0]->error, WSA_IO_PENDING);
            posted_ends(doomed[k].posted[0], WSA_OPERATION_ABORTED, 0);
        }
    }
}
END_TEST

Suite *suite_contract_thread_exit(void)
{
    Suite *suite = suite_create("thread_exit");
    TCase *tcase = tcase_create("thread_exit");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c58_wb14_5_a_socket_without_a_port, 0, ENDINGS * 3);
    tcase_add_loop_test(tcase, c58_wb14_5_routines_of_the_thread, 0, ENDINGS);
    tcase_add_loop_test(tcase, c58_wb14_6_wb14_7_a_socket_with_a_port, 0,
                        ENDINGS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c58_c56_survivors_are_closed, 0, ENDINGS);
    tcase_add_test(tcase, c58_c53_queued_routines_go_with_the_thread);
    tcase_add_test(tcase, c58_threads_that_come_and_go);
    suite_add_tcase(suite, tcase);
    return suite;
}
