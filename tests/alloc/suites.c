/*
 * suites.c - the suites of the program in which memory runs out.
 */
#include "tests/alloc/alloc.h"
#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_alloc,
    suite_alloc_kernel,
    suite_alloc_path,
    NULL,
};
