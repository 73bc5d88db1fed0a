/*
 * test_tap_vnet.c - what the TAP driver makes of a vnet header, honest or not, and what it writes.
 *
 * Frames lie in heap memory of exactly their size, so that the address sanitizer sees each byte
 * read or written outside of them.
 */
#include "tests/unit/tap_fixture.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/tap/vnet.h"
#include "tests/support/frames.h"

enum { NEEDS = VIRTIO_NET_HDR_F_NEEDS_CSUM, VALID = VIRTIO_NET_HDR_F_DATA_VALID };

static struct frame built;

/* A header in the wire's byte order. */
static struct virtio_net_hdr header_of(unsigned flags, unsigned gso_type, unsigned gso_size,
                                       unsigned sum_start, unsigned sum_offset)
{
    return (struct virtio_net_hdr){
        .flags = (uint8_t)flags,
        .gso_type = (uint8_t)gso_type,
        .gso_size = htole16((uint16_t)gso_size),
        .csum_start = htole16((uint16_t)sum_start),
        .csum_offset = htole16((uint16_t)sum_offset),
    };
}

/* Reads a copy of the built frame by a header. The caller frees frame.data. */
static struct link_frame read_built(const struct virtio_net_hdr *header)
{
    struct link_frame frame = {
        .data = malloc(built.bytes),
        .bytes = (uint32_t)built.bytes,
        .original_bytes = (uint32_t)built.bytes,
    };

    ck_assert(frame.data != NULL || built.bytes == 0);
    if (built.bytes != 0) {
        memcpy(frame.data, built.data, built.bytes);
    }
    tap_vnet_read(header, &frame);
    ck_assert_uint_eq(frame.bytes, built.bytes);
    ck_assert_uint_eq(frame.original_bytes, built.bytes);
    return frame;
}

static void check_read(const struct virtio_net_hdr *header, unsigned flags, unsigned segment_bytes,
                       const uint8_t *contents)
{
    struct link_frame frame = read_built(header);

    ck_assert_uint_eq(frame.flags, flags);
    ck_assert_uint_eq(frame.segment_bytes, segment_bytes);
    ck_assert_mem_eq(frame.data, contents, frame.bytes);
    free(frame.data);
}

static const uint8_t no_operations[40] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

START_TEST(ordinary_frame)
{
    struct virtio_net_hdr header = header_of(0, 0, 0, 0, 0);

    tapfix_build_udp(&tapfix_families[_i], 100, &built);
    check_read(&header, 0, 0, built.data);
    header = header_of(VALID, 0, 0, 0, 0);
    check_read(&header, LINK_FRAME_SUM_VERIFIED, 0, built.data);
}
END_TEST

/* IPv4 options are no reason for more work; IPv6 extension headers are. */
START_TEST(behind_options)
{
    const struct frame_spec spec = {.dst = "192.0.2.1", .src = "192.0.2.9",
                                    .options = no_operations, .options_bytes = 40 - 4 * _i};
    unsigned udp = 34 + 40 - 4 * (unsigned)_i;
    struct virtio_net_hdr header = header_of(NEEDS, 0, 0, udp, 6);

    tapfix_build(&spec, 300, &built);
    tapfix_leave_sum(&built, udp, 6);
    check_read(&header, LINK_FRAME_SUM_PENDING, 0, built.data);
    header = header_of(NEEDS, TAP_VNET_GSO_UDP_L4, 100, udp, 6);
    check_read(&header, LINK_FRAME_SUM_PENDING, 100, built.data);
}
END_TEST

START_TEST(pending_sum_of_udp)
{
    struct virtio_net_hdr header = header_of(NEEDS, 0, 0, tapfix_families[_i].udp, 6);

    tapfix_build_udp(&tapfix_families[_i], 101, &built);
    tapfix_leave_sum(&built, tapfix_families[_i].udp, 6);
    check_read(&header, LINK_FRAME_SUM_PENDING, 0, built.data);
}
END_TEST

/* --- Pending sums that the driver finishes --- */

