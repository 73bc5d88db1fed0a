/*
 * suites.c - the suites of the unit program.
 */
#include "tests/unit/suites.h"

#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_config,
    suite_pcap,
    suite_tap,
    NULL,
};
