/*
 * test_fanout.c - which sockets hear a datagram (C23, C27, C28): two interfaces, three sockets,
 * both versions; many sockets; strong host; loopback.
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "config/limits.h"
#include "tests/support/groups.h"
#include "tests/support/world_internal.h"

static struct received received;

static SOCKET shared_socket(const char *address, uint16_t *port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, *port, &name);
    SOCKET s = WSASocketA(name.ss_family, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    world_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    world_set_nonblocking(s);
    ck_assert_msg(bind(s, (SOCKADDR *)&name, bytes) == 0, "bind: %d", WSAGetLastError());
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (SOCKADDR *)&name, &bytes), 0);
    *port = ntohs(((SOCKADDR_IN *)&name)->sin_port);
    return s;
}

/* Three sockets on one port: on the wildcard, and on the address of either interface. */
enum { ANYWHERE, ON_FIRST, ON_SECOND, SOCKETS };

static SOCKET sockets[SOCKETS];
static uint16_t port;

static void open_three(const struct world_family *family)
{
    port = 0;
    sockets[ANYWHERE] = shared_socket(family->any, &port);
    sockets[ON_FIRST] = shared_socket(family->us, &port);
    sockets[ON_SECOND] = shared_socket(family->us_second, &port);
}

static const char *peer_on(const struct world_family *family, unsigned link)
{
    return link == 0 ? family->peer : family->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9";
}

static void inject(const struct world_family *family, unsigned link, const char *to,
                   const char *text)
{
    struct frame_spec spec = {
        .src = peer_on(family, link), .dst = to, .dst_port = port, .text = text};

    if (strstr(to, ".255") != NULL) {
        memcpy(spec.dst_mac, frame_broadcast_mac, sizeof(spec.dst_mac));
    } else if (link == 1 && strcmp(to, family->group) != 0) {
        memcpy(spec.dst_mac, frame_our_second_mac, sizeof(spec.dst_mac));
    }
    world_inject_on(link, &spec);
}

/* Asserts that exactly the sockets in the set of bits hear the one datagram that was sent. */
static void assert_heard_by(unsigned set, const char *text)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    for (unsigned i = 0; i < SOCKETS; i++) {
        if ((set >> i & 1) != 0) {
            world_receive(sockets[i], &received);
            world_assert_text(&received, text);
        }
        world_assert_empty(sockets[i]);
    }
}

START_TEST(a_unicast_goes_to_the_most_specific_socket)
{
    open_three(FAMILY);
    inject(FAMILY, 0, FAMILY->us, "first");
    assert_heard_by(1u << ON_FIRST, "first");
    inject(FAMILY, 1, FAMILY->us_second, "second");
    assert_heard_by(1u << ON_SECOND, "second");
    ck_assert_int_eq(closesocket(sockets[ON_FIRST]), 0);
    sockets[ON_FIRST] = shared_socket(FAMILY->loopback, &port);
    inject(FAMILY, 0, FAMILY->us, "wildcard");
    assert_heard_by(1u << ANYWHERE, "wildcard");
}
END_TEST

START_TEST(c23_a_connected_socket_is_the_most_specific)
{
    SOCKADDR_STORAGE peer;

    open_three(FAMILY);
    int bytes = world_name(FAMILY->peer, FRAME_PEER_PORT, &peer);
    ck_assert_int_eq(connect(sockets[ANYWHERE], (SOCKADDR *)&peer, bytes), 0);
    inject(FAMILY, 0, FAMILY->us, "from the peer");
    assert_heard_by(1u << ANYWHERE, "from the peer");
    world_inject(&(struct frame_spec){
        .src = FAMILY->other_peer, .dst = FAMILY->us, .dst_port = port, .text = "another"});
    assert_heard_by(1u << ON_FIRST, "another");
}
END_TEST

/* All that have joined on the interface of arrival and are bound to it, or to the wildcard. */
START_TEST(a_multicast_goes_to_all_members)
{
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;

    open_three(FAMILY);
    inject(FAMILY, 0, FAMILY->group, "nobody");
    assert_heard_by(0, NULL);
    for (unsigned i = 0; i < SOCKETS; i++) {
        ck_assert_int_eq(group_change(sockets[i], spelling, JOIN, FAMILY->group, NULL, 2), 0);
        ck_assert_int_eq(group_change(sockets[i], spelling, JOIN, FAMILY->group, NULL, 3), 0);
    }
    inject(FAMILY, 0, FAMILY->group, "first link");
    assert_heard_by(1u << ANYWHERE | 1u << ON_FIRST, "first link");
    inject(FAMILY, 1, FAMILY->group, "second link");
    assert_heard_by(1u << ANYWHERE | 1u << ON_SECOND, "second link");
    ck_assert_int_eq(group_change(sockets[ANYWHERE], spelling, LEAVE, FAMILY->group, NULL, 2), 0);
    inject(FAMILY, 0, FAMILY->group, "one left");
    assert_heard_by(1u << ON_FIRST, "one left");
}
END_TEST

