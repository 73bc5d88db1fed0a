/*
 * test_coalesce.c - UDP_RECV_MAX_COALESCED_SIZE: several datagrams in one receive (C32).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/control.h"

static struct received received;
static uint8_t payload[1 << 16];

/* A non-blocking socket that joins up to limit bytes. */
static SOCKET open_joining(const struct world_family *family, DWORD limit, uint16_t *port)
{
    SOCKET s = world_socket(family->us, port);

    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, limit);
    world_set_nonblocking(s);
    return s;
}

/* Queues datagrams of these lengths, whose bytes stand one after another in payload. */
static void queue(const struct world_family *family, uint16_t port, const size_t *lengths,
                  unsigned count)
{
    struct winlwip_stats stats;
    size_t at = 0;

    world_pattern(payload, 4096, 9);
    for (unsigned i = 0; i < count; i++) {
        world_inject(&(struct frame_spec){.src = family->peer, .dst = family->us,
                                          .dst_port = port, .payload = payload + at,
                                          .payload_bytes = lengths[i]});
        at += lengths[i];
    }
    world_settle(&stats);
}

/* The size that UDP_COALESCED_INFO tells; 0: it is absent. */
static DWORD told(void)
{
    DWORD size = 0;

    control_find(&received, IPPROTO_UDP, UDP_COALESCED_INFO, &size, sizeof(size));
    return size;
}

/* Receives, and asserts which bytes of payload come and what is told. */
static void expect(SOCKET s, const struct receive_room *room, size_t at, size_t bytes, DWORD size)
{
    world_receive_into(s, room, &received);
    ck_assert_msg(received.result == 0, "WSARecvMsg: %d", received.error);
    ck_assert_uint_eq(received.flags, 0);
    world_assert_payload(&received, payload + at, bytes);
    ck_assert_uint_eq(told(), size);
}

static const size_t four[] = {10, 10, 10, 10};

START_TEST(c32_off_unless_asked_for)
{
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 0, &port);
    DWORD value = 7;
    int value_bytes = 4;

    ck_assert_int_eq(getsockopt(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, (char *)&value,
                                &value_bytes), 0);
    ck_assert_uint_eq(value, 0);
    queue(FAMILY, port, four, 4);
    for (unsigned i = 0; i < 4; i++) {
        expect(s, NULL, i * 10, 10, 0);
    }
}
END_TEST

START_TEST(c32_equal_lengths_and_a_shorter_last)
{
    static const size_t lengths[] = {10, 10, 10, 4, 10, 10};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, lengths, 6);
    expect(s, NULL, 0, 34, 10);
    expect(s, NULL, 34, 20, 10);
    world_assert_empty(s);
}
END_TEST

START_TEST(c32_a_single_datagram_is_told_nothing)
{
    static const size_t lengths[] = {10};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, lengths, 1);
    expect(s, NULL, 0, 10, 0);
    ck_assert_uint_eq(received.control_len, 0);
}
END_TEST

START_TEST(c32_longer_and_empty_ones_stay_apart)
{
    static const size_t lengths[] = {10, 11, 11, 0, 0, 5, 0, 7};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, lengths, 8);
    expect(s, NULL, 0, 10, 0);
    expect(s, NULL, 10, 22, 11);
    expect(s, NULL, 32, 0, 0);
    expect(s, NULL, 32, 0, 0);
    expect(s, NULL, 32, 5, 0);
    expect(s, NULL, 37, 0, 0);
    expect(s, NULL, 37, 7, 0);
}
END_TEST

/* One difference at a time. */
START_TEST(c32_only_one_flow)
{
    const char *group = FAMILY->group, *us = FAMILY->us, *peer = FAMILY->peer;
    const struct frame_spec others[] = {
        {.src = peer, .dst = us, .src_port = FRAME_PEER_PORT + 1},
        {.src = FAMILY->other_peer, .dst = us},
        {.src = peer, .dst = us, .ttl = 63},
        {.src = peer, .dst = us, .tos = 4},
        {.src = peer, .dst = us, .tos = 1}, /* ECN */
        {.src = peer, .dst = group},
    };
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct winlwip_stats stats;

    world_join(s, FAMILY);
    world_set_nonblocking(s);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct frame_spec other = others[i];
        other.dst_port = port;
        other.text = "other";
        deliver(FAMILY, port, "first");
        world_inject(&other);
        deliver(FAMILY, port, "third");
        world_settle(&stats);
        for (unsigned j = 0; j < 3; j++) {
            world_receive(s, &received);
            ck_assert_uint_eq(received.bytes, 5);
            ck_assert_uint_eq(told(), 0);
        }
        world_assert_empty(s);
    }
}
END_TEST

