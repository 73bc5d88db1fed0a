/*
 * options.c - how the options of the vde driver are read.
 */
#include "drivers/vde/target.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PORT_MAX = 65535,
    MODE_MAX = 0777,
    RECONNECT_DEFAULT_MS = 1000,
    RECONNECT_MAX_MS = 3600 * 1000,
};

int vde_fail(char *error, int code, const char *format, ...)
{
    int used = snprintf(error, LINK_ERROR_BYTES, "vde: ");
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error + used, (size_t)(LINK_ERROR_BYTES - used), format, arguments);
    va_end(arguments);
    for (char *at = error; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at)) {
            *at = '?'; /* one line, whatever the options contain */
        }
    }
    return -code;
}

static int read_text(char *to, size_t room, const char *key, const char *value, char *error)
{
    if (*value == '\0') {
        return vde_fail(error, EINVAL, "option '%s' is empty", key);
    }
    if (strlen(value) >= room) {
        return vde_fail(error, EINVAL, "option '%s' has more than %zu characters", key, room - 1);
    }
    strcpy(to, value);
    return 0;
}

/* A whole number in the given base, all of the text. */
static int read_number(unsigned *number, const char *value, int base, unsigned most)
{
    char *end = NULL;
    unsigned long parsed = 0;

    errno = 0;
    if (isdigit((unsigned char)*value)) {
        parsed = strtoul(value, &end, base);
    }
    if (end == NULL || *end != '\0' || errno != 0 || parsed > most) {
        return -EINVAL;
    }
    *number = (unsigned)parsed;
    return 0;
}

static int read_choice(bool *is_second, const char *key, const char *value, const char *first,
                       const char *second, char *error)
{
    *is_second = strcmp(value, second) == 0;
    if (!*is_second && strcmp(value, first) != 0) {
        return vde_fail(error, EINVAL, "option '%s' is '%.40s': it must be '%s' or '%s'", key,
                        value, first, second);
    }
    return 0;
}

/*
 * cmd:// is libvdeplug's module that starts a program. This library starts none in its host
 * process; and the module's close() waits for that program without a limit.
 */
static int read_url(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    if (strncmp(value, "cmd://", 6) == 0) {
        return vde_fail(error, EINVAL,
                        "a cmd:// URL would start a program in this process: let vde_plug join "
                        "that program to a switch, and name the switch");
    }
    return read_text(parsed->target.url, sizeof(parsed->target.url), key, value, error);
}

static int read_port(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    unsigned port;

    if (read_number(&port, value, 10, PORT_MAX) != 0 || port == 0) {
        return vde_fail(error, EINVAL, "option '%s' is '%.40s': it must be a number from 1 to %d",
                        key, value, PORT_MAX);
    }
    parsed->target.port = (int)port;
    return 0;
}

/* libvdeplug takes a name that nobody has for the number 0, which is root's group. */
static bool group_exists(const char *name)
{
    char buffer[4096];
    struct group group, *found = NULL;
    unsigned number;

    if (read_number(&number, name, 10, INT32_MAX) == 0) {
        return true;
    }
    int result = getgrnam_r(name, &group, buffer, sizeof(buffer), &found);
    return found != NULL || result == ERANGE; /* ERANGE: it has many members */
}

static int read_group(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    int result = read_text(parsed->target.group, sizeof(parsed->target.group), key, value, error);

    if (result == 0 && !group_exists(value)) {
        return vde_fail(error, EINVAL, "option '%s': there is no group '%.40s'", key, value);
    }
    return result;
}

static int read_mode(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    unsigned mode;

    if (read_number(&mode, value, 8, MODE_MAX) != 0) {
        return vde_fail(error, EINVAL,
                        "option '%s' is '%.40s': it must be an octal number up to %o, as in 0660",
                        key, value, MODE_MAX);
    }
    parsed->target.mode = mode;
    parsed->target.has_mode = true;
    return 0;
}

static int read_description(struct vde_options *parsed, const char *key, const char *value,
                            char *error)
{
    return read_text(parsed->target.description, sizeof(parsed->target.description), key, value,
                     error);
}

static int read_jumbo(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    return read_choice(&parsed->jumbo, key, value, "off", "on", error);
}

static int read_gone(struct vde_options *parsed, const char *key, const char *value, char *error)
{
    return read_choice(&parsed->down, key, value, "wait", "down", error);
}

static int read_reconnect(struct vde_options *parsed, const char *key, const char *value,
                          char *error)
{
    if (read_number(&parsed->reconnect_ms, value, 10, RECONNECT_MAX_MS) != 0) {
        return vde_fail(error, EINVAL,
                        "option '%s' is '%.40s': it must be milliseconds from 0 to %d", key, value,
                        RECONNECT_MAX_MS);
    }
    return 0;
}

static const struct {
    const char *key;
    int (*read)(struct vde_options *parsed, const char *key, const char *value, char *error);
} keys[] = {
    {"url", read_url},
    {"port", read_port},
    {"group", read_group},
    {"mode", read_mode},
    {"description", read_description},
    {"jumbo", read_jumbo},
    {"gone", read_gone},
    {"reconnect", read_reconnect},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static int fail_unknown(const char *key, char *error)
{
    char names[128] = "";
    size_t used = 0;

    for (unsigned i = 0; i < KEYS && used < sizeof(names); i++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ",
                                 keys[i].key);
    }
    return vde_fail(error, EINVAL, "unknown option '%.40s': the keys are %s", key, names);
}

/* What only all options together tell. */
static int check_options(const struct vde_options *parsed, bool reconnect_given, char *error)
{
    if (parsed->target.url[0] == '\0') {
        return vde_fail(error, EINVAL, "option 'url' is missing: name a switch's directory, or a "
                        "URL as in vde:///run/vde.ctl or vxlan://239.1.2.3");
    }
    if (parsed->down && reconnect_given) {
        return vde_fail(error, EINVAL, "option 'reconnect' needs gone = wait");
    }
    return 0;
}

int vde_options_read(struct vde_options *parsed, const struct link_option *options,
                     size_t option_count, char *error)
{
    bool given[KEYS] = {false};

    *parsed = (struct vde_options){
        .target = {.description = "winlwip"},
        .reconnect_ms = RECONNECT_DEFAULT_MS,
    };
    for (size_t i = 0; i < option_count; i++) {
        unsigned key = 0;

        while (key < KEYS && strcmp(options[i].key, keys[key].key) != 0) {
            key++;
        }
        if (key == KEYS) {
            return fail_unknown(options[i].key, error);
        }
        if (given[key]) {
            return vde_fail(error, EINVAL, "option '%s' is given twice", keys[key].key);
        }
        given[key] = true;
        int result = keys[key].read(parsed, keys[key].key, options[i].value, error);
        if (result != 0) {
            return result;
        }
    }
    parsed->patient = given[KEYS - 1] && parsed->reconnect_ms != 0;
    return check_options(parsed, given[KEYS - 1], error);
}
