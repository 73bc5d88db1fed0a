/*
 * test_icmp.c - ICMP errors that the Linux kernel makes: as the other host, and as a router with a
 * narrow link behind it.
 *
 * The library is 192.0.2.1 and 2001:db8::1, the kernel 192.0.2.9 and 2001:db8::9, its gateway.
 */
#include "tests/net/net.h"

#include <string.h>

#include "drivers/tap/tap.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"

#define FAMILY (&world_families[_i])
#define FAR_PORT 7777
#define FAR_MTU 1300

static struct received received;
static uint8_t data[4000];

/* The device opened here and called a replay, whose addresses are good at once. */
static void set_up(void)
{
    static const struct link_option option = {"device", KERNEL_TAP};
    struct winlwip_interface interface = {
        .name = "tap", .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24 2001:db8::1/64",
        .gateway4 = KERNEL_ADDRESS4, .gateway6 = KERNEL_ADDRESS6};
    char error[LINK_ERROR_BYTES] = "";
    const char *why = kernel_enter();

    if (why != NULL) {
        runner_skip(why);
    }
    world_begin();
    ck_assert_msg(winlwip_tap_driver.open(&option, 1, &interface.link, error) == 0, "%s", error);
    interface.link->replay = true;
    world_start_driver(&interface);
}

static void set_up_router(void)
{
    const char *why;

    set_up();
    why = kernel_route(FAR_MTU);
    if (why != NULL) {
        runner_skip(why);
    }
}

static void tear_down(void)
{
    kernel_close_all();
    world_teardown();
}

static const char *kernel_address(const struct world_family *family)
{
    return family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6;
}

static const char *far_host(const struct world_family *family)
{
    return family->af == AF_INET ? KERNEL_FAR_HOST4 : KERNEL_FAR_HOST6;
}

static SOCKET open_ours(const struct world_family *family)
{
    SOCKET s = world_socket(family->any, NULL);

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    return s;
}

static int send_to(SOCKET s, const char *address, uint16_t port, size_t bytes)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);

    return sendto(s, (const char *)data, (int)bytes, 0, (struct sockaddr *)&name, name_bytes);
}

static void connect_to(SOCKET s, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, name_bytes), 0);
}

static void expect_error(SOCKET s, int error, const char *peer, uint16_t peer_port)
{
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, error);
    world_assert_name(&received, peer, peer_port);
}

/* A port of the kernel that nobody has. */
static uint16_t closed_port(const struct world_family *family)
{
    uint16_t port;

    (void)kernel_socket(kernel_address(family), &port);
    kernel_close_all();
    return port;
}

START_TEST(c35_closed_port_unconnected)
{
    uint16_t closed = closed_port(FAMILY), open_port, port;
    SOCKET s = world_socket(FAMILY->us, &port);
    int fd;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    ck_assert_int_eq(send_to(s, kernel_address(FAMILY), closed, 5), 5);
    expect_error(s, WSAECONNRESET, kernel_address(FAMILY), closed);
    /* The socket works on. */
    fd = kernel_socket(kernel_address(FAMILY), &open_port);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "on", 2), 0);
    world_receive(s, &received);
    world_assert_text(&received, "on");
}
END_TEST

START_TEST(c35_closed_port_connected)
{
    uint16_t closed = closed_port(FAMILY);
    SOCKET s = open_ours(FAMILY);
    char byte;

    connect_to(s, kernel_address(FAMILY), closed);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
    world_fails(recv(s, &byte, 1, 0), WSAECONNRESET);
    ck_assert_int_eq(send(s, "x", 1, 0), 1);
}
END_TEST

/* What was sent in fragments is quoted whole. */
START_TEST(c35_closed_port_for_fragments)
{
    uint16_t closed = closed_port(FAMILY);
    SOCKET s = open_ours(FAMILY);

    ck_assert_int_eq(send_to(s, kernel_address(FAMILY), closed, sizeof(data)), sizeof(data));
    expect_error(s, WSAECONNRESET, kernel_address(FAMILY), closed);
}
END_TEST