static const struct frame_extension destination_options = {.type = FRAME_DESTINATION,
                                                           .body = "\1\4\0\0\0\0", .bytes = 6};

static const struct {
    struct frame_spec spec;
    unsigned start, offset;
} finished[] = {
    {{.dst = "2001:db8::1", .src = "2001:db8::9", .extensions = &destination_options,
      .extension_count = 1}, 62, 6},
    {{.dst = "192.0.2.1", .src = "192.0.2.9", .vlan = 7}, 38, 6},
    {{.dst = "192.0.2.1", .src = "192.0.2.9", .protocol = FRAME_ICMP, .icmp_type = 8}, 34, 2},
    {{.dst = "2001:db8::1", .src = "2001:db8::9", .protocol = FRAME_ICMP6, .icmp_type = 128},
     54, 2},
};

START_TEST(pending_sum_of_the_rest)
{
    struct virtio_net_hdr header = header_of(NEEDS, 0, 0, finished[_i].start, finished[_i].offset);
    static uint8_t complete[FRAME_MAX_BYTES];

    for (size_t bytes = 0; bytes < 70; bytes++) {
        tapfix_build(&finished[_i].spec, bytes, &built);
        memcpy(complete, built.data, built.bytes);
        tapfix_leave_sum(&built, finished[_i].start, finished[_i].offset);
        check_read(&header, 0, 0, complete);
    }
}
END_TEST

/* A sum of 0 is written as 0xffff: 0 in UDP means that there is none. */
START_TEST(pending_sum_that_is_zero)
{
    struct virtio_net_hdr header = header_of(NEEDS, 0, 0, finished[0].start, finished[0].offset);
    static uint8_t complete[FRAME_MAX_BYTES];
    struct frame_spec spec = finished[0].spec;
    unsigned at = finished[0].start + finished[0].offset;
    uint8_t payload[2];
    unsigned value = 0;

    spec.payload = payload;
    spec.payload_bytes = 2;
    do {
        ck_assert_uint_le(value, 0xffff);
        payload[0] = (uint8_t)(value >> 8);
        payload[1] = (uint8_t)value++;
        frame_build(&spec, &built);
    } while (built.data[at] != 0xff || built.data[at + 1] != 0xff);
    memcpy(complete, built.data, built.bytes);
    tapfix_leave_sum(&built, finished[0].start, finished[0].offset);
    check_read(&header, 0, 0, complete);
}
END_TEST

/* A checksum outside of the frame, or half of it: nothing is touched, nothing is vouched for. */
START_TEST(pending_sum_outside)
{
    static const struct {
        int start, offset; /* negative: from the end of the frame */
    } places[] = {{-1, 0}, {-2, 1}, {0, -1}, {65535, 65535}, {65535, 0}, {0, 65535}, {-8, 8}};
    int bytes;

    tapfix_build_udp(&tapfix_families[0], 20, &built);
    bytes = (int)built.bytes;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int start = places[i].start, offset = places[i].offset;
        struct virtio_net_hdr header =
            header_of(NEEDS, 0, 0, (unsigned)(start < 0 ? bytes + start : start),
                      (unsigned)(offset < 0 ? bytes + offset : offset));

        check_read(&header, 0, 0, built.data);
    }
}
END_TEST

/* --- Superframes --- */

START_TEST(superframe)
{
    static const struct {
        unsigned payload_bytes, gso_size, segment_bytes;
    } sizes[] = {{28000, 1400, 1400}, {28001, 1400, 1400}, {1401, 1400, 1400}, {1400, 1400, 0},
                 {3, 1400, 0}, {1000, 1, 1}, {65400, 65399, 65399}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct virtio_net_hdr header = header_of(NEEDS, TAP_VNET_GSO_UDP_L4, sizes[i].gso_size,
                                                 tapfix_families[_i].udp, 6);

        tapfix_build_udp(&tapfix_families[_i], sizes[i].payload_bytes, &built);
        tapfix_leave_sum(&built, tapfix_families[_i].udp, 6);
        check_read(&header, LINK_FRAME_SUM_PENDING, sizes[i].segment_bytes, built.data);
        header = header_of(VALID, TAP_VNET_GSO_UDP_L4, sizes[i].gso_size, 0, 0);
        check_read(&header, LINK_FRAME_SUM_VERIFIED, sizes[i].segment_bytes, built.data);
    }
}
END_TEST

