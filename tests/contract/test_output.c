/*
 * test_output.c - the early way out: the frames are those of lwIP's way, for everything that a send
 * can be asked for. What a device finishes is finished by tests/support/offload.c.
 */
#include "tests/contract/output.h"

#include <string.h>

#include "tests/support/control.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint8_t payload[70000];

static const struct world_options options = {
    .links = 2,
    .addresses = {"192.0.2.1/24 192.0.2.2/24 2001:db8::1/64 2001:db8::2/64", NULL},
    .gateway4 = "192.0.2.254",
    .gateway6 = "2001:db8::fe",
};

static const char *our_second(const struct world_family *family)
{
    return family->af == AF_INET ? "192.0.2.2" : "2001:db8::2";
}

static const char *far(const struct world_family *family)
{
    return family->af == AF_INET ? "203.0.113.5" : "2001:db8:77::5";
}

/* One send from three buffers, with edges at odd places. */
static int send_pieces(SOCKET s, const char *to, size_t bytes, const struct control_data *control)
{
    SOCKADDR_STORAGE name;
    size_t first = bytes / 3 | 1, second = bytes / 5;
    WSABUF buffers[4] = {{0, NULL}};
    WSAMSG message = {.lpBuffers = buffers, .dwBufferCount = COUNT(buffers)};
    DWORD sent;

    if (first + second > bytes) {
        first = bytes;
        second = 0;
    }
    buffers[0] = (WSABUF){(ULONG)first, (CHAR *)payload};
    buffers[2] = (WSABUF){(ULONG)second, (CHAR *)payload + first};
    buffers[3] = (WSABUF){(ULONG)(bytes - first - second), (CHAR *)payload + first + second};
    if (to != NULL) {
        message.name = (LPSOCKADDR)&name;
        message.namelen = world_name(to, 7777, &name);
    }
    if (control != NULL) {
        message.Control.len = (ULONG)control->bytes;
        message.Control.buf = (CHAR *)control->data;
    }
    if (WSASendMsg(s, &message, 0, &sent, NULL, NULL) != 0) {
        return WSAGetLastError();
    }
    ck_assert_uint_eq(sent, bytes);
    return 0;
}

/* Sends of all sizes, what has no room in a packet included. */
static void send_sizes(SOCKET s, const char *to, const struct control_data *control)
{
    static const size_t sizes[] = {0,   1,   2,    3,    63,   64,   255,  256,  257,
                                   999, 1000, 1451, 1452, 1453, 1471, 1472, 1473, 4000};

    for (unsigned i = 0; i < COUNT(sizes); i++) {
        int error = send_pieces(s, to, sizes[i], control);
        ck_assert(error == 0 || (error == WSAEMSGSIZE && sizes[i] > 1400));
        output_answer();
    }
}

/* Asserts that by now the common send goes the way that the mode means. */
static void assert_way(SOCKET s, const struct world_family *family)
{
    if (!memlink_link(world.link[0])->ip_only) { /* where there are neighbours, that tells */
        ck_assert_int_eq(output_goes_early(s, family), output_current_mode() != OUTPUT_LWIP);
    }
}

/* --- options --- */

static void set_nothing(SOCKET s, const struct world_family *family)
{
    (void)s;
    (void)family;
}

static void set_ttl(SOCKET s, const struct world_family *family)
{
    world_set(s, family->level, family->af == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, 7);
}

static void set_tos(SOCKET s, const struct world_family *family)
{
    world_set(s, family->level, family->af == AF_INET ? IP_TOS : IPV6_TCLASS, 0x2e << 2);
}

static void set_whole(SOCKET s, const struct world_family *family)
{
    world_set(s, family->level, family->af == AF_INET ? IP_DONTFRAGMENT : IPV6_DONTFRAG, 1);
}

static void set_discovery(SOCKET s, const struct world_family *family)
{
    world_set(s, family->level, family->af == AF_INET ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
              IP_PMTUDISC_PROBE);
}

static void set_user_mtu(SOCKET s, const struct world_family *family)
{
    world_set(s, family->level, family->af == AF_INET ? IP_USER_MTU : IPV6_USER_MTU, 1300);
}

