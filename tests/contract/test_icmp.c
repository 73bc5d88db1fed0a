/*
 * test_icmp.c - ICMP errors at the receive calls (C35-C38): which error, whose, in what order.
 */
#include "tests/contract/quote.h"

#include <string.h>

#include "config/limits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct received received;

/* Injects a Port Unreachable about what the socket on port sent to the peer. */
static void refuse(const struct world_family *family, uint16_t port)
{
    quote_inject(&(struct quote_spec){
        .family = family, .port = port, QUOTE_PORT_UNREACHABLE(family)});
}

/* One receive that must end with this error and name the peer. */
static void expect_error(SOCKET s, int error, const char *peer, uint16_t peer_port)
{
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, error);
    world_assert_name(&received, peer, peer_port);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    ck_assert_uint_eq(received.data[0], 0xa5);
    ck_assert_uint_eq(received.flags, 0);
    ck_assert_uint_eq(received.control_len, WORLD_CONTROL_BYTES);
}

static void expect_text(SOCKET s, const char *text)
{
    world_receive(s, &received);
    world_assert_text(&received, text);
}

static uint64_t fate_count(enum winlwip_fate fate)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    return stats.fate[fate];
}

START_TEST(c35_port_unreachable_unconnected)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    quote_provoke(s, FAMILY);
    refuse(FAMILY, port);
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    /* Once; and the socket works on in both directions. */
    quote_provoke(s, FAMILY);
    deliver(FAMILY, port, "on");
    expect_text(s, "on");
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c35_port_unreachable_connected)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->peer, QUOTE_PORT, &name);
    struct frame_view view;
    char byte;

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
    world_next_sent(0, &view);
    refuse(FAMILY, port);
    world_fails(recv(s, &byte, 1, 0), WSAECONNRESET);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* Behind an extension header ICMPv6 is found as well. */
START_TEST(c35_behind_extension_headers)
{
    static const struct frame_extension list[] = {
        {.type = FRAME_HOP_BY_HOP}, {.type = FRAME_DESTINATION}};
    const struct world_family *family = &world_families[1];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);

    quote_provoke(s, family);
    for (unsigned skip = 0; skip < COUNT(list); skip++) {
        quote_inject(&(struct quote_spec){
            .family = family, .port = port, QUOTE_PORT_UNREACHABLE(family),
            .outer = {.extensions = list + skip, .extension_count = COUNT(list) - skip}});
        expect_error(s, WSAECONNRESET, family->peer, QUOTE_PORT);
    }
}
END_TEST

/* The first fragment of a datagram carries its ports. */
START_TEST(c35_quoted_first_fragment)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    quote_provoke(s, FAMILY);
    quote_inject(&(struct quote_spec){
        .family = FAMILY, .port = port, QUOTE_PORT_UNREACHABLE(FAMILY),
        .change = {.fragment = true, .more = true, .piece_bytes = 8}});
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
}
END_TEST

START_TEST(c35_dual_stack_names_are_mapped)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);
    struct frame_view view;

    quote_send(s, "::ffff:192.0.2.9", QUOTE_PORT, "x");
    world_next_sent(0, &view);
    refuse(&world_families[0], port);
    expect_error(s, WSAECONNRESET, "::ffff:192.0.2.9", QUOTE_PORT);
}
END_TEST

START_TEST(c35_c69_link_local_peer_has_a_scope)
{
    uint16_t port;
    SOCKET s = world_socket("::", &port);
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(QUOTE_PORT),
                                .sin6_scope_id = WORLD_FIRST_INDEX};
    const struct sockaddr_in6 *got = (const struct sockaddr_in6 *)&received.name;
    struct frame_view view;
    char source[46];

    frame_address("fe80::9", (uint8_t *)&name.sin6_addr);
    ck_assert_int_eq(sendto(s, "x", 1, 0, (struct sockaddr *)&name, sizeof(name)), 1);
    world_next_sent(0, &view);
    strcpy(source, view.src);
    quote_inject(&(struct quote_spec){
        .family = &world_families[1], .port = port, QUOTE_PORT_UNREACHABLE(&world_families[1]),
        .change = {.src = source, .dst = "fe80::9"},
        .outer = {.src = "fe80::9", .dst = source}});
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    ck_assert_mem_eq(&got->sin6_addr, &name.sin6_addr, 16);
    ck_assert_uint_eq(got->sin6_scope_id, WORLD_FIRST_INDEX);
}
END_TEST