#define SUPERFRAME {NEEDS, TAP_VNET_GSO_UDP_L4, 100, 34, 6}
#define SUPERFRAME6 {NEEDS, TAP_VNET_GSO_UDP_L4, 100, 54, 6}
#define TO4 .dst = "192.0.2.1", .src = "192.0.2.9"
#define TO6 .dst = "2001:db8::1", .src = "2001:db8::9"

static const struct {
    struct {
        unsigned flags, gso_type, gso_size, start, offset;
    } header;
    struct frame_spec spec;
} refused[] = {
    {{NEEDS, VIRTIO_NET_HDR_GSO_TCPV4, 100, 34, 6}, {TO4}},
    {{NEEDS, VIRTIO_NET_HDR_GSO_TCPV6, 100, 34, 6}, {TO4}},
    {{NEEDS, VIRTIO_NET_HDR_GSO_UDP, 100, 34, 6}, {TO4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4 | VIRTIO_NET_HDR_GSO_ECN, 100, 34, 6}, {TO4}},
    {{0, 0xff, 0, 0, 0}, {TO4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 0, 34, 6}, {TO4}},
    {{0, TAP_VNET_GSO_UDP_L4, 100, 34, 6}, {TO4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 100, 33, 6}, {TO4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 100, 34, 16}, {TO4}},
    {{NEEDS | VALID, TAP_VNET_GSO_UDP_L4, 100, 0, 0}, {TO4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 100, 34, 6}, {TO4, .options = no_operations,
                                                .options_bytes = 4}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 100, 38, 6}, {TO4, .vlan = 7}},
    {{NEEDS, TAP_VNET_GSO_UDP_L4, 100, 62, 6}, {TO6, .extensions = &destination_options,
                                                .extension_count = 1}},
    {SUPERFRAME, {TO4, .fragment = true, .more = true}},
    {SUPERFRAME, {TO4, .fragment = true, .offset = 8}},
    {SUPERFRAME, {TO4, .protocol = FRAME_TCP}},
    {SUPERFRAME, {TO4, .ethertype = 0x86dd}},
    {SUPERFRAME, {TO4, .ip_version_add = 2}},
    {SUPERFRAME, {TO4, .ip_header_words_add = -1}},
    {SUPERFRAME, {TO4, .ip_length_add = 1}},
    {SUPERFRAME, {TO4, .udp_length_add = -1}},
    {SUPERFRAME, {TO4, .cut_bytes = 1}},
    {SUPERFRAME, {TO4, .trailer_bytes = 1}},
    {SUPERFRAME6, {TO6, .protocol = FRAME_TCP}},
    {SUPERFRAME6, {TO6, .ethertype = 0x0800}},
    {SUPERFRAME6, {TO6, .ip_version_add = -2}},
    {SUPERFRAME6, {TO6, .ip_length_add = -1}},
    {SUPERFRAME6, {TO6, .udp_length_add = 1}},
    {SUPERFRAME6, {TO6, .cut_bytes = 1}},
};

START_TEST(superframes_refused)
{
    struct virtio_net_hdr header =
        header_of(refused[_i].header.flags, refused[_i].header.gso_type,
                  refused[_i].header.gso_size, refused[_i].header.start,
                  refused[_i].header.offset);

    tapfix_build(&refused[_i].spec, 1000, &built);
    check_read(&header, LINK_FRAME_UNKNOWN_TYPE, 0, built.data);
}
END_TEST

