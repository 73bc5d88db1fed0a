/*
 * options.c - the pcap driver's options and its words for what is wrong.
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

#define KEYS "file, output, timing, speed, end"

const char capture_help[] =
    "file    capture to replay, pcap or pcapng, a regular file (required)\n"
    "output  capture to write what the stack sends to; an existing file is overwritten\n"
    "timing  fast: as fast as the stack reads (default); real: at the pace of the time stamps\n"
    "speed   with timing=real: how many times faster than captured, 1 to 1000 (default 1)\n"
    "end     down: the interface goes down behind the last frame (default); wait: it stays up\n";

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

static int parse_path(const char **path, const char *key, const char *value, char *error)
{
    if (*value == '\0') {
        return capture_fail(error, EINVAL, NULL, "option '%s' is empty: give it a path", key);
    }
    *path = value;
    return 0;
}

static int parse_file(struct capture_options *parsed, const char *value, char *error)
{
    return parse_path(&parsed->file, "file", value, error);
}

static int parse_output(struct capture_options *parsed, const char *value, char *error)
{
    return parse_path(&parsed->output, "output", value, error);
}

/* Sets *is_second to which of two words value is. */
static int parse_choice(bool *is_second, const char *key, const char *value, const char *first,
                        const char *second, char *error)
{
    *is_second = strcmp(value, second) == 0;
    if (!*is_second && strcmp(value, first) != 0) {
        return capture_fail(error, EINVAL, NULL, "option '%s' is '%.40s': it must be '%s' or '%s'",
                            key, value, first, second);
    }
    return 0;
}

static int parse_timing(struct capture_options *parsed, const char *value, char *error)
{
    return parse_choice(&parsed->real, "timing", value, "fast", "real", error);
}

static int parse_end(struct capture_options *parsed, const char *value, char *error)
{
    return parse_choice(&parsed->wait, "end", value, "down", "wait", error);
}

static int parse_speed(struct capture_options *parsed, const char *value, char *error)
{
    char *end = NULL;
    long number = isdigit((unsigned char)*value) ? strtol(value, &end, 10) : 0;

    if (number < 1 || number > SPEED_MAX || *end != '\0') {
        return capture_fail(error, EINVAL, NULL,
                            "option 'speed' is '%.40s': it must be a whole number from 1 to %d",
                            value, SPEED_MAX);
    }
    parsed->speed = (unsigned)number;
    return 0;
}

static const struct {
    const char *key;
    int (*parse)(struct capture_options *parsed, const char *value, char *error);
} keys[] = {
    {"file", parse_file}, {"output", parse_output}, {"timing", parse_timing},
    {"speed", parse_speed}, {"end", parse_end},
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

/* Index into keys; KEY_COUNT when there is no such key. */
static unsigned key_find(const char *key)
{
    unsigned i = 0;

    while (i < KEY_COUNT && strcmp(keys[i].key, key) != 0) {
        i++;
    }
    return i;
}

int capture_options_parse(struct capture_options *parsed, const struct link_option *options,
                          size_t option_count, char *error)
{
    bool seen[KEY_COUNT] = {false};

    *parsed = (struct capture_options){.speed = 0};
    for (size_t i = 0; i < option_count; i++) {
        unsigned key = key_find(options[i].key);
        int result;

        if (key == KEY_COUNT) {
            return capture_fail(error, EINVAL, NULL, "unknown option '%.40s': the keys are " KEYS,
                                options[i].key);
        }
        if (seen[key]) {
            return capture_fail(error, EINVAL, NULL, "option '%s' is given twice", keys[key].key);
        }
        seen[key] = true;
        result = keys[key].parse(parsed, options[i].value, error);
        if (result != 0) {
            return result;
        }
    }
    if (parsed->file == NULL) {
        return capture_fail(error, EINVAL, NULL,
                            "option 'file' is missing: name the capture to replay");
    }
    if (parsed->speed != 0 && !parsed->real) {
        return capture_fail(error, EINVAL, NULL, "option 'speed' needs timing=real");
    }
    parsed->speed = parsed->speed == 0 ? 1 : parsed->speed;
    return 0;
}