/* Every call that gives a name gives that of the peer; one that gives none fails all the same. */
START_TEST(c35_every_receive_call)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE expected, name;
    int name_bytes = world_name(FAMILY->peer, QUOTE_PORT, &expected), length = sizeof(name);
    char byte;
    WSABUF buffer = {.len = 1, .buf = &byte};
    DWORD bytes = 77, flags = 0;

    quote_provoke(s, FAMILY);
    for (int i = 0; i < 5; i++) {
        refuse(FAMILY, port);
    }
    world_fails(recvfrom(s, &byte, 1, 0, (struct sockaddr *)&name, &length), WSAECONNRESET);
    ck_assert_int_eq(length, name_bytes);
    ck_assert_mem_eq(&name, &expected, (size_t)name_bytes);
    length = sizeof(name);
    memset(&name, 0, sizeof(name));
    world_fails(WSARecvFrom(s, &buffer, 1, &bytes, &flags, (struct sockaddr *)&name, &length, NULL,
                            NULL),
                WSAECONNRESET);
    ck_assert_int_eq(length, name_bytes);
    ck_assert_mem_eq(&name, &expected, (size_t)name_bytes);
    world_fails(recv(s, &byte, 1, 0), WSAECONNRESET);
    world_fails(WSARecv(s, &buffer, 1, &bytes, &flags, NULL, NULL), WSAECONNRESET);
    ck_assert_uint_eq(bytes, 77);
    world_receive_into(s, &(struct receive_room){.no_name = true}, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    ck_assert_int_eq(received.namelen, 0);
}
END_TEST

START_TEST(c35_errors_queue_in_order)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    u_long queued = 0;

    quote_provoke(s, FAMILY);
    deliver(FAMILY, port, "one");
    refuse(FAMILY, port);
    refuse(FAMILY, port);
    deliver(FAMILY, port, "two");
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DELIVERED), 2);
    ck_assert_int_eq(ioctlsocket(s, FIONREAD, &queued), 0);
    ck_assert_uint_eq(queued, 6);
    expect_text(s, "one");
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    expect_text(s, "two");
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* An error costs no budget: the largest datagram still finds an empty buffer behind it. */
START_TEST(c35_errors_cost_no_receive_buffer)
{
    static char text[3001];
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    memset(text, 'x', sizeof(text) - 1);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 100);
    quote_provoke(s, FAMILY);
    refuse(FAMILY, port);
    text[1000] = '\0';
    deliver(FAMILY, port, text);
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DELIVERED), 1);
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    expect_text(s, text);
}
END_TEST

START_TEST(c35_an_error_makes_readable)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM};
    char byte;

    quote_provoke(s, FAMILY);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 0);
    refuse(FAMILY, port);
    ck_assert_int_eq(WSAPoll(&entry, 1, WORLD_PATIENCE_MS), 1);
    ck_assert_int_eq(entry.revents, POLLRDNORM);
    world_fails(recv(s, &byte, 1, 0), WSAECONNRESET);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 0);
}
END_TEST

START_TEST(c35_a_waiting_receive_ends)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later;

    quote_provoke(s, FAMILY);
    later = world_later(s, NULL);
    world_later_blocked(later);
    refuse(FAMILY, port);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    world_assert_name(&received, FAMILY->peer, QUOTE_PORT);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

/* A peek shows the error and leaves it. */
START_TEST(c35_c11_a_peek_leaves_the_error)
{
    static const struct receive_room peek = {.flags = MSG_PEEK};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later;

    quote_provoke(s, FAMILY);
    later = world_later(s, &peek);
    world_later_blocked(later);
    refuse(FAMILY, port);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    world_receive_into(s, &peek, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    world_assert_name(&received, FAMILY->peer, QUOTE_PORT);
    expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c35_waiting_errors_are_bounded)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char byte;

    quote_provoke(s, FAMILY);
    for (int i = 0; i < LIMIT_QUEUE_ERRORS + 3; i++) {
        refuse(FAMILY, port);
    }
    deliver(FAMILY, port, "behind");
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DROP_QUEUE_FULL), 3);
    for (int i = 0; i < LIMIT_QUEUE_ERRORS; i++) {
        world_fails(recv(s, &byte, 1, 0), WSAECONNRESET);
    }
    expect_text(s, "behind");
}
END_TEST

