/*
 * test_tap.c - datagrams between the library and the Linux kernel over a TAP, in both directions.
 *
 * The library is 192.0.2.1 and 2001:db8::1, the kernel 192.0.2.9 and 2001:db8::9: the addresses of
 * world_families. No frame leaves the namespace.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <string.h>

#include "drivers/tap/tap.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"

#define FAMILY (&world_families[_i])

static bool has_superframes;
static struct received received;
static struct kernel_received seen;
static uint8_t payload[65536];

static void enter(void)
{
    const char *why = kernel_enter();

    if (why != NULL)
        runner_skip(why);
    world_begin();
}

/*
 * The kernel starts its queue on the device some time after the device is up and loses what is sent
 * before. Unicasts survive that, as ARP asks again; a group or broadcast would not. So one of those
 * comes first, as often as it takes.
 */
static void until_the_link_works(void)
{
    uint16_t port, peer_port;
    SOCKET s = world_socket("192.0.2.1", &port);
    int fd = kernel_socket(KERNEL_ADDRESS4, &peer_port);
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    WSAPOLLFD polled = {.fd = s, .events = POLLRDNORM};

    do {
        ck_assert_int_lt(world_now_ms(), end);
        ck_assert_int_eq(kernel_send(fd, "192.0.2.255", port, "works?", 6), 0);
    } while (WSAPoll(&polled, 1, 20) != 1);
    closesocket(s);
}

/* As a program would: by name, with duplicate address detection, which takes a second. */
static void set_up_by_name(void)
{
    static const struct winlwip_option options[] = {{"device", KERNEL_TAP}};
    static const struct winlwip_interface interface = {
        .name = "tap", .driver = "tap", .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24 2001:db8::1/64", .options = options, .option_count = 1};

    enter();
    world_start_driver(&interface);
    until_the_link_works();
}

void net_set_up(void)
{
    static const struct link_option option = {"device", KERNEL_TAP};
    struct winlwip_interface interface = {
        .name = "tap", .mac = "02:00:5e:10:00:01", .addresses = "192.0.2.1/24 2001:db8::1/64",
        .gateway4 = KERNEL_ADDRESS4, .gateway6 = KERNEL_ADDRESS6};
    char error[LINK_ERROR_BYTES] = "";

    enter();
    ck_assert_msg(winlwip_tap_driver.open(&option, 1, &interface.link, error) == 0, "%s", error);
    interface.link->replay = true;
    has_superframes = (interface.link->offload & LINK_OFFLOAD_SEGMENT) != 0;
    world_start_driver(&interface);
    until_the_link_works();
}

bool net_has_superframes(void)
{
    return has_superframes;
}

void net_tear_down(void)
{
    kernel_close_all();
    world_teardown();
}

static const char *kernel_address(const struct world_family *family)
{
    return family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6;
}

/* A socket of ours that shows all metadata, with room for many large datagrams. */
static SOCKET open_ours(const struct world_family *family, const char *address, uint16_t *port)
{
    SOCKET s = world_socket(address, port);

    world_set(s, family->level, family->pktinfo, 1);
    world_set(s, family->level, family->recvttl, 1);
    world_set(s, family->level, family->recvtos, 1);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    return s;
}

static int send_to(SOCKET s, const char *address, uint16_t port, const void *data, size_t bytes)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);

    return sendto(s, data, (int)bytes, 0, (struct sockaddr *)&name, name_bytes);
}

static int ttl_of(const struct world_family *family)
{
    return family->af == AF_INET ? received.control.ttl : received.control.hop_limit;
}

static int tos_of(const struct world_family *family)
{
    return family->af == AF_INET ? received.control.tos : received.control.tclass;
}

static void kernel_must_receive(int fd)
{
    int result = kernel_receive(fd, &seen, WORLD_PATIENCE_MS);

    ck_assert_msg(result == 0, "the kernel's socket got nothing: %s", strerror(-result));
}

