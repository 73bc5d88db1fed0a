/*
 * test_apcs_api.c - what is queued to a thread with QueueUserAPC(), and the waits that call it.
 */
#include <pthread.h>

#include "tests/support/world_internal.h"
#include "tests/unit/suites.h"
#include "tests/unit/thread_fixture.h"

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xdeadbeef;

    ck_assert_int_eq(GetExitCodeThread(thread, &code), TRUE);
    return code;
}

static char trail[64];
static unsigned steps;

static void CALLBACK step(ULONG_PTR letter)
{
    ck_assert_uint_lt(steps, sizeof(trail) - 1);
    trail[steps++] = (char)letter;
    trail[steps] = '\0';
}

static void queue_step(HANDLE thread, PAPCFUNC function, char letter)
{
    ck_assert_uint_ne(QueueUserAPC(function, thread, (ULONG_PTR)letter), 0);
}

static DWORD WINAPI step_x(LPVOID unused)
{
    (void)unused;
    step('x');
    return SleepEx(0, TRUE);
}

/* What is queued to a suspended thread is called before its function. */
START_TEST(wb12_9_apcs_of_a_suspended_thread)
{
    HANDLE thread = fixture_start(step_x, NULL, CREATE_SUSPENDED);

    queue_step(thread, step, 'a');
    queue_step(thread, step, 'b');
    ck_assert_uint_eq(WaitForSingleObject(thread, 5), WAIT_TIMEOUT);
    ck_assert_uint_eq(steps, 0);
    ck_assert_uint_eq(ResumeThread(thread), 1);
    fixture_wait(thread);
    ck_assert_str_eq(trail, "abx");
    ck_assert_uint_eq(code_of(thread), 0);
    fixture_close(thread);
}
END_TEST

static void CALLBACK sleep_inside(ULONG_PTR letter)
{
    step(letter);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    step((ULONG_PTR)(letter - 'a' + 'A'));
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}

/* A wait inside of one calls those behind it; the outer wait has nothing left. */
START_TEST(wb12_9_nested_waits)
{
    queue_step(GetCurrentThread(), sleep_inside, 'a');
    queue_step(GetCurrentThread(), sleep_inside, 'b');
    queue_step(GetCurrentThread(), step, 'c');
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_str_eq(trail, "abcBA");
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

/* Alertable waits of every kind are ended, others not; a signal that is there goes first. */
START_TEST(wb12_9_waits_that_are_ended)
{
    HANDLE event = fixture_event(TRUE);

    queue_step(GetCurrentThread(), step, 'a');
    Sleep(1);
    ck_assert_uint_eq(SleepEx(1, FALSE), 0);
    ck_assert_uint_eq(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObjectEx(event, 1, FALSE), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForMultipleObjects(1, &event, TRUE, 1), WAIT_TIMEOUT);
    ck_assert_str_eq(trail, "");
    ck_assert_uint_eq(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    queue_step(GetCurrentThread(), step, 'b');
    ck_assert_uint_eq(WaitForMultipleObjectsEx(1, &event, TRUE, 0, TRUE), WAIT_IO_COMPLETION);
    queue_step(GetCurrentThread(), step, 'c');
    SetEvent(event);
    ck_assert_uint_eq(WaitForMultipleObjectsEx(1, &event, FALSE, INFINITE, TRUE), WAIT_OBJECT_0);
    ck_assert_str_eq(trail, "ab");
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_str_eq(trail, "abc");
    fixture_close(event);
}
END_TEST

enum { SENDERS = 4, EACH = 500 };

struct sender {
    HANDLE target;
    unsigned number;
};

static unsigned next_of[SENDERS]; /* used by the target alone */

static void CALLBACK take_number(ULONG_PTR value)
{
    unsigned sender = (unsigned)value / EACH;

    ck_assert_uint_eq((unsigned)value % EACH, next_of[sender]);
    next_of[sender]++;
}

static DWORD WINAPI send_numbers(LPVOID argument)
{
    const struct sender *sender = argument;

    for (unsigned i = 0; i < EACH; i++) {
        ck_assert_uint_ne(QueueUserAPC(take_number, sender->target, sender->number * EACH + i), 0);
    }
    return 0;
}

/* While the target waits again and again nothing is lost, and each sender's order is kept. */
START_TEST(wb12_9_apcs_from_several_threads)
{
    struct sender senders[SENDERS];
    HANDLE threads[SENDERS];
    HANDLE self = fixture_copy(GetCurrentThread());
    DWORD result;

    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){self, i};
        threads[i] = fixture_start(send_numbers, &senders[i], 0);
    }
    do {
        result = WaitForMultipleObjectsEx(SENDERS, threads, TRUE, WORLD_PATIENCE_MS, TRUE);
        ck_assert_uint_ne(result, WAIT_TIMEOUT);
    } while (result == WAIT_IO_COMPLETION);
    ck_assert_uint_eq(result, WAIT_OBJECT_0);
    SleepEx(0, TRUE); /* what came with the last signal */
    for (unsigned i = 0; i < SENDERS; i++) {
        ck_assert_uint_eq(next_of[i], EACH);
        fixture_close(threads[i]);
    }
    fixture_close(self);
}
END_TEST