/* What no program asks for again is not kept: a receive that was shut down, a closed socket. */
START_TEST(c35_not_after_shutdown)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char byte;

    quote_provoke(s, FAMILY);
    ck_assert_int_eq(shutdown(s, SD_RECEIVE), 0);
    refuse(FAMILY, port);
    ck_assert_uint_eq(fate_count(FAMILY->af == AF_INET ? WINLWIP_FATE_ICMP : WINLWIP_FATE_ICMP6),
                      FAMILY->af == AF_INET ? 1 : 2); /* ICMPv6: the neighbour's answer, too */
    world_fails(recv(s, &byte, 1, 0), WSAESHUTDOWN);
}
END_TEST

/* A port of our own that nobody has, on an address of each kind. */
START_TEST(c35_closed_port_of_our_own)
{
    const char *const addresses[] = {FAMILY->loopback, FAMILY->us};
    uint16_t port, closed;
    SOCKET s = world_socket(FAMILY->any, &port), other = world_socket(FAMILY->any, &closed);

    world_set_nonblocking(s);
    ck_assert_int_eq(closesocket(other), 0);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        quote_send(s, addresses[i], closed, "nobody");
        expect_error(s, WSAECONNRESET, addresses[i], closed);
        world_assert_empty(s);
    }
}
END_TEST

/* We refuse as well: on each address of an interface, and only what was meant for us alone. */
START_TEST(c35_our_own_refusals)
{
    static const struct world_options options = {
        .links = 1, .addresses = {"192.0.2.1/24 192.0.2.2/24 2001:db8::1/64 2001:db8::2/64"}};
    static const struct frame_spec unicasts[] = {
        {.src = "192.0.2.9", .dst = "192.0.2.1"}, {.src = "192.0.2.9", .dst = "192.0.2.2"},
        {.src = "2001:db8::9", .dst = "2001:db8::1"}, {.src = "2001:db8::9", .dst = "2001:db8::2"}};
    static const struct frame_spec others[] = {
        {.src = "192.0.2.9", .dst = "192.0.2.255"}, {.src = "192.0.2.9", .dst = "224.0.0.1"},
        {.src = "192.0.2.9", .dst = "192.0.2.1", .dst_mac = {255, 255, 255, 255, 255, 255}},
        {.src = "2001:db8::9", .dst = "ff02::1"}};
    struct frame_view view;

    world_start(&options);
    for (size_t i = 0; i < COUNT(others); i++) {
        struct frame_spec spec = others[i];

        spec.dst_port = 9;
        world_inject(&spec);
    }
    for (size_t i = 0; i < COUNT(unicasts); i++) {
        struct frame_spec spec = unicasts[i];

        spec.dst_port = 9;
        world_inject(&spec);
        world_next_sent(0, &view);
        ck_assert_str_eq(view.dst, spec.src);
        ck_assert_uint_eq(view.icmp_type, view.family == 4 ? 3 : 1);
        ck_assert_uint_eq(view.icmp_code, view.family == 4 ? 3 : 4);
    }
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DROP_NO_SOCKET), COUNT(others) + COUNT(unicasts));
}
END_TEST

