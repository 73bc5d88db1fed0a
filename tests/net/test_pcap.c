/*
 * test_pcap.c - datagrams between the library and the Linux kernel over a veth pair, one end of it
 * the kernel's, the other one the pcap driver's.
 *
 * The library is 192.0.2.1 and 2001:db8::1, the kernel 192.0.2.9 and 2001:db8::9: the addresses of
 * world_families. No frame leaves the namespace. What the kernel sends comes with checksums that it
 * left to a device, as veth is by default.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/pcap/pcap.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/veth.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"

/* A loop over ways of opening the device, and over the families within each. */
#define FAMILY (&world_families[_i % WORLD_FAMILIES])
#define WAY (&ways[_i / WORLD_FAMILIES])

static const struct way {
    const char *immediate, *promiscuous;
} ways[] = {{"off", "on"}, {"on", "on"}, {"off", "off"}, {"on", "off"}};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static struct received received;
static struct kernel_received seen;
static uint8_t payload[65536];

static void enter(void)
{
    const char *why = kernel_enter_veth();

    if (why != NULL) {
        runner_skip(why);
    }
    world_begin();
}

static void tear_down(void)
{
    kernel_close_all();
    world_teardown();
}

/*
 * Starts the host on the device. Called a replay, so that its IPv6 addresses are good at once; with
 * promiscuous=off the MAC is the interface's.
 */
static void start(const struct way *way, const char *key, const char *value)
{
    const struct link_option options[] = {{"device", KERNEL_VETH},
                                          {"immediate", way->immediate},
                                          {"promiscuous", way->promiscuous},
                                          {key, value}};
    bool own_mac = strcmp(way->promiscuous, "on") == 0;
    struct winlwip_interface interface = {
        .name = "veth", .mac = own_mac ? "02:00:5e:10:00:01" : NULL,
        .addresses = "192.0.2.1/24 2001:db8::1/64"};
    char error[LINK_ERROR_BYTES] = "";
    int result = winlwip_pcap_driver.open(options, key != NULL ? 4 : 3, &interface.link, error);

    ck_assert_msg(result == 0, "%s", error);
    interface.link->replay = true;
    world_start_driver(&interface);
}

/* A socket of ours that shows where a datagram went and its TTL. */
static SOCKET open_ours(const struct world_family *family, const char *address, uint16_t *port)
{
    SOCKET s = world_socket(address, port);

    world_set(s, family->level, family->pktinfo, 1);
    world_set(s, family->level, family->recvttl, 1);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 16 << 20);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    return s;
}

static const char *kernel_address(const struct world_family *family)
{
    return family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6;
}

static int send_to(SOCKET s, const char *address, uint16_t port, const void *data, size_t bytes)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);

    return sendto(s, data, (int)bytes, 0, (struct sockaddr *)&name, name_bytes);
}

static void kernel_must_receive(int fd)
{
    int result = kernel_receive(fd, &seen, WORLD_PATIENCE_MS);

    ck_assert_msg(result == 0, "the kernel's socket got nothing: %s", strerror(-result));
}

static uint64_t fate(enum winlwip_fate fate)
{
    struct winlwip_stats stats;

    ck_assert_int_eq(winlwip_stats(&stats), 0);
    world_assert_balance(&stats);
    return stats.fate[fate];
}

/* Waits for as many frames with that fate, and sees that there are no more. */
static void until_fate(enum winlwip_fate which, uint64_t count)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (fate(which) < count) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
    ck_assert_uint_eq(fate(which), count);
}

/* --- There and back --- */

/* The sizes around the edges of one frame, and the largest. */
static const size_t sizes[] = {0, 1, 64, 1452, 1453, 1472, 1473, 9000, 65000, 65486};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

