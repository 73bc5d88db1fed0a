/*
 * test_receive.c - receives that wait: parking, waking, peeking, closing, several threads at once.
 *
 * Datagrams go through the real stack's loopback interface. A test that needs another thread to be
 * waiting does not wait for a time but until the socket shows a parked operation.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <ntstatus.h>

#include "winsock/recvmsg.h"
#include "winsock/socket.h"
#include "tests/unit/suites.h"

static SOCKET receiver, sender;
static SOCKADDR_IN receiver_name;
static LPFN_WSARECVMSG receive_message;

static void setup(void)
{
    GUID id = WSAID_WSARECVMSG;
    WSADATA data;
    DWORD bytes;
    int length = sizeof(receiver_name);

    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    receiver = socket(AF_INET, SOCK_DGRAM, 0);
    sender = socket(AF_INET, SOCK_DGRAM, 0);
    receiver_name = (SOCKADDR_IN){.sin_family = AF_INET};
    receiver_name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(receiver, (SOCKADDR *)&receiver_name, sizeof(receiver_name)), 0);
    ck_assert_int_eq(getsockname(receiver, (SOCKADDR *)&receiver_name, &length), 0);
    ck_assert_int_eq(connect(sender, (SOCKADDR *)&receiver_name, sizeof(receiver_name)), 0);
    ck_assert_int_eq(WSAIoctl(sender, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                              &receive_message, sizeof(receive_message), &bytes, NULL, NULL),
                     0);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
}

static void send_text(const char *text)
{
    ck_assert_int_eq(send(sender, text, (int)strlen(text), 0), (int)strlen(text));
}

/* Returns once a receive is parked on the socket (or a poll watches it). */
static void until_waiting(SOCKET s)
{
    struct socket *socket = socket_get(s);
    bool waiting = false;

    ck_assert_ptr_nonnull(socket);
    while (!waiting) {
        lock_take(&socket->lock);
        waiting = socket->first_wait != NULL || socket->watchers != NULL;
        lock_give(&socket->lock);
        sched_yield();
    }
    socket_put(socket);
}

/* A receive in a thread of its own. */
struct call {
    pthread_t thread;
    int flags;
    int result;
    int error;
    char data[64];
};

static void *run_call(void *argument)
{
    struct call *call = argument;

    call->result = recv(receiver, call->data, sizeof(call->data), call->flags);
    call->error = WSAGetLastError();
    return NULL;
}

static void start(struct call *call, int flags)
{
    memset(call, 0, sizeof(*call));
    call->flags = flags;
    ck_assert_int_eq(pthread_create(&call->thread, NULL, run_call, call), 0);
    until_waiting(receiver);
}

static void finish(struct call *call)
{
    ck_assert_int_eq(pthread_join(call->thread, NULL), 0);
}

START_TEST(c40_a_blocking_receive_gets_what_comes_later)
{
    struct call call;

    start(&call, 0);
    send_text("later");
    finish(&call);
    ck_assert_int_eq(call.result, 5);
    ck_assert_mem_eq(call.data, "later", 5);
}
END_TEST

START_TEST(c11_a_parked_peek_leaves_the_datagram)
{
    struct call peek;
    char data[16];

    start(&peek, MSG_PEEK);
    send_text("kept");
    finish(&peek);
    ck_assert_int_eq(peek.result, 4);
    ck_assert_int_eq(recv(receiver, data, sizeof(data), 0), 4);
    ck_assert_mem_eq(data, "kept", 4);
}
END_TEST

START_TEST(a_receive_buffer_of_zero_serves_waiting_calls_only)
{
    struct call call;
    DWORD none = 0;
    u_long queued;
    char *value = (char *)&none;

    ck_assert_int_eq(setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, value, sizeof(none)), 0);
    send_text("lost");
    ck_assert_int_eq(ioctlsocket(receiver, FIONREAD, &queued), 0);
    ck_assert_uint_eq(queued, 0);
    start(&call, 0);
    send_text("direct");
    finish(&call);
    ck_assert_int_eq(call.result, 6);
}
END_TEST

