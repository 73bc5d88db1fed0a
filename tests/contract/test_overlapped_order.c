/*
 * test_overlapped_order.c - which receive gets which datagram (C50, C65), and how many may wait
 * (C59; ten thousand add no thread).
 */
#include "tests/contract/overlapped.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

static struct received received;

/* Delivers "0", "1", ... to a socket. */
static void deliver_numbers(const struct world_family *family, uint16_t port, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char text[12];

        snprintf(text, sizeof(text), "%u", i);
        deliver(family, port, text);
    }
}

static void assert_number(struct posted *posted, unsigned number)
{
    char text[12];

    snprintf(text, sizeof(text), "%u", number);
    ck_assert_mem_eq(posted->data, text, strlen(text));
    ck_assert_uint_eq((uint8_t)posted->data[strlen(text)], 0xa5);
}

START_TEST(c50_filled_in_the_order_of_the_calls)
{
    enum { RECEIVES = 12 };
    struct channel channel;
    struct posted *posted[RECEIVES];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted[i] = posted_new(&channel, (enum posted_call)(i % RECEIVE_CALLS));
        posted_pends(posted[i]);
    }
    deliver_numbers(CHANNEL_FAMILY, channel.port, RECEIVES);
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted_wait(posted[i]);
        posted_assert(posted[i], 0, i < 10 ? 1 : 2);
        assert_number(posted[i], i);
    }
    posted_nothing_more(posted[0]);
    for (unsigned i = 1; i < RECEIVES; i++) {
        ck_assert_uint_lt(posted[i - 1]->order, posted[i]->order);
    }
}
END_TEST

/* Different ways on one socket: a port excludes routines, so once with each. */
START_TEST(c50_across_ways_of_completion)
{
    enum { RECEIVES = 12 };
    enum way third = _i / WORLD_FAMILIES == 0 ? WAY_ROUTINE : WAY_PORT;
    const struct world_family *family = &world_families[_i % WORLD_FAMILIES];
    struct channel channels[3];
    struct posted *posted[RECEIVES];

    channel_open(&channels[0], family->us, WAY_EVENT);
    channel_make(&channels[1], channels[0].s, WAY_HANDLE);
    channel_make(&channels[2], channels[0].s, third);
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted[i] = posted_new(&channels[i % 3], (enum posted_call)(i / 3 % RECEIVE_CALLS));
        posted_pends(posted[i]);
    }
    deliver_numbers(family, channels[0].port, RECEIVES);
    for (unsigned i = 0; i < RECEIVES; i++) {
        DWORD bytes;

        while (!HasOverlappedIoCompleted(&posted[i]->overlapped)) {
            world_pause();
        }
        ck_assert_int_eq(
            GetOverlappedResult((HANDLE)channels[0].s, &posted[i]->overlapped, &bytes, FALSE),
            TRUE);
        ck_assert_uint_eq(bytes, i < 10 ? 1 : 2);
        assert_number(posted[i], i);
    }
}
END_TEST

/* A receive that is cancelled leaves the line; the others keep their order. */
START_TEST(c50_c57_without_the_cancelled_ones)
{
    struct channel channel;
    struct posted *posted[4];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < 4; i++) {
        posted[i] = posted_receive(&channel);
    }
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted[1]->overlapped), TRUE);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &posted[3]->overlapped), TRUE);
    deliver_numbers(CHANNEL_FAMILY, channel.port, 2);
    for (unsigned i = 0; i < 4; i++) {
        posted_wait(posted[i]);
    }
    posted_assert(posted[1], WSA_OPERATION_ABORTED, 0);
    posted_assert(posted[3], WSA_OPERATION_ABORTED, 0);
    posted_assert(posted[0], 0, 1);
    assert_number(posted[0], 0);
    posted_assert(posted[2], 0, 1);
    assert_number(posted[2], 1);
}
END_TEST

/* --- several threads (C65) --- */

START_TEST(c65_synchronous_calls_queue_behind_posted_ones)
{
    struct channel channel;
    struct posted *first, *last;
    struct later *later;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    first = posted_receive(&channel);
    later = world_later(channel.s, NULL);
    world_later_blocked(later);
    last = posted_receive(&channel);
    deliver_numbers(CHANNEL_FAMILY, channel.port, 3);
    world_join_later(later, &received);
    world_assert_text(&received, "1");
    posted_wait(first);
    posted_wait(last);
    posted_assert(first, 0, 1);
    assert_number(first, 0);
    posted_assert(last, 0, 1);
    assert_number(last, 2);
}
END_TEST

