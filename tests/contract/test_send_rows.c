/*
 * test_send_rows.c - the rows of the observed behaviour of sends (WB 2.x) that test_send.c does not
 * hold, and C66 and C67 for sends.
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/control.h"
#include "tests/support/world_internal.h"

static struct received received;

/* A WSAMSG with one byte for the peer. */
struct outgoing {
    SOCKADDR_STORAGE name;
    char text[2];
    WSABUF buffer;
    WSAMSG message;
};

static void prepare(struct outgoing *out, const struct world_family *family)
{
    memset(out, 0, sizeof(*out));
    out->text[0] = 'x';
    out->buffer = (WSABUF){.len = 1, .buf = out->text};
    out->message = (WSAMSG){.name = (LPSOCKADDR)&out->name,
                            .namelen = world_name(family->peer, 7777, &out->name),
                            .lpBuffers = &out->buffer, .dwBufferCount = 1};
}

static SOCKET unbound(const struct world_family *family)
{
    SOCKET s = socket(family->af, SOCK_DGRAM, 0);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

static void assert_unbound(SOCKET s)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEINVAL);
}

static void assert_bound(SOCKET s)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    ck_assert_uint_ne(((SOCKADDR_IN *)&name)->sin_port, 0);
}

START_TEST(wb2_1_wb2_10_no_socket)
{
    struct outgoing out;
    DWORD bytes;

    prepare(&out, FAMILY);
    world_fails(WSASendMsg(INVALID_SOCKET, &out.message, 0, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(WSASendMsg(INVALID_SOCKET, NULL, 0, NULL, NULL, NULL), WSAENOTSOCK);
    world_fails(WSASendTo(INVALID_SOCKET, &out.buffer, 1, NULL, 0, out.message.name,
                          out.message.namelen, NULL, NULL), WSAENOTSOCK);
}
END_TEST

START_TEST(wb2_2_no_message)
{
    SOCKET s = unbound(FAMILY);
    DWORD bytes;

    world_fails(WSASendMsg(s, NULL, 0, NULL, NULL, NULL), WSAEFAULT);
    world_fails(WSASendMsg(s, NULL, 0, &bytes, NULL, NULL), WSAEFAULT);
    assert_unbound(s);
}
END_TEST

START_TEST(wb2_4_wb2_11_no_byte_count)
{
    SOCKET s = unbound(FAMILY);
    struct outgoing out;

    assert_unbound(s);
    prepare(&out, FAMILY);
    world_fails(WSASendTo(s, &out.buffer, 1, NULL, 0, out.message.name, out.message.namelen, NULL,
                          NULL), WSAEFAULT);
    ck_assert_uint_eq(control_datagrams_sent(), 0);
}
END_TEST

START_TEST(wb2_8_wb2_12_success)
{
    SOCKET s = unbound(FAMILY);
    struct outgoing out;
    DWORD bytes = 0;

    prepare(&out, FAMILY);
    WSASetLastError(1234);
    ck_assert_int_eq(WSASendMsg(s, &out.message, 0, &bytes, NULL, NULL), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_eq(bytes, 1);
    WSASetLastError(1234);
    bytes = 0;
    ck_assert_int_eq(WSASendTo(s, &out.buffer, 1, &bytes, 0, out.message.name,
                               out.message.namelen, NULL, NULL), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_eq(bytes, 1);
    assert_bound(s);
}
END_TEST

START_TEST(wb2_9_streams)
{
    SOCKET s = socket(FAMILY->af, SOCK_STREAM, 0);
    struct outgoing out;
    DWORD bytes;

    world_track(s);
    prepare(&out, FAMILY);
    world_fails(WSASendMsg(s, &out.message, 0, &bytes, NULL, NULL), WSAEINVAL);
}
END_TEST

/* Each send to the closed port of this host draws a Port Unreachable. */
START_TEST(wb2_14_no_send_fails_for_a_closed_port)
{
    uint16_t port;
    SOCKET closed = world_socket(FAMILY->loopback, &port);
    SOCKET s = world_socket(FAMILY->any, NULL);
    SOCKADDR_STORAGE name;
    struct winlwip_stats stats;

    ck_assert_int_eq(closesocket(closed), 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&name,
                             world_name(FAMILY->loopback, port, &name)), 0);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_int_eq(send(s, "x", 1, 0), 1);
    }
    world_set_nonblocking(s);
    for (unsigned i = 0; i < 256; i++) {
        ck_assert_int_eq(send(s, "x", 1, 0), 1);
    }
    world_settle(&stats);
    ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 266);
}
END_TEST

START_TEST(c67_wb2_15_nobody_to_send_to)
{
    SOCKET s = unbound(FAMILY), bound = world_socket(FAMILY->us, NULL);
    WSABUF buffer = {.len = 1, .buf = (CHAR *)"x"};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes;

    world_fails(send(s, "x", 1, 0), WSAENOTCONN);
    world_fails(send(bound, "x", 1, 0), WSAENOTCONN);
    world_fails(WSASend(s, &buffer, 1, &bytes, 0, NULL, NULL), WSAENOTCONN);
    world_fails(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), WSAENOTCONN);
    assert_unbound(s);
}
END_TEST