/* All that have been queued are called by one wait. */
START_TEST(wb12_9_all_in_one_wait)
{
    struct sender sender = {fixture_copy(GetCurrentThread()), 0};
    HANDLE thread = fixture_start(send_numbers, &sender, 0);

    fixture_wait(thread);
    ck_assert_uint_eq(next_of[0], 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(next_of[0], EACH);
    fixture_close(thread);
    fixture_close(sender.target);
}
END_TEST

static DWORD WINAPI wait_for(LPVOID event)
{
    return WaitForSingleObject(event, INFINITE);
}

/* Nobody calls what a thread leaves behind, and an ended one takes nothing through any handle. */
START_TEST(wb12_9_apcs_of_an_ended_thread)
{
    HANDLE go = fixture_event(TRUE);
    HANDLE thread = fixture_start(wait_for, go, 0);
    HANDLE copy = fixture_copy(thread);

    queue_step(thread, step, 'a');
    queue_step(copy, step, 'b');
    SetEvent(go);
    fixture_wait(thread);
    fixture_fails(QueueUserAPC(step, thread, 'c'), 0, ERROR_GEN_FAILURE);
    fixture_fails(QueueUserAPC(step, copy, 'd'), 0, ERROR_GEN_FAILURE);
    ck_assert_str_eq(trail, "");
    fixture_close(thread);
    fixture_close(copy);
    fixture_close(go);
}
END_TEST

/* A thread may end inside of a call that was queued to it. */
static void CALLBACK end_inside(ULONG_PTR code)
{
    ExitThread((DWORD)code);
}

static DWORD WINAPI sleep_alertably(LPVOID unused)
{
    (void)unused;
    SleepEx(INFINITE, TRUE);
    return 1;
}

START_TEST(an_end_inside_of_an_apc)
{
    HANDLE thread = fixture_start(sleep_alertably, NULL, 0);

    ck_assert_uint_ne(QueueUserAPC(end_inside, thread, 99), 0);
    fixture_wait(thread);
    ck_assert_uint_eq(code_of(thread), 99);
    fixture_close(thread);
}
END_TEST

/* --- what a routine does to the wait that calls it --- */

/* What is waited for: a socket, an event, a port. */
static DWORD WINAPI wait_alertably(LPVOID object)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;

    if (WaitForSingleObjectEx(object, INFINITE, TRUE) == WAIT_FAILED) {
        GetQueuedCompletionStatusEx(object, &entry, 1, &count, INFINITE, TRUE);
    }
    return 1;
}

