/*
 * options.c - how options of the pcap driver are read, the words for what is wrong, and the options
 * of a replay.
 */
#include "drivers/pcap/capture.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a longer path its end is shown: the reason behind it has to fit the line too. */
#define PATH_SHOWN_BYTES 96

/* A replay a thousand times as fast as the capture is hardly told from timing=fast. */
#define SPEED_MAX 1000

/* Keys of one mode, for the note of which have come: a bit for each. */
#define KEYS_MAX 32

int capture_fail(char *error, int code, const char *path, const char *format, ...)
{
    int used = snprintf(error, LINK_ERROR_BYTES, "pcap: ");
    va_list arguments;

    if (path != NULL) {
        size_t bytes = strlen(path);
        bool whole = bytes <= PATH_SHOWN_BYTES;

        used += snprintf(error + used, (size_t)(LINK_ERROR_BYTES - used), "'%s%s': ",
                         whole ? "" : "...", whole ? path : path + bytes - PATH_SHOWN_BYTES);
    }
    va_start(arguments, format);
    vsnprintf(error + used, (size_t)(LINK_ERROR_BYTES - used), format, arguments);
    va_end(arguments);
    for (char *at = error; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = '?'; /* one line, whatever the path contains */
        }
    }
    return -code;
}

/* --- by a table --- */

static int fail_unknown(const struct capture_key *keys, const char *mode, const char *key,
                        char *error)
{
    char names[128] = "";
    size_t used = 0;

    for (const struct capture_key *at = keys; at->key != NULL && used < sizeof(names); at++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", at == keys ? "" : ", ",
                                 at->key);
    }
    return capture_fail(error, EINVAL, NULL, "unknown option '%.40s': the keys of %s are %s", key,
                        mode, names);
}

int capture_keys_read(const struct capture_key *keys, const char *mode, void *target,
                      const struct link_option *options, size_t option_count, char *error)
{
    bool seen[KEYS_MAX] = {false};

    for (size_t i = 0; i < option_count; i++) {
        const struct capture_key *key = keys;

        while (key->key != NULL && strcmp(key->key, options[i].key) != 0) {
            key++;
        }
        if (key->key == NULL) {
            return fail_unknown(keys, mode, options[i].key, error);
        }
        if (seen[key - keys]) {
            return capture_fail(error, EINVAL, NULL, "option '%s' is given twice", key->key);
        }
        seen[key - keys] = true;
        int result = key->read(target, key->key, options[i].value, error);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

int capture_choice_read(bool *is_second, const char *key, const char *value, const char *first,
                        const char *second, char *error)
{
    *is_second = strcmp(value, second) == 0;
    if (!*is_second && strcmp(value, first) != 0) {
        return capture_fail(error, EINVAL, NULL, "option '%s' is '%.40s': it must be '%s' or '%s'",
                            key, value, first, second);
    }
    return 0;
}

int capture_number_read(unsigned *number, const char *key, const char *value, unsigned least,
                        unsigned most, char *error)
{
    char *end = NULL;
    unsigned long long parsed = 0;

    errno = 0;
    if (isdigit((unsigned char)*value)) {
        parsed = strtoull(value, &end, 10);
    }
    if (end == NULL || *end != '\0' || errno != 0 || parsed < least || parsed > most) {
        return capture_fail(error, EINVAL, NULL,
                            "option '%s' is '%.40s': it must be a whole number from %u to %u", key,
                            value, least, most);
    }
    *number = (unsigned)parsed;
    return 0;
}

/* --- of a replay --- */

static int read_path(const char **path, const char *key, const char *value, char *error)
{
    if (*value == '\0') {
        return capture_fail(error, EINVAL, NULL, "option '%s' is empty: give it a path", key);
    }
    *path = value;
    return 0;
}

static int read_file(void *target, const char *key, const char *value, char *error)
{
    return read_path(&((struct capture_options *)target)->file, key, value, error);
}

static int read_output(void *target, const char *key, const char *value, char *error)
{
    return read_path(&((struct capture_options *)target)->output, key, value, error);
}

static int read_timing(void *target, const char *key, const char *value, char *error)
{
    return capture_choice_read(&((struct capture_options *)target)->real, key, value, "fast",
                               "real", error);
}

static int read_end(void *target, const char *key, const char *value, char *error)
{
    return capture_choice_read(&((struct capture_options *)target)->wait, key, value, "down",
                               "wait", error);
}

static int read_speed(void *target, const char *key, const char *value, char *error)
{
    return capture_number_read(&((struct capture_options *)target)->speed, key, value, 1, SPEED_MAX,
                               error);
}

static const struct capture_key replay_keys[] = {
    {"file", read_file}, {"output", read_output}, {"timing", read_timing},
    {"speed", read_speed}, {"end", read_end}, {NULL, NULL},
};

int capture_options_parse(struct capture_options *parsed, const struct link_option *options,
                          size_t option_count, char *error)
{
    int result;

    *parsed = (struct capture_options){.speed = 0};
    result = capture_keys_read(replay_keys, "a replay", parsed, options, option_count, error);
    if (result != 0) {
        return result;
    }
    if (parsed->file == NULL) {
        return capture_fail(error, EINVAL, NULL,
                            "option 'file' is missing: name the capture to replay, or with "
                            "'device' an interface");
    }
    if (parsed->speed != 0 && !parsed->real) {
        return capture_fail(error, EINVAL, NULL, "option 'speed' needs timing=real");
    }
    parsed->speed = parsed->speed == 0 ? 1 : parsed->speed;
    return 0;
}
