/*
 * test_port_threads.c - several threads at one completion port: who is woken, how many may run, and
 * what becomes of them when it is closed (C55; WB 13.9).
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "config/limits.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* A thread that takes one packet. */
struct taker {
    HANDLE port;
    BOOL by_ex, alertable;
    BOOL taken;
    DWORD error;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
};

static void take_one(struct taker *taker)
{
    OVERLAPPED_ENTRY entry = {.lpOverlapped = (LPOVERLAPPED)1};
    DWORD bytes;
    ULONG count;

    taker->overlapped = (LPOVERLAPPED)1;
    SetLastError(UNTOUCHED);
    if (taker->by_ex) {
        taker->taken =
            GetQueuedCompletionStatusEx(taker->port, &entry, 1, &count, INFINITE, taker->alertable);
        taker->key = entry.lpCompletionKey;
        taker->overlapped = entry.lpOverlapped;
    } else {
        taker->taken = GetQueuedCompletionStatus(taker->port, &bytes, &taker->key,
                                                 &taker->overlapped, INFINITE);
    }
    taker->error = GetLastError();
}

static void run_taker(void *argument)
{
    take_one(argument);
}

static HANDLE port_of(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);

    overlapped_track(port);
    return port;
}

static void post(HANDLE port, ULONG_PTR key)
{
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 0, key, NULL), TRUE);
}

/* The thread that came last is woken first. */
START_TEST(c55_waiting_threads_are_woken_last_in_first_out)
{
    enum { THREADS = 4 };
    HANDLE port = port_of(THREADS);
    static struct taker takers[THREADS];
    struct worker *workers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        takers[i].port = port;
        takers[i].by_ex = i % 2 != 0;
        workers[i] = worker_start(run_taker, &takers[i]);
        worker_blocked(workers[i]);
    }
    for (unsigned i = THREADS; i-- > 0;) {
        post(port, 100 + i);
        worker_join(workers[i]);
        ck_assert_int_eq(takers[i].taken, TRUE);
        ck_assert_uint_eq(takers[i].key, 100 + i);
        for (unsigned k = 0; k < i; k++) {
            ck_assert(!worker_done(workers[k]));
        }
    }
}
END_TEST

/* --- concurrency --- */

/* A thread that takes packets until it finds one with key 0, and notes when. */
struct consumer {
    HANDLE port;
    atomic_uint taken;
    _Atomic int64_t taken_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void consume(void *argument)
{
    struct consumer *consumer = argument;
    struct taker taker = {.port = consumer->port};

    do {
        take_one(&taker);
        atomic_store(&consumer->taken_ns, now_ns());
        atomic_fetch_add(&consumer->taken, 1);
    } while (taker.key != 0);
}

/* This thread is active for a port of one; a consumer waits at it. */
static struct worker *start_consumer(struct consumer *consumer)
{
    struct taker here = {.port = port_of(1)};
    struct worker *worker;

    *consumer = (struct consumer){.port = here.port};
    post(here.port, 1);
    take_one(&here);
    worker = worker_start(consume, consumer);
    worker_blocked(worker);
    return worker;
}

#define HOLD_NS (LIMIT_PORT_HOLD_MS * INT64_C(1000000))

/*
 * Packets are held back while as many threads are active as the value says, but not for ever: a
 * thread that is busy may wait for just that packet.
 */
START_TEST(c55_concurrency_holds_packets_back)
{
    struct consumer consumer;
    struct worker *worker = start_consumer(&consumer);

    for (unsigned i = 1; i <= 5; i++) {
        int64_t start_ns = now_ns(), end = world_now_ms() + WORLD_PATIENCE_MS;

        post(consumer.port, i != 5);
        while (atomic_load(&consumer.taken) < i) {
            ck_assert_int_lt(world_now_ms(), end);
            world_pause(); /* no call of the library: the thread is busy */
        }
        ck_assert_int_ge(atomic_load(&consumer.taken_ns) - start_ns, HOLD_NS);
    }
    worker_join(worker);
}
END_TEST

/* An active thread that sleeps in the library makes room, and so does one that comes back. */
START_TEST(c55_concurrency_counts_threads_that_run)
{
    enum { TRIES = 30 };
    struct consumer consumer;
    struct worker *worker = start_consumer(&consumer);
    int64_t least_ns = INT64_MAX;

    for (unsigned i = 1; i <= TRIES; i++) {
        int64_t start_ns = now_ns();

        post(consumer.port, i != TRIES);
        while (atomic_load(&consumer.taken) < i) {
            Sleep(1);
        }
        if (atomic_load(&consumer.taken_ns) - start_ns < least_ns) {
            least_ns = atomic_load(&consumer.taken_ns) - start_ns;
        }
    }
    ck_assert_int_lt(least_ns, HOLD_NS / 2); /* not each: the machine has other things to do */
    worker_join(worker);
}
END_TEST

START_TEST(c55_closing_a_port_under_waiting_threads)
{
    enum { THREADS = 4 };
    HANDLE port = port_of(2);
    static struct taker takers[THREADS];
    struct worker *workers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.port = port, .by_ex = i >= 2, .alertable = i == 3};
        workers[i] = worker_start(run_taker, &takers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        worker_blocked(workers[i]);
    }
    ck_assert_int_eq(CloseHandle(port), TRUE);
    for (unsigned i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
        ck_assert_int_eq(takers[i].taken, FALSE);
        ck_assert_uint_eq(takers[i].error, ERROR_ABANDONED_WAIT_0);
        if (!takers[i].by_ex) {
            ck_assert_ptr_null(takers[i].overlapped);
        }
    }
    ck_assert_int_eq(CloseHandle(port), FALSE);
}
END_TEST