static void set_unsummed(SOCKET s, const struct world_family *family)
{
    if (family->af == AF_INET) {
        world_set(s, IPPROTO_UDP, UDP_NOCHECKSUM, 1);
    }
}

static void set_ip_options(SOCKET s, const struct world_family *family)
{
    static const char record[] = {7, 7, 4, 0, 0, 0, 0};

    if (family->af == AF_INET) {
        ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_OPTIONS, record, sizeof(record)), 0);
    }
}

static void set_cut(SOCKET s, const struct world_family *family)
{
    (void)family;
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 301);
}

static void set_cut_unsummed(SOCKET s, const struct world_family *family)
{
    set_cut(s, family);
    set_unsummed(s, family);
}

static void options_scenario(const struct world_family *family)
{
    static void (*const setters[])(SOCKET s, const struct world_family *family) = {
        set_nothing,   set_ttl,        set_tos, set_whole, set_discovery, set_user_mtu,
        set_unsummed, set_ip_options, set_cut, set_cut_unsummed,
    };

    for (unsigned i = 0; i < COUNT(setters); i++) {
        SOCKET s = output_socket(family->us, 5000);
        setters[i](s, family);
        send_sizes(s, family->peer, NULL);
        send_sizes(s, far(family), NULL);
        if (setters[i] != set_ip_options || family->af != AF_INET) {
            assert_way(s, family);
        }
        ck_assert_int_eq(closesocket(s), 0);
    }
}

START_TEST(c62_options_give_the_same_frames)
{
    world_pattern(payload, sizeof(payload), 11);
    output_same(&options, options_scenario, FAMILY);
}
END_TEST

/* --- names, control data, sockets --- */

static void control_scenario(const struct world_family *family)
{
    SOCKET s = output_socket(family->any, 5000);

    for (unsigned i = 0; i < 7; i++) {
        struct control_data control = {0};
        if (i & 1) {
            control_add_pktinfo(&control, i & 4 ? our_second(family) : family->us, i & 2);
        }
        if (i & 2) {
            control_add_int(&control, family->level, family->ttl_type, 3 + (int)i);
            control_add_int(&control, family->level, family->tos_type, 0x40 + (int)i);
        }
        if (i & 4) {
            control_add_int(&control, family->level, family->ecn_type, 1);
            control_add_int(&control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 500);
        }
        send_sizes(s, family->peer, &control);
    }
    assert_way(s, family);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c17_c62_control_data_gives_the_same_frames)
{
    world_pattern(payload, sizeof(payload), 12);
    output_same(&options, control_scenario, FAMILY);
}
END_TEST

/* The other interface has no gateway. */
static void interface_scenario(const struct world_family *family)
{
    SOCKET s = output_socket(family->any, 5000);
    struct control_data first = {0}, second = {0};

    control_add_pktinfo(&first, family->any, WORLD_FIRST_INDEX);
    control_add_pktinfo(&second, family->any, WORLD_SECOND_INDEX);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(send_pieces(s, far(family), 500, &first), 0);
        output_answer();
        size_t sent = memlink_sent(world.link[0]);
        int error = send_pieces(s, far(family), 500, &second);
        ck_assert(error == WSAENETUNREACH || family->af == AF_INET6); /* lwIP may try */
        ck_assert_uint_eq(memlink_sent(world.link[0]), sent);
    }
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c17_another_interface_is_another_way)
{
    world_pattern(payload, sizeof(payload), 17);
    output_same(&options, interface_scenario, FAMILY);
}
END_TEST

/* The wildcard, a second address, a connected socket, one that has forgotten its peer again. */
static void sockets_scenario(const struct world_family *family)
{
    const char *addresses[] = {family->any, family->us, our_second(family)};
    SOCKADDR_STORAGE name;

    for (unsigned i = 0; i < COUNT(addresses); i++) {
        SOCKET s = output_socket(addresses[i], (uint16_t)(5000 + i));
        send_sizes(s, family->peer, NULL);
        assert_way(s, family);
        int bytes = world_name(far(family), 7777, &name);
        ck_assert_int_eq(connect(s, (struct sockaddr *)&name, bytes), 0);
        send_sizes(s, NULL, NULL);
        send_sizes(s, family->other_peer, NULL);
        ck_assert_int_eq(closesocket(s), 0);
    }
}

