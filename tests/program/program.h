/*
 * program.h - what the tests of the command-line program share: captures made at random, with what
 * has to come out of them, and running the program.
 */
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "include/winlwip.h"

Suite *suite_program_captures(void);
Suite *suite_program_library(void);
Suite *suite_program_modes(void);

/* The sockets that the program is told to open. */
enum program_socket {
    SOCKET_FOUR,  /* 0.0.0.0, joined to a group */
    SOCKET_SIX,   /* [::], joined to a group */
    SOCKET_SMALL, /* our IPv4 address; a small buffer, no control buffer */
    SOCKET_COUNT
};

/* Bytes of SOCKET_SMALL's buffer. */
#define SMALL_BUFFER_BYTES 40

/* One row that the program has to print. */
struct expected_row {
    char source[64];      /* "192.0.2.9:1234", "[2001:db8::9]:1234" */
    char destination[48];
    uint8_t ttl, tos;
    bool broadcast, multicast, truncated, no_control;
    size_t bytes;         /* delivered */
    uint8_t *payload;     /* owned; the delivered part */
};

/* What a capture holds, and what has to come of it. */
struct capture_plan {
    uint16_t ports[SOCKET_COUNT];
    struct expected_row *rows[SOCKET_COUNT]; /* in order of arrival */
    size_t row_count[SOCKET_COUNT];
    uint64_t frames;
    uint64_t fates[WINLWIP_FATE_COUNT];
};

/* Makes a capture of about count datagrams from a seed. capture_plan_free() ends the plan. */
void capture_make(uint64_t seed, unsigned count, FILE *file, struct capture_plan *plan);
void capture_plan_free(struct capture_plan *plan);

#endif
