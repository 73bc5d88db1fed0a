/*
 * test_kernel_section.c - critical sections, and what a debugger sees of them.
 */
#include <check.h>
#include <stdlib.h>

#include <windows.h>
#include "tests/support/worker.h"
#include "tests/unit/suites.h"

#define THREADS 4
#define ROUNDS 5000

static CRITICAL_SECTION section;

static void enter_and_leave(void *entered)
{
    EnterCriticalSection(&section);
    InterlockedExchange(entered, 1);
    LeaveCriticalSection(&section);
}

static void try_to_enter(void *result)
{
    *(BOOL *)result = TryEnterCriticalSection(&section);
    if (*(BOOL *)result) {
        LeaveCriticalSection(&section);
    }
}

/* What TryEnterCriticalSection() says on another thread. */
static BOOL others_may_enter(void)
{
    BOOL result = FALSE;

    worker_join(worker_start(try_to_enter, &result));
    return result;
}

START_TEST(section_initialisers)
{
    SetLastError(77);
    InitializeCriticalSection(&section);
    ck_assert_int_eq(section.LockCount, -1);
    ck_assert(InitializeCriticalSectionAndSpinCount(&section, 0x80000400));
    ck_assert_uint_eq(section.SpinCount, 0x400);
    ck_assert(InitializeCriticalSectionEx(&section, 7, CRITICAL_SECTION_NO_DEBUG_INFO));
    ck_assert_uint_eq(SetCriticalSectionSpinCount(&section, 9), 7);
    ck_assert_uint_eq(section.SpinCount, 9);
    DeleteCriticalSection(&section);
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

START_TEST(section_is_recursive)
{
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    ck_assert(TryEnterCriticalSection(&section));
    for (int i = 0; i < 3; i++) {
        ck_assert(!others_may_enter());
        LeaveCriticalSection(&section);
    }
    ck_assert(others_may_enter());
    DeleteCriticalSection(&section);
}
END_TEST

START_TEST(section_members_tell_the_state)
{
    LONG entered = 0;
    struct worker *worker;

    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    ck_assert_int_eq(section.LockCount, -2);
    ck_assert_int_eq(section.RecursionCount, 2);
    ck_assert_ptr_eq(section.OwningThread, (HANDLE)(ULONG_PTR)GetCurrentThreadId());
    LeaveCriticalSection(&section);

    worker = worker_start(enter_and_leave, &entered);
    worker_blocked(worker);
    ck_assert_int_eq(ReadAcquire(&section.LockCount), -6);
    ck_assert_int_eq(ReadAcquire(&entered), 0);
    LeaveCriticalSection(&section);
    worker_join(worker);
    ck_assert_int_eq(entered, 1);
    ck_assert_int_eq(section.LockCount, -1);
    ck_assert_int_eq(section.RecursionCount, 0);
    ck_assert_ptr_null(section.OwningThread);
    DeleteCriticalSection(&section);
}
END_TEST

static long counter; /* under section, entered twice */

static void count(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
    }
}

START_TEST(section_keeps_others_out)
{
    struct worker *workers[THREADS];

    counter = 0;
    ck_assert(InitializeCriticalSectionAndSpinCount(&section, _i == 0 ? 0 : 1000));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(count, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(counter, 2L * THREADS * ROUNDS);
    ck_assert_int_eq(section.LockCount, -1);
    DeleteCriticalSection(&section);
}
END_TEST

START_TEST(section_wakes_all_who_wait)
{
    struct worker *workers[THREADS];
    LONG entered[THREADS] = {0};

    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(enter_and_leave, &entered[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_blocked(workers[i]);
    }
    ck_assert_int_eq(ReadAcquire(&section.LockCount), -2 - 4 * THREADS);
    LeaveCriticalSection(&section);
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
        ck_assert_int_eq(entered[i], 1);
    }
    DeleteCriticalSection(&section);
}
END_TEST

Suite *suite_kernel_section(void)
{
    Suite *suite = suite_create("kernel_section");
    TCase *tests = tcase_create("kernel_section");

    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, section_initialisers);
    tcase_add_test(tests, section_is_recursive);
    tcase_add_test(tests, section_members_tell_the_state);
    tcase_add_loop_test(tests, section_keeps_others_out, 0, 2);
    tcase_add_test(tests, section_wakes_all_who_wait);
    suite_add_tcase(suite, tests);
    return suite;
}
