/*
 * test_send.c - sending: frames as they leave, errors, replies with a received message (C17,
 * WB 2.x).
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

static int send_to(SOCKET s, const char *address, uint16_t port, const void *data, size_t bytes)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);

    return sendto(s, data, (int)bytes, 0, (struct sockaddr *)&name, name_bytes);
}

static void assert_sent(const struct frame_view *view, const char *src, uint16_t src_port,
                        const char *dst, uint16_t dst_port, const char *text)
{
    ck_assert_str_eq(view->src, src);
    ck_assert_str_eq(view->dst, dst);
    ck_assert_uint_eq(view->protocol, FRAME_UDP);
    ck_assert_uint_eq(view->src_port, src_port);
    ck_assert_uint_eq(view->dst_port, dst_port);
    ck_assert_uint_eq(view->payload_bytes, strlen(text));
    ck_assert_mem_eq(view->payload, text, strlen(text));
}

START_TEST(wb2_5_a_frame_as_it_leaves)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    WSASetLastError(1234);
    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "hello", 5), 5);
    ck_assert_int_eq(WSAGetLastError(), 0);
    world_next_sent(0, &view);
    assert_sent(&view, FAMILY->us, port, FAMILY->peer, 7777, "hello");
    ck_assert_mem_eq(view.dst_mac, frame_peer_mac, 6);
    ck_assert_mem_eq(view.src_mac, frame_our_mac, 6);
    ck_assert_uint_eq(view.ttl, 128);
    ck_assert_uint_eq(view.tos, 0);
    ck_assert(!view.fragment);
}
END_TEST

START_TEST(wb2_6_send_binds_to_the_wildcard)
{
    SOCKET s = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name, any;
    int bytes = sizeof(name), any_bytes = world_name(FAMILY->any, 0, &any);
    struct frame_view view;
    uint16_t port;

    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEINVAL);
    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "x", 1), 1);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    port = ntohs(((SOCKADDR_IN *)&name)->sin_port);
    ck_assert_uint_ge(port, 49152);
    ((SOCKADDR_IN *)&name)->sin_port = 0;
    ck_assert_mem_eq(&name, &any, (size_t)any_bytes);
    world_next_sent(0, &view);
    assert_sent(&view, FAMILY->us, port, FAMILY->peer, 7777, "x");
}
END_TEST

START_TEST(wb2_7_two_buffers_one_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE name;
    char abc[] = "abc", defg[] = "defg";
    WSABUF buffers[] = {{.len = 3, .buf = abc}, {.len = 0, .buf = NULL}, {.len = 4, .buf = defg}};
    WSAMSG message = {.name = (LPSOCKADDR)&name,
                      .namelen = world_name(FAMILY->peer, 7777, &name),
                      .lpBuffers = buffers, .dwBufferCount = 3};
    DWORD bytes = 0;
    struct frame_view view;

    ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 7);
    world_next_sent(0, &view);
    assert_sent(&view, FAMILY->us, port, FAMILY->peer, 7777, "abcdefg");
}
END_TEST

START_TEST(wb2_3_no_byte_count_binds_anyway)
{
    SOCKET s = open_udp(FAMILY->af);
    SOCKADDR_STORAGE name;
    char text[] = "x";
    WSABUF buffer = {.len = 1, .buf = text};
    WSAMSG message = {.name = (LPSOCKADDR)&name,
                      .namelen = world_name(FAMILY->peer, 7777, &name),
                      .lpBuffers = &buffer, .dwBufferCount = 1};
    int bytes = sizeof(name);

    world_fails(WSASendMsg(s, NULL, 0, NULL, NULL, NULL), WSAEFAULT);
    world_fails(getsockname(s, (struct sockaddr *)&name, &bytes), WSAEINVAL);
    world_fails(WSASendMsg(s, &message, 0, NULL, NULL, NULL), WSAEFAULT);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
}
END_TEST

START_TEST(wb2_13_port_zero)
{
    SOCKET s = open_udp(FAMILY->af);

    ck_assert_int_eq(send_to(s, FAMILY->loopback, 0, "1234", 4), 4);
}
END_TEST

START_TEST(wb2_16_broadcast_needs_permission)
{
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);
    struct frame_view view;

    world_fails(send_to(s, "255.255.255.255", 7777, "x", 1), WSAEACCES);
    world_fails(send_to(s, "192.0.2.255", 7777, "x", 1), WSAEACCES);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(send_to(s, "255.255.255.255", 7777, "limited", 7), 7);
    ck_assert_int_eq(send_to(s, "192.0.2.255", 7777, "directed", 8), 8);
    world_next_sent(0, &view);
    assert_sent(&view, "192.0.2.1", port, "255.255.255.255", 7777, "limited");
    ck_assert_mem_eq(view.dst_mac, frame_broadcast_mac, 6);
    world_next_sent(0, &view);
    assert_sent(&view, "192.0.2.1", port, "192.0.2.255", 7777, "directed");
    ck_assert_mem_eq(view.dst_mac, frame_broadcast_mac, 6);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 0);
    world_fails(send_to(s, "255.255.255.255", 7777, "x", 1), WSAEACCES);
}
END_TEST

START_TEST(wb2_17_connected_to_broadcast)
{
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);
    SOCKADDR_STORAGE name;
    int bytes = world_name("255.255.255.255", 7777, &name);
    DWORD value = 1;
    int value_bytes = 4;

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, bytes), 0);
    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_BROADCAST, (char *)&value, &value_bytes), 0);
    ck_assert_uint_eq(value, 0);
    world_fails(send_to(s, "255.255.255.255", 7777, "x", 1), WSAEACCES);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
}
END_TEST

/* Loopback has no broadcast, so there is no route. */
START_TEST(broadcast_without_a_network)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    SOCKADDR_STORAGE name;
    int bytes = world_name("255.255.255.255", 7777, &name);

    world_fails(connect(s, (struct sockaddr *)&name, bytes), WSAENETUNREACH);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    world_fails(send_to(s, "255.255.255.255", 7777, "x", 1), WSAENETUNREACH);
}
END_TEST

