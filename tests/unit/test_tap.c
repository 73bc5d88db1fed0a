/*
 * test_tap.c - the TAP driver against the kernel: frames both ways, link state, deletion, MTU.
 *
 * Each test runs in a network namespace of its own, with a packet socket on the kernel's side of
 * the TAP. The kernel sends frames of its own there (router solicitations, group reports); the
 * tests' frames are told by their Ethernet type. What the driver refuses is in test_tap_errors.c.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"
#include "tests/unit/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "winlwip0"

enum { BURST = 32 };

static void check_from_kernel(struct link *link, int kernel, size_t bytes)
{
    static uint8_t sent[LINK_FRAME_MAX_BYTES];
    struct link_frame frame;

    tapfix_fill(sent, bytes, (unsigned)bytes);
    ck_assert_int_eq(send(kernel, sent, bytes, 0), (ssize_t)bytes);
    tapfix_receive(link, &frame);
    ck_assert_uint_eq(frame.bytes, bytes);
    ck_assert_uint_eq(frame.original_bytes, bytes);
    ck_assert_mem_eq(frame.data, sent, bytes);
    ck_assert_uint_eq(frame.encapsulation, LINK_ETHERNET);
    ck_assert_uint_eq(frame.flags, 0);
    ck_assert_int_eq(frame.time_ns, 0);
    ck_assert_uint_eq(((uintptr_t)frame.data + 14) % 4, 0);
    memset(frame.data, 0xff, frame.bytes); /* ours to write to */
}

/* Sends one frame in four parts, and expects it at the kernel's side. */
static void check_to_kernel(struct link *link, int kernel, size_t bytes)
{
    static uint8_t sent[LINK_FRAME_MAX_BYTES], seen[LINK_FRAME_MAX_BYTES];
    struct iovec parts[] = {{sent, 14}, {sent + 14, 0}, {sent + 14, 20}, {sent + 34, bytes - 34}};
    const struct link_packet packet = {.parts = parts, .part_count = 4};

    tapfix_fill(sent, bytes, (unsigned)bytes + 1);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    ck_assert_int_eq(recv(kernel, seen, sizeof(seen), 0), (ssize_t)bytes);
    ck_assert_mem_eq(seen, sent, bytes);
}

START_TEST(frames_both_ways)
{
    static const size_t sizes[] = {60, 61, 590, 1514};
    struct link *link;
    int kernel;

    if (!tapfix_enter()) {
        return;
    }
    link = tapfix_open(NAME);
    tapfix_set_up(NAME, true);
    kernel = tapfix_socket(NAME);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_from_kernel(link, kernel, sizes[i]);
        check_to_kernel(link, kernel, sizes[i]);
    }
    link->ops->close(link);
}
END_TEST

