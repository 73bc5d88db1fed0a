/*
 * test_sharing.c - who may have a port beside whom (winsock-facts 4.8, WB 5.9-5.19), dynamic ports,
 * ports for multicasts only.
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

static SOCKET open_socket(int af)
{
    SOCKET s = WSASocketA(af, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

/* Binds; 0 or the error. */
static int try_bind(SOCKET s, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    WSASetLastError(0);
    return bind(s, (SOCKADDR *)&name, bytes) == 0 ? 0 : WSAGetLastError();
}

static uint16_t port_of(SOCKET s)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    ck_assert_int_eq(getsockname(s, (SOCKADDR *)&name, &bytes), 0);
    return ntohs(((SOCKADDR_IN *)&name)->sin_port);
}

/* --- winsock-facts 4.8 --- */

enum mode { DEFAULT, REUSE, EXCLUSIVE };

static void set_mode(SOCKET s, enum mode mode)
{
    if (mode != DEFAULT) {
        world_set(s, SOL_SOCKET, mode == REUSE ? SO_REUSEADDR : SO_EXCLUSIVEADDRUSE, 1);
    }
}

#define IN_USE WSAEADDRINUSE
#define DENIED WSAEACCES

/* [first's mode][first specific][second's mode][second specific] */
static const int table[3][2][3][2] = {
    {{{IN_USE, 0}, {DENIED, 0}, {IN_USE, 0}}, {{0, IN_USE}, {0, DENIED}, {IN_USE, IN_USE}}},
    {{{IN_USE, 0}, {0, 0}, {IN_USE, 0}}, {{0, IN_USE}, {0, 0}, {IN_USE, IN_USE}}},
    {{{IN_USE, DENIED}, {DENIED, DENIED}, {IN_USE, DENIED}},
     {{0, IN_USE}, {0, DENIED}, {IN_USE, IN_USE}}},
};

#define CELLS 36

static void check_cell(const struct world_family *family, int cell)
{
    enum mode first_mode = (enum mode)(cell / 12), second_mode = (enum mode)(cell / 2 % 3);
    int first_specific = cell / 6 % 2, second_specific = cell % 2;
    SOCKET first = open_socket(family->af), second = open_socket(family->af);

    set_mode(first, first_mode);
    set_mode(second, second_mode);
    ck_assert_int_eq(try_bind(first, first_specific ? family->us : family->any, 0), 0);
    int error = try_bind(second, second_specific ? family->us : family->any, port_of(first));
    int expected = table[first_mode][first_specific][second_mode][second_specific];
    ck_assert_msg(error == expected, "mode %d specific %d, then mode %d specific %d: %d, not %d",
                  first_mode, first_specific, second_mode, second_specific, error, expected);
}

START_TEST(wb5_9_sharing_modes)
{
    check_cell(&world_families[_i / CELLS], _i % CELLS);
}
END_TEST

/* Another address of the same port is nobody's business, whatever the modes. */
START_TEST(different_addresses_never_conflict)
{
    for (int modes = 0; modes < 9; modes++) {
        SOCKET first = open_socket(FAMILY->af), second = open_socket(FAMILY->af);
        set_mode(first, (enum mode)(modes / 3));
        set_mode(second, (enum mode)(modes % 3));
        ck_assert_int_eq(try_bind(first, FAMILY->us, 0), 0);
        ck_assert_int_eq(try_bind(second, FAMILY->loopback, port_of(first)), 0);
    }
}
END_TEST

/* WB 5.14: all sockets of IPv6 speak both versions. An x behind an address: exclusive. */
static const struct {
    const char *first, *second;
    int error;
} dual_rows[] = {
    {"0.0.0.0 x", "127.0.0.1", DENIED},
    {":: x", "127.0.0.1", DENIED},
    {"0.0.0.0", "127.0.0.1 x", 0},
    {"0.0.0.0 x", "127.0.0.1 x", DENIED},
    {"127.0.0.1 x", "0.0.0.0", 0},
    {"127.0.0.1", "0.0.0.0 x", IN_USE},
    {"127.0.0.1", ":: x", IN_USE},
    {"::1", "0.0.0.0 x", 0},
    {"::1 x", "127.0.0.1 x", 0},
    {"::ffff:127.0.0.1", "0.0.0.0 x", IN_USE},
    {":: x", "0.0.0.0", DENIED},
    {"::", "0.0.0.0 x", 0},
    {"0.0.0.0", "0.0.0.0 x", IN_USE},
    {"0.0.0.0", "0.0.0.0", IN_USE},
    {"::", "0.0.0.0", 0},
    {"::ffff:0.0.0.0", "0.0.0.0", IN_USE},
    {"::ffff:127.0.0.1", "127.0.0.1", IN_USE},
    {"127.0.0.1", "::ffff:127.0.0.1", IN_USE},
    {"127.0.0.1 x", "127.0.0.1", IN_USE},
    {"127.0.0.1", "127.0.0.1 x", IN_USE},
    {"0.0.0.0", "127.0.0.1", 0}, /* WB 5.11 */
    {"127.0.0.1", "0.0.0.0", 0},
};

