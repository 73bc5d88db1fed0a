/*
 * test_fault_time.c - the fault wrapper's delays, its end, its options.
 *
 * Of times only "not before" is tested, and that it happens.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suites.h"
#include "tests/unit/wrap_fixture.h"

#define MS INT64_C(1000000)

static uint32_t numbers[4096];

static void check_order(unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        ck_assert_uint_eq(numbers[n], n);
    }
}

/* --- The machine's clock --- */

START_TEST(delayed_frames_come_later_and_in_order)
{
    int64_t begin_ns;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=40");
    begin_ns = wrapfix_now_ns();
    wrapfix_push(0, 20, 0);
    ck_assert(wrapfix_readable(0));
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), 0);
    ck_assert_uint_eq(wrapfix_wait(numbers, 20), 20);
    ck_assert_int_ge(wrapfix_now_ns() - begin_ns, 40 * MS);
    check_order(20);
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), 0);
    ck_assert(!wrapfix_readable(0));
}
END_TEST

START_TEST(late_frames_say_so_in_their_time)
{
    struct link_frame frame;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=10");
    wrapfix_push(0, 1, 5000 * MS);
    while (wrapfix_link->ops->receive(wrapfix_link, &frame, 1) == 0) {
        ck_assert(wrapfix_readable(20000));
    }
    ck_assert_int_eq(frame.time_ns, 5010 * MS);
}
END_TEST

START_TEST(jitter_keeps_the_order)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-jitter=20ms fault-direction=both");
    wrapfix_push(0, 100, 0);
    ck_assert_uint_eq(wrapfix_wait(numbers, 100), 100);
    check_order(100);
}
END_TEST

START_TEST(rate_puts_frames_one_behind_the_other)
{
    int64_t begin_ns;

    /* 60 bytes are 480 bits: 4.8 ms each. */
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-rate=100k");
    begin_ns = wrapfix_now_ns();
    wrapfix_push(0, 10, 0);
    ck_assert_uint_eq(wrapfix_wait(numbers, 10), 10);
    ck_assert_int_ge(wrapfix_now_ns() - begin_ns, 48 * MS);
    check_order(10);
}
END_TEST

START_TEST(sent_frames_are_late_too)
{
    int64_t begin_ns;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=30 fault-direction=out");
    begin_ns = wrapfix_now_ns();
    wrapfix_send(0, 5);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);
    while (memlink_sent(wrapfix_inner) < 5) {
        ck_assert(wrapfix_readable(20000));
        ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), 0);
    }
    ck_assert_int_ge(wrapfix_now_ns() - begin_ns, 30 * MS);
    ck_assert(!wrapfix_readable(0));
}
END_TEST

START_TEST(close_sends_what_is_on_its_way)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=60s fault-reorder=100");
    wrapfix_send(0, 5);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);
    wrapfix_close();
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 5);
}
END_TEST

START_TEST(refused_frames_are_counted)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-seed=5");
    memlink_set_room(wrapfix_inner, 2);
    wrapfix_send(0, 5);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 2);
    ck_assert_str_eq(strchr(wrapfix_report(), '\n') + 1,
                     "fault, seed 5, out: 5 frames, 0 lost, 0 duplicated, 0 reordered, 0 corrupted,"
                     " 0 beyond the queue, 3 refused\n");
}
END_TEST

/* --- Ends --- */

START_TEST(end_comes_behind_what_is_on_its_way)
{
    int64_t begin_ns;
    unsigned count = 0;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=30");
    begin_ns = wrapfix_now_ns();
    wrapfix_push(0, 40, 0);
    wrapfix_send(0, 3);
    memlink_end(wrapfix_inner);
    while (count < 40) {
        struct link_frame frames[10];
        int came;

        ck_assert(wrapfix_readable(20000));
        came = wrapfix_link->ops->receive(wrapfix_link, frames, 10);
        ck_assert_int_ge(came, 0);
        count += (unsigned)came;
    }
    ck_assert_int_ge(wrapfix_now_ns() - begin_ns, 30 * MS);
    ck_assert(wrapfix_readable(20000));
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
    ck_assert(!wrapfix_readable(0));
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 3);
    wrapfix_send(3, 1);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 4);
}
END_TEST

START_TEST(end_sends_what_is_on_its_way)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=60s fault-direction=out");
    wrapfix_send(0, 3);
    memlink_end(wrapfix_inner);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 3);
}
END_TEST

START_TEST(failure_of_the_device_is_told)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=1");
    memlink_fail(wrapfix_inner, -ENETDOWN);
    ck_assert(wrapfix_readable(0));
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENETDOWN);
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=1 fault-direction=out");
    memlink_fail(wrapfix_inner, -EIO);
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -EIO);
}
END_TEST

