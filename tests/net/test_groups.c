/*
 * test_groups.c - groups over a TAP: the reports that the kernel's side sees, and multicasts of one
 * source among several (winsock-facts 4.12).
 */
#include "tests/net/net.h"

#include <string.h>

#include "tests/support/groups.h"
#include "tests/support/kernel.h"
#include "tests/support/world.h"

#define FAMILY (&world_families[_i])

static struct received received;
static struct kernel_received seen;
static uint8_t frame[2048];

/*
 * What is looked for: IGMPv2 report and leave, MLDv1 report and done. lwIP sends MLD's done to the
 * group instead of to all routers (RFC 2710, 8); routers hear both.
 */
static const struct {
    uint8_t protocol, type[2];
    size_t group_offset;
    const char *leave_to;
} protocols[WORLD_FAMILIES] = {
    {FRAME_IGMP, {0x16, 0x17}, 4, "224.0.0.2"},
    {FRAME_ICMP6, {131, 132}, 8, "ff05::1:3"},
};

enum report { REPORT, DONE };

/* Waits for a message about the family's group; fails the test when none comes. */
static void await_report(int fd, unsigned family, enum report kind)
{
    const char *group = world_families[family].group;
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    uint8_t wanted[16];
    size_t address_bytes = frame_address(group, wanted) == 4 ? 4 : 16;
    struct frame_view view;

    for (;;) {
        size_t bytes = kernel_capture_frame(fd, frame, sizeof(frame), WORLD_PATIENCE_MS);
        ck_assert_msg(bytes != 0 && world_now_ms() < end, "no report of kind %d", kind);
        size_t offset = protocols[family].group_offset;
        if (frame_parse(frame, bytes, false, &view) == NULL &&
            view.protocol == protocols[family].protocol &&
            view.ip_payload_bytes >= offset + address_bytes &&
            view.ip_payload[0] == protocols[family].type[kind] &&
            memcmp(view.ip_payload + offset, wanted, address_bytes) == 0) {
            break;
        }
    }
    ck_assert_uint_eq(view.ttl, 1);
    ck_assert_str_eq(view.dst, kind == REPORT ? group : protocols[family].leave_to);
    ck_assert_uint_eq(view.dst_mac[0] & 1, 1);
}

START_TEST(the_kernel_sees_joins_and_leaves)
{
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;
    int fd = kernel_capture();
    SOCKET s = world_socket(FAMILY->any, NULL);

    ck_assert_int_eq(group_change(s, spelling, JOIN, FAMILY->group, NULL, WORLD_FIRST_INDEX), 0);
    await_report(fd, (unsigned)_i, REPORT);
    ck_assert_int_eq(group_change(s, spelling, LEAVE, FAMILY->group, NULL, WORLD_FIRST_INDEX), 0);
    await_report(fd, (unsigned)_i, DONE);
    ck_assert_int_eq(group_change(s, spelling, JOIN_SOURCE, FAMILY->group, FAMILY->peer,
                                  WORLD_FIRST_INDEX),
                     0);
    await_report(fd, (unsigned)_i, REPORT);
    ck_assert_int_eq(closesocket(s), 0);
    await_report(fd, (unsigned)_i, DONE);
}
END_TEST

/* One and the same socket joins, blocks the kernel's address, and hears it again. */
START_TEST(multicasts_of_a_blocked_source)
{
    enum group_spelling spelling = _i == 0 ? GROUPS4 : GROUPS6;
    const char *group = FAMILY->group, *kernel = FAMILY->peer;
    uint16_t port, kernel_port;
    SOCKET s = world_socket(FAMILY->any, &port);
    int fd = kernel_socket(kernel, &kernel_port);
    struct winlwip_stats stats;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    ck_assert_int_eq(group_change(s, spelling, JOIN, group, NULL, WORLD_FIRST_INDEX), 0);
    ck_assert_int_eq(kernel_send(fd, group, port, "heard", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "heard");
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    ck_assert_int_eq(group_change(s, spelling, BLOCK, group, kernel, WORLD_FIRST_INDEX), 0);
    ck_assert_int_eq(kernel_send(fd, group, port, "blocked", 7), 0);
    /* A unicast behind it shows that it has arrived and was not heard. */
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "unicast", 7), 0);
    world_receive(s, &received);
    world_assert_text(&received, "unicast");
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 1);
    ck_assert_int_eq(group_change(s, spelling, UNBLOCK, group, kernel, WORLD_FIRST_INDEX), 0);
    ck_assert_int_eq(kernel_send(fd, group, port, "again", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "again");
}
END_TEST

/* What one of ours sends to a group is heard by the kernel's member and by ours. */
START_TEST(multicasts_reach_both_sides)
{
    uint16_t port, kernel_port;
    SOCKET s = world_socket(FAMILY->any, &port), sender = world_socket(FAMILY->us, NULL);
    int fd = kernel_socket(FAMILY->any, &kernel_port);
    SOCKADDR_STORAGE name;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    world_join(s, FAMILY);
    kernel_join(fd, FAMILY->group);
    world_set(sender, FAMILY->level, IP_MULTICAST_TTL, 9);
    int bytes = world_name(FAMILY->group, kernel_port, &name);
    ck_assert_int_eq(sendto(sender, "out", 3, 0, (SOCKADDR *)&name, bytes), 3);
    ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
    ck_assert_uint_eq(seen.bytes, 3);
    ck_assert_str_eq(seen.source, FAMILY->us);
    ck_assert_int_eq(seen.ttl, 9);
    bytes = world_name(FAMILY->group, port, &name);
    ck_assert_int_eq(sendto(sender, "ours", 4, 0, (SOCKADDR *)&name, bytes), 4);
    world_receive(s, &received);
    world_assert_text(&received, "ours");
    ck_assert_int_eq(kernel_send(fd, FAMILY->group, port, "theirs", 6), 0);
    world_receive(s, &received);
    world_assert_text(&received, "theirs");
}
END_TEST

Suite *suite_net_groups(void)
{
    Suite *suite = suite_create("groups_net");
    TCase *tcase = tcase_create("groups_net");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, net_set_up, net_tear_down);
    tcase_add_loop_test(tcase, the_kernel_sees_joins_and_leaves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, multicasts_of_a_blocked_source, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, multicasts_reach_both_sides, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
