/*
 * suites.c - the suites of the program that compares the early path with lwIP's.
 */
#include "tests/equiv/equiv.h"
#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_equiv_random,
    NULL,
};
