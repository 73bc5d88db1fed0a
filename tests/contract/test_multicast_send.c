/*
 * test_multicast_send.c - the host's own multicasts, and what memberships put on the wire
 * (winsock-facts 4.11).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/groups.h"
#include "tests/support/world_internal.h"

static struct received received;

/* --- sending --- */

static void send_text(SOCKET s, const char *address, uint16_t port, const char *text)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);
    int length = (int)strlen(text);

    ck_assert_int_eq(sendto(s, text, length, 0, (SOCKADDR *)&name, bytes), length);
}

/* IP_MULTICAST_LOOP is the receiver's switch, each version's its own (winsock-facts 4.11). */
START_TEST(multicast_loop_is_the_receivers)
{
    int other_level = _i == 0 ? IPPROTO_IPV6 : IPPROTO_IP;
    int loop = IP_MULTICAST_LOOP; /* the same number at both levels */
    uint16_t port;
    SOCKET deaf = world_dual_socket(&port), sender = world_socket(FAMILY->us, NULL), hears;
    SOCKADDR_STORAGE name;
    struct winlwip_stats stats;

    ck_assert_int_eq(closesocket(deaf), 0);
    SOCKET both[2];
    for (int i = 0; i < 2; i++) {
        both[i] = WSASocketA(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
        world_track(both[i]);
        world_set(both[i], SOL_SOCKET, SO_REUSEADDR, 1);
        world_set(both[i], IPPROTO_IPV6, IPV6_V6ONLY, 0);
        ck_assert_int_eq(bind(both[i], (SOCKADDR *)&name, world_name("::", port, &name)), 0);
        world_join(both[i], FAMILY);
        world_set_nonblocking(both[i]);
    }
    deaf = both[0];
    hears = both[1];
    world_set(sender, FAMILY->level, loop, 0); /* the sender's own setting means nothing */
    world_set(deaf, FAMILY->level, loop, 0);
    world_set(hears, other_level, loop, 0);
    send_text(sender, FAMILY->group, port, "mine");
    world_receive(hears, &received);
    world_assert_text(&received, "mine");
    world_assert_empty(deaf);
    /* What others send is heard all the same. */
    world_inject(&(struct frame_spec){
        .src = FAMILY->peer, .dst = FAMILY->group, .dst_port = port, .text = "theirs"});
    world_settle(&stats);
    world_receive(deaf, &received);
    world_assert_text(&received, "theirs");
}
END_TEST

START_TEST(multicast_loop_and_scope_by_ioctl)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    DWORD value = 0, returned;
    int bytes = sizeof(value);

    ck_assert_int_eq(WSAIoctl(s, SIO_MULTIPOINT_LOOPBACK, &value, 4, NULL, 0, &returned, NULL,
                              NULL),
                     0);
    value = 9;
    ck_assert_int_eq(getsockopt(s, FAMILY->level, IP_MULTICAST_LOOP, (char *)&value, &bytes), 0);
    ck_assert_uint_eq(value, 0);
    value = 17;
    ck_assert_int_eq(WSAIoctl(s, SIO_MULTICAST_SCOPE, &value, 4, NULL, 0, &returned, NULL, NULL),
                     0);
    value = 0;
    ck_assert_int_eq(getsockopt(s, FAMILY->level, IP_MULTICAST_TTL, (char *)&value, &bytes), 0);
    ck_assert_uint_eq(value, 17);
}
END_TEST

START_TEST(ttl_and_interface_of_sent_multicasts)
{
    struct frame_view view;
    SOCKET s = world_socket(FAMILY->any, NULL);

    send_text(s, FAMILY->group, 4000, "default");
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.ttl, 1);
    ck_assert_str_eq(view.src, FAMILY->us);
    world_set(s, FAMILY->level, _i == 0 ? IP_TTL : IPV6_UNICAST_HOPS, 99); /* not for groups */
    world_set(s, FAMILY->level, IP_MULTICAST_TTL, 7);
    world_set(s, FAMILY->level, IP_MULTICAST_IF, _i == 0 ? htonl(3) : 3);
    send_text(s, FAMILY->group, 4000, "second");
    world_next_sent(1, &view);
    ck_assert_uint_eq(view.ttl, 7);
    ck_assert_str_eq(view.src, FAMILY->us_second);
    ck_assert_str_eq(view.dst, FAMILY->group);
    world_set(s, FAMILY->level, IP_MULTICAST_IF, 0);
    send_text(s, FAMILY->group, 4000, "first again");
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, FAMILY->us);
}
END_TEST

/* --- on the wire --- */

