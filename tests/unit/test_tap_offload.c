/*
 * test_tap_offload.c - what the TAP driver and the kernel agree on: checksums left to the other
 * side, kernels that know less, descriptors of either form, and devices left as they were found.
 *
 * The kernel's side is a packet socket with vnet headers of its own, which hands unfinished frames
 * to the TAP as a local sender does, and shows in which form the driver's frames arrive.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "winlwip0"

enum { EVERYTHING = LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT };

static struct frame built;

/* A UDP packet whose checksum is left to the card, and the header that says so. */
static struct virtio_net_hdr build_pending(const struct tapfix_family *family, size_t bytes)
{
    tapfix_build_udp(family, bytes, &built);
    return tapfix_leave_sum(&built, family->udp, 6);
}

/* What the driver makes of an unfinished frame: to be told so, or finished by the kernel. */
static void check_pending_from_kernel(struct link *link, int kernel, bool told)
{
    for (int i = 0; i < 2; i++) {
        const struct tapfix_family *family = &tapfix_families[i];
        struct virtio_net_hdr header = build_pending(family, 501);
        struct link_frame frame;
        struct frame_view view;

        tapfix_send_vnet(kernel, &header, &built);
        tapfix_receive_udp(link, &frame);
        ck_assert_uint_eq(frame.bytes, built.bytes);
        ck_assert_uint_eq(frame.segment_bytes, 0);
        ck_assert_uint_eq(((uintptr_t)frame.data + 14) % 4, 0);
        if (told) {
            ck_assert_uint_eq(frame.flags, LINK_FRAME_SUM_PENDING);
            ck_assert_mem_eq(frame.data, built.data, built.bytes);
        } else {
            ck_assert_uint_eq(frame.flags & LINK_FRAME_SUM_PENDING, 0);
            ck_assert_ptr_null(frame_parse(frame.data, frame.bytes, false, &view));
        }
    }
}

/* An unfinished frame of the driver's arrives as one; a finished one as it is. */
static void check_pending_to_kernel(struct link *link, int kernel)
{
    for (int i = 0; i < 2; i++) {
        const struct tapfix_family *family = &tapfix_families[i];
        struct virtio_net_hdr header = build_pending(family, 501), seen;
        struct iovec parts[] = {{built.data, 20}, {built.data + 20, built.bytes - 20}};
        struct link_packet packets[] = {
            {.parts = parts, .part_count = 2, .sum_start = (uint16_t)family->udp, .sum_offset = 6},
            {.parts = parts, .part_count = 2},
        };
        struct frame frame;

        ck_assert_uint_eq(link->ops->send(link, packets, 2), 2);
        tapfix_receive_vnet(kernel, &seen, &frame);
        ck_assert_uint_eq(seen.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
        ck_assert_uint_eq(seen.csum_start, header.csum_start);
        ck_assert_uint_eq(seen.csum_offset, header.csum_offset);
        ck_assert_uint_eq(seen.gso_type, 0);
        ck_assert_uint_eq(frame.bytes, built.bytes);
        ck_assert_mem_eq(frame.data, built.data, built.bytes);
        tapfix_receive_vnet(kernel, &seen, &frame);
        ck_assert_uint_eq(seen.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, 0);
        ck_assert_mem_eq(frame.data, built.data, built.bytes);
    }
}

/* Whole frames both ways, which every form of device carries. */
static void check_whole(struct link *link, const char *device)
{
    uint8_t sent[300], seen[400];
    struct iovec part = {sent, sizeof(sent)};
    const struct link_packet packet = {.parts = &part, .part_count = 1};
    int kernel = tapfix_socket(device);
    struct link_frame frame;

    tapfix_fill(sent, sizeof(sent), 5);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    ck_assert_int_eq(recv(kernel, seen, sizeof(seen), 0), sizeof(sent));
    ck_assert_mem_eq(seen, sent, sizeof(sent));
    ck_assert_int_eq(send(kernel, sent, sizeof(sent), 0), sizeof(sent));
    tapfix_receive(link, &frame);
    ck_assert_uint_eq(frame.bytes, sizeof(sent));
    ck_assert_mem_eq(frame.data, sent, sizeof(sent));
}

static void check_link(struct link *link, bool has_header, unsigned offload)
{
    bool sums = (offload & LINK_OFFLOAD_SUM) != 0;
    struct ifreq request = {0};
    int kernel;

    ck_assert_uint_eq(link->offload, offload);
    ck_assert_int_eq(ioctl(link->fd, TUNGETIFF, &request), 0);
    ck_assert_int_eq((request.ifr_flags & IFF_VNET_HDR) != 0, has_header);
    tapfix_set_up(request.ifr_name, true);
    kernel = tapfix_vnet_socket(request.ifr_name);
    check_pending_from_kernel(link, kernel, sums);
    if (sums) {
        check_pending_to_kernel(link, kernel);
    }
    check_whole(link, request.ifr_name);
    link->ops->close(link);
}

/* --- What kernels know --- */

static const struct {
    enum tapfix_refusal refusal;
    const char *option;
    bool has_header;
    unsigned offload; /* of what this kernel can do */
} kernels[] = {
    {TAPFIX_REFUSE_NOTHING, "auto", true, EVERYTHING},
    {TAPFIX_REFUSE_NOTHING, "off", false, 0},
    {TAPFIX_REFUSE_USO, "auto", true, LINK_OFFLOAD_SUM},
    {TAPFIX_REFUSE_OFFLOAD, "auto", true, 0},
    {TAPFIX_REFUSE_LENGTH, "auto", false, 0},
    {TAPFIX_REFUSE_HEADER, "auto", false, 0},
};

START_TEST(kernel_that_knows_less)
{
    const struct link_option options[] = {{"device", NAME}, {"offload", kernels[_i].option}};
    unsigned offload;

    if (!tapfix_enter()) {
        return;
    }
    offload = kernels[_i].offload & tapfix_best_offload();
    tapfix_refuse(kernels[_i].refusal);
    check_link(tapfix_open_options(options, 2), kernels[_i].has_header, offload);
}
END_TEST

/* A device that says no to all is an error, told by the form that was tried last. */
START_TEST(no_header_and_no_device)
{
    const struct link_option option = {"device", "tun7"};
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;

    if (!tapfix_enter()) {
        return;
    }
    tapfix_device("tun7", IFF_TUN | IFF_NO_PI);
    ck_assert_int_eq(winlwip_tap_driver.open(&option, 1, &link, error), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "'tun7' is a TUN"));
}
END_TEST

