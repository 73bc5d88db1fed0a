/*
 * test_blocking_routines.c - blocking calls run the routines of their thread and go on (C43;
 * WB 12.6), and what a routine may call inside of them.
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* What an APC is to do, and what it saw. */
static struct {
    SOCKET s, target;
    SOCKADDR_STORAGE name; /* of target */
    int name_bytes;
    atomic_uint called;
    int result, error;
} apc;

static void prepare(const struct world_family *family)
{
    uint16_t port;

    memset(&apc, 0, sizeof(apc));
    apc.s = world_socket(family->loopback, NULL);
    apc.target = world_socket(family->loopback, &port);
    apc.name_bytes = world_name(family->loopback, port, &apc.name);
}

static void send_to_target(void)
{
    ck_assert_int_eq(sendto(apc.s, "from the APC", 12, 0, (struct sockaddr *)&apc.name,
                            apc.name_bytes),
                     12);
}

static void CALLBACK count(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&apc.called, 1);
}

/* Sends what ends the call that it interrupts. */
static void CALLBACK end_the_wait(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&apc.called, 1);
    send_to_target();
}

static void queue_apc(PAPCFUNC function)
{
    ck_assert_uint_ne(QueueUserAPC(function, GetCurrentThread(), 0), 0);
}

/* --- the blocking calls --- */

static int by_recv(void)
{
    char data[32];

    return recv(apc.target, data, sizeof(data), 0);
}

static int by_recvfrom(void)
{
    char data[32];
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    return recvfrom(apc.target, data, sizeof(data), 0, (struct sockaddr *)&name, &bytes);
}

static int by_wsarecv(void)
{
    char data[32];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    DWORD bytes = 0, flags = 0;
    int result = WSARecv(apc.target, &buffer, 1, &bytes, &flags, NULL, NULL);

    return result == 0 ? (int)bytes : result;
}

static int by_wsarecvmsg(void)
{
    char data[32];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes = 0;
    int result = world.recvmsg(apc.target, &message, &bytes, NULL, NULL);

    return result == 0 ? (int)bytes : result;
}

static int by_select(void)
{
    fd_set set = {.fd_count = 1, .fd_array = {apc.target}};
    int result = select(0, &set, NULL, NULL, NULL);

    return result == 1 ? by_recv() : result;
}

static int by_poll(void)
{
    WSAPOLLFD entry = {.fd = apc.target, .events = POLLRDNORM};
    int result = WSAPoll(&entry, 1, -1);

    return result == 1 ? by_recv() : result;
}

static int (*const calls[])(void) = {by_recv, by_recvfrom, by_wsarecv, by_wsarecvmsg, by_select,
                                     by_poll};
#define CALLS 6
#define CALL calls[_i / WORLD_FAMILIES]
#define CALL_FAMILY (&world_families[_i % WORLD_FAMILIES])

/* The APC sends the datagram that ends the very call: it goes on waiting after the APC. */
START_TEST(c43_wb12_6_an_apc_runs_and_the_call_goes_on)
{
    prepare(CALL_FAMILY);
    queue_apc(count);
    queue_apc(end_the_wait);
    ck_assert_int_eq(CALL(), 12);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_eq(apc.called, 2);
}
END_TEST

