/*
 * equiv.h - what the files of the program share that compares the early path with lwIP's.
 *
 * A plan (plan.h) is a list of steps made at random: frames that arrive, and what a program does
 * meanwhile. A play (play.c) carries a plan out on the stack of a process of its own and writes down
 * everything that a program or a neighbour on the link can see, as records (record.h). Two plays of
 * one plan, one with the early path and one without, have to write the same (compare.c).
 */
#ifndef TESTS_EQUIV_H
#define TESTS_EQUIV_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/equiv/plan.h"

/* How a plan is carried out. */
struct play_options {
    struct plan_options plan;
    bool early;        /* the early path is on */
    bool own_clock;    /* time is that of the frames, which moves it one by one */
    bool one_by_one;   /* poll and look after every single frame: says which one it was */
    uint32_t last_step; /* end after this step; 0: at the plan's end */
};

/* Carries a plan out in this process and writes records to out. Fails the test when it can't. */
void play(const struct play_options *options, FILE *out);

/*
 * Plays twice, each in a process of its own, and compares what they write. Fails the test at the
 * first difference, with seed, frame, bytes and what differs.
 */
void compare_plays(const struct play_options *first, const struct play_options *second);

/* Starts the stack's random numbers (stack/random.h) over, the same in every play. */
void equiv_random_start(void);

/* Sets the stack's clock, where that is not the frames' own affair; ns since 1970. */
void equiv_clock_set_ns(int64_t time_ns);

Suite *suite_equiv_random(void);

#endif
