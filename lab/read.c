/*
 * read.c - a lab from its file: sections, what they are kept in, and messages.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/inifile.h"
#include "lab/lab.h"

/* --- Messages --- */

int lab_fail(struct lab *lab, unsigned line, int code, const char *format, ...)
{
    size_t room = sizeof(lab->error);
    va_list arguments;
    int head;

    if (lab->error[0] != '\0') {
        return code;
    }
    if (line > 0) {
        head = snprintf(lab->error, room, "%s:%u: ", lab->file, line);
    } else {
        head = snprintf(lab->error, room, "%s: ", lab->file);
    }
    if (head >= 0 && (size_t)head < room) {
        va_start(arguments, format);
        vsnprintf(lab->error + head, room - (size_t)head, format, arguments);
        va_end(arguments);
    }
    return code;
}

int lab_fail_memory(struct lab *lab)
{
    return lab_fail(lab, lab->line, -ENOMEM, "out of memory");
}

/* --- Lists --- */

int lab_keep(struct lab *lab, struct lab_keys *keys, const char *name, const char *value)
{
    struct lab_key kept = {strdup(name), strdup(value), lab->line};
    struct lab_key *grown = reallocarray(keys->list, keys->count + 1, sizeof(*grown));

    if (grown != NULL) {
        keys->list = grown;
    }
    if (grown == NULL || kept.name == NULL || kept.value == NULL) {
        free(kept.name);
        free(kept.value);
        return lab_fail_memory(lab);
    }
    grown[keys->count++] = kept;
    return 0;
}

const struct lab_key *lab_find(const struct lab_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->list[i].name, name) == 0) {
            return &keys->list[i];
        }
    }
    return NULL;
}

static void free_keys(struct lab_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->list[i].name);
        free(keys->list[i].value);
    }
    free(keys->list);
}

static void free_words(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(words[i]);
    }
    free(words);
}

static void free_host(struct lab_host *host)
{
    for (size_t i = 0; i < host->program_count; i++) {
        free_words(host->programs[i].words, host->programs[i].count);
    }
    for (size_t i = 0; i < host->interface_count; i++) {
        free_keys(&host->interfaces[i].keys);
    }
    free(host->programs);
    free(host->interfaces);
    free(host->conditions);
    free(host->ready);
    free_words(host->environment, host->environment_count);
    free_keys(&host->stack_keys);
    if (host->has_config) {
        config_free(&host->config);
    }
}

void lab_free(struct lab *lab)
{
    for (size_t i = 0; i < lab->host_count; i++) {
        free_host(&lab->hosts[i]);
    }
    for (size_t i = 0; i < lab->segment_count; i++) {
        free(lab->segments[i].capture);
        free_keys(&lab->segments[i].keys);
    }
    free(lab->hosts);
    free(lab->segments);
    free(lab->logs);
    free(lab->captures);
    lab->hosts = NULL;
    lab->segments = NULL;
    lab->logs = NULL;
    lab->captures = NULL;
    lab->host_count = 0;
    lab->segment_count = 0;
}

size_t lab_host_index(const struct lab *lab, const char *name)
{
    size_t i = 0;

    while (i < lab->host_count && strcmp(lab->hosts[i].name, name) != 0) {
        i++;
    }
    return i;
}

