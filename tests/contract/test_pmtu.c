/*
 * test_pmtu.c - path MTUs, and the options that bound a datagram's packets: IP_DONTFRAGMENT,
 * IP_MTU_DISCOVER, IP_MTU, IP_USER_MTU and their IPv6 twins (winsock-facts 4.3-4.5).
 */
#include "tests/contract/quote.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LINK_MTU 1500

static char data[4000];

struct options {
    int dont_fragment, discover, mtu, user_mtu;
};

static const struct options *options_of(const struct world_family *family)
{
    static const struct options four = {IP_DONTFRAGMENT, IP_MTU_DISCOVER, IP_MTU, IP_USER_MTU},
                                six = {IPV6_DONTFRAG, IPV6_MTU_DISCOVER, IPV6_MTU, IPV6_USER_MTU};

    return family->af == AF_INET ? &four : &six;
}

/* Opens a socket on our first address, connected to the peer's QUOTE_PORT. */
static SOCKET open_connected(const struct world_family *family, uint16_t *port)
{
    SOCKET s = world_socket(family->us, port);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(family->peer, QUOTE_PORT, &name);

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    quote_provoke(s, family);
    return s;
}

static DWORD get(SOCKET s, const struct world_family *family, int option)
{
    DWORD value = 0xdeadbeef;
    int length = sizeof(value);

    ck_assert_int_eq(getsockopt(s, family->level, option, (char *)&value, &length), 0);
    ck_assert_int_eq(length, sizeof(value));
    return value;
}

static DWORD path_mtu(SOCKET s, const struct world_family *family)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    return get(s, family, options_of(family)->mtu);
}

/* A router says that a packet of ours with so many bytes was longer than mtu. */
static void too_big(const struct world_family *family, uint16_t port, uint32_t mtu,
                    size_t packet_bytes)
{
    bool v4 = family->af == AF_INET;

    quote_inject(&(struct quote_spec){
        .family = family, .port = port, .type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = mtu,
        .change = {.dont_fragment = true, .payload = data,
                   .payload_bytes = packet_bytes - family->overhead}});
}

/* Sends a datagram whose IP packet has so many bytes. Returns 0 or the error. */
static int send_packet(SOCKET s, const struct world_family *family, size_t packet_bytes)
{
    int bytes = (int)(packet_bytes - family->overhead);
    int result = send(s, data, bytes, 0);

    if (result == SOCKET_ERROR) {
        return WSAGetLastError();
    }
    ck_assert_int_eq(result, bytes);
    return 0;
}

/* Bytes of the IP packet that was sent next, and whether it is a whole datagram. */
static size_t next_packet(const struct world_family *family, bool *whole)
{
    struct frame_view view;
    size_t header = family->af == AF_INET ? 20 : 40;

    world_next_sent(0, &view);
    *whole = !view.fragment;
    if (view.fragment && family->af == AF_INET6) {
        header += 8;
    }
    return view.ip_payload_bytes + header;
}

/* A send of so many bytes must leave in one packet with Don't Fragment as told. */
static void expect_whole(SOCKET s, const struct world_family *family, size_t packet_bytes, bool df)
{
    struct frame_view view;

    ck_assert_int_eq(send_packet(s, family, packet_bytes), 0);
    world_next_sent(0, &view);
    ck_assert(!view.fragment);
    ck_assert_uint_eq(view.ip_payload_bytes + family->overhead - 8, packet_bytes);
    if (family->af == AF_INET) {
        ck_assert(view.dont_fragment == df);
    }
}

/* ... must leave in packets that are as long as mtu allows. */
static void expect_cut(SOCKET s, const struct world_family *family, size_t packet_bytes, size_t mtu)
{
    size_t header = family->af == AF_INET ? 20 : 48, ip = family->af == AF_INET ? 20 : 40;
    size_t piece = (mtu - header) / 8 * 8, left = packet_bytes - ip;
    bool whole;

    ck_assert_int_eq(send_packet(s, family, packet_bytes), 0);
    while (left > piece) {
        ck_assert_uint_eq(next_packet(family, &whole), piece + header);
        ck_assert(!whole);
        left -= piece;
    }
    ck_assert_uint_eq(next_packet(family, &whole), left + header);
}

