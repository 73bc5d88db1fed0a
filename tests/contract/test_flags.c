/*
 * test_flags.c - MSG_BCAST, MSG_MCAST, MSG_CTRUNC and how they combine (C18-C21).
 */
#include "tests/contract/contract.h"

#include <string.h>

static struct received received;

/* Ways in which a datagram can be broadcast: by the link layer, or by its destination. */
static const struct {
    const char *src, *dst;
    bool broadcast_mac;
} broadcasts[] = {
    {"192.0.2.9", "192.0.2.1", true},
    {"192.0.2.9", "255.255.255.255", true},
    {"192.0.2.9", "192.0.2.255", true},
    {"192.0.2.9", "192.0.2.255", false},
    {"2001:db8::9", "2001:db8::1", true},
    {"0.0.0.0", "255.255.255.255", true}, /* who has no address yet (RFC 1122, 3.2.1.3) */
};
#define BROADCASTS ((int)(sizeof(broadcasts) / sizeof(broadcasts[0])))

static void inject_broadcast(int i, uint16_t port)
{
    struct frame_spec spec = {.src = broadcasts[i].src, .dst = broadcasts[i].dst,
                              .dst_port = port, .text = "all"};

    memcpy(spec.dst_mac, broadcasts[i].broadcast_mac ? frame_broadcast_mac : frame_our_mac, 6);
    world_inject(&spec);
}

START_TEST(c18_broadcast_flag)
{
    bool v4 = strchr(broadcasts[_i].dst, ':') == NULL;
    uint16_t port;
    SOCKET s = world_socket(v4 ? "0.0.0.0" : "::", &port);

    world_set(s, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_PKTINFO, 1);
    inject_broadcast(_i, port);
    world_receive(s, &received);
    ck_assert_uint_eq(received.flags, MSG_BCAST);
    world_assert_text(&received, "all");
    world_assert_name(&received, broadcasts[_i].src, FRAME_PEER_PORT);
    world_assert_pktinfo(&received, broadcasts[_i].dst, WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(c18_link_broadcast_to_our_address_is_one_sockets)
{
    uint16_t port;
    SOCKET any = world_socket("0.0.0.0", &port);
    SOCKET own = WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = world_name("192.0.2.1", port, &name);
    struct winlwip_stats stats;

    ck_assert_int_eq(bind(own, (struct sockaddr *)&name, bytes), 0);
    world_set_nonblocking(any);
    inject_broadcast(0, port);
    world_receive(own, &received);
    ck_assert_uint_eq(received.flags, MSG_BCAST);
    world_assert_empty(any);
    /* A broadcast address is everybody's. */
    inject_broadcast(1, port);
    world_receive(own, &received);
    world_settle(&stats);
    world_receive(any, &received);
    ck_assert_uint_eq(stats.copies, 3);
    ck_assert_int_eq(closesocket(own), 0);
}
END_TEST

START_TEST(c18_directed_broadcast_of_another_subnet_is_none)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_inject(&(struct frame_spec){.src = "192.0.2.9", .dst = "198.51.100.255",
                                      .dst_port = port, .text = "no"});
    world_inject(&(struct frame_spec){.src = "192.0.2.9", .dst = "203.0.113.255",
                                      .dst_port = port, .text = "no"});
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 0);
}
END_TEST

START_TEST(c18_unicast_has_no_flag)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    deliver(FAMILY, port, "one");
    world_receive(s, &received);
    ck_assert_uint_eq(received.flags, 0);
}
END_TEST

START_TEST(c18_receive_broadcast_off)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    struct winlwip_stats stats;

    world_set(s, IPPROTO_IP, IP_RECEIVE_BROADCAST, 0);
    world_set_nonblocking(s);
    inject_broadcast(1, port);
    inject_broadcast(2, port);
    world_settle(&stats);
    world_assert_empty(s);
    deliver(&world_families[0], port, "one");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "one");
}
END_TEST

START_TEST(c19_multicast_flag)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_join(s, FAMILY);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .dst_port = port, .text = "group", .ttl = 1});
    world_receive(s, &received);
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    world_assert_text(&received, "group");
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
    world_assert_pktinfo(&received, FAMILY->group, WORLD_FIRST_INDEX);
}
END_TEST

/* The destination address decides, not the link-layer one. */
START_TEST(c19_multicast_in_a_unicast_frame)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->group, .dst_port = port,
                              .text = "group"};

    memcpy(spec.dst_mac, frame_our_mac, sizeof(spec.dst_mac));
    world_join(s, FAMILY);
    world_inject(&spec);
    world_receive(s, &received);
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    world_assert_text(&received, "group");
}
END_TEST

START_TEST(c19_group_not_joined)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .dst_port = port, .text = "group"});
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_OTHER_HOST] +
                          stats.fate[WINLWIP_FATE_DROP_OTHER_MAC],
                      1);
}
END_TEST

