/*
 * main.c - the cases of tests/support/checksum_cases.c as a program of its own.
 *
 * Exit status: 0, or 1 after a line for each case that fails.
 */
#include <stdio.h>

#include "tests/support/checksum_cases.h"

int main(void)
{
    int failed = 0;

    for (unsigned i = 0; checksum_cases[i].name != NULL; i++) {
        const char *wrong = checksum_cases[i].run();
        if (wrong != NULL) {
            printf("%s: %s\n", checksum_cases[i].name, wrong);
            failed = 1;
        }
    }
    return failed;
}