size_t lab_segment_index(const struct lab *lab, const char *name)
{
    size_t i = 0;

    while (i < lab->segment_count && strcmp(lab->segments[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* --- Sections --- */

/* Names become names of files: letters, digits, and inside of a name '-', '_' and '.'. */
static int check_name(struct lab *lab, const char *what, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(name);

    if (length == 0 || length > LAB_NAME_MAX) {
        return lab_fail(lab, lab->line, -EINVAL, "%s name \"%s\" has not 1 to %d characters", what,
                        name, LAB_NAME_MAX);
    }
    if (strspn(name, letters) == 0) {
        return lab_fail(lab, lab->line, -EINVAL, "%s name \"%s\" does not begin with a letter or "
                        "digit", what, name);
    }
    for (const char *c = name; *c != '\0'; c++) {
        if (strchr(letters, *c) == NULL && strchr("-_.", *c) == NULL) {
            return lab_fail(lab, lab->line, -EINVAL, "%s name \"%s\" may hold letters, digits, "
                            "'-', '_' and '.' only", what, name);
        }
    }
    return 0;
}

static int section_segment(struct lab *lab, const char *name)
{
    struct lab_segment *grown;
    size_t same = lab_segment_index(lab, name);
    int status = check_name(lab, "segment", name);

    if (status != 0) {
        return status;
    }
    if (same < lab->segment_count) {
        return lab_fail(lab, lab->line, -EINVAL, "segment %s is given twice, first in line %u",
                        name, lab->segments[same].line);
    }
    if (lab->segment_count == LAB_SEGMENTS_MAX) {
        return lab_fail(lab, lab->line, -EINVAL, "more than %d segments", LAB_SEGMENTS_MAX);
    }
    grown = reallocarray(lab->segments, lab->segment_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return lab_fail_memory(lab);
    }
    lab->segments = grown;
    grown[lab->segment_count] = (struct lab_segment){.line = lab->line};
    strcpy(grown[lab->segment_count++].name, name);
    lab->place = LAB_IN_SEGMENT;
    return 0;
}

static int begin_host(struct lab *lab, const char *name, enum lab_role role)
{
    struct lab_host *grown;
    size_t same = lab_host_index(lab, name);
    int status = check_name(lab, role == LAB_HOST ? "host" : "router", name);

    if (status != 0) {
        return status;
    }
    if (same < lab->host_count) {
        return lab_fail(lab, lab->line, -EINVAL, "a host or router %s is given twice, first in "
                        "line %u", name, lab->hosts[same].line);
    }
    if (lab->host_count == LAB_HOSTS_MAX) {
        return lab_fail(lab, lab->line, -EINVAL, "more than %d hosts and routers", LAB_HOSTS_MAX);
    }
    grown = reallocarray(lab->hosts, lab->host_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return lab_fail_memory(lab);
    }
    lab->hosts = grown;
    grown[lab->host_count] = (struct lab_host){.line = lab->line, .role = role};
    strcpy(grown[lab->host_count++].name, name);
    lab->router_count += role == LAB_ROUTER;
    lab->place = LAB_IN_HOST;
    return 0;
}

static int section_host(struct lab *lab, const char *name)
{
    return begin_host(lab, name, LAB_HOST);
}

static int section_router(struct lab *lab, const char *name)
{
    return begin_host(lab, name, LAB_ROUTER);
}

int lab_section(struct lab *lab, const char *title)
{
    static const struct {
        const char *word;
        int (*begin)(struct lab *lab, const char *name);
    } named[] = {{"segment", section_segment}, {"host", section_host}, {"router", section_router}};
    size_t word = strcspn(title, " \t");

    lab->place = LAB_NOWHERE;
    lab->keys_seen = 0;
    if (strcmp(title, "lab") == 0) {
        lab->place = LAB_IN_LAB;
        return 0;
    }
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (word == strlen(named[i].word) && strncmp(title, named[i].word, word) == 0) {
            return named[i].begin(lab, title + word + strspn(title + word, " \t"));
        }
    }
    return lab_fail(lab, lab->line, -EINVAL, "unknown section [%s]: there are [lab], "
                    "[segment NAME], [router NAME] and [host NAME]", title);
}

/* --- The file --- */

static int take_section(void *context, unsigned line, const char *title)
{
    struct lab *lab = context;

    lab->line = line;
    return lab_section(lab, title);
}

static int take_key(void *context, unsigned line, const char *key, const char *value)
{
    struct lab *lab = context;

    lab->line = line;
    return lab_set(lab, key, value);
}

static int fail(void *context, unsigned line, int code, const char *text)
{
    return lab_fail(context, line, code, "%s", text);
}

static void forget(void *context)
{
    ((struct lab *)context)->error[0] = '\0';
}

int lab_read(struct lab *lab, const char *path)
{
    static const struct inifile_handler handler = {take_section, take_key, fail, forget};
    int status;

    *lab = (struct lab){.file = path, .grace_ms = LAB_GRACE_MS};
    status = inifile_read(path, &handler, lab);
    return status == 0 ? lab_check(lab) : status;
}
