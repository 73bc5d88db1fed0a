/*
 * test_port_races.c - many threads at a completion port: no packet is lost or comes twice, no
 * wake-up is lost, whatever ends the waits, and nobody counts as active who is not.
 */
#include <check.h>
#include <sched.h>
#include <stdatomic.h>

#include <winsock2.h>

#include "stack/loop.h"
#include "tests/support/worker.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"
#include "tests/unit/port_fixture.h"
#include "tests/unit/suites.h"
#include "winsock/operation.h"
#include "winsock/port.h"
#include "winsock/thread.h"
#include "winsock/wait.h"

/* A small generator: each thread has its own. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* --- a crowd --- */

/* How a taker waits. */
enum manner { WAITS, IS_IN_A_HURRY, HAS_ROUTINES, MANNERS };

enum { POSTERS = 2, TAKERS = 6, PACKETS = 5000, QUIT = POSTERS * PACKETS };

struct crowd_taker {
    enum manner manner;
    struct apc apc;
    atomic_bool apc_queued;
    unsigned apcs_run;
    struct thread *_Atomic thread;
};

static struct {
    HANDLE handle;
    struct port *port;
    atomic_uint seen[POSTERS * PACKETS];
    atomic_uint wrong;
    struct crowd_taker takers[TAKERS];
} crowd;

static void count_routine(struct apc *apc)
{
    struct crowd_taker *taker = CONTAINING_RECORD(apc, struct crowd_taker, apc);

    taker->apcs_run++;
    atomic_store(&taker->apc_queued, false);
}

static void drop_routine(struct apc *apc)
{
    (void)apc;
}

/* One wait. Returns the number of packets, 0 for a time-out or routines. */
static unsigned crowd_take(const struct crowd_taker *taker, uint32_t *random,
                           OVERLAPPED_ENTRY *entries)
{
    int64_t deadline_ns = taker->manner == IS_IN_A_HURRY
                              ? loop_now_ns() + next_random(random) % 200000
                              : LOOP_FOREVER;
    unsigned max = 1 + next_random(random) % 3, count = 0;
    int error = port_take(crowd.port, entries, max, &count, deadline_ns,
                          taker->manner == HAS_ROUTINES);
    int expected = taker->manner == IS_IN_A_HURRY ? WAIT_TIMEOUT : WAIT_IO_COMPLETION;

    if (error == WAIT_IO_COMPLETION) {
        thread_run_apcs(thread_record);
    }
    if (error != 0 && (error != expected || taker->manner == WAITS)) {
        atomic_fetch_add(&crowd.wrong, 1);
    }
    return error == 0 ? count : 0;
}

/* Takes until a packet says that it is over; further ones of these in a batch go to others. */
static void crowd_run(void *argument)
{
    struct crowd_taker *taker = argument;
    uint32_t random = 1 + (uint32_t)(taker - crowd.takers);
    unsigned quits = 0;

    atomic_store(&taker->thread, thread_self());
    while (quits == 0) {
        OVERLAPPED_ENTRY entries[3];
        unsigned count = crowd_take(taker, &random, entries);
        for (unsigned i = 0; i < count; i++) {
            if (entries[i].lpCompletionKey == QUIT) {
                quits++;
            } else {
                atomic_fetch_add(&crowd.seen[entries[i].lpCompletionKey], 1);
            }
        }
        if (next_random(&random) % 64 == 0) {
            unsigned index;
            wait_for_objects(NULL, 0, false, loop_now_ns() + 50000, false, &index);
        }
    }
    while (--quits != 0) {
        post(crowd.handle, QUIT);
    }
}

static void crowd_post(void *first)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        struct crowd_taker *taker = &crowd.takers[i % TAKERS];
        post(crowd.handle, (ULONG_PTR)first + i);
        if (taker->manner == HAS_ROUTINES && first == NULL &&
            !atomic_exchange(&taker->apc_queued, true)) {
            thread_queue_apc(atomic_load(&taker->thread), &taker->apc);
        }
    }
}

static void crowd_start(struct worker **workers)
{
    for (unsigned i = 0; i < TAKERS; i++) {
        struct crowd_taker *taker = &crowd.takers[i];
        taker->manner = (enum manner)(i % MANNERS);
        taker->apc = (struct apc){.run = count_routine, .drop = drop_routine};
        workers[i] = worker_start(crowd_run, taker);
        while (atomic_load(&taker->thread) == NULL) {
            world_pause();
        }
    }
}

START_TEST(c55_no_packet_is_lost_or_comes_twice)
{
    struct worker *takers[TAKERS], *posters[POSTERS];

    crowd.handle = port_of((unsigned)_i);
    crowd.port = port_get(crowd.handle);
    crowd_start(takers);
    for (uintptr_t i = 0; i < POSTERS; i++) {
        posters[i] = worker_start(crowd_post, (void *)(i * PACKETS)); /* NOLINT: a number */
    }
    for (unsigned i = 0; i < POSTERS; i++) {
        worker_join(posters[i]);
    }
    for (unsigned i = 0; i < TAKERS; i++) {
        post(crowd.handle, QUIT);
    }
    for (unsigned i = 0; i < TAKERS; i++) {
        worker_join(takers[i]);
    }
    ck_assert_uint_eq(atomic_load(&crowd.wrong), 0);
    for (unsigned i = 0; i < POSTERS * PACKETS; i++) {
        ck_assert_msg(atomic_load(&crowd.seen[i]) == 1, "packet %u came %u times", i,
                      atomic_load(&crowd.seen[i]));
    }
    for (unsigned i = HAS_ROUTINES; i < TAKERS; i += MANNERS) {
        ck_assert_uint_gt(crowd.takers[i].apcs_run, 0);
    }
    ck_assert_int_lt(least_delay_ns(crowd.handle), HOLD_NS / 2); /* all have left */
    port_put(crowd.port);
    port_close(crowd.handle);
}
END_TEST