START_TEST(multicast_leaves_with_ttl_1)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    ck_assert_int_eq(send_to(s, FAMILY->group, 7777, "group", 5), 5);
    world_next_sent(0, &view);
    assert_sent(&view, FAMILY->us, port, FAMILY->group, 7777, "group");
    ck_assert_uint_eq(view.ttl, 1);
    ck_assert_uint_eq(view.dst_mac[0], FAMILY->af == AF_INET ? 0x01 : 0x33);
}
END_TEST

START_TEST(ttl_and_tos_options)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, 9);
    if (FAMILY->af == AF_INET)
        world_set(s, IPPROTO_IP, IP_TOS, 0xb8);
    else
        world_set(s, IPPROTO_IPV6, IPV6_TCLASS, 0xb8);
    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "x", 1), 1);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.ttl, 9);
    ck_assert_uint_eq(view.tos, 0xb8);
}
END_TEST

START_TEST(c17_the_same_message_is_a_reply)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    char data[64], control[128];
    SOCKADDR_STORAGE name;
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = sizeof(name), .lpBuffers = &buffer,
                      .dwBufferCount = 1, .Control = {.len = sizeof(control), .buf = control}};
    DWORD bytes = 0;
    struct frame_view view;

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    world_set(s, FAMILY->level, FAMILY->recvecn, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                      .src_port = 5555, .text = "ping", .ttl = 3, .tos = 0xbb});
    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
    buffer.len = bytes;
    ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 4);
    world_next_sent(0, &view);
    assert_sent(&view, FAMILY->us, port, FAMILY->peer, 5555, "ping");
    ck_assert_uint_eq(view.ttl, 128);
    ck_assert_uint_eq(view.tos, 0);
}
END_TEST