START_TEST(a_broadcast_goes_to_all_on_its_interface)
{
    static const char *const both[] = {"255.255.255.255", "255.255.255.255"};
    static const char *const directed[] = {"192.0.2.255", "198.51.100.255"};
    const char *const *to = _i == 0 ? both : directed;
    const struct world_family *family = &world_families[0];

    open_three(family);
    inject(family, 0, to[0], "first link");
    assert_heard_by(1u << ANYWHERE | 1u << ON_FIRST, "first link");
    inject(family, 1, to[1], "second link");
    assert_heard_by(1u << ANYWHERE | 1u << ON_SECOND, "second link");
    world_set(sockets[ANYWHERE], IPPROTO_IP, IP_RECEIVE_BROADCAST, 0);
    inject(family, 0, to[0], "one does not listen");
    assert_heard_by(1u << ON_FIRST, "one does not listen");
}
END_TEST

/* Each copy is told with its own socket's options, as they are when the call delivers. */
START_TEST(c28_each_copy_with_its_own_options)
{
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;
    struct winlwip_stats stats;

    port = 0;
    for (unsigned i = 0; i < SOCKETS; i++) {
        sockets[i] = shared_socket(FAMILY->any, &port);
        ck_assert_int_eq(group_change(sockets[i], spelling, JOIN, FAMILY->group, NULL, 2), 0);
    }
    world_set(sockets[0], FAMILY->level, FAMILY->pktinfo, 1);
    world_set(sockets[1], FAMILY->level, FAMILY->recvttl, 1);
    inject(FAMILY, 0, FAMILY->group, "one for each");
    world_settle(&stats);
    ck_assert_uint_eq(stats.datagrams, 1);
    ck_assert_uint_eq(stats.copies, SOCKETS);
    world_set(sockets[1], FAMILY->level, FAMILY->recvtos, 1);
    world_receive(sockets[0], &received);
    ck_assert_uint_eq(received.control.count, 1);
    world_assert_pktinfo(&received, FAMILY->group, WORLD_FIRST_INDEX);
    world_receive(sockets[1], &received);
    ck_assert_uint_eq(received.control.count, 2);
    ck_assert_int_eq(_i == 0 ? received.control.ttl : received.control.hop_limit, 64);
    world_receive(sockets[2], &received);
    ck_assert_uint_eq(received.control.count, 0);
    ck_assert_uint_eq(received.flags, MSG_MCAST);
}
END_TEST

START_TEST(c27_both_versions_of_one_port)
{
    SOCKET dual, v4;
    struct winlwip_stats stats;

    dual = world_dual_socket(&port);
    v4 = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(closesocket(v4), 0);
    v4 = shared_socket("192.0.2.1", &port);
    world_set_nonblocking(dual);
    deliver(&world_families[0], port, "four");
    deliver(&world_families[1], port, "six");
    world_settle(&stats);
    world_receive(v4, &received);
    world_assert_text(&received, "four");
    world_receive(dual, &received);
    world_assert_text(&received, "six");
    world_assert_empty(dual);
}
END_TEST

/*
 * Three hundred members share one buffer. Copies of their own would be 90 million bytes, more than
 * LIMIT_PACKET_BYTES lets the stack keep.
 */
#define MANY 300
#define LARGE_BYTES 60000
#define LARGE_COUNT 5

START_TEST(three_hundred_members)
{
    static SOCKET many[MANY];
    static uint8_t large[LARGE_BYTES];
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;
    SOCKADDR_STORAGE name;
    struct winlwip_stats stats;

    ck_assert_uint_gt((uint64_t)MANY * LARGE_BYTES * LARGE_COUNT, LIMIT_PACKET_BYTES);
    port = 0;
    for (unsigned i = 0; i < MANY; i++) {
        many[i] = shared_socket(FAMILY->any, &port);
        world_set(many[i], SOL_SOCKET, SO_RCVBUF, LARGE_BYTES * LARGE_COUNT);
        ck_assert_int_eq(group_change(many[i], spelling, JOIN, FAMILY->group, NULL, 2), 0);
    }
    int bytes = world_name(FAMILY->group, port, &name);
    SOCKET sender = world_socket(FAMILY->us, NULL);
    for (unsigned n = 0; n < LARGE_COUNT; n++) {
        world_pattern(large, sizeof(large), n);
        ck_assert_int_eq(sendto(sender, (char *)large, sizeof(large), 0, (SOCKADDR *)&name, bytes),
                         sizeof(large));
    }
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_eq(stats.copies_queued, LARGE_COUNT * MANY);
    for (unsigned n = 0; n < LARGE_COUNT; n++) {
        world_pattern(large, sizeof(large), n);
        for (unsigned i = 0; i < MANY; i++) {
            world_receive(many[i], &received);
            world_assert_payload(&received, large, sizeof(large));
        }
    }
}
END_TEST

