/*
 * test_raw_send.c - raw sockets send: built headers and brought ones, checksums, to ourselves (C22,
 * WB 6.21, 7.8, 16), and the options and rights that only they have.
 */
#include "tests/contract/raw.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct received received;
static uint8_t payload[70000];

/* --- built headers --- */

START_TEST(c22_a_raw_packet_as_it_leaves)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    struct frame_view view;

    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, 41);
    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TOS : IPV6_TCLASS, 0x28);
    ck_assert_int_eq(raw_send(s, FAMILY->peer, "hello", 5), 5);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, FAMILY->us);
    ck_assert_str_eq(view.dst, FAMILY->peer);
    ck_assert_uint_eq(view.protocol, RAW_PROTOCOL);
    ck_assert_uint_eq(view.ttl, 41);
    ck_assert_uint_eq(view.tos, 0x28);
    ck_assert_uint_eq(view.ip_payload_bytes, 5);
    ck_assert_mem_eq(view.ip_payload, "hello", 5);
}
END_TEST

/* A socket that sent is bound: the answer is heard. */
START_TEST(c22_a_send_binds)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);

    ck_assert_int_eq(raw_send(s, FAMILY->peer, "ask", 3), 3);
    raw_inject(FAMILY, RAW_PROTOCOL, "answer");
    world_receive(s, &received);
    raw_assert_text(&received, FAMILY, "answer");
}
END_TEST

START_TEST(c22_c67_send_and_connect)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    struct frame_view view;

    world_fails(send(s, "x", 1, 0), WSAENOTCONN);
    raw_connect(s, FAMILY->peer);
    ck_assert_int_eq(send(s, "hello", 5, 0), 5);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.dst, FAMILY->peer);
}
END_TEST

START_TEST(c22_control_messages_of_a_raw_send)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    char control[WSA_CMSG_SPACE(sizeof(INT))] __attribute__((aligned(8))) = {0};
    WSACMSGHDR *header = (WSACMSGHDR *)control;
    SOCKADDR_STORAGE name;
    char text[] = "hello";
    WSABUF buffer = {.len = 5, .buf = text};
    WSAMSG message = {.name = (LPSOCKADDR)&name,
                      .namelen = world_name(FAMILY->peer, 0, &name),
                      .lpBuffers = &buffer, .dwBufferCount = 1,
                      .Control = {.len = sizeof(control), .buf = control}};
    struct frame_view view;
    INT ttl = 7;
    DWORD bytes;

    header->cmsg_len = WSA_CMSG_LEN(sizeof(INT));
    header->cmsg_level = FAMILY->level;
    header->cmsg_type = FAMILY->ttl_type;
    memcpy(WSA_CMSG_DATA(header), &ttl, sizeof(ttl));
    ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 5);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.ttl, 7);
}
END_TEST

START_TEST(c22_large_raw_packets_are_fragmented)
{
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    static uint8_t seen[8000];
    struct frame_view view;
    size_t done = 0;

    world_pattern(payload, sizeof(seen), 5);
    ck_assert_int_eq(raw_send(s, FAMILY->peer, payload, sizeof(seen)), sizeof(seen));
    while (done < sizeof(seen)) {
        world_next_sent(0, &view);
        ck_assert(view.fragment);
        ck_assert_uint_le(view.offset + view.ip_payload_bytes, sizeof(seen));
        memcpy(seen + view.offset, view.ip_payload, view.ip_payload_bytes);
        done += view.ip_payload_bytes;
    }
    ck_assert_mem_eq(seen, payload, sizeof(seen));
}
END_TEST

START_TEST(c22_sizes_of_raw_packets)
{
    bool v4 = FAMILY->af == AF_INET;
    SOCKET s = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->loopback);
    size_t largest = v4 ? 65515 : 65495;
    int told, told_bytes = sizeof(told);

    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&told, &told_bytes), 0);
    ck_assert_uint_eq(told, largest);
    world_fails(raw_send(s, FAMILY->loopback, payload, largest + 1), WSAEMSGSIZE);
    world_fails(raw_send(s, FAMILY->loopback, payload, 70000), WSAEMSGSIZE);
    world_pattern(payload, largest, 1);
    ck_assert_int_eq(raw_send(s, FAMILY->loopback, payload, largest), (int)largest);
    world_receive(s, &received);
    raw_assert(&received, FAMILY, RAW_PROTOCOL, payload, largest);
    ck_assert_int_eq(raw_send(s, FAMILY->loopback, payload, 0), 0);
    world_receive(s, &received);
    ck_assert_uint_eq(received.bytes, raw_header_bytes(FAMILY));

    world_set(s, FAMILY->level, v4 ? IP_DONTFRAGMENT : IPV6_DONTFRAG, 1);
    SOCKET wire = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->us);
    world_set(wire, FAMILY->level, v4 ? IP_DONTFRAGMENT : IPV6_DONTFRAG, 1);
    world_fails(raw_send(wire, FAMILY->peer, payload, (v4 ? 1480 : 1460) + 1), WSAEMSGSIZE);
    ck_assert_int_eq(raw_send(wire, FAMILY->peer, payload, v4 ? 1480 : 1460), v4 ? 1480 : 1460);
}
END_TEST