START_TEST(unicasts_of_all_sizes)
{
    uint16_t port, peer_port;

    enter();
    start(WAY, NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    kernel_set_ttl_tos(fd, 37, 0);
    for (size_t i = 0; i < SIZES; i++) {
        world_pattern(payload, sizes[i], (unsigned)i);
        ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload, sizes[i]), 0);
        world_receive(s, &received);
        world_assert_payload(&received, payload, sizes[i]);
        world_assert_name(&received, kernel_address(FAMILY), peer_port);
        world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
        ck_assert_int_eq(FAMILY->af == AF_INET ? received.control.ttl : received.control.hop_limit,
                         37);
        ck_assert_int_eq(send_to(s, kernel_address(FAMILY), peer_port, payload, sizes[i]),
                         (int)sizes[i]);
        kernel_must_receive(fd);
        ck_assert_uint_eq(seen.bytes, sizes[i]);
        ck_assert_mem_eq(seen.data, payload, sizes[i]);
        ck_assert_str_eq(seen.source, FAMILY->us);
    }
}
END_TEST

static const char *const broadcasts[] = {"255.255.255.255", "192.0.2.255"};

/* Here the loop's second index is that of the address. */
START_TEST(broadcasts_both_ways)
{
    const char *address = broadcasts[_i % 2];
    uint16_t port, peer_port;

    enter();
    start(WAY, NULL, NULL);
    SOCKET s = open_ours(&world_families[0], "0.0.0.0", &port);
    int fd = kernel_socket("0.0.0.0", &peer_port);
    ck_assert_int_eq(kernel_send(fd, address, port, "all", 3), 0);
    world_receive(s, &received);
    world_assert_text(&received, "all");
    ck_assert_uint_eq(received.flags, MSG_BCAST);
    world_assert_pktinfo(&received, address, WORLD_FIRST_INDEX);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(send_to(s, address, peer_port, "too", 3), 3);
    kernel_must_receive(fd);
    ck_assert_mem_eq(seen.data, "too", 3);
    ck_assert_str_eq(seen.destination, address);
}
END_TEST

START_TEST(multicasts_both_ways)
{
    uint16_t port, peer_port;

    enter();
    start(WAY, NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->any, &port);
    int fd = kernel_socket(FAMILY->any, &peer_port);
    world_join(s, FAMILY);
    kernel_join(fd, FAMILY->group);
    ck_assert_int_eq(kernel_send(fd, FAMILY->group, port, "group", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "group");
    ck_assert_uint_eq(received.flags, MSG_MCAST);
    world_assert_pktinfo(&received, FAMILY->group, WORLD_FIRST_INDEX);
    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, 0);
    ck_assert_int_eq(send_to(s, FAMILY->group, peer_port, "back", 4), 4);
    kernel_must_receive(fd);
    ck_assert_mem_eq(seen.data, "back", 4);
    ck_assert_str_eq(seen.destination, FAMILY->group);
}
END_TEST

START_TEST(closed_port_is_unreachable)
{
    uint16_t port, peer_port;

    enter();
    start(WAY, NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    ck_assert_int_eq(closesocket(s), 0);
    kernel_connect(fd, FAMILY->us, port);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "nobody", 6), 0);
    ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), -ECONNREFUSED);
}
END_TEST

/* As a program would: by name, with duplicate address detection, which takes a second. */
START_TEST(by_name)
{
    static const struct winlwip_option options[] = {{"device", KERNEL_VETH}};
    static const struct winlwip_interface interface = {
        .name = "live", .driver = "pcap", .addresses = "192.0.2.1/24 2001:db8::1/64",
        .options = options, .option_count = 1};
    uint16_t port, peer_port;

    enter();
    world_start_driver(&interface);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "hello", 5), 0);
    world_receive(s, &received);
    world_assert_text(&received, "hello");
}
END_TEST

/* --- Checksums --- */

/* Left to a device by the kernel, or complete: both are received; no sum is taken for a bad one. */
START_TEST(pending_and_complete_sums)
{
    uint16_t port, peer_port;

    enter();
    veth_set_offload(KERNEL_TAP, _i < WORLD_FAMILIES);
    start(&ways[0], NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    for (unsigned i = 0; i < 100; i++) {
        world_pattern(payload, 13 * i, i);
        ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload, 13 * i), 0);
        world_receive(s, &received);
        world_assert_payload(&received, payload, 13 * i);
    }
    ck_assert_uint_eq(fate(WINLWIP_FATE_DROP_UDP_CHECKSUM), 0);
}
END_TEST

