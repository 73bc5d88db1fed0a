/*
 * test_raw.c - raw sockets receive: C22, C11, C05, and C20, C25-C31 on them; WB 3.5, 16.
 */
#include "tests/contract/raw.h"

#include <stdlib.h>

static struct received received;

START_TEST(c22_header_over_ipv4_and_none_over_ipv6)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct winlwip_stats stats;

    raw_inject(FAMILY, RAW_PROTOCOL, "hello");
    world_receive(s, &received);
    raw_assert_text(&received, FAMILY, "hello");
    world_assert_name(&received, FAMILY->peer, 0);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
    ck_assert_uint_eq(stats.copies, 1);
}
END_TEST

START_TEST(c22_ipv4_options_come_along)
{
    static const uint8_t options[] = {1, 1, 1, 1};
    SOCKET s = raw_open(AF_INET, RAW_PROTOCOL, "0.0.0.0");

    world_inject(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.1",
                                      .protocol = RAW_PROTOCOL, .text = "hello",
                                      .options = options, .options_bytes = sizeof(options)});
    world_receive(s, &received);
    ck_assert_uint_eq(received.bytes, 29);
    ck_assert_uint_eq(received.data[0], 0x46);
    ck_assert_mem_eq(received.data + 24, "hello", 5);
}
END_TEST

/* lwIP looks for raw_pcbs by the base next header alone. */
START_TEST(c22_behind_extension_headers)
{
    static const struct frame_extension one[] = {{.type = FRAME_HOP_BY_HOP}};
    static const struct frame_extension two[] = {{.type = FRAME_DESTINATION},
                                                 {.type = FRAME_DESTINATION}};
    static const uint8_t protocols[] = {RAW_PROTOCOL, FRAME_UDP, FRAME_ICMP6, FRAME_DESTINATION};
    uint8_t protocol = protocols[_i];
    SOCKET s = raw_open(AF_INET6, protocol, "::");
    struct frame_spec spec = {.src = "2001:db8::9", .dst = "2001:db8::1", .protocol = protocol,
                              .icmp_type = 129, .text = "hello"};
    size_t transport = protocol == RAW_PROTOCOL ? 0 : 8;

    if (protocol == FRAME_DESTINATION) { /* never the last one: it is walked over */
        world_set_nonblocking(s);
        spec.protocol = RAW_PROTOCOL;
    }
    spec.extensions = one;
    spec.extension_count = 1;
    world_inject(&spec);
    spec.extensions = two;
    spec.extension_count = 2;
    world_inject(&spec);
    for (unsigned i = 0; i < 2 && protocol != FRAME_DESTINATION; i++) {
        world_receive(s, &received);
        ck_assert_uint_eq(received.bytes, transport + 5);
        ck_assert_mem_eq(received.data + transport, "hello", 5);
    }
    struct winlwip_stats stats;
    world_settle(&stats);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c22_fragments_come_as_one)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us);
    static uint8_t payload[9000];
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .protocol = RAW_PROTOCOL,
                              .id = 7, .payload = payload, .payload_bytes = sizeof(payload)};
    struct frame_list list;
    struct winlwip_stats stats;

    world_pattern(payload, sizeof(payload), 3);
    frame_fragments(&spec, 1000, &list);
    for (size_t i = 0; i < list.count; i++)
        memlink_push(world.link[0], &list.frames[i]);
    world_receive(s, &received);
    raw_assert(&received, FAMILY, RAW_PROTOCOL, payload, sizeof(payload));
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_FRAGMENT], list.count - 1);
    frame_list_free(&list);
}
END_TEST

/* By protocol, local address and peer: each socket that matches has its own copy, no other any. */
START_TEST(c22_every_socket_that_matches)
{
    SOCKET match[5] = {
        raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any),
        raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any),
        raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us),
        raw_open(FAMILY->af, RAW_PROTOCOL, NULL),
        raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us),
    };
    SOCKET other[4] = {
        raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us_second),
        raw_open(FAMILY->af, RAW_PROTOCOL, NULL),
        raw_open(FAMILY->af, RAW_PROTOCOL + 1, FAMILY->any),
        raw_open(FAMILY == &world_families[0] ? AF_INET6 : AF_INET, RAW_PROTOCOL,
                 FAMILY == &world_families[0] ? "::" : "0.0.0.0"),
    };
    struct winlwip_stats stats;

    raw_connect(match[3], FAMILY->peer);
    raw_connect(match[4], FAMILY->peer);
    raw_connect(other[1], FAMILY->other_peer);
    raw_inject(FAMILY, RAW_PROTOCOL, "each");
    for (unsigned i = 0; i < 5; i++) {
        world_receive(match[i], &received);
        raw_assert_text(&received, FAMILY, "each");
    }
    for (unsigned i = 0; i < 4; i++) {
        world_set_nonblocking(other[i]);
        world_assert_empty(other[i]);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies, 5);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
}
END_TEST

