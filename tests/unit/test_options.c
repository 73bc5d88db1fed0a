/*
 * test_options.c - socket options: sizes, values, defaults, which sockets have them (WB 6).
 */
#include <check.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include "tests/unit/suites.h"

static SOCKET udp4, udp6, tcp4;

static void setup(void)
{
    WSADATA data;

    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    udp4 = socket(AF_INET, SOCK_DGRAM, 0);
    udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
    tcp4 = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert(udp4 != INVALID_SOCKET && udp6 != INVALID_SOCKET && tcp4 != INVALID_SOCKET);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
}

/* setsockopt with so many bytes of value; 0 or the error. */
static int set(SOCKET s, int level, int name, DWORD value, int length)
{
    char bytes[16] = {0};

    memcpy(bytes, &value, sizeof(value));
    return setsockopt(s, level, name, bytes, length) == 0 ? 0 : WSAGetLastError();
}

/* What a get left. */
static DWORD got_value;
static int got_length;

static int get(SOCKET s, int level, int name, int length)
{
    char bytes[16];

    memset(bytes, 0xcc, sizeof(bytes));
    got_length = length;
    int result = getsockopt(s, level, name, bytes, &got_length);
    memcpy(&got_value, bytes, sizeof(got_value));
    return result == 0 ? 0 : WSAGetLastError();
}

static void assert_value(SOCKET s, int level, int name, DWORD value)
{
    ck_assert_msg(get(s, level, name, 4) == 0, "level %d option %d: error %d", level, name,
                  WSAGetLastError());
    if (got_length == 1)
        got_value &= 0xff;
    ck_assert_msg(got_value == value, "level %d option %d: %u, not %u", level, name, got_value,
                  value);
}

START_TEST(defaults)
{
    assert_value(udp4, SOL_SOCKET, SO_RCVBUF, 65536);
    assert_value(udp4, SOL_SOCKET, SO_RCVTIMEO, 0);
    assert_value(udp4, SOL_SOCKET, SO_BROADCAST, 0);
    assert_value(udp4, SOL_SOCKET, SO_REUSEADDR, 0);
    assert_value(udp4, SOL_SOCKET, SO_TYPE, SOCK_DGRAM);
    assert_value(udp4, SOL_SOCKET, SO_ERROR, 0);
    assert_value(udp4, SOL_SOCKET, SO_ACCEPTCONN, 0);
    assert_value(udp4, SOL_SOCKET, SO_MAX_MSG_SIZE, 65507);
    assert_value(udp4, SOL_SOCKET, SO_CONNECT_TIME, 0xffffffff);
    assert_value(udp4, IPPROTO_IP, IP_TTL, 128);
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_TTL, 1);
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
    assert_value(udp4, IPPROTO_IP, IP_DONTFRAGMENT, 0);
    assert_value(udp4, IPPROTO_IP, IP_PKTINFO, 0);
    assert_value(udp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 128);
    assert_value(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    assert_value(tcp4, SOL_SOCKET, SO_TYPE, SOCK_STREAM);
}
END_TEST

