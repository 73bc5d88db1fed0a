/*
 * test_events.c - event objects and waits for them (C05, C45, C48).
 */
#include "tests/contract/contract.h"

#include <stdatomic.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

static HANDLE manual(BOOL signaled)
{
    HANDLE event = CreateEventA(NULL, TRUE, signaled, NULL);

    ck_assert_ptr_nonnull(event);
    return event;
}

static HANDLE automatic(BOOL signaled)
{
    HANDLE event = CreateEventW(NULL, FALSE, signaled, NULL);

    ck_assert_ptr_nonnull(event);
    return event;
}

static void close_all(HANDLE *events, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(CloseHandle(events[i]), TRUE);
    }
}

static HANDLE with_bits(HANDLE event, unsigned bits)
{
    return (HANDLE)((ULONG_PTR)event | bits);
}

/* Asserts that a wait failed for this reason. */
#define wait_fails(call, code)                                                                 \
    do {                                                                                       \
        SetLastError(0);                                                                       \
        ck_assert_uint_eq((call), WAIT_FAILED);                                                \
        ck_assert_uint_eq(GetLastError(), (code));                                             \
    } while (0)

START_TEST(manual_reset_stays_signaled)
{
    HANDLE event = manual(FALSE);

    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    ck_assert_int_eq(SetEvent(event), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_int_eq(ResetEvent(event), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(event, 5), WAIT_TIMEOUT);
    close_all(&event, 1);
}
END_TEST

START_TEST(auto_reset_ends_one_wait)
{
    HANDLE event = automatic(TRUE);

    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    SetEvent(event);
    SetEvent(event);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    close_all(&event, 1);
}
END_TEST

START_TEST(a_wait_for_any_takes_the_first)
{
    HANDLE events[3] = {automatic(FALSE), automatic(TRUE), automatic(TRUE)};

    ck_assert_uint_eq(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0 + 1);
    ck_assert_uint_eq(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0 + 2);
    ck_assert_uint_eq(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT);
    close_all(events, 3);
}
END_TEST

/* An auto-reset event keeps its signal until the wait for all is satisfied. */
START_TEST(a_wait_for_all_takes_all_or_none)
{
    HANDLE events[2] = {automatic(TRUE), automatic(FALSE)};

    ck_assert_uint_eq(WaitForMultipleObjects(2, events, TRUE, 5), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObject(events[0], 0), WAIT_OBJECT_0);
    SetEvent(events[0]);
    SetEvent(events[1]);
    ck_assert_uint_eq(WaitForMultipleObjects(2, events, TRUE, 0), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForMultipleObjects(2, events, FALSE, 0), WAIT_TIMEOUT);
    close_all(events, 2);
}
END_TEST

START_TEST(c05_low_bits_of_handles_do_not_count)
{
    HANDLE event = manual(FALSE), both[2] = {event, automatic(FALSE)};

    ck_assert_uint_eq((ULONG_PTR)event % 4, 0);
    ck_assert_int_eq((int)(LONG_PTR)event, (LONG_PTR)event);
    ck_assert_int_eq(SetEvent(with_bits(event, 1)), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(with_bits(event, 3), 0), WAIT_OBJECT_0);
    both[0] = with_bits(event, 1);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(2, both, FALSE, 0, TRUE), WSA_WAIT_EVENT_0);
    ck_assert_int_eq(WSAResetEvent(with_bits(event, 2)), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    close_all(both, 2);
}
END_TEST

START_TEST(c48_waits_leave_the_last_error)
{
    HANDLE event = manual(TRUE);

    SetLastError(1234);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE), WSA_WAIT_EVENT_0);
    ck_assert_uint_eq(GetLastError(), 1234);
    ck_assert_int_eq(WSASetEvent(event), TRUE);
    ck_assert_uint_eq(GetLastError(), 0);
    close_all(&event, 1);
}
END_TEST