START_TEST(c22_a_closed_socket_leaves_the_others)
{
    SOCKET s[3];

    for (unsigned i = 0; i < 3; i++)
        s[i] = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    ck_assert_int_eq(closesocket(s[1]), 0);
    raw_inject(FAMILY, RAW_PROTOCOL, "left");
    world_receive(s[0], &received);
    world_receive(s[2], &received);
    raw_assert_text(&received, FAMILY, "left");
}
END_TEST

START_TEST(c22_groups_are_heard_by_members)
{
    SOCKET member = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    SOCKET stranger = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);

    world_join(member, FAMILY);
    world_set_nonblocking(stranger);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .protocol = RAW_PROTOCOL, .text = "group"});
    world_receive(member, &received);
    raw_assert_text(&received, FAMILY, "group");
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    world_assert_empty(stranger);
}
END_TEST

START_TEST(c22_broadcasts_are_heard)
{
    SOCKET s = raw_open(AF_INET, RAW_PROTOCOL, "0.0.0.0");

    world_inject(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.255",
                                      .protocol = RAW_PROTOCOL, .text = "all"});
    world_receive(s, &received);
    raw_assert_text(&received, &world_families[0], "all");
    ck_assert_uint_eq(received.flags, MSG_BCAST);
}
END_TEST

START_TEST(c22_udp_sockets_still_get_theirs)
{
    uint16_t port;
    SOCKET udp = world_socket(FAMILY->any, &port);
    SOCKET raw = raw_open(FAMILY->af, IPPROTO_UDP, FAMILY->any);
    struct winlwip_stats stats;

    for (unsigned i = 0; i < 3; i++) { /* lwIP reorders its raw_pcbs when one eats a packet */
        deliver(FAMILY, port, "both");
        world_receive(udp, &received);
        world_assert_text(&received, "both");
        world_receive(raw, &received);
        ck_assert_uint_eq(received.bytes, raw_header_bytes(FAMILY) + 8 + 4);
        ck_assert_mem_eq(received.data + raw_header_bytes(FAMILY) + 8, "both", 4);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 3);
    ck_assert_uint_eq(stats.datagrams, 3);
    ck_assert_uint_eq(stats.copies, 6);
}
END_TEST

/* Nobody has the port: the sender is told, and the raw socket has its copy. */
START_TEST(c22_udp_without_a_socket)
{
    SOCKET raw = raw_open(FAMILY->af, IPPROTO_UDP, FAMILY->any);
    struct frame_view view;
    struct winlwip_stats stats;

    deliver(FAMILY, 9, "nobody");
    world_receive(raw, &received);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.icmp_type, FAMILY->af == AF_INET ? 3 : 1);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
}
END_TEST

START_TEST(c22_no_protocol_unreachable)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct frame_view view;

    raw_inject(FAMILY, RAW_PROTOCOL, "known");
    world_receive(s, &received);
    ck_assert(!world_next_sent_within(0, &view, 50));
}
END_TEST

/* A socket on the protocol that is not entitled changes nothing for the sender. */
START_TEST(c22_protocol_unreachable_when_nobody_is_entitled)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us_second);
    struct frame_view view;
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    raw_inject(FAMILY, RAW_PROTOCOL, "nobody");
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.icmp_type, FAMILY->af == AF_INET ? 3 : 4);
    ck_assert_uint_eq(view.icmp_code, FAMILY->af == AF_INET ? 2 : 1);
    world_assert_empty(s);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_PROTOCOL], 1);
}
END_TEST

/* Receives the next message that is no neighbour discovery, which the reply of ours asks for. */
static void receive_icmp(SOCKET s, const struct world_family *family)
{
    uint8_t type;

    do {
        world_receive(s, &received);
        type = received.data[raw_header_bytes(family)];
    } while (family->af == AF_INET6 && type >= 133 && type <= 137);
}

