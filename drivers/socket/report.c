/*
 * report.c - reading options by a table, and the line of text that says what was wrong.
 */
#include "drivers/socket/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 32 };

int report_fail(const struct report *report, int code, const char *format, ...)
{
    int used = snprintf(report->error, LINK_ERROR_BYTES, "%s: ", report->driver);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(report->error + used, (size_t)(LINK_ERROR_BYTES - used), format, arguments);
    va_end(arguments);
    for (char *at = report->error; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = '?'; /* one line, whatever a path contains */
        }
    }
    return -code;
}

static int fail_unknown(const struct report *report, const struct report_key *keys,
                        const char *key)
{
    char names[128] = "";
    size_t used = 0;

    for (const struct report_key *at = keys; at->key != NULL && used < sizeof(names); at++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", at == keys ? "" : ", ",
                                 at->key);
    }
    return report_fail(report, EINVAL, "unknown option '%.40s': the keys are %s", key, names);
}

int report_read_keys(const struct report *report, const struct report_key *keys, void *target,
                     const struct link_option *options, size_t option_count)
{
    bool seen[KEYS_MAX] = {false};

    for (size_t i = 0; i < option_count; i++) {
        const struct report_key *key = keys;
        int result;

        while (key->key != NULL && strcmp(key->key, options[i].key) != 0) {
            key++;
        }
        if (key->key == NULL) {
            return fail_unknown(report, keys, options[i].key);
        }
        if (seen[key - keys]) {
            return report_fail(report, EINVAL, "option '%s' is given twice", key->key);
        }
        seen[key - keys] = true;
        result = key->read(report, target, options[i].value);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

int report_read_number(const struct report *report, const char *key, const char *value, long least,
                       long most, long *number)
{
    char *end = NULL;
    long parsed = 0;

    errno = 0;
    if (isdigit((unsigned char)*value)) {
        parsed = strtol(value, &end, 10);
    }
    if (end == NULL || *end != '\0' || errno != 0 || parsed < least || parsed > most) {
        return report_fail(report, EINVAL,
                           "option '%s' is '%.40s': it must be a whole number from %ld to %ld", key,
                           value, least, most);
    }
    *number = parsed;
    return 0;
}
