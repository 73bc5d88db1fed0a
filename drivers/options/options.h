/*
 * options.h - reading a driver's options by a table, and the line of text that says what is wrong
 * with them or with anything else.
 *
 * For all drivers and wrappers, which share nothing else. No state; any thread.
 */
#ifndef DRIVERS_OPTIONS_OPTIONS_H
#define DRIVERS_OPTIONS_OPTIONS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "stack/link.h"

/* Where a driver's complaints go. */
struct options_report {
    const char *driver; /* its name, in front of the line */
    char *error;        /* LINK_ERROR_BYTES */
    const char *mode;   /* what the keys are of, where that is not just the driver; or NULL */
};

/*
 * Writes "DRIVER: REASON", with a path "DRIVER: 'PATH': REASON", of a long path its end: one line,
 * which has no control characters whatever the arguments have. path: NULL for none. Returns -code.
 */
__attribute__((format(printf, 4, 0)))
int options_fail_va(const struct options_report *report, int code, const char *path,
                    const char *format, va_list arguments);

/* Likewise, without a path. */
__attribute__((format(printf, 3, 4)))
int options_fail(const struct options_report *report, int code, const char *format, ...);

/*
 * A key, and what reads its value into the driver's options: 0, or -errno with the line. A table
 * ends with a key of NULL, whose read(), where there is one, refuses keys that are not in the table
 * in the driver's own words.
 */
struct options_key {
    const char *key;
    int (*read)(const struct options_report *report, void *target, const char *key,
                const char *value);
};

/*
 * Reads options by a table of up to 32 keys; the strings are borrowed. Returns 0, or -EINVAL with
 * the line for an unknown key or one that is given twice, or what a read() has returned.
 */
int options_read(const struct options_report *report, const struct options_key *keys, void *target,
                 const struct link_option *options, size_t option_count);

/* Sets *is_second to which of two words the value is. Returns 0, or -EINVAL with the line. */
int options_read_choice(const struct options_report *report, const char *key, const char *value,
                        const char *first, const char *second, bool *is_second);

/* A whole number from least to most, digits only. Returns 0, or -EINVAL with the line. */
int options_read_number(const struct options_report *report, const char *key, const char *value,
                        long least, long most, long *number);

/* Likewise in base 8 or 10, without a line: returns whether it is one. */
bool options_parse_number(const char *value, int base, long least, long most, long *number);

#endif
