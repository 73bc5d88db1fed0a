/*
 * test_overlapped_results.c - WSAGetOverlappedResult() and GetOverlappedResult() (C52; WB 11.2,
 * 11.7-11.12), and what a truncated receive leaves behind (C61; WB 1.4-1.9, 3.3).
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned called;

static void CALLBACK count_call(ULONG_PTR unused)
{
    (void)unused;
    called++;
}

/* Asserts that asking for a result failed so. */
#define result_fails(call, code)                                                               \
    do {                                                                                       \
        SetLastError(0);                                                                       \
        ck_assert_int_eq((call), FALSE);                                                       \
        ck_assert_uint_eq(GetLastError(), (DWORD)(code));                                      \
    } while (0)

START_TEST(c52_wb11_8_incomplete_then_complete)
{
    struct channel channel;
    struct posted *posted;
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    result_fails(WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, FALSE, &flags),
                 WSA_IO_INCOMPLETE);
    result_fails(GetOverlappedResult((HANDLE)channel.s, &posted->overlapped, &bytes, FALSE),
                 ERROR_IO_INCOMPLETE);
    ck_assert_uint_eq(bytes, UNTOUCHED);
    ck_assert_uint_eq(flags, UNTOUCHED);
    deliver(CHANNEL_FAMILY, channel.port, "result");
    posted_receives(posted, "result");
    SetLastError(UNTOUCHED);
    ck_assert_int_eq(
        WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, FALSE, &flags), TRUE);
    ck_assert_uint_eq(GetLastError(), 0);
    ck_assert_uint_eq(bytes, 6);
    ck_assert_uint_eq(flags, 0);
    ck_assert_int_eq(
        GetOverlappedResult((HANDLE)channel.s, &posted->overlapped, &bytes, FALSE), TRUE);
    ck_assert_uint_eq(bytes, 6);
    posted_nothing_more(posted);
}
END_TEST

struct waiting {
    struct posted *posted;
    BOOL winsock, result;
    DWORD bytes, flags, error;
};

static void wait_for_result(void *argument)
{
    struct waiting *waiting = argument;
    struct posted *posted = waiting->posted;
    SOCKET s = posted->channel->s;

    waiting->result =
        waiting->winsock
            ? WSAGetOverlappedResult(s, &posted->overlapped, &waiting->bytes, TRUE, &waiting->flags)
            : GetOverlappedResult((HANDLE)s, &posted->overlapped, &waiting->bytes, TRUE);
    waiting->error = GetLastError();
}

/* fWait TRUE waits for the event, or for the socket when there is none (C52). */
START_TEST(c52_waits_for_the_event_or_the_socket)
{
    static const enum way ways[] = {WAY_EVENT, WAY_PORT, WAY_POLL};
    struct channel channel;
    struct posted *posted;
    struct waiting waiting = {.winsock = _i / 3 % 2 == 0};
    struct worker *worker;

    channel_open(&channel, world_families[_i / 6].us, ways[_i % 3]);
    posted = posted_receive(&channel);
    waiting.posted = posted;
    worker = worker_start(wait_for_result, &waiting);
    worker_blocked(worker);
    deliver(&world_families[_i / 6], channel.port, "awaited");
    worker_join(worker);
    ck_assert_int_eq(waiting.result, TRUE);
    ck_assert_uint_eq(waiting.bytes, 7);
    ck_assert_uint_eq(waiting.flags, 0);
}
END_TEST

/* An abort ends the wait as well. */
START_TEST(c52_c57_a_cancelled_operation_ends_the_wait)
{
    struct channel channel;
    struct waiting waiting = {.winsock = _i == 0};
    struct worker *worker;

    channel_open(&channel, world_families[0].us, WAY_EVENT);
    waiting.posted = posted_receive(&channel);
    worker = worker_start(wait_for_result, &waiting);
    worker_blocked(worker);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &waiting.posted->overlapped), TRUE);
    worker_join(worker);
    ck_assert_int_eq(waiting.result, FALSE);
    ck_assert_uint_eq(waiting.error, WSA_OPERATION_ABORTED);
    ck_assert_uint_eq(waiting.bytes, 0);
}
END_TEST

