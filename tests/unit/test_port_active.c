/*
 * test_port_active.c - how many threads may be active for a completion port at a time: who counts,
 * who makes room, and how long a packet is held back at most.
 */
#include <check.h>
#include <stdatomic.h>

#include <winsock2.h>

#include "stack/loop.h"
#include "tests/support/worker.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"
#include "tests/unit/port_fixture.h"
#include "tests/unit/suites.h"
#include "winsock/port.h"
#include "winsock/wait.h"

/* A thread that has taken a packet with key 1, and does nothing until it is told how to go on. */
struct active {
    HANDLE port;
    atomic_bool taken, go;
    void (*leave)(void); /* what it does then */
    _Atomic int64_t left_ns;
    struct worker *worker;
};

static void active_run(void *argument)
{
    struct active *active = argument;
    ULONG_PTR key;

    if (take(active->port, &key, INFINITE) == 0 && key == 1) {
        atomic_store(&active->taken, true);
    }
    while (!atomic_load(&active->go)) {
        world_pause();
    }
    atomic_store(&active->left_ns, loop_now_ns());
    active->leave();
}

static void active_start(struct active *active)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    active->worker = worker_start(active_run, active);
    post(active->port, 1);
    while (!atomic_load(&active->taken)) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
}

static void active_end(struct active *active)
{
    atomic_store(&active->go, true);
    worker_join(active->worker);
}

static void do_nothing(void)
{
}

/* How long it takes a thread, which waits in steps, to get a packet that is held back. */
static int64_t hold_ns(HANDLE port, DWORD step_ms)
{
    struct taker taker = {.port = port, .step_ms = step_ms};
    struct worker *worker = worker_start(taker_run, &taker);

    worker_blocked(worker);
    int64_t start_ns = loop_now_ns();
    post(port, 2);
    worker_join(worker); /* this thread does not call the library meanwhile */
    ck_assert_int_eq(taker.error, 0);
    ck_assert_uint_eq(taker.key, 2);
    return taker.taken_ns - start_ns;
}

/* An active thread may wait for just that packet: it comes, also to one that waits in steps. */
START_TEST(c55_packets_are_held_back_for_a_time)
{
    static const DWORD steps_ms[] = {INFINITE, 1000, LIMIT_PORT_HOLD_MS / 3};
    HANDLE port = port_of(1);

    be_active(port);
    for (unsigned i = 0; i < 3; i++) { /* each time anew */
        ck_assert_int_ge(hold_ns(port, steps_ms[_i]), HOLD_NS);
    }
    port_close(port);
}
END_TEST

/* Of several threads that wait one is let in at a time, and then it is counted. */
START_TEST(c55_packets_that_are_held_back_let_in_one_thread_after_the_other)
{
    enum { THREADS = 3 };
    HANDLE port = port_of(1);
    struct active actives[THREADS];
    int64_t start_ns, end = world_now_ms() + WORLD_PATIENCE_MS;

    be_active(port);
    for (unsigned i = 0; i < THREADS; i++) {
        actives[i] = (struct active){.port = port, .leave = do_nothing};
        actives[i].worker = worker_start(active_run, &actives[i]);
        worker_blocked(actives[i].worker);
    }
    start_ns = loop_now_ns();
    for (unsigned i = 0; i < THREADS; i++) {
        post(port, 1);
    }
    for (unsigned i = THREADS; i-- > 0;) { /* the one that came last is on top */
        while (!atomic_load(&actives[i].taken)) {
            ck_assert_int_lt(world_now_ms(), end);
            world_pause();
        }
        ck_assert_int_ge(loop_now_ns() - start_ns, (THREADS - i) * HOLD_NS);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        active_end(&actives[i]);
    }
    port_close(port);
}
END_TEST

START_TEST(c55_a_packet_that_is_held_back_comes_at_once_to_who_does_not_wait)
{
    HANDLE port = port_of(1);
    struct active active = {.port = port, .leave = do_nothing};

    active_start(&active);
    post(port, 2);
    take_now(port, 2);
    active_end(&active);
    port_close(port);
}
END_TEST

START_TEST(c55_a_concurrency_of_two)
{
    HANDLE port = port_of(2);
    struct active active = {.port = port, .leave = do_nothing};

    active_start(&active);
    ck_assert_int_lt(least_delay_ns(port), HOLD_NS / 2);
    be_active(port);
    ck_assert_int_ge(hold_ns(port, INFINITE), HOLD_NS);
    active_end(&active);
    ck_assert_int_lt(least_delay_ns(port), HOLD_NS / 2);
    port_close(port);
}
END_TEST

