/*
 * test_arguments.c - what WSARecvMsg makes of its arguments (C06-C14, C66).
 *
 * All of these leave the datagram that waits where it is: each test ends by receiving it whole.
 */
#include "tests/contract/contract.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/support/world_internal.h"

/* One call with everything in the caller's hands. */
struct call {
    SOCKET s;
    uint16_t port;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
    SOCKADDR_STORAGE name;
    char data[64];
    char control[128];
};

static struct received received;

static void prepare(struct call *call, const struct world_family *family)
{
    memset(call, 0, sizeof(*call));
    call->s = world_socket(family->us, &call->port);
    world_set_nonblocking(call->s);
    call->bytes = 0xdeadbeef;
    call->buffer = (WSABUF){.len = sizeof(call->data), .buf = call->data};
    call->message = (WSAMSG){.name = (LPSOCKADDR)&call->name,
                             .namelen = sizeof(call->name),
                             .lpBuffers = &call->buffer,
                             .dwBufferCount = 1,
                             .Control = {.len = sizeof(call->control), .buf = call->control}};
    deliver(family, call->port, "waits");
    world_settle(&(struct winlwip_stats){0});
}

static int do_call(struct call *call)
{
    return world.recvmsg(call->s, &call->message, &call->bytes, NULL, NULL);
}

/* The datagram is still there, once. */
static void still_queued(struct call *call)
{
    ck_assert_uint_eq(call->bytes, 0xdeadbeef);
    world_receive(call->s, &received);
    world_assert_text(&received, "waits");
    world_assert_empty(call->s);
}

START_TEST(c06_no_message)
{
    struct call call;

    prepare(&call, FAMILY);
    world_fails(world.recvmsg(call.s, NULL, &call.bytes, NULL, NULL), WSAEFAULT);
    world_fails(world.recvmsg(call.s, NULL, NULL, NULL, NULL), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c07_no_name_but_a_length)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.name = NULL;
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c07_no_name_no_length)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.name = NULL;
    call.message.namelen = 0;
    ck_assert_int_eq(do_call(&call), 0);
    ck_assert_uint_eq(call.bytes, 5);
    ck_assert_int_eq(call.message.namelen, 0);
}
END_TEST

START_TEST(c07_name_too_small)
{
    static const int lengths[] = {1, 15};
    struct call call;
    SOCKADDR_STORAGE untouched;

    prepare(&call, FAMILY);
    memset(&call.name, 0xa5, sizeof(call.name));
    memset(&untouched, 0xa5, sizeof(untouched));
    for (unsigned i = 0; i < 2; i++) {
        call.message.namelen = lengths[i];
        world_fails(do_call(&call), WSAEFAULT);
        ck_assert_int_eq(call.message.namelen, lengths[i]);
    }
    call.message.namelen = FAMILY->name_bytes - 1;
    world_fails(do_call(&call), WSAEFAULT);
    ck_assert_mem_eq(&call.name, &untouched, sizeof(untouched));
    still_queued(&call);
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

    prepare(&call, FAMILY);
    call.message.namelen = FAMILY->name_bytes;
    ck_assert_int_eq(do_call(&call), 0);
    ck_assert_int_eq(call.message.namelen, FAMILY->name_bytes);
}
END_TEST

START_TEST(c08_no_control_but_a_length)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.Control.buf = NULL;
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c08_no_control_no_length)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.Control = (WSABUF){0};
    ck_assert_int_eq(do_call(&call), 0);
    ck_assert_uint_eq(call.message.Control.len, 0);
    ck_assert_uint_eq(call.message.dwFlags, 0);
}
END_TEST

START_TEST(c09_no_byte_count)
{
    struct call call;

    prepare(&call, FAMILY);
    world_fails(world.recvmsg(call.s, &call.message, NULL, NULL, NULL), WSAEFAULT);
    still_queued(&call);
}
END_TEST

/* C10: all that may stand in dwFlags on input. */
#define FLAGS_ALLOWED (MSG_PEEK | MSG_TRUNC | MSG_CTRUNC | MSG_BCAST | MSG_MCAST | MSG_PARTIAL)

START_TEST(c10_flags_left_over_are_ignored)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.dwFlags = FLAGS_ALLOWED & ~(DWORD)MSG_PEEK;
    ck_assert_int_eq(do_call(&call), 0);
    ck_assert_uint_eq(call.message.dwFlags, 0);
    ck_assert_uint_eq(call.bytes, 5);
    world_assert_empty(call.s);
}
END_TEST