static SOCKET dual_socket(const char *text, char *address, size_t room)
{
    size_t length = strcspn(text, " ");
    SOCKET s = open_socket(strchr(text, ':') != NULL ? AF_INET6 : AF_INET);

    ck_assert_uint_lt(length, room);
    memcpy(address, text, length);
    address[length] = '\0';
    if (strchr(text, ':') != NULL) {
        world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    set_mode(s, text[length] != '\0' ? EXCLUSIVE : DEFAULT);
    return s;
}

START_TEST(wb5_14_exclusive_and_both_versions)
{
    char address[64];
    SOCKET first = dual_socket(dual_rows[_i].first, address, sizeof(address));

    ck_assert_int_eq(try_bind(first, address, 0), 0);
    SOCKET second = dual_socket(dual_rows[_i].second, address, sizeof(address));
    ck_assert_int_eq(try_bind(second, address, port_of(first)), dual_rows[_i].error);
}
END_TEST

START_TEST(wb5_18_reuse_does_not_break_exclusive)
{
    SOCKET first = open_socket(AF_INET6), second = open_socket(AF_INET);

    world_set(first, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set_mode(first, EXCLUSIVE);
    set_mode(second, REUSE);
    ck_assert_int_eq(try_bind(first, "::", 0), 0);
    ck_assert_int_eq(try_bind(second, "0.0.0.0", port_of(first)), DENIED);
}
END_TEST

START_TEST(a_closed_socket_frees_its_port)
{
    SOCKET first = open_socket(FAMILY->af), second = open_socket(FAMILY->af);

    set_mode(first, EXCLUSIVE);
    ck_assert_int_eq(try_bind(first, FAMILY->any, 0), 0);
    uint16_t port = port_of(first);
    ck_assert_int_eq(closesocket(first), 0);
    ck_assert_int_eq(try_bind(second, FAMILY->any, port), 0);
}
END_TEST

/* What the sockets shared with a closed one still share among each other. */
START_TEST(the_option_of_the_first_bind_counts_at_bind_time)
{
    SOCKET first = open_socket(AF_INET), second = open_socket(AF_INET);

    ck_assert_int_eq(try_bind(first, "0.0.0.0", 0), 0);
    world_set(first, SOL_SOCKET, SO_REUSEADDR, 1); /* too late */
    set_mode(second, REUSE);
    ck_assert_int_eq(try_bind(second, "0.0.0.0", port_of(first)), DENIED);
}
END_TEST

START_TEST(wb5_7_scopes)
{
    SOCKADDR_STORAGE storage;
    SOCKADDR_IN6 *name = (SOCKADDR_IN6 *)&storage;
    static const struct {
        ULONG scope;
        int error;
    } rows[] = {{0, 0}, {2, 0}, {3, WSAEADDRNOTAVAIL}, {77, WSAEADDRNOTAVAIL}};

    /* The link-local address that the first interface made of its MAC. */
    world_name("fe80::5eff:fe10:1", 0, &storage);
    SOCKET s = open_socket(AF_INET6);
    name->sin6_scope_id = rows[_i].scope;
    WSASetLastError(0);
    int result = bind(s, (SOCKADDR *)&storage, sizeof(*name));
    ck_assert_int_eq(WSAGetLastError(), rows[_i].error);
    ck_assert_int_eq(result, rows[_i].error == 0 ? 0 : SOCKET_ERROR);
}
END_TEST

/* --- dynamic ports --- */

#define DYNAMIC_FIRST 49152u
#define DYNAMIC_COUNT 16384u

START_TEST(dynamic_ports_are_random)
{
    uint16_t last = 0;
    unsigned followed = 0;

    for (int i = 0; i < 64; i++) {
        uint16_t port;
        world_socket(FAMILY->any, &port);
        ck_assert_uint_ge(port, DYNAMIC_FIRST);
        followed += port == last + 1;
        last = port;
    }
    ck_assert_uint_lt(followed, 8);
}
END_TEST

/* None is given twice, and sockets of both kinds take from one stock. */
START_TEST(dynamic_ports_run_out)
{
    static SOCKET sockets[DYNAMIC_COUNT];
    static bool seen[DYNAMIC_COUNT];
    SOCKADDR_STORAGE name;

    for (unsigned i = 0; i < DYNAMIC_COUNT; i++) {
        sockets[i] = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        ck_assert_uint_ne(sockets[i], INVALID_SOCKET);
        if (i % 2 != 0) {
            world_set(sockets[i], SOL_SOCKET, SO_REUSEADDR, 1);
        }
        ck_assert_int_eq(try_bind(sockets[i], "0.0.0.0", 0), 0);
        unsigned port = port_of(sockets[i]);
        ck_assert_uint_ge(port, DYNAMIC_FIRST);
        ck_assert(!seen[port - DYNAMIC_FIRST]);
        seen[port - DYNAMIC_FIRST] = true;
    }
    SOCKET s = open_socket(AF_INET);
    ck_assert_int_eq(try_bind(s, "0.0.0.0", 0), WSAENOBUFS);
    int bytes = world_name("127.0.0.1", 9, &name);
    world_fails(connect(s, (SOCKADDR *)&name, bytes), WSAENOBUFS);
    world_fails(sendto(s, "x", 1, 0, (SOCKADDR *)&name, bytes), WSAENOBUFS);
    uint16_t freed = port_of(sockets[7777]);
    ck_assert_int_eq(closesocket(sockets[7777]), 0);
    ck_assert_int_eq(try_bind(s, "0.0.0.0", 0), 0);
    ck_assert_uint_eq(port_of(s), freed);
    for (unsigned i = 0; i < DYNAMIC_COUNT; i++) {
        if (i != 7777) {
            ck_assert_int_eq(closesocket(sockets[i]), 0);
        }
    }
}
END_TEST

/* --- SO_REUSE_MULTICASTPORT --- */

START_TEST(ports_for_multicasts_only)
{
    SOCKET sockets[2] = {open_socket(FAMILY->af), open_socket(FAMILY->af)};
    struct winlwip_stats stats;

    for (int i = 0; i < 2; i++) {
        world_set(sockets[i], SOL_SOCKET, SO_REUSE_MULTICASTPORT, 1);
        ck_assert_int_eq(try_bind(sockets[i], FAMILY->any, i == 0 ? 0 : port_of(sockets[0])), 0);
        world_join(sockets[i], FAMILY);
        world_set_nonblocking(sockets[i]);
    }
    uint16_t port = port_of(sockets[0]);
    SOCKET plain = open_socket(FAMILY->af), reuse = open_socket(FAMILY->af);
    ck_assert_int_eq(try_bind(plain, FAMILY->any, port), WSAEADDRINUSE);
    world_set(reuse, SOL_SOCKET, SO_REUSEADDR, 1);
    ck_assert_int_eq(try_bind(reuse, FAMILY->any, port), WSAEACCES);
    deliver(FAMILY, port, "to us");
    world_inject(&(struct frame_spec){
        .src = FAMILY->peer, .dst = FAMILY->group, .dst_port = port, .text = "to the group"});
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 1);
    for (int i = 0; i < 2; i++) {
        world_receive(sockets[i], &received);
        world_assert_text(&received, "to the group");
        world_assert_empty(sockets[i]);
    }
}
END_TEST

Suite *suite_contract_sharing(void)
{
    Suite *suite = suite_create("sharing");
    TCase *one = tcase_create("sharing"), *two = tcase_create("sharing_scopes");

    tcase_set_timeout(one, 60);
    tcase_add_checked_fixture(one, world_setup_one, world_teardown);
    tcase_add_loop_test(one, wb5_9_sharing_modes, 0, CELLS * WORLD_FAMILIES);
    tcase_add_loop_test(one, different_addresses_never_conflict, 0, WORLD_FAMILIES);
    tcase_add_loop_test(one, wb5_14_exclusive_and_both_versions, 0,
                        (int)(sizeof(dual_rows) / sizeof(dual_rows[0])));
    tcase_add_test(one, wb5_18_reuse_does_not_break_exclusive);
    tcase_add_loop_test(one, a_closed_socket_frees_its_port, 0, WORLD_FAMILIES);
    tcase_add_test(one, the_option_of_the_first_bind_counts_at_bind_time);
    tcase_add_loop_test(one, dynamic_ports_are_random, 0, WORLD_FAMILIES);
    tcase_add_test(one, dynamic_ports_run_out);
    tcase_add_loop_test(one, ports_for_multicasts_only, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, one);

    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, wb5_7_scopes, 0, 4);
    suite_add_tcase(suite, two);
    return suite;
}
