/*
 * test_random.c - frames made at random, through the early path and through lwIP's.
 *
 * The seed is fixed: who breaks something sees it at once, and who does not never does. WINLWIP_SEED
 * chooses other frames, WINLWIP_FRAMES says how many.
 */
#include "tests/equiv/equiv.h"

#include <stdlib.h>

/* The build says how many frames there are to be: sanitizers take ten times as long. */
#define FRAMES 1000000

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static struct plan_options plan_of(uint64_t divisor)
{
    return (struct plan_options){
        .seed = from_environment("WINLWIP_SEED", 5),
        .frames = from_environment("WINLWIP_FRAMES", FRAMES) / divisor,
    };
}

START_TEST(early_random_frames)
{
    struct play_options early = {.plan = plan_of(1), .early = true};
    struct play_options lwip = {.plan = early.plan};

    compare_plays(&early, &lwip);
}
END_TEST

/* Time that the frames move on: nothing is held from one frame to the next. */
START_TEST(early_random_frames_with_a_clock)
{
    struct play_options early = {.plan = plan_of(10), .early = true, .own_clock = true};
    struct play_options lwip = {.plan = early.plan, .own_clock = true};

    compare_plays(&early, &lwip);
}
END_TEST

/* Superframes, some of them damaged: whole on the early path, cut in front of lwIP. */
START_TEST(early_random_superframes)
{
    struct play_options early = {.plan = plan_of(5), .early = true};

    early.plan.superframes = PLAN_SUPERFRAMES_ANY;
    struct play_options lwip = {.plan = early.plan};
    compare_plays(&early, &lwip);
}
END_TEST

/* A superframe is nothing but the datagrams in it. */
START_TEST(early_superframes_one_by_one)
{
    struct play_options early = {.plan = plan_of(5), .early = true};

    early.plan.superframes = PLAN_SUPERFRAMES_SOUND;
    struct play_options lwip = {.plan = early.plan};
    lwip.plan.cut = true;
    compare_plays(&early, &lwip);
}
END_TEST

Suite *suite_equiv_random(void)
{
    Suite *suite = suite_create("random_frames");
    TCase *tcase = tcase_create("random_frames");

    tcase_set_timeout(tcase, 150);
    tcase_add_test(tcase, early_random_frames);
    tcase_add_test(tcase, early_random_frames_with_a_clock);
    tcase_add_test(tcase, early_random_superframes);
    tcase_add_test(tcase, early_superframes_one_by_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