START_TEST(c52_wb12_7_the_wait_is_not_alertable)
{
    struct channel channel;
    struct posted *posted;
    struct posted *sent;
    DWORD bytes = 0, flags = 0;

    called = 0;
    channel_open(&channel, FAMILY->us, WAY_EVENT);
    posted = posted_receive(&channel);
    ck_assert_uint_ne(QueueUserAPC(count_call, GetCurrentThread(), 0), 0);
    deliver(FAMILY, channel.port, "no routine");
    ck_assert_int_eq(WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, TRUE, &flags),
                     TRUE);
    ck_assert_uint_eq(bytes, 10);
    sent = posted_receive(&channel);
    deliver(FAMILY, channel.port, "none either");
    ck_assert_int_eq(GetOverlappedResult((HANDLE)channel.s, &sent->overlapped, &bytes, TRUE), TRUE);
    ck_assert_uint_eq(called, 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(called, 1);
}
END_TEST

START_TEST(c52_getoverlappedresultex)
{
    struct channel channel;
    struct posted *posted;
    DWORD bytes = UNTOUCHED;

    called = 0;
    channel_open(&channel, FAMILY->us, WAY_POLL);
    posted = posted_receive(&channel);
    result_fails(GetOverlappedResultEx((HANDLE)channel.s, &posted->overlapped, &bytes, 0, FALSE),
                 ERROR_IO_INCOMPLETE);
    result_fails(GetOverlappedResultEx((HANDLE)channel.s, &posted->overlapped, &bytes, 20, FALSE),
                 WAIT_TIMEOUT);
    ck_assert_uint_ne(QueueUserAPC(count_call, GetCurrentThread(), 0), 0);
    result_fails(GetOverlappedResultEx((HANDLE)channel.s, &posted->overlapped, &bytes, INFINITE,
                                       TRUE),
                 WAIT_IO_COMPLETION);
    ck_assert_uint_eq(called, 1);
    ck_assert_uint_eq(bytes, UNTOUCHED);
    deliver(FAMILY, channel.port, "at last");
    ck_assert_int_eq(GetOverlappedResultEx((HANDLE)channel.s, &posted->overlapped, &bytes,
                                           WORLD_PATIENCE_MS, TRUE),
                     TRUE);
    ck_assert_uint_eq(bytes, 7);
}
END_TEST

/* Nobody would signal anything: an operation with a routine can't be waited for (C52). */
START_TEST(c52_no_wait_for_an_operation_with_a_routine)
{
    struct channel channel;
    struct posted *posted;
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    posted = posted_receive(&channel);
    result_fails(WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, TRUE, &flags),
                 WSAEINVAL);
    posted_pending(posted);
    deliver(FAMILY, channel.port, "routine");
    posted_receives(posted, "routine");
    ck_assert_int_eq(
        WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, FALSE, &flags), TRUE);
    ck_assert_uint_eq(bytes, 7);
}
END_TEST

/* The flags of a receive are not those of the send that used its OVERLAPPED afterwards. */
START_TEST(c52_flags_of_the_last_operation)
{
    static char text[] = "next";
    struct channel channel;
    struct posted *posted;
    WSABUF buffer = {sizeof(text), text};
    SOCKADDR_STORAGE name;
    DWORD bytes, flags = UNTOUCHED;

    channel_open(&channel, world_families[_i].any, WAY_POLL);
    world_join(channel.s, &world_families[_i]);
    posted = posted_receive(&channel);
    world_inject(&(struct frame_spec){.src = world_families[_i].peer,
                                      .dst = world_families[_i].group,
                                      .dst_port = channel.port, .text = "to all"});
    posted_receives(posted, "to all");
    ck_assert_int_eq(
        WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, FALSE, &flags), TRUE);
    ck_assert_uint_eq(flags, MSG_MCAST);
    int name_bytes = world_name(world_families[_i].peer, 9, &name);
    ck_assert_int_eq(WSASendTo(channel.s, &buffer, 1, NULL, 0, (struct sockaddr *)&name, name_bytes,
                               &posted->overlapped, NULL),
                     0);
    ck_assert_int_eq(
        WSAGetOverlappedResult(channel.s, &posted->overlapped, &bytes, FALSE, &flags), TRUE);
    ck_assert_uint_eq(flags, 0);
}
END_TEST

