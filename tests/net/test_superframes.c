/*
 * test_superframes.c - the TAP driver alone against sockets of the Linux kernel: many datagrams in
 * one frame, and checksums that the other side finishes.
 *
 * No stack runs; the tests hold the link that the driver opened. Datagrams of the kernel's go to
 * groups, which need no ARP. The driver's go to its sockets, and by its router to a far host over a
 * link that takes complete packets only: there their checksums can be seen.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "drivers/tap/tap.h"
#include "tests/support/frames.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"

enum {
    SEGMENT = 1400,
    SEGMENTS = 20,
    BYTES = (SEGMENTS - 1) * SEGMENT + 17, /* the last one is short */
    TIMEOUT_MS = 5000,
};

static const struct {
    const char *us, *kernel, *group, *far;
    unsigned udp; /* where the UDP header of a frame is */
} families[] = {
    {"192.0.2.1", KERNEL_ADDRESS4, "239.1.2.3", KERNEL_FAR_HOST4, 34},
    {"2001:db8::1", KERNEL_ADDRESS6, "ff15::1234", KERNEL_FAR_HOST6, 54},
};

#define FAMILY families[_i % 2]

static struct link *link;
static uint8_t payload[BYTES];
static struct frame built;
static struct kernel_received seen;

static void open_link(const char *offload)
{
    const struct link_option options[] = {{"device", KERNEL_TAP}, {"offload", offload}};
    char error[LINK_ERROR_BYTES] = "";

    ck_assert_msg(winlwip_tap_driver.open(options, 2, &link, error) == 0, "%s", error);
}

static void set_up(void)
{
    const char *why = kernel_enter();

    if (why == NULL) {
        why = kernel_route(1500);
    }
    if (why != NULL) {
        runner_skip(why);
    }
    for (size_t i = 0; i < sizeof(payload); i++) {
        payload[i] = (uint8_t)(i * 13 + i / 256);
    }
}

static void tear_down(void)
{
    link->ops->close(link);
    kernel_close_all();
}

/* The next frame to a UDP port; false when there is none for a while. */
static bool next_frame(int family, uint16_t port, struct link_frame *frame, int timeout_ms)
{
    struct pollfd entry = {.fd = link->fd, .events = POLLIN};
    unsigned udp = families[family].udp;

    while (poll(&entry, 1, timeout_ms) == 1) {
        ck_assert_int_eq(link->ops->receive(link, frame, 1), 1);
        if (frame->bytes >= udp + 8 && frame->data[12] == (family == 0 ? 0x08 : 0x86) &&
            frame->data[udp + 2] == port >> 8 && frame->data[udp + 3] == (port & 0xff)) {
            return true;
        }
    }
    return false;
}

/* A kernel's socket that sends to the group; the kernel's queue on the device works by now. */
static int open_sender(int family, uint16_t port)
{
    uint16_t own_port;
    int fd = kernel_socket(families[family].kernel, &own_port);
    struct link_frame frame;

    kernel_join(fd, families[family].group);
    kernel_connect(fd, families[family].group, port);
    do {
        ck_assert_int_eq(kernel_send(fd, families[family].group, port, "works?", 6), 0);
    } while (!next_frame(family, port, &frame, 20));
    while (next_frame(family, port, &frame, 0)) {
        /* those that came late */
    }
    return fd;
}

START_TEST(kernel_sends_a_superframe)
{
    struct link_frame frame;
    unsigned udp = FAMILY.udp;
    int fd;

    open_link("auto");
    if ((link->offload & LINK_OFFLOAD_SEGMENT) == 0) {
        runner_skip("this kernel has no UDP segmentation for TAP devices");
    }
    fd = open_sender(_i, 5000);
    ck_assert_int_eq(kernel_send_segments(fd, payload, BYTES, SEGMENT), 0);
    ck_assert(next_frame(_i, 5000, &frame, TIMEOUT_MS));
    ck_assert_uint_eq(frame.segment_bytes, SEGMENT);
    ck_assert_uint_eq(frame.flags, LINK_FRAME_SUM_PENDING);
    ck_assert_uint_eq(frame.bytes, udp + 8 + BYTES);
    ck_assert_mem_eq(frame.data + udp + 8, payload, BYTES);
    ck_assert(!next_frame(_i, 5000, &frame, 0));

    ck_assert_int_eq(kernel_send_segments(fd, payload, SEGMENT, SEGMENT), 0);
    ck_assert(next_frame(_i, 5000, &frame, TIMEOUT_MS));
    ck_assert_uint_eq(frame.segment_bytes, 0);
    ck_assert_uint_eq(frame.bytes, udp + 8 + SEGMENT);
}
END_TEST

