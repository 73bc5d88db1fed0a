/*
 * test_pcap.c - the capture file driver: what it lends of good files.
 *
 * Each test writes its capture with tests/support/capture_file.h into a directory of its own and
 * compares what the driver lends byte by byte. The pace of timing=real, what the driver says to bad
 * files and options, and the file it writes are in test_pcap_timing.c, _errors.c and _output.c.
 */
#include "tests/unit/pcap_fixture.h"
#include "tests/unit/suites.h"

#include <errno.h>
#include <string.h>

enum { MAX = 32 };

static struct link_frame frames[MAX];

/* --- Containers and time stamps --- */

static const struct {
    bool big_endian, nanoseconds;
} byte_orders[] = {{false, false}, {false, true}, {true, false}, {true, true}};

START_TEST(pcap_byte_orders)
{
    bool nano = byte_orders[_i].nanoseconds;
    uint8_t frame[60];
    struct link *link;

    pcapfix_fill(frame, sizeof(frame), 1);
    capture_file_pcap(&pcapfix_file, byte_orders[_i].big_endian, nano, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1700000000, 123456, 0},
                             frame, 60);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){3000000000u, 999999, 0},
                             frame, 17);
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 2);
    pcapfix_check(&frames[0], frame, 60);
    ck_assert_uint_eq(frames[0].original_bytes, 60);
    ck_assert_uint_eq(frames[0].encapsulation, LINK_ETHERNET);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_int_eq(frames[0].time_ns, 1700000000000000000 + 123456 * (nano ? 1 : 1000));
    pcapfix_check(&frames[1], frame, 17);
    ck_assert_int_eq(frames[1].time_ns, 3000000000000000000 + 999999 * (nano ? 1 : 1000));
    link->ops->close(link);
}
END_TEST

static const struct {
    bool big_endian;
    uint8_t resolution; /* if_tsresol */
    uint64_t time;
    int64_t time_ns;
} pcapng_times[] = {
    {false, 6, 1700000000123456, 1700000000123456000},
    {true, 6, 1700000000123456, 1700000000123456000},
    {false, 9, 1700000000123456789, 1700000000123456789},
    {true, 3, 1700000000123, 1700000000123000000},
    {false, 0x8a, (UINT64_C(1700000000) << 10) + 512, 1700000000500000000},
    {false, 9, 0, 1},                /* 0 would say that there is no clock */
    {false, 0, UINT64_MAX, INT64_MAX}, /* seconds far beyond what fits */
};

START_TEST(pcapng_resolutions)
{
    uint8_t frame[61];
    struct link *link;

    pcapfix_fill(frame, sizeof(frame), 2);
    capture_file_pcapng(&pcapfix_file, pcapng_times[_i].big_endian);
    capture_file_interface(&pcapfix_file, 1, pcapng_times[_i].resolution);
    capture_file_packet(&pcapfix_file, 0, pcapng_times[_i].time, frame, sizeof(frame));
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    pcapfix_check(&frames[0], frame, sizeof(frame));
    if (pcapng_times[_i].time_ns == INT64_MAX) {
        ck_assert_int_ge(frames[0].time_ns, 1);
    } else {
        ck_assert_int_eq(frames[0].time_ns, pcapng_times[_i].time_ns);
    }
    link->ops->close(link);
}
END_TEST

/* --- Link types --- */