/* Options that take 1, 2, 4 and more bytes, and give 1 byte into less than 4 (WB 6.11). */
static const struct {
    int version, level, name;
} narrow[] = {
    {4, SOL_SOCKET, SO_BROADCAST},        {4, SOL_SOCKET, SO_REUSEADDR},
    {4, SOL_SOCKET, SO_EXCLUSIVEADDRUSE}, {4, IPPROTO_IP, IP_MULTICAST_LOOP},
    {4, IPPROTO_IP, IP_MULTICAST_TTL},    {4, IPPROTO_IP, IP_TOS},
    {4, IPPROTO_IP, IP_TTL},              {6, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS}, {6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
    {6, IPPROTO_IPV6, IPV6_DONTFRAG},
};

START_TEST(narrow_options)
{
    SOCKET s = narrow[_i].version == 4 ? udp4 : udp6;
    int level = narrow[_i].level, name = narrow[_i].name;

    for (int length = 1; length <= 8; length *= 2) {
        ck_assert_int_eq(set(s, level, name, 1, length), 0);
        ck_assert_int_eq(get(s, level, name, length), 0);
        ck_assert_int_eq(got_length, length < 4 ? 1 : 4);
        ck_assert_uint_eq(got_value & 0xff, 1);
    }
    ck_assert_int_eq(get(s, level, name, 0), WSAEFAULT);
    ck_assert_int_eq(got_length, 0);
    ck_assert_int_eq(get(s, level, name, -1), WSAEFAULT);
    ck_assert_int_eq(got_length, -1);
}
END_TEST

START_TEST(byte_options)
{
    SOCKET s = _i == 0 ? udp4 : udp6;
    int level = _i == 0 ? SOL_SOCKET : IPPROTO_IPV6;
    int name = _i == 0 ? SO_DONTROUTE : IPV6_V6ONLY;

    for (int length = 1; length <= 4; length *= 2) {
        ck_assert_int_eq(set(s, level, name, 1, length), 0);
        ck_assert_int_eq(get(s, level, name, length), 0);
        ck_assert_int_eq(got_length, 1);
        ck_assert_uint_eq(got_value, 0xcccccc01);
    }
    ck_assert_int_eq(set(s, level, name, 0x100, 4), 0);
    ck_assert_int_eq(get(s, level, name, 4), 0);
    ck_assert_uint_eq(got_value, 0xcccccc00);
    ck_assert_int_eq(set(s, level, name, 1, -1), WSAENOBUFS);
    ck_assert_int_eq(set(s, level, name, 1, 0), WSAEFAULT);
}
END_TEST

/* Options that switch control messages on take four bytes and no less (WB 6.12). */
static const struct {
    int version, level, name;
} wide[] = {
    {4, IPPROTO_IP, IP_PKTINFO},        {4, IPPROTO_IP, IP_RECVTTL},
    {4, IPPROTO_IP, IP_RECVTOS},        {4, IPPROTO_IP, IP_RECVECN},
    {6, IPPROTO_IPV6, IPV6_PKTINFO},    {6, IPPROTO_IPV6, IPV6_HOPLIMIT},
    {6, IPPROTO_IPV6, IPV6_RECVTCLASS}, {6, IPPROTO_IPV6, IPV6_RECVECN},
    {6, IPPROTO_IP, IP_PKTINFO},
};

START_TEST(c25_c27_wide_options)
{
    SOCKET s = wide[_i].version == 4 ? udp4 : udp6;
    int level = wide[_i].level, name = wide[_i].name;

    for (int length = 1; length <= 2; length++) {
        ck_assert_int_eq(set(s, level, name, 1, length), WSAEFAULT);
        ck_assert_int_eq(get(s, level, name, length), WSAEFAULT);
        ck_assert_int_eq(got_length, 0);
    }
    ck_assert_int_eq(set(s, level, name, 0x100, 8), 0);
    ck_assert_int_eq(get(s, level, name, 8), 0);
    ck_assert_int_eq(got_length, 4);
    ck_assert_uint_eq(got_value, 1);
    ck_assert_int_eq(set(s, level, name, 0, 4), 0);
    assert_value(s, level, name, 0);
    ck_assert_int_eq(set(s, level, name, 1, -1), WSAENOBUFS);
}
END_TEST

/* Each of them is a switch of its own. */
START_TEST(c28_switches_are_independent)
{
    static const int names[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVECN};

    for (int on = 0; on < 4; on++) {
        ck_assert_int_eq(set(udp4, IPPROTO_IP, names[on], 1, 4), 0);
        for (int other = 0; other < 4; other++)
            assert_value(udp4, IPPROTO_IP, names[other], other == on);
        ck_assert_int_eq(set(udp4, IPPROTO_IP, names[on], 0, 4), 0);
    }
}
END_TEST

START_TEST(buffer_sizes)
{
    int name = _i == 0 ? SO_RCVBUF : SO_SNDBUF;

    ck_assert_int_eq(set(udp4, SOL_SOCKET, name, 4096, 4), 0);
    assert_value(udp4, SOL_SOCKET, name, 4096);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, name, 0, 4), 0);
    assert_value(udp4, SOL_SOCKET, name, 0);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, name, 1, 2), WSAEFAULT);
    ck_assert_int_eq(get(udp4, SOL_SOCKET, name, 2), WSAEFAULT);
    ck_assert_int_eq(got_length, 2);
    ck_assert_uint_eq(got_value, 0xcccc0000); /* WB 6.13 */
    ck_assert_int_eq(set(udp4, SOL_SOCKET, name, 777, -1), 0); /* WB 6.7 */
    assert_value(udp4, SOL_SOCKET, name, 777);
}
END_TEST