/* A datagram to a group or broadcast address comes in by the second interface. */
static void reply_to_many(const struct world_family *family, const char *dst, const char *peer)
{
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);
    char data[64], control[128];
    SOCKADDR_STORAGE name;
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = sizeof(name), .lpBuffers = &buffer,
                      .dwBufferCount = 1, .Control = {.len = sizeof(control), .buf = control}};
    DWORD bytes = 0;
    struct frame_view view;
    struct ipv6_mreq request6 = {.ipv6mr_interface = WORLD_SECOND_INDEX};
    struct ip_mreq request4;
    uint8_t address[16];

    world_set(s, family->level, family->pktinfo, 1);
    frame_address(dst, address);
    memcpy(&request6.ipv6mr_multiaddr, address, 16);
    memcpy(&request4.imr_multiaddr, address, 4);
    frame_address("198.51.100.1", address);
    memcpy(&request4.imr_interface, address, 4);
    if (family->af == AF_INET6)
        ck_assert_int_eq(setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (char *)&request6,
                                    sizeof(request6)),
                         0);
    else if (strcmp(dst, family->group) == 0)
        ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&request4,
                                    sizeof(request4)),
                         0);
    world_inject_on(1, &(struct frame_spec){.src = peer, .dst = dst, .dst_port = port,
                                            .dst_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                            .src_port = 5555, .text = "who"});
    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
    buffer.len = bytes;
    ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
    world_next_sent(1, &view);
    assert_sent(&view, family->us_second, port, peer, 5555, "who");
}

START_TEST(c17_reply_to_a_multicast)
{
    reply_to_many(FAMILY, FAMILY->group,
                  FAMILY->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9");
}
END_TEST

START_TEST(c17_reply_to_a_broadcast)
{
    reply_to_many(&world_families[0], _i == 0 ? "255.255.255.255" : "198.51.100.255",
                  "198.51.100.9");
}
END_TEST

START_TEST(pktinfo_chooses_source_and_interface)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    SOCKADDR_STORAGE name;
    char text[] = "x";
    WSABUF buffer = {.len = 1, .buf = text};
    uint8_t control[24] = {24, [8] = 0, [12] = IP_PKTINFO, [16] = 198, 51, 100, 1,
                           WORLD_SECOND_INDEX};
    WSAMSG message = {.name = (LPSOCKADDR)&name,
                      .namelen = world_name("239.1.2.3", 7777, &name), .lpBuffers = &buffer,
                      .dwBufferCount = 1, .Control = {.len = 24, .buf = (CHAR *)control}};
    DWORD bytes = 0;
    struct frame_view view;

    ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
    world_next_sent(1, &view);
    assert_sent(&view, "198.51.100.1", port, "239.1.2.3", 7777, "x");
    control[16] = 203; /* an address that is not ours */
    world_fails(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), WSAEADDRNOTAVAIL);
}
END_TEST

START_TEST(largest_datagram_in_fragments)
{
    static uint8_t data[65507], rebuilt[65535 + 8];
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    size_t total = FAMILY->largest + 8, have = 0;
    struct frame_view view;
    uint32_t id = 0;

    world_pattern(data, FAMILY->largest, 5);
    world_fails(send_to(s, FAMILY->peer, 7777, data, FAMILY->largest + 1), WSAEMSGSIZE);
    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, data, FAMILY->largest), (int)FAMILY->largest);
    while (have < total) {
        world_next_sent(0, &view);
        ck_assert(view.fragment);
        ck_assert_uint_eq(view.offset, have);
        if (have == 0)
            id = view.id;
        ck_assert_uint_eq(view.id, id);
        ck_assert_uint_le(have + view.ip_payload_bytes, total);
        memcpy(rebuilt + have, view.ip_payload, view.ip_payload_bytes);
        have += view.ip_payload_bytes;
        ck_assert(view.more == (have < total));
    }
    ck_assert_mem_eq(rebuilt + 8, data, FAMILY->largest);
    ck_assert_uint_eq(rebuilt[4] << 8 | rebuilt[5], total);
}
END_TEST

START_TEST(dont_fragment)
{
    static char data[3000];
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    world_set(s, FAMILY->level, IP_DONTFRAGMENT, 1);
    world_fails(send_to(s, FAMILY->peer, 7777, data, sizeof(data)), WSAEMSGSIZE);
    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "x", 1), 1);
    world_next_sent(0, &view);
    ck_assert(view.dont_fragment == (FAMILY->af == AF_INET));
}
END_TEST