START_TEST(c45_closesocket_ends_a_waiting_receive)
{
    struct call call;

    start(&call, 0);
    ck_assert_int_eq(closesocket(receiver), 0);
    finish(&call);
    ck_assert_int_eq(call.result, SOCKET_ERROR);
    ck_assert_int_eq(call.error, WSAEINTR);
    ck_assert_int_eq(recv(receiver, call.data, 1, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAENOTSOCK);
}
END_TEST

START_TEST(c04_the_last_cleanup_ends_a_waiting_receive)
{
    struct call call;
    WSADATA data;

    start(&call, 0);
    ck_assert_int_eq(WSACleanup(), 0);
    finish(&call);
    ck_assert_int_eq(call.error, WSAEINTR);
    ck_assert_int_eq(recv(receiver, call.data, 1, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
}
END_TEST

START_TEST(a_closed_port_is_free_at_once)
{
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(closesocket(receiver), 0);
        receiver = socket(AF_INET, SOCK_DGRAM, 0);
        ck_assert_int_eq(bind(receiver, (SOCKADDR *)&receiver_name, sizeof(receiver_name)), 0);
    }
}
END_TEST

/* A call that waits does not touch what it was given when it ends without a datagram. */
START_TEST(c41_a_timeout_touches_nothing)
{
    DWORD timeout_ms = 20, bytes = 77;
    char data[8] = "asitwas";
    SOCKADDR_IN from;
    WSABUF buffer = {sizeof(data), data};
    WSAMSG message = {
        .name = (SOCKADDR *)&from,
        .namelen = 99,
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .dwFlags = MSG_TRUNC,
    };

    ck_assert_int_eq(setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout_ms,
                                sizeof(timeout_ms)),
                     0);
    ck_assert_int_eq(receive_message(receiver, &message, &bytes, NULL, NULL), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAETIMEDOUT);
    ck_assert_uint_eq(bytes, 77);
    ck_assert_int_eq(message.namelen, 99);
    ck_assert_uint_eq(message.dwFlags, MSG_TRUNC);
    ck_assert_str_eq(data, "asitwas");
}
END_TEST

/* A socket made without WSA_FLAG_OVERLAPPED, non-blocking, with an OVERLAPPED. */
static SOCKET plain;

static void *call_with_overlapped(void *argument)
{
    OVERLAPPED *overlapped = argument;
    char data[16];
    WSABUF buffer = {sizeof(data), data};
    DWORD flags = 0;

    if (WSARecv(plain, &buffer, 1, NULL, &flags, overlapped, NULL) != 0)
        overlapped->hEvent = overlapped; /* tells that it failed */
    return NULL;
}

START_TEST(c12_without_the_flag_an_overlapped_call_blocks)
{
    SOCKADDR_IN name = {.sin_family = AF_INET};
    OVERLAPPED overlapped = {.Offset = 5};
    int length = sizeof(name);
    u_long on = 1;
    pthread_t thread;

    plain = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(plain, (SOCKADDR *)&name, sizeof(name)), 0);
    ck_assert_int_eq(getsockname(plain, (SOCKADDR *)&name, &length), 0);
    ck_assert_int_eq(ioctlsocket(plain, FIONBIO, &on), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, call_with_overlapped, &overlapped), 0);
    until_waiting(plain);
    ck_assert_int_eq(sendto(sender, "abc", 3, 0, (SOCKADDR *)&name, sizeof(name)), 3);
    pthread_join(thread, NULL);
    ck_assert_ptr_null(overlapped.hEvent);
    ck_assert_uint_eq(overlapped.Internal, STATUS_SUCCESS);
    ck_assert_uint_eq(overlapped.InternalHigh, 3);
    ck_assert_uint_eq(overlapped.Offset, 5);
}
END_TEST

/* Polls in a thread of its own. */
static void *run_poll(void *argument)
{
    WSAPOLLFD *entry = argument;

    if (WSAPoll(entry, 1, -1) < 0)
        entry->revents = -1;
    return NULL;
}

START_TEST(a_poll_wakes)
{
    WSAPOLLFD entry = {.fd = receiver, .events = POLLRDNORM};
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, run_poll, &entry), 0);
    until_waiting(receiver);
    if (_i == 0)
        send_text("x");
    else
        ck_assert_int_eq(closesocket(receiver), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(entry.revents, _i == 0 ? POLLRDNORM : POLLNVAL);
}
END_TEST