START_TEST(c36_router_with_ttl_1)
{
    SOCKET s = open_ours(FAMILY);

    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, 1);
    ck_assert_int_eq(send_to(s, far_host(FAMILY), FAR_PORT, 5), 5);
    expect_error(s, WSAENETRESET, far_host(FAMILY), FAR_PORT);
}
END_TEST

/* The router knows no way: net unreachable. */
START_TEST(c35_router_without_a_route)
{
    const char *nowhere = FAMILY->af == AF_INET ? "203.0.113.1" : "2001:db8:ffff::1";
    SOCKET s = open_ours(FAMILY);

    ck_assert_int_eq(send_to(s, nowhere, FAR_PORT, 5), 5);
    expect_error(s, WSAENETUNREACH, nowhere, FAR_PORT);
}
END_TEST

static DWORD path_mtu(SOCKET s, const struct world_family *family)
{
    DWORD value = 0;
    int length = sizeof(value);

    ck_assert_int_eq(getsockopt(s, family->level, family->af == AF_INET ? IP_MTU : IPV6_MTU,
                                (char *)&value, &length),
                     0);
    return value;
}

/* Waits until the router's message has arrived: a poll drives the stack. */
static void wait_for_mtu(SOCKET s, const struct world_family *family, DWORD mtu)
{
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM};
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (path_mtu(s, family) != mtu && world_now_ms() < end) {
        ck_assert_int_eq(WSAPoll(&entry, 1, 1), 0);
    }
    ck_assert_uint_eq(path_mtu(s, family), mtu);
}

START_TEST(path_mtu_through_a_router)
{
    static uint8_t packet[2000];
    SOCKET s = open_ours(FAMILY);
    int df = FAMILY->af == AF_INET ? IP_DONTFRAGMENT : IPV6_DONTFRAG;
    int fits = (int)(FAR_MTU - FAMILY->overhead), packets = 0;

    connect_to(s, far_host(FAMILY), FAR_PORT);
    world_set(s, FAMILY->level, df, 1);
    ck_assert_uint_eq(path_mtu(s, FAMILY), 1500);
    ck_assert_int_eq(send(s, (const char *)data, fits + 1, 0), fits + 1); /* lost */
    wait_for_mtu(s, FAMILY, FAR_MTU);
    world_fails(send(s, (const char *)data, fits + 1, 0), WSAEMSGSIZE);
    ck_assert_int_eq(send(s, (const char *)data, fits, 0), fits);
    ck_assert_int_eq(kernel_forwarded(packet, sizeof(packet), WORLD_PATIENCE_MS), FAR_MTU);

    /* Fragments by the path MTU go through as they are. */
    world_set(s, FAMILY->level, df, 0);
    ck_assert_int_eq(send(s, (const char *)data, 3 * FAR_MTU, 0), 3 * FAR_MTU);
    for (size_t left = 3 * FAR_MTU + 8; left != 0; packets++) {
        size_t header = FAMILY->af == AF_INET ? 20 : 48;
        int bytes = kernel_forwarded(packet, sizeof(packet), WORLD_PATIENCE_MS);

        ck_assert_int_gt(bytes, (int)header);
        ck_assert_int_le(bytes, FAR_MTU);
        ck_assert_uint_ge(left, (size_t)bytes - header);
        left -= (size_t)bytes - header;
    }
    ck_assert_int_eq(packets, 4);
}
END_TEST

Suite *suite_net_icmp(void)
{
    Suite *suite = suite_create("icmp_net");
    TCase *host = tcase_create("icmp_host"), *router = tcase_create("icmp_router");

    tcase_set_timeout(host, 20);
    tcase_add_checked_fixture(host, set_up, tear_down);
    tcase_add_loop_test(host, c35_closed_port_unconnected, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c35_closed_port_connected, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c35_closed_port_for_fragments, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, host);

    tcase_set_timeout(router, 20);
    tcase_add_checked_fixture(router, set_up_router, tear_down);
    tcase_add_loop_test(router, c36_router_with_ttl_1, 0, WORLD_FAMILIES);
    tcase_add_loop_test(router, c35_router_without_a_route, 0, WORLD_FAMILIES);
    tcase_add_loop_test(router, path_mtu_through_a_router, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, router);
    return suite;
}