/* --- A replay's own clock --- */

/* Receives one frame of number, late_ms behind the second of the same number. */
static void expect_at(uint32_t number, int64_t time_ns)
{
    struct link_frame frame;
    int count = 0;

    for (unsigned tries = 0; count == 0 && tries < 100; tries++) {
        count = wrapfix_link->ops->receive(wrapfix_link, &frame, 1);
    }
    ck_assert_int_eq(count, 1);
    ck_assert_uint_eq(wrapfix_number(frame.data, frame.bytes), number);
    ck_assert_int_eq(frame.time_ns, time_ns);
}

START_TEST(replays_are_late_by_their_own_clock)
{
    static const struct memlink_options kinds[] = {{.own_clock = true, .pull = true},
                                                   {.own_clock = true}};

    for (unsigned i = 0; i < 2; i++) {
        int64_t begin_ns = wrapfix_now_ns();

        wrapfix_open(&winlwip_fault_wrapper, &kinds[i], "fault-delay=15s");
        for (uint32_t n = 0; n < 10; n++) {
            wrapfix_push(n, 1, (1000 + n * 10) * 1000 * MS);
        }
        memlink_end(wrapfix_inner);
        for (uint32_t n = 0; n < 5; n++) {
            expect_at(n, (1015 + n * 10) * 1000 * MS);
        }
        wrapfix_send(0, 1);
        ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);
        for (uint32_t n = 5; n < 10; n++) {
            expect_at(n, (1015 + n * 10) * 1000 * MS);
        }
        ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
        ck_assert_uint_eq(memlink_sent(wrapfix_inner), 1);
        ck_assert_int_lt(wrapfix_now_ns() - begin_ns, 15000 * MS);
    }
}
END_TEST

/* Times of a replay never go back, as they are the stack's clock. */
START_TEST(jitter_of_a_replay_keeps_time_and_order)
{
    static const struct memlink_options replay = {.own_clock = true, .pull = true};
    int64_t last_ns = 0;
    bool late = false;

    wrapfix_open(&winlwip_fault_wrapper, &replay, "fault-jitter=50ms fault-seed=3");
    for (uint32_t n = 0; n < 200; n++) {
        wrapfix_push(n, 1, (1000 + n) * MS);
    }
    memlink_end(wrapfix_inner);
    for (uint32_t n = 0; n < 200; n++) {
        struct link_frame frame;

        ck_assert_int_eq(wrapfix_link->ops->receive(wrapfix_link, &frame, 1), 1);
        ck_assert_uint_eq(wrapfix_number(frame.data, frame.bytes), n);
        ck_assert_int_ge(frame.time_ns, last_ns);
        ck_assert_int_ge(frame.time_ns, (1000 + n) * MS);
        ck_assert_int_le(frame.time_ns, (1050 + n) * MS);
        late |= frame.time_ns > (1030 + n) * MS;
        last_ns = frame.time_ns;
    }
    ck_assert(late);
}
END_TEST

START_TEST(times_of_damaged_captures_do_no_harm)
{
    static const struct memlink_options replay = {.own_clock = true, .pull = true};
    static const int64_t times[] = {5, INT64_MAX, 7, INT64_MAX - 1, 1};

    wrapfix_open(&winlwip_fault_wrapper, &replay, "fault-delay=60s fault-jitter=60s fault-rate=1k "
                 "fault-reorder=50 fault-duplicate=50");
    for (uint32_t n = 0; n < 5; n++) {
        wrapfix_push(n, 1, times[n]);
    }
    memlink_end(wrapfix_inner);
    ck_assert_int_ge(wrapfix_receive(numbers, 10, 32), 0);
    while (wrapfix_receive(numbers, 10, 32) >= 0) {
    }
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
}
END_TEST

START_TEST(nature_of_the_link_is_the_inner_ones)
{
    static const struct memlink_options inner = {.own_clock = true, .pull = true, .mtu = 900,
                                                 .ip_only = true, .end_is_down = true};
    struct link *link;

    wrapfix_open(&winlwip_fault_wrapper, &inner, "fault-loss=1");
    ck_assert_str_eq(wrapfix_link->ops->driver, "memlink");
    ck_assert(wrapfix_link->own_clock && wrapfix_link->replay && wrapfix_link->ip_only);
    ck_assert(wrapfix_link->end_is_down);
    ck_assert_uint_eq(wrapfix_link->mtu, 900);
    ck_assert_int_eq(wrapfix_link->fd, -1);
    ck_assert(wrapfix_link->ops->missed == NULL);

    link = winlwip_fault_wrapper.unwrap(wrapfix_link);
    wrapfix_link = NULL;
    ck_assert_ptr_eq(link, memlink_link(wrapfix_inner));
    ck_assert(!memlink_closed(wrapfix_inner));
}
END_TEST