/* What a posted receive is to get is not there for a call that does not wait, nor for select(). */
START_TEST(c65_nothing_is_left_beside_a_posted_receive)
{
    struct channel channel;
    struct posted *posted;
    WSAPOLLFD entry;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set_nonblocking(channel.s);
    posted = posted_receive(&channel);
    world_assert_empty(channel.s);
    deliver(CHANNEL_FAMILY, channel.port, "for the posted one");
    world_settle(&(struct winlwip_stats){0});
    entry = (WSAPOLLFD){.fd = channel.s, .events = POLLRDNORM};
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 0);
    world_assert_empty(channel.s);
    posted_receives(posted, "for the posted one");
}
END_TEST

enum { RECEIVERS = 4, NUMBERS = 4000 };

/* What the threads of the next test share. */
static struct {
    SOCKET s;
    uint16_t port;
    atomic_uint seen[NUMBERS];
    atomic_uint total;
} shared;

/* Receives until the socket is closed; the odd threads by calls that wait, the others by events. */
static void *take_numbers(void *argument)
{
    bool synchronous = (uintptr_t)argument % 2 != 0;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    uint32_t number;
    WSABUF buffer = {sizeof(number), (char *)&number};

    for (;;) {
        WSAOVERLAPPED overlapped = {.hEvent = event};
        DWORD bytes = 0, flags = 0;
        int result = WSARecv(shared.s, &buffer, 1, &bytes, &flags,
                             synchronous ? NULL : &overlapped, NULL);

        if (result != 0 && WSAGetLastError() == WSA_IO_PENDING) {
            WaitForSingleObject(event, INFINITE);
            result = WSAGetOverlappedResult(shared.s, &overlapped, &bytes, FALSE, &flags) ? 0 : -1;
        }
        if (result != 0) {
            CloseHandle(event);
            return NULL;
        }
        if (bytes == sizeof(number) && number < NUMBERS) {
            atomic_fetch_add(&shared.seen[number], 1);
            atomic_fetch_add(&shared.total, 1);
        }
    }
}

START_TEST(c65_c51_each_datagram_goes_to_one_posted_or_waiting_call)
{
    pthread_t threads[RECEIVERS];
    SOCKET sender = world_socket("127.0.0.1", NULL);
    SOCKADDR_STORAGE name;
    int name_bytes;
    int64_t end = world_now_ms() + 2 * WORLD_PATIENCE_MS;

    shared.s = world_socket("127.0.0.1", &shared.port);
    world_set(shared.s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    name_bytes = world_name("127.0.0.1", shared.port, &name);
    for (uintptr_t i = 0; i < RECEIVERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_numbers, (void *)i), 0);
    }
    for (uint32_t i = 0; i < NUMBERS; i++) {
        ck_assert_int_eq(sendto(sender, (const char *)&i, sizeof(i), 0, (struct sockaddr *)&name,
                                name_bytes),
                         sizeof(i));
    }
    while (atomic_load(&shared.total) < NUMBERS && world_now_ms() < end) {
        world_pause();
    }
    closesocket(shared.s);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    for (unsigned i = 0; i < NUMBERS; i++) {
        ck_assert_msg(atomic_load(&shared.seen[i]) == 1, "%u came %u times", i,
                      atomic_load(&shared.seen[i]));
    }
}
END_TEST

/* --- how many (C59) --- */

START_TEST(c59_more_receives_than_the_limit)
{
    struct channel channel;
    struct posted *posted[3], *more;

    world_start(&(struct world_options){.links = 1, .max_pending = 3});
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < 3; i++) {
        posted[i] = posted_receive(&channel);
    }
    for (enum posted_call call = CALL_RECVMSG; call < RECEIVE_CALLS; call++) {
        posted_fails(posted_new(&channel, call), WSAEWOULDBLOCK);
    }
    deliver(CHANNEL_FAMILY, channel.port, "makes room");
    posted_receives(posted[0], "makes room");
    more = posted_receive(&channel);
    posted_fails(posted_new(&channel, CALL_RECVMSG), WSAEWOULDBLOCK);
    deliver_numbers(CHANNEL_FAMILY, channel.port, 3);
    posted[0] = more;
    for (unsigned i = 0; i < 3; i++) {
        posted_wait(posted[(i + 1) % 3]);
        assert_number(posted[(i + 1) % 3], i);
    }
}
END_TEST

