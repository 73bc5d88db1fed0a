/*
 * test_icmp_strangers.c - ICMP errors about nothing that a socket can have sent (C38), and whose
 * they are when several sockets can have.
 */
#include "tests/contract/quote.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define UNMATCHED WINLWIP_FATE_DROP_ICMP_UNMATCHED
#define LATER_PIECE \
    .offset = 8, .fragment = true, .payload = second_piece, .payload_bytes = sizeof(second_piece)
#define TCP_START \
    .protocol = FRAME_TCP, .payload = "\x1e\x61\x1e\x61\0\0\0\0\0\0\0\0", .payload_bytes = 12

/* A payload that would be a UDP header of ours; behind the real one a later fragment begins so. */
static uint8_t second_piece[24];

static void fill_second_piece(uint16_t port)
{
    second_piece[0] = (uint8_t)(port >> 8);
    second_piece[1] = (uint8_t)port;
    second_piece[2] = QUOTE_PORT >> 8;
    second_piece[3] = QUOTE_PORT & 255;
}

/* What is wrong with an error; ports: of the quoted packet, added to the right ones. */
static const struct {
    const char *what;
    enum winlwip_fate fate;
    int source_port_add;
    struct frame_spec change[WORLD_FAMILIES], outer[WORLD_FAMILIES];
} strangers[] = {
    {"another port", UNMATCHED, .source_port_add = 1},
    {"another source", UNMATCHED, .change = {{.src = "192.0.2.77"}, {.src = "2001:db8::77"}}},
    {"our other address", UNMATCHED, .change = {{.src = "198.51.100.1"}, {.src = "2001:db8:2::1"}}},
    {"to our other address", UNMATCHED,
     .change = {{.src = "198.51.100.1"}, {.src = "2001:db8:2::1"}},
     .outer = {{.dst = "198.51.100.1"}, {.dst = "2001:db8:2::1"}}},
    {"another protocol", UNMATCHED, .change = {{TCP_START}, {TCP_START}}},
    {"a later fragment", UNMATCHED,
     .change = {{LATER_PIECE}, {LATER_PIECE}}},
    {"to a group", UNMATCHED, .change = {{.dst = "239.1.2.3"}, {.dst = "ff15::1234"}}},
    {"version", UNMATCHED, .change = {{.ip_version_add = 1}, {.ip_version_add = 1}}},
    {"header that is too short", UNMATCHED,
     .change = {{.ip_header_words_add = -1}, {.ip_version_add = -2}}},
    {"quote without ports", UNMATCHED, .outer = {{.payload_bytes = 27}, {.payload_bytes = 47}}},
    {"half an IP header", UNMATCHED, .outer = {{.payload_bytes = 19}, {.payload_bytes = 39}}},
    {"checksum", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     .outer = {{.transport_checksum_xor = 1}, {.transport_checksum_xor = 1}}},
};

START_TEST(c38_strangers)
{
    unsigned row = (unsigned)_i / WORLD_FAMILIES, which = (unsigned)_i % WORLD_FAMILIES;
    const struct world_family *family = &world_families[which];
    struct quote_spec spec = {
        .family = family, QUOTE_PORT_UNREACHABLE(family),
        .change = strangers[row].change[which], .outer = strangers[row].outer[which]};
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);
    uint64_t before;

    quote_provoke(s, family);
    fill_second_piece(port);
    spec.port = (uint16_t)(port + strangers[row].source_port_add);
    before = quote_fate(strangers[row].fate);
    quote_inject(&spec);
    ck_assert_msg(quote_fate(strangers[row].fate) == before + 1, "%s", strangers[row].what);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c38_a_socket_that_sent_nothing)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    quote_refuse(FAMILY, port);
    ck_assert_uint_eq(quote_fate(WINLWIP_FATE_DROP_ICMP_UNMATCHED), 1);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* A connected socket hears of its peer alone: address and port count. */
START_TEST(c38_connected_to_another_peer)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->peer, QUOTE_PORT, &name);
    struct frame_view view;

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
    world_next_sent(0, &view);
    world_set_nonblocking(s);
    quote_inject(&(struct quote_spec){.family = FAMILY, .port = port,
                                      QUOTE_PORT_UNREACHABLE(FAMILY),
                                      .change = {.dst = FAMILY->other_peer}});
    quote_inject(&(struct quote_spec){.family = FAMILY, .port = port,
                                      QUOTE_PORT_UNREACHABLE(FAMILY),
                                      .change = {.dst_port = QUOTE_PORT + 1}});
    ck_assert_uint_eq(quote_fate(WINLWIP_FATE_DROP_ICMP_UNMATCHED), 2);
    world_assert_empty(s);
}
END_TEST

/* Binds with SO_REUSEADDR. */
static SOCKET open_shared(const struct world_family *family, uint16_t port)
{
    SOCKET s = WSASocketA(family->af, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(family->us, port, &name);

    world_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, name_bytes), 0);
    world_set_nonblocking(s);
    return s;
}

/* Of sockets that share a port, all that can have sent are told, or those that are connected. */
START_TEST(c38_c35_shared_port)
{
    uint16_t port;
    SOCKET free_port = world_socket(FAMILY->us, &port), all[3];
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->peer, QUOTE_PORT, &name);

    ck_assert_int_eq(closesocket(free_port), 0);
    for (size_t i = 0; i < COUNT(all); i++) {
        all[i] = open_shared(FAMILY, port);
    }
    quote_provoke(all[0], FAMILY);
    quote_provoke(all[1], FAMILY);
    quote_refuse(FAMILY, port);
    (void)quote_fate(WINLWIP_FATE_DELIVERED);
    quote_expect_error(all[0], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    quote_expect_error(all[1], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    world_assert_empty(all[2]);

    ck_assert_int_eq(connect(all[1], (struct sockaddr *)&name, name_bytes), 0);
    quote_refuse(FAMILY, port);
    (void)quote_fate(WINLWIP_FATE_DELIVERED);
    world_assert_empty(all[0]);
    quote_expect_error(all[1], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    for (size_t i = 0; i < COUNT(all); i++) {
        ck_assert_int_eq(closesocket(all[i]), 0);
    }
}
END_TEST

Suite *suite_contract_icmp_strangers(void)
{
    Suite *suite = suite_create("icmp_strangers");
    TCase *tcase = tcase_create("icmp_strangers");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, c38_strangers, 0, COUNT(strangers) * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c38_a_socket_that_sent_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c38_connected_to_another_peer, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c38_c35_shared_port, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