/* --- Passed descriptors --- */

static const struct {
    int header_bytes; /* 0: no vnet header */
    const char *option;
    unsigned offload;
} passed[] = {
    {0, "auto", 0},
    {0, "off", 0},
    {10, "auto", EVERYTHING},
    {10, "off", 0},
    {12, "auto", EVERYTHING},
    {20, "off", 0},
};

START_TEST(passed_descriptor_of_either_form)
{
    int header_bytes = passed[_i].header_bytes, fd;
    char number[16];
    const struct link_option options[] = {{"fd", number}, {"offload", passed[_i].option}};

    if (!tapfix_enter()) {
        return;
    }
    fd = dup(tapfix_device(NAME, IFF_TAP | IFF_NO_PI | (header_bytes != 0 ? IFF_VNET_HDR : 0)));
    if (header_bytes != 0) {
        ck_assert_int_eq(ioctl(fd, TUNSETVNETHDRSZ, &header_bytes), 0);
    }
    ck_assert_int_eq(ioctl(fd, TUNSETOFFLOAD, (unsigned long)TUN_F_CSUM), 0);
    snprintf(number, sizeof(number), "%d", fd);
    check_link(tapfix_open_options(options, 2), header_bytes != 0,
               passed[_i].offload & tapfix_best_offload());
}
END_TEST

START_TEST(passed_descriptor_with_a_fixed_header)
{
    int bytes = 12, fd;
    char number[16], error[LINK_ERROR_BYTES] = "";
    const struct link_option option = {"fd", number};
    struct link *link = NULL;

    if (!tapfix_enter()) {
        return;
    }
    fd = tapfix_device(NAME, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    ck_assert_int_eq(ioctl(fd, TUNSETVNETHDRSZ, &bytes), 0);
    snprintf(number, sizeof(number), "%d", fd);
    tapfix_refuse(TAPFIX_REFUSE_LENGTH);
    ck_assert_int_eq(winlwip_tap_driver.open(&option, 1, &link, error), -EINVAL);
    ck_assert_msg(strstr(error, "cannot be changed") != NULL &&
                  strstr(error, "TUNSETVNETHDRSZ to 10") != NULL, "%s", error);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* --- Persistent devices --- */

/* What an earlier user left behind is no matter, and neither is what we leave to the next. */
START_TEST(persistent_device)
{
    const struct link_option options[] = {{"device", NAME}, {"offload", _i == 0 ? "auto" : "off"}};
    const unsigned long everything = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    struct virtio_net_hdr header;
    struct frame_view view;
    int maker, bytes = 12, next;
    ssize_t seen;

    if (!tapfix_enter()) {
        return;
    }
    maker = tapfix_device(NAME, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    ck_assert_int_eq(ioctl(maker, TUNSETPERSIST, 1), 0);
    ck_assert_int_eq(ioctl(maker, TUNSETVNETHDRSZ, &bytes), 0);
    ck_assert_int_eq(ioctl(maker, TUNSETOFFLOAD, everything), 0);
    ck_assert_int_eq(dup2(tapfix_device(NAME, 0), maker), maker); /* detached again */
    check_link(tapfix_open_options(options, 2), _i == 0, _i == 0 ? tapfix_best_offload() : 0);

    /* A user without a vnet header finds complete frames. */
    next = tapfix_device(NAME, IFF_TAP | IFF_NO_PI);
    header = build_pending(&tapfix_families[0], 501);
    tapfix_send_vnet(tapfix_vnet_socket(NAME), &header, &built);
    do {
        seen = read(next, built.data, sizeof(built.data));
        ck_assert_int_gt(seen, 14);
    } while (!tapfix_is_udp(built.data, (size_t)seen));
    ck_assert_ptr_null(frame_parse(built.data, (size_t)seen, false, &view));
}
END_TEST

TCase *tap_offload_case(void)
{
    TCase *tests = tcase_create("tap-offload");

    tcase_add_checked_fixture(tests, NULL, tapfix_leave);
    tcase_add_loop_test(tests, kernel_that_knows_less, 0, sizeof(kernels) / sizeof(kernels[0]));
    tcase_add_test(tests, no_header_and_no_device);
    tcase_add_loop_test(tests, passed_descriptor_of_either_form, 0,
                        sizeof(passed) / sizeof(passed[0]));
    tcase_add_test(tests, passed_descriptor_with_a_fixed_header);
    tcase_add_loop_test(tests, persistent_device, 0, 2);
    return tests;
}
