/*
 * row.c - the end of a row, samples and records.
 *
 * Records are held in stdout's buffer: a row that ends early prints none of them.
 */
#include "tests/bench/net/row.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"

__attribute__((format(printf, 1, 0)))
static void complain(const char *format, va_list arguments)
{
    fprintf(stderr, "net: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
}

void row_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    _exit(1);
}

void row_fail_errno(const char *what)
{
    row_fail("%s: %s", what, strerror(errno));
}

void row_missing(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    _exit(ROW_MISSING);
}

void row_record(const char *id, const char *variant, const char *who, double value)
{
    char label[32];

    snprintf(label, sizeof(label), "%s %s", id, variant);
    bench_record(label, who, value);
}

int64_t row_cpu_ns(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

void row_sample(struct row_samples *samples, double value)
{
    if (samples->count == ROW_SAMPLES_MAX) {
        row_fail("more than %d samples", ROW_SAMPLES_MAX);
    }
    samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

double row_quantile(struct row_samples *samples, double share)
{
    if (samples->count == 0) {
        row_fail("no samples");
    }
    qsort(samples->values, samples->count, sizeof(samples->values[0]), compare);
    return samples->values[(unsigned)(share * (samples->count - 1) + 0.5)];
}