/* RFC 1122, 3.3.4.2: an address is heard on its own interface only. */
START_TEST(strong_host)
{
    struct winlwip_stats stats;

    open_three(FAMILY);
    struct frame_spec spec = {.src = peer_on(FAMILY, 1), .dst = FAMILY->us, .dst_port = port,
                              .text = "by the wrong door"};
    memcpy(spec.dst_mac, frame_our_second_mac, sizeof(spec.dst_mac));
    world_inject_on(1, &spec);
    assert_heard_by(0, NULL);
    world_settle(&stats);
    ck_assert_uint_eq(stats.datagrams, 0);
}
END_TEST

/* All of 127.0.0.0/8 is this host. */
START_TEST(c25_loopback_addresses)
{
    static const char *const addresses[] = {"127.0.0.1", "127.1.2.3", "127.255.255.254"};
    SOCKADDR_STORAGE name;
    const char *address = addresses[_i];

    port = 0;
    SOCKET any = shared_socket("0.0.0.0", &port), own = shared_socket(address, &port);
    int bytes = world_name(address, port, &name);
    ck_assert_int_eq(sendto(any, "own", 3, 0, (SOCKADDR *)&name, bytes), 3);
    world_receive(own, &received);
    world_assert_text(&received, "own");
    world_assert_empty(any);
    ck_assert_int_eq(closesocket(own), 0);
    world_set(any, IPPROTO_IP, IP_PKTINFO, 1);
    ck_assert_int_eq(sendto(any, "any", 3, 0, (SOCKADDR *)&name, bytes), 3);
    world_receive(any, &received);
    world_assert_pktinfo(&received, address, 1);
}
END_TEST

/* Without any other interface groups live on loopback; WB 2.18 holds there, too. */
START_TEST(c25_c26_wb2_18_groups_without_a_network)
{
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;
    SOCKADDR_STORAGE name;

    port = 0;
    SOCKET s = shared_socket(FAMILY->any, &port);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    ck_assert_int_eq(group_change(s, spelling, JOIN, FAMILY->group, NULL, 0), 0);
    int bytes = world_name(FAMILY->group, port, &name);
    ck_assert_int_eq(sendto(s, "own", 3, 0, (SOCKADDR *)&name, bytes), 3);
    world_receive(s, &received);
    world_assert_text(&received, "own");
    world_assert_pktinfo(&received, FAMILY->group, 1);
    world_assert_empty(s);
    bytes = world_name(_i == 0 ? "224.0.0.1" : "ff01::1", port, &name);
    ck_assert_int_eq(sendto(s, "all", 3, 0, (SOCKADDR *)&name, bytes), 3);
    bytes = world_name(FAMILY->peer, port, &name);
    world_fails(sendto(s, "out", 3, 0, (SOCKADDR *)&name, bytes), WSAENETUNREACH);
}
END_TEST

Suite *suite_contract_fanout(void)
{
    Suite *suite = suite_create("fanout");
    TCase *two = tcase_create("fanout");

    tcase_set_timeout(two, 60);
    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, a_unicast_goes_to_the_most_specific_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, c23_a_connected_socket_is_the_most_specific, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, a_multicast_goes_to_all_members, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, a_broadcast_goes_to_all_on_its_interface, 0, 2);
    tcase_add_loop_test(two, c28_each_copy_with_its_own_options, 0, WORLD_FAMILIES);
    tcase_add_test(two, c27_both_versions_of_one_port);
    tcase_add_loop_test(two, three_hundred_members, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, strong_host, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, c25_loopback_addresses, 0, 3);
    suite_add_tcase(suite, two);

    TCase *alone = tcase_create("alone");
    tcase_add_checked_fixture(alone, world_setup_loopback, world_teardown);
    tcase_add_loop_test(alone, c25_c26_wb2_18_groups_without_a_network, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, alone);
    return suite;
}