START_TEST(c22_broadcasts_need_permission)
{
    SOCKET s = raw_open(AF_INET, RAW_PROTOCOL, NULL);

    world_fails(raw_send(s, "192.0.2.255", "all", 3), WSAEACCES);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(raw_send(s, "192.0.2.255", "all", 3), 3);
}
END_TEST

START_TEST(c22_raw_ipv6_sockets_do_not_speak_ipv4)
{
    SOCKET s = WSASocketA(AF_INET6, SOCK_RAW, RAW_PROTOCOL, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = world_name("::ffff:192.0.2.1", 0, &name);

    world_track(s);
    world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    world_fails(bind(s, (struct sockaddr *)&name, bytes), WSAEADDRNOTAVAIL);
    world_fails(raw_send(s, "::ffff:192.0.2.9", "no", 2), WSAENETUNREACH);
}
END_TEST

/* --- ping --- */

static size_t make_echo(uint8_t *out, const struct world_family *family, unsigned sequence)
{
    uint16_t sum;

    memset(out, 0, 8);
    out[0] = raw_echo_request(family);
    out[4] = 0x12;
    out[7] = (uint8_t)sequence;
    memcpy(out + 8, "payload of a ping", 17);
    sum = frame_checksum(out, 25, 0);
    if (family->af == AF_INET) /* frame_checksum() gives it in host order */
        out[2] = (uint8_t)(sum >> 8), out[3] = (uint8_t)sum;
    return 25;
}

/* Addresses of our own to ping: loopback, all of 127/8, and that of a link. */
static const char *const own[] = {"127.0.0.1", "127.1.2.3",   "192.0.2.1",
                                  "::1",       "2001:db8::1", "fe80::5eff:fe10:1"};

START_TEST(wb16_1_wb16_2_wb16_3_wb16_4_ping_ourselves)
{
    const struct world_family *family = &world_families[strchr(own[_i], ':') != NULL];
    size_t header = raw_header_bytes(family);
    SOCKET s = raw_open(family->af, raw_icmp(family), NULL);
    uint8_t echo[64];
    char data[64];

    for (unsigned sequence = 1; sequence <= 3; sequence++) {
        size_t bytes = make_echo(echo, family, sequence);
        ck_assert_int_eq(raw_send(s, own[_i], echo, bytes), (int)bytes);
    }
    world_fails(recv(s, data, (int)header + 24, 0), WSAEMSGSIZE);
    for (unsigned sequence = 2; sequence <= 3; sequence++) {
        world_receive(s, &received);
        make_echo(echo, family, sequence);
        echo[0] = raw_echo_reply(family);
        if (family->af == AF_INET)
            ck_assert_uint_eq(frame_checksum(received.data + header, 25, 0), 0);
        memcpy(echo + 2, received.data + header + 2, 2); /* its own checksum */
        raw_assert(&received, family, (uint8_t)raw_icmp(family), echo, 25);
        if (strncmp(own[_i], "fe80:", 5) == 0) {
            ((SOCKADDR_IN6 *)&received.name)->sin6_scope_id = 0; /* C69, tested elsewhere */
        }
        world_assert_name(&received, own[_i], 0);
    }
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* --- checksums over IPv6 --- */

START_TEST(c22_icmpv6_checksums_are_filled_in)
{
    SOCKET s = raw_open(AF_INET6, IPPROTO_ICMPV6, NULL);
    struct frame_view view;
    DWORD offset = 2;

    ck_assert_int_eq(raw_send(s, "2001:db8::9", "\x80\0\xff\xff\0\1\0\1ping!", 13), 13);
    world_next_sent(0, &view); /* which verifies the checksum */
    ck_assert_uint_eq(view.icmp_type, 128);
    world_fails(raw_send(s, "2001:db8::9", "\x80\0\0", 3), WSAEINVAL);
    world_fails(setsockopt(s, IPPROTO_IPV6, IPV6_CHECKSUM, (char *)&offset, sizeof(offset)),
                WSAEINVAL);
}
END_TEST

/* The checksum of a packet as the peer would compute it. */
static uint16_t sum6(const char *src, const char *dst, const uint8_t *data, size_t bytes)
{
    uint8_t whole[128] = {0};

    frame_address(src, whole);
    frame_address(dst, whole + 16);
    whole[35] = (uint8_t)bytes;
    whole[39] = RAW_PROTOCOL;
    memcpy(whole + 40, data, bytes);
    return frame_checksum(whole, 40 + bytes, 0);
}

START_TEST(c22_ipv6_checksum_at_an_offset)
{
    SOCKET s = raw_open(AF_INET6, RAW_PROTOCOL, "2001:db8::1");
    struct frame_view view;
    DWORD offset = 0;
    int bytes = sizeof(offset);
    uint8_t data[11] = "checked";
    struct winlwip_stats stats;

    ck_assert_int_eq(getsockopt(s, IPPROTO_IPV6, IPV6_CHECKSUM, (char *)&offset, &bytes), 0);
    ck_assert_uint_eq(offset, 0xffffffffu);
    offset = 3;
    world_fails(setsockopt(s, IPPROTO_IPV6, IPV6_CHECKSUM, (char *)&offset, sizeof(offset)),
                WSAEINVAL);
    world_set(s, IPPROTO_IPV6, IPV6_CHECKSUM, 8);
    world_fails(raw_send(s, "2001:db8::9", data, 9), WSAEINVAL);
    ck_assert_int_eq(raw_send(s, "2001:db8::9", data, sizeof(data)), sizeof(data));
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.ip_payload_bytes, sizeof(data));
    ck_assert_uint_eq(sum6(view.src, view.dst, view.ip_payload, sizeof(data)), 0);

    /* What comes in is verified: good ones come, others do not. */
    struct frame_spec spec = {.src = view.dst, .dst = view.src, .protocol = RAW_PROTOCOL,
                              .payload = data, .payload_bytes = sizeof(data)};
    memcpy(data, view.ip_payload, sizeof(data));
    world_inject(&spec);
    world_receive(s, &received);
    world_assert_payload(&received, data, sizeof(data));
    data[0] ^= 1;
    world_inject(&spec);
    world_settle(&stats);
    world_set_nonblocking(s);
    world_assert_empty(s);
    world_set(s, IPPROTO_IPV6, IPV6_CHECKSUM, 0xffffffffu);
    world_inject(&spec);
    world_settle(&stats);
    world_receive(s, &received);
}
END_TEST

/* --- options and rights --- */

START_TEST(wb6_21_wb16_5_hdrincl_is_for_raw_sockets)
{
    SOCKET raw = raw_open(FAMILY->af, RAW_PROTOCOL, NULL);
    SOCKET udp = world_socket(FAMILY->any, NULL);
    SOCKET tcp = WSASocketA(FAMILY->af, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
    int levels[] = {FAMILY->level, IPPROTO_IP};

    world_track(tcp);
    for (unsigned i = 0; i < 2; i++) {
        DWORD value = 0x55;
        int bytes = sizeof(value);

        ck_assert_int_eq(getsockopt(raw, levels[i], IP_HDRINCL, (char *)&value, &bytes), 0);
        ck_assert_uint_eq(value, i == 1 && levels[0] == levels[1]);
        world_set(raw, levels[i], IP_HDRINCL, 7);
        ck_assert_int_eq(getsockopt(raw, levels[i], IP_HDRINCL, (char *)&value, &bytes), 0);
        ck_assert_uint_eq(value, 1);
        value = 0x55;
        world_fails(getsockopt(udp, levels[i], IP_HDRINCL, (char *)&value, &bytes), WSAEINVAL);
        world_fails(getsockopt(tcp, levels[i], IP_HDRINCL, (char *)&value, &bytes), WSAEINVAL);
        ck_assert_uint_eq(value, 0x55);
        world_fails(setsockopt(udp, levels[i], IP_HDRINCL, (char *)&value, bytes), WSAEINVAL);
        world_fails(setsockopt(tcp, levels[i], IP_HDRINCL, (char *)&value, bytes), WSAEINVAL);
    }
}
END_TEST

START_TEST(wb7_8_what_a_raw_socket_says_of_itself)
{
    SOCKET s = raw_open(AF_INET, IPPROTO_ICMP, NULL);
    WSAPROTOCOL_INFOA info;
    int type, bytes = sizeof(type);

    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &bytes), 0);
    ck_assert_int_eq(type, SOCK_RAW);
    bytes = sizeof(info);
    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &bytes), 0);
    ck_assert_int_eq(info.iSocketType, SOCK_RAW);
    ck_assert_int_eq(info.iAddressFamily, AF_INET);
    ck_assert_int_eq(info.iMaxSockAddr, 16);
    ck_assert_int_eq(info.iMinSockAddr, 16);
    ck_assert_int_eq(info.iProtocol, 0);
    ck_assert_int_eq(info.iProtocolMaxOffset, 255);
    ck_assert_uint_eq(info.dwProviderFlags, PFL_MATCHES_PROTOCOL_ZERO | PFL_HIDDEN);
    ck_assert_uint_eq(info.dwServiceFlags1, XP1_IFS_HANDLES | XP1_SUPPORT_BROADCAST |
                                                XP1_SUPPORT_MULTIPOINT | XP1_MESSAGE_ORIENTED |
                                                XP1_CONNECTIONLESS);
}
END_TEST