/* A frame whose sum is neither right nor pending is dropped as ever. */
START_TEST(wrong_sums_are_dropped)
{
    static struct frame frame;
    uint16_t port;

    enter();
    int wire = kernel_capture();
    start(&ways[1], NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    struct frame_spec spec = {.src = FAMILY->other_peer, .dst = FAMILY->us, .dst_port = port,
                              .text = "wrong", .transport_checksum_xor = 0x0100};
    frame_build(&spec, &frame);
    ck_assert_int_eq(write(wire, frame.data, frame.bytes), (ssize_t)frame.bytes);
    spec.text = "right";
    spec.transport_checksum_xor = 0;
    frame_build(&spec, &frame);
    ck_assert_int_eq(write(wire, frame.data, frame.bytes), (ssize_t)frame.bytes);
    world_receive(s, &received);
    world_assert_text(&received, "right");
    until_fate(WINLWIP_FATE_DROP_UDP_CHECKSUM, 1);
}
END_TEST

/* --- Superframes --- */

/*
 * Twenty datagrams in one send. Left to be segmented by a device they arrive as one frame that is
 * longer than the MTU: it is counted, and not taken for one datagram. With segmentation by the
 * kernel they arrive.
 */
START_TEST(superframes_are_counted)
{
    enum { SEGMENT = 1000, SEGMENTS = 20 };
    bool whole = _i < WORLD_FAMILIES;
    uint16_t port, peer_port;

    enter();
    veth_set_offload(KERNEL_TAP, whole);
    start(&ways[1], NULL, NULL);
    SOCKET s = open_ours(FAMILY, FAMILY->us, &port);
    int fd = kernel_socket(kernel_address(FAMILY), &peer_port);
    if (!kernel_set_segment(fd, SEGMENT)) {
        runner_skip("the kernel has no UDP_SEGMENT");
    }
    world_pattern(payload, SEGMENT * SEGMENTS, 1);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, payload, SEGMENT * SEGMENTS), 0);
    for (unsigned i = 0; !whole && i < SEGMENTS; i++) {
        world_receive(s, &received);
        world_assert_payload(&received, payload + i * SEGMENT, SEGMENT);
    }
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, port, "one", 3), 0);
    world_receive(s, &received);
    world_assert_text(&received, "one");
    until_fate(WINLWIP_FATE_DROP_OVERSIZE, whole);
}
END_TEST

/* --- Many --- */

/*
 * 10,000 datagrams in one go: each is received once, and the counters add up. Their order is not
 * looked at: veth queues frames for each processor apart, and a sender may be moved to another one.
 */
START_TEST(ten_thousand_in_a_burst)
{
    enum { COUNT = 10000 };
    static bool got[COUNT];
    struct winlwip_stats stats;
    uint16_t port, peer_port;

    enter();
    start(&ways[_i], "buffer", "67108864"); /* a slot of immediate=on takes 2 KiB */
    SOCKET s = open_ours(&world_families[0], "192.0.2.1", &port);
    int fd = kernel_socket(KERNEL_ADDRESS4, &peer_port);
    /* The kernel keeps few datagrams while it asks for our MAC: one comes first. */
    ck_assert_int_eq(kernel_send(fd, "192.0.2.1", port, "first", 5), 0);
    world_receive(s, &received);
    for (uint32_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(kernel_send(fd, "192.0.2.1", port, &i, sizeof(i)), 0);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t number;

        ck_assert_int_eq(recv(s, (char *)&number, sizeof(number), 0), sizeof(number));
        ck_assert_uint_lt(number, COUNT);
        ck_assert_msg(!got[number], "%u came twice", number);
        got[number] = true;
    }
    ck_assert_uint_eq(fate(WINLWIP_FATE_DELIVERED), COUNT + 1);
    ck_assert_uint_eq(fate(WINLWIP_FATE_DROP_QUEUE_FULL), 0);
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_eq(stats.frames_missed, 0);
}
END_TEST

