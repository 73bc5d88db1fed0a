/*
 * test_names.c - names of sockets and peers, short names, bind (WB 2.x, 3.x, 4.x, 5.x; C67).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

static SOCKET open_udp(int af)
{
    SOCKET s = WSASocketA(af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

START_TEST(wb3_1_recvfrom_with_a_short_name)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[8] = "#######";
    uint8_t name[128];
    int bytes = 1;

    memset(name, 0xa5, sizeof(name));
    deliver(FAMILY, port, "kept");
    world_settle(&(struct winlwip_stats){0});
    world_fails(recvfrom(s, data, sizeof(data), 0, (struct sockaddr *)name, &bytes), WSAEFAULT);
    ck_assert_int_eq(bytes, 1);
    ck_assert_uint_eq(name[0], 0xa5);
    bytes = FAMILY->name_bytes - 1;
    world_fails(recvfrom(s, data, sizeof(data), 0, (struct sockaddr *)name, &bytes), WSAEFAULT);
    bytes = FAMILY->name_bytes;
    ck_assert_int_eq(recvfrom(s, data, sizeof(data), 0, (struct sockaddr *)name, &bytes), 4);
    ck_assert_mem_eq(data, "kept", 4);
    ck_assert_int_eq(bytes, FAMILY->name_bytes);
}
END_TEST

START_TEST(wb3_2_recvfrom_with_a_long_name)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[8];
    uint8_t name[1024];
    int bytes = sizeof(name);

    memset(name, 0xa5, sizeof(name));
    deliver(FAMILY, port, "x");
    WSASetLastError(1234);
    ck_assert_int_eq(recvfrom(s, data, sizeof(data), 0, (struct sockaddr *)name, &bytes), 1);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_int_eq(bytes, FAMILY->name_bytes);
    for (size_t i = (size_t)FAMILY->name_bytes; i < sizeof(name); i++)
        ck_assert_uint_eq(name[i], 0xa5);
}
END_TEST

START_TEST(wb4_1_connect_and_getpeername)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE peer, got;
    int bytes = world_name(FAMILY->peer, 7777, &peer), got_bytes = sizeof(got);

    world_fails(getpeername(s, (struct sockaddr *)&got, &got_bytes), WSAENOTCONN);
    world_fails(getpeername(s, NULL, NULL), WSAENOTCONN);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    ck_assert_int_eq(getpeername(s, (struct sockaddr *)&got, &got_bytes), 0);
    ck_assert_int_eq(got_bytes, bytes);
    ck_assert_mem_eq(&got, &peer, (size_t)bytes);
    world_fails(getpeername(s, NULL, &got_bytes), WSAEFAULT);
    world_fails(getpeername(s, (struct sockaddr *)&got, NULL), WSAEFAULT);
    got_bytes = 0;
    world_fails(getpeername(s, (struct sockaddr *)&got, &got_bytes), WSAEFAULT);
    ck_assert_int_eq(got_bytes, 0);
}
END_TEST

START_TEST(wb4_7_reconnect_and_dissolve)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->peer, 7777, &peer);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    bytes = world_name(FAMILY->peer, 7778, &peer);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    ck_assert_int_eq(connect(s, &nobody, sizeof(nobody)), 0);
    world_fails(getpeername(s, (struct sockaddr *)&peer, &bytes), WSAENOTCONN);
}
END_TEST

START_TEST(wb4_10_getsockname)
{
    SOCKET s = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name, any;
    int bytes = sizeof(name), any_bytes = world_name(FAMILY->any, 0, &any);

    memset(&name, 0xa5, sizeof(name));
    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEINVAL);
    ck_assert_uint_eq(*(uint8_t *)&name, 0xa5);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&any, any_bytes), 0);
    bytes = any_bytes - 1;
    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEFAULT);
    ck_assert_int_eq(bytes, any_bytes - 1);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    ck_assert_int_eq(bytes, any_bytes);
    ck_assert_uint_ge(ntohs(((SOCKADDR_IN *)&name)->sin_port), 49152);
    ((SOCKADDR_IN *)&name)->sin_port = 0;
    ck_assert_mem_eq(&name, &any, (size_t)any_bytes);
}
END_TEST

START_TEST(wb5_1_bind_arguments)
{
    SOCKET s = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->any, 0, &name);

    world_fails(bind(s, NULL, 0), WSAEFAULT);
    world_fails(bind(s, NULL, bytes), WSAEFAULT);
    world_fails(bind(s, (struct sockaddr *)&name, 0), WSAEFAULT);
    world_fails(bind(s, (struct sockaddr *)&name, bytes - 1), WSAEFAULT);
    name.ss_family = 0xdead;
    world_fails(bind(s, (struct sockaddr *)&name, bytes), WSAEAFNOSUPPORT);
    bytes = world_name(FAMILY->peer, 0, &name);
    world_fails(bind(s, (struct sockaddr *)&name, bytes), WSAEADDRNOTAVAIL);
    bytes = world_name(FAMILY->us, 0, &name);
    WSASetLastError(1234);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    world_fails(bind(s, (struct sockaddr *)&name, bytes), WSAEINVAL);
}
END_TEST

START_TEST(wb5_6_port_in_use)
{
    uint16_t port;
    SOCKET second = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name;
    int bytes;

    world_socket(FAMILY->us, &port);
    bytes = world_name(FAMILY->us, port, &name);
    world_fails(bind(second, (struct sockaddr *)&name, bytes), WSAEADDRINUSE);
}
END_TEST

/* winsock-facts 4.8: the first socket's state, the second's, what the second bind gives. */
enum option { DEFAULT, REUSE, EXCLUSIVE };
static const struct {
    enum option first;
    bool first_specific;
    int results[6]; /* default W, S; reuse W, S; exclusive W, S */
} shares[] = {
    {DEFAULT, false, {WSAEADDRINUSE, 0, WSAEACCES, 0, WSAEADDRINUSE, 0}},
    {DEFAULT, true, {0, WSAEADDRINUSE, 0, WSAEACCES, WSAEADDRINUSE, WSAEADDRINUSE}},
    {REUSE, false, {WSAEADDRINUSE, 0, 0, 0, WSAEADDRINUSE, 0}},
    {REUSE, true, {0, WSAEADDRINUSE, 0, 0, WSAEADDRINUSE, WSAEADDRINUSE}},
    {EXCLUSIVE, false, {WSAEADDRINUSE, WSAEACCES, WSAEACCES, WSAEACCES, WSAEADDRINUSE, WSAEACCES}},
    {EXCLUSIVE, true, {0, WSAEADDRINUSE, 0, WSAEACCES, WSAEADDRINUSE, WSAEADDRINUSE}},
};
#define SHARES ((int)(sizeof(shares) / sizeof(shares[0])))