/* A header as it stands in the file, and what the frame must be like without it. */
static const struct {
    uint32_t link_type;
    uint8_t header[28];
    uint8_t header_bytes;
    uint8_t cast, flags;
} ip_types[] = {
    {12, {0}, 0, LINK_CAST_HOST, 0},
    {14, {0}, 0, LINK_CAST_HOST, 0},
    {101, {0}, 0, LINK_CAST_HOST, 0},
    {228, {0}, 0, LINK_CAST_HOST, 0},
    {229, {0}, 0, LINK_CAST_HOST, 0},
    /* BSD loopback: families in either order. */
    {0, {2, 0, 0, 0}, 4, LINK_CAST_HOST, 0},
    {0, {0, 0, 0, 2}, 4, LINK_CAST_HOST, 0},
    {0, {30, 0, 0, 0}, 4, LINK_CAST_HOST, 0},
    {0, {7, 0, 0, 0}, 4, LINK_CAST_HOST, LINK_FRAME_UNKNOWN_TYPE},
    {0, {2, 0, 0, 2}, 4, LINK_CAST_HOST, LINK_FRAME_UNKNOWN_TYPE},
    {108, {0, 0, 0, 24}, 4, LINK_CAST_HOST, 0},
    {108, {0, 1, 0, 24}, 4, LINK_CAST_HOST, LINK_FRAME_UNKNOWN_TYPE},
    /* SLL: packet type, hardware type, length and address, protocol. */
    {113, {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, 16, LINK_CAST_HOST, 0},
    {113, {0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, 16, LINK_CAST_BROADCAST, 0},
    {113, {0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x86, 0xdd}, 16, LINK_CAST_MULTICAST, 0},
    {113, {0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, 16, LINK_CAST_OTHER, 0},
    {113, {0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, 16, LINK_CAST_OTHER, 0},
    {113, {1, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, 16, LINK_CAST_OTHER, 0},
    {113, {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 6}, 16, LINK_CAST_HOST,
     LINK_FRAME_UNKNOWN_TYPE},
    {113, {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0}, 20, LINK_CAST_HOST, 0},
    {113,
     {0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd},
     24, LINK_CAST_BROADCAST, 0},
    {113, {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 6}, 20, LINK_CAST_HOST,
     LINK_FRAME_UNKNOWN_TYPE},
    /* SLL2: protocol, reserved, interface index, hardware type, packet type, length, address. */
    {276, {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1}, 20, LINK_CAST_HOST, 0},
    {276, {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 6, 2, 0, 0, 0, 0, 1}, 20, LINK_CAST_BROADCAST, 0},
    {276, {0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 2, 6}, 20, LINK_CAST_MULTICAST, 0},
    {276, {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 3, 6}, 20, LINK_CAST_OTHER, 0},
    {276, {8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6}, 20, LINK_CAST_OTHER, 0},
    {276, {8, 6, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6}, 20, LINK_CAST_HOST, LINK_FRAME_UNKNOWN_TYPE},
};

START_TEST(ip_link_types)
{
    uint8_t bytes[28 + 40];
    size_t header_bytes = ip_types[_i].header_bytes;
    struct link *link;

    memcpy(bytes, ip_types[_i].header, header_bytes);
    pcapfix_fill(bytes + header_bytes, 40, 3);
    capture_file_pcap(&pcapfix_file, false, false, ip_types[_i].link_type);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0},
                             bytes, header_bytes + 40);
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert(link->ip_only);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    ck_assert_uint_eq(frames[0].encapsulation, LINK_IP);
    pcapfix_check(&frames[0], bytes + header_bytes, 40);
    ck_assert_uint_eq(frames[0].original_bytes, 40);
    ck_assert_uint_eq(frames[0].cast, ip_types[_i].cast);
    ck_assert_uint_eq(frames[0].flags, ip_types[_i].flags);
    link->ops->close(link);
}
END_TEST

/* Too short for its own header: handed over to be counted, with nothing removed. */
START_TEST(runt_pseudo_headers)
{
    static const struct {
        uint32_t link_type;
        uint8_t bytes;
    } runts[] = {{0, 3}, {108, 0}, {113, 15}, {276, 19}};
    uint8_t bytes[20] = {8, 0};
    struct link *link;

    capture_file_pcap(&pcapfix_file, false, false, runts[_i].link_type);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0},
                             bytes, runts[_i].bytes);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 60},
                             bytes, runts[_i].bytes);
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 2);
    pcapfix_check(&frames[0], bytes, runts[_i].bytes);
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_UNKNOWN_TYPE);
    ck_assert_uint_eq(frames[1].flags, LINK_FRAME_UNKNOWN_TYPE | LINK_FRAME_CUT);
    link->ops->close(link);
}
END_TEST

/* --- VLAN tags --- */

static const struct {
    uint8_t tags[12];
    uint8_t tag_bytes, removed_bytes;
} vlans[] = {
    {{0}, 0, 0},
    {{0x81, 0x00, 0x00, 0x07}, 4, 4},
    {{0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x07}, 8, 8},
    {{0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x07, 0x81, 0x00, 0x00, 0x01}, 12, 8},
};

