/*
 * test_pointers_posted.c - pointers of overlapped calls (C13): memory that is not mapped, or can't be
 * written, is found when the call is made, though the configuration does not ask for probing.
 */
#include "tests/contract/call.h"

#include <sys/mman.h>
#include <unistd.h>

static struct {
    struct call call;
    OVERLAPPED overlapped;
    WSABUF buffers[1];
    DWORD flags;
    INT namelen;
} posted;

static char *hole;      /* where no page is, with pages round it */
static char *read_only; /* a page that can't be written */
static size_t page_bytes;

static void setup(void)
{
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 4 * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    hole = pages + page_bytes;
    read_only = pages + 2 * page_bytes;
    ck_assert_int_eq(munmap(hole, page_bytes), 0);
    ck_assert_int_eq(mprotect(read_only, page_bytes, PROT_READ), 0);

    call_prepare(&posted.call, &world_families[0]);
    posted.overlapped = (OVERLAPPED){.Internal = 0xdead, .InternalHigh = 0xbeef};
    posted.flags = 0;
    posted.namelen = sizeof(posted.call.name);
    posted.buffers[0] = posted.call.buffer;
}

/* Nothing was started: the OVERLAPPED is untouched, and the datagram still there. */
static void nothing_started(void)
{
    ck_assert_uint_eq(posted.overlapped.Internal, 0xdead);
    ck_assert_uint_eq(posted.overlapped.InternalHigh, 0xbeef);
    call_still_queued(&posted.call);
}

static int receive_message(LPWSAMSG message, LPDWORD bytes, LPWSAOVERLAPPED overlapped)
{
    return world.recvmsg(posted.call.s, message, bytes, overlapped, NULL);
}

/* What is wrong with a WSARecvMsg(): one pointer for each. */
static void wrong_name(char *bad)
{
    posted.call.message.name = (LPSOCKADDR)bad;
}

static void wrong_control(char *bad)
{
    posted.call.message.Control.buf = bad;
}

static void wrong_buffer(char *bad)
{
    posted.call.buffer.buf = bad;
}

/* It begins in a good page. */
/* NOLINTNEXTLINE(readability-non-const-parameter): one of wrongs[] */
static void wrong_end_of_buffer(char *bad)
{
    posted.call.buffer = (WSABUF){.len = 16, .buf = bad == hole ? hole - 8 : read_only + 8};
}

static void (*const wrongs[])(char *bad) = {wrong_name, wrong_control, wrong_buffer,
                                            wrong_end_of_buffer};
#define WRONGS ((int)(sizeof(wrongs) / sizeof(wrongs[0])))

START_TEST(c13_posted_with_memory_that_is_not_there)
{
    wrongs[_i](hole);
    world_fails(receive_message(&posted.call.message, &posted.call.bytes, &posted.overlapped),
                WSAEFAULT);
    nothing_started();
}
END_TEST

START_TEST(c13_posted_with_memory_that_is_not_writable)
{
    wrongs[_i](read_only);
    world_fails(receive_message(&posted.call.message, &posted.call.bytes, &posted.overlapped),
                WSAEFAULT);
    nothing_started();
}
END_TEST

START_TEST(c13_posted_with_other_pointers)
{
    char *bads[] = {hole, read_only};

    for (size_t i = 0; i < ARRAYSIZE(bads); i++) {
        world_fails(receive_message((LPWSAMSG)bads[i], &posted.call.bytes, &posted.overlapped),
                    WSAEFAULT);
        world_fails(receive_message(&posted.call.message, (LPDWORD)bads[i], &posted.overlapped),
                    WSAEFAULT);
        world_fails(receive_message(&posted.call.message, NULL, (LPWSAOVERLAPPED)bads[i]),
                    WSAEFAULT);
    }
    posted.call.message.lpBuffers = (LPWSABUF)hole;
    world_fails(receive_message(&posted.call.message, NULL, &posted.overlapped), WSAEFAULT);
    nothing_started();
}
END_TEST

START_TEST(c13_posted_wsarecvfrom)
{
    SOCKET s = posted.call.s;
    struct sockaddr *name = (struct sockaddr *)&posted.call.name;
    char *bads[] = {hole, read_only};

    for (size_t i = 0; i < ARRAYSIZE(bads); i++) {
        world_fails(WSARecvFrom(s, posted.buffers, 1, NULL, (LPDWORD)bads[i], name,
                                &posted.namelen, &posted.overlapped, NULL),
                    WSAEFAULT);
        world_fails(WSARecvFrom(s, posted.buffers, 1, NULL, &posted.flags,
                                (struct sockaddr *)bads[i], &posted.namelen, &posted.overlapped,
                                NULL),
                    WSAEFAULT);
        world_fails(WSARecvFrom(s, posted.buffers, 1, NULL, &posted.flags, name, (LPINT)bads[i],
                                &posted.overlapped, NULL),
                    WSAEFAULT);
    }
    world_fails(WSARecvFrom(s, (LPWSABUF)hole, 1, NULL, &posted.flags, NULL, NULL,
                            &posted.overlapped, NULL),
                WSAEFAULT);
    nothing_started();
}
END_TEST

/* What is sent is only read. */
START_TEST(c13_posted_sends)
{
    SOCKADDR_STORAGE to;
    int to_bytes = world_name("127.0.0.1", posted.call.port, &to);
    SOCKET s = world_socket("127.0.0.1", NULL);
    WSABUF buffer = {.len = 4, .buf = hole};

    world_fails(WSASendTo(s, &buffer, 1, NULL, 0, (struct sockaddr *)&to, to_bytes,
                          &posted.overlapped, NULL),
                WSAEFAULT);
    buffer.buf = read_only;
    world_fails(WSASendTo(s, &buffer, 1, NULL, 0, (struct sockaddr *)hole, to_bytes,
                          &posted.overlapped, NULL),
                WSAEFAULT);
    ck_assert_uint_eq(posted.overlapped.Internal, 0xdead);
    ck_assert_int_eq(WSASendTo(s, &buffer, 1, NULL, 0, (struct sockaddr *)&to, to_bytes,
                               &posted.overlapped, NULL),
                     0);
    ck_assert_uint_eq(posted.overlapped.Internal, 0);
    ck_assert_uint_eq(posted.overlapped.InternalHigh, 4);
}
END_TEST

Suite *suite_contract_pointers_posted(void)
{
    Suite *suite = suite_create("pointers_posted");
    TCase *tests = tcase_create("pointers_posted");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, world_setup_one, world_teardown);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, c13_posted_with_memory_that_is_not_there, 0, WRONGS);
    tcase_add_loop_test(tests, c13_posted_with_memory_that_is_not_writable, 0, WRONGS);
    tcase_add_test(tests, c13_posted_with_other_pointers);
    tcase_add_test(tests, c13_posted_wsarecvfrom);
    tcase_add_test(tests, c13_posted_sends);
    suite_add_tcase(suite, tests);
    return suite;
}