/* Nothing of the object is left behind; the teardown would wait for a socket, or count handles. */
START_TEST(an_end_inside_of_a_wait)
{
    HANDLE objects[] = {
        (HANDLE)world_socket("127.0.0.1", NULL),
        fixture_event(TRUE),
        CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0),
    };

    for (size_t i = 0; i < ARRAYSIZE(objects); i++) {
        HANDLE thread = fixture_start(wait_alertably, objects[i], 0);
        ck_assert_uint_ne(QueueUserAPC(end_inside, thread, 99), 0);
        fixture_wait(thread);
        ck_assert_uint_eq(code_of(thread), 99);
        fixture_close(thread);
        fixture_close(objects[i]);
    }
}
END_TEST

struct blocked {
    SOCKET s;
    bool selects;
};

static DWORD WINAPI block(LPVOID argument)
{
    const struct blocked *blocked = argument;
    fd_set readable;
    char byte;

    if (blocked->selects) {
        FD_ZERO(&readable);
        FD_SET(blocked->s, &readable);
        select(0, &readable, NULL, NULL, NULL);
    } else {
        recv(blocked->s, &byte, 1, 0);
    }
    return 1;
}

static void CALLBACK exit_inside(ULONG_PTR unused)
{
    (void)unused;
    pthread_exit(NULL);
}

/* The call takes nothing any more; the teardown would wait for its reference. */
START_TEST(c43_an_end_inside_of_a_blocking_call)
{
    uint16_t port;
    bool exits = (_i & 2) != 0;
    struct blocked blocked = {world_socket("127.0.0.1", &port), .selects = (_i & 1) != 0};
    HANDLE thread = fixture_start(block, &blocked, 0);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name("127.0.0.1", port, &name);
    char byte = 0;

    ck_assert_uint_eq(WaitForSingleObject(thread, 10), WAIT_TIMEOUT);
    ck_assert_uint_ne(QueueUserAPC(exits ? exit_inside : end_inside, thread, 99), 0);
    fixture_wait(thread);
    ck_assert_uint_eq(code_of(thread), exits ? 0 : 99);
    fixture_close(thread);
    ck_assert_int_eq(sendto(blocked.s, "x", 1, 0, (struct sockaddr *)&name, name_bytes), 1);
    ck_assert_int_eq(recv(blocked.s, &byte, 1, 0), 1);
    ck_assert_int_eq(byte, 'x');
}
END_TEST

static void CALLBACK clean_up(ULONG_PTR unused)
{
    (void)unused;
    world_stop();
}

/* Neither has the wait a reference on the socket that the clean-up would wait for. */
START_TEST(a_clean_up_inside_of_a_wait)
{
    HANDLE s = (HANDLE)world_socket("127.0.0.1", NULL);

    ck_assert_uint_ne(QueueUserAPC(clean_up, GetCurrentThread(), 0), 0);
    ck_assert_uint_eq(WaitForSingleObjectEx(s, INFINITE, TRUE), WAIT_IO_COMPLETION);
    fixture_fails(WaitForSingleObject(s, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
}
END_TEST

Suite *suite_apcs_api(void)
{
    Suite *suite = suite_create("apcs_api");
    TCase *tests = tcase_create("apcs_api");

    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, wb12_9_apcs_of_a_suspended_thread);
    tcase_add_test(tests, wb12_9_nested_waits);
    tcase_add_test(tests, wb12_9_waits_that_are_ended);
    tcase_add_test(tests, wb12_9_apcs_from_several_threads);
    tcase_add_test(tests, wb12_9_all_in_one_wait);
    tcase_add_test(tests, wb12_9_apcs_of_an_ended_thread);
    tcase_add_test(tests, an_end_inside_of_an_apc);
    suite_add_tcase(suite, tests);

    TCase *with_world = tcase_create("apcs_in_waits");
    tcase_add_checked_fixture(with_world, world_setup_loopback, world_teardown);
    tcase_add_test(with_world, an_end_inside_of_a_wait);
    tcase_add_loop_test(with_world, c43_an_end_inside_of_a_blocking_call, 0, 4);
    tcase_add_test(with_world, a_clean_up_inside_of_a_wait);
    suite_add_tcase(suite, with_world);
    return suite;
}
