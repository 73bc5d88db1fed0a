/*
 * test_pcap_link.c - the pcap driver on an interface, without a stack: the frames that it lends and
 * sends. What becomes of the interface, and what is refused, is in test_pcap_device.c.
 */
#include "tests/net/net.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/net/live_fixture.h"
#include "tests/support/kernel.h"

#define BURST LIVEFIX_BURST
#define SMALLEST_BUFFER LIVEFIX_SMALLEST_BUFFER

/*
 * The order of frames is not looked at: veth queues them for each processor apart, so a sender that
 * is moved to another one may overtake itself.
 *
 * What is lent in one burst is right, all of it together, and stays so while the kernel receives
 * more than the ring holds; and it may be written to.
 */
START_TEST(frames_are_lent_for_a_burst)
{
    struct link_frame frames[BURST];
    int64_t before_ns = livefix_now_ns(CLOCK_MONOTONIC);
    unsigned seen = 0;

    livefix_open("immediate", livefix_switched[_i], "buffer", SMALLEST_BUFFER);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < BURST; i++) {
            livefix_put(i);
        }
        int count = livefix_receive(frames);
        ck_assert_int_gt(count, 0);
        for (unsigned i = 0; i < 3000; i++) {
            livefix_put(BURST + i);
        }
        for (int i = 0; i < count; i++) {
            if (!livefix_is_ours(&frames[i])) {
                continue;
            }
            livefix_check(&frames[i]);
            ck_assert_int_ge(frames[i].time_ns, before_ns);
            ck_assert_int_le(frames[i].time_ns, livefix_now_ns(CLOCK_MONOTONIC));
            memset(frames[i].data, 0xff, frames[i].bytes);
            seen++;
        }
        while (livefix_readable(20)) {
            ck_assert_int_ge(livefix_link->ops->receive(livefix_link, frames, BURST), 0);
        }
    }
    ck_assert_uint_gt(seen, 0);
}
END_TEST

/* Readable while there are frames, and not when all are read. */
START_TEST(descriptor_is_level_triggered)
{
    struct link_frame frame;
    int64_t end_ns = livefix_now_ns(CLOCK_MONOTONIC) + LIVEFIX_PATIENCE_MS * INT64_C(1000000);

    livefix_open("immediate", livefix_switched[_i], "filter", "ether proto 0x88b5");
    ck_assert_int_eq(livefix_link->ops->receive(livefix_link, &frame, 1), 0);
    ck_assert(!livefix_readable(0));
    for (unsigned i = 0; i < 3; i++) {
        livefix_put(i);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(livefix_readable(LIVEFIX_PATIENCE_MS));
        while (livefix_link->ops->receive(livefix_link, &frame, 1) == 0) {
            ck_assert_int_lt(livefix_now_ns(CLOCK_MONOTONIC), end_ns);
        }
        livefix_check(&frame);
    }
    ck_assert_int_eq(livefix_link->ops->receive(livefix_link, &frame, 1), 0);
    ck_assert(!livefix_readable(0));
}
END_TEST

START_TEST(filter_is_in_force)
{
    livefix_open("filter", "ether proto 0x88b5 and ether[14] & 1 == 0", "immediate",
                 livefix_switched[_i]);
    for (unsigned i = 0; i < 20; i++) {
        livefix_put(i);
    }
    for (unsigned i = 0; i < 20; i += 2) {
        ck_assert_uint_eq(livefix_next() % 2, 0);
    }
}
END_TEST

/*
 * The kernel takes a frame's tag off, libpcap puts it back: a full frame with a tag is handed over
 * as it was, and is not taken for a superframe.
 */
START_TEST(tags_stay)
{
    static const uint8_t tag[4] = {0x81, 0x00, 0x00, 0x07};
    struct link_frame frames[BURST];
    struct livefix_frame frame;
    int count;

    livefix_open("immediate", livefix_switched[_i], "filter", "vlan 7");
    livefix_make(&frame, 1, 1518);
    memcpy(frame.data + 12, tag, sizeof(tag));
    ck_assert_int_eq(write(livefix_wire, frame.data, frame.bytes), (ssize_t)frame.bytes);
    count = livefix_receive(frames);
    ck_assert_int_eq(count, 1);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_uint_eq(frames[0].bytes, frame.bytes);
    ck_assert_mem_eq(frames[0].data, frame.data, frame.bytes);
}
END_TEST

