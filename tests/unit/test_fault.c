/*
 * test_fault.c - the fault wrapper: what is decided, what becomes of frames, and when.
 *
 * Decisions are held against a generator of its own (tests/support/prng.h) and against numbers that
 * were calculated elsewhere. Of times only "not before" is tested, and that it happens.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/fault/decide.h"
#include "tests/support/prng.h"
#include "tests/unit/suites.h"
#include "tests/unit/wrap_fixture.h"

#define MS INT64_C(1000000)

static uint32_t numbers[4096];

/* --- Decisions --- */

START_TEST(frames_that_a_seed_loses_are_known)
{
    static const uint32_t seed_0_in[] = {38, 39, 47, 51, 67, 112, 164, 172, 186};
    static const uint32_t seed_42_out[] = {47, 49, 70, 75, 87, 88, 93, 119, 186};
    static const uint32_t seed_max_out[] = {17, 53, 59, 70, 100, 107, 111, 119, 152, 155, 170, 198};
    static const struct {
        uint64_t seed;
        enum fault_direction direction;
        const uint32_t *lost;
        size_t count;
    } cases[] = {
        {0, FAULT_IN, seed_0_in, 9},
        {42, FAULT_OUT, seed_42_out, 9},
        {UINT64_MAX, FAULT_OUT, seed_max_out, 12},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t at = 0;

        for (uint32_t n = 0; n < 200; n++) {
            bool lost = fault_hits(fault_draw(cases[i].seed, cases[i].direction, FAULT_LOSS, n),
                                   50000);
            bool expected = at < cases[i].count && cases[i].lost[at] == n;

            ck_assert_msg(lost == expected, "seed %zu, frame %u", i, n);
            at += expected;
        }
    }
    ck_assert_uint_eq(fault_seed_of_name("eth0"), UINT64_C(14131160249543271428));
    ck_assert_uint_eq(fault_scale(fault_draw(42, FAULT_IN, FAULT_CORRUPT_BIT, 2), 480), 355);
    ck_assert_uint_eq(fault_scale(fault_draw(42, FAULT_IN, FAULT_JITTER, 1), 1000001), 621003);
}
END_TEST

START_TEST(numbers_are_those_of_one_generator_each)
{
    struct prng seeds = {12345};

    for (unsigned direction = 0; direction < FAULT_DIRECTIONS; direction++) {
        for (unsigned question = 0; question < FAULT_QUESTIONS; question++) {
            struct prng stream = {prng_next(&seeds)};

            for (uint64_t n = 0; n < 100; n++) {
                ck_assert_uint_eq(fault_draw(12345, direction, question, n), prng_next(&stream));
            }
        }
    }
}
END_TEST

/* Four and a half standard deviations are 310 of 100,000. */
START_TEST(five_percent_are_five_percent)
{
    for (unsigned question = 0; question <= FAULT_CORRUPT; question++) {
        for (unsigned direction = 0; direction < FAULT_DIRECTIONS; direction++) {
            unsigned hits = 0;

            for (uint64_t n = 0; n < 100000; n++) {
                hits += fault_hits(fault_draw(7, direction, question, n), 50000);
            }
            ck_assert_uint_gt(hits, 5000 - 310);
            ck_assert_uint_lt(hits, 5000 + 310);
        }
    }
}
END_TEST

START_TEST(never_and_always_are_exact)
{
    ck_assert(!fault_hits(0, 0));
    ck_assert(fault_hits(UINT64_MAX, FAULT_MILLION));
    ck_assert(!fault_hits(UINT64_MAX, FAULT_MILLION - 1));
    ck_assert_uint_eq(fault_scale(UINT64_MAX, 10), 9);
    ck_assert_uint_eq(fault_scale(UINT64_MAX, 0), 0);
}
END_TEST

/* --- What becomes of frames --- */

/* Which of 500 frames arrive. */
static void who_arrives(const char *options, bool *arrives)
{
    int count = 0;

    wrapfix_open(&winlwip_fault_wrapper, NULL, options);
    memset(arrives, 0, 500 * sizeof(*arrives));
    wrapfix_push(0, 500, 0);
    memlink_end(wrapfix_inner);
    for (; count >= 0; count = wrapfix_receive(numbers, 4096, 32)) {
        for (int i = 0; i < count; i++) {
            arrives[numbers[i]] = true;
        }
        ck_assert(count > 0 || wrapfix_readable(20000));
    }
    ck_assert_int_eq(count, -ENODATA);
}

