/*
 * test_ioctl.c - ioctlsocket and WSAIoctl (WB 10.x), option lengths (WB 6.x, winsock-facts 1.11).
 */
#include "tests/contract/contract.h"

#include <string.h>

START_TEST(wb10_1_no_byte_count)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    u_long value = 1;

    world_fails(WSAIoctl(s, FIONBIO, &value, 4, NULL, 0, NULL, NULL, NULL), WSAEFAULT);
    world_fails(WSAIoctl(s, FIONREAD, NULL, 0, &value, 4, NULL, NULL, NULL), WSAEFAULT);
    world_fails(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, NULL, NULL, NULL), WSAEFAULT);
}
END_TEST

START_TEST(wb10_7_small_numbers_are_no_pointers)
{
    SOCKET s = world_socket("0.0.0.0", NULL);

    world_fails(ioctlsocket(s, (LONG)FIONREAD, (u_long *)1), WSAEFAULT);
    world_fails(ioctlsocket(s, (LONG)FIONBIO, (u_long *)1), WSAEFAULT);
    world_fails(ioctlsocket(s, (LONG)FIONBIO, NULL), WSAEFAULT);
}
END_TEST

/* On a socket that is not overlapped: done at once, the bytes go to the count alone. */
START_TEST(wb10_9_with_an_overlapped)
{
    SOCKET s = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0);
    OVERLAPPED overlapped = {.Internal = 1, .InternalHigh = 2};
    u_long value = 1;
    DWORD bytes = 0xdeadbeef;

    ck_assert_int_eq(WSAIoctl(s, FIONBIO, &value, 4, NULL, 0, &bytes, &overlapped, NULL), 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_uint_eq(overlapped.Internal, 0);
    ck_assert_uint_eq(overlapped.InternalHigh, 0);
    overlapped.InternalHigh = 2;
    ck_assert_int_eq(WSAIoctl(s, FIONREAD, NULL, 0, &value, 4, &bytes, &overlapped, NULL), 0);
    ck_assert_uint_eq(bytes, 4);
    ck_assert_uint_eq(overlapped.InternalHigh, 0);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(wb10_13_wb10_14_codes_of_other_sockets)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    DWORD value, bytes = 0xdeadbeef;

    ck_assert_int_eq(WSAIoctl(s, SIO_ENABLE_CIRCULAR_QUEUEING, NULL, 0, NULL, 0, &bytes, NULL,
                              NULL),
                     0);
    ck_assert_uint_eq(bytes, 0);
    world_fails(WSAIoctl(s, SIO_IDEAL_SEND_BACKLOG_QUERY, NULL, 0, &value, sizeof(value), &bytes,
                         NULL, NULL),
                WSAEOPNOTSUPP);
}
END_TEST

START_TEST(wb10_8_fionread)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    u_long value = 77;
    DWORD bytes = 0xdeadbeef;

    ck_assert_int_eq(ioctlsocket(s, FIONREAD, &value), 0);
    ck_assert_uint_eq(value, 0);
    deliver(FAMILY, port, "12345");
    deliver(FAMILY, port, "678");
    world_settle(&(struct winlwip_stats){0});
    ck_assert_int_eq(ioctlsocket(s, FIONREAD, &value), 0);
    ck_assert_uint_eq(value, 8);
    world_fails(WSAIoctl(s, FIONREAD, NULL, 0, &value, 3, &bytes, NULL, NULL), WSAEFAULT);
    ck_assert_uint_eq(bytes, 0xdeadbeef);
    ck_assert_int_eq(WSAIoctl(s, FIONREAD, NULL, 0, &value, 4, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 4);
}
END_TEST

START_TEST(wb10_10_fionbio_sizes)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    unsigned char in[8] = {1};
    DWORD bytes = 0xdeadbeef;

    world_fails(WSAIoctl(s, FIONBIO, in, 3, NULL, 0, &bytes, NULL, NULL), WSAEFAULT);
    ck_assert_int_eq(WSAIoctl(s, FIONBIO, in, 5, (void *)1, 8, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 0);
    world_assert_empty(s);
}
END_TEST

START_TEST(wb10_11_unknown_code)
{
    static const DWORD codes[] = {0xdeadbeef, FIOASYNC, 0x667e, SIO_FLUSH};
    SOCKET s = world_socket("0.0.0.0", NULL);

    for (unsigned i = 0; i < 4; i++) {
        DWORD bytes = 0xdeadbeef;

        world_fails(WSAIoctl(s, codes[i], NULL, 0, NULL, 0, &bytes, NULL, NULL), WSAEOPNOTSUPP);
        ck_assert_uint_eq(bytes, 0);
    }
}
END_TEST

START_TEST(wb10_12_base_handle)
{
    SOCKET s = world_socket("0.0.0.0", NULL), base = 0;
    DWORD bytes = 0;

    ck_assert_int_eq(WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base, sizeof(base), &bytes, NULL, NULL),
                     0);
    ck_assert_uint_eq(bytes, 8);
    ck_assert_uint_eq(base, s);
}
END_TEST