static int send_probe(SOCKET s, const struct world_family *family)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->peer, 7777, &name);

    return sendto(s, "probe", 5, 0, (struct sockaddr *)&name, bytes);
}

START_TEST(c22_echo_requests_are_answered_not_delivered)
{
    SOCKET s = raw_open(FAMILY->af, raw_icmp(FAMILY), FAMILY->any);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us,
                              .protocol = (uint8_t)raw_icmp(FAMILY), .text = "ping",
                              .icmp_type = raw_echo_request(FAMILY), .icmp_rest = 0x12340001};
    struct frame_view view;
    struct winlwip_stats stats;

    world_inject(&spec);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.icmp_type, raw_echo_reply(FAMILY));
    spec.icmp_type = raw_echo_reply(FAMILY);
    world_inject(&spec);
    receive_icmp(s, FAMILY);
    ck_assert_uint_eq(received.data[raw_header_bytes(FAMILY)], raw_echo_reply(FAMILY));
    ck_assert_uint_eq(received.bytes, raw_header_bytes(FAMILY) + 12);
    world_settle(&stats);
    world_set_nonblocking(s);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], stats.copies);
    ck_assert_uint_eq(stats.fate[FAMILY->af == AF_INET ? WINLWIP_FATE_ICMP : WINLWIP_FATE_ICMP6],
                      1);
}
END_TEST

/* Errors that sockets are told of are seen too, however often: a program that traces a route. */
START_TEST(c22_icmp_errors_are_seen)
{
    bool v4 = FAMILY->af == AF_INET;
    uint16_t port;
    SOCKET udp = world_socket(FAMILY->us, &port);
    SOCKET raw = raw_open(FAMILY->af, raw_icmp(FAMILY), FAMILY->any);
    static struct frame quoted;

    world_set_nonblocking(udp);
    frame_build(&(struct frame_spec){.src = FAMILY->us, .dst = FAMILY->peer, .src_port = port,
                                     .dst_port = 7777, .text = "probe"},
                &quoted);
    ck_assert_int_ne(send_probe(udp, FAMILY), SOCKET_ERROR);
    for (unsigned i = 0; i < 3; i++) {
        world_inject(&(struct frame_spec){
            .src = FAMILY->peer, .dst = FAMILY->us, .protocol = (uint8_t)raw_icmp(FAMILY),
            .icmp_type = v4 ? 3 : 1, .icmp_code = v4 ? 3 : 4, .payload = quoted.data + 14,
            .payload_bytes = quoted.bytes - 14});
        receive_icmp(raw, FAMILY);
        ck_assert_uint_eq(received.data[raw_header_bytes(FAMILY)], v4 ? 3 : 1);
        world_fails(recv(udp, (char *)received.data, 100, 0), WSAECONNRESET);
    }
}
END_TEST

START_TEST(c22_icmpv6_with_a_wrong_checksum)
{
    SOCKET s = raw_open(AF_INET6, IPPROTO_ICMPV6, "::");
    struct frame_spec spec = {.src = "2001:db8::9", .dst = "2001:db8::1",
                              .protocol = FRAME_ICMP6, .icmp_type = 129, .text = "bad",
                              .transport_checksum_xor = 1};
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_inject(&spec);
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED], 1);
}
END_TEST

START_TEST(c22_protocol_0_hears_nothing)
{
    SOCKET s = raw_open(FAMILY->af, 0, FAMILY->us);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    raw_inject(FAMILY, RAW_PROTOCOL, "nothing");
    deliver(FAMILY, 9, "nothing");
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.copies, 0);
}
END_TEST

START_TEST(c22_address_of_the_other_interface)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us_second,
                                      .protocol = RAW_PROTOCOL, .text = "strong host"});
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_OTHER_INTERFACE], 1);
}
END_TEST

START_TEST(c22_a_full_queue)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct winlwip_stats stats;

    world_set(s, SOL_SOCKET, SO_RCVBUF, 30);
    for (unsigned i = 0; i < 20; i++)
        raw_inject(FAMILY, RAW_PROTOCOL, "0123456789");
    world_settle(&stats);
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 0);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL] +
                          stats.fate[WINLWIP_FATE_DELIVERED],
                      20);
    ck_assert_uint_eq(stats.copies, 20);
}
END_TEST

