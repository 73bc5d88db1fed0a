/*
 * row.h - what the rows of the kernel benchmarks share: their end, samples and records.
 *
 * Each row runs in a process of its own (main.c), so a helper that cannot go on ends the process:
 * namespaces, devices, sockets and the stack go with it.
 */
#ifndef BENCH_NET_ROW_H
#define BENCH_NET_ROW_H

#include <stddef.h>
#include <stdint.h>

/* Exit status of a row that this machine cannot measure. */
enum { ROW_MISSING = 77 };

/* Ends the row: something failed or was received wrong, in one line on stderr. */
_Noreturn void row_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the text of errno behind what was tried. */
_Noreturn void row_fail_errno(const char *what);

/* Ends the row: the line on stderr says what this machine lacks. Nothing was printed on stdout. */
_Noreturn void row_missing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One record: ID VARIANT WHO VALUE. It reaches stdout when the row ends well. */
void row_record(const char *id, const char *variant, const char *who, double value);

/* CPU time that this process has used, all its threads, ns. */
int64_t row_cpu_ns(void);

/* Figures of which the middle ones count. */
enum { ROW_SAMPLES_MAX = 65536 };

struct row_samples {
    unsigned count;
    double values[ROW_SAMPLES_MAX];
};

/* Takes a figure; ends the row when there are too many. */
void row_sample(struct row_samples *samples, double value);

/* The value that the given share (0 to 1) of all figures do not exceed. Sorts the samples. */
double row_quantile(struct row_samples *samples, double share);

#endif