START_TEST(mtu_of_the_path_shrinks)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);

    ck_assert_uint_eq(path_mtu(s, FAMILY), LINK_MTU);
    too_big(FAMILY, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    expect_whole(s, FAMILY, 1300, false);
    expect_cut(s, FAMILY, 1301, 1300);
    expect_cut(s, FAMILY, 4000, 1300);
}
END_TEST

/* Only the one destination is meant. */
START_TEST(mtu_of_another_path_stays)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->other_peer, QUOTE_PORT, &name);

    too_big(FAMILY, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    ck_assert_uint_eq(path_mtu(s, FAMILY), LINK_MTU);
}
END_TEST

static const struct {
    const char *what;
    uint32_t mtu;
    size_t packet_bytes;
    DWORD four, six; /* path MTU afterwards */
} values[] = {
    {"a smaller one", 1400, 1500, 1400, 1400},
    {"the least of IPv6", 1280, 1500, 1280, 1280},
    {"less than IPv6 has", 1279, 1500, 1279, LINK_MTU},
    {"the least of IPv4", 576, 1500, 576, LINK_MTU},
    {"less than IPv4 has to have", 575, 1500, 576, LINK_MTU},
    {"hardly anything", 68, 1500, 576, LINK_MTU},
    {"an impossible one", 67, 1500, LINK_MTU, LINK_MTU},
    {"none: the next common one", 0, 1500, 1492, LINK_MTU},
    {"none, of a short packet", 0, 1400, 1006, LINK_MTU},
    {"none, of a very short packet", 0, 1000, 576, LINK_MTU},
    {"that of the link", 1500, 1600, LINK_MTU, LINK_MTU},
    {"a larger one", 9000, 9100, LINK_MTU, LINK_MTU},
    {"one that would have let the packet pass", 1400, 1400, LINK_MTU, LINK_MTU},
    {"more than 16 bits", 0x10578, 1500, 1400, LINK_MTU}, /* IPv4: the upper ones are unused */
};

START_TEST(mtu_values)
{
    unsigned row = (unsigned)_i / WORLD_FAMILIES, which = (unsigned)_i % WORLD_FAMILIES;
    const struct world_family *family = &world_families[which];
    uint16_t port;
    SOCKET s = open_connected(family, &port);
    static char payload[9100];

    quote_inject(&(struct quote_spec){
        .family = family, .port = port, .type = which == 0 ? 3 : 2, .code = which == 0 ? 4 : 0,
        .rest = values[row].mtu,
        .change = {.dont_fragment = true, .payload = payload,
                   .payload_bytes = values[row].packet_bytes - family->overhead}});
    ck_assert_msg(path_mtu(s, family) == (which == 0 ? values[row].four : values[row].six),
                  "%s: %u", values[row].what, (unsigned)path_mtu(s, family));
}
END_TEST

START_TEST(mtu_never_grows)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);

    too_big(FAMILY, port, 1300, LINK_MTU);
    too_big(FAMILY, port, 1400, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    expect_cut(s, FAMILY, 1400, 1300);
}
END_TEST

/* A packet without Don't Fragment would have been cut by the router. */
START_TEST(mtu_needs_the_flag_in_ipv4)
{
    const struct world_family *family = &world_families[0];
    uint16_t port;
    SOCKET s = open_connected(family, &port);
    struct winlwip_stats stats;

    quote_inject(&(struct quote_spec){
        .family = family, .port = port, .type = 3, .code = 4, .rest = 1300,
        .change = {.payload = data, .payload_bytes = LINK_MTU - family->overhead}});
    ck_assert_uint_eq(path_mtu(s, family), LINK_MTU);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_ICMP_UNMATCHED], 1);
}
END_TEST

/* C38 for packets too big: another port, and a socket connected elsewhere. */
START_TEST(c38_mtu_of_strangers)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);
    struct winlwip_stats stats;

    too_big(FAMILY, (uint16_t)(port + 1), 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), LINK_MTU);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_ICMP_UNMATCHED], 1);
}
END_TEST