START_TEST(lost_frames_are_those_of_the_seed)
{
    bool arrives[500];
    bool arrives_too[500];

    who_arrives("fault-loss=5 fault-seed=42", arrives);
    for (uint64_t n = 0; n < 500; n++) {
        ck_assert(arrives[n] != fault_hits(fault_draw(42, FAULT_IN, FAULT_LOSS, n), 50000));
    }
    who_arrives("fault-loss=5% fault-seed=42 fault-duplicate=50 "
                "fault-rate=1G fault-jitter=5ms fault-delay=1 fault-reorder=30", arrives_too);
    ck_assert_mem_eq(arrives, arrives_too, sizeof(arrives));
    who_arrives("fault-loss=5 fault-seed=43", arrives_too);
    ck_assert_mem_ne(arrives, arrives_too, sizeof(arrives));
    who_arrives("fault-loss=5", arrives);
    who_arrives("fault-loss=5 fault-seed=14131160249543271428", arrives_too);
    ck_assert_mem_eq(arrives, arrives_too, sizeof(arrives));
}
END_TEST

START_TEST(all_can_be_lost)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-loss=100");
    wrapfix_push(0, 50, 0);
    wrapfix_send(0, 50);
    while (wrapfix_readable(0)) {
        ck_assert_int_eq(wrapfix_receive(numbers, 1, 32), 0);
    }
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), "in: 50 frames, 50 lost,"));
}
END_TEST

START_TEST(duplicates_come_one_after_the_other)
{
    static const unsigned bursts[] = {1, 3, 32, 64};

    for (unsigned i = 0; i < 4; i++) {
        wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-duplicate=100");
        wrapfix_push(0, 1500, 0);
        ck_assert_int_eq(wrapfix_receive(numbers, 4096, bursts[i]), 3000);
        for (unsigned n = 0; n < 3000; n++) {
            ck_assert_uint_eq(numbers[n], n / 2);
        }
        wrapfix_send(0, 2);
        ck_assert_uint_eq(memlink_sent(wrapfix_inner), 4);
    }
}
END_TEST

START_TEST(duplicates_are_those_of_the_seed)
{
    unsigned at = 0;
    int count;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-duplicate=5 fault-seed=42");
    wrapfix_push(0, 200, 0);
    count = wrapfix_receive(numbers, 4096, 32);
    for (uint32_t n = 0; n < 200; n++) {
        ck_assert_uint_eq(numbers[at++], n);
        if (fault_hits(fault_draw(42, FAULT_IN, FAULT_DUPLICATE, n), 50000)) {
            ck_assert_uint_eq(numbers[at++], n);
        }
    }
    ck_assert_int_eq(count, (int)at);
    ck_assert_uint_gt(at, 205);
}
END_TEST

START_TEST(reordered_frames_change_places)
{
    int64_t begin_ns;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-reorder=100");
    wrapfix_push(0, 6, 0);
    ck_assert_int_eq(wrapfix_receive(numbers, 4096, 32), 6);
    for (unsigned n = 0; n < 6; n++) {
        ck_assert_uint_eq(numbers[n], n ^ 1);
    }
    begin_ns = wrapfix_now_ns();
    wrapfix_push(6, 1, 0);
    ck_assert_int_eq(wrapfix_receive(numbers, 1, 32), 0);
    ck_assert_uint_eq(wrapfix_wait(numbers, 1), 1);
    ck_assert_uint_eq(numbers[0], 6);
    ck_assert_int_ge(wrapfix_now_ns() - begin_ns, 100 * MS);
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), " 3 reordered"));
}
END_TEST

START_TEST(reordered_frames_are_those_of_the_seed)
{
    unsigned n = 0;

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-reorder=5 fault-seed=42 fault-direction=out");
    wrapfix_send(0, 201);
    ck_assert_uint_ge(memlink_sent(wrapfix_inner), 200);
    for (uint32_t i = 0; i < 200; i++, n++) {
        unsigned swapped = fault_hits(fault_draw(42, FAULT_OUT, FAULT_REORDER, i), 50000) ? 1 : 0;
        uint32_t expected[2] = {i + swapped, i};

        for (unsigned j = 0; j <= swapped; j++) {
            size_t bytes;
            const uint8_t *data = memlink_sent_frame(wrapfix_inner, n + j, &bytes);

            ck_assert_uint_eq(wrapfix_number(data, bytes), expected[j]);
        }
        i += swapped;
        n += swapped;
    }
}
END_TEST

START_TEST(corrupt_frames_have_one_bit_flipped)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-corrupt=100 fault-seed=9");
    wrapfix_push(0, 20, 0);
    for (uint32_t n = 0; n < 20; n++) {
        uint8_t expected[WRAPFIX_BYTES];
        struct link_frame frame;
        uint64_t bit = fault_scale(fault_draw(9, FAULT_IN, FAULT_CORRUPT_BIT, n),
                                   WRAPFIX_BYTES * 8);

        ck_assert_int_eq(wrapfix_link->ops->receive(wrapfix_link, &frame, 1), 1);
        wrapfix_fill(expected, n);
        expected[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_uint_eq(frame.bytes, WRAPFIX_BYTES);
        ck_assert_mem_eq(frame.data, expected, WRAPFIX_BYTES);
        ck_assert_uint_eq(frame.flags, 0);
    }
}
END_TEST