START_TEST(c52_wb11_7_which_socket)
{
    WSAOVERLAPPED complete = {.InternalHigh = 12};
    SOCKET s = world_socket("0.0.0.0", NULL), closed = world_socket("0.0.0.0", NULL);
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    HANDLE copy;

    closesocket(closed);
    result_fails(WSAGetOverlappedResult(closed, &complete, &bytes, FALSE, &flags), WSAENOTSOCK);
    result_fails(WSAGetOverlappedResult(INVALID_SOCKET, &complete, &bytes, FALSE, &flags),
                 WSAENOTSOCK);
    result_fails(WSAGetOverlappedResult((SOCKET)overlapped_event(TRUE), &complete, &bytes, FALSE,
                                        &flags),
                 WSAENOTSOCK);
    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), (HANDLE)s, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    overlapped_track(copy);
    result_fails(WSAGetOverlappedResult((SOCKET)copy, &complete, &bytes, FALSE, &flags),
                 WSAENOTSOCK);
    ck_assert_uint_eq(bytes, UNTOUCHED);
    ck_assert_int_eq(WSAGetOverlappedResult(s, &complete, &bytes, FALSE, &flags), TRUE);
    ck_assert_uint_eq(bytes, 12);
}
END_TEST

START_TEST(c52_c13_bad_pointers)
{
    WSAOVERLAPPED complete = {.InternalHigh = 12};
    SOCKET s = world_socket("0.0.0.0", NULL);
    DWORD bytes = UNTOUCHED, flags = 0;

    result_fails(WSAGetOverlappedResult(s, NULL, &bytes, FALSE, &flags), WSAEFAULT);
    result_fails(WSAGetOverlappedResult(s, &complete, NULL, FALSE, &flags), WSAEFAULT);
    result_fails(WSAGetOverlappedResult(s, &complete, (LPDWORD)8, FALSE, &flags), WSAEFAULT);
    result_fails(WSAGetOverlappedResult(s, &complete, &bytes, FALSE, (LPDWORD)8), WSAEFAULT);
    ck_assert_int_eq(WSAGetOverlappedResult(s, &complete, &bytes, FALSE, NULL), TRUE); /* WB 1.9 */
    ck_assert_uint_eq(bytes, 12);
}
END_TEST

/* The statuses that Windows maps, and what to (WB 11.9); all that are negative are failures. */
static const struct {
    ULONG_PTR status;
    int error;
} statuses[] = {
    {0x00000000, 0}, {0x80000005, WSAEMSGSIZE}, {0xC0000120, WSA_OPERATION_ABORTED},
    {0xC000023F, WSAECONNRESET}, {0xC000023D, WSAEHOSTUNREACH}, {0xC000023C, WSAENETUNREACH},
    {0xC000023E, WSAENETUNREACH}, {0xC00000A3, WSAEWOULDBLOCK}, {0xC00000B5, WSAETIMEDOUT},
    {0xC00000B0, WSAESHUTDOWN}, {0xC0000140, WSAENOTCONN}, {0xC00000BB, WSAEOPNOTSUPP},
    {0xC0000002, WSAEOPNOTSUPP}, {0xC0000023, WSAEFAULT}, {0xC0000005, WSAEFAULT},
    {0xC0000008, WSAENOTSOCK}, {0xC0000043, WSAEADDRINUSE}, {0xC000020A, WSAEADDRINUSE},
    {0xC0000022, WSAEACCES}, {0xC0000141, WSAEADDRNOTAVAIL}, {0xC0000207, WSAEADDRNOTAVAIL},
    {0xC000009A, WSAENOBUFS}, {0xC000013B, WSAECONNABORTED}, {0xC0000241, WSAECONNABORTED},
    {0xC000A012, WSAENETRESET}, {0xC0000001, WSAEINVAL}, {0xC0ABCDEF, WSAEINVAL},
    {0x80ABCDEF, WSAEINVAL}, {0x00ABCDEF, 0},
};

