/*
 * test_pcap_timing.c - the capture file driver with timing=real.
 *
 * No test says when a frame must have come, only before what time it must not.
 */
#include "tests/unit/pcap_fixture.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

enum { MAX = 8 };

static struct link_frame frames[MAX];

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int readable(struct link *link, int timeout_ms)
{
    struct pollfd entry = {.fd = link->fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms);
}

/* Frames at 0, 30, 10 (before its predecessor) and 60 ms. No frame may come before its time. */
START_TEST(real_timing)
{
    static const uint32_t at_us[] = {0, 30000, 10000, 60000};
    static const int64_t not_before_ms[] = {0, 30, 30, 60};
    uint8_t frame[60] = {0};
    unsigned seen = 0;
    struct link *link;
    int64_t start_ns;
    int count = 0;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    for (unsigned i = 0; i < 4; i++) {
        capture_file_pcap_record(&pcapfix_file, (struct capture_record){9, at_us[i], 0}, frame, 60);
    }
    link = pcapfix_open_saved("timing", "real");
    start_ns = now_ns();
    while (count >= 0) {
        ck_assert_int_eq(readable(link, -1), 1);
        count = link->ops->receive(link, frames, MAX);
        for (int i = 0; i < count; i++, seen++) {
            ck_assert_int_ge(now_ns() - start_ns, not_before_ms[seen] * 1000000);
            ck_assert_int_eq(frames[i].time_ns, 9000000000 + at_us[seen] * INT64_C(1000));
        }
    }
    ck_assert_int_eq(count, -ENODATA);
    ck_assert_uint_eq(seen, 4);
    ck_assert_int_eq(readable(link, 0), 0);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), -ENODATA);
    ck_assert_int_eq(readable(link, 0), 0);
    link->ops->close(link);
}
END_TEST

/* An hour to the next frame: nothing to read, and nothing that says there is. */
START_TEST(real_timing_waits)
{
    uint8_t frame[60] = {0};
    struct link *link;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    for (unsigned i = 0; i < 3; i++) {
        capture_file_pcap_record(&pcapfix_file, (struct capture_record){i / 2 * 3600, 0, 0},
                                 frame, 60);
    }
    link = pcapfix_open_saved("timing", "real");
    ck_assert_int_eq(readable(link, 0), 1);
    ck_assert_int_eq(link->ops->receive(link, frames, 1), 1);
    ck_assert_int_eq(readable(link, 0), 1); /* the burst was full: the second frame is due */
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    ck_assert_int_eq(readable(link, 0), 0);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 0);
    link->ops->close(link);
}
END_TEST

/* A thousand times as fast, 20 s take 20 ms: within the time limit, and not before. */
START_TEST(real_timing_with_speed)
{
    const struct link_option options[] = {
        {"speed", "1000"}, {"timing", "real"}, {"file", pcapfix_path("capture")}};
    uint8_t frame[60] = {0};
    struct link *link;
    int64_t start_ns;

    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){100, 0, 0}, frame, 60);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){120, 0, 0}, frame, 60);
    capture_file_save(&pcapfix_file, options[2].value);
    link = pcapfix_open(options, 3);
    start_ns = now_ns();
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    ck_assert_int_eq(readable(link, -1), 1);
    ck_assert_int_eq(link->ops->receive(link, frames, MAX), 1);
    ck_assert_int_ge(now_ns() - start_ns, 20000000);
    link->ops->close(link);
}
END_TEST

TCase *pcap_timing_case(void)
{
    TCase *timing = tcase_create("pcap-timing");

    tcase_add_unchecked_fixture(timing, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_test(timing, real_timing);
    tcase_add_test(timing, real_timing_waits);
    tcase_add_test(timing, real_timing_with_speed);
    return timing;
}