START_TEST(poll_arguments)
{
    WSAPOLLFD entries[3] = {
        {.fd = receiver, .events = POLLRDNORM | POLLWRNORM},
        {.fd = INVALID_SOCKET, .events = POLLERR},
        {.fd = 0x7ffffffc, .events = POLLIN},
    };

    ck_assert_int_eq(WSAPoll(NULL, 0, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
    ck_assert_int_eq(WSAPoll(NULL, 1, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(WSAPoll(entries, 3, 0), 1);
    ck_assert_int_eq(entries[0].revents, POLLWRNORM);
    ck_assert_int_eq(entries[1].revents, POLLNVAL);
    ck_assert_int_eq(entries[2].revents, POLLNVAL);
    ck_assert_int_eq(WSAPoll(entries + 1, 2, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAENOTSOCK);
    entries[0].events = POLLPRI;
    ck_assert_int_eq(WSAPoll(entries, 1, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
}
END_TEST

/* Several threads receive from one socket; each datagram goes to exactly one of them. */
enum { NUMBERS = 2000, READERS = 3 };
static atomic_uint seen[NUMBERS];
static atomic_uint received;

static void *read_numbers(void *argument)
{
    unsigned number;

    (void)argument;
    while (recv(receiver, (char *)&number, sizeof(number), 0) == sizeof(number)) {
        atomic_fetch_add(&seen[number], 1);
        atomic_fetch_add(&received, 1);
    }
    return NULL;
}

START_TEST(c65_each_datagram_goes_to_one_call)
{
    pthread_t readers[READERS];

    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_numbers, NULL), 0);
    for (unsigned number = 0; number < NUMBERS; number++) {
        ck_assert_int_eq(send(sender, (char *)&number, sizeof(number), 0), sizeof(number));
        while (number + 1 - atomic_load(&received) > 100) /* not more than the buffer holds */
            sched_yield();
    }
    while (atomic_load(&received) < NUMBERS)
        sched_yield();
    closesocket(receiver);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    for (unsigned number = 0; number < NUMBERS; number++)
        ck_assert_uint_eq(atomic_load(&seen[number]), 1);
}
END_TEST

/* Sends and receives in other threads while the socket is closed under them. */
static _Atomic SOCKET victim;
static atomic_bool stop;

static void *use_victim(void *argument)
{
    char data[8];

    while (!atomic_load(&stop)) {
        SOCKET s = atomic_load(&victim);
        if (argument != NULL)
            sendto(s, "x", 1, 0, (SOCKADDR *)&receiver_name, sizeof(receiver_name));
        else
            recv(s, data, sizeof(data), 0);
    }
    return NULL;
}

START_TEST(c45_close_races_with_everything)
{
    pthread_t threads[2];
    SOCKADDR_IN any = {.sin_family = AF_INET};

    atomic_store(&victim, INVALID_SOCKET);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_victim, i == 0 ? NULL : &any), 0);
    for (int i = 0; i < 500; i++) {
        SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
        ck_assert(s != INVALID_SOCKET);
        atomic_store(&victim, s);
        (void)bind(s, (SOCKADDR *)&any, sizeof(any)); /* a send may have been faster */
        ck_assert_int_eq(closesocket(s), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(c70_the_end_of_the_network_ends_waiting_receives)
{
    struct call call;
    struct socket *socket = socket_get(receiver);

    start(&call, 0);
    recvmsg_network_down(socket);
    finish(&call);
    ck_assert_int_eq(call.error, WSAENETDOWN);
    socket_put(socket);
}
END_TEST

Suite *suite_receive(void)
{
    Suite *suite = suite_create("receive");
    TCase *tests = tcase_create("receive");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, c40_a_blocking_receive_gets_what_comes_later);
    tcase_add_test(tests, c11_a_parked_peek_leaves_the_datagram);
    tcase_add_test(tests, a_receive_buffer_of_zero_serves_waiting_calls_only);
    tcase_add_test(tests, c45_closesocket_ends_a_waiting_receive);
    tcase_add_test(tests, c04_the_last_cleanup_ends_a_waiting_receive);
    tcase_add_test(tests, a_closed_port_is_free_at_once);
    tcase_add_test(tests, c41_a_timeout_touches_nothing);
    tcase_add_test(tests, c12_without_the_flag_an_overlapped_call_blocks);
    tcase_add_loop_test(tests, a_poll_wakes, 0, 2);
    tcase_add_test(tests, poll_arguments);
    tcase_add_test(tests, c65_each_datagram_goes_to_one_call);
    tcase_add_test(tests, c45_close_races_with_everything);
    tcase_add_test(tests, c70_the_end_of_the_network_ends_waiting_receives);
    suite_add_tcase(suite, tests);
    return suite;
}
