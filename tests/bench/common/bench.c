/*
 * bench.c - CPU, clock, median, numbers and records of the benchmark programs.
 */
#define _GNU_SOURCE /* sched_setaffinity */

#include "tests/bench/common/bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_pin(void)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        return;
    }
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            (void)sched_setaffinity(0, sizeof(one), &one);
            return;
        }
    }
}

int64_t bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

    return (first > second) - (first < second);
}

uint64_t bench_median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

int bench_number(const char *text, size_t max, size_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || *text == '-' || value == 0 || value > max) {
        fprintf(stderr, "bad value: %s\n", text);
        return -1;
    }
    *out = value;
    return 0;
}

void bench_record(const char *label, const char *who, double value)
{
    printf("%s %s %.2f\n", label, who, value);
}