START_TEST(vlan_tags)
{
    uint8_t bytes[12 + 12 + 48], expected[12 + 12 + 48];
    size_t tags = vlans[_i].tag_bytes, removed = vlans[_i].removed_bytes;
    size_t count = 12 + tags + 48;
    struct link *link;

    pcapfix_fill(bytes, sizeof(bytes), 4);
    memcpy(bytes + 12, vlans[_i].tags, tags);
    memcpy(bytes + 12 + tags, "\x08\x00\x45", 3);
    memcpy(expected, bytes, 12);
    memcpy(expected + 12, bytes + 12 + removed, count - 12 - removed);
    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, bytes, count);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 1000}, bytes, count);
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert(!link->ip_only);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 2);
    for (unsigned i = 0; i < 2; i++) {
        pcapfix_check(&frames[i], expected, count - removed);
    }
    ck_assert_uint_eq(frames[0].original_bytes, count - removed);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_uint_eq(frames[1].original_bytes, 1000 - removed);
    ck_assert_uint_eq(frames[1].flags, LINK_FRAME_CUT);
    link->ops->close(link);
}
END_TEST

/* A tag without anything behind it stays. */
START_TEST(vlan_tag_cut_short)
{
    uint8_t bytes[17];
    struct link *link;

    pcapfix_fill(bytes, sizeof(bytes), 5);
    memcpy(bytes + 12, "\x81\x00\x00\x07", 4);
    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 64},
                             bytes, sizeof(bytes));
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    pcapfix_check(&frames[0], bytes, sizeof(bytes));
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT);
    link->ops->close(link);
}
END_TEST

/* --- Sizes and bursts --- */

START_TEST(frames_cut_by_the_snap_length)
{
    uint8_t bytes[96];
    struct link *link;

    pcapfix_fill(bytes, sizeof(bytes), 6);
    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 1514},
                             bytes, sizeof(bytes));
    /* Said to be shorter on the wire than in the file: not cut. */
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 90},
                             bytes, sizeof(bytes));
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 1514}, bytes, 0);
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 3);
    pcapfix_check(&frames[0], bytes, sizeof(bytes));
    ck_assert_uint_eq(frames[0].original_bytes, 1514);
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT);
    ck_assert_uint_eq(frames[1].original_bytes, sizeof(bytes));
    ck_assert_uint_eq(frames[1].flags, 0);
    ck_assert_uint_eq(frames[2].bytes, 0);
    ck_assert_uint_eq(frames[2].flags, LINK_FRAME_CUT);
    link->ops->close(link);
}
END_TEST

START_TEST(largest_frames)
{
    static uint8_t bytes[LINK_FRAME_MAX_BYTES + 1000];
    struct link *link;

    pcapfix_fill(bytes, sizeof(bytes), 7);
    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0},
                             bytes, LINK_FRAME_MAX_BYTES);
    memcpy(bytes + 12, "\x81\x00\x00\x07", 4);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, bytes,
                             LINK_FRAME_MAX_BYTES + 4);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, bytes,
                             LINK_FRAME_MAX_BYTES + 5);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, bytes, sizeof(bytes));
    link = pcapfix_open_saved(NULL, NULL);

    ck_assert_int_eq(pcapfix_receive(link, &frames[0]), 1);
    ck_assert_uint_eq(frames[0].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_int_eq(pcapfix_receive(link, &frames[0]), 1);
    ck_assert_uint_eq(frames[0].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_mem_eq(frames[0].data + 12, bytes + 16, LINK_FRAME_MAX_BYTES - 12);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(pcapfix_receive(link, &frames[0]), 1);
        ck_assert_uint_eq(frames[0].bytes, LINK_FRAME_MAX_BYTES);
        ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT);
    }
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), -ENODATA);
    link->ops->close(link);
}
END_TEST

/*
 * Bursts of 9 KB frames end when the driver's memory is used up, not earlier than at half of what
 * was asked for; all frames come, in order, and may be written to.
 */
