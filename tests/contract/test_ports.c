/*
 * test_ports.c - completion ports: association, packets, notification modes (C55; WB 13.1-13.16).
 */
#include "tests/contract/overlapped.h"

#include <string.h>

#include "tests/support/world_internal.h"

/* What one call of GetQueuedCompletionStatus() gave. */
struct packet {
    BOOL taken;
    DWORD error;
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
};

static struct packet take(HANDLE port, DWORD timeout_ms)
{
    struct packet packet = {.bytes = UNTOUCHED, .key = UNTOUCHED, .overlapped = (LPOVERLAPPED)1};

    SetLastError(UNTOUCHED);
    packet.taken = GetQueuedCompletionStatus(port, &packet.bytes, &packet.key, &packet.overlapped,
                                             timeout_ms);
    packet.error = GetLastError();
    return packet;
}

static void assert_no_packet(HANDLE port, DWORD timeout_ms)
{
    struct packet packet = take(port, timeout_ms);

    ck_assert_int_eq(packet.taken, FALSE);
    ck_assert_uint_eq(packet.error, WAIT_TIMEOUT);
    ck_assert_ptr_null(packet.overlapped);
    ck_assert_uint_eq(packet.bytes, UNTOUCHED); /* WB 13.4 */
    ck_assert_uint_eq(packet.key, UNTOUCHED);
}

static void assert_packet(HANDLE port, ULONG_PTR key, const struct posted *posted, DWORD bytes)
{
    struct packet packet = take(port, WORLD_PATIENCE_MS);

    ck_assert_int_eq(packet.taken, TRUE);
    ck_assert_uint_eq(packet.error, UNTOUCHED); /* WB 13.3 */
    ck_assert_ptr_eq(packet.overlapped, &posted->overlapped);
    ck_assert_uint_eq(packet.key, key);
    ck_assert_uint_eq(packet.bytes, bytes);
    ck_assert_uint_eq(posted->overlapped.Internal, 0);
    ck_assert_uint_eq(posted->overlapped.InternalHigh, bytes);
}

static void assert_failed_packet(HANDLE port, const struct posted *posted, DWORD error,
                                 DWORD bytes)
{
    struct packet packet = take(port, WORLD_PATIENCE_MS);

    ck_assert_int_eq(packet.taken, FALSE);
    ck_assert_uint_eq(packet.error, error);
    ck_assert_ptr_eq(packet.overlapped, &posted->overlapped);
    ck_assert_uint_eq(packet.key, CHANNEL_KEY);
    ck_assert_uint_eq(packet.bytes, bytes);
}

/* Asserts that a call of kernel32 failed with this error. */
#define port_fails(call, failed, code)                                                         \
    do {                                                                                       \
        SetLastError(0);                                                                       \
        ck_assert((call) == (failed));                                                         \
        ck_assert_uint_eq(GetLastError(), (code));                                             \
    } while (0)

/* --- making and associating --- */

START_TEST(c55_wb13_1_creating_and_associating)
{
    SOCKET s = world_socket("192.0.2.1", NULL), other = world_socket("192.0.2.1", NULL);
    HANDLE port, second;

    SetLastError(UNTOUCHED);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    overlapped_track(port);
    ck_assert_ptr_eq(CreateIoCompletionPort((HANDLE)s, port, 17, 0), port);
    second = CreateIoCompletionPort((HANDLE)other, NULL, 18, 0); /* creates and associates */
    overlapped_track(second);
    ck_assert_ptr_ne(second, port);
    /* A socket has one port for its life. */
    port_fails(CreateIoCompletionPort((HANDLE)s, second, 19, 0), NULL, ERROR_INVALID_PARAMETER);
    port_fails(CreateIoCompletionPort((HANDLE)s, port, 19, 0), NULL, ERROR_INVALID_PARAMETER);
    assert_no_packet(port, 0);
    assert_no_packet(second, 0);
}
END_TEST