START_TEST(c41_timeouts_are_exact_milliseconds)
{
    static const DWORD values[] = {63000, 0, 997000, 100};
    int name = _i == 0 ? SO_RCVTIMEO : SO_SNDTIMEO;

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(set(udp4, SOL_SOCKET, name, values[i], 4), 0);
        assert_value(udp4, SOL_SOCKET, name, values[i]);
    }
    ck_assert_int_eq(set(udp4, SOL_SOCKET, name, 1, 2), WSAEFAULT);
    ck_assert_int_eq(get(udp4, SOL_SOCKET, name, 2), WSAEFAULT);
    ck_assert_uint_eq(got_value, 0xcccccccc);
}
END_TEST

START_TEST(values)
{
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_BROADCAST, 0x100, 4), 0);
    assert_value(udp4, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_BROADCAST, 0, 0), 0); /* WB 6.8 */
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_RCVBUF, 0, 0), WSAEFAULT);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_TTL, 0, 0), WSAEFAULT);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_TTL, 0x100, 4), WSAEINVAL);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_TOS, 0x100, 4), WSAEINVAL);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_MULTICAST_TTL, 0x100, 4), WSAEINVAL);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_MULTICAST_TTL, 0x0105, 1), 0); /* WB 6.20 */
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_TTL, 5);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_DONTFRAGMENT, 0xdead, 4), 0);
    assert_value(udp4, IPPROTO_IP, IP_DONTFRAGMENT, 1);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_DEBUG, 2, 4), 0);
    assert_value(udp4, SOL_SOCKET, SO_DEBUG, 1);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_ERROR, 1234, 4), 0); /* WB 6.16 */
    assert_value(udp4, SOL_SOCKET, SO_ERROR, 1234);
}
END_TEST

START_TEST(reuse_and_exclusive_exclude_each_other)
{
    int first = _i == 0 ? SO_REUSEADDR : SO_EXCLUSIVEADDRUSE;
    int second = _i == 0 ? SO_EXCLUSIVEADDRUSE : SO_REUSEADDR;

    ck_assert_int_eq(set(udp4, SOL_SOCKET, first, 1, 4), 0);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, second, 1, 4), WSAEINVAL);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, first, 0, 4), 0);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, second, 1, 4), 0);
}
END_TEST

START_TEST(v6only_is_frozen_by_bind)
{
    SOCKADDR_IN6 any = {.sin6_family = AF_INET6};

    ck_assert_int_eq(set(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 0, 4), 0);
    ck_assert_int_eq(bind(udp6, (SOCKADDR *)&any, sizeof(any)), 0);
    ck_assert_int_eq(set(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 1, 4), WSAEINVAL);
    assert_value(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    assert_value(udp4, IPPROTO_IPV6, IPV6_V6ONLY, 1); /* WB 5.17: on AF_INET too */
}
END_TEST

START_TEST(what_is_refused)
{
    static const int levels[] = {-1, 0x8000, 0x800, 0x1234ffff};

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(set(udp4, levels[i], SO_BROADCAST, 1, 4), WSAEINVAL);
        ck_assert_int_eq(get(udp4, levels[i], SO_BROADCAST, 4), WSAEINVAL);
    }
    ck_assert_int_eq(set(udp4, SOL_SOCKET, -1, 1, 4), WSAENOPROTOOPT);
    ck_assert_int_eq(get(udp4, IPPROTO_IP, -1, 4), WSAENOPROTOOPT);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_TYPE, 1, 4), WSAEINVAL);
    ck_assert_int_eq(set(tcp4, SOL_SOCKET, SO_TYPE, 1, 4), WSAENOPROTOOPT);
    ck_assert_int_eq(set(udp4, SOL_SOCKET, SO_ACCEPTCONN, 1, 4), WSAENOPROTOOPT);
    ck_assert_int_eq(get(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, 8), WSAENOPROTOOPT);
    ck_assert_int_eq(get(tcp4, IPPROTO_IP, IP_PKTINFO, 4), WSAEINVAL);
    ck_assert_int_eq(set(tcp4, IPPROTO_IP, IP_RECVTTL, 1, 4), WSAEINVAL);
    ck_assert_int_eq(set(INVALID_SOCKET, SOL_SOCKET, SO_BROADCAST, 1, 4), WSAENOTSOCK);
}
END_TEST

