/*
 * options.c - how the options of the vde driver are read.
 */
#include "drivers/vde/target.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "drivers/options/options.h"

enum {
    PORT_MAX = 65535,
    MODE_MAX = 0777,
    RECONNECT_DEFAULT_MS = 1000,
    RECONNECT_MAX_MS = 3600 * 1000,
};

int vde_fail(char *error, int code, const char *format, ...)
{
    const struct options_report report = {.driver = "vde", .error = error};
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = options_fail_va(&report, code, NULL, format, arguments);
    va_end(arguments);
    return result;
}

static int read_text(const struct options_report *report, char *to, size_t room, const char *key,
                     const char *value)
{
    if (*value == '\0') {
        return options_fail(report, EINVAL, "option '%s' is empty", key);
    }
    if (strlen(value) >= room) {
        return options_fail(report, EINVAL, "option '%s' has more than %zu characters", key,
                            room - 1);
    }
    strcpy(to, value);
    return 0;
}

/*
 * cmd:// is libvdeplug's module that starts a program. This library starts none in its host
 * process; and the module's close() waits for that program without a limit.
 */
static int read_url(const struct options_report *report, void *target, const char *key,
                    const char *value)
{
    struct vde_options *parsed = target;

    if (strncmp(value, "cmd://", 6) == 0) {
        return options_fail(report, EINVAL,
                            "a cmd:// URL would start a program in this process: let vde_plug join "
                            "that program to a switch, and name the switch");
    }
    return read_text(report, parsed->target.url, sizeof(parsed->target.url), key, value);
}

static int read_port(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    long port;

    if (!options_parse_number(value, 10, 1, PORT_MAX, &port)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be a number from 1 to %d", key, value,
                            PORT_MAX);
    }
    ((struct vde_options *)target)->target.port = (int)port;
    return 0;
}

/* libvdeplug takes a name that nobody has for the number 0, which is root's group. */
static bool group_exists(const char *name)
{
    char buffer[4096];
    struct group group, *found = NULL;
    long number;

    if (options_parse_number(name, 10, 0, INT32_MAX, &number)) {
        return true;
    }
    int result = getgrnam_r(name, &group, buffer, sizeof(buffer), &found);
    return found != NULL || result == ERANGE; /* ERANGE: it has many members */
}

static int read_group(const struct options_report *report, void *target, const char *key,
                      const char *value)
{
    struct vde_options *parsed = target;
    int result = read_text(report, parsed->target.group, sizeof(parsed->target.group), key, value);

    if (result == 0 && !group_exists(value)) {
        return options_fail(report, EINVAL, "option '%s': there is no group '%.40s'", key, value);
    }
    return result;
}

static int read_mode(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    struct vde_options *parsed = target;
    long mode;

    if (!options_parse_number(value, 8, 0, MODE_MAX, &mode)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be an octal number up to %o, as in "
                            "0660", key, value, MODE_MAX);
    }
    parsed->target.mode = (mode_t)mode;
    parsed->target.has_mode = true;
    return 0;
}

static int read_description(const struct options_report *report, void *target, const char *key,
                            const char *value)
{
    struct vde_options *parsed = target;

    return read_text(report, parsed->target.description, sizeof(parsed->target.description), key,
                     value);
}

static int read_jumbo(const struct options_report *report, void *target, const char *key,
                      const char *value)
{
    return options_read_choice(report, key, value, "off", "on",
                               &((struct vde_options *)target)->jumbo);
}

static int read_gone(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    return options_read_choice(report, key, value, "wait", "down",
                               &((struct vde_options *)target)->down);
}

static int read_reconnect(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    struct vde_options *parsed = target;
    long milliseconds;

    if (!options_parse_number(value, 10, 0, RECONNECT_MAX_MS, &milliseconds)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be milliseconds from 0 to %d", key,
                            value, RECONNECT_MAX_MS);
    }
    parsed->reconnect_ms = (unsigned)milliseconds;
    parsed->has_reconnect = true;
    return 0;
}

static const struct options_key keys[] = {
    {"url", read_url},
    {"port", read_port},
    {"group", read_group},
    {"mode", read_mode},
    {"description", read_description},
    {"jumbo", read_jumbo},
    {"gone", read_gone},
    {"reconnect", read_reconnect},
    {NULL, NULL},
};

int vde_options_read(struct vde_options *parsed, const struct link_option *options,
                     size_t option_count, char *error)
{
    const struct options_report report = {.driver = "vde", .error = error};
    int result;

    *parsed = (struct vde_options){
        .target = {.description = "winlwip"},
        .reconnect_ms = RECONNECT_DEFAULT_MS,
    };
    result = options_read(&report, keys, parsed, options, option_count);
    if (result != 0) {
        return result;
    }
    if (parsed->target.url[0] == '\0') {
        return options_fail(&report, EINVAL,
                            "option 'url' is missing: name a switch's directory, or a URL as in "
                            "vde:///run/vde.ctl or vxlan://239.1.2.3");
    }
    if (parsed->down && parsed->has_reconnect) {
        return options_fail(&report, EINVAL, "option 'reconnect' needs gone = wait");
    }
    return 0;
}
