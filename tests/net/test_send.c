/*
 * test_send.c - what the control data of sends and receives says, with the Linux kernel as witness.
 *
 * Two TAPs. The library has two addresses of each family on the first and one on the second; the
 * kernel is 192.0.2.9 and 2001:db8::9 there, 198.51.100.9 and 2001:db8:2::9 on the second.
 */
#include "tests/net/net.h"

#include <string.h>

#include "drivers/tap/tap.h"
#include "tests/support/control.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/world_internal.h"

#define FAMILY (&world_families[_i])

static struct received received;
static struct kernel_received seen;
static uint8_t payload[1 << 17];

/* Opens a TAP and calls it a replay: its addresses are good at once. */
static struct link *open_tap(const char *device)
{
    struct link_option option = {"device", device};
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;

    ck_assert_msg(winlwip_tap_driver.open(&option, 1, &link, error) == 0, "%s", error);
    link->replay = true;
    return link;
}

static void set_up(void)
{
    struct winlwip_interface interfaces[2] = {
        {.name = "tap0", .mac = "02:00:5e:10:00:01",
         .addresses = "192.0.2.1/24 192.0.2.2/24 2001:db8::1/64 2001:db8::2/64"},
        {.name = "tap1", .mac = "02:00:5e:10:00:02",
         .addresses = "198.51.100.1/24 2001:db8:2::1/64"}};
    const char *why = kernel_enter();

    if (why == NULL) {
        why = kernel_add_second_tap();
    }
    if (why != NULL) {
        runner_skip(why);
    }
    world_begin();
    interfaces[0].link = open_tap(KERNEL_TAP);
    interfaces[1].link = open_tap(KERNEL_SECOND_TAP);
    world_start_drivers(interfaces, 2);
}

static void tear_down(void)
{
    kernel_close_all();
    world_teardown();
}

static const char *kernel_address(const struct world_family *family, unsigned tap)
{
    static const char *const addresses[2][2] = {
        {KERNEL_ADDRESS4, KERNEL_SECOND_ADDRESS4}, {KERNEL_ADDRESS6, KERNEL_SECOND_ADDRESS6}};

    return addresses[family->af != AF_INET][tap];
}

static int open_kernel(const struct world_family *family, unsigned tap, uint16_t *port)
{
    return kernel_socket_on(tap == 0 ? KERNEL_TAP : KERNEL_SECOND_TAP,
                            kernel_address(family, tap), port);
}

static void kernel_must_receive(int fd)
{
    int result = kernel_receive(fd, &seen, WORLD_PATIENCE_MS);

    ck_assert_msg(result == 0, "the kernel's socket got nothing: %s", strerror(-result));
}

START_TEST(c62_ttl_tos_ecn_arrive)
{
    bool v4 = FAMILY->af == AF_INET;
    struct control_data control = {0};
    SOCKET s = world_socket(FAMILY->any, NULL);
    uint16_t port;
    int fd = open_kernel(FAMILY, 0, &port);

    control_add_int(&control, FAMILY->level, v4 ? IP_TTL : IPV6_HOPLIMIT, 33);
    control_add_int(&control, FAMILY->level, v4 ? IP_TOS : IPV6_TCLASS, 0x48);
    control_add_int(&control, FAMILY->level, IP_ECN, 1);
    ck_assert_int_eq(control_send(s, kernel_address(FAMILY, 0), port, "x", 1, &control, NULL), 0);
    kernel_must_receive(fd);
    ck_assert_int_eq(seen.ttl, 33);
    ck_assert_int_eq(seen.tos, 0x49);
    ck_assert_int_eq(control_send(s, kernel_address(FAMILY, 0), port, "x", 1, NULL, NULL), 0);
    kernel_must_receive(fd);
    ck_assert_int_eq(seen.ttl, 128);
    ck_assert_int_eq(seen.tos, 0);
}
END_TEST

START_TEST(c62_segments_arrive)
{
    enum { SEGMENT = 1200, BYTES = 60 * SEGMENT + 7 };
    struct control_data control = {0};
    SOCKET s = world_socket(FAMILY->any, NULL);
    uint16_t port;
    int fd = open_kernel(FAMILY, 0, &port);
    DWORD sent = 0;

    world_pattern(payload, BYTES, 3);
    control_add_int(&control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, SEGMENT);
    ck_assert_int_eq(
        control_send(s, kernel_address(FAMILY, 0), port, payload, BYTES, &control, &sent), 0);
    ck_assert_uint_eq(sent, BYTES);
    for (size_t at = 0; at < BYTES; at += SEGMENT) {
        kernel_must_receive(fd);
        ck_assert_uint_eq(seen.bytes, BYTES - at < SEGMENT ? BYTES - at : SEGMENT);
        ck_assert_mem_eq(seen.data, payload + at, seen.bytes);
    }
}
END_TEST