/* Operations of its sockets end without anybody to tell; the sockets go on working. */
START_TEST(c55_closing_a_port_with_packets_and_operations)
{
    struct channel channel;
    struct posted *queued, *pending, *with_event;
    HANDLE event = overlapped_event(FALSE);

    channel_open(&channel, FAMILY->us, WAY_PORT);
    queued = posted_receive(&channel);
    pending = posted_receive(&channel);
    with_event = posted_new(&channel, CALL_RECVMSG);
    with_event->overlapped.hEvent = event;
    posted_pends(with_event);
    deliver(FAMILY, channel.port, "queued");
    world_settle(&(struct winlwip_stats){0});
    post(channel.completion_port, 7);
    ck_assert_int_eq(CloseHandle(channel.completion_port), TRUE);
    ck_assert_uint_eq(queued->overlapped.InternalHigh, 6);
    deliver(FAMILY, channel.port, "pending");
    deliver(FAMILY, channel.port, "with event");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_uint_eq(pending->overlapped.InternalHigh, 7);
    ck_assert_uint_eq(with_event->overlapped.InternalHigh, 10);
}
END_TEST

/* --- descriptors (WB 13.9) --- */

static SOCKET duplicate_of(SOCKET s)
{
    WSAPROTOCOL_INFOA info;
    SOCKET copy;

    ck_assert_int_eq(WSADuplicateSocketA(s, GetCurrentProcessId(), &info), 0);
    copy = WSASocketA(0, 0, 0, &info, 0, WSA_FLAG_OVERLAPPED);
    ck_assert_uint_ne(copy, INVALID_SOCKET);
    world_track(copy);
    return copy;
}

START_TEST(c55_c56_wb13_9_the_last_descriptor_ends_operations)
{
    struct channel channel;
    struct posted *posted;
    SOCKET copy;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    copy = duplicate_of(channel.s);
    posted = posted_receive(&channel);
    ck_assert_int_eq(closesocket(channel.s), 0);
    posted_nothing_more(posted);
    ck_assert(!HasOverlappedIoCompleted(&posted->overlapped));
    channel.s = copy;
    ck_assert_int_eq(closesocket(copy), 0);
    if (CHANNEL_WAY == WAY_HANDLE) {
        channel.way = WAY_POLL; /* there is no handle to wait for any more */
    }
    posted_ends(posted, WSA_OPERATION_ABORTED, 0);
}
END_TEST

/* Operations through either descriptor are the socket's: one order, one port. */
START_TEST(c55_c50_wb13_9_operations_of_two_descriptors)
{
    struct channel channel, other;
    struct posted *first, *second;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    other = channel;
    other.s = duplicate_of(channel.s);
    first = posted_receive(&other);
    second = posted_receive(&channel);
    deliver(FAMILY, channel.port, "first");
    deliver(FAMILY, channel.port, "second");
    posted_wait(second);
    posted_assert(first, 0, 5);
    posted_assert(second, 0, 6);
    ck_assert_uint_lt(first->order, second->order);
}
END_TEST