START_TEST(c32_within_the_limit_of_the_option)
{
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 29, &port);

    queue(FAMILY, port, four, 4);
    expect(s, NULL, 0, 20, 10);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 5); /* each is longer */
    expect(s, NULL, 20, 10, 0);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 20); /* C28 */
    expect(s, NULL, 30, 10, 0);
}
END_TEST

START_TEST(c32_never_without_the_message)
{
    const size_t info = WSA_CMSG_SPACE(FAMILY->pktinfo_bytes);
    const struct receive_room none = {.no_control = true}, only_info = {.control = info},
                              both = {.control = info + WSA_CMSG_LEN(4)},
                              short_of_both = {.control = info + WSA_CMSG_LEN(4) - 1};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, four, 4);
    expect(s, &none, 0, 10, 0);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    expect(s, &only_info, 10, 10, 0);
    expect(s, &short_of_both, 20, 10, 0);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    expect(s, NULL, 30, 10, 0);
    queue(FAMILY, port, four, 4);
    expect(s, &both, 0, 40, 10);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c32_calls_without_control_data_get_one)
{
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);
    char data[100];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    DWORD bytes = 0, flags = 0;

    queue(FAMILY, port, four, 4);
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 10);
    ck_assert_int_eq(WSARecv(s, &buffer, 1, &bytes, &flags, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 10);
    expect(s, NULL, 20, 20, 10);
}
END_TEST

START_TEST(c32_nothing_is_cut)
{
    static const size_t lengths[] = {10, 10, 10, 100, 100};
    const struct receive_room room = {.data = 25};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, lengths, 5);
    expect(s, &room, 0, 20, 10);
    expect(s, &room, 20, 10, 0);
    world_receive_into(s, &room, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    ck_assert_uint_eq(received.bytes, 25);
    expect(s, NULL, 130, 100, 0);
}
END_TEST

START_TEST(c32_a_peek_shows_one)
{
    const struct receive_room peek = {.flags = MSG_PEEK};
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);

    queue(FAMILY, port, four, 4);
    expect(s, &peek, 0, 10, 0);
    expect(s, &peek, 0, 10, 0);
    expect(s, NULL, 0, 40, 10);
}
END_TEST

START_TEST(c32_into_several_buffers)
{
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);
    uint8_t data[64];
    _Alignas(8) char control[64];
    WSABUF buffers[] = {{7, (CHAR *)data}, {20, (CHAR *)data + 7}, {1, (CHAR *)data + 27},
                        {36, (CHAR *)data + 28}};
    WSAMSG message = {.lpBuffers = buffers, .dwBufferCount = 4,
                      .Control = {.len = sizeof(control), .buf = control}};
    DWORD bytes = 0;

    memset(data, 0xa5, sizeof(data));
    queue(FAMILY, port, four, 4);
    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 40);
    ck_assert_mem_eq(data, payload, 40);
    ck_assert_uint_eq(data[40], 0xa5);
    ck_assert_uint_eq(message.Control.len, WSA_CMSG_SPACE(4));
}
END_TEST

START_TEST(c32_at_most_128)
{
    static size_t lengths[134];
    uint16_t port;
    SOCKET s = open_joining(FAMILY, 65535, &port);
    u_long queued = 0;

    for (unsigned i = 0; i < 134; i++) {
        lengths[i] = 3;
    }
    queue(FAMILY, port, lengths, 134);
    expect(s, NULL, 0, 128 * 3, 3);
    ck_assert_int_eq(ioctlsocket(s, FIONREAD, &queued), 0);
    ck_assert_uint_eq(queued, 6 * 3);
    expect(s, NULL, 128 * 3, 6 * 3, 3);
}
END_TEST

Suite *suite_contract_coalesce(void)
{
    Suite *suite = suite_create("coalesce");
    TCase *tcase = tcase_create("coalesce");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c32_off_unless_asked_for, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_equal_lengths_and_a_shorter_last, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_a_single_datagram_is_told_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_longer_and_empty_ones_stay_apart, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_only_one_flow, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_within_the_limit_of_the_option, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_never_without_the_message, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_calls_without_control_data_get_one, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_nothing_is_cut, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_a_peek_shows_one, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_into_several_buffers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_at_most_128, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