static HANDLE other_port;

static void leave_by_sleeping(void)
{
    unsigned index;

    wait_for_objects(NULL, 0, false, wait_deadline_ns(2 * LIMIT_PORT_HOLD_MS), false, &index);
}

static void leave_for_an_object(void)
{
    unsigned index;
    struct waitable object, *objects[] = {&object};

    waitable_init(&object, false, false);
    wait_for_objects(objects, 1, false, wait_deadline_ns(2 * LIMIT_PORT_HOLD_MS), false, &index);
}

static void leave_for_another_port(void)
{
    ULONG_PTR key;

    take(other_port, &key, 2 * LIMIT_PORT_HOLD_MS);
}

/* Tries to see that a packet is not held back; a busy machine may hold up some. */
enum { TRIES = 50 };

/* From what an active thread does until another one has the next packet. */
static int64_t delay_after(void (*leave)(void))
{
    HANDLE port = port_of(1);
    struct active active = {.port = port, .leave = leave};
    struct taker taker = {.port = port, .step_ms = INFINITE};

    active_start(&active);
    struct worker *worker = worker_start(taker_run, &taker);
    worker_blocked(worker);
    post(port, 2);
    atomic_store(&active.go, true);
    worker_join(worker);
    ck_assert_uint_eq(taker.key, 2);
    active_end(&active);
    port_close(port);
    return taker.taken_ns - active.left_ns;
}

START_TEST(c55_a_thread_that_waits_or_ends_makes_room)
{
    static void (*const ways[])(void) = {leave_by_sleeping, leave_for_an_object,
                                         leave_for_another_port, do_nothing};
    int64_t least_ns = INT64_MAX;

    other_port = port_of(0);
    for (unsigned i = 0; i < TRIES && least_ns >= HOLD_NS / 2; i++) {
        int64_t ns = delay_after(ways[_i]);
        least_ns = ns < least_ns ? ns : least_ns;
    }
    ck_assert_int_lt(least_ns, HOLD_NS / 2);
    port_close(other_port);
}
END_TEST

/* A sleeper counts again when it is awake. */
START_TEST(c55_a_thread_that_wakes_counts_again)
{
    HANDLE port = port_of(1);
    unsigned index;

    be_active(port);
    ck_assert_int_eq(wait_for_objects(NULL, 0, false, wait_deadline_ns(1), false, &index),
                     WAIT_TIMEOUT);
    ck_assert_int_ge(hold_ns(port, INFINITE), HOLD_NS);
    port_close(port);
}
END_TEST

START_TEST(c55_a_thread_that_comes_back_is_not_held_up)
{
    HANDLE port = port_of(1);
    int64_t least_ns = INT64_MAX;
    ULONG_PTR key;

    be_active(port);
    for (unsigned i = 0; i < TRIES && least_ns >= HOLD_NS / 2; i++) {
        post(port, 2);
        int64_t start_ns = loop_now_ns();
        ck_assert_int_eq(take(port, &key, INFINITE), 0);
        int64_t ns = loop_now_ns() - start_ns;
        least_ns = ns < least_ns ? ns : least_ns;
    }
    ck_assert_int_lt(least_ns, HOLD_NS / 2);
    port_close(port);
}
END_TEST

Suite *suite_port_active(void)
{
    Suite *suite = suite_create("port_active");
    TCase *tests = tcase_create("port_active");

    tcase_set_timeout(tests, 30);
    tcase_add_checked_fixture(tests, NULL, world_assert_clean);
    tcase_add_loop_test(tests, c55_packets_are_held_back_for_a_time, 0, 3);
    tcase_add_test(tests, c55_packets_that_are_held_back_let_in_one_thread_after_the_other);
    tcase_add_test(tests, c55_a_packet_that_is_held_back_comes_at_once_to_who_does_not_wait);
    tcase_add_test(tests, c55_a_concurrency_of_two);
    tcase_add_loop_test(tests, c55_a_thread_that_waits_or_ends_makes_room, 0, 4);
    tcase_add_test(tests, c55_a_thread_that_wakes_counts_again);
    tcase_add_test(tests, c55_a_thread_that_comes_back_is_not_held_up);
    suite_add_tcase(suite, tests);
    return suite;
}
