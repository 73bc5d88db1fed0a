/*
 * test_idle_waits.c - waits cost nothing while nothing happens, and none of many causes that end
 * them at once is lost.
 */
#include "tests/contract/overlapped.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/usage.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

enum { WAITERS = 64, WATCH_MS = 1500 };

/* --- idle --- */

static struct {
    HANDLE end, port;
    SOCKET s;
} idle;

static void wait_plainly(void *unused)
{
    (void)unused;
    WaitForSingleObject(idle.end, INFINITE);
}

static void wait_for_the_port(void *unused)
{
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;

    (void)unused;
    GetQueuedCompletionStatus(idle.port, &bytes, &key, &overlapped, INFINITE);
}

static void sleep_alertably(void *unused)
{
    (void)unused;
    WaitForSingleObjectEx(idle.end, INFINITE, TRUE);
}

static void receive(void *unused)
{
    char byte;

    (void)unused;
    recv(idle.s, &byte, 1, 0);
}

static void wait_for_two(void *unused)
{
    HANDLE objects[2] = {idle.end, (HANDLE)idle.s};

    (void)unused;
    WaitForMultipleObjects(2, objects, FALSE, INFINITE);
}

static void (*const kinds[])(void *) = {wait_plainly, wait_for_the_port, sleep_alertably, receive,
                                        wait_for_two};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static unsigned long wakeups(unsigned watch_ms)
{
    unsigned long before = usage_switches();

    usage_sleep_ms(watch_ms);
    return usage_switches() - before;
}

static void do_nothing(void *unused)
{
    (void)unused;
}

/* 64 threads that wait, and the library's own: at most two wake-ups a second in all. */
START_TEST(idle_waiters_do_not_wake)
{
    struct worker *workers[WAITERS];
    struct channel channel;
    unsigned long count;

    worker_join(worker_start(do_nothing, NULL)); /* a sanitizer makes its own with the first one */
    usage_forget();
    world_start(&(struct world_options){.links = 1, .no_background = _i != 0});
    idle.end = overlapped_event(TRUE);
    idle.port = overlapped_port();
    channel_open(&channel, "192.0.2.1", WAY_POLL);
    idle.s = world_socket("192.0.2.1", NULL);
    posted_receive(&channel); /* operations wait, too */
    for (unsigned i = 0; i < WAITERS; i++) {
        workers[i] = worker_start(kinds[i % KINDS], NULL);
    }
    for (unsigned i = 0; i < WAITERS; i++) {
        worker_blocked(workers[i]);
    }
    if (wakeups(WATCH_MS) > 2 * WATCH_MS / 1000) {
        /* On a busy machine some are late with what they did before they waited: once more. */
        count = wakeups(3 * WATCH_MS);
        ck_assert_msg(count <= 6 * WATCH_MS / 1000, "%lu wake-ups in %u ms", count, 3 * WATCH_MS);
    }
    SetEvent(idle.end);
    CloseHandle(idle.port);
    closesocket(idle.s);
    for (unsigned i = 0; i < WAITERS; i++) {
        worker_join(workers[i]);
    }
}
END_TEST

/* --- many causes at once --- */

enum { ROUNDS = 300, CAUSES = 4 };

static struct {
    HANDLE events[2];
    HANDLE thread; /* the one that waits */
    SOCKET s;
    SOCKADDR_STORAGE name;
    int name_bytes;
    atomic_uint apcs;
    pthread_barrier_t barrier;
} storm;

static void CALLBACK count_apc(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&storm.apcs, 1);
}

/* Causes one of the things that end a wait. */
static void cause(unsigned which)
{
    char byte = 'x';

    if (which < 2) {
        SetEvent(storm.events[which]);
    } else if (which == 2) {
        QueueUserAPC(count_apc, storm.thread, 0);
    } else {
        sendto(storm.s, &byte, 1, 0, (struct sockaddr *)&storm.name, storm.name_bytes);
    }
}

static void *cause_again_and_again(void *which)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&storm.barrier);
        cause((unsigned)(uintptr_t)which);
        pthread_barrier_wait(&storm.barrier);
    }
    return NULL;
}

/* What one round of waits has seen. */
struct seen {
    unsigned events[2], apcs, received;
};

static void wait_for_everything(struct channel *channel, struct posted *posted, struct seen *seen)
{
    HANDLE objects[3] = {storm.events[0], storm.events[1], posted->overlapped.hEvent};
    unsigned apcs = atomic_load(&storm.apcs);

    *seen = (struct seen){.received = 0};
    while (seen->events[0] + seen->events[1] + seen->apcs + seen->received < CAUSES) {
        DWORD result = WaitForMultipleObjectsEx(3, objects, FALSE, WORLD_PATIENCE_MS, TRUE);

        if (result == WAIT_IO_COMPLETION) {
            seen->apcs += atomic_load(&storm.apcs) - apcs;
            apcs = atomic_load(&storm.apcs);
        } else if (result == WAIT_OBJECT_0 + 2) {
            DWORD bytes, flags;

            ck_assert_int_eq(WSAGetOverlappedResult(channel->s, &posted->overlapped, &bytes, FALSE,
                                                    &flags),
                             TRUE);
            seen->received++;
        } else {
            ck_assert_uint_lt(result, WAIT_OBJECT_0 + 2);
            seen->events[result - WAIT_OBJECT_0]++;
        }
    }
}

/* Two events, an APC and a datagram come from four threads at the same moment, many times. */
START_TEST(c53_no_cause_of_a_wake_up_is_lost)
{
    pthread_t threads[CAUSES];
    struct channel channel;
    struct seen seen;

    for (unsigned i = 0; i < 2; i++) {
        storm.events[i] = overlapped_event(FALSE);
    }
    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                                     &storm.thread, 0, FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    overlapped_track(storm.thread);
    channel_open(&channel, "127.0.0.1", WAY_EVENT);
    storm.s = world_socket("127.0.0.1", NULL);
    storm.name_bytes = world_name("127.0.0.1", channel.port, &storm.name);
    pthread_barrier_init(&storm.barrier, NULL, CAUSES + 1);
    for (uintptr_t i = 0; i < CAUSES; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, cause_again_and_again, (void *)i), 0);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct posted *posted = posted_receive(&channel);

        pthread_barrier_wait(&storm.barrier);
        wait_for_everything(&channel, posted, &seen);
        ck_assert_uint_eq(seen.events[0], 1);
        ck_assert_uint_eq(seen.events[1], 1);
        ck_assert_uint_eq(seen.apcs, 1);
        ck_assert_uint_eq(seen.received, 1);
        pthread_barrier_wait(&storm.barrier);
        CloseHandle(posted->overlapped.hEvent);
        posted_free(posted);
    }
    for (unsigned i = 0; i < CAUSES; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&storm.barrier);
}
END_TEST

Suite *suite_contract_idle_waits(void)
{
    Suite *suite = suite_create("idle_waits");
    TCase *tcase = tcase_create("idle_waits"), *bare = tcase_create("idle_waits_bare");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_test(tcase, c53_no_cause_of_a_wake_up_is_lost);
    suite_add_tcase(suite, tcase);

    tcase_set_timeout(bare, 20);
    tcase_add_checked_fixture(bare, NULL, overlapped_teardown);
    tcase_add_loop_test(bare, idle_waiters_do_not_wake, 0, 2);
    suite_add_tcase(suite, bare);
    return suite;
}