START_TEST(c67_a_receive_never_says_not_connected)
{
    SOCKET sockets[] = {unbound(FAMILY), world_socket(FAMILY->us, NULL),
                        socket(FAMILY->af, SOCK_STREAM, 0)};

    world_track(sockets[2]);
    for (unsigned i = 0; i < 3; i++) {
        world_set_nonblocking(sockets[i]);
        world_receive_into(sockets[i], NULL, &received);
        ck_assert_int_eq(received.result, SOCKET_ERROR);
        ck_assert_int_ne(received.error, WSAENOTCONN);
    }
}
END_TEST

START_TEST(wb2_18_a_group_without_an_option)
{
    SOCKET s = unbound(&world_families[1]);

    ck_assert_int_eq(control_send(s, "ff01::1", 7777, "x", 1, NULL, NULL), 0);
}
END_TEST

START_TEST(wb2_19_sendto_connects_nothing)
{
    SOCKET s = unbound(FAMILY);
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, "x", 1, NULL, NULL), 0);
    world_fails(getpeername(s, (struct sockaddr *)&name, &bytes), WSAENOTCONN);
    world_fails(send(s, "x", 1, 0), WSAENOTCONN);
}
END_TEST

/* An empty buffer, and an array of empty ones. */
START_TEST(c15_empty_sends)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    WSABUF buffers[3] = {{0, NULL}, {0, NULL}, {0, NULL}};
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->loopback, port, &name);
    DWORD bytes = 7;

    ck_assert_int_eq(sendto(s, NULL, 0, 0, (struct sockaddr *)&name, name_bytes), 0);
    ck_assert_int_eq(WSASendTo(s, buffers, 3, &bytes, 0, (struct sockaddr *)&name, name_bytes, NULL,
                               NULL), 0);
    ck_assert_uint_eq(bytes, 0);
    for (unsigned i = 0; i < 2; i++) {
        world_receive(s, &received);
        ck_assert_uint_eq(received.bytes, 0);
        world_assert_name(&received, FAMILY->loopback, port);
    }
    world_fails(WSASendTo(s, buffers, 0, &bytes, 0, (struct sockaddr *)&name, name_bytes, NULL,
                          NULL), WSAEINVAL);
    world_fails(WSASendTo(s, NULL, 1, &bytes, 0, (struct sockaddr *)&name, name_bytes, NULL, NULL),
                WSAEFAULT);
}
END_TEST

START_TEST(c66_more_than_16_buffers)
{
    enum { MOST = 200 };
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    uint8_t payload[MOST * 3];
    WSABUF buffers[MOST];
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->loopback, port, &name);
    DWORD bytes;

    world_pattern(payload, sizeof(payload), 3);
    for (unsigned i = 0; i < MOST; i++) {
        buffers[i] = (WSABUF){.len = 3, .buf = (CHAR *)payload + 3 * i};
    }
    for (unsigned count = 15; count <= MOST; count += count < 18 ? 1 : 91) {
        ck_assert_int_eq(WSASendTo(s, buffers, count, &bytes, 0, (struct sockaddr *)&name,
                                   name_bytes, NULL, NULL), 0);
        ck_assert_uint_eq(bytes, 3 * count);
        world_receive(s, &received);
        world_assert_payload(&received, payload, 3 * count);
    }
}
END_TEST

Suite *suite_contract_send_rows(void)
{
    Suite *suite = suite_create("send_rows");
    TCase *tcase = tcase_create("send_rows");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, wb2_1_wb2_10_no_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_2_no_message, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_4_wb2_11_no_byte_count, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_8_wb2_12_success, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_9_streams, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_14_no_send_fails_for_a_closed_port, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c67_wb2_15_nobody_to_send_to, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c67_a_receive_never_says_not_connected, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb2_18_a_group_without_an_option);
    tcase_add_loop_test(tcase, wb2_19_sendto_connects_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c15_empty_sends, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c66_more_than_16_buffers, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
