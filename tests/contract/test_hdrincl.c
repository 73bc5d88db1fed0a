/*
 * test_hdrincl.c - raw sockets whose programs bring the IP header (IP_HDRINCL, IPV6_HDRINCL): what
 * the stack fills in, what it refuses, and what it survives when it is sent to this very host.
 */
#include "tests/contract/raw.h"

#include <stdlib.h>

static struct received received;
static uint8_t packet[66000];

static SOCKET open_with_header(const struct world_family *family)
{
    SOCKET s = raw_open(family->af, IPPROTO_RAW, NULL);

    world_set(s, family->level, IP_HDRINCL, 1);
    return s;
}

static size_t header_size(const struct world_family *family)
{
    return family->af == AF_INET ? 20 : 40;
}

/* A header of the family with everything zero that may be; returns its size. */
static size_t put_header(const struct world_family *family, const char *src, const char *dst,
                         uint8_t protocol)
{
    bool v4 = family->af == AF_INET;

    memset(packet, 0, 64);
    packet[0] = v4 ? 0x45 : 0x60;
    packet[v4 ? 8 : 7] = 77;
    packet[v4 ? 9 : 6] = protocol;
    if (src != NULL)
        frame_address(src, packet + (v4 ? 12 : 8));
    frame_address(dst, packet + (v4 ? 16 : 24));
    return header_size(family);
}

START_TEST(c22_a_brought_header_is_completed)
{
    SOCKET s = open_with_header(FAMILY);
    size_t header = put_header(FAMILY, NULL, FAMILY->peer, RAW_PROTOCOL);
    struct frame_view view;

    memcpy(packet + header, "hello", 5);
    ck_assert_int_eq(raw_send(s, FAMILY->peer, packet, header + 5), (int)header + 5);
    world_next_sent(0, &view); /* which verifies lengths and checksum */
    ck_assert_str_eq(view.src, FAMILY->us);
    ck_assert_str_eq(view.dst, FAMILY->peer);
    ck_assert_uint_eq(view.ttl, 77);
    ck_assert_uint_eq(view.protocol, RAW_PROTOCOL);
    ck_assert_uint_eq(view.ip_payload_bytes, 5);
    ck_assert_mem_eq(view.ip_payload, "hello", 5);
}
END_TEST

START_TEST(c22_what_the_program_says_stays)
{
    SOCKET s = open_with_header(FAMILY);
    bool v4 = FAMILY->af == AF_INET;
    size_t header = put_header(FAMILY, FAMILY->other_peer, FAMILY->peer, RAW_PROTOCOL);
    struct frame_view view;

    if (v4) {
        memcpy(packet + 4, "\x12\x34\x40", 3); /* identification, Don't Fragment */
        packet[1] = 0x2c;
        memcpy(packet + 10, "\xff\xff", 2);    /* a checksum that is wrong */
    }
    ck_assert_int_eq(raw_send(s, FAMILY->peer, packet, header + 4), (int)header + 4);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, FAMILY->other_peer);
    if (v4) {
        ck_assert_uint_eq(view.id, 0x1234);
        ck_assert(view.dont_fragment);
        ck_assert_uint_eq(view.tos, 0x2c);
    }
}
END_TEST

START_TEST(c22_an_identification_of_zero_is_filled_in)
{
    SOCKET s = open_with_header(&world_families[0]);
    size_t header = put_header(&world_families[0], NULL, "192.0.2.9", RAW_PROTOCOL);
    struct frame_view view;
    uint32_t first;

    ck_assert_int_eq(raw_send(s, "192.0.2.9", packet, header + 1), (int)header + 1);
    ck_assert_int_eq(raw_send(s, "192.0.2.9", packet, header + 1), (int)header + 1);
    world_next_sent(0, &view);
    first = view.id;
    world_next_sent(0, &view);
    ck_assert_uint_ne(view.id, first);
}
END_TEST

START_TEST(c22_options_in_a_brought_header)
{
    SOCKET s = open_with_header(&world_families[0]);
    struct frame_view view;

    put_header(&world_families[0], NULL, "192.0.2.9", RAW_PROTOCOL);
    packet[0] = 0x46;
    memset(packet + 20, 1, 4);
    memcpy(packet + 24, "hello", 5);
    ck_assert_int_eq(raw_send(s, "192.0.2.9", packet, 29), 29);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.ip_payload_bytes, 5);
    ck_assert_mem_eq(view.ip_payload, "hello", 5);
    world_fails(raw_send(s, "192.0.2.9", packet, 2000), WSAEMSGSIZE); /* not in pieces */
}
END_TEST

