/*
 * test_send_control.c - what the control data of WSASendMsg does, and what it may not be (C62).
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/control.h"

/* The numbers of a send, by both names. */
static int ttl_type(const struct world_family *family)
{
    return family->af == AF_INET ? IP_TTL : IPV6_HOPLIMIT;
}

static int tos_type(const struct world_family *family)
{
    return family->af == AF_INET ? IP_TOS : IPV6_TCLASS;
}

/* Sends one byte with the control data and looks at the frame. */
static void send_and_see(const struct world_family *family, SOCKET s,
                         const struct control_data *control, struct frame_view *view)
{
    ck_assert_msg(control_send(s, family->peer, 7777, "x", 1, control, NULL) == 0,
                  "WSASendMsg: %d", WSAGetLastError());
    world_next_sent(0, view);
    ck_assert_str_eq(view->dst, family->peer);
}

START_TEST(c62_ttl_tos_ecn_of_one_send)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    struct control_data control = {0}, ecn = {0};
    struct frame_view view;

    control_add_int(&control, FAMILY->level, ttl_type(FAMILY), 7);
    control_add_int(&control, FAMILY->level, tos_type(FAMILY), 0xb8);
    send_and_see(FAMILY, s, &control, &view);
    ck_assert_uint_eq(view.ttl, 7);
    ck_assert_uint_eq(view.tos, 0xb8);
    control_add_int(&control, FAMILY->level, IP_ECN, 2);
    send_and_see(FAMILY, s, &control, &view);
    ck_assert_uint_eq(view.tos, 0xba);
    send_and_see(FAMILY, s, NULL, &view); /* they were of one send */
    ck_assert_uint_eq(view.ttl, 128);
    ck_assert_uint_eq(view.tos, 0);
    world_set(s, FAMILY->level, tos_type(FAMILY), 0x2b);
    control_add_int(&ecn, FAMILY->level, IP_ECN, 1);
    send_and_see(FAMILY, s, &ecn, &view);
    ck_assert_uint_eq(view.tos, 0x29); /* the other six bits are the option's */
}
END_TEST

START_TEST(c62_refused_and_nothing_sent)
{
    const struct {
        int level, type, value;
    } bad[] = {
        {FAMILY->level, IP_ECN, 3}, /* congestion experienced: winsock-facts 3 */
        {FAMILY->level, IP_ECN, -1},
        {FAMILY->level, ttl_type(FAMILY), 256},
        {FAMILY->level, tos_type(FAMILY), 256},
        {FAMILY->level, 99, 0},
        {SOL_SOCKET, SO_BROADCAST, 1},
        {IPPROTO_UDP, 20, 1},
        {77, IP_TTL, 1},
        {FAMILY->level, FAMILY->pktinfo, 0}, /* too short */
        {FAMILY->af == AF_INET ? IPPROTO_IPV6 : IPPROTO_IP, IP_ECN, 1}, /* of the other version */
    };
    SOCKET s = world_socket(FAMILY->us, NULL);
    struct frame_view view;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct control_data control = {0};
        if (FAMILY->af == AF_INET6 && i == 9) {
            continue; /* passed over: see c27_both_versions_at_once */
        }
        control_add_int(&control, FAMILY->level, ttl_type(FAMILY), 5); /* a good one in front */
        control_add_int(&control, bad[i].level, bad[i].type, bad[i].value);
        world_fails(control_send(s, FAMILY->peer, 7777, "x", 1, &control, NULL), WSAEINVAL);
    }
    ck_assert(!world_next_sent_within(0, &view, 0));
    ck_assert_uint_eq(control_datagrams_sent(), 0);
}
END_TEST

START_TEST(c27_both_versions_at_once)
{
    struct control_data control = {0};
    uint16_t port;
    SOCKET s = world_dual_socket(&port);
    struct frame_view view;

    control_add_pktinfo(&control, "192.0.2.1", WORLD_FIRST_INDEX);
    control_add_pktinfo(&control, "2001:db8::1", WORLD_FIRST_INDEX);
    control_add_int(&control, IPPROTO_IP, IP_TTL, 4);
    control_add_int(&control, IPPROTO_IPV6, IPV6_HOPLIMIT, 6);
    control_add_int(&control, IPPROTO_IP, IP_ECN, 1);
    control_add_int(&control, IPPROTO_IPV6, IPV6_ECN, 2);
    ck_assert_int_eq(control_send(s, "::ffff:192.0.2.9", 7777, "x", 1, &control, NULL), 0);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, "192.0.2.1");
    ck_assert_uint_eq(view.ttl, 4);
    ck_assert_uint_eq(view.tos, 1);
    ck_assert_int_eq(control_send(s, "2001:db8::9", 7777, "x", 1, &control, NULL), 0);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, "2001:db8::1");
    ck_assert_uint_eq(view.ttl, 6);
    ck_assert_uint_eq(view.tos, 2);
}
END_TEST

