/*
 * test_winsock1.c - a program of Windows Sockets 1.1: windows.h alone, and the numbers of that time.
 */
#include <check.h>
#include <windows.h>

#include "tests/unit/suites.h"

/* What programs that are compiled with winsock2.h call. */
typedef int(PASCAL *get_function)(SOCKET, int, int, char *, int *);
typedef int(PASCAL *set_function)(SOCKET, int, int, const char *, int);

static SOCKET udp;

static void setup(void)
{
    WSADATA data;

    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 1), &data), 0);
    ck_assert_int_eq(data.wVersion, MAKEWORD(1, 1));
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert(udp != INVALID_SOCKET);
}

static void teardown(void)
{
    ck_assert_int_eq(closesocket(udp), 0);
    ck_assert_int_eq(WSACleanup(), 0);
}

static FARPROC winsock2(const char *name)
{
    FARPROC function = GetProcAddress(GetModuleHandle(TEXT("ws2_32")), name);

    ck_assert_ptr_nonnull(function);
    return function;
}

static const struct {
    int name;     /* as winsock.h has it */
    int winsock2; /* as ws2tcpip.h has it */
    DWORD value;
} options[] = {
    {IP_MULTICAST_TTL, 10, 7}, {IP_MULTICAST_LOOP, 11, 0}, {IP_TTL, 4, 9},
    {IP_TOS, 3, 8},            {IP_DONTFRAGMENT, 14, 1},
};

/* What is set under one number is read back under the other. */
START_TEST(options_of_ip_have_the_old_numbers)
{
    get_function get2 = (get_function)winsock2("getsockopt");
    DWORD got = 0xcccccccc;
    int bytes = sizeof(got);

    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, options[_i].name,
                                (const char *)&options[_i].value, sizeof(options[_i].value)),
                     0);
    ck_assert_int_eq(get2(udp, IPPROTO_IP, options[_i].winsock2, (char *)&got, &bytes), 0);
    ck_assert_uint_eq(got & 0xff, options[_i].value);
    bytes = sizeof(got);
    ck_assert_int_eq(getsockopt(udp, IPPROTO_IP, options[_i].name, (char *)&got, &bytes), 0);
    ck_assert_uint_eq(got & 0xff, options[_i].value);
}
END_TEST

START_TEST(groups_are_joined_and_left)
{
    struct ip_mreq group;
    DWORD interface = htonl(INADDR_LOOPBACK);

    group.imr_multiaddr.s_addr = inet_addr("239.1.2.3");
    group.imr_interface.s_addr = interface;
    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, IP_MULTICAST_IF, (char *)&interface, 4), 0);
    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&group, sizeof(group)),
                     0);
    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof(group)),
                     0);
    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof(group)),
                     SOCKET_ERROR);
}
END_TEST

/* Other levels, and numbers that this version of Winsock does not have. */
START_TEST(other_options_have_one_number)
{
    get_function get2 = (get_function)winsock2("getsockopt");
    set_function set2 = (set_function)winsock2("setsockopt");
    const int pktinfo = 19;
    DWORD on = 1, got = 0;
    int bytes = sizeof(got);

    ck_assert_int_eq(set2(udp, IPPROTO_IP, pktinfo, (char *)&on, sizeof(on)), 0);
    ck_assert_int_eq(getsockopt(udp, IPPROTO_IP, pktinfo, (char *)&got, &bytes), 0);
    ck_assert_uint_eq(got, 1);
    got = 4321;
    bytes = sizeof(got);
    ck_assert_int_eq(setsockopt(udp, SOL_SOCKET, SO_RCVBUF, (char *)&got, sizeof(got)), 0);
    ck_assert_int_eq(get2(udp, SOL_SOCKET, SO_RCVBUF, (char *)&got, &bytes), 0);
    ck_assert_uint_eq(got, 4321);
    ck_assert_int_eq(setsockopt(udp, IPPROTO_IP, -1, (char *)&on, sizeof(on)), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAENOPROTOOPT);
}
END_TEST

Suite *suite_winsock1(void)
{
    Suite *suite = suite_create("winsock1");
    TCase *tests = tcase_create("winsock1");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, options_of_ip_have_the_old_numbers, 0, ARRAYSIZE(options));
    tcase_add_test(tests, groups_are_joined_and_left);
    tcase_add_test(tests, other_options_have_one_number);
    suite_add_tcase(suite, tests);
    return suite;
}