static const struct {
    int family, type, protocol, error;
} kinds[] = {
    {AF_INET, SOCK_RAW, IPPROTO_ICMP, 0},
    {AF_INET, SOCK_RAW, IPPROTO_TCP, 0},
    {AF_INET, SOCK_RAW, 0, 0},
    {AF_INET6, SOCK_RAW, 0, 0},
    {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, 0},
    {AF_UNSPEC, 0, IPPROTO_RAW, 0},
    {AF_INET, SOCK_RAW, 256, WSAEPROTONOSUPPORT},
    {AF_INET, SOCK_RAW, -1, WSAEPROTONOSUPPORT},
    {AF_UNSPEC, SOCK_RAW, 0, WSAEINVAL},
    {99, SOCK_RAW, IPPROTO_ICMP, WSAEAFNOSUPPORT},
};

START_TEST(wb7_8_kinds_of_raw_sockets)
{
    WSASetLastError(1);
    SOCKET s = WSASocketA(kinds[_i].family, kinds[_i].type, kinds[_i].protocol, NULL, 0, 0);

    ck_assert_int_eq(WSAGetLastError(), kinds[_i].error);
    ck_assert_int_eq(s == INVALID_SOCKET, kinds[_i].error != 0);
    if (s != INVALID_SOCKET)
        world_track(s);
}
END_TEST

