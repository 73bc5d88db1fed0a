/*
 * test_tap_superframes.c - many datagrams in one frame, both ways between the TAP driver and the
 * kernel.
 *
 * The kernel's side is a packet socket with vnet headers. Kernels before 6.2 have no superframes of
 * UDP: these tests are skipped there.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "drivers/tap/vnet.h"

#define NAME "winlwip0"

enum { SEGMENTS = 20, LAST_BYTES = 17 };

static struct frame built;

/* The namespace with a TAP whose kernel does superframes, or NULL: skipped. */
static struct link *enter(const char *option)
{
    const struct link_option options[] = {{"device", NAME}, {"offload", option}};
    struct link *link;

    if (!tapfix_enter()) {
        return NULL;
    }
    if ((tapfix_best_offload() & LINK_OFFLOAD_SEGMENT) == 0) {
        printf("skipped: this kernel has no UDP segmentation for TAP devices\n");
        fflush(stdout);
        return NULL;
    }
    link = tapfix_open_options(options, 2);
    tapfix_set_up(NAME, true);
    return link;
}

/* A superframe of SEGMENTS datagrams whose last one is short, and the header that says so. */
static struct virtio_net_hdr build_superframe(const struct tapfix_family *family, unsigned segment)
{
    struct virtio_net_hdr header;

    tapfix_build_udp(family, (SEGMENTS - 1) * segment + LAST_BYTES, &built);
    header = tapfix_leave_sum(&built, family->udp, 6);
    header.gso_type = TAP_VNET_GSO_UDP_L4;
    header.gso_size = htole16((uint16_t)segment);
    header.hdr_len = htole16((uint16_t)(family->udp + 8));
    return header;
}

static const unsigned segments[] = {64, 1400, 3000};

START_TEST(from_the_kernel)
{
    struct link *link = enter("auto");

    if (link == NULL) {
        return;
    }
    tapfix_set_mtu(NAME, 9000);
    for (size_t i = 0; i < 6; i++) {
        unsigned segment = segments[i / 2];
        struct virtio_net_hdr header = build_superframe(&tapfix_families[i % 2], segment);
        struct link_frame frame;

        tapfix_send_vnet(tapfix_vnet_socket(NAME), &header, &built);
        tapfix_receive_udp(link, &frame);
        ck_assert_uint_eq(frame.segment_bytes, segment);
        ck_assert_uint_eq(frame.flags, LINK_FRAME_SUM_PENDING);
        ck_assert_uint_eq(frame.bytes, built.bytes);
        ck_assert_uint_eq(frame.original_bytes, built.bytes);
        ck_assert_mem_eq(frame.data, built.data, built.bytes);
    }
    link->ops->close(link);
}
END_TEST

/* More of them than the driver has memory for: in order, none lost, small frames between them. */
START_TEST(bursts_from_the_kernel)
{
    enum { ROUNDS = 12, MAX = 32 };
    struct link *link = enter("auto");
    struct link_frame frames[MAX];
    struct virtio_net_hdr super = {.flags = 0}, small;
    unsigned seen = 0;
    int kernel;

    if (link == NULL) {
        return;
    }
    kernel = tapfix_vnet_socket(NAME);
    for (unsigned i = 0; i < ROUNDS; i++) {
        super = build_superframe(&tapfix_families[0], 3000 + i);
        tapfix_send_vnet(kernel, &super, &built);
        tapfix_build_udp(&tapfix_families[1], i, &built);
        small = tapfix_leave_sum(&built, tapfix_families[1].udp, 6);
        tapfix_send_vnet(kernel, &small, &built);
    }
    while (seen < 2 * ROUNDS) {
        int count = link->ops->receive(link, frames, MAX);

        ck_assert_int_ge(count, 0);
        for (int i = 0; i < count; i++) {
            if (!tapfix_is_udp(frames[i].data, frames[i].bytes)) {
                continue;
            }
            if (seen % 2 == 0) {
                build_superframe(&tapfix_families[0], 3000 + seen / 2);
            } else {
                tapfix_build_udp(&tapfix_families[1], seen / 2, &built);
                tapfix_leave_sum(&built, tapfix_families[1].udp, 6);
            }
            ck_assert_uint_eq(frames[i].segment_bytes, seen % 2 == 0 ? 3000 + seen / 2 : 0);
            ck_assert_uint_eq(frames[i].bytes, built.bytes);
            ck_assert_mem_eq(frames[i].data, built.data, built.bytes);
            /* A long one ends its burst. */
            ck_assert(frames[i].bytes < 16384 || frames[i].segment_bytes == 0 || i == count - 1);
            seen++;
        }
    }
    link->ops->close(link);
}
END_TEST

/* Without offload the kernel cuts the superframe itself. */
START_TEST(cut_by_the_kernel)
{
    struct link *link = enter("off");

    if (link == NULL) {
        return;
    }
    for (int family = 0; family < 2; family++) {
        struct virtio_net_hdr header = build_superframe(&tapfix_families[family], 1400);

        tapfix_send_vnet(tapfix_vnet_socket(NAME), &header, &built);
        for (unsigned i = 0; i < SEGMENTS; i++) {
            size_t bytes = i < SEGMENTS - 1 ? 1400 : LAST_BYTES;
            struct link_frame frame;
            struct frame_view view;

            tapfix_receive_udp(link, &frame);
            ck_assert_uint_eq(frame.segment_bytes, 0);
            ck_assert_ptr_null(frame_parse(frame.data, frame.bytes, false, &view));
            ck_assert_uint_eq(view.payload_bytes, bytes);
            ck_assert_mem_eq(view.payload, built.data + tapfix_families[family].udp + 8 + i * 1400,
                             bytes);
        }
    }
    link->ops->close(link);
}
END_TEST

START_TEST(to_the_kernel)
{
    struct link *link = enter("auto");

    if (link == NULL) {
        return;
    }
    for (size_t i = 0; i < 6; i++) {
        const struct tapfix_family *family = &tapfix_families[i % 2];
        struct virtio_net_hdr header = build_superframe(family, segments[i / 2]), seen;
        struct iovec parts[] = {{built.data, family->udp + 8},
                                {built.data + family->udp + 8, built.bytes - family->udp - 8}};
        const struct link_packet packet = {
            .parts = parts, .part_count = 2, .sum_start = (uint16_t)family->udp, .sum_offset = 6,
            .segment_bytes = (uint16_t)segments[i / 2], .is_v6 = i % 2 == 1,
        };
        int kernel = tapfix_vnet_socket(NAME);
        struct frame frame;

        ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
        tapfix_receive_vnet(kernel, &seen, &frame);
        ck_assert_uint_eq(seen.gso_type, TAP_VNET_GSO_UDP_L4);
        ck_assert_uint_eq(seen.gso_size, header.gso_size);
        ck_assert_uint_eq(seen.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
        ck_assert_uint_eq(frame.bytes, built.bytes);
        ck_assert_mem_eq(frame.data, built.data, built.bytes);
    }
    link->ops->close(link);
}
END_TEST

TCase *tap_superframes_case(void)
{
    TCase *tests = tcase_create("tap-superframes");

    tcase_add_checked_fixture(tests, NULL, tapfix_leave);
    tcase_add_test(tests, from_the_kernel);
    tcase_add_test(tests, bursts_from_the_kernel);
    tcase_add_test(tests, cut_by_the_kernel);
    tcase_add_test(tests, to_the_kernel);
    return tests;
}
