/*
 * test_port.c - completion ports on their own: what comes out and in which order, who is woken,
 * what closing does. Sockets at ports are the contract program's.
 */
#include <check.h>

#include <ntstatus.h>
#include <winsock2.h>

#include "stack/loop.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"
#include "tests/unit/port_fixture.h"
#include "tests/unit/suites.h"
#include "winsock/operation.h"
#include "winsock/port.h"
#include "winsock/thread.h"
#include "winsock/wait.h"

/* --- packets --- */

/* Queues a packet as a completion does. */
static void post_result(struct port *port, ULONG_PTR key, NTSTATUS status, uint32_t bytes)
{
    struct operation *packet = operation_take(thread_self());

    ck_assert_ptr_nonnull(packet);
    packet->key = key;
    packet->overlapped = (OVERLAPPED *)(key << 4); /* NOLINT: never followed */
    packet->status = status;
    packet->bytes = bytes;
    port_post(port, packet);
}

START_TEST(c55_wb13_15_packets_come_in_their_order)
{
    HANDLE handle = port_of(1);
    struct port *port = port_get(handle);
    OVERLAPPED_ENTRY entries[4];
    unsigned count;

    for (unsigned i = 1; i <= 6; i++) {
        post_result(port, i, i == 2 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, 100 * i);
    }
    for (unsigned taken = 0; taken < 6; taken += count) {
        ck_assert_int_eq(port_take(port, entries, 4, &count, 0, false), 0);
        ck_assert_uint_eq(count, taken == 0 ? 4 : 2);
        for (unsigned i = 0; i < count; i++) {
            ULONG_PTR key = taken + i + 1;
            ck_assert_uint_eq(entries[i].lpCompletionKey, key);
            ck_assert_uint_eq((uintptr_t)entries[i].lpOverlapped, key << 4);
            ck_assert_uint_eq(entries[i].Internal, key == 2 ? 0x80000005u : 0); /* no sign */
            ck_assert_uint_eq(entries[i].dwNumberOfBytesTransferred, 100 * key);
        }
    }
    ck_assert_int_eq(port_take(port, entries, 4, &count, 0, false), WAIT_TIMEOUT);
    port_put(port);
    port_close(handle);
}
END_TEST

START_TEST(c55_wb13_3_wb13_5_failures_are_told_as_errors)
{
    static const struct {
        NTSTATUS status;
        DWORD error;
    } cases[] = {
        {STATUS_SUCCESS, UNTOUCHED},
        {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
        {STATUS_CANCELLED, ERROR_OPERATION_ABORTED},
        {STATUS_PORT_UNREACHABLE, ERROR_PORT_UNREACHABLE},
        {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
    };
    HANDLE handle = port_of(0);
    struct port *port = port_get(handle);
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped = NULL;

    post_result(port, _i + 1, cases[_i].status, 17);
    SetLastError(UNTOUCHED);
    ck_assert_int_eq(GetQueuedCompletionStatus(handle, &bytes, &key, &overlapped, 0), _i == 0);
    ck_assert_uint_eq(GetLastError(), cases[_i].error);
    ck_assert_uint_eq(bytes, 17);
    ck_assert_uint_eq(key, (ULONG_PTR)_i + 1);
    ck_assert_uint_eq((uintptr_t)overlapped, key << 4);
    port_put(port);
    port_close(handle);
}
END_TEST

START_TEST(c55_wb13_4_time_outs)
{
    HANDLE port = port_of(0);
    OVERLAPPED_ENTRY entry;
    DWORD bytes = 1;
    ULONG_PTR key = 2;
    ULONG count = 3;
    LPOVERLAPPED overlapped = (LPOVERLAPPED)4;
    int64_t start_ns = loop_now_ns();

    ck_assert_int_eq(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 20), FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
    ck_assert_int_ge(loop_now_ns() - start_ns, 20 * 1000000);
    ck_assert_uint_eq(bytes, 1);
    ck_assert_uint_eq(key, 2);
    ck_assert_ptr_null(overlapped);
    SetLastError(0);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port, &entry, 1, &count, 20, TRUE), FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
    ck_assert_int_ge(loop_now_ns() - start_ns, 40 * 1000000);
    ck_assert_uint_eq(count, 0);
    port_close(port);
}
END_TEST

static void assert_fails(BOOL result, DWORD error)
{
    ck_assert_int_eq(result, FALSE);
    ck_assert_uint_eq(GetLastError(), error);
    SetLastError(0);
}

/* What fails takes no packet. */
START_TEST(c13_c48_c55_bad_arguments)
{
    HANDLE port = port_of(0), none = INVALID_HANDLE_VALUE, event = CreateEvent(NULL, 0, 0, NULL);
    OVERLAPPED_ENTRY entry;
    DWORD bytes;
    ULONG_PTR key;
    ULONG count;
    LPOVERLAPPED overlapped;

    post(port, 9);
    assert_fails(GetQueuedCompletionStatus(NULL, &bytes, &key, &overlapped, 0),
                 ERROR_INVALID_HANDLE);
    assert_fails(GetQueuedCompletionStatusEx(event, &entry, 1, &count, 0, FALSE),
                 ERROR_INVALID_HANDLE);
    assert_fails(PostQueuedCompletionStatus(none, 0, 0, NULL), ERROR_INVALID_HANDLE);
    assert_fails(CreateIoCompletionPort(port, port, 0, 0) != NULL, ERROR_INVALID_HANDLE);
    assert_fails(CreateIoCompletionPort(none, port, 0, 0) != NULL, ERROR_INVALID_PARAMETER);
    assert_fails(GetQueuedCompletionStatusEx(port, &entry, 0, &count, 0, FALSE),
                 ERROR_INVALID_PARAMETER);
    assert_fails(GetQueuedCompletionStatus(port, NULL, &key, &overlapped, 0), ERROR_NOACCESS);
    assert_fails(GetQueuedCompletionStatus(port, &bytes, NULL, &overlapped, 0), ERROR_NOACCESS);
    assert_fails(GetQueuedCompletionStatus(port, &bytes, &key, NULL, 0), ERROR_NOACCESS);
    assert_fails(GetQueuedCompletionStatusEx(port, NULL, 1, &count, 0, FALSE), ERROR_NOACCESS);
    assert_fails(GetQueuedCompletionStatusEx(port, &entry, 1, NULL, 0, FALSE), ERROR_NOACCESS);
    assert_fails(WaitForSingleObject(port, 0) != WAIT_FAILED, ERROR_INVALID_HANDLE);
    take_now((HANDLE)((uintptr_t)port | 3), 9); /* NOLINT: C05 */
    port_close(port);
    CloseHandle(event);
}
END_TEST

/* --- routines --- */

static HANDLE routine_port;
static unsigned routines_run;

static void run_nothing(struct apc *apc)
{
    (void)apc;
    routines_run++;
}

static void run_taking(struct apc *apc)
{
    (void)apc;
    routines_run++;
    post(routine_port, 5);
    take_now(routine_port, 5);
}

START_TEST(c53_wb12_8_routines_of_an_alertable_wait)
{
    OVERLAPPED_ENTRY entry;
    ULONG_PTR key;
    ULONG count;
    struct apc apc = {.run = _i == 0 ? run_nothing : run_taking};

    routine_port = port_of(1);
    ck_assert(thread_queue_apc(thread_self(), &apc));
    post(routine_port, 1);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(routine_port, &entry, 1, &count, INFINITE, TRUE),
                     TRUE);
    ck_assert_uint_eq(entry.lpCompletionKey, 1);
    ck_assert_int_eq(take(routine_port, &key, 1), WAIT_TIMEOUT); /* not alertable: WB 12.7 */
    ck_assert_uint_eq(routines_run, 0);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(routine_port, &entry, 1, &count,
                                                 _i == 0 ? INFINITE : 0, TRUE),
                     FALSE);
    ck_assert_uint_eq(GetLastError(), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(routines_run, 1);
    ck_assert_int_eq(take(routine_port, &key, 0), WAIT_TIMEOUT);
    ck_assert_int_lt(least_delay_ns(routine_port), HOLD_NS / 2); /* it does not count any more */
    port_close(routine_port);
}
END_TEST