START_TEST(wb2_14_no_send_fails)
{
    uint16_t port, closed;
    SOCKET s = world_socket(FAMILY->any, &port), other = world_socket(FAMILY->any, &closed);
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(FAMILY->loopback, closed, &name);
    WSAPOLLFD entry = {.fd = s, .events = POLLWRNORM};

    ck_assert_int_eq(closesocket(other), 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
    for (int i = 0; i < 10 + 512; i++) {
        if (i == 10) {
            world_set_nonblocking(s);
        }
        ck_assert_int_eq(send(s, "x", 1, 0), 1);
        ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    }
}
END_TEST

/* --- which message is which error --- */

static const struct {
    uint8_t type, code;
    int error; /* 0: nothing is said */
} messages4[] = {
    {3, 0, WSAENETUNREACH},   {3, 1, WSAEHOSTUNREACH},  {3, 2, WSAENETUNREACH},
    {3, 3, WSAECONNRESET},    {3, 4, 0},                {3, 5, WSAEHOSTUNREACH},
    {3, 6, WSAENETUNREACH},   {3, 7, WSAEHOSTUNREACH},  {3, 8, WSAEHOSTUNREACH},
    {3, 9, WSAENETUNREACH},   {3, 10, WSAEHOSTUNREACH}, {3, 11, WSAENETUNREACH},
    {3, 12, WSAEHOSTUNREACH}, {3, 13, WSAEHOSTUNREACH}, {3, 15, WSAEHOSTUNREACH},
    {3, 16, 0},               {4, 0, 0},                {5, 1, 0},
    {11, 0, WSAENETRESET},    {11, 1, 0},               {12, 0, 0},
}, messages6[] = {
    {1, 0, WSAENETUNREACH},   {1, 1, WSAEHOSTUNREACH},  {1, 2, WSAENETUNREACH},
    {1, 3, WSAEHOSTUNREACH},  {1, 4, WSAECONNRESET},    {1, 5, WSAEHOSTUNREACH},
    {1, 6, WSAENETUNREACH},   {1, 7, 0},                {3, 0, WSAENETRESET},
    {3, 1, 0},                {4, 0, 0},                {4, 1, WSAENETUNREACH},
    {4, 2, 0},
};

static void check_message(const struct world_family *family, uint8_t type, uint8_t code, int error)
{
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);

    quote_provoke(s, family);
    quote_inject(&(struct quote_spec){.family = family, .port = port, .type = type, .code = code});
    deliver(family, port, "behind");
    if (error != 0) {
        expect_error(s, error, family->peer, QUOTE_PORT);
    }
    expect_text(s, "behind");
}

START_TEST(c35_c36_messages_of_icmp)
{
    check_message(&world_families[0], messages4[_i].type, messages4[_i].code, messages4[_i].error);
}
END_TEST

START_TEST(c35_c36_messages_of_icmp6)
{
    check_message(&world_families[1], messages6[_i].type, messages6[_i].code, messages6[_i].error);
}
END_TEST

START_TEST(c36_ttl_expired)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    quote_provoke(s, FAMILY);
    quote_inject(&(struct quote_spec){
        .family = FAMILY, .port = port, .type = FAMILY->af == AF_INET ? 11 : 3});
    expect_error(s, WSAENETRESET, FAMILY->peer, QUOTE_PORT);
    deliver(FAMILY, port, "on");
    expect_text(s, "on");
}
END_TEST

/* --- the switches --- */

static void set_switch(SOCKET s, DWORD code, const void *value, DWORD bytes)
{
    DWORD returned = 77;

    ck_assert_int_eq(WSAIoctl(s, code, (void *)value, bytes, NULL, 0, &returned, NULL, NULL), 0);
    ck_assert_uint_eq(returned, 0);
}