enum report { REPORT, DONE };

/* IGMPv2 or MLDv1 messages of one kind about a group that link 0 has sent. */
static unsigned reports(const struct world_family *family, enum report kind, const char *group)
{
    uint8_t wanted[16];
    size_t bytes, address_bytes = (size_t)frame_address(group, wanted);
    unsigned count = 0;
    struct frame_view view;
    const uint8_t *data;

    for (size_t i = 0; (data = memlink_sent_frame(world.link[0], i, &bytes)) != NULL; i++) {
        ck_assert_ptr_null(frame_parse(data, bytes, false, &view));
        bool igmp = family->af == AF_INET;
        uint8_t type = igmp ? (kind == REPORT ? 0x16 : 0x17) : (kind == REPORT ? 131 : 132);
        size_t at = igmp ? 4 : 8;
        if (view.protocol == (igmp ? FRAME_IGMP : FRAME_ICMP6) &&
            view.ip_payload_bytes >= at + address_bytes && view.ip_payload[0] == type &&
            memcmp(view.ip_payload + at, wanted, address_bytes) == 0) {
            ck_assert_uint_eq(view.ttl, 1);
            count++;
        }
    }
    return count;
}

START_TEST(joins_and_leaves_on_the_wire)
{
    enum group_spelling spelling = _i == 0 ? MREQ4 : MREQ6;
    const char *group = FAMILY->group;
    SOCKET first = world_socket(FAMILY->any, NULL), second = world_socket(FAMILY->any, NULL);

    ck_assert_uint_eq(reports(FAMILY, REPORT, group), 0);
    ck_assert_int_eq(group_change(first, spelling, JOIN, group, NULL, 2), 0);
    unsigned joined = reports(FAMILY, REPORT, group);
    ck_assert_uint_ge(joined, 1);
    ck_assert_int_eq(group_change(second, spelling, JOIN_SOURCE, group, FAMILY->peer, 2), 0);
    ck_assert_int_eq(group_change(first, spelling, LEAVE, group, NULL, 2), 0);
    ck_assert_uint_eq(reports(FAMILY, DONE, group), 0); /* the second one is still there */
    ck_assert_int_eq(group_change(second, spelling, LEAVE_SOURCE, group, FAMILY->peer, 2), 0);
    ck_assert_uint_eq(reports(FAMILY, DONE, group), 1);
}
END_TEST

START_TEST(a_close_leaves_groups)
{
    const char *group = FAMILY->group;
    SOCKET s = world_socket(FAMILY->any, NULL);

    ck_assert_int_eq(group_change(s, _i == 0 ? MREQ4 : MREQ6, JOIN, group, NULL, 2), 0);
    ck_assert_uint_eq(reports(FAMILY, DONE, group), 0);
    ck_assert_int_eq(closesocket(s), 0);
    ck_assert_uint_eq(reports(FAMILY, DONE, group), 1);
}
END_TEST

START_TEST(a_query_is_answered)
{
    static const uint8_t igmp_query[] = {0x11, 1, 0xee, 0xfe, 0, 0, 0, 0};
    static const uint8_t mld_query[20];
    SOCKET s = world_socket(FAMILY->any, NULL);
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    struct winlwip_stats stats;

    ck_assert_int_eq(group_change(s, _i == 0 ? MREQ4 : MREQ6, JOIN, FAMILY->group, NULL, 2), 0);
    memlink_forget(world.link[0]);
    if (_i == 0) {
        world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = "224.0.0.1", .ttl = 1,
                                          .protocol = FRAME_IGMP, .payload = igmp_query,
                                          .payload_bytes = sizeof(igmp_query)});
    } else {
        world_inject(&(struct frame_spec){.src = "fe80::9", .dst = "ff02::1", .ttl = 1,
                                          .protocol = FRAME_ICMP6, .icmp_type = 130,
                                          .icmp_rest = 100u << 16, .payload = mld_query + 4,
                                          .payload_bytes = 16});
    }
    world_settle(&stats);
    while (reports(FAMILY, REPORT, FAMILY->group) == 0) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
}
END_TEST

Suite *suite_contract_multicast_send(void)
{
    Suite *suite = suite_create("multicast_send");
    TCase *two = tcase_create("multicast_send");

    tcase_set_timeout(two, 60);
    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, multicast_loop_is_the_receivers, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, multicast_loop_and_scope_by_ioctl, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, ttl_and_interface_of_sent_multicasts, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, joins_and_leaves_on_the_wire, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, a_close_leaves_groups, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, a_query_is_answered, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, two);
    return suite;
}