START_TEST(c13_bad_pointers)
{
    int length = 4;

    ck_assert_int_eq(setsockopt(udp4, SOL_SOCKET, SO_BROADCAST, NULL, 4), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(setsockopt(udp4, SOL_SOCKET, SO_BROADCAST, (char *)1, 1), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(getsockopt(udp4, SOL_SOCKET, SO_BROADCAST, NULL, &length), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(getsockopt(udp4, SOL_SOCKET, SO_BROADCAST, (char *)&length, NULL),
                     SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
}
END_TEST

START_TEST(protocol_info)
{
    WSAPROTOCOL_INFOA narrow_info[2];
    WSAPROTOCOL_INFOW wide_info;
    int length = sizeof(narrow_info);

    ck_assert_int_eq(getsockopt(udp6, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)narrow_info, &length),
                     0);
    ck_assert_int_eq(length, sizeof(narrow_info)); /* WB 6.23: unchanged when larger */
    ck_assert_int_eq(narrow_info[0].iAddressFamily, AF_INET6);
    ck_assert_int_eq(narrow_info[0].iSocketType, SOCK_DGRAM);
    ck_assert_int_eq(narrow_info[0].iProtocol, IPPROTO_UDP);
    ck_assert_uint_eq(narrow_info[0].dwServiceFlags1, 0x20609);
    ck_assert_int_eq(narrow_info[0].iMaxSockAddr, 28);
    length = 10;
    ck_assert_int_eq(get(udp6, SOL_SOCKET, SO_PROTOCOL_INFOW, 10), WSAEFAULT);
    ck_assert_int_eq(got_length, 628);
    length = sizeof(wide_info);
    ck_assert_int_eq(getsockopt(udp6, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&wide_info, &length),
                     0);
    for (int i = 0; narrow_info[0].szProtocol[i] != 0; i++)
        ck_assert_int_eq(wide_info.szProtocol[i], narrow_info[0].szProtocol[i]);
}
END_TEST

START_TEST(memberships)
{
    IP_MREQ request = {.imr_interface.s_addr = htonl(INADDR_LOOPBACK)};

    request.imr_multiaddr.s_addr = htonl(0xe8010203);
    char *value = (char *)&request;
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, value, 7), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, value, 8), 0);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, value, 8), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEADDRNOTAVAIL);
    request.imr_interface.s_addr = htonl(1); /* the same interface by its index */
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_DROP_MEMBERSHIP, value, 8), 0);
    request.imr_multiaddr.s_addr = htonl(0xc0000201);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, value, 8), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
    request.imr_multiaddr.s_addr = htonl(0xe8010203);
    request.imr_interface.s_addr = htonl(0xc0000201); /* nobody's address */
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_ADD_MEMBERSHIP, value, 8), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAEADDRNOTAVAIL);
}
END_TEST

START_TEST(multicast_interface_by_address_and_index)
{
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_MULTICAST_IF, htonl(INADDR_LOOPBACK), 4), 0);
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_IF, 1); /* an index in host order */
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_MULTICAST_IF, 0, 4), 0);
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_IF, 0);
    ck_assert_int_eq(set(udp4, IPPROTO_IP, IP_MULTICAST_IF, htonl(1), 4), 0);
    assert_value(udp4, IPPROTO_IP, IP_MULTICAST_IF, 1);
}
END_TEST

Suite *suite_options(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, defaults);
    tcase_add_loop_test(tests, narrow_options, 0, sizeof(narrow) / sizeof(narrow[0]));
    tcase_add_loop_test(tests, byte_options, 0, 2);
    tcase_add_loop_test(tests, c25_c27_wide_options, 0, sizeof(wide) / sizeof(wide[0]));
    tcase_add_test(tests, c28_switches_are_independent);
    tcase_add_loop_test(tests, buffer_sizes, 0, 2);
    tcase_add_loop_test(tests, c41_timeouts_are_exact_milliseconds, 0, 2);
    tcase_add_test(tests, values);
    tcase_add_loop_test(tests, reuse_and_exclusive_exclude_each_other, 0, 2);
    tcase_add_test(tests, v6only_is_frozen_by_bind);
    tcase_add_test(tests, what_is_refused);
    tcase_add_test(tests, c13_bad_pointers);
    tcase_add_test(tests, protocol_info);
    tcase_add_test(tests, memberships);
    tcase_add_test(tests, multicast_interface_by_address_and_index);
    suite_add_tcase(suite, tests);
    return suite;
}
