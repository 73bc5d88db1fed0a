/*
 * test_duplicate.c - several descriptors of one socket (WB 7.9-7.11, 13.9, 7.4).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

static struct received received;

static SOCKET duplicate_of(SOCKET s)
{
    WSAPROTOCOL_INFOA info;
    SOCKET copy;

    ck_assert_int_eq(WSADuplicateSocketA(s, GetCurrentProcessId(), &info), 0);
    copy = WSASocketA(0, 0, 0, &info, 0, 0);
    ck_assert_msg(copy != INVALID_SOCKET, "WSASocket: %d", WSAGetLastError());
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_ne(copy, s);
    world_track(copy);
    return copy;
}

START_TEST(wb7_9_arguments)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    DWORD self = GetCurrentProcessId();
    WSAPROTOCOL_INFOA info;

    world_fails(WSADuplicateSocketA(INVALID_SOCKET, 0, NULL), WSAENOTSOCK);
    world_fails(WSADuplicateSocketA(s, 0, &info), WSAEINVAL);
    world_fails(WSADuplicateSocketA(s, ~0u, &info), WSAEINVAL);
    world_fails(WSADuplicateSocketA(s, self, NULL), WSAEFAULT);
    world_fails(WSADuplicateSocketW(s, self, NULL), WSAEFAULT);
    ck_assert_int_eq(WSADuplicateSocketA(s, self, &info), 0);
    ck_assert_int_eq(info.iAddressFamily, FAMILY->af);
    ck_assert_int_eq(info.iSocketType, SOCK_DGRAM);
    ck_assert_int_eq(info.iProtocol, IPPROTO_UDP);
    ck_assert_int_eq(closesocket(s), 0);
    ck_assert_uint_eq(WSASocketA(0, 0, 0, &info, 0, 0), INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
}
END_TEST

START_TEST(wb7_10_a_second_descriptor_of_the_same_socket)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port), copy = duplicate_of(s), third = duplicate_of(copy);
    DWORD value = 0;
    int bytes = sizeof(value);

    deliver(FAMILY, port, "first");
    world_receive(copy, &received);
    world_assert_text(&received, "first");
    deliver(FAMILY, port, "second");
    world_receive(s, &received);
    world_assert_text(&received, "second");
    world_set(copy, SOL_SOCKET, SO_RCVBUF, 4321);
    ck_assert_int_eq(getsockopt(third, SOL_SOCKET, SO_RCVBUF, (char *)&value, &bytes), 0);
    ck_assert_uint_eq(value, 4321);
}
END_TEST

START_TEST(wb7_10_by_wide_characters)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port), copy, base;
    WSAPROTOCOL_INFOW info;
    DWORD bytes;

    ck_assert_int_eq(WSADuplicateSocketW(s, GetCurrentProcessId(), &info), 0);
    copy = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                      WSA_FLAG_OVERLAPPED);
    ck_assert_uint_ne(copy, INVALID_SOCKET);
    world_track(copy);
    deliver(FAMILY, port, "wide");
    world_receive(copy, &received);
    world_assert_text(&received, "wide");
    ck_assert_int_eq(WSAIoctl(copy, SIO_BASE_HANDLE, NULL, 0, &base, sizeof(base), &bytes, NULL,
                              NULL),
                     0);
    ck_assert_uint_eq(base, copy);
}
END_TEST

START_TEST(wb7_11_a_copy_made_before_the_bind)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 5000, &name);
    SOCKET s = socket(FAMILY->af, SOCK_DGRAM, 0), early = duplicate_of(s), late;
    char data[8];

    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    late = duplicate_of(s);
    deliver(FAMILY, 5000, "one");
    world_fails(recvfrom(early, data, sizeof(data), 0, NULL, NULL), WSAEINVAL);
    world_receive_into(early, NULL, &received);
    ck_assert_int_eq(received.error, WSAEINVAL);
    ck_assert_int_eq(recvfrom(late, data, sizeof(data), 0, NULL, NULL), 3);
}
END_TEST

/* Whichever goes first: the socket lives until the last descriptor is closed. */
START_TEST(wb13_9_closing_one_leaves_the_others)
{
    const struct world_family *family = &world_families[_i / 2];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port), copy = duplicate_of(s);
    SOCKET first = _i % 2 == 0 ? s : copy, last = _i % 2 == 0 ? copy : s;
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->us, port, &name);
    char byte;

    struct later *later = world_later(last, NULL);
    world_later_blocked(later);
    ck_assert_int_eq(closesocket(first), 0);
    world_fails(recv(first, &byte, 1, 0), WSAENOTSOCK);
    world_fails(closesocket(first), WSAENOTSOCK);
    world_later_blocked(later);
    deliver(family, port, "still there");
    world_join_later(later, &received);
    world_assert_text(&received, "still there");
    SOCKET taker = socket(family->af, SOCK_DGRAM, 0);
    world_track(taker);
    world_fails(bind(taker, (struct sockaddr *)&name, bytes), WSAEADDRINUSE);

    later = world_later(last, NULL);
    world_later_blocked(later);
    ck_assert_int_eq(closesocket(last), 0);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAEINTR);
    ck_assert_int_eq(bind(taker, (struct sockaddr *)&name, bytes), 0);
}
END_TEST

START_TEST(wb7_4_cleanup_closes_all_of_them)
{
    SOCKET s, copy;
    char byte;

    world_start(&(struct world_options){.links = 1});
    s = world_socket(FAMILY->us, NULL);
    copy = duplicate_of(s);
    ck_assert_int_eq(closesocket(s), 0);
    ck_assert_int_eq(WSACleanup(), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &(WSADATA){0}), 0);
    world_fails(recv(copy, &byte, 1, 0), WSAENOTSOCK);
    ck_assert_int_eq(WSACleanup(), 0);
}
END_TEST

/* Threads that make, use and close descriptors of one socket. */
static void churn(void *argument)
{
    for (unsigned i = 0; i < 500; i++) {
        WSAPROTOCOL_INFOA info;
        SOCKET copy;
        u_long bytes;

        ck_assert_int_eq(WSADuplicateSocketA(*(SOCKET *)argument, GetCurrentProcessId(), &info), 0);
        copy = WSASocketA(0, 0, 0, &info, 0, 0);
        ck_assert_uint_ne(copy, INVALID_SOCKET);
        ck_assert_int_eq(ioctlsocket(copy, FIONREAD, &bytes), 0);
        ck_assert_int_eq(closesocket(copy), 0);
    }
}

START_TEST(descriptors_come_and_go_in_many_threads)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct worker *workers[3];

    for (unsigned i = 0; i < 3; i++) {
        workers[i] = worker_start(churn, &s);
    }
    for (unsigned i = 0; i < 3; i++) {
        worker_join(workers[i]);
    }
    deliver(FAMILY, port, "alive");
    world_receive(s, &received);
}
END_TEST

Suite *suite_contract_duplicate(void)
{
    Suite *suite = suite_create("duplicate");
    TCase *tcase = tcase_create("duplicate"), *bare = tcase_create("duplicate_bare");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, wb7_9_arguments, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb7_10_a_second_descriptor_of_the_same_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb7_10_by_wide_characters, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb7_11_a_copy_made_before_the_bind, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb13_9_closing_one_leaves_the_others, 0, 2 * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, descriptors_come_and_go_in_many_threads, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_loop_test(bare, wb7_4_cleanup_closes_all_of_them, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, bare);
    return suite;
}
