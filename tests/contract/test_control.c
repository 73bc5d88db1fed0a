/*
 * test_control.c - control messages: each appears with the right value when it is asked for, and
 * is absent when it is not (C25-C31, C34). Their layout byte by byte is in test_layout.c.
 */
#include "tests/contract/contract.h"

#include <string.h>

static struct received received;

/* Is there nothing at all? */
static void assert_no_control(void)
{
    ck_assert_uint_eq(received.control.count, 0);
    ck_assert_uint_eq(received.control_len, 0);
    ck_assert_uint_eq(received.control_bytes[0], 0xa5);
}

/* The one integer message of a family: TTL or hop limit; TOS or traffic class; ECN. */
static int ttl_of(const struct world_family *family)
{
    return family->af == AF_INET ? received.control.ttl : received.control.hop_limit;
}

static int tos_of(const struct world_family *family)
{
    return family->af == AF_INET ? received.control.tos : received.control.tclass;
}

static int ecn_of(const struct world_family *family)
{
    return family->af == AF_INET ? received.control.ecn4 : received.control.ecn6;
}

START_TEST(no_option_no_control)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "x");
    world_receive(s, &received);
    assert_no_control();
}
END_TEST

static void pktinfo_of_specific_and_wildcard(const struct world_family *family)
{
    const char *bound[] = {family->us, family->any};

    for (unsigned i = 0; i < 2; i++) {
        uint16_t port;
        SOCKET s = world_socket(bound[i], &port);

        world_set(s, family->level, family->pktinfo, 1);
        deliver(family, port, "x");
        world_receive(s, &received);
        ck_assert_uint_eq(received.control.count, 1);
        ck_assert_uint_eq(received.control_len, WSA_CMSG_SPACE(family->pktinfo_bytes));
        world_assert_pktinfo(&received, family->us, WORLD_FIRST_INDEX);
    }
}

START_TEST(c25_pktinfo_is_the_destination)
{
    pktinfo_of_specific_and_wildcard(&world_families[0]);
}
END_TEST

START_TEST(c26_pktinfo_is_the_destination)
{
    pktinfo_of_specific_and_wildcard(&world_families[1]);
}
END_TEST

static void pktinfo_by_interface(const struct world_family *family)
{
    static const uint8_t *const macs[] = {frame_our_mac, frame_our_second_mac};
    const char *us[] = {family->us, family->us_second};
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);

    world_set(s, family->level, family->pktinfo, 1);
    for (unsigned i = 0; i < 2; i++) {
        const char *peers[] = {family->peer,
                               family->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9"};
        struct frame_spec spec = {.src = peers[i], .dst = us[i], .dst_port = port, .text = "x"};

        memcpy(spec.dst_mac, macs[i], 6);
        world_inject_on(i, &spec);
        world_receive(s, &received);
        world_assert_name(&received, peers[i], FRAME_PEER_PORT);
        world_assert_pktinfo(&received, us[i], WORLD_FIRST_INDEX + i);
    }
}

START_TEST(c25_pktinfo_names_the_interface)
{
    pktinfo_by_interface(&world_families[0]);
}
END_TEST

START_TEST(c26_pktinfo_names_the_interface)
{
    pktinfo_by_interface(&world_families[1]);
}
END_TEST

START_TEST(c25_c26_pktinfo_on_loopback)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->loopback, &port);
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->loopback, port, &name);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    ck_assert_int_eq(sendto(s, "self", 4, 0, (struct sockaddr *)&name, bytes), 4);
    world_receive(s, &received);
    world_assert_text(&received, "self");
    world_assert_name(&received, FAMILY->loopback, port);
    world_assert_pktinfo(&received, FAMILY->loopback, 1);
    ck_assert_uint_eq(received.flags, 0);
}
END_TEST

/* Switched off again, the message is gone; getsockopt says what is set (WB 1.18). */
static void on_and_off(const struct world_family *family, int option)
{
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);

    for (DWORD on = 0; on < 2; on++) {
        DWORD value = 0xdeadbeef;
        int bytes = sizeof(value);

        world_set(s, family->level, option, !on);
        world_set(s, family->level, option, on);
        ck_assert_int_eq(getsockopt(s, family->level, option, (char *)&value, &bytes), 0);
        ck_assert_int_eq(bytes, 4);
        ck_assert_uint_eq(value, on);
        deliver(family, port, "x");
        world_receive(s, &received);
        ck_assert_uint_eq(received.control.count, on);
        if (on == 0)
            assert_no_control();
    }
}