TCase *fault_time_case(void)
{
    TCase *tcase = tcase_create("fault time");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, wrapfix_setup, wrapfix_teardown);
    tcase_add_test(tcase, delayed_frames_come_later_and_in_order);
    tcase_add_test(tcase, late_frames_say_so_in_their_time);
    tcase_add_test(tcase, jitter_keeps_the_order);
    tcase_add_test(tcase, rate_puts_frames_one_behind_the_other);
    tcase_add_test(tcase, sent_frames_are_late_too);
    tcase_add_test(tcase, close_sends_what_is_on_its_way);
    tcase_add_test(tcase, refused_frames_are_counted);
    tcase_add_test(tcase, end_comes_behind_what_is_on_its_way);
    tcase_add_test(tcase, end_sends_what_is_on_its_way);
    tcase_add_test(tcase, failure_of_the_device_is_told);
    tcase_add_test(tcase, replays_are_late_by_their_own_clock);
    tcase_add_test(tcase, jitter_of_a_replay_keeps_time_and_order);
    tcase_add_test(tcase, times_of_damaged_captures_do_no_harm);
    tcase_add_test(tcase, nature_of_the_link_is_the_inner_ones);
    return tcase;
}

/* --- Options --- */

START_TEST(bad_options_are_named)
{
    static const struct {
        const char *options;
        const char *error;
    } cases[] = {
        {"fault-loss=101", "fault: fault-loss is '101': it must be percent from 0 to 100, as in 5 "
         "or 0.5%"},
        {"fault-loss=100.0001%", "fault: fault-loss is '100.0001%'"},
        {"fault-loss=", "fault: fault-loss is ''"},
        {"fault-loss=-1", "fault: fault-loss is '-1'"},
        {"fault-loss=.5", "fault: fault-loss is '.5'"},
        {"fault-loss=5.", "fault: fault-loss is '5.'"},
        {"fault-loss=5%%", "fault: fault-loss is '5%%'"},
        {"fault-duplicate=x", "fault: fault-duplicate is 'x'"},
        {"fault-reorder=1ms", "fault: fault-reorder is '1ms'"},
        {"fault-corrupt=99999999999999999999", "fault: fault-corrupt is '9999"},
        {"fault-delay=61s", "fault: fault-delay is '61s': it must be milliseconds, or a number "
         "with ms, us or s, up to 60s"},
        {"fault-delay=60001", "fault: fault-delay is '60001'"},
        {"fault-delay=1m", "fault: fault-delay is '1m'"},
        {"fault-jitter=0.0000000001", "fault: fault-jitter is '0.0000000001'"},
        {"fault-rate=0", "fault: fault-rate is '0': it must be bits a second from 1k to 1000G"},
        {"fault-rate=999", "fault: fault-rate is '999'"},
        {"fault-rate=1001G", "fault: fault-rate is '1001G'"},
        {"fault-direction=up", "fault: fault-direction is 'up': it must be in, out or both"},
        {"fault-seed=18446744073709551616", "fault: fault-seed is '18446744073709551616'"},
        {"fault-seed=0x1", "fault: fault-seed is '0x1'"},
        {"fault=1", "fault: unknown option 'fault': behind fault- there is seed, loss"},
        {"fault-los=1", "fault: unknown option 'fault-los'"},
        {"fault-loss=1 fault-loss=1", "fault: option 'fault-loss' is given twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char error[LINK_ERROR_BYTES];

        ck_assert_int_eq(wrapfix_refused(&winlwip_fault_wrapper, cases[i].options, error), -EINVAL);
        ck_assert_msg(strncmp(error, cases[i].error, strlen(cases[i].error)) == 0, "%s", error);
    }
}
END_TEST

START_TEST(good_options_are_taken)
{
    static const char *const good[] = {
        "fault-loss=0", "fault-loss=100%", "fault-loss=0.0001", "fault-delay=0.5ms",
        "fault-delay=60s", "fault-delay=1500us", "fault-jitter=17ns", "fault-rate=1000G",
        "fault-rate=1.5M", "fault-seed=18446744073709551615", "fault-direction=both",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        wrapfix_open(&winlwip_fault_wrapper, NULL, good[i]);
    }
}
END_TEST

TCase *fault_options_case(void)
{
    TCase *tcase = tcase_create("fault options");

    tcase_add_checked_fixture(tcase, wrapfix_setup, wrapfix_teardown);
    tcase_add_test(tcase, bad_options_are_named);
    tcase_add_test(tcase, good_options_are_taken);
    return tcase;
}
