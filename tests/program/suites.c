/*
 * suites.c - the suites of the program that tests the command-line program.
 */
#include "tests/program/program.h"
#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_program_captures,
    suite_program_library,
    suite_program_modes,
    NULL,
};
