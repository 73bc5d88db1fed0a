/*
 * test_deliver.c - how datagrams are handed out (C15-C17, C23).
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

static struct received received;

START_TEST(c15_one_datagram_a_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "first");
    deliver(FAMILY, port, "the second");
    world_receive(s, &received);
    world_assert_text(&received, "first");
    world_receive(s, &received);
    world_assert_text(&received, "the second");
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c15_buffers_in_order_without_holes)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char one[3], three[4], five[8];
    WSABUF buffers[] = {{.len = 3, .buf = one}, {.len = 0, .buf = NULL}, {.len = 4, .buf = three},
                        {.len = 0, .buf = one}, {.len = 8, .buf = five}};
    WSAMSG message = {.lpBuffers = buffers, .dwBufferCount = 5};
    DWORD bytes = 0;

    memset(five, '#', sizeof(five));
    deliver(FAMILY, port, "abcdefghi");
    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 9);
    ck_assert_uint_eq(message.dwFlags, 0);
    ck_assert_mem_eq(one, "abc", 3);
    ck_assert_mem_eq(three, "defg", 4);
    ck_assert_mem_eq(five, "hi######", 8);
    /* The array itself is the caller's: nothing in it changes. */
    ck_assert_uint_eq(buffers[4].len, 8);
    ck_assert_uint_eq(message.dwBufferCount, 5);
    ck_assert_ptr_eq(message.lpBuffers, buffers);
}
END_TEST

START_TEST(c15_empty_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "");
    deliver(FAMILY, port, "next");
    world_receive(s, &received);
    world_assert_payload(&received, "", 0);
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
    world_receive(s, &received);
    world_assert_text(&received, "next");
}
END_TEST

START_TEST(c15_empty_datagram_into_no_room)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "");
    world_receive_into(s, &(struct receive_room){.no_data = true}, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_uint_eq(received.bytes, 0);
    ck_assert_uint_eq(received.flags, 0);
}
END_TEST

START_TEST(c15_every_size_around_a_frame)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 63, 64, 65, 511, 1024, 1399, 1400, 1452};
    uint8_t expected[1500];
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        world_pattern(expected, sizes[i], i);
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                          .dst_port = port, .payload = expected,
                                          .payload_bytes = sizes[i]});
        world_receive(s, &received);
        world_assert_payload(&received, expected, sizes[i]);
    }
}
END_TEST

START_TEST(c15_ethernet_padding_is_no_payload)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                      .text = "x", .trailer_bytes = 17});
    world_receive(s, &received);
    world_assert_text(&received, "x");
}
END_TEST

START_TEST(c16_truncated_datagram_keeps_byte_count)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "too long for it");
    world_receive_into(s, &(struct receive_room){.data = 8}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    world_assert_payload(&received, "too long", 8);
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
}
END_TEST

START_TEST(c16_rest_is_lost)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "too long");
    deliver(FAMILY, port, "next");
    world_receive_into(s, &(struct receive_room){.data = 3}, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    world_receive(s, &received);
    world_assert_text(&received, "next");
}
END_TEST

/* All are queued before the first call: none is written straight into a call that waits. */
START_TEST(c16_c20_queued_datagrams_are_cut)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    deliver(FAMILY, port, "too long");
    deliver(FAMILY, port, "whole");
    deliver(FAMILY, port, "whole, too");
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_queued, 3);
    world_receive_into(s, &(struct receive_room){.data = 3}, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    world_assert_payload(&received, "too", 3);
    world_receive_into(s, &(struct receive_room){.control = 1}, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_CTRUNC);
    world_assert_text(&received, "whole");
    world_receive(s, &received);
    ck_assert_uint_eq(received.flags, 0);
    world_assert_text(&received, "whole, too");
}
END_TEST

START_TEST(c16_exact_fit_is_no_truncation)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "fits");
    world_receive_into(s, &(struct receive_room){.data = 4}, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_uint_eq(received.flags, 0);
    world_assert_text(&received, "fits");
}
END_TEST

START_TEST(c16_no_room_at_all)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "lost");
    world_receive_into(s, &(struct receive_room){.no_data = true}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.bytes, 0);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c16_scattered)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char first[2], second[4], beyond[2] = {'#', '#'};
    WSABUF buffers[] = {{.len = 2, .buf = first}, {.len = 4, .buf = second}};
    WSAMSG message = {.lpBuffers = buffers, .dwBufferCount = 2};
    DWORD bytes = 0;

    deliver(FAMILY, port, "moredata!");
    world_fails(world.recvmsg(s, &message, &bytes, NULL, NULL), WSAEMSGSIZE);
    ck_assert_uint_eq(bytes, 6);
    ck_assert_uint_eq(message.dwFlags, MSG_TRUNC);
    ck_assert_mem_eq(first, "mo", 2);
    ck_assert_mem_eq(second, "reda", 4);
    ck_assert_mem_eq(beyond, "##", 2);
}
END_TEST

START_TEST(c16_recvfrom_truncates_too)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[4];
    SOCKADDR_STORAGE name, expected;
    int bytes = sizeof(name);

    deliver(FAMILY, port, "too long");
    deliver(FAMILY, port, "next");
    world_fails(recvfrom(s, data, sizeof(data), 0, (struct sockaddr *)&name, &bytes), WSAEMSGSIZE);
    ck_assert_mem_eq(data, "too ", 4);
    ck_assert_int_eq(bytes, world_name(FAMILY->peer, FRAME_PEER_PORT, &expected));
    ck_assert_mem_eq(&name, &expected, (size_t)bytes);
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 4);
    ck_assert_mem_eq(data, "next", 4);
}
END_TEST