START_TEST(c52_wb11_9_wb11_10_statuses)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    WSAOVERLAPPED ended = {.Internal = statuses[_i].status, .InternalHigh = 0xabc};

    SetLastError(UNTOUCHED);
    ck_assert_int_eq(WSAGetOverlappedResult(s, &ended, &bytes, FALSE, &flags),
                     statuses[_i].error == 0);
    ck_assert_int_eq(WSAGetLastError(), statuses[_i].error);
    ck_assert_uint_eq(bytes, 0xabc);
    ck_assert_uint_eq(flags == UNTOUCHED, statuses[_i].error != 0);
}
END_TEST

/* An event that is set already ends the wait, whatever the OVERLAPPED says. */
START_TEST(c52_wb11_11_an_event_that_is_set_already)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    DWORD bytes = UNTOUCHED, flags = UNTOUCHED;
    WSAOVERLAPPED pending = {
        .Internal = 0x103, .InternalHigh = 5, .hEvent = overlapped_event(TRUE)};

    called = 0;
    SetEvent(pending.hEvent);
    ck_assert_uint_ne(QueueUserAPC(count_call, GetCurrentThread(), 0), 0);
    ck_assert_int_eq(WSAGetOverlappedResult(s, &pending, &bytes, TRUE, &flags), TRUE);
    ck_assert_uint_eq(called, 0);
    ck_assert_uint_eq(pending.Internal, 0x103);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
}
END_TEST

/* GetOverlappedResult() reads the OVERLAPPED, without a file as well (WB 11.12). */
START_TEST(c52_wb11_12_getoverlappedresult_without_a_file)
{
    WSAOVERLAPPED overlapped = {.InternalHigh = 17};
    DWORD bytes = UNTOUCHED;

    SetLastError(UNTOUCHED);
    ck_assert_int_eq(GetOverlappedResult(NULL, &overlapped, &bytes, FALSE), TRUE);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    ck_assert_uint_eq(bytes, 17);
    bytes = UNTOUCHED;
    overlapped.Internal = 0x103;
    result_fails(GetOverlappedResult(NULL, &overlapped, &bytes, FALSE), ERROR_IO_INCOMPLETE);
    ck_assert_uint_eq(bytes, UNTOUCHED);
    overlapped.Internal = 0xC000023F;
    result_fails(GetOverlappedResult(NULL, &overlapped, &bytes, FALSE), ERROR_PORT_UNREACHABLE);
    ck_assert_uint_eq(bytes, 17);
    overlapped.Internal = 0x103;
    overlapped.hEvent = overlapped_event(TRUE);
    SetEvent(overlapped.hEvent);
    ck_assert_int_eq(GetOverlappedResult(NULL, &overlapped, &bytes, TRUE), TRUE);
    ck_assert_uint_eq(overlapped.Internal, 0x103);
}
END_TEST

/* --- truncation (C61) --- */

enum short_buffer { SHORT_DATA, SHORT_CONTROL, SHORT_BOTH };

/* A receive without room, for a socket that reports the destination. */
static struct posted *short_receive(struct channel *channel, enum short_buffer which)
{
    struct posted *posted = posted_new(channel, CALL_RECVMSG);

    if (which != SHORT_CONTROL) {
        posted->buffer.len = 4;
    }
    if (which != SHORT_DATA) {
        posted->message.Control.len = 1;
    }
    return posted;
}

static void assert_short(struct posted *posted, enum short_buffer which)
{
    static const DWORD flags[] = {MSG_TRUNC, MSG_CTRUNC, MSG_TRUNC | MSG_CTRUNC};
    DWORD bytes = which == SHORT_CONTROL ? 8 : 4;

    posted_ends(posted, WSAEMSGSIZE, bytes);
    ck_assert_uint_eq(posted->message.dwFlags, flags[which]);
    ck_assert_mem_eq(posted->data, "too long", bytes);
    ck_assert_uint_eq((uint8_t)posted->data[bytes], 0xa5);
}

