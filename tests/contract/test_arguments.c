/*
 * test_arguments.c - what WSARecvMsg makes of its arguments (C06-C12, C14, C66). Pointers are
 * in test_pointers.c.
 *
 * All of these leave the datagram that waits where it is: each test ends by receiving it whole.
 */
#include "tests/contract/call.h"

#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

START_TEST(c06_no_message)
{
    struct call call;

    call_prepare(&call, FAMILY);
    world_fails(world.recvmsg(call.s, NULL, &call.bytes, NULL, NULL), WSAEFAULT);
    world_fails(world.recvmsg(call.s, NULL, NULL, NULL, NULL), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c07_no_name_but_a_length)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.name = NULL;
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c07_no_name_no_length)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.name = NULL;
    call.message.namelen = 0;
    ck_assert_int_eq(call_do(&call), 0);
    ck_assert_uint_eq(call.bytes, 5);
    ck_assert_int_eq(call.message.namelen, 0);
}
END_TEST

START_TEST(c07_name_too_small)
{
    static const int lengths[] = {1, 15};
    struct call call;
    SOCKADDR_STORAGE untouched;

    call_prepare(&call, FAMILY);
    memset(&call.name, 0xa5, sizeof(call.name));
    memset(&untouched, 0xa5, sizeof(untouched));
    for (unsigned i = 0; i < 2; i++) {
        call.message.namelen = lengths[i];
        world_fails(call_do(&call), WSAEFAULT);
        ck_assert_int_eq(call.message.namelen, lengths[i]);
    }
    call.message.namelen = FAMILY->name_bytes - 1;
    world_fails(call_do(&call), WSAEFAULT);
    ck_assert_mem_eq(&call.name, &untouched, sizeof(untouched));
    call_still_queued(&call);
}
END_TEST

START_TEST(c07_name_too_small_is_found_with_an_empty_queue)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    /* Blocking: a call that is not refused at once would hang. */
    world_receive_into(s, &(struct receive_room){.name = 4}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEFAULT);
}
END_TEST

START_TEST(c07_exact_name)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.namelen = FAMILY->name_bytes;
    ck_assert_int_eq(call_do(&call), 0);
    ck_assert_int_eq(call.message.namelen, FAMILY->name_bytes);
}
END_TEST

START_TEST(c08_no_control_but_a_length)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.Control.buf = NULL;
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c08_no_control_no_length)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.Control = (WSABUF){0};
    ck_assert_int_eq(call_do(&call), 0);
    ck_assert_uint_eq(call.message.Control.len, 0);
    ck_assert_uint_eq(call.message.dwFlags, 0);
}
END_TEST

START_TEST(c09_no_byte_count)
{
    struct call call;

    call_prepare(&call, FAMILY);
    world_fails(world.recvmsg(call.s, &call.message, NULL, NULL, NULL), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

/* C10: all that may stand in dwFlags on input. */
#define FLAGS_ALLOWED (MSG_PEEK | MSG_TRUNC | MSG_CTRUNC | MSG_BCAST | MSG_MCAST | MSG_PARTIAL)

START_TEST(c10_flags_left_over_are_ignored)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.dwFlags = FLAGS_ALLOWED & ~(DWORD)MSG_PEEK;
    ck_assert_int_eq(call_do(&call), 0);
    ck_assert_uint_eq(call.message.dwFlags, 0);
    ck_assert_uint_eq(call.bytes, 5);
    world_assert_empty(call.s);
}
END_TEST

START_TEST(c10_other_flags_are_refused)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    for (unsigned bit = 0; bit < 32; bit++) {
        DWORD flag = (DWORD)1 << bit;

        if ((flag & FLAGS_ALLOWED) != 0)
            continue;
        call.message.dwFlags = flag;
        world_fails(call_do(&call), WSAEOPNOTSUPP);
        ck_assert_uint_eq(call.message.dwFlags, flag);
    }
    call_still_queued(&call);
}
END_TEST

START_TEST(c11_peek_leaves_the_datagram)
{
    struct call call;

    call_prepare(&call, FAMILY);
    for (unsigned i = 0; i < 3; i++) {
        world_receive_into(call.s, &(struct receive_room){.flags = MSG_PEEK}, &received);
        ck_assert_int_eq(received.result, 0);
        world_assert_text(&received, "waits");
        world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
        ck_assert_uint_eq(received.flags, 0);
    }
    call_still_queued(&call);
}
END_TEST

START_TEST(c11_peek_truncates_without_loss)
{
    struct call call;

    call_prepare(&call, FAMILY);
    world_receive_into(call.s, &(struct receive_room){.flags = MSG_PEEK, .data = 2}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.bytes, 2);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    call_still_queued(&call);
}
END_TEST