START_TEST(c62_dont_fragment_of_one_send)
{
    static char data[3000];
    struct control_data on = {0}, off = {0};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_view view;

    control_add_int(&on, FAMILY->level, IP_DONTFRAGMENT, 1);
    control_add_int(&off, FAMILY->level, IP_DONTFRAGMENT, 0);
    world_fails(control_send(s, FAMILY->peer, 7777, data, sizeof(data), &on, NULL), WSAEMSGSIZE);
    send_and_see(FAMILY, s, &on, &view);
    ck_assert(view.dont_fragment == (FAMILY->af == AF_INET));
    world_set(s, FAMILY->level, IP_DONTFRAGMENT, 1);
    world_fails(control_send(s, FAMILY->peer, 7777, data, sizeof(data), NULL, NULL), WSAEMSGSIZE);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, data, sizeof(data), &off, NULL), 0);
    world_next_sent(0, &view);
    ck_assert(view.fragment);
}
END_TEST

START_TEST(c62_flags_of_the_call)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    SOCKADDR_STORAGE name;
    char text[] = "x";
    WSABUF buffer = {.len = 1, .buf = text};
    WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = world_name(FAMILY->peer, 7777, &name),
                      .lpBuffers = &buffer, .dwBufferCount = 1, .dwFlags = 0xffffffff};
    DWORD bytes;

    ck_assert_int_eq(WSASendMsg(s, &message, MSG_DONTROUTE, &bytes, NULL, NULL), 0);
    world_fails(WSASendMsg(s, &message, MSG_PARTIAL, &bytes, NULL, NULL), WSAEOPNOTSUPP);
    world_fails(WSASendMsg(s, &message, MSG_OOB, &bytes, NULL, NULL), WSAEOPNOTSUPP);
    ck_assert_uint_eq(control_datagrams_sent(), 1);
}
END_TEST

/* --- pktinfo --- */

static void set_up_two_addresses(void)
{
    world_start(&(struct world_options){
        .links = 2, .addresses = {"192.0.2.1/24 192.0.2.2/24 2001:db8::1/64 2001:db8::2/64"}});
}

START_TEST(c62_source_of_two_addresses)
{
    const char *sources[] = {FAMILY->us, FAMILY->af == AF_INET ? "192.0.2.2" : "2001:db8::2"};
    static const unsigned indexes[] = {0, WORLD_FIRST_INDEX};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct frame_view view;

    for (unsigned i = 0; i < 4; i++) {
        struct control_data control = {0};
        control_add_pktinfo(&control, sources[i / 2], indexes[i % 2]);
        send_and_see(FAMILY, s, &control, &view);
        ck_assert_str_eq(view.src, sources[i / 2]);
        ck_assert_uint_eq(view.src_port, port);
    }
}
END_TEST

START_TEST(c62_interface_alone)
{
    struct control_data control = {0};
    SOCKET s = world_socket(FAMILY->any, NULL);
    struct frame_view view;

    control_add_pktinfo(&control, FAMILY->any, WORLD_SECOND_INDEX);
    ck_assert_int_eq(control_send(s, FAMILY->group, 7777, "x", 1, &control, NULL), 0);
    world_next_sent(1, &view);
    ck_assert_str_eq(view.src, FAMILY->us_second);
    ck_assert(!world_next_sent_within(0, &view, 0));
}
END_TEST

