/*
 * record.h - what a play writes down: one record for everything that can be seen from outside.
 */
#ifndef TESTS_EQUIV_RECORD_H
#define TESTS_EQUIV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum record_kind {
    RECORD_CALL,      /* what a call of the program returned */
    RECORD_RECEIVED,  /* one receive, or one datagram of several that one receive joined */
    RECORD_COMPLETED, /* a posted receive, in the order in which the port tells, or by its event */
    RECORD_SENT,      /* a frame that the host sent */
    RECORD_LOOKED,    /* network events, and the bytes that wait */
    RECORD_TRACED,    /* a station on the way of a frame */
    RECORD_COUNTERS,  /* struct winlwip_stats, frames_early apart */
    RECORD_END,       /* the same with frames_early: the last one, looked at and not compared */
    RECORD_KINDS,
};

#define RECORD_VALUES 9
#define RECORD_BLOB_MAX (1u << 17)

struct record {
    uint32_t kind;
    uint32_t step;
    uint64_t frame;                /* number of the last frame before it */
    uint64_t value[RECORD_VALUES]; /* named by record_print() */
    uint64_t bytes;                /* of the blob behind it */
};

/* Appends a record. blob: names, control messages, a sent frame, counters; may be NULL. */
void record_write(FILE *out, const struct record *record, const void *blob);

/* Reads the next one; blob has room for RECORD_BLOB_MAX. Returns false at the end. */
bool record_read(FILE *in, struct record *record, uint8_t *blob);

/* Prints where two records differ, first what both have in common. */
void record_print_difference(const struct record *a, const uint8_t *blob_a, const struct record *b,
                             const uint8_t *blob_b);

/* Prints one whole. */
void record_print(const struct record *record, const uint8_t *blob);

/* Prints bytes in rows of 16. */
void record_print_bytes(const uint8_t *data, size_t bytes);

/* 64 bits that stand for bytes (FNV-1a). */
uint64_t record_hash(const void *data, size_t bytes);

#endif
