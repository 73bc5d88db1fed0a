/*
 * test_blocking.c - blocking, time-outs, non-blocking sockets, and how a wait ends (C12, C40-C42,
 * C45, C70).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

START_TEST(c40_queued_data_is_copied_at_once)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;

    deliver(FAMILY, port, "queued");
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_queued, 1);
    world_receive(s, &received);
    world_assert_text(&received, "queued");
}
END_TEST

START_TEST(c40_waits_for_one_whole_message)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    later = world_later(s, NULL);
    world_later_blocked(later);
    deliver(FAMILY, port, "came later");
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_int_eq(received.error, 0);
    world_assert_text(&received, "came later");
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c40_a_wait_is_not_ended_by_others_datagrams)
{
    uint16_t port, other_port;
    SOCKET s = world_socket(FAMILY->us, &port), other = world_socket(FAMILY->us, &other_port);
    struct later *later = world_later(s, NULL);

    world_later_blocked(later);
    deliver(FAMILY, other_port, "not yours");
    world_receive(other, &received);
    world_later_blocked(later);
    deliver(FAMILY, port, "yours");
    world_join_later(later, &received);
    world_assert_text(&received, "yours");
}
END_TEST

START_TEST(c40_truncation_in_a_waiting_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later = world_later(s, &(struct receive_room){.data = 4});

    world_later_blocked(later);
    deliver(FAMILY, port, "too long");
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    world_assert_payload(&received, "too ", 4);
}
END_TEST

START_TEST(c40_without_a_background_thread)
{
    uint16_t port;
    SOCKET s;
    struct later *later;

    world_start(&(struct world_options){.links = 1, .no_background = true});
    s = world_socket(FAMILY->us, &port);
    later = world_later(s, NULL);
    world_later_blocked(later);
    deliver(FAMILY, port, "the caller drives");
    world_join_later(later, &received);
    world_assert_text(&received, "the caller drives");
    deliver(FAMILY, port, "again");
    world_receive(s, &received);
    world_assert_text(&received, "again");
    deliver(FAMILY, port, "not waiting");
    world_set_nonblocking(s);
    world_receive(s, &received);
    world_assert_text(&received, "not waiting");
    world_teardown();
}
END_TEST

START_TEST(c40_from_a_link_without_descriptor)
{
    uint16_t port;
    SOCKET s;

    world_start(&(struct world_options){.links = 1, .link = {{.pull = true}}});
    s = world_socket(FAMILY->us, &port);
    deliver(FAMILY, port, "pulled");
    world_receive(s, &received);
    world_assert_text(&received, "pulled");
    world_teardown();
}
END_TEST

START_TEST(c41_timeout_ends_a_blocking_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    int64_t start, took;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 60);
    start = world_now_ms();
    world_receive_into(s, NULL, &received);
    took = world_now_ms() - start;
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAETIMEDOUT);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    ck_assert_int_ge(took, 59);
    ck_assert_int_lt(took, WORLD_PATIENCE_MS);
}
END_TEST

START_TEST(c41_timeout_of_other_calls)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[4];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    DWORD bytes = 0xdeadbeef, flags = 0;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 20);
    world_fails(recv(s, data, sizeof(data), 0), WSAETIMEDOUT);
    world_fails(recvfrom(s, data, sizeof(data), 0, NULL, NULL), WSAETIMEDOUT);
    world_fails(WSARecv(s, &buffer, 1, &bytes, &flags, NULL, NULL), WSAETIMEDOUT);
    ck_assert_uint_eq(bytes, 0xdeadbeef);
}
END_TEST

START_TEST(c41_datagram_before_the_timeout)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 4000);
    later = world_later(s, NULL);
    world_later_blocked(later);
    deliver(FAMILY, port, "in time");
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, 0);
    world_assert_text(&received, "in time");
}
END_TEST

START_TEST(c41_does_not_touch_non_blocking_calls)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    int64_t start;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 2 * WORLD_PATIENCE_MS);
    world_set_nonblocking(s);
    start = world_now_ms();
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAEWOULDBLOCK);
    ck_assert_int_lt(world_now_ms() - start, WORLD_PATIENCE_MS);
}
END_TEST

START_TEST(c41_reads_back_exactly)
{
    static const DWORD values[] = {0, 100, 63000, 997000};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    for (unsigned i = 0; i < 4; i++) {
        DWORD value = 1;
        int bytes = sizeof(value);

        world_set(s, SOL_SOCKET, SO_RCVTIMEO, values[i]);
        ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, &bytes), 0);
        ck_assert_uint_eq(value, values[i]);
        ck_assert_int_eq(bytes, 4);
    }
}
END_TEST

START_TEST(c42_nothing_queued)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char byte;

    world_set_nonblocking(s);
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEWOULDBLOCK);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    world_fails(recv(s, &byte, 1, 0), WSAEWOULDBLOCK);
    world_fails(recvfrom(s, &byte, 1, 0, NULL, NULL), WSAEWOULDBLOCK);
}
END_TEST

START_TEST(c42_something_queued)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    deliver(FAMILY, port, "there");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "there");
    world_assert_empty(s);
}
END_TEST

START_TEST(c42_fionbio_reads_32_bits)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    uint32_t argument[2] = {1, 0};
    struct later *later;

    ck_assert_int_eq(ioctlsocket(s, (LONG)FIONBIO, (u_long *)argument), 0);
    world_assert_empty(s);
    /* What stands behind the 32 bits must not switch it on. */
    argument[0] = 0;
    argument[1] = 0xffffffff;
    ck_assert_int_eq(ioctlsocket(s, (LONG)FIONBIO, (u_long *)argument), 0);
    later = world_later(s, NULL);
    world_later_blocked(later);
    deliver(FAMILY, port, "blocking again");
    world_join_later(later, &received);
    world_assert_text(&received, "blocking again");
}
END_TEST