START_TEST(c11_peek_on_raw_sockets)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);

    raw_inject(FAMILY, RAW_PROTOCOL, "once");
    for (unsigned i = 0; i < 3; i++) {
        world_receive_into(s, &(struct receive_room){.flags = i < 2 ? MSG_PEEK : 0}, &received);
        ck_assert_int_eq(received.result, 0);
        raw_assert_text(&received, FAMILY, "once");
    }
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c14_an_unbound_raw_socket)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    char byte;

    world_fails(recv(s, &byte, 1, 0), WSAEINVAL);
}
END_TEST

START_TEST(wb3_5_a_short_raw_receive)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    size_t room = raw_header_bytes(FAMILY) + 4;
    char data[64];

    raw_inject(FAMILY, RAW_PROTOCOL, "first");
    raw_inject(FAMILY, RAW_PROTOCOL, "next");
    world_fails(recv(s, data, (int)room, 0), WSAEMSGSIZE);
    ck_assert_mem_eq(data + raw_header_bytes(FAMILY), "firs", 4);
    ck_assert_int_eq(recv(s, data, (int)room, 0), (int)room);
    ck_assert_mem_eq(data + raw_header_bytes(FAMILY), "next", 4);
}
END_TEST

START_TEST(c16_c20_c21_truncation_on_raw_sockets)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    raw_inject(FAMILY, RAW_PROTOCOL, "long");
    world_receive_into(s, &(struct receive_room){.data = 3, .control = 4}, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC | MSG_CTRUNC);
    ck_assert_uint_eq(received.bytes, 3);
    ck_assert_uint_eq(received.control_len, 0);
}
END_TEST

/* All of them, on a socket that two UDP-like options were set on and one that has none. */
START_TEST(c22_c25_c26_c29_c30_c31_control_on_raw_sockets)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    SOCKET bare = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    bool v4 = FAMILY->af == AF_INET;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    world_set(s, FAMILY->level, FAMILY->recvecn, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .ttl = 33,
                                      .tos = 0xb9, .protocol = RAW_PROTOCOL, .text = "meta"});
    world_receive(s, &received);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(v4 ? received.control.ttl : received.control.hop_limit, 33);
    ck_assert_int_eq(v4 ? received.control.tos : received.control.tclass, 0xb9);
    ck_assert_int_eq(v4 ? received.control.ecn4 : received.control.ecn6, 1);
    ck_assert_uint_eq(received.control.count, 4);
    world_receive(bare, &received);
    ck_assert_uint_eq(received.control.count, 0);
}
END_TEST

/* C28: options count when the call delivers. */
START_TEST(c28_options_at_delivery_on_raw_sockets)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct winlwip_stats stats;

    raw_inject(FAMILY, RAW_PROTOCOL, "queued");
    world_settle(&stats);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_receive(s, &received);
    ck_assert_uint_eq(received.control.count, 1);
}
END_TEST

/* A blocked receive is filled straight from the frame. */
START_TEST(c40_a_blocked_raw_receive)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    struct later *later = world_later(s, NULL);

    world_later_blocked(later);
    raw_inject(FAMILY, RAW_PROTOCOL, "awake");
    world_join_later(later, &received);
    raw_assert_text(&received, FAMILY, "awake");
}
END_TEST

Suite *suite_contract_raw(void)
{
    Suite *suite = suite_create("raw");
    TCase *tcase = tcase_create("raw");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, c22_header_over_ipv4_and_none_over_ipv6, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_ipv4_options_come_along);
    tcase_add_loop_test(tcase, c22_behind_extension_headers, 0, 4);
    tcase_add_loop_test(tcase, c22_fragments_come_as_one, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_every_socket_that_matches, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_a_closed_socket_leaves_the_others, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_groups_are_heard_by_members, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_broadcasts_are_heard);
    tcase_add_loop_test(tcase, c22_udp_sockets_still_get_theirs, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_udp_without_a_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_no_protocol_unreachable, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_protocol_unreachable_when_nobody_is_entitled, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_echo_requests_are_answered_not_delivered, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_icmp_errors_are_seen, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_icmpv6_with_a_wrong_checksum);
    tcase_add_loop_test(tcase, c22_protocol_0_hears_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_address_of_the_other_interface, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_a_full_queue, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c11_peek_on_raw_sockets, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c14_an_unbound_raw_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb3_5_a_short_raw_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c16_c20_c21_truncation_on_raw_sockets, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_c25_c26_c29_c30_c31_control_on_raw_sockets, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c28_options_at_delivery_on_raw_sockets, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c40_a_blocked_raw_receive, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