START_TEST(link_properties)
{
    struct link *link;

    if (!tapfix_enter()) {
        return;
    }
    link = tapfix_open(NAME);
    ck_assert_str_eq(link->ops->driver, "tap");
    ck_assert_uint_ne(if_nametoindex(NAME), 0);
    ck_assert_uint_eq(link->mtu, 1500);
    ck_assert(!link_has_mac(link));
    ck_assert(!link->replay && !link->own_clock && !link->ip_only && !link->end_is_down);
    ck_assert_int_ne(fcntl(link->fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(link->fd, F_GETFD) & FD_CLOEXEC, 0);
    link->ops->close(link);
    ck_assert_uint_eq(if_nametoindex(NAME), 0); /* created for us, and gone with us */
}
END_TEST

/*
 * More frames than a burst holds, by number and, with jumbo frames, by the driver's memory: lent in
 * order, none twice, the fd readable as long as needed.
 */
static const int burst_bytes[] = {60, 1514, 9014};

START_TEST(bursts_from_kernel)
{
    enum { COUNT = 100 };
    const int bytes = burst_bytes[_i];
    struct link_frame frames[BURST];
    uint8_t expected[9014];
    struct pollfd entry;
    struct link *link;
    unsigned seen = 0;
    int kernel, count;

    if (!tapfix_enter()) {
        return;
    }
    link = tapfix_open(NAME);
    tapfix_set_mtu(NAME, 9000);
    tapfix_set_up(NAME, true);
    kernel = tapfix_socket(NAME);
    for (unsigned i = 0; i < COUNT; i++) {
        tapfix_fill(expected, (size_t)bytes, i);
        ck_assert_int_eq(send(kernel, expected, (size_t)bytes, 0), bytes);
    }
    entry = (struct pollfd){.fd = link->fd, .events = POLLIN};
    while (seen < COUNT) {
        ck_assert_int_eq(poll(&entry, 1, -1), 1);
        count = link->ops->receive(link, frames, BURST);
        ck_assert_int_ge(count, 1);
        ck_assert_int_le(count, BURST);
        for (int i = 0; i < count; i++) {
            if (memcmp(frames[i].data + 12, "\x88\xb5", 2) == 0) {
                tapfix_fill(expected, (size_t)bytes, seen++);
                ck_assert_uint_eq(frames[i].bytes, (unsigned)bytes);
                ck_assert_mem_eq(frames[i].data, expected, (size_t)bytes);
            }
        }
    }
    ck_assert_int_eq(link->ops->receive(link, frames, 0), 0);
    link->ops->close(link);
}
END_TEST

START_TEST(bursts_to_kernel)
{
    enum { COUNT = 50, BYTES = 200 };
    uint8_t sent[COUNT][BYTES], seen[BYTES + 1];
    struct iovec parts[COUNT];
    struct link_packet packets[COUNT];
    struct link *link;
    int kernel;

    if (!tapfix_enter()) {
        return;
    }
    link = tapfix_open(NAME);
    tapfix_set_up(NAME, true);
    kernel = tapfix_socket(NAME);
    for (unsigned i = 0; i < COUNT; i++) {
        tapfix_fill(sent[i], BYTES, i);
        parts[i] = (struct iovec){sent[i], BYTES};
        packets[i] = (struct link_packet){.parts = &parts[i], .part_count = 1};
    }
    parts[40].iov_len = 10; /* no Ethernet header: the kernel does not take it, nor we the rest */
    ck_assert_uint_eq(link->ops->send(link, packets, COUNT), 40);
    for (unsigned i = 0; i < 40; i++) {
        ck_assert_int_eq(recv(kernel, seen, sizeof(seen), 0), BYTES);
        ck_assert_mem_eq(seen, sent[i], BYTES);
    }
    ck_assert_int_eq(recv(kernel, seen, sizeof(seen), MSG_DONTWAIT), -1);
    link->ops->close(link);
}
END_TEST

/* Down is no failure: nothing is taken, nothing is there, and it goes on when it is up again. */
START_TEST(interface_down_and_up)
{
    uint8_t sent[60];
    struct iovec part = {sent, sizeof(sent)};
    const struct link_packet packet = {.parts = &part, .part_count = 1};
    struct link_frame frame;
    struct link *link;

    if (!tapfix_enter()) {
        return;
    }
    tapfix_fill(sent, sizeof(sent), 1);
    link = tapfix_open(NAME);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
        while (link->ops->receive(link, &frame, 1) > 0) {
            /* what the kernel queued while it was up */
        }
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
        tapfix_set_up(NAME, true);
        check_from_kernel(link, tapfix_socket(NAME), 60);
        check_to_kernel(link, tapfix_socket(NAME), 60);
        tapfix_set_up(NAME, false);
    }
    link->ops->close(link);
}
END_TEST

START_TEST(interface_deleted)
{
    uint8_t sent[60];
    struct iovec part = {sent, sizeof(sent)};
    const struct link_packet packet = {.parts = &part, .part_count = 1};
    struct link_frame frame;
    struct pollfd entry;
    struct link *link;

    if (!tapfix_enter()) {
        return;
    }
    tapfix_fill(sent, sizeof(sent), 1);
    link = tapfix_open(NAME);
    tapfix_set_up(NAME, true);
    tapfix_delete(NAME);
    entry = (struct pollfd){.fd = link->fd, .events = POLLIN};
    ck_assert_int_eq(poll(&entry, 1, -1), 1);
    ck_assert_int_eq(link->ops->receive(link, &frame, 1), -ENETDOWN);
    ck_assert_int_eq(link->ops->receive(link, &frame, 1), -ENETDOWN);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    link->ops->close(link);
}
END_TEST

