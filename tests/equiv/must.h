/*
 * must.h - assertions of a play. Check's own write to a file each time that they hold, which a
 * million frames can't afford, and may not be used in a process that Check did not start.
 */
#ifndef TESTS_EQUIV_MUST_H
#define TESTS_EQUIV_MUST_H

#include <stdio.h>
#include <unistd.h>

/* Ends the process, with a line of text, when the condition does not hold. */
#define MUST(condition)                                                            \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            _exit(1);                                                              \
        }                                                                          \
    } while (0)

#endif