START_TEST(jumbo_bursts)
{
    enum { COUNT = 100, BYTES = 9014 };
    uint8_t expected[BYTES];
    unsigned seen = 0;
    struct link *link;
    int count;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    for (unsigned i = 0; i < COUNT; i++) {
        pcapfix_fill(expected, BYTES, i);
        capture_file_pcap_record(&pcapfix_file, (struct capture_record){i, 0, 0}, expected, BYTES);
    }
    link = pcapfix_open_saved(NULL, NULL);
    while ((count = link->ops->receive(link, frames, 16)) > 0) {
        ck_assert_int_le(count, 16);
        ck_assert(count >= 8 || seen + (unsigned)count == COUNT);
        for (int i = 0; i < count; i++) {
            pcapfix_fill(expected, BYTES, seen++);
            pcapfix_check(&frames[i], expected, BYTES);
        }
        for (int i = 0; i < count; i++) {
            memset(frames[i].data, 0xff, frames[i].bytes);
        }
    }
    ck_assert_int_eq(count, -ENODATA);
    ck_assert_uint_eq(seen, COUNT);
    link->ops->close(link);
}
END_TEST

START_TEST(burst_limit_and_end)
{
    uint8_t frame[60] = {0};
    struct link *link;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    for (unsigned i = 0; i < 5; i++) {
        capture_file_pcap_record(&pcapfix_file, (struct capture_record){i, 0, 0},
                                 frame, sizeof(frame));
    }
    link = pcapfix_open_saved(NULL, NULL);
    ck_assert_int_eq(link->ops->receive(link, frames, 0), 0);
    ck_assert_int_eq(link->ops->receive(link, frames, 3), 3);
    ck_assert_int_eq(link->ops->receive(link, frames, 3), 2);
    ck_assert_int_eq(link->ops->receive(link, frames, 3), -ENODATA);
    ck_assert_int_eq(link->ops->receive(link, frames, 3), -ENODATA);
    link->ops->close(link);
}
END_TEST

START_TEST(no_frames_at_all)
{
    struct link *link;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    link = pcapfix_open_saved(NULL, NULL);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), -ENODATA);
    link->ops->close(link);
}
END_TEST

/* --- What the link says of itself --- */

START_TEST(link_properties)
{
    struct link *link;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    link = pcapfix_open_saved(NULL, NULL);
    ck_assert_str_eq(link->ops->driver, "pcap");
    ck_assert_int_eq(link->fd, -1);
    ck_assert_uint_eq(link->mtu, 65535);
    ck_assert(!link_has_mac(link));
    ck_assert(link->replay && link->own_clock && link->end_is_down);
    link->ops->close(link);

    link = pcapfix_open_saved("end", "wait");
    ck_assert(!link->end_is_down);
    link->ops->close(link);

    link = pcapfix_open_saved("timing", "real");
    ck_assert(link->replay && !link->own_clock && link->end_is_down);
    ck_assert_int_ge(link->fd, 0);
    link->ops->close(link);
}
END_TEST

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *suite_pcap(void)
{
    Suite *suite = suite_create("pcap");
    TCase *frames_case = tcase_create("pcap-frames");

    tcase_add_unchecked_fixture(frames_case, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_loop_test(frames_case, pcap_byte_orders, 0, COUNT_OF(byte_orders));
    tcase_add_loop_test(frames_case, pcapng_resolutions, 0, COUNT_OF(pcapng_times));
    tcase_add_loop_test(frames_case, ip_link_types, 0, COUNT_OF(ip_types));
    tcase_add_loop_test(frames_case, runt_pseudo_headers, 0, 4);
    tcase_add_loop_test(frames_case, vlan_tags, 0, COUNT_OF(vlans));
    tcase_add_test(frames_case, vlan_tag_cut_short);
    tcase_add_test(frames_case, frames_cut_by_the_snap_length);
    tcase_add_test(frames_case, largest_frames);
    tcase_add_test(frames_case, jumbo_bursts);
    tcase_add_test(frames_case, burst_limit_and_end);
    tcase_add_test(frames_case, no_frames_at_all);
    tcase_add_test(frames_case, link_properties);
    suite_add_tcase(suite, frames_case);

    suite_add_tcase(suite, pcap_plain_case());
    suite_add_tcase(suite, pcap_damaged_case());
    suite_add_tcase(suite, pcap_timing_case());
    suite_add_tcase(suite, pcap_errors_case());
    suite_add_tcase(suite, pcap_output_case());
    suite_add_tcase(suite, pcap_live_case());
    return suite;
}