/* A packet longer than the MTU goes out in pieces, unless its header forbids it. */
START_TEST(c22_a_long_packet_with_its_header)
{
    SOCKET s = open_with_header(FAMILY);
    size_t header = put_header(FAMILY, NULL, FAMILY->peer, RAW_PROTOCOL);
    size_t bytes = 4000, done = 0;
    struct frame_view view;

    ck_assert_int_eq(raw_send(s, FAMILY->peer, packet, header + bytes), (int)(header + bytes));
    while (done < bytes) {
        world_next_sent(0, &view);
        ck_assert(view.fragment);
        done += view.ip_payload_bytes;
    }
    ck_assert_uint_eq(done, bytes);
    if (FAMILY->af == AF_INET) {
        packet[6] = 0x40;
        world_fails(raw_send(s, FAMILY->peer, packet, header + bytes), WSAEMSGSIZE);
    }
    world_fails(raw_send(s, FAMILY->peer, packet, 65536), WSAEMSGSIZE);
}
END_TEST

/* Headers that contradict themselves or the length of the send. */
static const struct {
    unsigned family;
    uint8_t first; /* byte of the header */
    int bytes;     /* of the send */
} bad[] = {
    {0, 0x45, 0},  {0, 0x45, 1},  {0, 0x45, 19}, {0, 0x44, 40}, {0, 0x40, 40}, {0, 0x46, 20},
    {0, 0x4f, 59}, {0, 0x55, 40}, {0, 0x65, 60}, {0, 0x05, 40}, {1, 0x60, 0},  {1, 0x60, 1},
    {1, 0x60, 39}, {1, 0x45, 60}, {1, 0x00, 60}, {1, 0xf0, 60},
};

START_TEST(c22_bad_headers_are_refused)
{
    const struct world_family *family = &world_families[bad[_i].family];
    SOCKET s = open_with_header(family);
    struct frame_view view;
    struct winlwip_stats stats;

    put_header(family, NULL, family->peer, RAW_PROTOCOL);
    packet[0] = bad[_i].first;
    world_fails(raw_send(s, family->peer, packet, (size_t)bad[_i].bytes), WSAEINVAL);
    ck_assert(!world_next_sent_within(0, &view, 10));
    world_settle(&stats);
    ck_assert_uint_eq(stats.datagrams_sent, 0);
}
END_TEST

START_TEST(c22_a_broadcast_in_the_header_needs_permission)
{
    SOCKET s = open_with_header(&world_families[0]);
    size_t header = put_header(&world_families[0], NULL, "192.0.2.255", RAW_PROTOCOL);

    world_fails(raw_send(s, "192.0.2.9", packet, header + 1), WSAEACCES);
}
END_TEST

START_TEST(c22_a_brought_header_to_ourselves)
{
    SOCKET s = open_with_header(FAMILY);
    SOCKET hears = raw_open(FAMILY->af, RAW_PROTOCOL, FAMILY->any);
    size_t header = put_header(FAMILY, NULL, FAMILY->loopback, RAW_PROTOCOL);

    memcpy(packet + header, "inside", 6);
    ck_assert_int_eq(raw_send(s, FAMILY->loopback, packet, header + 6), (int)header + 6);
    world_receive(hears, &received);
    raw_assert_text(&received, FAMILY, "inside");
    world_assert_name(&received, FAMILY->loopback, 0);
}
END_TEST

/* --- what must do no harm on the way round --- */

static void loop_back(const struct world_family *family, SOCKET s, size_t bytes)
{
    ck_assert_int_eq(raw_send(s, family->loopback, packet, bytes), (int)bytes);
}

START_TEST(c22_fragments_to_ourselves)
{
    const struct world_family *family = &world_families[0];
    SOCKET s = open_with_header(family);
    SOCKET hears = raw_open(family->af, RAW_PROTOCOL, family->any);
    size_t header = put_header(family, "127.0.0.1", family->loopback, RAW_PROTOCOL);
    struct winlwip_stats stats;

    memcpy(packet + 4, "\x12\x34\x20", 3); /* more fragments */
    memcpy(packet + header, "01234567", 8);
    loop_back(family, s, header + 8);
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_held, 1);
    memcpy(packet + 4, "\x12\x34\x00\x01", 4); /* the rest, at byte 8 */
    memcpy(packet + header, "rest", 4);
    loop_back(family, s, header + 4);
    world_receive(hears, &received);
    raw_assert_text(&received, family, "01234567rest");
    /* And ones that lie: too far out, of no bytes. They end in the guard. */
    memcpy(packet + 6, "\x1f\xff", 2);
    loop_back(family, s, header + 100);
    memcpy(packet + 6, "\x20\x00", 2);
    loop_back(family, s, header);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG], 1);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_IP_MALFORMED], 1);
}
END_TEST