START_TEST(c55_bad_handles)
{
    SOCKET s = world_socket("192.0.2.1", NULL);
    HANDLE event = overlapped_event(TRUE), port = overlapped_port(), closed = overlapped_port();
    OVERLAPPED_ENTRY entry;
    ULONG count;
    struct packet packet;

    CloseHandle(closed);
    port_fails(CreateIoCompletionPort((HANDLE)s, event, 0, 0), NULL, ERROR_INVALID_HANDLE);
    port_fails(CreateIoCompletionPort((HANDLE)s, closed, 0, 0), NULL, ERROR_INVALID_HANDLE);
    port_fails(CreateIoCompletionPort((HANDLE)0xdead0, port, 0, 0), NULL, ERROR_INVALID_HANDLE);
    port_fails(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 0, 0), NULL,
               ERROR_INVALID_PARAMETER);
    port_fails(PostQueuedCompletionStatus(event, 0, 0, NULL), FALSE, ERROR_INVALID_HANDLE);
    port_fails(GetQueuedCompletionStatusEx(closed, &entry, 1, &count, 0, FALSE), FALSE,
               ERROR_INVALID_HANDLE);
    port_fails(GetQueuedCompletionStatusEx(port, &entry, 0, &count, 0, FALSE), FALSE,
               ERROR_INVALID_PARAMETER);
    packet = take(closed, 0);
    ck_assert_int_eq(packet.taken, FALSE);
    ck_assert_uint_eq(packet.error, ERROR_INVALID_HANDLE);
    ck_assert_ptr_null(packet.overlapped);
    ck_assert_uint_eq(WaitForSingleObject(closed, 0), WAIT_FAILED);
}
END_TEST

/* --- packets --- */

START_TEST(c55_wb13_2_one_packet_for_a_pended_receive)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    posted = posted_receive(&channel);
    assert_no_packet(channel.completion_port, 0);
    deliver(FAMILY, channel.port, "packet");
    assert_packet(channel.completion_port, CHANNEL_KEY, posted, 6);
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

/* Buffers are filled in the order of the calls, packets come in the order of completion. */
START_TEST(c55_packets_come_in_the_order_of_completion)
{
    struct channel channel, other;
    struct posted *first, *second, *cancelled, *elsewhere;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    channel_open(&other, FAMILY->us, WAY_POLL);
    ck_assert_ptr_eq(CreateIoCompletionPort((HANDLE)other.s, channel.completion_port, 99, 0),
                     channel.completion_port);
    first = posted_receive(&channel);
    second = posted_receive(&channel);
    cancelled = posted_receive(&channel);
    elsewhere = posted_receive(&other);
    ck_assert_int_eq(CancelIoEx((HANDLE)channel.s, &cancelled->overlapped), TRUE);
    deliver(FAMILY, channel.port, "one");
    deliver(FAMILY, other.port, "three");
    deliver(FAMILY, channel.port, "four");
    assert_failed_packet(channel.completion_port, cancelled, ERROR_OPERATION_ABORTED, 0);
    assert_packet(channel.completion_port, CHANNEL_KEY, first, 3);
    assert_packet(channel.completion_port, 99, elsewhere, 5);
    assert_packet(channel.completion_port, CHANNEL_KEY, second, 4);
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

START_TEST(c55_c46_wb13_3_a_packet_for_what_completes_at_once)
{
    struct channel channel;
    struct posted *received, *sent;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    channel_queue(&channel, FAMILY, "here");
    received = posted_new(&channel, CALL_RECVMSG);
    posted_completes(received);
    sent = posted_new(&channel, CALL_SENDTO);
    posted_text(sent, "there");
    posted_to(sent, FAMILY->peer, 7);
    posted_completes(sent);
    assert_packet(channel.completion_port, CHANNEL_KEY, received, 4);
    assert_packet(channel.completion_port, CHANNEL_KEY, sent, 5);
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

START_TEST(c55_wb13_4_nothing_in_time)
{
    HANDLE port = overlapped_port();
    int64_t start = world_now_ms();

    assert_no_packet(port, 30);
    ck_assert_int_ge(world_now_ms() - start, 29);
}
END_TEST

START_TEST(c55_c35_c61_wb13_5_failures)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->buffer.len = 3;
    posted_pends(posted);
    deliver(FAMILY, channel.port, "truncated");
    assert_failed_packet(channel.completion_port, posted, ERROR_MORE_DATA, 3);
    posted = posted_receive(&channel);
    ck_assert_int_eq(CancelIo((HANDLE)channel.s), TRUE);
    assert_failed_packet(channel.completion_port, posted, ERROR_OPERATION_ABORTED, 0);
}
END_TEST

START_TEST(c55_c56_wb13_8_an_association_after_the_call)
{
    struct channel channel;
    struct posted *posted[2];
    HANDLE port = overlapped_port();

    channel_open(&channel, FAMILY->us, WAY_POLL);
    posted[0] = posted_receive(&channel);
    posted[1] = posted_receive(&channel);
    ck_assert_ptr_eq(CreateIoCompletionPort((HANDLE)channel.s, port, CHANNEL_KEY, 0), port);
    deliver(FAMILY, channel.port, "late");
    assert_packet(port, CHANNEL_KEY, posted[0], 4);
    closesocket(channel.s);
    assert_failed_packet(port, posted[1], ERROR_OPERATION_ABORTED, 0);
    assert_no_packet(port, 0);
}
END_TEST

START_TEST(c55_wb13_14_what_has_no_overlapped_has_no_packet)
{
    struct channel channel;
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->loopback, 0, &name);
    static struct received received;

    channel_open(&channel, FAMILY->loopback, WAY_PORT);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(channel.s, (struct sockaddr *)&name, &bytes), 0);
    ck_assert_int_eq(sendto(channel.s, "x", 1, 0, (struct sockaddr *)&name, bytes), 1);
    world_receive(channel.s, &received);
    ck_assert_int_eq(shutdown(channel.s, SD_BOTH), 0);
    closesocket(channel.s); /* WB 13.10 */
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

