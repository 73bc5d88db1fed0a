/*
 * options.c - reading options by a table, and the line of text that says what is wrong.
 */
#include "drivers/options/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEYS_MAX = 32,
    /* Of a longer path its end is shown: the reason behind it has to fit the line too. */
    PATH_SHOWN_BYTES = 96,
};

int options_fail_va(const struct options_report *report, int code, const char *path,
                    const char *format, va_list arguments)
{
    char *error = report->error;
    int used = snprintf(error, LINK_ERROR_BYTES, "%s: ", report->driver);

    if (path != NULL) {
        size_t bytes = strlen(path);
        bool whole = bytes <= PATH_SHOWN_BYTES;

        used += snprintf(error + used, (size_t)(LINK_ERROR_BYTES - used), "'%s%s': ",
                         whole ? "" : "...", whole ? path : path + bytes - PATH_SHOWN_BYTES);
    }
    vsnprintf(error + used, (size_t)(LINK_ERROR_BYTES - used), format, arguments);
    for (char *at = error; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = '?'; /* one line, whatever the arguments contain */
        }
    }
    return -code;
}

int options_fail(const struct options_report *report, int code, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = options_fail_va(report, code, NULL, format, arguments);
    va_end(arguments);
    return result;
}

static int fail_unknown(const struct options_report *report, const struct options_key *keys,
                        const char *key)
{
    char names[128] = "";
    size_t used = 0;

    for (const struct options_key *at = keys; at->key != NULL && used < sizeof(names); at++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", at == keys ? "" : ", ",
                                 at->key);
    }
    return options_fail(report, EINVAL, "unknown option '%.40s': the keys%s%s are %s", key,
                        report->mode != NULL ? " of " : "",
                        report->mode != NULL ? report->mode : "", names);
}

int options_read(const struct options_report *report, const struct options_key *keys, void *target,
                 const struct link_option *options, size_t option_count)
{
    bool seen[KEYS_MAX] = {false};

    for (size_t i = 0; i < option_count; i++) {
        const struct link_option *option = &options[i];
        const struct options_key *key = keys;
        int result;

        while (key->key != NULL && strcmp(key->key, option->key) != 0) {
            key++;
        }
        if (key->key == NULL && key->read == NULL) {
            return fail_unknown(report, keys, option->key);
        }
        if (key->key != NULL && seen[key - keys]) {
            return options_fail(report, EINVAL, "option '%s' is given twice", key->key);
        }
        seen[key - keys] = true;
        result = key->read(report, target, option->key, option->value);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

int options_read_choice(const struct options_report *report, const char *key, const char *value,
                        const char *first, const char *second, bool *is_second)
{
    *is_second = strcmp(value, second) == 0;
    if (!*is_second && strcmp(value, first) != 0) {
        return options_fail(report, EINVAL, "option '%s' is '%.40s': it must be '%s' or '%s'", key,
                            value, first, second);
    }
    return 0;
}

bool options_parse_number(const char *value, int base, long least, long most, long *number)
{
    char *end = NULL;
    long parsed = 0;

    errno = 0;
    if (isdigit((unsigned char)*value)) {
        parsed = strtol(value, &end, base);
    }
    if (end == NULL || *end != '\0' || errno != 0 || parsed < least || parsed > most) {
        return false;
    }
    *number = parsed;
    return true;
}

int options_read_number(const struct options_report *report, const char *key, const char *value,
                        long least, long most, long *number)
{
    if (!options_parse_number(value, 10, least, most, number)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be a whole number from %ld to %ld",
                            key, value, least, most);
    }
    return 0;
}
