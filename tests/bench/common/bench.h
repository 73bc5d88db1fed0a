/*
 * bench.h - what every benchmark program needs: one CPU, a clock, a median, numbers from the
 * command line, and the record in which a figure is printed.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Puts the calling thread, and those that it starts, on one CPU, always the same: the last one that
 * is permitted. Where it may not choose, it goes on without. */
void bench_pin(void);

/* CLOCK_MONOTONIC in ns. */
int64_t bench_now_ns(void);

/* The middle one of count > 0 values, the higher of two. Puts them in order. */
uint64_t bench_median(uint64_t *values, size_t count);

/* Reads a whole number from 1 to max. Returns 0, or -1 after a line on stderr. */
int bench_number(const char *text, size_t max, size_t *out);

/*
 * Prints a record, "ID VARIANT WHO VALUE" (tests/bench/run tells more). label: ID and VARIANT, with
 * a blank between them. value: ns or bytes.
 */
void bench_record(const char *label, const char *who, double value);

#endif