START_TEST(c55_wb12_5_no_routine_on_a_socket_with_a_port)
{
    struct channel channel, routine;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    routine = channel;
    routine.way = WAY_ROUTINE;
    for (enum posted_call call = CALL_RECVMSG; call <= CALL_SENDTO; call++) {
        posted = posted_new(&routine, call);
        posted_text(posted, "never");
        posted_to(posted, FAMILY->peer, 7);
        posted_fails(posted, WSAEINVAL);
    }
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

/* An ioctl of another kind makes a packet, too (WB 10.3, 10.11). */
START_TEST(c55_wb10_3_packets_of_ioctls)
{
    struct channel channel;
    struct posted *posted;
    GUID id = WSAID_WSARECVMSG;
    void *function;
    DWORD bytes = UNTOUCHED;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    posted = posted_new(&channel, CALL_RECVMSG);
    ck_assert_int_eq(WSAIoctl(channel.s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                              &function, sizeof(function), &bytes, &posted->overlapped, NULL),
                     0);
    ck_assert_uint_eq(bytes, sizeof(function));
    assert_packet(channel.completion_port, CHANNEL_KEY, posted, 0);
    world_fails(WSAIoctl(channel.s, 0xdeadbeef, NULL, 0, NULL, 0, &bytes, &posted->overlapped,
                         NULL),
                WSA_IO_PENDING);
    assert_failed_packet(channel.completion_port, posted, ERROR_NOT_SUPPORTED, 0);
}
END_TEST

/* --- posted by the program (WB 13.15) --- */

START_TEST(c55_wb13_15_packets_of_the_program)
{
    HANDLE port = overlapped_port();
    OVERLAPPED_ENTRY entries[5];
    OVERLAPPED any = {.Internal = 0xC0000120, .InternalHigh = 1};
    ULONG count = 0;
    struct packet packet;

    SetLastError(UNTOUCHED);
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 1, 2, (LPOVERLAPPED)3), TRUE);
    ck_assert_int_eq(PostQueuedCompletionStatus(port, UINT32_MAX, ~(ULONG_PTR)0, NULL), TRUE);
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 0, 0, &any), TRUE);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port, entries, 5, &count, 0, FALSE), TRUE);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(entries[0].dwNumberOfBytesTransferred, 1);
    ck_assert_uint_eq(entries[0].lpCompletionKey, 2);
    ck_assert_ptr_eq(entries[0].lpOverlapped, (LPOVERLAPPED)3);
    ck_assert_uint_eq(entries[0].Internal, 0);
    ck_assert_uint_eq(entries[1].dwNumberOfBytesTransferred, UINT32_MAX);
    ck_assert_uint_eq(entries[1].lpCompletionKey, ~(ULONG_PTR)0);
    ck_assert_ptr_null(entries[1].lpOverlapped);
    ck_assert_ptr_eq(entries[2].lpOverlapped, &any);
    ck_assert_uint_eq(entries[2].Internal, 0);
    ck_assert_uint_eq(any.Internal, 0xC0000120);
    /* A packet without OVERLAPPED is one all the same. */
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 4, 5, NULL), TRUE);
    packet = take(port, 0);
    ck_assert_int_eq(packet.taken, TRUE);
    ck_assert_uint_eq(packet.bytes, 4);
    ck_assert_uint_eq(packet.key, 5);
    ck_assert_ptr_null(packet.overlapped);
}
END_TEST