START_TEST(c22_bad_options_to_ourselves)
{
    SOCKET s = open_with_header(&world_families[0]);
    struct winlwip_stats stats;

    put_header(&world_families[0], "127.0.0.1", "127.0.0.1", RAW_PROTOCOL);
    packet[0] = 0x4f;
    memset(packet + 20, 0x83, 40);
    loop_back(&world_families[0], s, 60);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_IP_MALFORMED], 1);
}
END_TEST

/* A forged Packet Too Big with an MTU of 0 would have lwIP fragment for ever. */
START_TEST(c22_packet_too_big_to_ourselves)
{
    SOCKET s = raw_open(AF_INET6, IPPROTO_ICMPV6, NULL);
    uint8_t message[100] = {2};
    struct winlwip_stats stats;

    message[8] = 0x60;
    message[8 + 6] = RAW_PROTOCOL;
    frame_address("2001:db8::1", message + 8 + 8);
    frame_address("2001:db8::9", message + 8 + 24);
    ck_assert_int_eq(raw_send(s, "::1", message, sizeof(message)), sizeof(message));
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED], 1);
    ck_assert_int_eq(raw_send(s, "2001:db8::9", packet, 3000), 3000);
}
END_TEST

/* Every kind of random header and payload, looped: counters balance, nothing breaks. */
/* A UDP datagram that a program wrote counts as one from the network: its checksum is looked at. */
START_TEST(c22_udp_checksums_of_what_programs_wrote)
{
    bool v4 = FAMILY->af == AF_INET;
    SOCKET s = open_with_header(FAMILY);
    uint16_t port;
    SOCKET hears = world_socket(FAMILY->us, &port);
    size_t header = put_header(FAMILY, FAMILY->us, FAMILY->us, IPPROTO_UDP);
    uint8_t *udp = packet + header;

    world_set_nonblocking(hears);
    memcpy(udp, (uint8_t[]){0x10, 0, (uint8_t)(port >> 8), (uint8_t)port, 0, 13, 0, 0}, 8);
    memcpy(udp + 8, "hello", 6); /* and a zero for the last word of the checksum */
    uint32_t pseudo = IPPROTO_UDP + 13;
    size_t addresses = v4 ? 8 : 32;
    for (const uint8_t *at = udp - addresses; at < udp; at += 2)
        pseudo += (uint32_t)at[0] << 8 | at[1];
    uint16_t sum = frame_checksum(udp, 14, pseudo);
    udp[6] = (uint8_t)(sum >> 8);
    udp[7] = (uint8_t)(sum ^ 1);
    ck_assert_int_eq(raw_send(s, FAMILY->us, packet, header + 13), (int)header + 13);
    world_assert_empty(hears);
    udp[7] = (uint8_t)sum;
    ck_assert_int_eq(raw_send(s, FAMILY->us, packet, header + 13), (int)header + 13);
    world_receive(hears, &received);
    world_assert_text(&received, "hello");
}
END_TEST

START_TEST(c22_noise_to_ourselves)
{
    SOCKET s = open_with_header(FAMILY);
    SOCKET hears = raw_open(FAMILY->af, raw_icmp(FAMILY), FAMILY->any);
    struct winlwip_stats stats;
    unsigned seed = 1;

    (void)hears;
    for (unsigned i = 0; i < 3000; i++) {
        size_t header = put_header(FAMILY, FAMILY->loopback, FAMILY->loopback,
                                   (uint8_t)(i % 3 == 0 ? raw_icmp(FAMILY) : rand_r(&seed)));
        size_t bytes = header + (size_t)rand_r(&seed) % 80;

        for (size_t at = header; at < bytes; at++)
            packet[at] = (uint8_t)rand_r(&seed);
        if (i % 2 == 0)
            packet[rand_r(&seed) % header] = (uint8_t)rand_r(&seed);
        raw_send(s, FAMILY->loopback, packet, bytes);
    }
    world_settle(&stats);
    world_assert_balance(&stats);
}
END_TEST

Suite *suite_contract_hdrincl(void)
{
    Suite *suite = suite_create("hdrincl");
    TCase *tcase = tcase_create("hdrincl");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c22_a_brought_header_is_completed, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_what_the_program_says_stays, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_an_identification_of_zero_is_filled_in);
    tcase_add_test(tcase, c22_options_in_a_brought_header);
    tcase_add_loop_test(tcase, c22_a_long_packet_with_its_header, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_bad_headers_are_refused, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, c22_a_broadcast_in_the_header_needs_permission);
    tcase_add_loop_test(tcase, c22_a_brought_header_to_ourselves, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_fragments_to_ourselves);
    tcase_add_test(tcase, c22_bad_options_to_ourselves);
    tcase_add_test(tcase, c22_packet_too_big_to_ourselves);
    tcase_add_loop_test(tcase, c22_udp_checksums_of_what_programs_wrote, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_noise_to_ourselves, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