START_TEST(bad_waits)
{
    HANDLE events[65], same[2];
    SOCKET s = world_socket("0.0.0.0", NULL);

    for (unsigned i = 0; i < 65; i++) {
        events[i] = manual(i == 63);
    }
    wait_fails(WSAWaitForMultipleEvents(0, events, FALSE, 0, FALSE), WSA_INVALID_PARAMETER);
    wait_fails(WSAWaitForMultipleEvents(65, events, FALSE, 0, FALSE), WSA_INVALID_PARAMETER);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(64, events, FALSE, 0, FALSE), WSA_WAIT_EVENT_0 + 63);
    wait_fails(WaitForMultipleObjects(1, NULL, FALSE, 0), ERROR_INVALID_PARAMETER);
    wait_fails(WaitForSingleObject(NULL, 0), ERROR_INVALID_HANDLE);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)s, 0), WAIT_TIMEOUT); /* nothing was completed */
    same[0] = events[63];
    same[1] = with_bits(events[63], 1);
    wait_fails(WaitForMultipleObjects(2, same, TRUE, 0), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(WaitForMultipleObjects(2, same, FALSE, 0), WAIT_OBJECT_0);
    close_all(events, 65);
    wait_fails(WSAWaitForMultipleEvents(1, events, FALSE, 0, FALSE), WSA_INVALID_HANDLE);
    ck_assert_int_eq(SetEvent(events[0]), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    ck_assert_int_eq(WSACloseEvent(events[0]), FALSE);
    ck_assert_uint_eq(GetLastError(), WSA_INVALID_HANDLE);
    ck_assert_ptr_null(CreateEventA(NULL, TRUE, FALSE, "named"));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
}
END_TEST

/* CloseHandle() closes sockets as well; WSACloseEvent() does not (WB 13.17). */
START_TEST(wb13_17_closehandle_of_a_socket)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    char byte;

    ck_assert_int_eq(WSACloseEvent((HANDLE)s), FALSE);
    ck_assert_int_eq(CloseHandle((HANDLE)s), TRUE);
    world_fails(recv(s, &byte, 1, 0), WSAENOTSOCK);
    ck_assert_int_eq(CloseHandle((HANDLE)s), FALSE);
}
END_TEST

struct wait {
    HANDLE events[2];
    BOOL all;
    DWORD result;
};

static void run_wait(void *argument)
{
    struct wait *wait = argument;

    wait->result = WaitForMultipleObjects(2, wait->events, wait->all, INFINITE);
}

START_TEST(a_wait_is_ended_by_another_thread)
{
    struct wait wait = {.events = {manual(FALSE), automatic(FALSE)}, .all = _i != 0};
    struct worker *worker = worker_start(run_wait, &wait);

    worker_blocked(worker);
    SetEvent(wait.events[1]);
    if (wait.all) {
        worker_blocked(worker);
        SetEvent(wait.events[0]);
    }
    worker_join(worker);
    ck_assert_uint_eq(wait.result, wait.all ? WAIT_OBJECT_0 : WAIT_OBJECT_0 + 1);
    ck_assert_uint_eq(WaitForSingleObject(wait.events[1], 0), WAIT_TIMEOUT);
    close_all(wait.events, 2);
}
END_TEST

/* A thread that waits for an event drives the stack: datagrams go on to arrive without another. */
START_TEST(a_wait_drives_the_stack)
{
    static struct received received;
    struct wait wait = {.events = {manual(FALSE), manual(FALSE)}};
    uint16_t port;

    world_start(&(struct world_options){.links = 1, .no_background = true});
    SOCKET s = world_socket(FAMILY->us, &port);
    ck_assert_int_eq(WSAEventSelect(s, wait.events[1], FD_READ), 0);
    struct worker *worker = worker_start(run_wait, &wait);
    worker_blocked(worker);
    deliver(FAMILY, port, "by the waiter");
    worker_join(worker);
    ck_assert_uint_eq(wait.result, WAIT_OBJECT_0 + 1);
    world_receive(s, &received);
    world_assert_text(&received, "by the waiter");
    close_all(wait.events, 2);
    world_teardown();
}
END_TEST

/* A wait that began before WSAStartup() goes on through starts and stops, and drives meanwhile. */
START_TEST(a_wait_outlives_the_stack)
{
    static struct received received;
    struct wait wait = {.events = {manual(FALSE), manual(FALSE)}};
    struct worker *worker = worker_start(run_wait, &wait);
    uint16_t port;

    worker_blocked(worker);
    for (unsigned i = 0; i < 3; i++) {
        world_start(&(struct world_options){.links = 1, .no_background = i % 2 == 0});
        SOCKET s = world_socket("192.0.2.1", &port);
        deliver(&world_families[0], port, "while another one waits");
        world_receive(s, &received);
        world_assert_text(&received, "while another one waits");
        worker_blocked(worker);
        ck_assert_int_eq(WSACleanup(), 0);
        memlink_free(world.link[0]);
        worker_blocked(worker);
    }
    SetEvent(wait.events[0]);
    worker_join(worker);
    ck_assert_uint_eq(wait.result, WAIT_OBJECT_0);
    close_all(wait.events, 2);
}
END_TEST