START_TEST(c62_what_is_not_ours)
{
    const struct {
        const char *source;
        unsigned index;
    } bad[] = {
        {FAMILY->af == AF_INET ? "203.0.113.1" : "2001:db8:99::1", 0},
        {FAMILY->peer, WORLD_FIRST_INDEX},
        {FAMILY->us, WORLD_SECOND_INDEX}, /* ours, but another interface's */
        {FAMILY->any, 99},
        {FAMILY->us, 0xffffffff},
    };
    SOCKET s = world_socket(FAMILY->any, NULL);

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct control_data control = {0};
        control_add_pktinfo(&control, bad[i].source, bad[i].index);
        world_fails(control_send(s, FAMILY->peer, 7777, "x", 1, &control, NULL),
                    WSAEADDRNOTAVAIL);
    }
    ck_assert_uint_eq(control_datagrams_sent(), 0);
}
END_TEST

/* --- hostile control data --- */

static const int levels[] = {IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, SOL_SOCKET, 255};
static const int types[] = {IP_TOS, IP_TTL, IP_DONTFRAGMENT, IP_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS,
                            IP_ECN, IP_PKTINFO_EX, UDP_SEND_MSG_SIZE, UDP_COALESCED_INFO,
                            SO_TIMESTAMP, SO_TIMESTAMP_ID};

/* Bytes that look like control messages more often than chance would have it. */
static void scribble(unsigned *seed, UCHAR *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        data[i] = (UCHAR)(rand_r(seed) % 4 == 0 ? rand_r(seed) : 0);
    }
    for (size_t at = 0; at + sizeof(WSACMSGHDR) <= bytes;) {
        size_t length = rand_r(seed) % 40;
        WSACMSGHDR header = {
            .cmsg_len = length,
            .cmsg_level = levels[(size_t)rand_r(seed) % (sizeof(levels) / sizeof(levels[0]))],
            .cmsg_type = types[(size_t)rand_r(seed) % (sizeof(types) / sizeof(types[0]))],
        };
        if (rand_r(seed) % 3 == 0) {
            header.cmsg_len = rand_r(seed) % 2 == 0 ? 20 : 24;
        }
        if (rand_r(seed) % 50 == 0) {
            header.cmsg_len = SIZE_MAX - length;
        }
        memcpy(data + at, &header, sizeof(header));
        at += (header.cmsg_len % 64 + 7) & ~(size_t)7;
        at += at == 0 ? 24 : 0;
        if (header.cmsg_len < sizeof(header)) {
            break;
        }
    }
}

START_TEST(c62_hostile_control_data)
{
    unsigned seed = 20240607u + (unsigned)_i;
    SOCKET s = world_socket(FAMILY->us, NULL);
    uint64_t sent = 0;
    unsigned refused = 0;

    for (unsigned i = 0; i < 20000; i++) {
        size_t bytes = (size_t)rand_r(&seed) % 120;
        UCHAR *data = malloc(bytes != 0 ? bytes : 1); /* of exactly that size, for the sanitizer */
        SOCKADDR_STORAGE name;
        WSABUF buffer = {.len = 1, .buf = (CHAR *)"x"};
        WSAMSG message = {.name = (LPSOCKADDR)&name,
                          .namelen = world_name(FAMILY->peer, 7777, &name), .lpBuffers = &buffer,
                          .dwBufferCount = 1, .Control = {(ULONG)bytes, (CHAR *)data}};
        DWORD done;

        ck_assert_ptr_nonnull(data);
        scribble(&seed, data, bytes);
        WSASetLastError(0);
        if (WSASendMsg(s, &message, 0, &done, NULL, NULL) == 0) {
            sent++;
        } else {
            int error = WSAGetLastError();
            ck_assert_msg(error == WSAEINVAL || error == WSAEADDRNOTAVAIL, "error %d", error);
            refused++;
        }
        free(data);
    }
    ck_assert_uint_gt(sent, 100);
    ck_assert_uint_gt(refused, 100);
    ck_assert_uint_eq(control_datagrams_sent(), sent);
}
END_TEST

Suite *suite_contract_send_control(void)
{
    Suite *suite = suite_create("send_control");
    TCase *tcase = tcase_create("send_control"), *two = tcase_create("send_pktinfo");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c62_ttl_tos_ecn_of_one_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_refused_and_nothing_sent, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c27_both_versions_at_once);
    tcase_add_loop_test(tcase, c62_dont_fragment_of_one_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_flags_of_the_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_hostile_control_data, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(two, set_up_two_addresses, world_teardown);
    tcase_add_loop_test(two, c62_source_of_two_addresses, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, c62_interface_alone, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, c62_what_is_not_ours, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, two);
    return suite;
}