START_TEST(c10_other_flags_are_refused)
{
    struct call call;

    prepare(&call, &world_families[0]);
    for (unsigned bit = 0; bit < 32; bit++) {
        DWORD flag = (DWORD)1 << bit;

        if ((flag & FLAGS_ALLOWED) != 0)
            continue;
        call.message.dwFlags = flag;
        world_fails(do_call(&call), WSAEOPNOTSUPP);
        ck_assert_uint_eq(call.message.dwFlags, flag);
    }
    still_queued(&call);
}
END_TEST

START_TEST(c11_peek_leaves_the_datagram)
{
    struct call call;

    prepare(&call, FAMILY);
    for (unsigned i = 0; i < 3; i++) {
        world_receive_into(call.s, &(struct receive_room){.flags = MSG_PEEK}, &received);
        ck_assert_int_eq(received.result, 0);
        world_assert_text(&received, "waits");
        world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
        ck_assert_uint_eq(received.flags, 0);
    }
    still_queued(&call);
}
END_TEST

START_TEST(c11_peek_truncates_without_loss)
{
    struct call call;

    prepare(&call, FAMILY);
    world_receive_into(call.s, &(struct receive_room){.flags = MSG_PEEK, .data = 2}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.bytes, 2);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    still_queued(&call);
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

    prepare(&call, FAMILY);
    call.message.dwFlags = MSG_PEEK;
    world_fails(world.recvmsg(call.s, &call.message, &call.bytes, &overlapped, NULL),
                WSAEOPNOTSUPP);
    still_queued(&call);
}
END_TEST

START_TEST(c11_peek_by_recvfrom)
{
    struct call call;
    char data[8];

    prepare(&call, FAMILY);
    ck_assert_int_eq(recv(call.s, data, sizeof(data), MSG_PEEK), 5);
    ck_assert_mem_eq(data, "waits", 5);
    still_queued(&call);
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

    prepare(&call, FAMILY);
    ck_assert_int_eq(world.recvmsg(call.s, &call.message, &call.bytes, NULL, routine), 0);
    ck_assert_uint_eq(call.bytes, 5);
    ck_assert(!routine_ran);
}
END_TEST

/* Pointers that C13 refuses without asking the system. */
static const uintptr_t bad_pointers[] = {
    1, 0xfff, 0xffff, 0x800000000000, 0x8000000000000000, UINTPTR_MAX, UINTPTR_MAX - 3,
};
#define BAD_POINTERS ((int)(sizeof(bad_pointers) / sizeof(bad_pointers[0])))