START_TEST(c17_lengths_hold_what_was_delivered)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "plain");
    world_receive(s, &received);
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
    ck_assert_uint_eq(received.control_len, 0);
    ck_assert_uint_eq(received.flags, 0);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    deliver(FAMILY, port, "with");
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, WSA_CMSG_SPACE(FAMILY->pktinfo_bytes));
}
END_TEST

START_TEST(c17_each_peer_by_its_name)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    static const uint16_t ports[] = {1, 80, 1024, 40001, 65535};

    for (unsigned i = 0; i < 5; i++) {
        const char *peer = i % 2 == 0 ? FAMILY->peer : FAMILY->other_peer;

        world_inject(&(struct frame_spec){.src = peer, .dst = FAMILY->us, .src_port = ports[i],
                                          .dst_port = port, .text = "?"});
        world_receive(s, &received);
        world_assert_name(&received, peer, ports[i]);
    }
}
END_TEST

START_TEST(c69_scope_of_a_link_local_source)
{
    uint16_t port;
    SOCKET s = world_socket("::", &port);
    const SOCKADDR_IN6 *name = (const SOCKADDR_IN6 *)&received.name;

    world_inject(&(struct frame_spec){.src = "fe80::9", .dst = "2001:db8::1", .dst_port = port,
                                      .text = "near"});
    world_receive(s, &received);
    world_assert_text(&received, "near");
    ck_assert_int_eq(received.namelen, 28);
    ck_assert_uint_eq(name->sin6_scope_id, WORLD_FIRST_INDEX);
    deliver(&world_families[1], port, "far");
    world_receive(s, &received);
    ck_assert_uint_eq(name->sin6_scope_id, 0);
}
END_TEST

START_TEST(c23_connected_hears_its_peer_only)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->peer, FRAME_PEER_PORT, &peer);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port};
    struct winlwip_stats stats;

    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    spec.text = "other port";
    spec.src_port = FRAME_PEER_PORT + 1;
    world_inject(&spec);
    spec.text = "other address";
    spec.src_port = FRAME_PEER_PORT;
    spec.src = FAMILY->other_peer;
    world_inject(&spec);
    deliver(FAMILY, port, "peer");
    world_receive(s, &received);
    world_assert_text(&received, "peer");
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
    world_set_nonblocking(s);
    world_assert_empty(s);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 2);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
}
END_TEST

START_TEST(c23_dissolved_connection_hears_everybody)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->other_peer, FRAME_PEER_PORT, &peer);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    ck_assert_int_eq(connect(s, &nobody, sizeof(nobody)), 0);
    deliver(FAMILY, port, "again");
    world_receive(s, &received);
    world_assert_text(&received, "again");
}
END_TEST

START_TEST(c65_each_datagram_to_one_call)
{
    enum { THREADS = 4 };
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later[THREADS];
    unsigned seen = 0;

    for (unsigned i = 0; i < THREADS; i++)
        later[i] = world_later(s, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        char text[2] = {(char)('0' + i), 0};

        deliver(FAMILY, port, text);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        world_join_later(later[i], &received);
        ck_assert_int_eq(received.result, 0);
        ck_assert_uint_eq(received.bytes, 1);
        seen |= 1u << (received.data[0] - '0');
    }
    ck_assert_uint_eq(seen, (1u << THREADS) - 1);
}
END_TEST

START_TEST(full_receive_buffer_drops_and_counts)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    unsigned got = 0;
    char data[1200];

    memset(data, 'x', sizeof(data));
    world_set(s, SOL_SOCKET, SO_RCVBUF, 10000);
    world_set_nonblocking(s);
    for (unsigned i = 0; i < 100; i++)
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                          .payload = data, .payload_bytes = sizeof(data)});
    world_settle(&stats);
    while (recv(s, data, sizeof(data), 0) == sizeof(data))
        got++;
    ck_assert_uint_ge(got, 1);
    ck_assert_uint_le(got, 9);
    ck_assert_uint_eq(stats.copies_queued, got);
    ck_assert_uint_eq(stats.copies_dropped, 100 - got);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 100 - got);
    deliver(FAMILY, port, "room again");
    world_settle(&stats);
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 10);
}
END_TEST

Suite *suite_contract_deliver(void)
{
    Suite *suite = suite_create("deliver");
    TCase *tcase = tcase_create("deliver");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c15_one_datagram_a_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_buffers_in_order_without_holes, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_empty_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_empty_datagram_into_no_room, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_every_size_around_a_frame, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_ethernet_padding_is_no_payload, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_truncated_datagram_keeps_byte_count, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_rest_is_lost, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_c20_queued_datagrams_are_cut, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_exact_fit_is_no_truncation, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_no_room_at_all, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_scattered, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_recvfrom_truncates_too, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c17_lengths_hold_what_was_delivered, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c17_each_peer_by_its_name, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c69_scope_of_a_link_local_source);
    tcase_add_loop_test(tcase, c23_connected_hears_its_peer_only, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c23_dissolved_connection_hears_everybody, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c65_each_datagram_to_one_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, full_receive_buffer_drops_and_counts, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