START_TEST(full_device_is_no_error)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;
    struct winlwip_stats stats;
    uint64_t sent;

    ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "warm", 4), 4);
    world_next_sent(0, &view);
    world_settle(&stats);
    sent = stats.frames_sent;
    memlink_set_room(world.link[0], 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(send_to(s, FAMILY->peer, 7777, "full", 4), 4);
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_sent, sent + 1);
    ck_assert_uint_eq(stats.frames_unsent, 2);
    ck_assert_uint_eq(stats.datagrams_sent, 4);
}
END_TEST

START_TEST(nowhere_to_go)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_fails(send_to(s, FAMILY->af == AF_INET ? "203.0.113.1" : "2001:db8:99::1", 7777, "x", 1),
                WSAENETUNREACH);
    world_fails(send_to(s, FAMILY->any, 7777, "x", 1), WSAEADDRNOTAVAIL);
}
END_TEST

START_TEST(to_ourselves)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    const char *own[] = {FAMILY->us, FAMILY->loopback};
    struct winlwip_stats stats;
    struct frame_view view;

    world_set_nonblocking(s);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(send_to(s, own[i], port, "self", 4), 4);
        /* A non-blocking receive right after the send has to find it. */
        world_receive(s, &received);
        world_assert_text(&received, "self");
        world_assert_name(&received, own[i], port);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_looped, 2);
    ck_assert(!world_next_sent_within(0, &view, 0));
}
END_TEST

START_TEST(after_shutdown)
{
    SOCKET s = world_socket(FAMILY->us, NULL);

    ck_assert_int_eq(shutdown(s, SD_SEND), 0);
    ck_assert_int_eq(shutdown(s, SD_SEND), 0);
    world_fails(send_to(s, FAMILY->peer, 7777, "x", 1), WSAESHUTDOWN);
}
END_TEST

START_TEST(echo_request_is_answered)
{
    struct frame_view view;
    struct winlwip_stats stats;

    world_inject(&(struct frame_spec){
        .src = FAMILY->peer, .dst = FAMILY->us,
        .protocol = FAMILY->af == AF_INET ? FRAME_ICMP : FRAME_ICMP6,
        .icmp_type = FAMILY->af == AF_INET ? 8 : 128, .icmp_rest = 0x12345678, .text = "echo me"});
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.icmp_type, FAMILY->af == AF_INET ? 0 : 129);
    ck_assert_str_eq(view.src, FAMILY->us);
    ck_assert_str_eq(view.dst, FAMILY->peer);
    ck_assert_uint_eq(view.ip_payload_bytes, 15);
    ck_assert_mem_eq(view.ip_payload + 4, "\x12\x34\x56\x78" "echo me", 11);
    world_settle(&stats);
    ck_assert_uint_eq(
        stats.fate[FAMILY->af == AF_INET ? WINLWIP_FATE_ICMP : WINLWIP_FATE_ICMP6] >= 1, 1);
}
END_TEST

Suite *suite_contract_send(void)
{
    Suite *suite = suite_create("send");
    TCase *tcase = tcase_create("send"), *two = tcase_create("send_two");
    TCase *alone = tcase_create("send_alone");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, wb2_5_a_frame_as_it_leaves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_6_send_binds_to_the_wildcard, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_7_two_buffers_one_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_3_no_byte_count_binds_anyway, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_13_port_zero, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb2_16_broadcast_needs_permission);
    tcase_add_test(tcase, wb2_17_connected_to_broadcast);
    tcase_add_loop_test(tcase, multicast_leaves_with_ttl_1, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, ttl_and_tos_options, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c17_the_same_message_is_a_reply, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, largest_datagram_in_fragments, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, dont_fragment, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, full_device_is_no_error, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, nowhere_to_go, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, to_ourselves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, after_shutdown, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, echo_request_is_answered, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(alone, world_setup_loopback, world_teardown);
    tcase_add_test(alone, broadcast_without_a_network);
    suite_add_tcase(suite, alone);

    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, c17_reply_to_a_multicast, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, c17_reply_to_a_broadcast, 0, 2);
    tcase_add_test(two, pktinfo_chooses_source_and_interface);
    suite_add_tcase(suite, two);
    return suite;
}
