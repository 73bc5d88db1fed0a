/*
 * config.c - a configuration while it is read: its life, messages and sections.
 *
 * Objects: one struct config, used by one thread, freed after the stack was started from it. It
 * knows the section under way, whose keys are config_keys.c's. The first error wins: its text
 * stays, and readers stop there.
 *
 * Limits: config/limits.h (interfaces, addresses of an interface), CONFIG_NAME_MAX.
 */
#include "host/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/limits.h"

/* The stack's own interface, whose name no other may have. */
#define LOOPBACK_NAME "lo"

void config_init(struct config *config, const char *file)
{
    *config = (struct config){
        .file = file,
        .background = true,
        .early = true,
        .max_pending = LIMIT_PENDING,
    };
}

static void interface_free(struct config_interface *interface)
{
    for (size_t i = 0; i < interface->option_count; i++) {
        free((char *)interface->options[i].key);
        free((char *)interface->options[i].value);
    }
    free(interface->options);
    free(interface->addresses);
    free(interface->driver);
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < config->interface_count; i++) {
        interface_free(&config->interfaces[i]);
    }
    free(config->interfaces);
    hosts_free(config->hosts);
    config->interfaces = NULL;
    config->interface_count = 0;
    config->hosts = NULL;
}

/* --- Messages --- */

static void write_error(struct config *config, unsigned line, const char *interface,
                        const char *format, va_list arguments)
{
    char *text = config->error;
    size_t room = sizeof(config->error);
    int head = 0;

    if (text[0] != '\0') {
        return;
    }
    if (config->file != NULL && line > 0) {
        head = snprintf(text, room, "%s:%u: ", config->file, line);
    } else if (config->file != NULL) {
        head = snprintf(text, room, "%s: ", config->file);
    } else if (interface != NULL) {
        head = snprintf(text, room, "interface %s: ", interface);
    }
    if (head >= 0 && (size_t)head < room) {
        vsnprintf(text + head, room - (size_t)head, format, arguments);
    }
}

struct config_interface *config_current(struct config *config)
{
    return &config->interfaces[config->interface_count - 1];
}

int config_fail(struct config *config, unsigned line, int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_error(config, line,
                config->place == CONFIG_IN_INTERFACE ? config_current(config)->name : NULL, format,
                arguments);
    va_end(arguments);
    return code;
}

int config_fail_interface(struct config *config, const struct config_interface *interface,
                          int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_error(config, interface->line, interface->name, format, arguments);
    va_end(arguments);
    return code;
}

int config_fail_memory(struct config *config)
{
    return config_fail(config, config->line, -ENOMEM, "out of memory");
}

int config_each_of_list(struct config *config, const char *list, config_entry_fn take,
                        const char *of)
{
    char *copy = strdup(list);
    char *rest = NULL;
    int status = 0;

    if (copy == NULL) {
        return config_fail_memory(config);
    }
    for (char *text = strtok_r(copy, CONFIG_LIST_SEPARATORS, &rest); text != NULL && status == 0;
         text = strtok_r(NULL, CONFIG_LIST_SEPARATORS, &rest)) {
        status = take(config, text, of);
    }
    free(copy);
    return status;
}

/* --- Sections --- */

static int check_interface_name(struct config *config, const char *name)
{
    if (*name == '\0' || strlen(name) > CONFIG_NAME_MAX) {
        return config_fail(config, config->line, -EINVAL,
                           "interface name \"%s\" has not 1 to %d characters", name,
                           CONFIG_NAME_MAX);
    }
    for (const char *c = name; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '%' || *c == '/') {
            return config_fail(config, config->line, -EINVAL,
                               "interface name \"%s\" may hold printable characters only, no "
                               "blank, '%%' or '/'", name);
        }
    }
    if (strcmp(name, LOOPBACK_NAME) == 0) {
        return config_fail(config, config->line, -EINVAL,
                           "interface \"%s\" is the stack's own loopback", name);
    }
    for (size_t i = 0; i < config->interface_count; i++) {
        if (strcmp(config->interfaces[i].name, name) == 0) {
            return config_fail(config, config->line, -EINVAL, "interface %s is given twice", name);
        }
    }
    return 0;
}

static int section_interface(struct config *config, const char *name)
{
    struct config_interface *grown;
    int status = check_interface_name(config, name);

    if (status != 0) {
        return status;
    }
    if (config->interface_count >= LIMIT_INTERFACES - 1) {
        return config_fail(config, config->line, -EINVAL, "more than %d interfaces",
                           LIMIT_INTERFACES - 1);
    }
    grown = reallocarray(config->interfaces, config->interface_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return config_fail_memory(config);
    }
    config->interfaces = grown;
    grown[config->interface_count] = (struct config_interface){.line = config->line};
    strcpy(grown[config->interface_count].name, name);
    config->interface_count++;
    config->place = CONFIG_IN_INTERFACE;
    return 0;
}

int config_section(struct config *config, const char *title)
{
    static const char interface_word[] = "interface";
    size_t word = sizeof(interface_word) - 1;

    config->place = CONFIG_NOWHERE;
    config->keys_seen = 0;
    if (strcmp(title, "winlwip") == 0) {
        config->place = CONFIG_IN_WINLWIP;
        return 0;
    }
    if (strcmp(title, "hosts") == 0) {
        config->place = CONFIG_IN_HOSTS;
        return 0;
    }
    if (strncmp(title, interface_word, word) == 0 && (title[word] == ' ' || title[word] == '\t')) {
        return section_interface(config, title + word + strspn(title + word, " \t"));
    }
    return config_fail(config, config->line, -EINVAL,
                       "unknown section [%s]: there are [winlwip], [hosts] and "
                       "[interface NAME]", title);
}