START_TEST(c11_peek_in_a_waiting_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *peek = world_later(s, &(struct receive_room){.flags = MSG_PEEK});

    world_later_blocked(peek);
    deliver(FAMILY, port, "both");
    world_join_later(peek, &received);
    ck_assert_int_eq(received.result, 0);
    world_assert_text(&received, "both");
    world_set_nonblocking(s);
    world_receive(s, &received);
    world_assert_text(&received, "both");
    world_assert_empty(s);
}
END_TEST

START_TEST(c11_peek_waits_beside_a_receive)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *peek = world_later(s, &(struct receive_room){.flags = MSG_PEEK}), *take;

    world_later_blocked(peek);
    take = world_later(s, NULL);
    world_later_blocked(take);
    deliver(FAMILY, port, "both");
    world_join_later(peek, &received);
    world_assert_text(&received, "both");
    world_join_later(take, &received);
    world_assert_text(&received, "both");
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c11_peek_and_overlapped)
{
    struct call call;
    WSAOVERLAPPED overlapped = {0};

    call_prepare(&call, FAMILY);
    call.message.dwFlags = MSG_PEEK;
    world_fails(world.recvmsg(call.s, &call.message, &call.bytes, &overlapped, NULL),
                WSAEOPNOTSUPP);
    call_still_queued(&call);
}
END_TEST

START_TEST(c11_peek_by_recvfrom)
{
    struct call call;
    char data[8];

    call_prepare(&call, FAMILY);
    ck_assert_int_eq(recv(call.s, data, sizeof(data), MSG_PEEK), 5);
    ck_assert_mem_eq(data, "waits", 5);
    call_still_queued(&call);
}
END_TEST

static bool routine_ran;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)error;
    (void)bytes;
    (void)overlapped;
    (void)flags;
    routine_ran = true;
}

START_TEST(c12_routine_without_overlapped_is_ignored)
{
    struct call call;

    call_prepare(&call, FAMILY);
    ck_assert_int_eq(world.recvmsg(call.s, &call.message, &call.bytes, NULL, routine), 0);
    ck_assert_uint_eq(call.bytes, 5);
    ck_assert(!routine_ran);
}
END_TEST

START_TEST(c14_unbound_socket)
{
    SOCKET s = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);
    char byte;

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    /* Blocking: a call that is not refused at once would hang. */
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEINVAL);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    world_fails(recv(s, &byte, 1, 0), WSAEINVAL);
    world_fails(recvfrom(s, &byte, 1, 0, NULL, NULL), WSAEINVAL);
    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEINVAL);
}
END_TEST

START_TEST(c66_no_buffers)
{
    struct call call;
    DWORD flags = 0;

    call_prepare(&call, FAMILY);
    call.message.dwBufferCount = 0;
    world_fails(call_do(&call), WSAEINVAL);
    call.message.lpBuffers = NULL;
    world_fails(call_do(&call), WSAEINVAL);
    world_fails(WSARecv(call.s, &call.buffer, 0, &call.bytes, &flags, NULL, NULL), WSAEINVAL);
    world_fails(WSARecv(call.s, NULL, 0, &call.bytes, &flags, NULL, NULL), WSAEINVAL);
    call_still_queued(&call);
}
END_TEST

START_TEST(c66_no_array_but_a_count)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.message.lpBuffers = NULL;
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c66_many_buffers)
{
    static const char text[] = "a datagram for one hundred buffers of one byte";
    struct call call;
    WSABUF buffers[100];

    call_prepare(&call, FAMILY);
    world_receive(call.s, &received);
    deliver(FAMILY, call.port, text);
    world_settle(&(struct winlwip_stats){0});
    for (unsigned i = 0; i < 100; i++)
        buffers[i] = (WSABUF){.len = 1, .buf = call.data + i % sizeof(call.data)};
    call.message.lpBuffers = buffers;
    call.message.dwBufferCount = 100;
    ck_assert_int_eq(call_do(&call), 0);
    ck_assert_uint_eq(call.bytes, sizeof(text) - 1);
    ck_assert_mem_eq(call.data, text, sizeof(text));
}
END_TEST

Suite *suite_contract_arguments(void)
{
    Suite *suite = suite_create("arguments");
    TCase *tcase = tcase_create("arguments");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c06_no_message, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c07_no_name_but_a_length, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c07_no_name_no_length, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c07_name_too_small, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c07_name_too_small_is_found_with_an_empty_queue, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c07_exact_name, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c08_no_control_but_a_length, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c08_no_control_no_length, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c09_no_byte_count, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c10_flags_left_over_are_ignored, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c10_other_flags_are_refused);
    tcase_add_loop_test(tcase, c11_peek_leaves_the_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_truncates_without_loss, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_in_a_waiting_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_waits_beside_a_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_and_overlapped, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_by_recvfrom, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c12_routine_without_overlapped_is_ignored, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c14_unbound_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c66_no_buffers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c66_no_array_but_a_count, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c66_many_buffers, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
