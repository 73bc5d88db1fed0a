/*
 * test_overlapped_arguments.c - which overlapped calls are taken: modes of the socket, peeks, bad
 * OVERLAPPEDs and buffers (C11, C12, C60, C63, C64, C66; WB 9.2-9.4).
 */
#include "tests/contract/overlapped.h"

#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* --- modes of the socket (C12, C60) --- */

START_TEST(c60_wb9_3_non_blocking_mode_does_not_count)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set_nonblocking(channel.s);
    for (enum posted_call call = CALL_RECVMSG; call < RECEIVE_CALLS; call++) {
        posted = posted_new(&channel, call);
        posted_pends(posted);
        deliver(CHANNEL_FAMILY, channel.port, "non-blocking");
        posted_receives(posted, "non-blocking");
    }
}
END_TEST

START_TEST(c60_wb9_2_the_receive_time_limit_does_not_count)
{
    struct channel channel;
    struct posted *posted;
    HANDLE never = overlapped_event(TRUE);

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set(channel.s, SOL_SOCKET, SO_RCVTIMEO, 10);
    posted = posted_receive(&channel);
    ck_assert_uint_eq(WaitForSingleObject(never, 50), WAIT_TIMEOUT);
    posted_pending(posted);
    deliver(CHANNEL_FAMILY, channel.port, "after the time");
    posted_receives(posted, "after the time");
}
END_TEST

static void never_called(DWORD error, DWORD transferred, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    ck_abort_msg("called: %u %u %p %u", (unsigned)error, (unsigned)transferred, (void *)overlapped,
                 (unsigned)flags);
}

START_TEST(c12_without_overlapped_a_routine_is_ignored)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[16];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes = 0;

    deliver(FAMILY, port, "now");
    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, never_called), 0);
    ck_assert_uint_eq(bytes, 3);
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
    world_set_nonblocking(s);
    world_fails(world.recvmsg(s, &message, &bytes, NULL, never_called), WSAEWOULDBLOCK);
}
END_TEST

struct blocking {
    SOCKET s;
    struct posted *posted;
};

static void block_on_it(void *argument)
{
    struct blocking *blocking = argument;
    struct posted *posted = blocking->posted;

    posted->result = WSARecv(blocking->s, &posted->buffer, 1, &posted->bytes, &posted->flags,
                             &posted->overlapped, never_called);
    posted->error = WSAGetLastError();
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}

/* On a socket that is not overlapped the call blocks, in non-blocking mode too. */
START_TEST(c12_wb9_4_a_socket_that_is_not_overlapped)
{
    SOCKET s = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
    struct channel channel = {.way = WAY_POLL, .s = s};
    struct posted *posted = posted_new(&channel, CALL_RECV);
    struct blocking blocking = {s, posted};
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 0, &name);
    struct worker *worker;

    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    world_set_nonblocking(s);
    worker = worker_start(block_on_it, &blocking);
    worker_blocked(worker);
    deliver(FAMILY, ntohs(((SOCKADDR_IN *)&name)->sin_port), "unblocks");
    worker_join(worker);
    ck_assert_int_eq(posted->result, 0);
    ck_assert_uint_eq(posted->bytes, 8);
    ck_assert_uint_eq(posted->overlapped.Internal, 0);
    ck_assert_uint_eq(posted->overlapped.InternalHigh, 8);
    ck_assert_mem_eq(posted->data, "unblocks", 8);
}
END_TEST

/* --- peeks (C11) --- */

START_TEST(c11_overlapped_calls_that_peek)
{
    static struct received received;
    struct channel channel;
    struct posted *posted[2];

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted[0] = posted_new(&channel, CALL_RECV);
    posted[0]->flags = MSG_PEEK;
    posted_pends(posted[0]);
    channel_queue(&channel, CHANNEL_FAMILY, "stays");
    posted_receives(posted[0], "stays");
    posted[1] = posted_new(&channel, CALL_RECVFROM);
    posted[1]->flags = MSG_PEEK;
    posted_completes(posted[1]);
    posted_receives(posted[1], "stays");
    posted_assert_name(posted[1], CHANNEL_FAMILY->peer, FRAME_PEER_PORT);
    world_receive(channel.s, &received);
    world_assert_text(&received, "stays");
    world_set_nonblocking(channel.s);
    world_assert_empty(channel.s);
}
END_TEST

/* A peek that waits and a receive behind it get the same datagram. */
START_TEST(c11_c50_a_peek_in_front_of_a_receive)
{
    struct channel channel;
    struct posted *peek, *posted;

    channel_open(&channel, FAMILY->us, WAY_EVENT);
    peek = posted_new(&channel, CALL_RECV);
    peek->flags = MSG_PEEK;
    posted_pends(peek);
    posted = posted_receive(&channel);
    deliver(FAMILY, channel.port, "both");
    posted_receives(peek, "both");
    posted_receives(posted, "both");
}
END_TEST