/* Takes CAP_NET_RAW off this process, which each test has for itself. */
static bool drop_net_raw(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
    bool had = (data[0].effective & CAP_TO_MASK(CAP_NET_RAW)) != 0;
    data[0].effective &= ~CAP_TO_MASK(CAP_NET_RAW);
    ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
    return had;
}

START_TEST(wb7_8_raw_sockets_for_administrators)
{
    struct winlwip_config config = {.raw_admin = _i == 1};
    WSADATA data;
    SOCKET s;

    ck_assert_int_eq(winlwip_configure(&config), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    s = WSASocketA(AF_INET, SOCK_RAW, IPPROTO_ICMP, NULL, 0, 0);
    if (drop_net_raw())
        ck_assert(s != INVALID_SOCKET);
    s = WSASocketA(AF_INET, SOCK_RAW, IPPROTO_ICMP, NULL, 0, 0);
    ck_assert_int_eq(WSAGetLastError(), config.raw_admin ? WSAEACCES : 0);
    ck_assert_int_eq(s == INVALID_SOCKET, config.raw_admin);
    s = WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
    ck_assert(s != INVALID_SOCKET);
    ck_assert_int_eq(WSACleanup(), 0);
}
END_TEST

Suite *suite_contract_raw_send(void)
{
    Suite *suite = suite_create("raw_send");
    TCase *tcase = tcase_create("raw_send"), *rights = tcase_create("raw_rights");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c22_a_raw_packet_as_it_leaves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_a_send_binds, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_c67_send_and_connect, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_control_messages_of_a_raw_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_large_raw_packets_are_fragmented, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_sizes_of_raw_packets, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_broadcasts_need_permission);
    tcase_add_test(tcase, c22_raw_ipv6_sockets_do_not_speak_ipv4);
    tcase_add_loop_test(tcase, wb16_1_wb16_2_wb16_3_wb16_4_ping_ourselves, 0,
                        sizeof(own) / sizeof(own[0]));
    tcase_add_test(tcase, c22_icmpv6_checksums_are_filled_in);
    tcase_add_test(tcase, c22_ipv6_checksum_at_an_offset);
    tcase_add_loop_test(tcase, wb6_21_wb16_5_hdrincl_is_for_raw_sockets, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb7_8_what_a_raw_socket_says_of_itself);
    tcase_add_loop_test(tcase, wb7_8_kinds_of_raw_sockets, 0, sizeof(kinds) / sizeof(kinds[0]));
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(rights, wb7_8_raw_sockets_for_administrators, 0, 2);
    suite_add_tcase(suite, rights);
    return suite;
}