/* Each switch holds its own kind of error back, by any length of a BOOL, and no other's. */
START_TEST(c36_c37_switches)
{
    static const uint8_t off[4] = {0, 0, 0, 0}, on[4] = {1, 0, 0, 0};
    uint8_t ttl = FAMILY->af == AF_INET ? 11 : 3;
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    quote_provoke(s, FAMILY);
    for (DWORD bytes = 1; bytes <= 4; bytes++) {
        set_switch(s, SIO_UDP_CONNRESET, off, bytes);
        refuse(FAMILY, port);
        quote_inject(&(struct quote_spec){.family = FAMILY, .port = port, .type = ttl});
        expect_error(s, WSAENETRESET, FAMILY->peer, QUOTE_PORT);
        set_switch(s, SIO_UDP_CONNRESET, on, bytes);
        set_switch(s, SIO_UDP_NETRESET, off, bytes);
        quote_inject(&(struct quote_spec){.family = FAMILY, .port = port, .type = ttl});
        refuse(FAMILY, port);
        expect_error(s, WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
        set_switch(s, SIO_UDP_NETRESET, on, bytes);
    }
    set_switch(s, SIO_UDP_CONNRESET, off, 4);
    set_switch(s, SIO_UDP_NETRESET, off, 4);
    quote_inject(&(struct quote_spec){
        .family = FAMILY, .port = port, .type = FAMILY->af == AF_INET ? 3 : 1});
    expect_error(s, WSAENETUNREACH, FAMILY->peer, QUOTE_PORT);
}
END_TEST

/* --- errors that are not ours --- */

#define UNMATCHED WINLWIP_FATE_DROP_ICMP_UNMATCHED
#define LATER_PIECE \
    .offset = 8, .fragment = true, .payload = second_piece, .payload_bytes = sizeof(second_piece)
#define TCP_START \
    .protocol = FRAME_TCP, .payload = "\x1e\x61\x1e\x61\0\0\0\0\0\0\0\0", .payload_bytes = 12

/* A payload that would be a UDP header of ours; behind the real one it is a fragment's beginning. */
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
    before = fate_count(strangers[row].fate);
    quote_inject(&spec);
    ck_assert_msg(fate_count(strangers[row].fate) == before + 1, "%s", strangers[row].what);
    world_set_nonblocking(s);
    world_assert_empty(s);
}
END_TEST

START_TEST(c38_a_socket_that_sent_nothing)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    refuse(FAMILY, port);
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DROP_ICMP_UNMATCHED), 1);
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
    ck_assert_uint_eq(fate_count(WINLWIP_FATE_DROP_ICMP_UNMATCHED), 2);
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

/* Of sockets that share a port, all are told that can have sent; but a connected one knows better. */
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
    refuse(FAMILY, port);
    (void)fate_count(WINLWIP_FATE_DELIVERED);
    expect_error(all[0], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    expect_error(all[1], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    world_assert_empty(all[2]);

    ck_assert_int_eq(connect(all[1], (struct sockaddr *)&name, name_bytes), 0);
    refuse(FAMILY, port);
    (void)fate_count(WINLWIP_FATE_DELIVERED);
    world_assert_empty(all[0]);
    expect_error(all[1], WSAECONNRESET, FAMILY->peer, QUOTE_PORT);
    for (size_t i = 0; i < COUNT(all); i++) {
        ck_assert_int_eq(closesocket(all[i]), 0);
    }
}
END_TEST

static void add_errors(TCase *tcase)
{
    tcase_add_loop_test(tcase, c35_port_unreachable_unconnected, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_port_unreachable_connected, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c35_behind_extension_headers);
    tcase_add_loop_test(tcase, c35_quoted_first_fragment, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c35_dual_stack_names_are_mapped);
    tcase_add_test(tcase, c35_c69_link_local_peer_has_a_scope);
    tcase_add_loop_test(tcase, c35_every_receive_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_errors_queue_in_order, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_errors_cost_no_receive_buffer, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_an_error_makes_readable, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_a_waiting_receive_ends, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_c11_a_peek_leaves_the_error, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_waiting_errors_are_bounded, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_not_after_shutdown, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_closed_port_of_our_own, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_14_no_send_fails, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_c36_messages_of_icmp, 0, COUNT(messages4));
    tcase_add_loop_test(tcase, c35_c36_messages_of_icmp6, 0, COUNT(messages6));
    tcase_add_loop_test(tcase, c36_ttl_expired, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c36_c37_switches, 0, WORLD_FAMILIES);
}

Suite *suite_contract_icmp(void)
{
    Suite *suite = suite_create("icmp");
    TCase *tcase = tcase_create("icmp"), *strange = tcase_create("icmp_strangers"),
          *own = tcase_create("icmp_own");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    add_errors(tcase);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(strange, world_setup_two, world_teardown);
    tcase_add_loop_test(strange, c38_strangers, 0, COUNT(strangers) * WORLD_FAMILIES);
    tcase_add_loop_test(strange, c38_a_socket_that_sent_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(strange, c38_connected_to_another_peer, 0, WORLD_FAMILIES);
    tcase_add_loop_test(strange, c38_c35_shared_port, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, strange);

    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_test(own, c35_our_own_refusals);
    suite_add_tcase(suite, own);
    return suite;
}