/* Pending, or with the datagram queued: the call pends and the completion carries the error. */
static void check_truncation(int loop, bool queued)
{
    const struct world_family *family = &world_families[loop / WAYS % WORLD_FAMILIES];
    enum short_buffer which = (enum short_buffer)(loop / WAYS / WORLD_FAMILIES);
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, family->us, (enum way)(loop % WAYS));
    world_set(channel.s, family->level, family->pktinfo, 1);
    posted = short_receive(&channel, which);
    if (queued) {
        channel_queue(&channel, family, "too long");
        ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
        ck_assert_int_eq(posted->error, WSA_IO_PENDING);
    } else {
        posted_pends(posted);
        deliver(family, channel.port, "too long");
    }
    assert_short(posted, which);
    posted_assert_name(posted, family->peer, FRAME_PEER_PORT);
    world_set_nonblocking(channel.s);
    world_assert_empty(channel.s);
}

START_TEST(c61_wb1_4_truncation_of_a_pending_receive)
{
    check_truncation(_i, false);
}
END_TEST

START_TEST(c61_wb1_7_truncation_of_queued_data)
{
    check_truncation(_i, true);
}
END_TEST

/* WSARecv and WSARecvFrom: likewise; buffers are filled in order (WB 3.3). */
START_TEST(c16_c61_wb3_3_truncation_in_other_calls)
{
    const struct world_family *family = &world_families[_i / WAYS / 2 % WORLD_FAMILIES];
    static char first[2], second[4];
    WSABUF buffers[2] = {{.len = 2, .buf = first}, {.len = 4, .buf = second}};
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, family->us, (enum way)(_i % WAYS));
    posted = posted_new(&channel, _i / WAYS % 2 == 0 ? CALL_RECV : CALL_RECVFROM);
    posted->message.lpBuffers = buffers;
    posted->message.dwBufferCount = 2;
    if (_i / WAYS / 2 / WORLD_FAMILIES == 0) {
        posted_pends(posted);
        deliver(family, channel.port, "moredata!");
    } else {
        channel_queue(&channel, family, "moredata!");
        ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
        ck_assert_int_eq(posted->error, WSA_IO_PENDING);
    }
    posted_ends(posted, WSAEMSGSIZE, 6);
    ck_assert_mem_eq(first, "mo", 2);
    ck_assert_mem_eq(second, "reda", 4);
}
END_TEST

Suite *suite_contract_overlapped_results(void)
{
    Suite *suite = suite_create("overlapped_results");
    TCase *tcase = tcase_create("overlapped_results");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c52_wb11_8_incomplete_then_complete, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c52_waits_for_the_event_or_the_socket, 0, 12);
    tcase_add_loop_test(tcase, c52_c57_a_cancelled_operation_ends_the_wait, 0, 2);
    tcase_add_loop_test(tcase, c52_wb12_7_the_wait_is_not_alertable, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c52_getoverlappedresultex, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c52_no_wait_for_an_operation_with_a_routine, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c52_flags_of_the_last_operation, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c52_wb11_7_which_socket);
    tcase_add_test(tcase, c52_c13_bad_pointers);
    tcase_add_loop_test(tcase, c52_wb11_9_wb11_10_statuses, 0, COUNT(statuses));
    tcase_add_test(tcase, c52_wb11_11_an_event_that_is_set_already);
    tcase_add_test(tcase, c52_wb11_12_getoverlappedresult_without_a_file);
    tcase_add_loop_test(tcase, c61_wb1_4_truncation_of_a_pending_receive, 0, OVERLAPPED_LOOPS * 3);
    tcase_add_loop_test(tcase, c61_wb1_7_truncation_of_queued_data, 0, OVERLAPPED_LOOPS * 3);
    tcase_add_loop_test(tcase, c16_c61_wb3_3_truncation_in_other_calls, 0, OVERLAPPED_LOOPS * 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
