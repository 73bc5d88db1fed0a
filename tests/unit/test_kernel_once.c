/*
 * test_kernel_once.c - initialisation that happens once, in one step and in two.
 */
#include <check.h>

#include <windows.h>
#include "tests/support/worker.h"
#include "tests/unit/suites.h"

#define THREADS 6

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static LONG calls;
static LONG failures_left;
static int made;         /* what is initialised: plain, to be seen by all behind the call */
static PVOID made_value; /* what the function tells as context */

static BOOL CALLBACK make(PINIT_ONCE which, PVOID parameter, PVOID *context)
{
    ck_assert_ptr_eq(which, &once);
    ck_assert_ptr_eq(parameter, &calls);
    InterlockedIncrement(&calls);
    if (InterlockedDecrement(&failures_left) >= 0) {
        SetLastError(4711);
        return FALSE;
    }
    made = 42;
    *context = made_value;
    return TRUE;
}

static void setup(void)
{
    InitOnceInitialize(&once);
    calls = failures_left = 0;
    made = 0;
    made_value = &made;
}

/* Runs until it succeeds, as a program that retries does. */
static void execute(void *unused)
{
    PVOID context = NULL;

    (void)unused;
    while (!InitOnceExecuteOnce(&once, make, &calls, &context)) {
        ck_assert_uint_eq(GetLastError(), 4711);
    }
    ck_assert_int_eq(made, 42);
    ck_assert_ptr_eq(context, &made);
}

START_TEST(once_of_many_threads)
{
    struct worker *workers[THREADS];

    failures_left = _i;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(execute, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(calls, 1 + _i);
}
END_TEST

START_TEST(once_leaves_the_last_error)
{
    SetLastError(77);
    ck_assert(InitOnceExecuteOnce(&once, make, &calls, NULL));
    ck_assert(InitOnceExecuteOnce(&once, make, &calls, NULL));
    ck_assert_int_eq(calls, 1);
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

START_TEST(once_refuses_a_context_with_low_bits)
{
    made_value = (PVOID)((ULONG_PTR)&made | 1);
    ck_assert(!InitOnceExecuteOnce(&once, make, &calls, NULL));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    made_value = &made;
    ck_assert(InitOnceExecuteOnce(&once, make, &calls, NULL));
    ck_assert_int_eq(calls, 2);
}
END_TEST

static BOOL begin(DWORD flags, BOOL *pending, PVOID *context)
{
    *pending = -1;
    return InitOnceBeginInitialize(&once, flags, pending, context);
}

static void fails(BOOL result, DWORD error)
{
    ck_assert(!result);
    ck_assert_uint_eq(GetLastError(), error);
}

START_TEST(once_in_two_steps)
{
    BOOL pending;
    PVOID context = NULL;

    fails(begin(INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    fails(InitOnceComplete(&once, 0, NULL), ERROR_GEN_FAILURE);
    ck_assert(begin(0, &pending, &context));
    ck_assert_int_eq(pending, TRUE);
    fails(begin(INIT_ONCE_CHECK_ONLY, &pending, &context), ERROR_GEN_FAILURE);
    fails(begin(INIT_ONCE_ASYNC, &pending, &context), ERROR_INVALID_PARAMETER);
    fails(InitOnceComplete(&once, INIT_ONCE_ASYNC, NULL), ERROR_INVALID_PARAMETER);
    fails(InitOnceComplete(&once, 0, (PVOID)2), ERROR_INVALID_PARAMETER);
    fails(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, &made), ERROR_INVALID_PARAMETER);
    fails(InitOnceComplete(&once, 8, NULL), ERROR_INVALID_PARAMETER);
    ck_assert(InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, NULL));
    ck_assert(begin(0, &pending, &context));
    ck_assert_int_eq(pending, TRUE);
    ck_assert(InitOnceComplete(&once, 0, &made));
    ck_assert(begin(0, &pending, &context));
    ck_assert_int_eq(pending, FALSE);
    ck_assert_ptr_eq(context, &made);
    context = NULL;
    ck_assert(begin(INIT_ONCE_CHECK_ONLY, &pending, &context));
    ck_assert_int_eq(pending, FALSE);
    ck_assert_ptr_eq(context, &made);
    ck_assert(begin(0, &pending, NULL));
    fails(InitOnceComplete(&once, 0, &made), ERROR_GEN_FAILURE);
    fails(begin(INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, &pending, NULL), ERROR_INVALID_PARAMETER);
    fails(begin(8, &pending, NULL), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(once_async_the_first_to_complete_has_done_it)
{
    BOOL pending;
    PVOID context = NULL;

    for (int i = 0; i < 2; i++) {
        ck_assert(begin(INIT_ONCE_ASYNC, &pending, &context));
        ck_assert_int_eq(pending, TRUE);
    }
    fails(begin(0, &pending, &context), ERROR_INVALID_PARAMETER);
    fails(InitOnceExecuteOnce(&once, make, &calls, NULL), ERROR_INVALID_PARAMETER);
    fails(InitOnceComplete(&once, 0, NULL), ERROR_INVALID_PARAMETER);
    ck_assert(InitOnceComplete(&once, INIT_ONCE_ASYNC, &made));
    fails(InitOnceComplete(&once, INIT_ONCE_ASYNC, &calls), ERROR_GEN_FAILURE);
    ck_assert(begin(INIT_ONCE_ASYNC, &pending, &context));
    ck_assert_int_eq(pending, FALSE);
    ck_assert_ptr_eq(context, &made);
}
END_TEST

/* Others sleep until the first has ended; when it failed one of them goes on. */
START_TEST(once_others_wait)
{
    struct worker *workers[2];
    BOOL pending;

    ck_assert(begin(0, &pending, NULL));
    for (int i = 0; i < 2; i++) {
        workers[i] = worker_start(execute, NULL);
        worker_blocked(workers[i]);
    }
    made = _i == 0 ? 42 : 0;
    ck_assert(_i == 0 ? InitOnceComplete(&once, 0, &made)
                      : InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, NULL));
    worker_join(workers[0]);
    worker_join(workers[1]);
    ck_assert_int_eq(calls, _i);
}
END_TEST

Suite *suite_kernel_once(void)
{
    Suite *suite = suite_create("kernel_once");
    TCase *tests = tcase_create("kernel_once");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, once_of_many_threads, 0, 3);
    tcase_add_test(tests, once_leaves_the_last_error);
    tcase_add_test(tests, once_refuses_a_context_with_low_bits);
    tcase_add_test(tests, once_in_two_steps);
    tcase_add_test(tests, once_async_the_first_to_complete_has_done_it);
    tcase_add_loop_test(tests, once_others_wait, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