START_TEST(wb10_17_connreset_switch)
{
    static const DWORD codes[] = {SIO_UDP_CONNRESET, SIO_UDP_NETRESET};
    SOCKET s = world_socket("0.0.0.0", NULL);
    BOOL off = FALSE;
    DWORD bytes = 0xdeadbeef;

    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(WSAIoctl(s, codes[i], &off, sizeof(off), NULL, 0, &bytes, NULL, NULL), 0);
        ck_assert_int_eq(WSAIoctl(s, codes[i], &off, 1, NULL, 0, &bytes, NULL, NULL), 0);
    }
}
END_TEST

START_TEST(wb6_2_unknown_levels_and_options)
{
    static const int levels[] = {-1, 0x8000, 0x800, 0x1234ffff};
    SOCKET s = world_socket(FAMILY->us, NULL);
    DWORD value = 0xdeadbeef;
    int bytes = sizeof(value);

    for (unsigned i = 0; i < 4; i++) {
        world_fails(getsockopt(s, levels[i], 1, (char *)&value, &bytes), WSAEINVAL);
        world_fails(setsockopt(s, levels[i], 1, (char *)&value, bytes), WSAEINVAL);
    }
    world_fails(getsockopt(s, SOL_SOCKET, -1, (char *)&value, &bytes), WSAENOPROTOOPT);
    world_fails(setsockopt(s, SOL_SOCKET, -1, (char *)&value, bytes), WSAENOPROTOOPT);
    world_fails(getsockopt(s, FAMILY->level, -1, (char *)&value, &bytes), WSAENOPROTOOPT);
    ck_assert_uint_eq(value, 0xdeadbeef);
}
END_TEST

START_TEST(wb6_12_control_options_need_four_bytes)
{
    const int options[] = {FAMILY->pktinfo, FAMILY->recvttl, FAMILY->recvtos};
    SOCKET s = world_socket(FAMILY->us, NULL);

    for (unsigned i = 0; i < 3; i++) {
        for (int length = 1; length < 3; length++) {
            DWORD value = 1;
            int bytes = length;

            world_fails(setsockopt(s, FAMILY->level, options[i], (char *)&value, length),
                        WSAEFAULT);
            world_fails(getsockopt(s, FAMILY->level, options[i], (char *)&value, &bytes),
                        WSAEFAULT);
            ck_assert_int_eq(bytes, 0);
        }
        {
            uint64_t value = 0xffffffff00000100;
            int bytes = 8;

            /* Eight bytes are taken for the four that count, and any value but zero is one. */
            ck_assert_int_eq(setsockopt(s, FAMILY->level, options[i], (char *)&value, 8), 0);
            ck_assert_int_eq(getsockopt(s, FAMILY->level, options[i], (char *)&value, &bytes), 0);
            ck_assert_int_eq(bytes, 4);
            ck_assert_uint_eq((uint32_t)value, 1);
        }
    }
}
END_TEST

START_TEST(wb6_14_rcvbuf_reads_back)
{
    static const DWORD values[] = {4096, 0, 65536, 1000001};
    SOCKET s = world_socket(FAMILY->us, NULL);

    for (unsigned i = 0; i < 4; i++) {
        DWORD value = 5;
        int bytes = sizeof(value);

        world_set(s, SOL_SOCKET, SO_RCVBUF, values[i]);
        ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&value, &bytes), 0);
        ck_assert_uint_eq(value, values[i]);
    }
}
END_TEST

START_TEST(wb6_1_closed_socket)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    DWORD value = 0xdeadbeef;
    int bytes = sizeof(value);

    ck_assert_int_eq(closesocket(s), 0);
    world_fails(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&value, &bytes), WSAENOTSOCK);
    world_fails(setsockopt(s, SOL_SOCKET, SO_BROADCAST, (char *)&value, 4), WSAENOTSOCK);
    ck_assert_uint_eq(value, 0xdeadbeef);
}
END_TEST

Suite *suite_contract_ioctl(void)
{
    Suite *suite = suite_create("ioctl");
    TCase *tcase = tcase_create("ioctl");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, wb10_1_no_byte_count);
    tcase_add_test(tcase, wb10_7_small_numbers_are_no_pointers);
    tcase_add_test(tcase, wb10_9_with_an_overlapped);
    tcase_add_test(tcase, wb10_13_wb10_14_codes_of_other_sockets);
    tcase_add_loop_test(tcase, wb10_8_fionread, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb10_10_fionbio_sizes);
    tcase_add_test(tcase, wb10_11_unknown_code);
    tcase_add_test(tcase, wb10_12_base_handle);
    tcase_add_test(tcase, wb10_17_connreset_switch);
    tcase_add_loop_test(tcase, wb6_2_unknown_levels_and_options, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb6_12_control_options_need_four_bytes, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb6_14_rcvbuf_reads_back, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb6_1_closed_socket, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
