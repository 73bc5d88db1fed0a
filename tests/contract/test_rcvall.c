/*
 * test_rcvall.c - SIO_RCVALL: raw sockets that see everything on an interface (C22, winsock-facts
 * 4.17). Two interfaces: what one socket sees is that of its own.
 */
#include "tests/contract/raw.h"

#include <mstcpip.h>

static struct received received;
static const uint8_t stranger_mac[6] = {2, 0, 0x5e, 0x10, 0, 0x77};

static int receive_all(SOCKET s, DWORD mode)
{
    DWORD bytes;

    return WSAIoctl(s, SIO_RCVALL, &mode, sizeof(mode), NULL, 0, &bytes, NULL, NULL);
}

static int protocol_of(const struct world_family *family)
{
    return family->af == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static SOCKET open_all(const struct world_family *family, const char *address, DWORD mode)
{
    SOCKET s = raw_open(family->af, protocol_of(family), address);

    ck_assert_int_eq(receive_all(s, mode), 0);
    return s;
}

static void assert_udp(const struct world_family *family, const char *text)
{
    size_t before = raw_header_bytes(family) + 8;

    ck_assert_uint_eq(received.bytes, before + strlen(text));
    ck_assert_mem_eq(received.data + before, text, strlen(text));
}

START_TEST(c22_rcvall_errors)
{
    DWORD mode = RCVALL_ON, bytes;
    SOCKET s = raw_open(FAMILY->af, protocol_of(FAMILY), NULL);

    world_fails(receive_all(s, RCVALL_ON), WSAEINVAL); /* not bound */
    world_fails(receive_all(raw_open(FAMILY->af, protocol_of(FAMILY), FAMILY->any), RCVALL_ON),
                WSAEINVAL);
    world_fails(receive_all(raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us), RCVALL_ON),
                WSAEINVAL);
    world_fails(receive_all(world_socket(FAMILY->us, NULL), RCVALL_ON), WSAEINVAL);
    s = raw_open(FAMILY->af, protocol_of(FAMILY), FAMILY->us);
    world_fails(receive_all(s, RCVALL_IPLEVEL + 1), WSAEINVAL);
    world_fails(WSAIoctl(s, SIO_RCVALL, &mode, 0, NULL, 0, &bytes, NULL, NULL), WSAEINVAL);
    world_fails(WSAIoctl(s, SIO_RCVALL, NULL, 4, NULL, 0, &bytes, NULL, NULL), WSAEFAULT);
    ck_assert_int_eq(WSAIoctl(s, SIO_RCVALL, &mode, 1, NULL, 0, &bytes, NULL, NULL), 0);
    ck_assert_int_eq(receive_all(s, RCVALL_OFF), 0);
    ck_assert_int_eq(receive_all(s, RCVALL_OFF), 0);
    world_fails(WSAIoctl(s, SIO_RCVALL_MCAST, &mode, sizeof(mode), NULL, 0, &bytes, NULL, NULL),
                WSAEOPNOTSUPP);
}
END_TEST

/* Packets for us go to their sockets, too. */
START_TEST(c22_rcvall_sees_what_arrives)
{
    uint16_t port;
    SOCKET udp = world_socket(FAMILY->us, &port);
    SOCKET on = open_all(FAMILY, FAMILY->us, RCVALL_ON);
    SOCKET level = open_all(FAMILY, FAMILY->us, RCVALL_IPLEVEL);
    SOCKET other = open_all(FAMILY, FAMILY->us_second, RCVALL_ON);
    struct winlwip_stats stats;

    world_set(on, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(on, FAMILY->level, FAMILY->recvttl, 1);
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                      .text = "seen", .ttl = 33});
    world_receive(udp, &received);
    world_assert_text(&received, "seen");
    world_receive(on, &received);
    assert_udp(FAMILY, "seen");
    world_assert_name(&received, FAMILY->peer, 0);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(FAMILY->af == AF_INET ? received.control.ttl : received.control.hop_limit,
                     33);
    world_receive(level, &received);
    assert_udp(FAMILY, "seen");
    world_settle(&stats);
    world_set_nonblocking(other);
    world_assert_empty(other);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 1);
    ck_assert_uint_eq(stats.copies, 3);
}
END_TEST