/* --- many (each packet goes to one thread) --- */

enum { POSTERS = 2, TAKERS = 4, PACKETS = 10000 };

static struct {
    HANDLE port;
    atomic_uint seen[POSTERS * PACKETS];
    atomic_uint total, wrong;
} crowd;

static void take_until_abandoned(void *by_ex)
{
    for (;;) {
        OVERLAPPED_ENTRY entries[7];
        ULONG count = 1;
        DWORD bytes;
        BOOL taken = by_ex != NULL
                         ? GetQueuedCompletionStatusEx(crowd.port, entries, 7, &count, INFINITE,
                                                       FALSE)
                         : GetQueuedCompletionStatus(crowd.port, &bytes,
                                                     &entries[0].lpCompletionKey,
                                                     &entries[0].lpOverlapped, INFINITE);

        if (!taken) { /* it was closed inside the call, or between two */
            atomic_fetch_add(&crowd.wrong, GetLastError() != ERROR_ABANDONED_WAIT_0 &&
                                               GetLastError() != ERROR_INVALID_HANDLE);
            return;
        }
        for (ULONG i = 0; i < count; i++) {
            atomic_fetch_add(&crowd.seen[entries[i].lpCompletionKey], 1);
            atomic_fetch_add(&crowd.total, 1);
        }
    }
}

static void post_many(void *argument)
{
    ULONG_PTR first = (ULONG_PTR)argument * PACKETS;

    for (ULONG_PTR i = 0; i < PACKETS; i++) {
        atomic_fetch_add(&crowd.wrong, !PostQueuedCompletionStatus(crowd.port, 0, first + i, NULL));
    }
}

START_TEST(c55_each_packet_goes_to_one_thread)
{
    struct worker *takers[TAKERS], *posters[POSTERS];
    int64_t end = world_now_ms() + 3 * WORLD_PATIENCE_MS;

    crowd.port = port_of((DWORD)_i);
    for (uintptr_t i = 0; i < TAKERS; i++) {
        takers[i] = worker_start(take_until_abandoned, i % 2 != 0 ? &crowd : NULL);
    }
    for (uintptr_t i = 0; i < POSTERS; i++) {
        posters[i] = worker_start(post_many, (void *)i);
    }
    for (unsigned i = 0; i < POSTERS; i++) {
        worker_join(posters[i]);
    }
    while (atomic_load(&crowd.total) < POSTERS * PACKETS && world_now_ms() < end) {
        world_pause();
    }
    CloseHandle(crowd.port);
    for (unsigned i = 0; i < TAKERS; i++) {
        worker_join(takers[i]);
    }
    ck_assert_uint_eq(atomic_load(&crowd.wrong), 0);
    for (unsigned i = 0; i < POSTERS * PACKETS; i++) {
        ck_assert_msg(atomic_load(&crowd.seen[i]) == 1, "packet %u came %u times", i,
                      atomic_load(&crowd.seen[i]));
    }
}
END_TEST

/* Who waits at a port drives the stack: no other thread is there to do it. */
START_TEST(c55_a_wait_at_a_port_drives_the_stack)
{
    struct channel channel;
    struct posted *posted;

    world_start(&(struct world_options){.links = 1, .no_background = true});
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "driven by the waiter");
    posted_receives(posted, "driven by the waiter");
}
END_TEST

Suite *suite_contract_port_threads(void)
{
    Suite *suite = suite_create("port_threads");
    TCase *tcase = tcase_create("port_threads"), *bare = tcase_create("port_threads_bare");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_test(tcase, c55_waiting_threads_are_woken_last_in_first_out);
    tcase_add_test(tcase, c55_concurrency_holds_packets_back);
    tcase_add_test(tcase, c55_concurrency_counts_threads_that_run);
    tcase_add_test(tcase, c55_closing_a_port_under_waiting_threads);
    tcase_add_loop_test(tcase, c55_closing_a_port_with_packets_and_operations, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_c56_wb13_9_the_last_descriptor_ends_operations, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c55_c50_wb13_9_operations_of_two_descriptors, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_each_packet_goes_to_one_thread, 0, 3);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(bare, NULL, overlapped_teardown);
    tcase_add_loop_test(bare, c55_a_wait_at_a_port_drives_the_stack, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, bare);
    return suite;
}
