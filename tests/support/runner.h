/*
 * runner.h - what a Check program of ours is made of.
 *
 * Each program has a file suites.c that defines runner_suites, a list of functions that make its
 * suites, ended by NULL. runner.c has main().
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <check.h>

typedef Suite *(*runner_suite_fn)(void);

extern const runner_suite_fn runner_suites[];

/*
 * Says that the running test can't be run on this machine, and ends it: passed, unless the
 * environment has CI=true, where everything has to run. reason: a line of text.
 */
_Noreturn void runner_skip(const char *reason);

#endif
