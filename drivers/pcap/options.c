/*
 * options.c - the options of a replay, and the line of text that says what is wrong in this driver.
 */
#include "drivers/pcap/capture.h"

#include <errno.h>
#include <stdarg.h>

#include "drivers/options/options.h"

/* A replay a thousand times as fast as the capture is hardly told from timing=fast. */
#define SPEED_MAX 1000

int capture_fail(char *error, int code, const char *path, const char *format, ...)
{
    const struct options_report report = {.driver = "pcap", .error = error};
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = options_fail_va(&report, code, path, format, arguments);
    va_end(arguments);
    return result;
}

static int read_path(const struct options_report *report, const char **path, const char *key,
                     const char *value)
{
    if (*value == '\0') {
        return options_fail(report, EINVAL, "option '%s' is empty: give it a path", key);
    }
    *path = value;
    return 0;
}

static int read_file(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    return read_path(report, &((struct capture_options *)target)->file, key, value);
}

static int read_output(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return read_path(report, &((struct capture_options *)target)->output, key, value);
}

static int read_timing(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return options_read_choice(report, key, value, "fast", "real",
                               &((struct capture_options *)target)->real);
}

static int read_end(const struct options_report *report, void *target, const char *key,
                    const char *value)
{
    return options_read_choice(report, key, value, "down", "wait",
                               &((struct capture_options *)target)->wait);
}

static int read_speed(const struct options_report *report, void *target, const char *key,
                      const char *value)
{
    return options_read_number(report, key, value, 1, SPEED_MAX,
                               &((struct capture_options *)target)->speed);
}

static const struct options_key replay_keys[] = {
    {"file", read_file}, {"output", read_output}, {"timing", read_timing},
    {"speed", read_speed}, {"end", read_end}, {NULL, NULL},
};

int capture_options_parse(struct capture_options *parsed, const struct link_option *options,
                          size_t option_count, char *error)
{
    const struct options_report report = {.driver = "pcap", .error = error, .mode = "a replay"};
    int result;

    *parsed = (struct capture_options){.speed = 0};
    result = options_read(&report, replay_keys, parsed, options, option_count);
    if (result != 0) {
        return result;
    }
    if (parsed->file == NULL) {
        return options_fail(&report, EINVAL,
                            "option 'file' is missing: name the capture to replay, or with "
                            "'device' an interface");
    }
    if (parsed->speed != 0 && !parsed->real) {
        return options_fail(&report, EINVAL, "option 'speed' needs timing=real");
    }
    parsed->speed = parsed->speed == 0 ? 1 : parsed->speed;
    return 0;
}