/* --- Anything --- */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* A superframe that the driver vouches for is what link.h says, or the stack would cut nonsense. */
static void check_superframe(const struct link_frame *frame)
{
    bool is_v6 = frame->data[12] == 0x86;
    size_t from = is_v6 ? 18 : 16;
    size_t udp = is_v6 ? 54 : 14 + 4 * (frame->data[14] & 15u);

    ck_assert_uint_eq(frame->flags & LINK_FRAME_UNKNOWN_TYPE, 0);
    ck_assert_uint_ne(frame->flags & (LINK_FRAME_SUM_PENDING | LINK_FRAME_SUM_VERIFIED), 0);
    ck_assert_uint_gt(frame->bytes - udp - 8, frame->segment_bytes);
    ck_assert_uint_eq(frame->data[udp + 4] * 256u + frame->data[udp + 5], frame->bytes - udp);
    ck_assert_uint_eq(frame->data[from] * 256u + frame->data[from + 1],
                      is_v6 ? frame->bytes - 54 : frame->bytes - 14);
}

/* Frames with some bytes changed, cut to any length, under any header. */
START_TEST(hostile_bytes)
{
    uint32_t state = (uint32_t)_i + 1;
    unsigned superframes = 0;

    for (unsigned round = 0; round < 20000; round++) {
        int family = (int)(next_random(&state) % 2);
        unsigned udp = tapfix_families[family].udp;
        unsigned lies = next_random(&state) % 4;
        struct virtio_net_hdr header = header_of(
            NEEDS, TAP_VNET_GSO_UDP_L4, next_random(&state) % 64, udp, 6);
        struct link_frame frame;

        tapfix_build_udp(&tapfix_families[family], next_random(&state) % 200, &built);
        for (unsigned i = 0; i < lies; i++) {
            unsigned at = next_random(&state) % (10 + 62);
            uint8_t value = (uint8_t)next_random(&state);

            if (at < 10) {
                ((uint8_t *)&header)[at] = value;
            } else if (at - 10 < built.bytes) {
                built.data[at - 10] = value;
            }
        }
        if (next_random(&state) % 4 == 0) {
            built.bytes = next_random(&state) % (built.bytes + 1);
        }
        frame = read_built(&header);
        if (frame.segment_bytes != 0) {
            superframes++;
            check_superframe(&frame);
        }
        free(frame.data);
    }
    ck_assert_uint_gt(superframes, 1000);
}
END_TEST

/* --- The other way --- */

START_TEST(headers_written)
{
    static const struct {
        struct link_packet packet;
        struct virtio_net_hdr expected;
    } cases[] = {
        {{.part_count = 1}, {.flags = 0}},
        {{.sum_start = 34, .sum_offset = 6}, {.flags = NEEDS, .csum_start = 34, .csum_offset = 6}},
        {{.sum_start = 54, .sum_offset = 6, .segment_bytes = 1400, .is_v6 = true},
         {.flags = NEEDS, .csum_start = 54, .csum_offset = 6, .gso_type = 5, .gso_size = 1400,
          .hdr_len = 62}},
    };
    struct virtio_net_hdr header;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct virtio_net_hdr expected = cases[i].expected;

        expected.csum_start = htole16(expected.csum_start);
        expected.csum_offset = htole16(expected.csum_offset);
        expected.gso_size = htole16(expected.gso_size);
        expected.hdr_len = htole16(expected.hdr_len);
        memset(&header, 0xff, sizeof(header));
        tap_vnet_write(&cases[i].packet, &header);
        ck_assert_mem_eq(&header, &expected, sizeof(header));
    }
}
END_TEST

TCase *tap_vnet_case(void)
{
    TCase *tests = tcase_create("tap-vnet");

    tcase_add_loop_test(tests, ordinary_frame, 0, 2);
    tcase_add_loop_test(tests, pending_sum_of_udp, 0, 2);
    tcase_add_loop_test(tests, behind_options, 0, 10);
    tcase_add_loop_test(tests, pending_sum_of_the_rest, 0,
                        sizeof(finished) / sizeof(finished[0]));
    tcase_add_test(tests, pending_sum_that_is_zero);
    tcase_add_test(tests, pending_sum_outside);
    tcase_add_loop_test(tests, superframe, 0, 2);
    tcase_add_loop_test(tests, superframes_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_loop_test(tests, hostile_bytes, 0, 4);
    tcase_add_test(tests, headers_written);
    return tests;
}