static SOCKET open_with(int af, enum option option)
{
    SOCKET s = open_udp(af);

    if (option == REUSE)
        world_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    else if (option == EXCLUSIVE)
        world_set(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
    return s;
}

START_TEST(wb5_14_sharing_a_port)
{
    const struct world_family *family = &world_families[_i % 2];
    const int share = _i / 2;
    const char *first = shares[share].first_specific ? family->us : family->any;

    for (int second = 0; second < 6; second++) {
        SOCKET a = open_with(family->af, shares[share].first);
        SOCKET b = open_with(family->af, (enum option)(second / 2));
        SOCKADDR_STORAGE name;
        int bytes = world_name(first, 0, &name), result;
        uint16_t port;

        ck_assert_int_eq(bind(a, (struct sockaddr *)&name, bytes), 0);
        bytes = sizeof(name);
        ck_assert_int_eq(getsockname(a, (struct sockaddr *)&name, &bytes), 0);
        port = ntohs(((SOCKADDR_IN *)&name)->sin_port);
        bytes = world_name(second % 2 == 0 ? family->any : family->us, port, &name);
        WSASetLastError(0);
        result = bind(b, (struct sockaddr *)&name, bytes);
        ck_assert_msg(WSAGetLastError() == shares[share].results[second],
                      "first %d %s, second %d %s: %d instead of %d", shares[share].first, first,
                      second / 2, second % 2 == 0 ? "wildcard" : "specific", WSAGetLastError(),
                      shares[share].results[second]);
        ck_assert_int_eq(result, shares[share].results[second] == 0 ? 0 : SOCKET_ERROR);
        closesocket(a);
        closesocket(b);
    }
}
END_TEST

START_TEST(wb5_16_v6_and_v4_wildcards)
{
    uint16_t port;
    SOCKET four = open_udp(AF_INET), dual;
    SOCKADDR_STORAGE name;
    int bytes;

    world_socket("::", &port);
    bytes = world_name("0.0.0.0", port, &name);
    ck_assert_int_eq(bind(four, (struct sockaddr *)&name, bytes), 0);
    deliver(&world_families[0], port, "four");
    world_receive(four, &received);
    world_assert_text(&received, "four");
    /* {any6 dual, any4}: allowed as well. */
    dual = world_dual_socket(&port);
    four = open_udp(AF_INET);
    bytes = world_name("0.0.0.0", port, &name);
    ck_assert_int_eq(bind(four, (struct sockaddr *)&name, bytes), 0);
    ck_assert_int_eq(closesocket(dual), 0);
}
END_TEST

START_TEST(specific_bind_wins_over_the_wildcard)
{
    uint16_t port;
    SOCKET any = world_socket(FAMILY->any, &port), specific = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, port, &name);

    ck_assert_int_eq(bind(specific, (struct sockaddr *)&name, bytes), 0);
    deliver(FAMILY, port, "specific");
    world_receive(specific, &received);
    world_assert_text(&received, "specific");
    world_set_nonblocking(any);
    world_assert_empty(any);
}
END_TEST

START_TEST(c67_send_on_an_unconnected_socket)
{
    SOCKET s = open_udp(FAMILY->af);

    world_fails(send(s, "x", 1, 0), WSAENOTCONN);
    s = world_socket(FAMILY->us, NULL);
    world_fails(send(s, "x", 1, 0), WSAENOTCONN);
}
END_TEST

START_TEST(wb5_15_v6only)
{
    SOCKET s = open_udp(AF_INET6);
    DWORD value = 5;
    int bytes = sizeof(value);
    SOCKADDR_STORAGE name;

    ck_assert_int_eq(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, &bytes), 0);
    ck_assert_uint_eq(*(uint8_t *)&value, 1);
    world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    ck_assert_int_eq(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, &bytes), 0);
    ck_assert_uint_eq(*(uint8_t *)&value, 0);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, world_name("::", 0, &name)), 0);
    value = 1;
    ck_assert_int_eq(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, 4), SOCKET_ERROR);
}
END_TEST

Suite *suite_contract_names(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, wb3_1_recvfrom_with_a_short_name, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb3_2_recvfrom_with_a_long_name, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb4_1_connect_and_getpeername, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb4_7_reconnect_and_dissolve, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb4_10_getsockname, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb5_1_bind_arguments, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb5_6_port_in_use, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb5_14_sharing_a_port, 0, SHARES * WORLD_FAMILIES);
    tcase_add_test(tcase, wb5_15_v6only);
    tcase_add_test(tcase, wb5_16_v6_and_v4_wildcards);
    tcase_add_loop_test(tcase, specific_bind_wins_over_the_wildcard, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c67_send_on_an_unconnected_socket, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
