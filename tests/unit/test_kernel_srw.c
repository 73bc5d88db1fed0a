/*
 * test_kernel_srw.c - slim locks: alone, shared, and both in a mix.
 */
#include <check.h>

#include <windows.h>
#include "tests/support/worker.h"
#include "tests/unit/suites.h"

#define THREADS 4
#define ROUNDS 5000

static SRWLOCK lock = SRWLOCK_INIT;
static LONG inside;

static void share(void *unused)
{
    (void)unused;
    AcquireSRWLockShared(&lock);
    InterlockedIncrement(&inside);
    ReleaseSRWLockShared(&lock);
}

static void take(void *unused)
{
    (void)unused;
    AcquireSRWLockExclusive(&lock);
    InterlockedIncrement(&inside);
    ReleaseSRWLockExclusive(&lock);
}

START_TEST(srw_tries)
{
    InitializeSRWLock(&lock);
    ck_assert_ptr_null(lock.Ptr);
    ck_assert(TryAcquireSRWLockExclusive(&lock));
    ck_assert(!TryAcquireSRWLockExclusive(&lock));
    ck_assert(!TryAcquireSRWLockShared(&lock));
    ReleaseSRWLockExclusive(&lock);
    ck_assert(TryAcquireSRWLockShared(&lock));
    ck_assert(TryAcquireSRWLockShared(&lock));
    ck_assert(!TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ck_assert(!TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    ck_assert(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
    ck_assert_ptr_null(lock.Ptr);
}
END_TEST

START_TEST(srw_sharers_overlap)
{
    inside = 0;
    AcquireSRWLockShared(&lock);
    worker_join(worker_start(share, NULL));
    ck_assert_int_eq(inside, 1);
    ReleaseSRWLockShared(&lock);
}
END_TEST

/* Alone keeps out both; shared keeps out who wants it alone. */
START_TEST(srw_others_wait)
{
    static void (*const calls[])(void *) = {share, take, take};
    struct worker *worker;

    inside = 0;
    (_i == 2 ? AcquireSRWLockShared : AcquireSRWLockExclusive)(&lock);
    worker = worker_start(calls[_i], NULL);
    worker_blocked(worker);
    ck_assert_int_eq(ReadAcquire(&inside), 0);
    (_i == 2 ? ReleaseSRWLockShared : ReleaseSRWLockExclusive)(&lock);
    worker_join(worker);
    ck_assert_int_eq(inside, 1);
}
END_TEST

/* Else sharers that come one after another could keep it out for ever. */
START_TEST(srw_sharers_queue_behind_one_that_waits)
{
    struct worker *alone, *shared;

    inside = 0;
    AcquireSRWLockShared(&lock);
    alone = worker_start(take, NULL);
    worker_blocked(alone);
    shared = worker_start(share, NULL);
    worker_blocked(shared);
    ReleaseSRWLockShared(&lock);
    worker_join(alone);
    worker_join(shared);
    ck_assert_int_eq(inside, 2);
}
END_TEST

START_TEST(srw_wakes_all_who_wait)
{
    struct worker *workers[2 * THREADS];

    inside = 0;
    AcquireSRWLockExclusive(&lock);
    for (int i = 0; i < 2 * THREADS; i++) {
        workers[i] = worker_start(i % 2 == 0 ? share : take, NULL);
    }
    for (int i = 0; i < 2 * THREADS; i++) {
        worker_blocked(workers[i]);
    }
    ReleaseSRWLockExclusive(&lock);
    for (int i = 0; i < 2 * THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(inside, 2 * THREADS);
    ck_assert(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
}
END_TEST

static long first, second; /* equal whenever the lock can be had */

static void write_rounds(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockExclusive(&lock);
        first++;
        second++;
        ReleaseSRWLockExclusive(&lock);
    }
}

static void read_rounds(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockShared(&lock);
        ck_assert_int_eq(first, second);
        ReleaseSRWLockShared(&lock);
    }
}

START_TEST(srw_mix)
{
    struct worker *workers[THREADS];

    first = second = 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(i % 2 == 0 ? write_rounds : read_rounds, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(first, THREADS / 2L * ROUNDS);
    ck_assert_ptr_null(lock.Ptr);
}
END_TEST

Suite *suite_kernel_srw(void)
{
    Suite *suite = suite_create("kernel_srw");
    TCase *tests = tcase_create("kernel_srw");

    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, srw_tries);
    tcase_add_test(tests, srw_sharers_overlap);
    tcase_add_loop_test(tests, srw_others_wait, 0, 3);
    tcase_add_test(tests, srw_sharers_queue_behind_one_that_waits);
    tcase_add_test(tests, srw_wakes_all_who_wait);
    tcase_add_test(tests, srw_mix);
    suite_add_tcase(suite, tests);
    return suite;
}