START_TEST(c22_rcvall_on_sees_other_stations)
{
    uint16_t port;
    SOCKET udp = world_socket(FAMILY->any, &port);
    SOCKET on = open_all(FAMILY, FAMILY->us, RCVALL_ON);
    SOCKET level = open_all(FAMILY, FAMILY->us, RCVALL_IPLEVEL);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .text = "not ours"};
    struct winlwip_stats stats;

    memcpy(spec.dst_mac, stranger_mac, 6);
    world_inject(&spec);
    spec.dst = FAMILY->other_peer;
    world_inject(&spec);
    for (unsigned i = 0; i < 2; i++) {
        world_receive(on, &received);
        assert_udp(FAMILY, "not ours");
    }
    world_settle(&stats);
    world_set_nonblocking(level);
    world_assert_empty(level);
    world_set_nonblocking(udp); /* nothing of it came further */
    world_assert_empty(udp);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 2);
    ck_assert_int_eq(closesocket(on), 0);
    world_inject(&spec);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_OTHER_MAC], 1);
}
END_TEST

/* Echo requests are seen here, and answered all the same. */
START_TEST(c22_rcvall_sees_echo_requests_and_answers)
{
    SOCKET s = open_all(FAMILY, FAMILY->us, RCVALL_IPLEVEL);
    struct frame_view view;
    unsigned request = 0, reply = 0;

    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us,
                                      .protocol = (uint8_t)raw_icmp(FAMILY), .text = "ping",
                                      .icmp_type = raw_echo_request(FAMILY)});
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.icmp_type, raw_echo_reply(FAMILY));
    world_set_nonblocking(s);
    for (;;) { /* neighbour discovery may stand between */
        world_receive_into(s, NULL, &received);
        if (received.result != 0)
            break;
        uint8_t type = received.data[raw_header_bytes(FAMILY)];
        request += type == raw_echo_request(FAMILY) && received.bytes >= 12;
        reply += type == raw_echo_reply(FAMILY) && received.bytes >= 12;
    }
    ck_assert_int_eq(received.error, WSAEWOULDBLOCK);
    ck_assert_uint_eq(request, 1);
    ck_assert_uint_eq(reply, 1);
}
END_TEST

START_TEST(c22_rcvall_sees_what_this_host_sends)
{
    SOCKET udp = world_socket(FAMILY->us, NULL);
    struct frame_view view;
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->peer, 7777, &name);

    /* The neighbour is resolved first, so that its discovery is not among what is seen. */
    ck_assert_int_eq(sendto(udp, "one", 3, 0, (struct sockaddr *)&name, bytes), 3);
    world_next_sent(0, &view);
    SOCKET s = open_all(FAMILY, FAMILY->us, RCVALL_IPLEVEL);
    SOCKET other = open_all(FAMILY, FAMILY->us_second, RCVALL_ON);
    world_set_nonblocking(s);
    world_set_nonblocking(other);
    ck_assert_int_eq(sendto(udp, "two", 3, 0, (struct sockaddr *)&name, bytes), 3);
    world_receive(s, &received);
    assert_udp(FAMILY, "two");
    world_assert_name(&received, FAMILY->us, 0);
    world_assert_empty(s);
    world_assert_empty(other);
}
END_TEST

START_TEST(c22_rcvall_on_loopback_sees_each_packet_once)
{
    SOCKET s = open_all(FAMILY, FAMILY->loopback, RCVALL_ON);
    SOCKET udp = world_socket(FAMILY->loopback, NULL);
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);

    ck_assert_int_eq(getsockname(udp, (struct sockaddr *)&name, &bytes), 0);
    ck_assert_int_eq(sendto(udp, "self", 4, 0, (struct sockaddr *)&name, bytes), 4);
    world_receive(s, &received);
    assert_udp(FAMILY, "self");
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c22_rcvall_off_ends_it)
{
    SOCKET s = open_all(FAMILY, FAMILY->us, RCVALL_ON);
    uint16_t port;
    SOCKET udp = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;

    (void)udp;
    ck_assert_int_eq(receive_all(s, RCVALL_SOCKETLEVELONLY), 0); /* no effect */
    deliver(FAMILY, port, "seen");
    world_receive(s, &received);
    assert_udp(FAMILY, "seen");
    ck_assert_int_eq(receive_all(s, RCVALL_OFF), 0);
    deliver(FAMILY, port, "not seen");
    world_settle(&stats);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c22_rcvall_sees_fragments_one_by_one)
{
    SOCKET s = open_all(FAMILY, FAMILY->us, RCVALL_ON);
    static uint8_t payload[2000];
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .protocol = RAW_PROTOCOL,
                              .id = 7, .payload = payload, .payload_bytes = sizeof(payload)};
    struct frame_list list;

    world_pattern(payload, sizeof(payload), 3);
    frame_fragments(&spec, 1000, &list);
    for (size_t i = 0; i < list.count; i++) {
        memlink_push(world.link[0], &list.frames[i]);
        world_receive(s, &received);
        ck_assert_uint_eq(received.bytes, raw_header_bytes(FAMILY) + 1000);
        ck_assert_mem_eq(received.data + raw_header_bytes(FAMILY), payload + i * 1000, 1000);
    }
    frame_list_free(&list);
}
END_TEST

