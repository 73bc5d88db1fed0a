/*
 * test_segment.c - UDP_SEND_MSG_SIZE: one send, several datagrams (C62, winsock-facts 4.1).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/control.h"

static struct received received;
static uint8_t payload[1 << 21];

/* Asserts that exactly these bytes leave, cut every segment bytes. */
static void assert_cut(const struct world_family *family, uint16_t port, size_t bytes,
                       size_t segment)
{
    struct frame_view view;

    for (size_t at = 0; at < bytes; at += segment) {
        size_t expected = bytes - at < segment ? bytes - at : segment;
        world_next_sent(0, &view);
        ck_assert_str_eq(view.src, family->us);
        ck_assert_str_eq(view.dst, family->peer);
        ck_assert_uint_eq(view.src_port, port);
        ck_assert_uint_eq(view.dst_port, 7777);
        ck_assert(!view.fragment);
        ck_assert_uint_eq(view.payload_bytes, expected);
        ck_assert_mem_eq(view.payload, payload + at, expected);
    }
    ck_assert(!world_next_sent_within(0, &view, 0));
}

/* Has the neighbour resolved: only so many packets wait for one. */
static void meet(const struct world_family *family, SOCKET s)
{
    struct frame_view view;

    ck_assert_int_eq(control_send(s, family->peer, 7777, payload, 1, NULL, NULL), 0);
    world_next_sent(0, &view);
}

START_TEST(c62_the_option_cuts_every_send)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    DWORD sent;

    world_pattern(payload, 250, 1);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 100);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 250, NULL, &sent), 0);
        ck_assert_uint_eq(sent, 250);
        assert_cut(FAMILY, port, 250, 100);
    }
    ck_assert_uint_eq(control_datagrams_sent(), 6);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 0);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 250, NULL, &sent), 0);
    assert_cut(FAMILY, port, 250, 250);
}
END_TEST

START_TEST(c62_the_message_cuts_one_send)
{
    struct control_data cut = {0}, whole = {0};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_pattern(payload, 300, 2);
    control_add_int(&cut, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 100);
    control_add_int(&whole, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 0);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 300, &cut, NULL), 0);
    assert_cut(FAMILY, port, 300, 100);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 300, NULL, NULL), 0);
    assert_cut(FAMILY, port, 300, 300);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 70);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 300, &cut, NULL), 0);
    assert_cut(FAMILY, port, 300, 100);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 300, &whole, NULL), 0);
    assert_cut(FAMILY, port, 300, 300);
}
END_TEST

START_TEST(c62_a_size_that_cuts_nothing)
{
    static const int sizes[] = {100, 101, 65535, -1};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    world_pattern(payload, 100, 3);
    for (unsigned i = 0; i < 4; i++) {
        struct control_data control = {0};
        control_add_int(&control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, sizes[i]);
        ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 100, &control, NULL), 0);
        assert_cut(FAMILY, port, 100, 100);
        ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 0, &control, NULL), 0);
        world_next_sent(0, &view);
        ck_assert_uint_eq(view.payload_bytes, 0);
    }
}
END_TEST

/* The cuts fall where they fall: inside buffers, on their edges, across many of them. */
START_TEST(c62_cuts_across_buffers)
{
    enum { BUFFERS = 40 };
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE name;
    WSABUF buffers[BUFFERS];
    WSAMSG message = {.name = (LPSOCKADDR)&name, .lpBuffers = buffers};
    DWORD sent;

    message.namelen = world_name(FAMILY->peer, 7777, &name);
    meet(FAMILY, s);
    world_pattern(payload, 1000, 4);
    for (unsigned segment = 1; segment < 64; segment += 9) {
        for (unsigned count = 1; count <= BUFFERS; count += 13) { /* 40 are more than 16 */
            size_t bytes = 0;
            for (unsigned i = 0; i < count; i++) {
                buffers[i].len = i * 7 % 17;
                buffers[i].buf = buffers[i].len != 0 ? (CHAR *)payload + bytes : NULL;
                bytes += buffers[i].len;
            }
            if (bytes == 0) {
                continue;
            }
            message.dwBufferCount = count;
            world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, segment);
            ck_assert_int_eq(WSASendMsg(s, &message, 0, &sent, NULL, NULL), 0);
            ck_assert_uint_eq(sent, bytes);
            assert_cut(FAMILY, port, bytes, segment);
        }
    }
}
END_TEST

START_TEST(c62_bounds_of_a_cut_send)
{
    static const struct {
        size_t bytes, segment;
    } bad[] = {{513, 1}, {1025, 2}, {70000, 65530}, {(1 << 20) + 1, 4000}};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    for (unsigned i = 0; i < 4; i++) {
        world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, (DWORD)bad[i].segment);
        world_fails(control_send(s, FAMILY->peer, 7777, payload, bad[i].bytes, NULL, NULL),
                    WSAEMSGSIZE);
    }
    ck_assert(!world_next_sent_within(0, &view, 0));
    ck_assert_uint_eq(control_datagrams_sent(), 0);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 0);
    meet(FAMILY, s);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 512, NULL, NULL), 0);
    assert_cut(FAMILY, port, 512, 1);
}
END_TEST

START_TEST(c62_not_fragmenting_is_about_each_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_pattern(payload, 3000, 5);
    world_set(s, FAMILY->level, IP_DONTFRAGMENT, 1);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 2000);
    world_fails(control_send(s, FAMILY->peer, 7777, payload, 3000, NULL, NULL), WSAEMSGSIZE);
    ck_assert_uint_eq(control_datagrams_sent(), 0);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1400);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 3000, NULL, NULL), 0);
    assert_cut(FAMILY, port, 3000, 1400);
}
END_TEST

/* More than what waits for this host at a time. */
START_TEST(c62_cut_and_sent_to_ourselves)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_set_nonblocking(s);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1000);
    world_pattern(payload, 500 * 1000 - 1, 6);
    ck_assert_int_eq(
        control_send(s, FAMILY->loopback, port, payload, 500 * 1000 - 1, NULL, NULL), 0);
    for (unsigned i = 0; i < 500; i++) {
        world_receive(s, &received);
        world_assert_payload(&received, payload + i * 1000, i < 499 ? 1000 : 999);
    }
    world_assert_empty(s);
}
END_TEST

START_TEST(c62_what_the_device_does_not_take_is_lost)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    DWORD sent = 0;

    meet(FAMILY, s);
    memlink_set_room(world.link[0], 1);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 10);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, payload, 30, NULL, &sent), 0);
    ck_assert_uint_eq(sent, 30);
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_unsent, 2);
}
END_TEST

Suite *suite_contract_segment(void)
{
    Suite *suite = suite_create("segment");
    TCase *tcase = tcase_create("segment");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c62_the_option_cuts_every_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_the_message_cuts_one_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_a_size_that_cuts_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_cuts_across_buffers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_bounds_of_a_cut_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_not_fragmenting_is_about_each_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_cut_and_sent_to_ourselves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_what_the_device_does_not_take_is_lost, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
