/*
 * checksum_cases.h - the Internet checksum against the plainest one, in cases that need nothing but
 * a C library: the unit tests run them.
 */
#ifndef TESTS_CHECKSUM_CASES_H
#define TESTS_CHECKSUM_CASES_H

struct checksum_case {
    const char *name;
    const char *(*run)(void); /* NULL, or what is wrong (static string, until the next run) */
};

/* Ends with a row without name. */
extern const struct checksum_case checksum_cases[];

#endif