START_TEST(wb2_5_names_give_the_same_frames)
{
    world_pattern(payload, sizeof(payload), 13);
    output_same(&options, sockets_scenario, FAMILY);
}
END_TEST

/* IPv4 by a dual-stack socket, and the other family in between. */
static void mapped_scenario(const struct world_family *family)
{
    SOCKET s = output_socket("::", 5000);

    (void)family;
    for (unsigned i = 0; i < 3; i++) {
        send_sizes(s, "::ffff:192.0.2.9", NULL);
        send_sizes(s, "2001:db8::9", NULL);
        send_sizes(s, "::ffff:203.0.113.5", NULL);
    }
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_mapped_addresses_give_the_same_frames)
{
    world_pattern(payload, sizeof(payload), 14);
    output_same(&options, mapped_scenario, &world_families[1]);
}
END_TEST

/* What has copies for this host, or goes to it alone, is none of the early way's. */
static void others_scenario(const struct world_family *family)
{
    SOCKET s = output_socket(family->any, 5000);
    unsigned before = output_lwip_sends();
    static uint64_t looped_by_lwip;
    struct winlwip_stats stats;

    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    for (unsigned i = 0; i < 2; i++) {
        send_sizes(s, family->group, NULL);
        send_sizes(s, family->us, NULL);
        send_sizes(s, family->loopback, NULL);
        if (family->af == AF_INET) {
            send_sizes(s, "192.0.2.255", NULL);
            send_sizes(s, "255.255.255.255", NULL);
        }
    }
    ck_assert_uint_eq(output_lwip_sends(), before); /* needs no neighbour */
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    if (output_current_mode() == OUTPUT_LWIP) {
        looped_by_lwip = stats.frames_looped;
        ck_assert_uint_gt(looped_by_lwip, 100);
    }
    ck_assert_uint_eq(stats.frames_looped, looped_by_lwip);
    send_sizes(s, family->peer, NULL);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_groups_and_ourselves_give_the_same_frames)
{
    world_pattern(payload, sizeof(payload), 15);
    output_same(&options, others_scenario, FAMILY);
}
END_TEST

/* A link without MAC addresses. */
START_TEST(wb2_5_bare_links_give_the_same_frames)
{
    struct world_options bare = options;

    bare.link[0].ip_only = true;
    world_pattern(payload, sizeof(payload), 16);
    output_same(&bare, sockets_scenario, FAMILY);
}
END_TEST

/* --- a checksum of 0 --- */

/* A payload whose sum makes the checksum come out as 0, which means "none" and is sent as 0xffff. */
static void zero_sum_scenario(const struct world_family *family)
{
    SOCKET s = output_socket(family->us, 5000);
    size_t at = family->af == AF_INET ? 40 : 60, bytes;

    memset(payload, 0, 400);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(send_pieces(s, family->peer, 2, NULL), 0);
        output_answer();
    }
    const uint8_t *frame =
        memlink_sent_frame(world.link[0], memlink_sent(world.link[0]) - 1, &bytes);
    memcpy(payload, frame + at, 2);
    ck_assert_int_eq(send_pieces(s, family->peer, 2, NULL), 0);
    frame = memlink_sent_frame(world.link[0], memlink_sent(world.link[0]) - 1, &bytes);
    ck_assert_uint_eq(frame[at] << 8 | frame[at + 1], 0xffff);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_a_checksum_of_zero)
{
    output_same(&options, zero_sum_scenario, FAMILY);
}
END_TEST

Suite *suite_contract_output(void)
{
    Suite *suite = suite_create("output");
    TCase *tcase = tcase_create("output");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, output_both_ways, world_teardown);
    tcase_add_loop_test(tcase, c62_options_give_the_same_frames, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c17_c62_control_data_gives_the_same_frames, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c17_another_interface_is_another_way, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_5_names_give_the_same_frames, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb2_5_mapped_addresses_give_the_same_frames);
    tcase_add_loop_test(tcase, wb2_5_groups_and_ourselves_give_the_same_frames, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_5_bare_links_give_the_same_frames, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_5_a_checksum_of_zero, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