/* --- who goes on --- */

START_TEST(c55_the_thread_that_came_last_goes_on_first)
{
    enum { THREADS = 4 };
    HANDLE port = port_of(THREADS);
    struct taker takers[THREADS];
    struct worker *workers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.port = port, .step_ms = INFINITE};
        workers[i] = worker_start(taker_run, &takers[i]);
        worker_blocked(workers[i]);
    }
    for (unsigned i = THREADS; i-- > 0;) {
        post(port, i);
        worker_join(workers[i]);
        ck_assert_uint_eq(takers[i].key, i);
    }
    port_close(port);
}
END_TEST

/* --- closing --- */

START_TEST(c55_closing_under_threads_that_wait)
{
    enum { THREADS = 3 };
    HANDLE port = port_of(1);
    struct taker takers[THREADS];
    struct worker *workers[THREADS];

    be_active(port);
    for (unsigned i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.port = port, .step_ms = INFINITE};
        workers[i] = worker_start(taker_run, &takers[i]);
        worker_blocked(workers[i]);
    }
    ck_assert(port_close(port));
    for (unsigned i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
        ck_assert_int_eq(takers[i].error, ERROR_ABANDONED_WAIT_0);
    }
    ck_assert(!port_close(port));
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 0, 0, NULL), FALSE);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

/* What a socket's reference is for: packets that come later are dropped (and freed: ASan). */
START_TEST(c55_c56_a_closed_port_lives_while_it_is_referred_to)
{
    HANDLE handle = port_of(1);
    struct port *port = port_get(handle);
    OVERLAPPED_ENTRY entry;
    unsigned count;

    be_active(handle);
    post(handle, 2);
    ck_assert(port_close(handle));
    ck_assert_ptr_null(port_get(handle));
    for (unsigned i = 0; i < 200; i++) { /* more than a thread keeps */
        post_result(port, 3, STATUS_CANCELLED, 0);
    }
    ck_assert_int_eq(port_take(port, &entry, 1, &count, 0, false), ERROR_ABANDONED_WAIT_0);
    ck_assert_int_eq(port_take(port, &entry, 1, &count, LOOP_FOREVER, true),
                     ERROR_ABANDONED_WAIT_0);
    port_put(port);
}
END_TEST

Suite *suite_port(void)
{
    Suite *suite = suite_create("port");
    TCase *tests = tcase_create("port");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, NULL, world_assert_clean);
    tcase_add_test(tests, c55_wb13_15_packets_come_in_their_order);
    tcase_add_loop_test(tests, c55_wb13_3_wb13_5_failures_are_told_as_errors, 0, 5);
    tcase_add_test(tests, c55_wb13_4_time_outs);
    tcase_add_test(tests, c13_c48_c55_bad_arguments);
    tcase_add_loop_test(tests, c53_wb12_8_routines_of_an_alertable_wait, 0, 2);
    tcase_add_test(tests, c55_the_thread_that_came_last_goes_on_first);
    tcase_add_test(tests, c55_closing_under_threads_that_wait);
    tcase_add_test(tests, c55_c56_a_closed_port_lives_while_it_is_referred_to);
    suite_add_tcase(suite, tests);
    return suite;
}
