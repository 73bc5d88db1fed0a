/*
 * process.h - runs of the command-line program, which stands beside the test program.
 */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct process {
    pid_t child;
    FILE *output; /* its standard output, a pipe */
    FILE *errors; /* its standard error, a file */
};

/* What became of a run. */
struct process_result {
    int status;   /* exit status; -1: a signal ended it */
    char *output; /* what was not read before */
    char *errors;
};

/* Starts "winlwip" with arguments, which stand apart by one blank each. It dies with the test. */
__attribute__((format(printf, 2, 3)))
void process_start(struct process *process, const char *format, ...);

/*
 * Reads the next line of its output, the end of the line too. Fails the test when there is none, or
 * none so short.
 */
void process_line(const struct process *process, char *line, size_t room);

/* Reads what is left of its output, and waits for its end. */
void process_finish(struct process *process, struct process_result *result);
void process_result_free(struct process_result *result);

/* Fails the test when two outputs differ, with the first line that does. mode: whose shown is. */
void process_assert_same(const char *mode, const char *shown, const char *expected);

#endif