/* No port in it says that this host sent it, even while a raw socket has. */
START_TEST(mtu_of_a_raw_packet)
{
    enum { NOBODYS = 99 };
    bool v4 = FAMILY->af == AF_INET;
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);
    SOCKET raw = WSASocketA(FAMILY->af, SOCK_RAW, NOBODYS, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->peer, 0, &name);
    struct frame_view view;
    struct winlwip_stats stats;

    ck_assert_int_eq(sendto(raw, data, 1400, 0, (struct sockaddr *)&name, name_bytes), 1400);
    world_next_sent(0, &view);
    quote_inject(&(struct quote_spec){
        .family = FAMILY, .port = port, .type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = 1300,
        .change = {.protocol = NOBODYS, .dont_fragment = true, .payload = data,
                   .payload_bytes = 1400}});
    ck_assert_uint_eq(path_mtu(s, FAMILY), LINK_MTU);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_ICMP_UNMATCHED], 1);
    closesocket(raw);
}
END_TEST

/* It says nothing to receive calls. */
START_TEST(c35_mtu_is_no_error_of_a_receive)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);

    too_big(FAMILY, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* The stack's clock is that of the frames: ten minutes later the path is as wide as the link. */
START_TEST(mtu_is_forgotten)
{
    const struct world_options options = {.links = 1, .link = {{.pull = true, .own_clock = true}}};
    static struct frame frame;
    struct link_frame later = {.encapsulation = LINK_ETHERNET};
    uint16_t port;
    SOCKET s;

    world_start(&options);
    s = open_connected(FAMILY, &port);
    too_big(FAMILY, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    for (int64_t minutes = 9; minutes <= 11; minutes += 2) {
        frame_build(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = 9,
                                         .text = "time passes"},
                    &frame);
        later.data = frame.data;
        later.bytes = later.original_bytes = (uint32_t)frame.bytes;
        later.time_ns = minutes * 60 * 1000000000;
        memlink_push_described(world.link[0], &later);
        ck_assert_uint_eq(path_mtu(s, FAMILY), minutes < 10 ? 1300 : LINK_MTU);
    }
}
END_TEST

/* --- what the options make of it --- */

START_TEST(wb6_22_dont_fragment)
{
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);

    ck_assert_uint_eq(get(s, FAMILY, options_of(FAMILY)->dont_fragment), 0);
    expect_whole(s, FAMILY, LINK_MTU, false);
    world_set(s, FAMILY->level, options_of(FAMILY)->dont_fragment, 0xdead);
    ck_assert_uint_eq(get(s, FAMILY, options_of(FAMILY)->dont_fragment), 1);
    expect_whole(s, FAMILY, LINK_MTU, true);
    ck_assert_int_eq(send_packet(s, FAMILY, LINK_MTU + 1), WSAEMSGSIZE);
    too_big(FAMILY, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1300);
    ck_assert_int_eq(send_packet(s, FAMILY, 1301), WSAEMSGSIZE);
    expect_whole(s, FAMILY, 1300, true);
}
END_TEST

/* On a path of 1,300 bytes; 0: cut by that many. */
static const struct {
    DWORD state;
    bool df;
    size_t whole_max; /* longest packet that leaves in one piece */
} states[] = {
    {IP_PMTUDISC_NOT_SET, false, 1300},
    {IP_PMTUDISC_DO, true, 1300},
    {IP_PMTUDISC_DONT, false, LINK_MTU},
    {IP_PMTUDISC_PROBE, true, LINK_MTU},
};

START_TEST(mtu_discovery_states)
{
    unsigned row = (unsigned)_i / WORLD_FAMILIES, which = (unsigned)_i % WORLD_FAMILIES;
    const struct world_family *family = &world_families[which];
    size_t most = states[row].whole_max;
    uint16_t port;
    SOCKET s = open_connected(family, &port);

    too_big(family, port, 1300, LINK_MTU);
    ck_assert_uint_eq(path_mtu(s, family), 1300);
    if (states[row].state != IP_PMTUDISC_NOT_SET) {
        world_set(s, family->level, options_of(family)->discover, states[row].state);
    }
    ck_assert_uint_eq(get(s, family, options_of(family)->discover), states[row].state);
    expect_whole(s, family, most, states[row].df);
    if (states[row].df) {
        ck_assert_int_eq(send_packet(s, family, most + 1), WSAEMSGSIZE);
    } else {
        expect_cut(s, family, most + 1, most);
        expect_cut(s, family, 4000, most);
    }
    /* A bound of the program's own counts in every state. */
    world_set(s, family->level, options_of(family)->user_mtu, 1290);
    expect_whole(s, family, 1290, states[row].df);
    if (states[row].df) {
        ck_assert_int_eq(send_packet(s, family, 1291), WSAEMSGSIZE);
    } else {
        expect_cut(s, family, 1400, 1290);
    }
}
END_TEST