/* --- a wait that ends while it is being released --- */

static struct {
    HANDLE handle;
    struct port *port;
    atomic_uint round;       /* the hurried thread waits once in each */
    atomic_uint hurried;     /* rounds in which it is done */
    atomic_uint taken;       /* packets */
    atomic_bool over;
} handover;

static void hurry(void *unused)
{
    uint32_t random = 7;

    (void)unused;
    for (unsigned round = 1; !atomic_load(&handover.over); round++) {
        OVERLAPPED_ENTRY entry;
        unsigned count = 0, index;
        while (atomic_load(&handover.round) < round && !atomic_load(&handover.over)) {
            sched_yield();
        }
        port_take(handover.port, &entry, 1, &count,
                  loop_now_ns() + 20000 + next_random(&random) % 100000, false);
        atomic_fetch_add(&handover.taken, count);
        wait_for_objects(NULL, 0, false, loop_now_ns() + 1, false, &index);
        atomic_fetch_add(&handover.hurried, 1);
    }
}

static void wait_for_all(void *unused)
{
    ULONG_PTR key;

    (void)unused;
    while (take(handover.handle, &key, INFINITE) == 0) {
        atomic_fetch_add(&handover.taken, 1);
    }
}

/*
 * The packet is posted at about the moment at which the thread that came last gives up. When it
 * had been released for it, the other one has to be.
 */
START_TEST(c55_a_release_that_comes_too_late_goes_to_the_next)
{
    enum { ROUNDS = 3000 };
    uint32_t random = 11;
    struct worker *waiting, *hurrying;

    handover.handle = port_of(4);
    handover.port = port_get(handover.handle);
    waiting = worker_start(wait_for_all, NULL);
    hurrying = worker_start(hurry, NULL);
    for (unsigned round = 1; round <= ROUNDS; round++) {
        int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
        int64_t post_ns = loop_now_ns() + 20000 + next_random(&random) % 120000;
        atomic_store(&handover.round, round);
        while (loop_now_ns() < post_ns) {
            sched_yield();
        }
        post(handover.handle, round);
        while (atomic_load(&handover.taken) < round || atomic_load(&handover.hurried) < round) {
            ck_assert_msg(world_now_ms() < end, "round %u: the packet stays where it is", round);
            sched_yield();
        }
    }
    atomic_store(&handover.over, true);
    worker_join(hurrying);
    port_close(handover.handle);
    worker_join(waiting);
    ck_assert_uint_eq(atomic_load(&handover.taken), ROUNDS);
    port_put(handover.port);
}
END_TEST

/*
 * A thread that did not wait takes the packet for which another one was released: that one waits on
 * and does not count.
 */
START_TEST(c55_a_release_in_vain)
{
    enum { TIMES = 20 };
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    unsigned in_vain = 0;
    struct worker *waiting;
    ULONG_PTR key;

    handover.handle = port_of(1);
    waiting = worker_start(wait_for_all, NULL);
    worker_blocked(waiting);
    while (in_vain < TIMES) {
        ck_assert_int_lt(world_now_ms(), end);
        post(handover.handle, 1);
        if (take(handover.handle, &key, 0) == 0) {
            in_vain++;
        }
        worker_blocked(waiting);
        ck_assert_int_eq(take(handover.handle, &key, 0), WAIT_TIMEOUT); /* active no more */
    }
    ck_assert_int_lt(least_delay_ns(handover.handle), HOLD_NS / 2);
    port_close(handover.handle);
    worker_join(waiting);
}
END_TEST

/* --- closing --- */

static struct {
    struct port *port;
    atomic_uint taken;
    atomic_uint wrong;
} closing;

static void take_until_closed(void *unused)
{
    OVERLAPPED_ENTRY entries[2];
    unsigned count;
    int error;

    (void)unused;
    while ((error = port_take(closing.port, entries, 2, &count, LOOP_FOREVER, false)) == 0) {
        atomic_fetch_add(&closing.taken, count);
    }
    atomic_fetch_add(&closing.wrong, error != ERROR_ABANDONED_WAIT_0);
}

static void post_to_the_end(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100; i++) {
        struct operation *packet = operation_take(thread_self());
        if (packet != NULL) {
            port_post(closing.port, packet); /* after the end, too */
        }
    }
}

START_TEST(c55_closing_among_posts_and_takes)
{
    enum { ROUNDS = 100, THREADS = 3 };

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct worker *workers[THREADS];
        HANDLE handle = port_of(1 + round % 2);

        closing.port = port_get(handle);
        atomic_store(&closing.taken, 0);
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i] = worker_start(i == 0 ? post_to_the_end : take_until_closed, NULL);
        }
        while (atomic_load(&closing.taken) < round % 100) {
            sched_yield();
        }
        ck_assert(port_close(handle));
        for (unsigned i = 0; i < THREADS; i++) {
            worker_join(workers[i]);
        }
        port_put(closing.port);
    }
    ck_assert_uint_eq(atomic_load(&closing.wrong), 0);
}
END_TEST

Suite *suite_port_races(void)
{
    Suite *suite = suite_create("port_races");
    TCase *tests = tcase_create("port_races");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, world_assert_clean);
    tcase_add_loop_test(tests, c55_no_packet_is_lost_or_comes_twice, 1, 4);
    tcase_add_test(tests, c55_a_release_that_comes_too_late_goes_to_the_next);
    tcase_add_test(tests, c55_a_release_in_vain);
    tcase_add_test(tests, c55_closing_among_posts_and_takes);
    suite_add_tcase(suite, tests);
    return suite;
}
