/*
 * test_down.c - interfaces that go down and come up again, and drivers that fail (C39).
 *
 * Two links: sockets of the first are affected, those of the second and wildcard sockets are not.
 */
#include "tests/contract/contract.h"

#include <errno.h>
#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

static void set_first(bool up)
{
    ck_assert_int_eq(winlwip_interface_set("mem0", up), 0);
}

static void fails_with_network_down(SOCKET s)
{
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
}

static int send_to(SOCKET s, const char *address)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 7, &name);

    return sendto(s, "x", 1, 0, (struct sockaddr *)&name, bytes);
}

START_TEST(c39_calls_under_way_and_later_ones)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct later *later = world_later(s, NULL);

    world_later_blocked(later);
    set_first(false);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    fails_with_network_down(s);
    world_set_nonblocking(s);
    fails_with_network_down(s);

    set_first(true);
    world_assert_empty(s);
    deliver(FAMILY, port, "back");
    world_settle(&(struct winlwip_stats){0});
    world_receive(s, &received);
    world_assert_text(&received, "back");
}
END_TEST

START_TEST(c39_a_wildcard_socket_waits_on)
{
    uint16_t port;
    SOCKET any = world_socket(FAMILY->any, &port), other = world_socket(FAMILY->us_second, NULL);
    struct frame_spec spec = {
        .src = FAMILY->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9",
        .dst = FAMILY->us_second,
        .text = "by the other one",
    };
    struct later *waits = world_later(any, NULL), *second = world_later(other, NULL);

    world_later_blocked(waits);
    world_later_blocked(second);
    set_first(false);
    world_later_blocked(waits);
    world_later_blocked(second);
    spec.dst_port = port;
    memcpy(spec.dst_mac, frame_our_second_mac, sizeof(spec.dst_mac));
    world_inject_on(1, &spec);
    world_join_later(waits, &received);
    world_assert_text(&received, "by the other one");
    ck_assert_int_eq(closesocket(other), 0);
    world_join_later(second, NULL);
}
END_TEST

/* What was queued before is delivered (C40); frames that arrive meanwhile are not. */
START_TEST(c39_frames_while_down_are_counted)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port), any = world_socket(FAMILY->any, NULL);
    struct winlwip_stats before, after;

    deliver(FAMILY, port, "in time");
    world_settle(&before);
    set_first(false);
    deliver(FAMILY, port, "too late");
    world_settle(&after);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_INTERFACE_DOWN],
                      before.fate[WINLWIP_FATE_DROP_INTERFACE_DOWN] + 1);
    world_receive(s, &received);
    world_assert_text(&received, "in time");
    fails_with_network_down(s);
    world_set_nonblocking(any);
    world_assert_empty(any);
}
END_TEST

START_TEST(c39_sends)
{
    SOCKET s = world_socket(FAMILY->us, NULL), any = world_socket(FAMILY->any, NULL);
    SOCKET second = world_socket(FAMILY->us_second, NULL);
    struct frame_view view;

    set_first(false);
    world_fails(send_to(s, FAMILY->peer), WSAENETDOWN);
    world_fails(send_to(s, FAMILY->us), WSAENETDOWN);
    world_fails(send_to(any, FAMILY->peer), WSAENETUNREACH);
    world_fails(send_to(any, FAMILY->us), WSAENETUNREACH);
    ck_assert_int_eq(send_to(second, FAMILY->us_second), 1);
    set_first(true);
    ck_assert_int_eq(send_to(s, FAMILY->peer), 1);
    world_next_sent(0, &view);
    ck_assert_int_eq(send_to(any, FAMILY->us), 1);
}
END_TEST

/* A wildcard socket that has joined groups there and nowhere else hears nothing either. */
START_TEST(c39_joined_only_there)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_join(s, FAMILY);
    set_first(false);
    fails_with_network_down(s);
    set_first(true);
    world_assert_empty(s);
    world_inject(&(struct frame_spec){.src = FAMILY->peer,
                                      .dst = FAMILY->group,
                                      .dst_port = port,
                                      .text = "to the group"});
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "to the group");
}
END_TEST

/* Bound, connected or joined while the interface is down already. */
START_TEST(c39_sockets_made_while_down)
{
    SOCKET joined = world_socket(FAMILY->any, NULL);

    set_first(false);
    SOCKET s = world_socket(FAMILY->us, NULL);
    fails_with_network_down(s);
    world_set_nonblocking(joined);
    world_assert_empty(joined);
    world_join(joined, FAMILY);
    fails_with_network_down(joined);
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->peer, 7, &peer);
    world_fails(connect(s, (struct sockaddr *)&peer, bytes), WSAENETDOWN);
    set_first(true);
    world_set_nonblocking(s);
    world_assert_empty(s);
    world_assert_empty(joined);
}
END_TEST

START_TEST(c39_readiness)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM};
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

    ck_assert_int_eq(WSAEventSelect(s, event, FD_READ), 0);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 0);
    set_first(false);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    ck_assert_int_eq(entry.revents, POLLRDNORM);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    set_first(true);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 0);
    CloseHandle(event);
}
END_TEST

START_TEST(c39_a_driver_that_fails)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, NULL), any = world_socket(FAMILY->any, &port);
    struct later *later = world_later(s, NULL), *waits = world_later(any, NULL);

    world_later_blocked(later);
    world_later_blocked(waits);
    memlink_fail(world.link[0], -EIO);
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    fails_with_network_down(s);
    world_fails(send_to(s, FAMILY->peer), WSAENETDOWN);
    world_later_blocked(waits);
    ck_assert_int_eq(closesocket(any), 0);
    world_join_later(waits, NULL);
}
END_TEST

START_TEST(c39_names)
{
    ck_assert_int_eq(winlwip_interface_set("mem7", false), -1);
    ck_assert_int_eq(winlwip_interface_set("lo", false), -1);
    ck_assert_int_eq(winlwip_interface_set(NULL, false), -1);
    set_first(true);
    set_first(false);
    set_first(false);
}
END_TEST

START_TEST(c39_without_a_stack)
{
    ck_assert_int_eq(winlwip_interface_set("mem0", false), -1);
}
END_TEST

Suite *suite_contract_down(void)
{
    Suite *suite = suite_create("down");
    TCase *tcase = tcase_create("down"), *bare = tcase_create("down_bare");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, c39_calls_under_way_and_later_ones, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_a_wildcard_socket_waits_on, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_frames_while_down_are_counted, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_sends, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_joined_only_there, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_sockets_made_while_down, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_readiness, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_a_driver_that_fails, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c39_names);
    suite_add_tcase(suite, tcase);

    tcase_add_test(bare, c39_without_a_stack);
    suite_add_tcase(suite, bare);
    return suite;
}