START_TEST(c25_c26_on_and_off)
{
    on_and_off(FAMILY, FAMILY->pktinfo);
}
END_TEST

START_TEST(c29_on_and_off)
{
    on_and_off(FAMILY, FAMILY->recvttl);
}
END_TEST

START_TEST(c30_on_and_off)
{
    on_and_off(FAMILY, FAMILY->recvtos);
}
END_TEST

START_TEST(c31_on_and_off)
{
    on_and_off(FAMILY, FAMILY->recvecn);
}
END_TEST

/* C27: an IPv4 datagram on a dual-stack socket. */
static void deliver_to_dual(SOCKET s, uint16_t port)
{
    world_inject(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port,
                                      .text = "dual", .ttl = 33, .tos = 0xb9});
    world_receive(s, &received);
    world_assert_text(&received, "dual");
    world_assert_name(&received, "::ffff:192.0.2.9", FRAME_PEER_PORT);
}

START_TEST(c27_mapped_name_and_ipv4_pktinfo)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    deliver_to_dual(s, port);
    ck_assert_uint_eq(received.control.count, 1);
    world_assert_pktinfo(&received, "192.0.2.1", WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c27_ipv6_pktinfo_alone_gives_none_for_ipv4)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    world_set(s, IPPROTO_IPV6, IPV6_PKTINFO, 1);
    deliver_to_dual(s, port);
    assert_no_control();
    deliver(&world_families[1], port, "six");
    world_receive(s, &received);
    ck_assert_uint_eq(received.control.count, 1);
    world_assert_pktinfo(&received, "2001:db8::1", WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c27_both_pktinfo_options_one_message_each)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    world_set(s, IPPROTO_IPV6, IPV6_PKTINFO, 1);
    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    deliver_to_dual(s, port);
    ck_assert_uint_eq(received.control.count, 1);
    world_assert_pktinfo(&received, "192.0.2.1", WORLD_FIRST_INDEX);
    deliver(&world_families[1], port, "six");
    world_receive(s, &received);
    ck_assert_uint_eq(received.control.count, 1);
    world_assert_pktinfo(&received, "2001:db8::1", WORLD_FIRST_INDEX);
    world_assert_name(&received, "2001:db8::9", FRAME_PEER_PORT);
}
END_TEST

START_TEST(c27_ipv4_options_before_and_after_bind)
{
    SOCKET s = WSASocketA(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = world_name("::", 0, &name);
    uint16_t port;

    world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    world_set(s, IPPROTO_IP, IP_RECVTTL, 1);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    port = ntohs(((SOCKADDR_IN6 *)&name)->sin6_port);
    deliver_to_dual(s, port);
    ck_assert_uint_eq(received.control.count, 2);
    ck_assert_int_eq(received.control.ttl, 33);
    world_assert_pktinfo(&received, "192.0.2.1", WORLD_FIRST_INDEX);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(c27_v6only_hears_no_ipv4)
{
    uint16_t port;
    SOCKET s = world_socket("::", &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    deliver(&world_families[0], port, "four");
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 1);
}
END_TEST

START_TEST(c28_options_count_when_the_call_delivers)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;

    for (unsigned i = 0; i < 2; i++)
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                          .dst_port = port, .text = "x", .ttl = 77, .tos = 0x2d});
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_queued, 2);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    world_set(s, FAMILY->level, FAMILY->recvecn, 1);
    world_receive(s, &received);
    ck_assert_uint_eq(received.control.count, 4);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(ttl_of(FAMILY), 77);
    ck_assert_int_eq(tos_of(FAMILY), 0x2d);
    ck_assert_int_eq(ecn_of(FAMILY), 1);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 0);
    world_set(s, FAMILY->level, FAMILY->recvttl, 0);
    world_set(s, FAMILY->level, FAMILY->recvtos, 0);
    world_set(s, FAMILY->level, FAMILY->recvecn, 0);
    world_receive(s, &received);
    assert_no_control();
}
END_TEST