START_TEST(unicast_from_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->any, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    kernel_set_ttl_tos(fd, 37, 0x68);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "hello", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "hello");
    world_assert_name(&received, kernel_address(FAMILY), peer_port);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(ttl_of(FAMILY), 37);
    ck_assert_int_eq(tos_of(FAMILY), 0x68);
    ck_assert_uint_eq(received.flags, 0);
}
END_TEST

START_TEST(unicast_to_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->any, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, 41);
    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_TOS : IPV6_TCLASS, 0x28);
    ck_assert_int_eq(send_to(s, kernel_address(FAMILY), peer_port, "hello", 5), 5);
    kernel_must_receive(fd);
    ck_assert_uint_eq(seen.bytes, 5);
    ck_assert_mem_eq(seen.data, "hello", 5);
    ck_assert_str_eq(seen.source, FAMILY->us);
    ck_assert_uint_eq(seen.port, port);
    ck_assert_str_eq(seen.destination, kernel_address(FAMILY));
    ck_assert_int_eq(seen.ttl, 41);
    ck_assert_int_eq(seen.tos, 0x28);
}
END_TEST

/* What was received goes back as it is: the message of WSARecvMsg to WSASendMsg (C17). */
START_TEST(reply_with_the_received_message)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->any, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    char data[64], control[128];
    SOCKADDR_STORAGE name;

    for (unsigned i = 0; i < 200; i++) {
        WSABUF buffer = {.len = sizeof(data), .buf = data};
        WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = sizeof(name),
                          .lpBuffers = &buffer, .dwBufferCount = 1,
                          .Control = {.len = sizeof(control), .buf = control}};
        DWORD bytes = 0;

        world_pattern(payload, 60, i);
        ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload, 60), 0);
        ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
        buffer.len = bytes;
        ck_assert_int_eq(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), 0);
        kernel_must_receive(fd);
        ck_assert_uint_eq(seen.bytes, 60);
        ck_assert_mem_eq(seen.data, payload, 60);
        ck_assert_str_eq(seen.source, FAMILY->us);
        ck_assert_uint_eq(seen.port, port);
    }
}
END_TEST

static const char *const broadcasts[] = {"255.255.255.255", "192.0.2.255"};

START_TEST(broadcast_from_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(&world_families[0], "0.0.0.0", &port);
    int fd = kernel_socket(KERNEL_ADDRESS4, &peer_port);

    ck_assert_int_eq(kernel_send(fd, broadcasts[_i], port, "all", 3), 0);
    world_receive(s, &received);
    world_assert_text(&received, "all");
    ck_assert_uint_eq(received.flags, MSG_BCAST);
    world_assert_pktinfo(&received, broadcasts[_i], WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(broadcast_to_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(&world_families[0], "192.0.2.1", &port);
    int fd = kernel_socket("0.0.0.0", &peer_port);

    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(send_to(s, broadcasts[_i], peer_port, "all", 3), 3);
    kernel_must_receive(fd);
    ck_assert_mem_eq(seen.data, "all", 3);
    ck_assert_str_eq(seen.source, "192.0.2.1");
    ck_assert_str_eq(seen.destination, broadcasts[_i]);
}
END_TEST

START_TEST(multicast_from_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->any, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    world_join(s, FAMILY);
    kernel_join(fd, FAMILY->group); /* so that the kernel has a route to the group */
    kernel_set_ttl_tos(fd, 5, 0);
    ck_assert_int_eq(kernel_send(fd, FAMILY->group, port, "group", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "group");
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    ck_assert_int_eq(ttl_of(FAMILY), 5);
    world_assert_pktinfo(&received, FAMILY->group, WORLD_FIRST_INDEX);
}
END_TEST

START_TEST(multicast_to_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(FAMILY->any, &peer_port);

    kernel_join(fd, FAMILY->group);
    ck_assert_int_eq(send_to(s, FAMILY->group, peer_port, "group", 5), 5);
    kernel_must_receive(fd);
    ck_assert_mem_eq(seen.data, "group", 5);
    ck_assert_str_eq(seen.destination, FAMILY->group);
    ck_assert_str_eq(seen.source, FAMILY->us);
    ck_assert_int_eq(seen.ttl, 1);
}
END_TEST

/* Payload sizes around the edges of one frame, and up to the largest; 0 stands for that. */
static const size_t sizes[] = {0, 1, 1451, 1452, 1453, 1471, 1472, 1473, 2953, 8192, 30000, 65000,
                               65486};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static size_t size_of(const struct world_family *family, size_t i)
{
    return i < SIZES ? sizes[i] : family->largest;
}

START_TEST(every_size_from_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    for (size_t i = 0; i <= SIZES; i++) {
        size_t bytes = size_of(FAMILY, i);

        world_pattern(payload, bytes, (unsigned)i);
        ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload, bytes), 0);
        world_receive(s, &received);
        world_assert_payload(&received, payload, bytes);
        world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    }
}
END_TEST

START_TEST(every_size_to_the_kernel)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    for (size_t i = SIZES + 1; i-- > 0;) {
        size_t bytes = size_of(FAMILY, i);

        /* The largest comes first: its fragments find no neighbour resolved. */
        world_pattern(payload, bytes, (unsigned)i);
        ck_assert_int_eq(send_to(s, kernel_address(FAMILY), peer_port, payload, bytes),
                         (int)bytes);
        kernel_must_receive(fd);
        ck_assert_uint_eq(seen.bytes, bytes);
        ck_assert_mem_eq(seen.data, payload, bytes);
    }
}
END_TEST