/* The guard judges as ever; what cannot be described is not shown either. */
static const struct {
    const char *what;
    bool shown;
    struct frame_spec spec;
} odd[] = {
    {"IPv4 checksum", true, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_checksum_xor = 1}},
    {"martian", true, {.src = "127.0.0.1", .dst = "192.0.2.1"}},
    {"another host", true, {.src = "192.0.2.9", .dst = "203.0.113.1"}},
    {"IPv4 too long", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_length_add = 1}},
    {"IPv4 too short", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_length_add = -20}},
    {"IPv4 version", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_version_add = 1}},
    {"IPv4 header", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_header_words_add = -1}},
    {"IPv4 header out", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .ip_header_words_add = 9}},
    {"IPv4 cut", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .cut_bytes = 20}},
    {"IPv4 gone", false, {.src = "192.0.2.9", .dst = "192.0.2.1", .cut_bytes = 31}},
    {"IPv6 too long", false, {.src = "2001:db8::9", .dst = "2001:db8::1", .ip_length_add = 1}},
    {"IPv6 cut", false, {.src = "2001:db8::9", .dst = "2001:db8::1", .cut_bytes = 20}},
    {"IPv6 version", false, {.src = "2001:db8::9", .dst = "2001:db8::1", .ip_version_add = -2}},
    {"IPv6 mapped", false, {.src = "::ffff:192.0.2.9", .dst = "2001:db8::1"}},
};

START_TEST(c22_rcvall_and_damaged_packets)
{
    bool v4 = strchr(odd[_i].spec.dst, ':') == NULL;
    const struct world_family *family = &world_families[v4 ? 0 : 1];
    SOCKET s = open_all(family, family->us, RCVALL_ON);
    struct frame_spec spec = odd[_i].spec;
    struct winlwip_stats stats;

    spec.text = "odd";
    spec.dst_port = 9;
    world_set_nonblocking(s);
    for (unsigned pass = 0; pass < 2; pass++) {
        if (pass == 1)
            memcpy(spec.dst_mac, stranger_mac, 6);
        world_inject(&spec);
        world_settle(&stats);
        world_receive_into(s, NULL, &received);
        ck_assert_msg((received.result == 0) == odd[_i].shown, "%s, pass %u", odd[_i].what, pass);
    }
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], odd[_i].shown ? 2 : 0);
}
END_TEST

/* A local sender leaves the UDP checksum to hardware: whoever looks at the packet sees it done. */
START_TEST(c22_checksums_are_complete)
{
    static struct frame complete, pending;
    size_t ip = 14, header = FAMILY->af == AF_INET ? 20 : 40;
    uint16_t port;
    SOCKET s[] = {world_socket(FAMILY->us, &port), raw_open(FAMILY->af, IPPROTO_UDP, FAMILY->us),
                  INVALID_SOCKET};
    struct winlwip_stats stats;

    for (unsigned pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            s[2] = open_all(FAMILY, FAMILY->us, RCVALL_ON);
        }
        frame_build(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                         .text = "pending"}, &complete);
        pending = complete;
        frame_leave_sum(&pending, ip + header, 6);
        memlink_push_described(world.link[0], &(struct link_frame){
            .data = pending.data, .bytes = (uint32_t)pending.bytes,
            .original_bytes = (uint32_t)pending.bytes, .flags = LINK_FRAME_SUM_PENDING});
        world_settle(&stats);
        world_receive(s[0], &received);
        world_assert_text(&received, "pending");
        for (unsigned i = 1; i <= pass + 1; i++) {
            size_t hidden = FAMILY->af == AF_INET ? 0 : header; /* raw IPv6 shows no header */
            world_receive(s[i], &received);
            world_assert_payload(&received, complete.data + ip + hidden,
                                 complete.bytes - ip - hidden);
        }
    }
}
END_TEST

Suite *suite_contract_rcvall(void)
{
    Suite *suite = suite_create("rcvall");
    TCase *tcase = tcase_create("rcvall");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, c22_rcvall_errors, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_sees_what_arrives, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_on_sees_other_stations, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_sees_echo_requests_and_answers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_sees_what_this_host_sends, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_on_loopback_sees_each_packet_once, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_off_ends_it, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_sees_fragments_one_by_one, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_rcvall_and_damaged_packets, 0, sizeof(odd) / sizeof(odd[0]));
    tcase_add_loop_test(tcase, c22_checksums_are_complete, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