START_TEST(c13_bad_message)
{
    struct call call;

    prepare(&call, &world_families[0]);
    world_fails(world.recvmsg(call.s, (LPWSAMSG)bad_pointers[_i], &call.bytes, NULL, NULL),
                WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_byte_count)
{
    struct call call;

    prepare(&call, &world_families[0]);
    world_fails(world.recvmsg(call.s, &call.message, (LPDWORD)bad_pointers[_i], NULL, NULL),
                WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_name)
{
    struct call call;

    prepare(&call, &world_families[0]);
    call.message.name = (LPSOCKADDR)bad_pointers[_i];
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_buffer_array)
{
    struct call call;

    prepare(&call, &world_families[0]);
    call.message.lpBuffers = (LPWSABUF)bad_pointers[_i];
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_buffer)
{
    struct call call;

    prepare(&call, &world_families[0]);
    call.buffer.buf = (CHAR *)bad_pointers[_i];
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_second_buffer)
{
    struct call call;
    char first[2];
    WSABUF buffers[2] = {{.len = sizeof(first), .buf = first},
                         {.len = 10, .buf = (CHAR *)bad_pointers[_i]}};

    prepare(&call, &world_families[0]);
    call.message.lpBuffers = buffers;
    call.message.dwBufferCount = 2;
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_null_buffer_with_a_length)
{
    struct call call;

    prepare(&call, FAMILY);
    call.buffer.buf = NULL;
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_control)
{
    struct call call;

    prepare(&call, &world_families[0]);
    call.message.Control.buf = (CHAR *)bad_pointers[_i];
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_buffer_that_wraps)
{
    struct call call;

    prepare(&call, &world_families[0]);
    call.buffer = (WSABUF){.len = 0xffffffff, .buf = (CHAR *)0x7fffffff0000};
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c13_bad_pointers_elsewhere)
{
    struct call call;
    int bytes = 16;
    DWORD flags = 0;

    prepare(&call, &world_families[0]);
    world_fails(recv(call.s, (char *)1, 4, 0), WSAEFAULT);
    world_fails(recvfrom(call.s, call.data, 4, 0, (struct sockaddr *)1, &bytes), WSAEFAULT);
    world_fails(recvfrom(call.s, call.data, 4, 0, (struct sockaddr *)&call.name, (int *)1),
                WSAEFAULT);
    world_fails(WSARecv(call.s, &call.buffer, 1, &call.bytes, (LPDWORD)1, NULL, NULL), WSAEFAULT);
    world_fails(WSARecv(call.s, (LPWSABUF)1, 1, &call.bytes, &flags, NULL, NULL), WSAEFAULT);
    world_fails(getsockname(call.s, (struct sockaddr *)1, &bytes), WSAEFAULT);
    world_fails(getsockname(call.s, (struct sockaddr *)&call.name, (int *)1), WSAEFAULT);
    world_fails(setsockopt(call.s, SOL_SOCKET, SO_BROADCAST, (char *)1, 4), WSAEFAULT);
    world_fails(ioctlsocket(call.s, (LONG)FIONBIO, (u_long *)1), WSAEFAULT);
    still_queued(&call);
}
END_TEST

/* A page that is not there any more. */
static void *unmapped_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert(page != MAP_FAILED);
    ck_assert_int_eq(munmap(page, 4096), 0);
    return page;
}

START_TEST(c13_probe_finds_unmapped_memory)
{
    struct call call;

    world_start(&(struct world_options){.links = 1, .probe = true});
    prepare(&call, &world_families[0]);
    call.buffer.buf = unmapped_page();
    world_fails(do_call(&call), WSAEFAULT);
    call.buffer.buf = call.data;
    call.message.Control.buf = unmapped_page();
    world_fails(do_call(&call), WSAEFAULT);
    call.message.Control.buf = call.control;
    call.message.name = unmapped_page();
    world_fails(do_call(&call), WSAEFAULT);
    world_fails(world.recvmsg(call.s, unmapped_page(), &call.bytes, NULL, NULL), WSAEFAULT);
    call.message.name = (LPSOCKADDR)&call.name;
    world_fails(world.recvmsg(call.s, &call.message, unmapped_page(), NULL, NULL), WSAEFAULT);
    still_queued(&call);
    world_teardown();
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

    prepare(&call, FAMILY);
    call.message.dwBufferCount = 0;
    world_fails(do_call(&call), WSAEINVAL);
    call.message.lpBuffers = NULL;
    world_fails(do_call(&call), WSAEINVAL);
    world_fails(WSARecv(call.s, &call.buffer, 0, &call.bytes, &flags, NULL, NULL), WSAEINVAL);
    world_fails(WSARecv(call.s, NULL, 0, &call.bytes, &flags, NULL, NULL), WSAEINVAL);
    still_queued(&call);
}
END_TEST

START_TEST(c66_no_array_but_a_count)
{
    struct call call;

    prepare(&call, FAMILY);
    call.message.lpBuffers = NULL;
    world_fails(do_call(&call), WSAEFAULT);
    still_queued(&call);
}
END_TEST

START_TEST(c66_many_buffers)
{
    struct call call;
    WSABUF buffers[100];

    prepare(&call, FAMILY);
    for (unsigned i = 0; i < 100; i++)
        buffers[i] = (WSABUF){.len = i % 20 == 19, .buf = call.data + i / 20};
    call.message.lpBuffers = buffers;
    call.message.dwBufferCount = 100;
    ck_assert_int_eq(do_call(&call), 0);
    ck_assert_uint_eq(call.bytes, 5);
    ck_assert_mem_eq(call.data, "waits", 6);
}
END_TEST

static void add_pointer_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, c13_bad_message, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_byte_count, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_name, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_buffer_array, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_buffer, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_second_buffer, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_bad_control, 0, BAD_POINTERS);
    tcase_add_loop_test(tcase, c13_null_buffer_with_a_length, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c13_buffer_that_wraps);
    tcase_add_test(tcase, c13_bad_pointers_elsewhere);
}

Suite *suite_contract_arguments(void)
{
    Suite *suite = suite_create("arguments");
    TCase *tcase = tcase_create("arguments"), *pointers = tcase_create("pointers"),
          *probe = tcase_create("probe");

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

    tcase_add_checked_fixture(pointers, world_setup_one, world_teardown);
    add_pointer_tests(pointers);
    suite_add_tcase(suite, pointers);

    tcase_add_test(probe, c13_probe_finds_unmapped_memory);
    suite_add_tcase(suite, probe);
    return suite;
}