/* GetQueuedCompletionStatusEx() takes as many as there are and fit, mixed as they came. */
START_TEST(c55_wb13_15_several_at_once)
{
    enum { RECEIVES = 5 };
    struct channel channel;
    struct posted *posted[RECEIVES];
    OVERLAPPED_ENTRY entries[8];
    ULONG count = 0;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    for (unsigned i = 0; i < RECEIVES; i++) {
        posted[i] = posted_new(&channel, CALL_RECVMSG);
        posted[i]->buffer.len = i == 1 ? 1 : 10;
        posted_pends(posted[i]);
        deliver(FAMILY, channel.port, "ab");
    }
    world_settle(&(struct winlwip_stats){0});
    ck_assert_int_eq(
        GetQueuedCompletionStatusEx(channel.completion_port, entries, 3, &count, 0, FALSE), TRUE);
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(
        GetQueuedCompletionStatusEx(channel.completion_port, entries + 3, 5, &count, 0, FALSE),
        TRUE);
    ck_assert_uint_eq(count, 2);
    for (unsigned i = 0; i < RECEIVES; i++) {
        ck_assert_ptr_eq(entries[i].lpOverlapped, &posted[i]->overlapped);
        ck_assert_uint_eq(entries[i].lpCompletionKey, CHANNEL_KEY);
        ck_assert_uint_eq(entries[i].Internal, i == 1 ? 0x80000005 : 0);
        ck_assert_uint_eq(entries[i].dwNumberOfBytesTransferred, i == 1 ? 1 : 2);
    }
    port_fails(GetQueuedCompletionStatusEx(channel.completion_port, entries, 8, &count, 0, FALSE),
               FALSE, WAIT_TIMEOUT);
}
END_TEST

/* --- hEvent's low bit, and notification modes --- */