START_TEST(c19_every_member_gets_a_copy)
{
    uint16_t port;
    SOCKET s[2];
    SOCKADDR_STORAGE name;
    int bytes;
    struct winlwip_stats stats;

    s[0] = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    s[1] = WSASocketA(FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    port = 0;
    for (unsigned i = 0; i < 2; i++) {
        world_set(s[i], SOL_SOCKET, SO_REUSEADDR, 1);
        bytes = world_name(FAMILY->any, port, &name);
        ck_assert_int_eq(bind(s[i], (struct sockaddr *)&name, bytes), 0);
        bytes = sizeof(name);
        ck_assert_int_eq(getsockname(s[i], (struct sockaddr *)&name, &bytes), 0);
        port = ntohs(((SOCKADDR_IN *)&name)->sin_port);
        world_join(s[i], FAMILY);
    }
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .dst_port = port, .text = "both"});
    for (unsigned i = 0; i < 2; i++) {
        world_receive(s[i], &received);
        world_assert_text(&received, "both");
        ck_assert_uint_eq(received.flags, MSG_MCAST);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.datagrams, 1);
    ck_assert_uint_eq(stats.copies, 2);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(closesocket(s[i]), 0);
}
END_TEST

START_TEST(c20_no_room_for_control)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    for (unsigned i = 0; i < 3; i++) {
        static const struct receive_room rooms[] = {
            {.control = 1}, {.no_control = true}, {.control = 23}};

        deliver(FAMILY, port, "abcdef");
        world_receive_into(s, &rooms[i], &received);
        ck_assert_int_eq(received.result, SOCKET_ERROR);
        ck_assert_int_eq(received.error, WSAEMSGSIZE);
        ck_assert_uint_eq(received.flags, MSG_CTRUNC);
        world_assert_text(&received, "abcdef");
        ck_assert_uint_eq(received.control_len, 0);
        ck_assert_uint_eq(received.control_bytes[0], 0xa5);
    }
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c20_what_fits_whole_is_kept)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    size_t room = WSA_CMSG_SPACE(FAMILY->pktinfo_bytes) + 8;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    deliver(FAMILY, port, "abcdef");
    world_receive_into(s, &(struct receive_room){.control = room}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_CTRUNC);
    world_assert_text(&received, "abcdef");
    ck_assert_uint_eq(received.control.count, 1);
    ck_assert_uint_eq(received.control.unknown, 0);
    ck_assert_uint_le(received.control_len, room);
    ck_assert_uint_eq(received.control_bytes[received.control_len], 0xa5);
}
END_TEST

START_TEST(c20_exact_room_is_enough)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    size_t room = WSA_CMSG_SPACE(FAMILY->pktinfo_bytes) + WSA_CMSG_SPACE(sizeof(INT));

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    deliver(FAMILY, port, "abcdef");
    world_receive_into(s, &(struct receive_room){.control = room}, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_uint_eq(received.flags, 0);
    ck_assert_uint_eq(received.control.count, 2);
    ck_assert_uint_eq(received.control_len, room);
}
END_TEST

START_TEST(c20_no_options_need_no_room)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    deliver(FAMILY, port, "abcdef");
    world_receive_into(s, &(struct receive_room){.no_control = true}, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_uint_eq(received.flags, 0);
}
END_TEST

START_TEST(c20_calls_without_control_never_fail_for_it)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[8];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    DWORD bytes = 0, flags = 0;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    deliver(FAMILY, port, "one");
    deliver(FAMILY, port, "two");
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 3);
    ck_assert_int_eq(WSARecv(s, &buffer, 1, &bytes, &flags, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 3);
    ck_assert_uint_eq(flags, 0);
}
END_TEST

START_TEST(c21_three_flags_at_once)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_join(s, FAMILY);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->group,
                                      .dst_port = port, .text = "group"});
    world_receive_into(s, &(struct receive_room){.data = 2, .control = 4}, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC | MSG_CTRUNC | MSG_MCAST);
    world_assert_payload(&received, "gr", 2);
    ck_assert_uint_eq(received.control_len, 0);
    world_assert_name(&received, FAMILY->peer, FRAME_PEER_PORT);
}
END_TEST

START_TEST(c21_truncated_broadcast)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);

    inject_broadcast(1, port);
    world_receive_into(s, &(struct receive_room){.data = 2}, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC | MSG_BCAST);
    world_assert_payload(&received, "al", 2);
}
END_TEST

Suite *suite_contract_flags(void)
{
    Suite *suite = suite_create("flags");
    TCase *tcase = tcase_create("flags");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c18_broadcast_flag, 0, BROADCASTS);
    tcase_add_test(tcase, c18_link_broadcast_to_our_address_is_one_sockets);
    tcase_add_test(tcase, c18_directed_broadcast_of_another_subnet_is_none);
    tcase_add_loop_test(tcase, c18_unicast_has_no_flag, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c18_receive_broadcast_off);
    tcase_add_loop_test(tcase, c19_multicast_flag, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c19_multicast_in_a_unicast_frame, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c19_group_not_joined, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c19_every_member_gets_a_copy, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c20_no_room_for_control, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c20_what_fits_whole_is_kept, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c20_exact_room_is_enough, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c20_no_options_need_no_room, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c20_calls_without_control_never_fail_for_it, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c21_three_flags_at_once, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c21_truncated_broadcast);
    suite_add_tcase(suite, tcase);
    return suite;
}