/* Attaches to an interface that exists, takes its MTU, and leaves it behind. */
START_TEST(existing_interface_with_jumbo_frames)
{
    struct link *link;
    int maker, kernel;

    if (!tapfix_enter()) {
        return;
    }
    maker = tapfix_device(NAME, IFF_TAP | IFF_NO_PI);
    ck_assert_int_eq(ioctl(maker, TUNSETPERSIST, 1), 0);
    tapfix_set_mtu(NAME, 9000);
    ck_assert_int_eq(dup2(tapfix_device(NAME, 0), maker), maker); /* detached again */
    link = tapfix_open(NAME);
    ck_assert_uint_eq(link->mtu, 9000);
    tapfix_set_up(NAME, true);
    kernel = tapfix_socket(NAME);
    check_from_kernel(link, kernel, 9014);
    check_to_kernel(link, kernel, 9014);
    /* The MTU may grow behind our back, up to the largest frame there is. */
    tapfix_set_mtu(NAME, 65521);
    check_from_kernel(link, kernel, 65535);
    link->ops->close(link);
    ck_assert_uint_ne(if_nametoindex(NAME), 0);
}
END_TEST

/* --- Passed descriptors --- */

static struct link *open_fd(int fd)
{
    char number[16], error[LINK_ERROR_BYTES] = "";
    const struct link_option option = {"fd", number};
    struct link *link = NULL;
    int result;

    snprintf(number, sizeof(number), "%d", fd);
    result = winlwip_tap_driver.open(&option, 1, &link, error);
    ck_assert_msg(result == 0, "open returned %d: %s", result, error);
    return link;
}

START_TEST(passed_descriptor)
{
    struct link *link;
    int fd, kernel;

    if (!tapfix_enter()) {
        return;
    }
    fd = dup(tapfix_device(NAME, IFF_TAP | IFF_NO_PI));
    tapfix_set_mtu(NAME, 1400);
    tapfix_set_up(NAME, true);
    kernel = tapfix_socket(NAME);
    link = open_fd(fd);
    ck_assert_int_eq(link->fd, fd);
    ck_assert_uint_eq(link->mtu, 1400);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    check_from_kernel(link, kernel, 60);
    check_to_kernel(link, kernel, 60);
    link->ops->close(link);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* The descriptor of another namespace's TAP: the interface of that name here is a stranger. */
START_TEST(passed_descriptor_from_elsewhere)
{
    struct link *link;
    int fd;

    if (!tapfix_enter()) {
        return;
    }
    fd = dup(tapfix_device(NAME, IFF_TAP | IFF_NO_PI));
    tapfix_set_mtu(NAME, 1400);
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    link = open_fd(dup(fd));
    ck_assert_uint_eq(link->mtu, 1500);
    link->ops->close(link);
    tapfix_device(NAME, IFF_TAP | IFF_NO_PI);
    tapfix_set_mtu(NAME, 1300);
    link = open_fd(fd);
    ck_assert_uint_eq(link->mtu, 1500);
    link->ops->close(link);
}
END_TEST

Suite *suite_tap(void)
{
    Suite *suite = suite_create("tap");
    TCase *frames = tcase_create("tap-frames");

    tcase_add_checked_fixture(frames, NULL, tapfix_leave);
    tcase_add_test(frames, frames_both_ways);
    tcase_add_test(frames, link_properties);
    tcase_add_loop_test(frames, bursts_from_kernel, 0, 3);
    tcase_add_test(frames, bursts_to_kernel);
    tcase_add_test(frames, interface_down_and_up);
    tcase_add_test(frames, interface_deleted);
    tcase_add_test(frames, existing_interface_with_jumbo_frames);
    tcase_add_test(frames, passed_descriptor);
    tcase_add_test(frames, passed_descriptor_from_elsewhere);
    suite_add_tcase(suite, frames);
    suite_add_tcase(suite, tap_errors_case());
    suite_add_tcase(suite, tap_vnet_case());
    suite_add_tcase(suite, tap_offload_case());
    suite_add_tcase(suite, tap_superframes_case());
    return suite;
}
