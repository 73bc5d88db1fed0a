/*
 * test_segments.c - many datagrams by one call of the Linux kernel's, UDP_SEGMENT, and how
 * WSARecvMsg shows them: one by one, or joined for sockets that asked for it (C32). And the way
 * back, with UDP_SEND_MSG_SIZE (C62).
 *
 * With a kernel and a TAP that have superframes the datagrams of a call travel as one; elsewhere
 * one by one. What a program sees is the same.
 */
#include "tests/net/net.h"

#include <string.h>

#include "tests/support/control.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/world_internal.h"

#define FAMILY (&world_families[_i % WORLD_FAMILIES])

static struct received received;
static uint8_t payload[65536];

static const struct {
    size_t bytes, segment;
} sends[] = {{19 * 1400 + 17, 1400}, {40 * 64, 64}, {1400 + 1, 1400}, {128, 1}};

#define SENDS (int)(sizeof(sends) / sizeof(sends[0]))

/* A socket of ours, and a connected one of the kernel's that sends to it or to its group. */
static SOCKET open_pair(const struct world_family *family, const char *target, int *kernel)
{
    uint16_t port, kernel_port;
    SOCKET s = world_socket(family->any, &port);

    world_set(s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    world_set(s, family->level, family->pktinfo, 1);
    world_set(s, family->level, family->recvttl, 1);
    if (target == family->group) {
        world_join(s, family);
    }
    *kernel = kernel_socket(family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6,
                            &kernel_port);
    kernel_set_ttl_tos(*kernel, 33, 0);
    if (target == family->group) {
        kernel_join(*kernel, target); /* so that the kernel has a route to it */
    }
    kernel_connect(*kernel, target, port);
    return s;
}

static uint64_t datagrams(void)
{
    struct winlwip_stats stats;

    ck_assert_int_eq(winlwip_stats(&stats), 0);
    return stats.datagrams;
}

static void check_metadata(const struct world_family *family, const char *target)
{
    ck_assert_uint_eq(received.flags, target == family->group ? MSG_MCAST : 0);
    world_assert_pktinfo(&received, target, WORLD_FIRST_INDEX);
    ck_assert_int_eq(family->af == AF_INET ? received.control.ttl : received.control.hop_limit,
                     33);
}

/* Every datagram by itself; to a group they go by another way through the stack. */
static void check_one_by_one(const struct world_family *family, const char *target)
{
    int kernel;
    SOCKET s = open_pair(family, target, &kernel);

    for (int i = 0; i < SENDS; i++) {
        size_t segment = sends[i].segment, bytes = sends[i].bytes;
        uint64_t before = datagrams();

        world_pattern(payload, bytes, (unsigned)i);
        ck_assert_int_eq(kernel_send_segments(kernel, payload, bytes, (uint16_t)segment), 0);
        for (size_t at = 0; at < bytes; at += segment) {
            world_receive(s, &received);
            world_assert_payload(&received, payload + at,
                                 bytes - at < segment ? bytes - at : segment);
            check_metadata(family, target);
        }
        ck_assert_uint_eq(datagrams() - before, (bytes + segment - 1) / segment);
    }
}

START_TEST(segments_one_by_one)
{
    check_one_by_one(FAMILY, _i < WORLD_FAMILIES ? FAMILY->us : FAMILY->group);
}
END_TEST

/* Options are no reason to lose any. */
START_TEST(segments_with_options)
{
    const struct world_family *family = &world_families[0];
    size_t segment = 1400 - 40, bytes = 10 * segment;
    int kernel;
    SOCKET s = open_pair(family, family->us, &kernel);

    kernel_record_route(kernel);
    world_pattern(payload, bytes, 77);
    ck_assert_int_eq(kernel_send_segments(kernel, payload, bytes, (uint16_t)segment), 0);
    for (size_t at = 0; at < bytes; at += segment) {
        world_receive(s, &received);
        world_assert_payload(&received, payload + at, segment);
        check_metadata(family, family->us);
    }
}
END_TEST

/*
 * Joined: as they were sent if they come in one frame, else by as many as are there. The size that
 * is told goes with each receive of more than one.
 */
START_TEST(c32_segments_joined)
{
    int kernel;
    SOCKET s = open_pair(FAMILY, FAMILY->us, &kernel);

    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    for (int i = 0; i < SENDS; i++) {
        size_t segment = sends[i].segment, bytes = sends[i].bytes, at = 0;

        world_pattern(payload, bytes, (unsigned)i);
        ck_assert_int_eq(kernel_send_segments(kernel, payload, bytes, (uint16_t)segment), 0);
        while (at < bytes) {
            DWORD size = 0;

            world_receive(s, &received);
            ck_assert_uint_le(received.bytes, bytes - at);
            world_assert_payload(&received, payload + at, received.bytes);
            check_metadata(FAMILY, FAMILY->us);
            control_find(&received, IPPROTO_UDP, UDP_COALESCED_INFO, &size, sizeof(size));
            ck_assert_uint_eq(size, received.bytes > segment ? segment : 0);
            at += received.bytes;
            ck_assert(at == bytes || received.bytes % segment == 0);
            ck_assert(at == bytes || !net_has_superframes());
        }
    }
}
END_TEST

/* --- The other way --- */

/* Most of a call in one frame, where there are superframes; the kernel's socket gets datagrams. */
START_TEST(c62_segments_leave_together)
{
    enum { SEGMENT = 1400, BYTES = 19 * SEGMENT + 17 };
    static struct kernel_received seen;
    static uint8_t frame[65600];
    struct control_data control = {0};
    SOCKET s = world_socket(FAMILY->any, NULL);
    const char *target = FAMILY->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6;
    uint16_t port;
    int fd = kernel_socket(target, &port), capture;
    size_t longest = 0, got;

    /* The first one finds no neighbour and goes one by one. */
    ck_assert_int_eq(control_send(s, target, port, "first", 5, NULL, NULL), 0);
    ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
    capture = kernel_capture();
    world_pattern(payload, BYTES, 3);
    control_add_int(&control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, SEGMENT);
    ck_assert_int_eq(control_send(s, target, port, payload, BYTES, &control, NULL), 0);
    for (size_t at = 0; at < BYTES; at += SEGMENT) {
        ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
        ck_assert_uint_eq(seen.bytes, BYTES - at < SEGMENT ? BYTES - at : SEGMENT);
        ck_assert_mem_eq(seen.data, payload + at, seen.bytes);
    }
    while ((got = kernel_capture_frame(capture, frame, sizeof(frame), 0)) != 0) {
        longest = got > longest ? got : longest;
    }
    /* The stack may send a few of them by themselves. */
    ck_assert(net_has_superframes() ? longest > BYTES / 2
                                    : longest == 14 + FAMILY->overhead + SEGMENT);
}
END_TEST

/* Over a router to a link that takes complete packets only: the checksums can be seen there. */
START_TEST(c62_segments_and_sums_beyond_a_router)
{
    static const size_t lengths[] = {1, 19 * 1400 + 17, 1400, 0}; /* the first one waits for ARP */
    static uint8_t packet[65536];
    struct control_data control = {0};
    SOCKET s = world_socket(FAMILY->any, NULL);
    const char *target = FAMILY->af == AF_INET ? KERNEL_FAR_HOST4 : KERNEL_FAR_HOST6;
    const char *why = kernel_route(1500);

    if (why != NULL) {
        runner_skip(why);
    }
    control_add_int(&control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1400);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t at = 0;

        world_pattern(payload, lengths[i], (unsigned)i);
        ck_assert_int_eq(control_send(s, target, 5000, payload, lengths[i], &control, NULL), 0);
        do {
            int bytes = kernel_forwarded(packet, sizeof(packet), WORLD_PATIENCE_MS);
            struct frame_view view;

            ck_assert_int_gt(bytes, 0);
            why = frame_parse(packet, (size_t)bytes, true, &view);
            ck_assert_msg(why == NULL, "%s", why);
            ck_assert_mem_eq(view.payload, payload + at, view.payload_bytes);
            at += view.payload_bytes;
        } while (at < lengths[i]);
        ck_assert_uint_eq(at, lengths[i]);
    }
}
END_TEST

Suite *suite_net_segments(void)
{
    Suite *suite = suite_create("segments_net");
    TCase *tests = tcase_create("segments_net");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, net_set_up, net_tear_down);
    tcase_add_loop_test(tests, segments_one_by_one, 0, 2 * WORLD_FAMILIES);
    tcase_add_loop_test(tests, c32_segments_joined, 0, WORLD_FAMILIES);
    tcase_add_test(tests, segments_with_options);
    tcase_add_loop_test(tests, c62_segments_leave_together, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tests, c62_segments_and_sums_beyond_a_router, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tests);
    return suite;
}
