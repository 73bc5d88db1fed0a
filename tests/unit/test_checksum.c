/*
 * test_checksum.c - the cases of tests/support/checksum_cases.c on this processor.
 */
#include "tests/unit/suites.h"

#include "tests/support/checksum_cases.h"

START_TEST(sums_are_right)
{
    const char *wrong = checksum_cases[_i].run();

    ck_assert_msg(wrong == NULL, "%s: %s", checksum_cases[_i].name, wrong);
}
END_TEST

Suite *suite_checksum(void)
{
    Suite *suite = suite_create("checksum");
    TCase *tests = tcase_create("checksum");
    int cases = 0;

    while (checksum_cases[cases].name != NULL) {
        cases++;
    }
    tcase_add_loop_test(tests, sums_are_right, 0, cases);
    suite_add_tcase(suite, tests);
    return suite;
}