START_TEST(one_direction_leaves_the_other_alone)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-loss=100 fault-direction=out");
    wrapfix_push(0, 40, 0);
    wrapfix_send(0, 3);
    ck_assert_int_eq(wrapfix_receive(numbers, 40, 32), 40);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 0);

    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-loss=100 fault-direction=in");
    wrapfix_push(0, 40, 0);
    wrapfix_send(0, 3);
    ck_assert_int_eq(wrapfix_receive(numbers, 40, 32), 0);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 3);
    ck_assert_uint_eq(memlink_sent_packet(wrapfix_inner, 0).part_count, 2);
}
END_TEST

/* Frames and duplicates beyond the queue are counted, all others arrive. */
START_TEST(queue_is_bounded)
{
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-delay=50 fault-duplicate=100");
    for (unsigned i = 0; i < 30; i++) {
        wrapfix_push(i * 32, 32, 0);
        wrapfix_receive(numbers, 0, 32);
    }
    ck_assert_uint_eq(wrapfix_wait(numbers, 1024), 1024);
    for (unsigned n = 0; n < 1024; n++) {
        ck_assert_uint_eq(numbers[n], n / 2);
    }
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), "960 frames, 0 lost, 512 duplicated, 0 reordered"
                                 ", 0 corrupted, 448 beyond the queue"));
}
END_TEST

START_TEST(frames_of_any_length_pass)
{
    static uint8_t data[LINK_FRAME_MAX_BYTES + 1];
    struct link_frame frame = {.data = data, .original_bytes = 70000, .cast = LINK_CAST_MULTICAST,
                               .flags = LINK_FRAME_CUT};
    static const uint32_t lengths[] = {0, 1, 1514, LINK_FRAME_MAX_BYTES};
    struct link_frame out[4];

    memset(data, 0x5a, sizeof(data));
    wrapfix_open(&winlwip_fault_wrapper, NULL, "fault-seed=1");
    for (unsigned i = 0; i < 4; i++) {
        frame.bytes = lengths[i];
        memlink_push_described(wrapfix_inner, &frame);
    }
    ck_assert_int_eq(wrapfix_link->ops->receive(wrapfix_link, out, 4), 4);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(out[i].bytes, lengths[i]);
        ck_assert_mem_eq(out[i].data, data, lengths[i]);
        ck_assert_uint_eq(out[i].original_bytes, 70000);
        ck_assert_uint_eq(out[i].cast, LINK_CAST_MULTICAST);
        ck_assert_uint_eq(out[i].flags, LINK_FRAME_CUT);
        ck_assert_uint_eq((uintptr_t)out[i].data % 16, 2);
    }
    frame.bytes = sizeof(data);
    memlink_push_described(wrapfix_inner, &frame);
    ck_assert_int_eq(wrapfix_link->ops->receive(wrapfix_link, out, 4), 0);
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), "1 beyond the queue"));
}
END_TEST

static void add_fate_cases(Suite *suite)
{
    TCase *decisions = tcase_create("fault decisions");
    TCase *fates = tcase_create("fault fates");

    tcase_add_test(decisions, frames_that_a_seed_loses_are_known);
    tcase_add_test(decisions, numbers_are_those_of_one_generator_each);
    tcase_add_test(decisions, five_percent_are_five_percent);
    tcase_add_test(decisions, never_and_always_are_exact);
    suite_add_tcase(suite, decisions);

    tcase_set_timeout(fates, 60);
    tcase_add_checked_fixture(fates, wrapfix_setup, wrapfix_teardown);
    tcase_add_test(fates, lost_frames_are_those_of_the_seed);
    tcase_add_test(fates, all_can_be_lost);
    tcase_add_test(fates, duplicates_come_one_after_the_other);
    tcase_add_test(fates, duplicates_are_those_of_the_seed);
    tcase_add_test(fates, reordered_frames_change_places);
    tcase_add_test(fates, reordered_frames_are_those_of_the_seed);
    tcase_add_test(fates, corrupt_frames_have_one_bit_flipped);
    tcase_add_test(fates, one_direction_leaves_the_other_alone);
    tcase_add_test(fates, queue_is_bounded);
    tcase_add_test(fates, frames_of_any_length_pass);
    suite_add_tcase(suite, fates);
}

Suite *suite_fault(void)
{
    Suite *suite = suite_create("fault");

    add_fate_cases(suite);
    suite_add_tcase(suite, fault_time_case());
    suite_add_tcase(suite, fault_options_case());
    return suite;
}