START_TEST(c12_not_overlapped_blocks_and_writes_the_overlapped)
{
    SOCKET s = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 0, &name);
    char data[16];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    WSAOVERLAPPED overlapped = {.Internal = 1, .InternalHigh = 2, .Offset = 3, .OffsetHigh = 4};
    DWORD received_bytes = 0;

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    world_set_nonblocking(s);
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAEWOULDBLOCK);
    deliver(FAMILY, ntohs(((SOCKADDR_IN *)&name)->sin_port), "result");
    /* In non-blocking mode too it waits when the frame has not gone through the stack yet. */
    ck_assert_int_eq(world.recvmsg(s, &message, &received_bytes, &overlapped, NULL), 0);
    ck_assert_uint_eq(received_bytes, 6);
    ck_assert_mem_eq(data, "result", 6);
    ck_assert_uint_eq(overlapped.Internal, 0);
    ck_assert_uint_eq(overlapped.InternalHigh, 6);
    ck_assert_uint_eq(overlapped.Offset, 3);
    ck_assert_uint_eq(overlapped.OffsetHigh, 4);
}
END_TEST

START_TEST(c45_close_ends_a_blocking_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later = world_later(s, NULL);

    world_later_blocked(later);
    ck_assert_int_eq(closesocket(s), 0);
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert(received.error == WSAEINTR || received.error == WSAENOTSOCK);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
}
END_TEST

START_TEST(c45_close_ends_every_blocking_call)
{
    enum { THREADS = 5 };
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        later[i] = world_later(s, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        world_later_blocked(later[i]);
    ck_assert_int_eq(closesocket(s), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        world_join_later(later[i], &received);
        ck_assert(received.error == WSAEINTR || received.error == WSAENOTSOCK);
    }
}
END_TEST

START_TEST(c70_end_of_a_capture_is_network_down)
{
    uint16_t port;
    SOCKET s, other;
    struct later *later;

    world_start(&(struct world_options){
        .links = 1, .link = {{.pull = _i / 2 == 0, .end_is_down = true}}});
    s = world_socket(world_families[_i % 2].us, &port);
    other = world_socket(world_families[_i % 2].us, NULL);
    later = world_later(other, NULL);
    deliver(&world_families[_i % 2], port, "one");
    deliver(&world_families[_i % 2], port, "two");
    memlink_end(world.link[0]);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    /* Drained first. */
    world_receive(s, &received);
    world_assert_text(&received, "one");
    world_receive(s, &received);
    world_assert_text(&received, "two");
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    world_teardown();
}
END_TEST

START_TEST(c70_or_receives_wait_on)
{
    uint16_t port;
    SOCKET s;
    struct later *later;

    world_start(&(struct world_options){.links = 1});
    s = world_socket("127.0.0.1", &port);
    memlink_end(world.link[0]);
    later = world_later(s, NULL);
    world_later_blocked(later);
    ck_assert_int_eq(closesocket(s), 0);
    world_join_later(later, &received);
    world_teardown();
}
END_TEST

START_TEST(receive_after_shutdown)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char byte;

    world_set_nonblocking(s);
    ck_assert_int_eq(shutdown(s, SD_RECEIVE), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    world_fails(recvfrom(s, &byte, 1, 0, NULL, NULL), WSAESHUTDOWN);
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAESHUTDOWN);
    world_fails(shutdown(s, 3), WSAEINVAL);
}
END_TEST

Suite *suite_contract_blocking(void)
{
    Suite *suite = suite_create("blocking");
    TCase *tcase = tcase_create("blocking"), *bare = tcase_create("blocking_bare");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c40_queued_data_is_copied_at_once, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c40_waits_for_one_whole_message, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c40_a_wait_is_not_ended_by_others_datagrams, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c40_truncation_in_a_waiting_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c41_timeout_ends_a_blocking_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c41_timeout_of_other_calls, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c41_datagram_before_the_timeout, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c41_does_not_touch_non_blocking_calls, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c41_reads_back_exactly, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c42_nothing_queued, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c42_something_queued, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c42_fionbio_reads_32_bits, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c12_not_overlapped_blocks_and_writes_the_overlapped, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c45_close_ends_a_blocking_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c45_close_ends_every_blocking_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, receive_after_shutdown, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_loop_test(bare, c40_without_a_background_thread, 0, WORLD_FAMILIES);
    tcase_add_loop_test(bare, c40_from_a_link_without_descriptor, 0, WORLD_FAMILIES);
    tcase_add_loop_test(bare, c70_end_of_a_capture_is_network_down, 0, 4);
    tcase_add_test(bare, c70_or_receives_wait_on);
    suite_add_tcase(suite, bare);
    return suite;
}