/* What is there already is taken without an APC. */
START_TEST(c43_no_apc_when_the_result_is_there)
{
    prepare(CALL_FAMILY);
    send_to_target();
    queue_apc(count);
    ck_assert_int_eq(CALL(), 12);
    ck_assert_uint_eq(apc.called, 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(apc.called, 1);
}
END_TEST

struct blocked {
    int (*call)(void);
    HANDLE self;
    int result;
};

static DWORD WINAPI run_blocked(LPVOID argument)
{
    struct blocked *blocked = argument;

    blocked->result = blocked->call();
    return 0;
}

/* An APC that another thread queues while the call waits. */
START_TEST(c43_an_apc_wakes_a_call_that_waits)
{
    struct blocked blocked = {.call = CALL};
    HANDLE thread;
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    prepare(CALL_FAMILY);
    thread = CreateThread(NULL, 0, run_blocked, &blocked, 0, NULL);
    overlapped_track(thread);
    for (unsigned i = 1; i <= 3; i++) {
        ck_assert_uint_ne(QueueUserAPC(count, thread, 0), 0);
        while (atomic_load(&apc.called) < i) {
            ck_assert_int_lt(world_now_ms(), end);
            world_pause();
        }
    }
    ck_assert_uint_ne(QueueUserAPC(end_the_wait, thread, 0), 0);
    ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_int_eq(blocked.result, 12);
    ck_assert_uint_eq(apc.called, 4);
}
END_TEST

/* Completion routines run as well, and see their result. */
START_TEST(c43_c53_a_completion_routine_runs_in_a_blocking_call)
{
    struct channel channel;
    struct posted *posted;

    prepare(CALL_FAMILY);
    channel_open(&channel, CALL_FAMILY->us, WAY_ROUTINE);
    posted = posted_receive(&channel);
    deliver(CALL_FAMILY, channel.port, "routine");
    world_settle(&(struct winlwip_stats){0});
    queue_apc(end_the_wait);
    ck_assert_int_eq(CALL(), 12);
    posted_assert(posted, 0, 7);
}
END_TEST

/* The time limit of a call counts from its start, whatever runs meanwhile. */
START_TEST(c43_c41_the_time_limit_goes_on)
{
    char byte;
    int64_t start;

    prepare(FAMILY);
    world_set(apc.target, SOL_SOCKET, SO_RCVTIMEO, 60);
    queue_apc(count);
    start = world_now_ms();
    world_fails(recv(apc.target, &byte, 1, 0), WSAETIMEDOUT);
    ck_assert_uint_eq(apc.called, 1);
    ck_assert_int_ge(world_now_ms() - start, 59);
    ck_assert_int_lt(world_now_ms() - start, WORLD_PATIENCE_MS);
}
END_TEST

/* A non-blocking call does not wait: no APC runs. */
START_TEST(c43_c42_non_blocking_calls_run_nothing)
{
    char byte;

    prepare(FAMILY);
    world_set_nonblocking(apc.target);
    queue_apc(count);
    world_fails(recv(apc.target, &byte, 1, 0), WSAEWOULDBLOCK);
    ck_assert_uint_eq(apc.called, 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
}
END_TEST

/* --- blocking calls inside of routines --- */

static int (*inner_call)(void);

/* Calls that would have to wait; then sends what ends the outer call. */
static void CALLBACK block_inside(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&apc.called, 1);
    WSASetLastError(0);
    apc.result = inner_call();
    apc.error = WSAGetLastError();
    send_to_target();
}

/* Inside of an APC that interrupts a blocking call another one gives WSAEINPROGRESS (C43). */
START_TEST(c43_a_blocking_call_inside_of_a_blocking_call)
{
    prepare(CALL_FAMILY);
    for (unsigned i = 0; i < CALLS; i++) {
        inner_call = calls[i];
        queue_apc(block_inside);
        ck_assert_int_eq(CALL(), 12);
        ck_assert_uint_eq(apc.called, i + 1);
        ck_assert_int_eq(apc.result, SOCKET_ERROR);
        ck_assert_int_eq(apc.error, WSAEINPROGRESS);
    }
}
END_TEST

static int receive_what_is_there(void)
{
    int result;

    send_to_target();
    result = by_recv();
    return result;
}

/* One that need not wait works. */
START_TEST(c43_a_call_that_need_not_wait_inside_of_a_blocking_call)
{
    prepare(FAMILY);
    /* On a socket of its own: what is sent to the outer call's would go to the outer call. */
    SOCKET outer = apc.target;
    uint16_t port;
    SOCKADDR_STORAGE outer_name = apc.name;
    apc.target = world_socket(FAMILY->loopback, &port);
    apc.name_bytes = world_name(FAMILY->loopback, port, &apc.name);
    inner_call = receive_what_is_there;
    queue_apc(block_inside);
    world_set(outer, SOL_SOCKET, SO_RCVTIMEO, 30);
    char byte;
    world_fails(recv(outer, &byte, 1, 0), WSAETIMEDOUT);
    (void)outer_name;
    ck_assert_uint_eq(apc.called, 1);
    ck_assert_int_eq(apc.result, 12);
}
END_TEST

static int receive_with_time_limit(void)
{
    world_set(apc.target, SOL_SOCKET, SO_RCVTIMEO, 20);
    return by_recv();
}

/* In a routine that no blocking Winsock call was interrupted for it blocks as ever. */
START_TEST(c43_a_blocking_call_inside_of_an_alertable_wait)
{
    prepare(FAMILY);
    inner_call = receive_with_time_limit;
    queue_apc(block_inside);
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_int_eq(apc.result, SOCKET_ERROR);
    ck_assert_int_eq(apc.error, WSAETIMEDOUT);
}
END_TEST

static void CALLBACK wait_for_the_second(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&apc.called, 1);
    queue_apc(end_the_wait);
    apc.result = (int)SleepEx(WORLD_PATIENCE_MS, TRUE);
}

/* An alertable wait in an APC inside a blocking call is none of Winsock's, and works. */
START_TEST(c43_an_alertable_wait_inside_of_a_blocking_call)
{
    prepare(CALL_FAMILY);
    queue_apc(wait_for_the_second);
    ck_assert_int_eq(CALL(), 12);
    ck_assert_int_eq(apc.result, WAIT_IO_COMPLETION);
    ck_assert_uint_eq(apc.called, 2);
}
END_TEST

static void CALLBACK close_the_target(ULONG_PTR unused)
{
    (void)unused;
    atomic_fetch_add(&apc.called, 1);
    closesocket(apc.target);
}

/* A routine may close the socket that the call it interrupts waits on (C45). */
START_TEST(c43_c45_the_socket_is_closed_inside)
{
    static const int expected[] = {WSAEINTR, WSAENOTSOCK};
    int error;

    prepare(FAMILY);
    queue_apc(close_the_target);
    ck_assert_int_eq(by_recv(), SOCKET_ERROR);
    error = WSAGetLastError();
    ck_assert_uint_eq(apc.called, 1);
    ck_assert(error == expected[0] || error == expected[1]);
}
END_TEST

Suite *suite_contract_blocking_routines(void)
{
    Suite *suite = suite_create("blocking_routines");
    TCase *tcase = tcase_create("blocking_routines");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c43_wb12_6_an_apc_runs_and_the_call_goes_on, 0,
                        WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_no_apc_when_the_result_is_there, 0, WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_an_apc_wakes_a_call_that_waits, 0, WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_c53_a_completion_routine_runs_in_a_blocking_call, 0,
                        WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_c41_the_time_limit_goes_on, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c43_c42_non_blocking_calls_run_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c43_a_blocking_call_inside_of_a_blocking_call, 0,
                        WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_a_call_that_need_not_wait_inside_of_a_blocking_call, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c43_a_blocking_call_inside_of_an_alertable_wait, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c43_an_alertable_wait_inside_of_a_blocking_call, 0,
                        WORLD_FAMILIES * CALLS);
    tcase_add_loop_test(tcase, c43_c45_the_socket_is_closed_inside, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