START_TEST(user_mtu)
{
    DWORD least = FAMILY->af == AF_INET ? 576 : 1280;
    uint16_t port;
    SOCKET s = open_connected(FAMILY, &port);
    int option = options_of(FAMILY)->user_mtu;

    ck_assert_uint_eq(get(s, FAMILY, option), IP_UNSPECIFIED_USER_MTU);
    world_set(s, FAMILY->level, option, 9000); /* above the path's: no effect */
    ck_assert_uint_eq(get(s, FAMILY, option), 9000);
    expect_cut(s, FAMILY, LINK_MTU + 1, LINK_MTU);
    world_set(s, FAMILY->level, option, 1); /* below what every path carries: that */
    expect_whole(s, FAMILY, least, false);
    expect_cut(s, FAMILY, 1400, least);
    world_set(s, FAMILY->level, option, IP_UNSPECIFIED_USER_MTU);
    expect_whole(s, FAMILY, LINK_MTU, false);
    ck_assert_uint_eq(path_mtu(s, FAMILY), LINK_MTU);
}
END_TEST

START_TEST(wb6_26_mtu_options)
{
    const struct options *options = options_of(FAMILY);
    SOCKET s = world_socket(FAMILY->us, NULL);
    DWORD value = 0;
    int length = sizeof(value);

    world_fails(getsockopt(s, FAMILY->level, options->mtu, (char *)&value, &length), WSAENOTCONN);
    length = 3;
    world_fails(getsockopt(s, FAMILY->level, options->mtu, (char *)&value, &length), WSAEFAULT);
    value = 1400;
    world_fails(setsockopt(s, FAMILY->level, options->mtu, (const char *)&value, sizeof(value)),
                WSAENOPROTOOPT);
    value = get(s, FAMILY, options->discover);
    ck_assert_uint_eq(value, IP_PMTUDISC_NOT_SET);
    world_fails(setsockopt(s, FAMILY->level, options->discover, (const char *)&value,
                           sizeof(value)),
                WSAEINVAL);
    value = IP_PMTUDISC_MAX;
    world_fails(setsockopt(s, FAMILY->level, options->discover, (const char *)&value,
                           sizeof(value)),
                WSAEINVAL);
    ck_assert_uint_eq(get(s, FAMILY, options->discover), IP_PMTUDISC_NOT_SET);
}
END_TEST

/* A dual-stack socket has options of both versions; the peer's version says which count. */
START_TEST(mtu_options_of_a_dual_stack_socket)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name("::ffff:192.0.2.9", QUOTE_PORT, &name), length = sizeof(DWORD);
    DWORD value;

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    ck_assert_uint_eq(get(s, &world_families[0], IP_MTU), LINK_MTU);
    world_fails(getsockopt(s, IPPROTO_IPV6, IPV6_MTU, (char *)&value, &length), WSAENOTCONN);
    world_set(s, IPPROTO_IPV6, IPV6_USER_MTU, 1280);
    expect_whole(s, &world_families[0], LINK_MTU, false);
    world_set(s, IPPROTO_IP, IP_USER_MTU, 1000);
    expect_cut(s, &world_families[0], 1400, 1000);
}
END_TEST

Suite *suite_contract_pmtu(void)
{
    Suite *suite = suite_create("pmtu");
    TCase *tcase = tcase_create("pmtu"), *replay = tcase_create("pmtu_replay");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, mtu_of_the_path_shrinks, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, mtu_of_another_path_stays, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, mtu_values, 0, COUNT(values) * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, mtu_never_grows, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, mtu_needs_the_flag_in_ipv4);
    tcase_add_loop_test(tcase, c38_mtu_of_strangers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, mtu_of_a_raw_packet, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_mtu_is_no_error_of_a_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb6_22_dont_fragment, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, mtu_discovery_states, 0, COUNT(states) * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, user_mtu, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb6_26_mtu_options, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, mtu_options_of_a_dual_stack_socket);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(replay, NULL, world_teardown);
    tcase_add_loop_test(replay, mtu_is_forgotten, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, replay);
    return suite;
}