START_TEST(closed_port_is_unreachable)
{
    uint16_t port, peer_port;
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);

    ck_assert_int_eq(closesocket(s), 0);
    kernel_connect(fd, FAMILY->us, port);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "nobody", 6), 0);
    ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), -ECONNREFUSED);
}
END_TEST

START_TEST(dual_stack_hears_both)
{
    uint16_t port, four_port, six_port;
    SOCKET s = world_dual_socket(&port);
    int four = kernel_socket(KERNEL_ADDRESS4, &four_port);
    int six = kernel_socket(KERNEL_ADDRESS6, &six_port);

    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    world_set(s, IPPROTO_IPV6, IPV6_PKTINFO, 1);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    ck_assert_int_eq(kernel_send(four, "192.0.2.1", port, "four", 4), 0);
    world_receive(s, &received);
    world_assert_name(&received, "::ffff:192.0.2.9", four_port);
    world_assert_pktinfo(&received, "192.0.2.1", WORLD_FIRST_INDEX);
    ck_assert_int_eq(kernel_send(six, "2001:db8::1", port, "six", 3), 0);
    world_receive(s, &received);
    world_assert_name(&received, KERNEL_ADDRESS6, six_port);
    world_assert_pktinfo(&received, "2001:db8::1", WORLD_FIRST_INDEX);
    ck_assert_int_eq(send_to(s, "::ffff:192.0.2.9", four_port, "back", 4), 4);
    kernel_must_receive(four);
    ck_assert_mem_eq(seen.data, "back", 4);
}
END_TEST

Suite *suite_net_tap(void)
{
    Suite *suite = suite_create("tap_net");
    TCase *tcase = tcase_create("tap_net"), *by_name = tcase_create("tap_by_name");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, net_set_up, net_tear_down);
    tcase_add_loop_test(tcase, unicast_from_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, unicast_to_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, reply_with_the_received_message, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, broadcast_from_the_kernel, 0, 2);
    tcase_add_loop_test(tcase, broadcast_to_the_kernel, 0, 2);
    tcase_add_loop_test(tcase, multicast_from_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, multicast_to_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, every_size_from_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, every_size_to_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, closed_port_is_unreachable, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, dual_stack_hears_both);
    suite_add_tcase(suite, tcase);

    tcase_set_timeout(by_name, 20);
    tcase_add_checked_fixture(by_name, set_up_by_name, net_tear_down);
    tcase_add_loop_test(by_name, reply_with_the_received_message, 0, WORLD_FAMILIES);
    tcase_add_test(by_name, dual_stack_hears_both);
    suite_add_tcase(suite, by_name);
    return suite;
}