/* What found the ring full is counted, whenever the driver is asked: with it the sums add up. */
START_TEST(missed_frames_are_counted)
{
    enum { COUNT = 5000 };
    struct link_frame frames[BURST];
    uint64_t received = 0;
    int64_t end_ns = livefix_now_ns(CLOCK_MONOTONIC) + LIVEFIX_PATIENCE_MS * INT64_C(1000000);

    livefix_open("filter", "ether proto 0x88b5", "buffer", SMALLEST_BUFFER);
    ck_assert_uint_eq(livefix_link->ops->missed(livefix_link), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        livefix_put(i);
    }
    ck_assert_uint_gt(livefix_link->ops->missed(livefix_link), 0);
    while (received + livefix_link->ops->missed(livefix_link) < COUNT) {
        int count = livefix_link->ops->receive(livefix_link, frames, BURST);

        ck_assert_int_ge(count, 0);
        received += (unsigned)count;
        ck_assert_int_lt(livefix_now_ns(CLOCK_MONOTONIC), end_ns);
    }
    ck_assert_uint_gt(received, 0);
    ck_assert_uint_eq(received + livefix_link->ops->missed(livefix_link), COUNT);
}
END_TEST

/* --- Sending --- */

START_TEST(frames_are_sent)
{
    struct livefix_frame frame;

    livefix_open(NULL, NULL, NULL, NULL);
    livefix_make(&frame, 1, 1514);
    ck_assert_uint_eq(livefix_send(&frame), 1);
    livefix_expect(&frame);

    livefix_make(&frame, 2, 300);
    struct iovec parts[] = {{frame.data, 14}, {frame.data + 14, 0}, {frame.data + 14, 28},
                            {frame.data + 42, 258}};
    ck_assert_uint_eq(livefix_send_parts(parts, 4), 1);
    livefix_expect(&frame);
}
END_TEST

START_TEST(frames_that_are_too_long_are_refused)
{
    struct livefix_frame frame;

    livefix_open(NULL, NULL, NULL, NULL);
    livefix_make(&frame, 1, 1515);
    ck_assert_uint_eq(livefix_send(&frame), 0);
    struct iovec parts[] = {{frame.data, 14}, {frame.data + 14, 1501}};
    ck_assert_uint_eq(livefix_send_parts(parts, 2), 0);
    frame.bytes = 1514;
    struct link_packet packets[] = {{.parts = &(struct iovec){frame.data, 1514}, .part_count = 1},
                                    {.parts = parts, .part_count = 2}};
    ck_assert_uint_eq(livefix_link->ops->send(livefix_link, packets, 2), 1);
    livefix_expect(&frame);
}
END_TEST

/* Neither ours, nor what the kernel sends by the same interface. */
START_TEST(outgoing_frames_do_not_come_back)
{
    struct livefix_frame frame;

    livefix_open("immediate", livefix_switched[_i], NULL, NULL);
    for (unsigned i = 0; i < 10; i++) {
        livefix_make(&frame, i, 100);
        memset(frame.data, 0xff, 6);
        ck_assert_uint_eq(livefix_send(&frame), 1);
    }
    int kernel = kernel_capture_on(KERNEL_VETH);
    ck_assert_int_eq(write(kernel, frame.data, frame.bytes), (ssize_t)frame.bytes);
    livefix_put(77);
    ck_assert_uint_eq(livefix_next(), 77);
}
END_TEST

Suite *suite_net_pcap_link(void)
{
    Suite *suite = suite_create("pcap_link");
    TCase *tcase = tcase_create("pcap_link");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, livefix_set_up, livefix_tear_down);
    tcase_add_loop_test(tcase, frames_are_lent_for_a_burst, 0, 2);
    tcase_add_loop_test(tcase, descriptor_is_level_triggered, 0, 2);
    tcase_add_loop_test(tcase, filter_is_in_force, 0, 2);
    tcase_add_loop_test(tcase, tags_stay, 0, 2);
    tcase_add_test(tcase, missed_frames_are_counted);
    tcase_add_test(tcase, frames_are_sent);
    tcase_add_test(tcase, frames_that_are_too_long_are_refused);
    tcase_add_loop_test(tcase, outgoing_frames_do_not_come_back, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