/* Nobody but a thread that has waited since before the start is there to drive. */
START_TEST(a_wait_from_before_the_start_drives)
{
    struct wait wait = {.events = {manual(FALSE), manual(FALSE)}};
    struct worker *worker = worker_start(run_wait, &wait);
    uint16_t port;

    worker_blocked(worker);
    world_start(&(struct world_options){.links = 1, .no_background = true});
    SOCKET s = world_socket(FAMILY->us, &port);
    ck_assert_int_eq(WSAEventSelect(s, wait.events[1], FD_READ), 0);
    deliver(FAMILY, port, "for the early one");
    worker_join(worker);
    ck_assert_uint_eq(wait.result, WAIT_OBJECT_0 + 1);
    close_all(wait.events, 2);
    world_teardown();
}
END_TEST

enum { TAKERS = 4, SIGNALS = 2000 };

struct takers {
    HANDLE ticket, done, taken;
    atomic_uint count;
};

static void take(void *argument)
{
    struct takers *takers = argument;
    HANDLE events[2] = {takers->ticket, takers->done};

    while (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0) {
        atomic_fetch_add(&takers->count, 1);
        SetEvent(takers->taken);
    }
}

/* Each signal of an auto-reset event ends exactly one of several waits. */
START_TEST(each_signal_goes_to_one_thread)
{
    struct takers takers = {automatic(FALSE), manual(FALSE), automatic(FALSE), 0};
    struct worker *workers[TAKERS];

    for (unsigned i = 0; i < TAKERS; i++) {
        workers[i] = worker_start(take, &takers);
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        SetEvent(takers.ticket);
        ck_assert_uint_eq(WaitForSingleObject(takers.taken, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    }
    SetEvent(takers.done);
    for (unsigned i = 0; i < TAKERS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_uint_eq(atomic_load(&takers.count), SIGNALS);
    close_all((HANDLE[]){takers.ticket, takers.done, takers.taken}, 3);
}
END_TEST

START_TEST(c04_events_need_a_start_but_kernel32_does_not)
{
    HANDLE event = manual(TRUE);

    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_ptr_eq(WSACreateEvent(), WSA_INVALID_EVENT);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    ck_assert_int_eq(WSASetEvent(event), FALSE);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    wait_fails(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE), WSANOTINITIALISED);
    world_fails(WSAEventSelect(4, event, FD_READ), WSANOTINITIALISED);
    world_fails(select(0, NULL, NULL, NULL, NULL), WSANOTINITIALISED);
    close_all(&event, 1);
}
END_TEST

Suite *suite_contract_events(void)
{
    Suite *suite = suite_create("events");
    TCase *tcase = tcase_create("events"), *bare = tcase_create("events_bare");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, manual_reset_stays_signaled);
    tcase_add_test(tcase, auto_reset_ends_one_wait);
    tcase_add_test(tcase, a_wait_for_any_takes_the_first);
    tcase_add_test(tcase, a_wait_for_all_takes_all_or_none);
    tcase_add_test(tcase, c05_low_bits_of_handles_do_not_count);
    tcase_add_test(tcase, c48_waits_leave_the_last_error);
    tcase_add_test(tcase, bad_waits);
    tcase_add_test(tcase, wb13_17_closehandle_of_a_socket);
    tcase_add_loop_test(tcase, a_wait_is_ended_by_another_thread, 0, 2);
    tcase_add_test(tcase, each_signal_goes_to_one_thread);
    suite_add_tcase(suite, tcase);

    tcase_set_timeout(bare, 20);
    tcase_add_loop_test(bare, a_wait_drives_the_stack, 0, WORLD_FAMILIES);
    tcase_add_test(bare, a_wait_outlives_the_stack);
    tcase_add_loop_test(bare, a_wait_from_before_the_start_drives, 0, WORLD_FAMILIES);
    tcase_add_test(bare, c04_events_need_a_start_but_kernel32_does_not);
    suite_add_tcase(suite, bare);
    return suite;
}
