/*
 * test_pointers.c - pointers that can't be right (C13). The datagram that waits stays where it is.
 */
#include "tests/contract/call.h"

#include <sys/mman.h>

#include "winsock/memory.h"

/* Pointers that C13 refuses without asking the system. */
static const uintptr_t bad_pointers[] = {
    1, 0xfff, 0xffff, MEMORY_END, 0x8000000000000000, UINTPTR_MAX, UINTPTR_MAX - 3,
};
#define BAD_POINTERS ((int)(sizeof(bad_pointers) / sizeof(bad_pointers[0])))

START_TEST(c13_bad_message)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    world_fails(world.recvmsg(call.s, (LPWSAMSG)bad_pointers[_i], &call.bytes, NULL, NULL),
                WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_byte_count)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    world_fails(world.recvmsg(call.s, &call.message, (LPDWORD)bad_pointers[_i], NULL, NULL),
                WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_name)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    call.message.name = (LPSOCKADDR)bad_pointers[_i];
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_buffer_array)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    call.message.lpBuffers = (LPWSABUF)bad_pointers[_i];
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_buffer)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    call.buffer.buf = (CHAR *)bad_pointers[_i];
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_second_buffer)
{
    struct call call;
    char first[2];
    WSABUF buffers[2] = {{.len = sizeof(first), .buf = first},
                         {.len = 10, .buf = (CHAR *)bad_pointers[_i]}};

    call_prepare(&call, &world_families[0]);
    call.message.lpBuffers = buffers;
    call.message.dwBufferCount = 2;
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_null_buffer_with_a_length)
{
    struct call call;

    call_prepare(&call, FAMILY);
    call.buffer.buf = NULL;
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_control)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    call.message.Control.buf = (CHAR *)bad_pointers[_i];
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_buffer_that_wraps)
{
    struct call call;

    call_prepare(&call, &world_families[0]);
    call.buffer = (WSABUF){.len = 0xffffffff, .buf = (CHAR *)(MEMORY_END - 0x10000)};
    world_fails(call_do(&call), WSAEFAULT);
    call_still_queued(&call);
}
END_TEST

START_TEST(c13_bad_pointers_elsewhere)
{
    struct call call;
    int bytes = 16;
    DWORD flags = 0;

    call_prepare(&call, &world_families[0]);
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
    call_still_queued(&call);
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
    call_prepare(&call, &world_families[0]);
    call.buffer.buf = unmapped_page();
    world_fails(call_do(&call), WSAEFAULT);
    call.buffer.buf = call.data;
    call.message.Control.buf = unmapped_page();
    world_fails(call_do(&call), WSAEFAULT);
    call.message.Control.buf = call.control;
    call.message.name = unmapped_page();
    world_fails(call_do(&call), WSAEFAULT);
    world_fails(world.recvmsg(call.s, unmapped_page(), &call.bytes, NULL, NULL), WSAEFAULT);
    call.message.name = (LPSOCKADDR)&call.name;
    world_fails(world.recvmsg(call.s, &call.message, unmapped_page(), NULL, NULL), WSAEFAULT);
    call_still_queued(&call);
    world_teardown();
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

Suite *suite_contract_pointers(void)
{
    Suite *suite = suite_create("pointers");
    TCase *tcase = tcase_create("pointers"), *probe = tcase_create("probe");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    add_pointer_tests(tcase);
    suite_add_tcase(suite, tcase);

    tcase_add_test(probe, c13_probe_finds_unmapped_memory);
    suite_add_tcase(suite, probe);
    return suite;
}