START_TEST(c11_wsarecvmsg_does_not_peek_overlapped)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->message.dwFlags = MSG_PEEK;
    posted_fails(posted, WSAEOPNOTSUPP);
    channel_queue(&channel, CHANNEL_FAMILY, "queued");
    posted_fails(posted, WSAEOPNOTSUPP);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    posted_receives(posted, "queued");
}
END_TEST

/* --- what is refused (C63, C64, C66) --- */

START_TEST(c63_an_overlapped_that_is_pending)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
    ck_assert_int_eq(posted->error, WSAEINVAL);
    posted_pending(posted);
    posted->call = CALL_RECV;
    ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
    ck_assert_int_eq(posted->error, WSAEINVAL);
    posted->call = CALL_RECVMSG;
    posted_pending(posted);
    posted_nothing_more(posted);
    deliver(CHANNEL_FAMILY, channel.port, "unharmed");
    deliver(CHANNEL_FAMILY, channel.port, "not taken");
    world_settle(&(struct winlwip_stats){0});
    posted_receives(posted, "unharmed");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    posted_receives(posted, "not taken");
}
END_TEST

/* Once it has completed it may be used again, before its completion was collected as well. */
START_TEST(c63_an_overlapped_used_again)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "first");
    posted_receives(posted, "first");
    posted->times = 0;
    posted->overlapped.InternalHigh = posted->bytes = UNTOUCHED;
    posted_pends(posted);
    deliver(CHANNEL_FAMILY, channel.port, "and second");
    posted_ends(posted, 0, 10);
}
END_TEST

START_TEST(c64_what_is_no_event)
{
    struct channel channel;
    struct posted *posted;
    HANDLE closed = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE wrong[5];

    channel_open(&channel, FAMILY->us, WAY_POLL);
    CloseHandle(closed);
    wrong[0] = closed;
    wrong[1] = (HANDLE)channel.s;
    wrong[2] = overlapped_port();
    wrong[3] = (HANDLE)0xdead0;
    wrong[4] = INVALID_HANDLE_VALUE;
    for (unsigned i = 0; i < 5; i++) {
        for (enum posted_call call = CALL_RECVMSG; call <= CALL_SENDTO; call++) {
            posted = posted_new(&channel, call);
            posted->overlapped.hEvent = wrong[i];
            if (call >= CALL_SENDMSG) {
                posted_text(posted, "never sent");
                posted_to(posted, FAMILY->us, channel.port);
            }
            posted_fails(posted, WSAENOTSOCK);
        }
    }
    world_set_nonblocking(channel.s);
    world_assert_empty(channel.s);
    channel_queue(&channel, FAMILY, "still there");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = closed;
    posted_fails(posted, WSAENOTSOCK);
    posted->overlapped.hEvent = NULL;
    posted_completes(posted);
}
END_TEST

START_TEST(c66_buffers_of_a_pending_call)
{
    enum { BUFFERS = 40 };
    static char bytes[BUFFERS];
    WSABUF buffers[BUFFERS];
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < BUFFERS; i++) {
        buffers[i] = (WSABUF){.len = 1, .buf = &bytes[BUFFERS - 1 - i]};
    }
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->message.lpBuffers = NULL;
    posted_fails(posted, WSAEFAULT);
    posted->message.lpBuffers = buffers;
    posted->message.dwBufferCount = 0;
    posted_fails(posted, WSAEINVAL);
    posted->message.dwBufferCount = BUFFERS;
    posted_pends(posted);
    deliver(CHANNEL_FAMILY, channel.port, "0123456789 0123456789 0123456789 0123456");
    posted_ends(posted, 0, BUFFERS);
    ck_assert_mem_eq(bytes, "6543210 9876543210 9876543210 9876543210", BUFFERS);
}
END_TEST

Suite *suite_contract_overlapped_arguments(void)
{
    Suite *suite = suite_create("overlapped_arguments");
    TCase *tcase = tcase_create("overlapped_arguments");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c60_wb9_3_non_blocking_mode_does_not_count, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c60_wb9_2_the_receive_time_limit_does_not_count, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c12_without_overlapped_a_routine_is_ignored, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c12_wb9_4_a_socket_that_is_not_overlapped, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_overlapped_calls_that_peek, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c11_c50_a_peek_in_front_of_a_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_wsarecvmsg_does_not_peek_overlapped, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c63_an_overlapped_that_is_pending, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c63_an_overlapped_used_again, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c64_what_is_no_event, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c66_buffers_of_a_pending_call, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