/* --- Settings --- */

START_TEST(filter)
{
    uint16_t port, peer_port;

    enter();
    start(&ways[_i], "filter", "arp or (udp and udp[8] != 0x78)");
    SOCKET s = open_ours(&world_families[0], "192.0.2.1", &port);
    int fd = kernel_socket(KERNEL_ADDRESS4, &peer_port);
    ck_assert_int_eq(kernel_send(fd, "192.0.2.1", port, "xyz", 3), 0);
    ck_assert_int_eq(kernel_send(fd, "192.0.2.1", port, "abc", 3), 0);
    world_receive(s, &received);
    world_assert_text(&received, "abc");
    ck_assert_uint_eq(fate(WINLWIP_FATE_DELIVERED), 1);
}
END_TEST

/* The MAC that a frame of ours comes from: our own, or the interface's. */
START_TEST(source_of_frames)
{
    const struct way *way = &ways[_i];
    static const uint8_t own[6] = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01};
    uint8_t frame[2048], mac[6];
    uint16_t port;
    size_t bytes;

    enter();
    int wire = kernel_capture();
    veth_mac(KERNEL_VETH, mac);
    start(way, NULL, NULL);
    SOCKET s = open_ours(&world_families[0], "192.0.2.1", &port);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(send_to(s, "192.0.2.255", 9, "all", 3), 3);
    do {
        bytes = kernel_capture_frame(wire, frame, sizeof(frame), WORLD_PATIENCE_MS);
        ck_assert_uint_gt(bytes, 0);
    } while (bytes < 45 || memcmp(frame + 42, "all", 3) != 0);
    ck_assert_mem_eq(frame + 6, strcmp(way->promiscuous, "on") == 0 ? own : mac, 6);
}
END_TEST

/* A MAC in the configuration that the device would not let have. */
START_TEST(mac_of_its_own_without_promiscuous)
{
    static const struct winlwip_option options[] = {{"device", KERNEL_VETH},
                                                    {"promiscuous", "off"}};
    const struct winlwip_interface interface = {
        .name = "live", .driver = "pcap", .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24", .options = options, .option_count = 2};
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1};
    WSADATA data;

    enter();
    ck_assert_int_eq(winlwip_configure(&config), 0);
    ck_assert_int_ne(WSAStartup(MAKEWORD(2, 2), &data), 0);
    ck_assert_msg(strstr(winlwip_startup_error(), "mac") != NULL, "%s", winlwip_startup_error());
}
END_TEST

/* --- The end --- */

/* A call that waits is told when the interface is deleted, and so is every later one. */
START_TEST(device_is_deleted)
{
    uint16_t port;

    enter();
    start(&ways[_i], NULL, NULL);
    SOCKET s = world_socket("192.0.2.1", &port);
    struct later *later = world_later(s, NULL);
    world_later_blocked(later);
    veth_delete(KERNEL_VETH);
    world_join_later(later, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    ck_assert_int_eq(recv(s, (char *)payload, 1, 0), SOCKET_ERROR);
    ck_assert_int_eq(WSAGetLastError(), WSAENETDOWN);
}
END_TEST

Suite *suite_net_pcap(void)
{
    Suite *suite = suite_create("pcap_net");
    TCase *tcase = tcase_create("pcap_net");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, unicasts_of_all_sizes, 0, WAYS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, broadcasts_both_ways, 0, WAYS * 2);
    tcase_add_loop_test(tcase, multicasts_both_ways, 0, WAYS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, closed_port_is_unreachable, 0, WAYS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, by_name, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, pending_and_complete_sums, 0, 2 * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wrong_sums_are_dropped, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, superframes_are_counted, 0, 2 * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, ten_thousand_in_a_burst, 0, 2);
    tcase_add_loop_test(tcase, filter, 0, 2);
    tcase_add_loop_test(tcase, source_of_frames, 0, WAYS);
    tcase_add_test(tcase, mac_of_its_own_without_promiscuous);
    tcase_add_loop_test(tcase, device_is_deleted, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