/* Both addresses of the first interface: the kernel hears from them and writes to them. */
START_TEST(c25_c26_c62_two_addresses)
{
    const char *ours[] = {FAMILY->us, FAMILY->af == AF_INET ? "192.0.2.2" : "2001:db8::2"};
    uint16_t port, kernel_port;
    SOCKET s = world_socket(FAMILY->any, &port);
    int fd = open_kernel(FAMILY, 0, &kernel_port);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    for (unsigned i = 0; i < 4; i++) {
        struct control_data control = {0};
        control_add_pktinfo(&control, ours[i % 2], i < 2 ? 0 : WORLD_FIRST_INDEX);
        ck_assert_int_eq(
            control_send(s, kernel_address(FAMILY, 0), kernel_port, "x", 1, &control, NULL), 0);
        kernel_must_receive(fd);
        ck_assert_str_eq(seen.source, ours[i % 2]);
        ck_assert_uint_eq(seen.port, port);
        ck_assert_int_eq(kernel_send(fd, ours[i % 2], port, "back", 4), 0);
        world_receive(s, &received);
        world_assert_text(&received, "back");
        world_assert_pktinfo(&received, ours[i % 2], WORLD_FIRST_INDEX);
    }
}
END_TEST

START_TEST(c25_c26_c62_two_interfaces)
{
    const char *ours[] = {FAMILY->us, FAMILY->us_second};
    uint16_t port, kernel_ports[2];
    SOCKET s = world_socket(FAMILY->any, &port);
    int fds[] = {open_kernel(FAMILY, 0, &kernel_ports[0]),
                 open_kernel(FAMILY, 1, &kernel_ports[1])};

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    for (unsigned tap = 0; tap < 2; tap++) {
        unsigned index = tap == 0 ? WORLD_FIRST_INDEX : WORLD_SECOND_INDEX;
        struct control_data control = {0}, other = {0};
        control_add_pktinfo(&control, FAMILY->any, index);
        control_add_pktinfo(&other, ours[1 - tap], index); /* not this interface's */
        world_fails(control_send(s, kernel_address(FAMILY, tap), kernel_ports[tap], "x", 1, &other,
                                 NULL), WSAEADDRNOTAVAIL);
        ck_assert_int_eq(control_send(s, kernel_address(FAMILY, tap), kernel_ports[tap], "x", 1,
                                      &control, NULL), 0);
        kernel_must_receive(fds[tap]);
        ck_assert_str_eq(seen.source, ours[tap]);
        ck_assert_int_eq(kernel_send(fds[tap], ours[tap], port, "back", 4), 0);
        world_receive(s, &received);
        world_assert_text(&received, "back");
        world_assert_pktinfo(&received, ours[tap], index);
    }
}
END_TEST

/* A group by the interface that pktinfo names: it arrives on that TAP. */
START_TEST(c62_a_group_by_each_interface)
{
    SOCKET s = world_socket(FAMILY->any, NULL);

    for (unsigned tap = 0; tap < 2; tap++) {
        struct control_data control = {0};
        uint16_t port, group_port;
        int warm = open_kernel(FAMILY, tap, &port);
        int fd = kernel_socket_on(tap == 0 ? KERNEL_TAP : KERNEL_SECOND_TAP, FAMILY->any,
                                  &group_port);
        ck_assert_int_eq(control_send(s, kernel_address(FAMILY, tap), port, "x", 1, NULL, NULL),
                         0);
        kernel_must_receive(warm); /* the link works */
        kernel_join_on(fd, tap == 0 ? KERNEL_TAP : KERNEL_SECOND_TAP, FAMILY->group);
        control_add_pktinfo(&control, FAMILY->any, tap == 0 ? WORLD_FIRST_INDEX
                                                            : WORLD_SECOND_INDEX);
        ck_assert_int_eq(control_send(s, FAMILY->group, group_port, "group", 5, &control, NULL),
                         0);
        kernel_must_receive(fd);
        ck_assert_str_eq(seen.source, tap == 0 ? FAMILY->us : FAMILY->us_second);
        ck_assert_str_eq(seen.destination, FAMILY->group);
    }
}
END_TEST

START_TEST(c32_from_the_kernel)
{
    uint16_t port, kernel_port;
    SOCKET s = world_socket(FAMILY->us, &port);
    int fd = open_kernel(FAMILY, 0, &kernel_port);
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    u_long queued = 0;
    DWORD size = 0;

    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    world_pattern(payload, 3007, 8);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload + 1000 * i, i < 3 ? 1000 : 7),
                         0);
    }
    while (queued < 3007) {
        ck_assert_int_lt(world_now_ms(), end);
        ck_assert_int_eq(ioctlsocket(s, FIONREAD, &queued), 0);
        world_pause();
    }
    world_receive(s, &received);
    world_assert_payload(&received, payload, 3007);
    ck_assert(control_find(&received, IPPROTO_UDP, UDP_COALESCED_INFO, &size, sizeof(size)));
    ck_assert_uint_eq(size, 1000);
}
END_TEST

Suite *suite_net_send(void)
{
    Suite *suite = suite_create("send_net");
    TCase *tcase = tcase_create("send_net");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, c62_ttl_tos_ecn_arrive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_segments_arrive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c25_c26_c62_two_addresses, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c25_c26_c62_two_interfaces, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_a_group_by_each_interface, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_from_the_kernel, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