START_TEST(c55_wb13_11_the_low_bit_of_the_event)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(TRUE), marked = (HANDLE)((ULONG_PTR)event | 1);
    DWORD bytes = 0;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = marked;
    posted_pends(posted);
    deliver(FAMILY, channel.port, "marked");
    ck_assert_uint_eq(WaitForSingleObject(marked, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_int_eq(
        GetOverlappedResult((HANDLE)channel.s, &posted->overlapped, &bytes, TRUE), TRUE);
    ck_assert_uint_eq(bytes, 6);
    assert_no_packet(channel.completion_port, 0);
    channel_queue(&channel, FAMILY, "at once");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = marked;
    ResetEvent(event);
    posted_completes(posted);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_no_packet(channel.completion_port, 0);
    /* An event without the mark is set, and the packet comes as well. */
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = event;
    posted_pends(posted);
    deliver(FAMILY, channel.port, "both");
    assert_packet(channel.completion_port, CHANNEL_KEY, posted, 4);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(c55_c61_wb13_12_no_packet_on_success)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    SetLastError(UNTOUCHED);
    ck_assert_int_eq(SetFileCompletionNotificationModes((HANDLE)channel.s,
                                                        FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
                     TRUE);
    ck_assert_uint_eq(GetLastError(), UNTOUCHED);
    channel_queue(&channel, FAMILY, "at once");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    assert_no_packet(channel.completion_port, 0);
    posted = posted_new(&channel, CALL_SENDTO);
    posted_text(posted, "sent");
    posted_to(posted, FAMILY->peer, 7);
    posted_completes(posted);
    assert_no_packet(channel.completion_port, 0);
    /* What pends has its packet, whether it succeeds or fails. */
    posted = posted_receive(&channel);
    deliver(FAMILY, channel.port, "later");
    assert_packet(channel.completion_port, CHANNEL_KEY, posted, 5);
    posted = posted_receive(&channel);
    CancelIo((HANDLE)channel.s);
    assert_failed_packet(channel.completion_port, posted, ERROR_OPERATION_ABORTED, 0);
    /* A truncated datagram is no success: the call pends (C61). */
    channel_queue(&channel, FAMILY, "truncated");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->buffer.len = 2;
    ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
    ck_assert_int_eq(posted->error, WSA_IO_PENDING);
    assert_failed_packet(channel.completion_port, posted, ERROR_MORE_DATA, 2);
    /* Flags are added, never taken away (WB 13.13). */
    ck_assert_int_eq(SetFileCompletionNotificationModes((HANDLE)channel.s, 0), TRUE);
    channel_queue(&channel, FAMILY, "still at once");
    posted_completes(posted_new(&channel, CALL_RECVMSG));
    assert_no_packet(channel.completion_port, 0);
}
END_TEST

/* Both ways to learn of it: each start takes the signal away, each completion gives it again. */
START_TEST(c55_c47_the_handle_is_signaled_beside_the_packet)
{
    struct channel channel;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    for (unsigned i = 0; i < 2; i++) {
        struct posted *first = posted_receive(&channel);
        struct posted *second = posted_receive(&channel);
        ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_TIMEOUT);
        deliver(FAMILY, channel.port, "first");
        deliver(FAMILY, channel.port, "second");
        ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
        assert_packet(channel.completion_port, CHANNEL_KEY, first, 5);
        assert_packet(channel.completion_port, CHANNEL_KEY, second, 6);
    }
}
END_TEST

START_TEST(c55_wb13_16_no_signal_of_the_handle)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(FALSE);

    channel_open(&channel, FAMILY->us, WAY_POLL);
    posted = posted_receive(&channel);
    deliver(FAMILY, channel.port, "signals");
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    posted_ends(posted, 0, 7);
    ck_assert_int_eq(
        SetFileCompletionNotificationModes((HANDLE)channel.s, FILE_SKIP_SET_EVENT_ON_HANDLE), TRUE);
    posted = posted_receive(&channel);
    deliver(FAMILY, channel.port, "silent");
    posted_ends(posted, 0, 6);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_TIMEOUT);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = event; /* which is set all the same */
    posted_pends(posted);
    deliver(FAMILY, channel.port, "event");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}
END_TEST

START_TEST(c55_wb13_13_modes_of_what_has_none)
{
    SOCKET plain = WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
    SOCKET s = world_socket("192.0.2.1", NULL);

    world_track(plain);
    port_fails(SetFileCompletionNotificationModes((HANDLE)plain, 1), FALSE,
               ERROR_INVALID_PARAMETER);
    port_fails(SetFileCompletionNotificationModes((HANDLE)s, 0x80), FALSE,
               ERROR_INVALID_PARAMETER);
    port_fails(SetFileCompletionNotificationModes((HANDLE)0xdead0, 1), FALSE,
               ERROR_INVALID_HANDLE);
}
END_TEST

Suite *suite_contract_ports(void)
{
    Suite *suite = suite_create("ports");
    TCase *tcase = tcase_create("ports");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_test(tcase, c55_wb13_1_creating_and_associating);
    tcase_add_test(tcase, c55_bad_handles);
    tcase_add_loop_test(tcase, c55_wb13_2_one_packet_for_a_pended_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_packets_come_in_the_order_of_completion, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_c46_wb13_3_a_packet_for_what_completes_at_once, 0,
                        WORLD_FAMILIES);
    tcase_add_test(tcase, c55_wb13_4_nothing_in_time);
    tcase_add_loop_test(tcase, c55_c35_c61_wb13_5_failures, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_c56_wb13_8_an_association_after_the_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_wb13_14_what_has_no_overlapped_has_no_packet, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_wb12_5_no_routine_on_a_socket_with_a_port, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_wb10_3_packets_of_ioctls, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c55_wb13_15_packets_of_the_program);
    tcase_add_loop_test(tcase, c55_wb13_15_several_at_once, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_wb13_11_the_low_bit_of_the_event, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_c61_wb13_12_no_packet_on_success, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_c47_the_handle_is_signaled_beside_the_packet, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c55_wb13_16_no_signal_of_the_handle, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c55_wb13_13_modes_of_what_has_none);
    suite_add_tcase(suite, tcase);
    return suite;
}