START_TEST(kernel_sends_datagrams_without_offload)
{
    struct frame_view view;
    struct link_frame frame;
    int fd;

    open_link("off");
    fd = open_sender(_i, 5000);
    ck_assert_int_eq(kernel_send_segments(fd, payload, BYTES, SEGMENT), 0);
    for (size_t at = 0; at < BYTES; at += SEGMENT) {
        ck_assert(next_frame(_i, 5000, &frame, TIMEOUT_MS));
        ck_assert_uint_eq(frame.segment_bytes, 0);
        ck_assert_uint_eq(frame.flags & LINK_FRAME_SUM_PENDING, 0);
        ck_assert_ptr_null(frame_parse(frame.data, frame.bytes, false, &view));
        ck_assert_uint_eq(view.payload_bytes, BYTES - at < SEGMENT ? BYTES - at : SEGMENT);
        ck_assert_mem_eq(view.payload, payload + at, view.payload_bytes);
    }
}
END_TEST

/* Builds a frame from us whose checksum is pending and sends it, as a superframe or not. */
static void send_pending(int family, const char *address, uint16_t port, size_t bytes,
                         uint16_t segment_bytes)
{
    unsigned udp = families[family].udp;
    struct frame_spec spec = {.src = families[family].us, .dst = address, .dst_port = port,
                              .payload = payload, .payload_bytes = bytes};
    struct iovec part = {built.data, 0};
    const struct link_packet packet = {
        .parts = &part, .part_count = 1, .sum_start = (uint16_t)udp, .sum_offset = 6,
        .segment_bytes = segment_bytes, .is_v6 = family == 1,
    };

    kernel_mac(spec.dst_mac);
    frame_build(&spec, &built);
    frame_leave_sum(&built, udp, 6);
    part.iov_len = built.bytes;
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
}

/* The kernel looks at what arrives only some time after the device is up. */
static void until_the_kernel_hears(int family)
{
    uint16_t port;
    int fd = kernel_socket(families[family].kernel, &port);
    unsigned tries = 0;

    do {
        ck_assert_uint_lt(tries++, TIMEOUT_MS / 20);
        send_pending(family, families[family].kernel, port, 1, 0);
    } while (kernel_receive(fd, &seen, 20) != 0);
}

/* _i: family, and superframe or single datagrams. */
START_TEST(kernel_socket_receives)
{
    bool super = _i >= 2;
    uint16_t port;
    int fd = kernel_socket(FAMILY.kernel, &port);

    open_link("auto");
    if (super && (link->offload & LINK_OFFLOAD_SEGMENT) == 0) {
        runner_skip("this kernel has no UDP segmentation for TAP devices");
    }
    until_the_kernel_hears(_i % 2);
    send_pending(_i % 2, FAMILY.kernel, port, super ? BYTES : SEGMENT, super ? SEGMENT : 0);
    for (size_t at = 0; at < (super ? BYTES : SEGMENT); at += SEGMENT) {
        ck_assert_int_eq(kernel_receive(fd, &seen, TIMEOUT_MS), 0);
        ck_assert_uint_eq(seen.bytes, BYTES - at < SEGMENT ? BYTES - at : SEGMENT);
        ck_assert_mem_eq(seen.data, payload + at, seen.bytes);
        ck_assert_str_eq(seen.source, FAMILY.us);
    }
}
END_TEST

START_TEST(far_host_receives)
{
    static uint8_t packet[65536];
    bool super = _i >= 2;

    open_link("auto");
    if (super && (link->offload & LINK_OFFLOAD_SEGMENT) == 0) {
        runner_skip("this kernel has no UDP segmentation for TAP devices");
    }
    until_the_kernel_hears(_i % 2);
    send_pending(_i % 2, FAMILY.far, 5000, super ? BYTES : SEGMENT, super ? SEGMENT : 0);
    for (size_t at = 0; at < (super ? BYTES : SEGMENT); at += SEGMENT) {
        int bytes = kernel_forwarded(packet, sizeof(packet), TIMEOUT_MS);
        struct frame_view view;
        const char *wrong;

        ck_assert_int_gt(bytes, 0);
        wrong = frame_parse(packet, (size_t)bytes, true, &view);
        ck_assert_msg(wrong == NULL, "%s", wrong);
        ck_assert_uint_eq(view.payload_bytes, BYTES - at < SEGMENT ? BYTES - at : SEGMENT);
        ck_assert_mem_eq(view.payload, payload + at, view.payload_bytes);
    }
}
END_TEST

Suite *suite_net_superframes(void)
{
    Suite *suite = suite_create("superframes_net");
    TCase *tests = tcase_create("superframes_net");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, kernel_sends_a_superframe, 0, 2);
    tcase_add_loop_test(tests, kernel_sends_datagrams_without_offload, 0, 2);
    tcase_add_loop_test(tests, kernel_socket_receives, 0, 4);
    tcase_add_loop_test(tests, far_host_receives, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
