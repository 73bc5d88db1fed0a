/*
 * runner.c - main() of the test programs.
 *
 * Check reads CK_RUN_SUITE, CK_RUN_CASE, CK_VERBOSITY, CK_FORK, CK_DEFAULT_TIMEOUT and the names
 * of report files from the environment. One process has one stack, so each test has a process of
 * its own unless a debugger wants otherwise (CK_FORK=no, with CK_RUN_CASE).
 */
#include "tests/support/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void runner_skip(const char *reason)
{
    const char *ci = getenv("CI");

    printf("skipped: %s\n", reason);
    fflush(stdout);
    if (ci != NULL && strcmp(ci, "true") == 0)
        ck_abort_msg("skipped although CI=true: %s", reason);
    _exit(0);
}

static int usage(const char *program)
{
    printf("usage: [CK_RUN_SUITE=NAME] [CK_RUN_CASE=NAME] [CK_FORK=no] [CK_VERBOSITY=verbose] %s\n",
           program);
    return 2;
}

int main(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);
    int failed;

    if (argc > 1)
        return usage(argv[0]);
    for (size_t i = 0; runner_suites[i] != NULL; i++)
        srunner_add_suite(runner, runner_suites[i]());
    srunner_set_fork_status(runner, CK_FORK_GETENV);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
