/*
 * report.h - reading options by a table, and the line of text that says what was wrong. Private to
 * drivers/socket.
 */
#ifndef DRIVERS_SOCKET_REPORT_H
#define DRIVERS_SOCKET_REPORT_H

#include <stddef.h>

#include "stack/link.h"

/* Where a driver's complaints go. */
struct report {
    const char *driver; /* its name, in front of the line */
    char *error;        /* LINK_ERROR_BYTES */
};

/* Writes the line, which has no control characters whatever the arguments have. Returns -code. */
__attribute__((format(printf, 3, 4)))
int report_fail(const struct report *report, int code, const char *format, ...);

/* An option and what reads its value into the driver's options. A table ends with NULL. */
struct report_key {
    const char *key;
    int (*read)(const struct report *report, void *target, const char *value);
};

/*
 * Reads options by a table of up to 32 keys; the strings are borrowed. Returns 0, or -EINVAL with
 * the line for an unknown key, one that is given twice, or a bad value (whatever read() returns).
 */
int report_read_keys(const struct report *report, const struct report_key *keys, void *target,
                     const struct link_option *options, size_t option_count);

/* A whole number from least to most, digits only. Returns 0, or -EINVAL with the line. */
int report_read_number(const struct report *report, const char *key, const char *value, long least,
                       long most, long *number);

#endif