START_TEST(c28_options_before_bind)
{
    SOCKET s = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 0, &name);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    deliver(FAMILY, ntohs(((SOCKADDR_IN *)&name)->sin_port), "x");
    world_receive(s, &received);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(c28_options_change_under_a_blocked_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later = world_later(s, NULL);

    world_later_blocked(later);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    deliver(FAMILY, port, "x");
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, 0);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c29_ttl_or_hop_limit)
{
    static const uint8_t values[] = {1, 2, 32, 64, 127, 128, 254, 255};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    for (unsigned i = 0; i < sizeof(values); i++) {
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                          .dst_port = port, .text = "x", .ttl = values[i]});
        world_receive(s, &received);
        ck_assert_uint_eq(received.control.count, 1);
        ck_assert_uint_eq(received.control_len, 24);
        ck_assert_int_eq(ttl_of(FAMILY), values[i]);
    }
}
END_TEST

START_TEST(c30_tos_or_traffic_class)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    for (unsigned tos = 0; tos < 256; tos += tos < 8 ? 1 : 31) {
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                          .dst_port = port, .text = "x", .tos = (uint8_t)tos,
                                          .flow = 0xfffff});
        world_receive(s, &received);
        ck_assert_uint_eq(received.control.count, 1);
        ck_assert_int_eq(tos_of(FAMILY), (int)tos);
    }
}
END_TEST

START_TEST(c30_not_mirrored_into_the_other_family)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    world_set(s, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    world_set(s, IPPROTO_IPV6, IPV6_HOPLIMIT, 1);
    world_set(s, IPPROTO_IPV6, IPV6_RECVECN, 1);
    deliver_to_dual(s, port);
    assert_no_control();
    world_set(s, IPPROTO_IP, IP_RECVTOS, 1);
    world_set(s, IPPROTO_IP, IP_RECVTTL, 1);
    world_set(s, IPPROTO_IP, IP_RECVECN, 1);
    deliver_to_dual(s, port);
    ck_assert_uint_eq(received.control.count, 3);
    ck_assert_int_eq(received.control.tos, 0xb9);
    ck_assert_int_eq(received.control.ttl, 33);
    ck_assert_int_eq(received.control.ecn4, 1);
    ck_assert_int_eq(received.control.tclass, -1);
    ck_assert_int_eq(received.control.hop_limit, -1);
    ck_assert_int_eq(received.control.ecn6, -1);
}
END_TEST

START_TEST(c31_ecn)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_set(s, FAMILY->level, FAMILY->recvecn, 1);
    for (unsigned ecn = 0; ecn < 4; ecn++) {
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                          .dst_port = port, .text = "x",
                                          .tos = (uint8_t)(0xb8 | ecn)});
        world_receive(s, &received);
        ck_assert_uint_eq(received.control.count, 1);
        ck_assert_int_eq(ecn_of(FAMILY), (int)ecn);
    }
}
END_TEST

START_TEST(c34_unaligned_length_walks)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    /* Control.len counts the padding of the last message too. */
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    world_set(s, FAMILY->level, FAMILY->recvecn, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                      .text = "x", .ttl = 9, .tos = 0x1e});
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, 72);
    ck_assert_uint_eq(received.control.count, 3);
    ck_assert_int_eq(ttl_of(FAMILY), 9);
    ck_assert_int_eq(tos_of(FAMILY), 0x1e);
    ck_assert_int_eq(ecn_of(FAMILY), 2);
}
END_TEST

static void add_value_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, c28_options_count_when_the_call_delivers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c28_options_before_bind, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c28_options_change_under_a_blocked_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c29_ttl_or_hop_limit, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c29_on_and_off, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c30_tos_or_traffic_class, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c30_on_and_off, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c30_not_mirrored_into_the_other_family);
    tcase_add_loop_test(tcase, c31_ecn, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c31_on_and_off, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c34_unaligned_length_walks, 0, WORLD_FAMILIES);
}

Suite *suite_contract_control(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control"), *two = tcase_create("control_two");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, no_option_no_control, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c25_pktinfo_is_the_destination);
    tcase_add_test(tcase, c26_pktinfo_is_the_destination);
    tcase_add_loop_test(tcase, c25_c26_pktinfo_on_loopback, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c25_c26_on_and_off, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c27_mapped_name_and_ipv4_pktinfo);
    tcase_add_test(tcase, c27_ipv6_pktinfo_alone_gives_none_for_ipv4);
    tcase_add_test(tcase, c27_both_pktinfo_options_one_message_each);
    tcase_add_test(tcase, c27_ipv4_options_before_and_after_bind);
    tcase_add_test(tcase, c27_v6only_hears_no_ipv4);
    add_value_tests(tcase);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_test(two, c25_pktinfo_names_the_interface);
    tcase_add_test(two, c26_pktinfo_names_the_interface);
    suite_add_tcase(suite, two);
    return suite;
}
