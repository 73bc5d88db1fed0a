/*
 * test_kernel_condition.c - condition variables with both kinds of locks.
 */
#include <check.h>
#include <stdbool.h>

#include <windows.h>
#include "tests/support/worker.h"
#include "tests/unit/suites.h"

#define THREADS 4
#define ROUNDS 2000

enum way { WAY_SECTION, WAY_ALONE, WAY_SHARED, WAYS };

static CONDITION_VARIABLE variable = CONDITION_VARIABLE_INIT;
static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static enum way way;
static bool open;
static LONG through;

static void setup(void)
{
    InitializeCriticalSection(&section);
}

static void teardown(void)
{
    DeleteCriticalSection(&section);
}

static void acquire(enum way how)
{
    switch (how) {
    case WAY_SECTION:
        EnterCriticalSection(&section);
        break;
    case WAY_ALONE:
        AcquireSRWLockExclusive(&lock);
        break;
    default:
        AcquireSRWLockShared(&lock);
    }
}

static void release(enum way how)
{
    switch (how) {
    case WAY_SECTION:
        LeaveCriticalSection(&section);
        break;
    case WAY_ALONE:
        ReleaseSRWLockExclusive(&lock);
        break;
    default:
        ReleaseSRWLockShared(&lock);
    }
}

static BOOL sleep_ms(DWORD timeout_ms)
{
    return way == WAY_SECTION
               ? SleepConditionVariableCS(&variable, &section, timeout_ms)
               : SleepConditionVariableSRW(
                     &variable, &lock, timeout_ms,
                     way == WAY_SHARED ? CONDITION_VARIABLE_LOCKMODE_SHARED : 0);
}

static void set_open(bool value)
{
    enum way how = way == WAY_SHARED ? WAY_ALONE : way;

    acquire(how);
    open = value;
    release(how);
}

static void pass(void *unused)
{
    (void)unused;
    acquire(way);
    while (!open) {
        ck_assert(sleep_ms(INFINITE));
    }
    release(way);
    InterlockedIncrement(&through);
}

START_TEST(condition_wakes_all)
{
    struct worker *workers[THREADS];

    way = (enum way)_i;
    InitializeConditionVariable(&variable);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(pass, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_blocked(workers[i]);
    }
    set_open(true);
    WakeAllConditionVariable(&variable);
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(through, THREADS);
}
END_TEST

/* One wake-up each; the others sleep on. */
START_TEST(condition_wakes_one)
{
    struct worker *workers[2];

    way = (enum way)_i;
    for (int i = 0; i < 2; i++) {
        workers[i] = worker_start(pass, NULL);
        worker_blocked(workers[i]);
    }
    set_open(true);
    WakeConditionVariable(&variable);
    while (!worker_done(workers[0]) && !worker_done(workers[1])) {
        YieldProcessor();
    }
    worker_blocked(workers[worker_done(workers[0]) ? 1 : 0]);
    ck_assert_int_eq(ReadAcquire(&through), 1);
    WakeConditionVariable(&variable);
    worker_join(workers[0]);
    worker_join(workers[1]);
    ck_assert_int_eq(through, 2);
}
END_TEST

static void try_alone(void *got)
{
    *(bool *)got = TryAcquireSRWLockExclusive(&lock);
    if (*(bool *)got) {
        ReleaseSRWLockExclusive(&lock);
    }
}

START_TEST(condition_times_out_with_the_lock_held)
{
    static const DWORD timeouts_ms[] = {0, 30};
    ULONGLONG start = GetTickCount64();

    way = (enum way)_i;
    acquire(way);
    for (size_t i = 0; i < ARRAYSIZE(timeouts_ms); i++) {
        SetLastError(0);
        ck_assert(!sleep_ms(timeouts_ms[i]));
        ck_assert_uint_eq(GetLastError(), ERROR_TIMEOUT);
    }
    ck_assert_uint_ge(GetTickCount64() - start, 29);
    if (way != WAY_SECTION) {
        bool got = true;

        worker_join(worker_start(try_alone, &got));
        ck_assert(!got);
    } else {
        ck_assert_int_eq(section.RecursionCount, 1);
    }
    release(way);
}
END_TEST

START_TEST(condition_refuses_unknown_flags)
{
    AcquireSRWLockExclusive(&lock);
    ck_assert(!SleepConditionVariableSRW(&variable, &lock, 0, 2));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ReleaseSRWLockExclusive(&lock);
}
END_TEST

/* Nobody waits: the wake-up is forgotten, and the last error stays. */
START_TEST(condition_keeps_no_wake_ups)
{
    way = WAY_ALONE;
    SetLastError(77);
    WakeConditionVariable(&variable);
    WakeAllConditionVariable(&variable);
    ck_assert_uint_eq(GetLastError(), 77);
    acquire(way);
    ck_assert(!sleep_ms(1));
    release(way);
}
END_TEST

static int turn; /* under the lock: whose it is */

/* Passes the turn on ROUNDS times; every wake-up has to arrive. */
static void play(void *own)
{
    int mine = *(int *)own;

    for (int i = 0; i < ROUNDS; i++) {
        acquire(way);
        while (turn != mine) {
            ck_assert(sleep_ms(INFINITE));
        }
        turn = 1 - mine;
        release(way);
        WakeConditionVariable(&variable);
    }
}

START_TEST(condition_loses_no_wake_up)
{
    int names[2] = {0, 1};
    struct worker *workers[2];

    way = (enum way)_i;
    for (int i = 0; i < 2; i++) {
        workers[i] = worker_start(play, &names[i]);
    }
    for (int i = 0; i < 2; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(turn, 0);
}
END_TEST

Suite *suite_kernel_condition(void)
{
    Suite *suite = suite_create("kernel_condition");
    TCase *tests = tcase_create("kernel_condition");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, condition_wakes_all, 0, WAYS);
    tcase_add_loop_test(tests, condition_wakes_one, 0, WAYS);
    tcase_add_loop_test(tests, condition_times_out_with_the_lock_held, 0, WAYS);
    tcase_add_test(tests, condition_refuses_unknown_flags);
    tcase_add_test(tests, condition_keeps_no_wake_ups);
    tcase_add_loop_test(tests, condition_loses_no_wake_up, 0, WAY_SHARED);
    suite_add_tcase(suite, tests);
    return suite;
}