/* The limit is the socket's: it is none of others, and none of what need not wait. */
START_TEST(c59_what_does_not_count)
{
    struct channel channel, other;
    struct posted *posted;

    world_start(&(struct world_options){.links = 1, .max_pending = 1});
    channel_open(&channel, FAMILY->us, WAY_EVENT);
    channel_open(&other, FAMILY->us, WAY_EVENT);
    posted_receive(&channel);
    posted_receive(&other);
    posted = posted_new(&channel, CALL_SENDTO);
    posted_text(posted, "a send");
    posted_to(posted, FAMILY->peer, 9);
    posted_completes(posted);
    ck_assert_int_eq(CancelIoEx((HANDLE)other.s, NULL), TRUE);
    channel_queue(&other, FAMILY, "queued");
    posted = posted_new(&other, CALL_RECVMSG);
    posted_completes(posted);
    posted_receives(posted, "queued");
}
END_TEST

/* Threads of this process. */
static unsigned count_threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    unsigned count = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

enum { SOCKETS = 100, EACH = 100, TOTAL = SOCKETS * EACH };

/* Takes this many packets from a port; counts those of each operation. */
static void take_packets(HANDLE port, const WSAOVERLAPPED *first, unsigned char *times,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        LPOVERLAPPED overlapped = NULL;
        ULONG_PTR key;
        DWORD bytes;

        GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, WORLD_PATIENCE_MS);
        ck_assert_ptr_nonnull(overlapped);
        times[overlapped - first]++;
    }
}

START_TEST(c47_c50_c56_ten_thousand_posted_receives_add_no_thread)
{
    static WSAOVERLAPPED overlapped[TOTAL];
    static unsigned char times[TOTAL];
    static SOCKET sockets[SOCKETS];
    static uint16_t ports[SOCKETS];
    char byte;
    WSABUF buffer = {.len = 1, .buf = &byte};
    HANDLE port = overlapped_port();
    unsigned threads = count_threads();

    for (unsigned i = 0; i < SOCKETS; i++) {
        sockets[i] = world_socket("192.0.2.1", &ports[i]);
        ck_assert_ptr_eq(CreateIoCompletionPort((HANDLE)sockets[i], port, i, 0), port);
    }
    for (unsigned i = 0; i < TOTAL; i++) {
        DWORD flags = 0;

        world_fails(WSARecv(sockets[i % SOCKETS], &buffer, 1, NULL, &flags, &overlapped[i], NULL),
                    WSA_IO_PENDING);
    }
    ck_assert_uint_eq(count_threads(), threads);
    for (unsigned i = 0; i < SOCKETS; i++) {
        deliver(&world_families[0], ports[i], "x");
    }
    take_packets(port, overlapped, times, SOCKETS);
    for (unsigned i = 0; i < SOCKETS; i++) {
        ck_assert_uint_eq(times[i], 1); /* the first receive of each */
        ck_assert_uint_eq(overlapped[i].InternalHigh, 1);
        closesocket(sockets[i]);
    }
    take_packets(port, overlapped, times, TOTAL - SOCKETS);
    for (unsigned i = 0; i < TOTAL; i++) {
        ck_assert_uint_eq(times[i], 1);
    }
    ck_assert_uint_eq(count_threads(), threads);
}
END_TEST

Suite *suite_contract_overlapped_order(void)
{
    Suite *suite = suite_create("overlapped_order");
    TCase *tcase = tcase_create("overlapped_order"), *limits = tcase_create("overlapped_limits");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c50_filled_in_the_order_of_the_calls, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c50_across_ways_of_completion, 0, WORLD_FAMILIES * 2);
    tcase_add_loop_test(tcase, c50_c57_without_the_cancelled_ones, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c65_synchronous_calls_queue_behind_posted_ones, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c65_nothing_is_left_beside_a_posted_receive, 0, OVERLAPPED_LOOPS);
    tcase_add_test(tcase, c65_c51_each_datagram_goes_to_one_posted_or_waiting_call);
    tcase_add_test(tcase, c47_c50_c56_ten_thousand_posted_receives_add_no_thread);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(limits, NULL, overlapped_teardown);
    tcase_add_loop_test(limits, c59_more_receives_than_the_limit, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(limits, c59_what_does_not_count, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, limits);
    return suite;
}
