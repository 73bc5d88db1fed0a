/*
 * keys.c - the keys of a lab's sections.
 *
 * A table a section, as host/config_keys.c has it. What a host's section has beside its table
 * belongs to the host's configuration and is kept for check.c, which hands it to host/config.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/values.h"
#include "lab/lab.h"

/* RFC 791 and RFC 8200: what an IPv4 host takes; the most that Ethernet's drivers carry here. */
#define MTU_MIN_BYTES 576u
#define MTU_MAX_BYTES 65521u

/* How the value of a key is taken. Returns 0, or -errno after lab_fail(). */
typedef int (*key_fn)(struct lab *lab, const char *value);

struct key {
    const char *name;
    key_fn set;
    bool repeatable;
};

static struct lab_host *current_host(struct lab *lab)
{
    return &lab->hosts[lab->host_count - 1];
}

static struct lab_segment *current_segment(struct lab *lab)
{
    return &lab->segments[lab->segment_count - 1];
}

/* --- Values --- */

static int keep_text(struct lab *lab, const char *key, const char *value, char **out)
{
    if (*value == '\0') {
        return lab_fail(lab, lab->line, -EINVAL, "%s has no value", key);
    }
    *out = strdup(value);
    return *out == NULL ? lab_fail_memory(lab) : 0;
}

static int set_yes_no(struct lab *lab, const char *key, const char *value, bool *out)
{
    *out = strcmp(value, "yes") == 0;
    if (!*out && strcmp(value, "no") != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "%s is \"yes\" or \"no\", not \"%s\"", key, value);
    }
    return 0;
}

static int set_time(struct lab *lab, const char *key, const char *value, unsigned *out)
{
    if (lab_time(value, out) != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "%s is a time with its unit, as 250ms, 10s or "
                        "2min, up to a day, not \"%s\"", key, value);
    }
    return 0;
}

/* --- Keys of [lab] --- */

static int set_backend(struct lab *lab, const char *value)
{
    lab->backend = strcmp(value, "vde") == 0 ? LAB_VDE : LAB_KERNEL;
    if (lab->backend == LAB_KERNEL && strcmp(value, "kernel") != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "backend is \"kernel\" or \"vde\", not \"%s\"",
                        value);
    }
    return 0;
}

static int set_timeout(struct lab *lab, const char *value)
{
    return set_time(lab, "timeout", value, &lab->timeout_ms);
}

static int set_grace(struct lab *lab, const char *value)
{
    return set_time(lab, "grace", value, &lab->grace_ms);
}

static int set_failure(struct lab *lab, const char *value)
{
    lab->stop_on_failure = strcmp(value, "stop") == 0;
    if (!lab->stop_on_failure && strcmp(value, "continue") != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "failure is \"stop\" or \"continue\", not \"%s\"",
                        value);
    }
    return 0;
}

static int set_logs(struct lab *lab, const char *value)
{
    return keep_text(lab, "logs", value, &lab->logs);
}

static int set_captures(struct lab *lab, const char *value)
{
    return keep_text(lab, "captures", value, &lab->captures);
}

static const struct key lab_keys[] = {
    {"backend", set_backend, false},
    {"timeout", set_timeout, false},
    {"grace", set_grace, false},
    {"failure", set_failure, false},
    {"logs", set_logs, false},
    {"captures", set_captures, false},
    {NULL, NULL, false},
};

/* --- Keys of [segment NAME] --- */

static int set_mtu(struct lab *lab, const char *value)
{
    if (value_number(value, MTU_MIN_BYTES, MTU_MAX_BYTES, &current_segment(lab)->mtu) != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "mtu is a number from %u to %u, not \"%s\"",
                        MTU_MIN_BYTES, MTU_MAX_BYTES, value);
    }
    return 0;
}

static int set_capture(struct lab *lab, const char *value)
{
    return keep_text(lab, "capture", value, &current_segment(lab)->capture);
}

static const struct key segment_keys[] = {
    {"mtu", set_mtu, false},
    {"capture", set_capture, false},
    {NULL, NULL, false},
};

/* --- Keys of [host NAME] and [router NAME] --- */

/* A further interface of the host, without a segment yet. Returns NULL after lab_fail(). */
static struct lab_interface *add_interface(struct lab *lab)
{
    struct lab_host *host = current_host(lab);
    struct lab_interface *grown;

    grown = reallocarray(host->interfaces, host->interface_count + 1, sizeof(*grown));
    if (grown == NULL) {
        lab_fail_memory(lab);
        return NULL;
    }
    host->interfaces = grown;
    grown[host->interface_count] = (struct lab_interface){.line = lab->line};
    return &grown[host->interface_count++];
}

/* The interface that keys are for: that of the last segment, or of the one that is named yet. */
static struct lab_interface *current_interface(struct lab *lab)
{
    struct lab_host *host = current_host(lab);

    return host->interface_count > 0 ? &host->interfaces[host->interface_count - 1]
                                     : add_interface(lab);
}

static int copy_name(struct lab *lab, const char *key, const char *value, char *out)
{
    if (*value == '\0' || strlen(value) > LAB_NAME_MAX) {
        return lab_fail(lab, lab->line, -EINVAL, "%s: \"%s\" is no name of 1 to %d characters", key,
                        value, LAB_NAME_MAX);
    }
    strcpy(out, value);
    return 0;
}

static int add_segment(struct lab *lab, const char *value)
{
    struct lab_interface *interface = current_interface(lab);

    if (interface != NULL && interface->segment_name[0] != '\0') {
        interface = add_interface(lab);
    }
    return interface == NULL ? -ENOMEM : copy_name(lab, "segment", value, interface->segment_name);
}

static int take_words(struct lab *lab, struct lab_program *program, const char *value)
{
    int status = lab_words(value, &program->words, &program->count);

    if (status == -EINVAL) {
        return lab_fail(lab, lab->line, status, "a quote is not closed, or nothing follows the "
                        "last backslash");
    }
    return status == 0 ? 0 : lab_fail_memory(lab);
}

static int add_program(struct lab *lab, const char *value)
{
    struct lab_host *host = current_host(lab);
    struct lab_program *grown;
    int status;

    grown = reallocarray(host->programs, host->program_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return lab_fail_memory(lab);
    }
    host->programs = grown;
    grown[host->program_count] = (struct lab_program){.line = lab->line};
    status = take_words(lab, &grown[host->program_count++], value);
    if (status == 0 && grown[host->program_count - 1].count == 0) {
        return lab_fail(lab, lab->line, -EINVAL, "program has no value");
    }
    return status;
}

static int add_arguments(struct lab *lab, const char *value)
{
    struct lab_host *host = current_host(lab);

    if (host->program_count == 0) {
        return lab_fail(lab, lab->line, -EINVAL, "arguments in front of any program");
    }
    return take_words(lab, &host->programs[host->program_count - 1], value);
}

static int set_main(struct lab *lab, const char *value)
{
    return set_yes_no(lab, "main", value, &current_host(lab)->main);
}

static int set_daemon(struct lab *lab, const char *value)
{
    return set_yes_no(lab, "daemon", value, &current_host(lab)->daemon);
}

static int add_start(struct lab *lab, const char *value)
{
    struct lab_host *host = current_host(lab);
    struct lab_condition condition = {.line = lab->line};
    struct lab_condition *grown;
    size_t word = strcspn(value, " \t");
    int status;

    condition.end = word == 3 && strncmp(value, "end", 3) == 0;
    if (!condition.end && (word != 5 || strncmp(value, "after", 5) != 0)) {
        return lab_fail(lab, lab->line, -EINVAL, "start is \"after HOST\" (it is ready) or "
                        "\"end HOST\" (it has ended), not \"%s\"", value);
    }
    status = copy_name(lab, "start", value + word + strspn(value + word, " \t"), condition.name);
    if (status != 0) {
        return status;
    }
    grown = reallocarray(host->conditions, host->condition_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return lab_fail_memory(lab);
    }
    host->conditions = grown;
    grown[host->condition_count++] = condition;
    return 0;
}

static int set_delay(struct lab *lab, const char *value)
{
    return set_time(lab, "delay", value, &current_host(lab)->delay_ms);
}

static int set_ready(struct lab *lab, const char *value)
{
    return keep_text(lab, "ready", value, &current_host(lab)->ready);
}

static int set_expect(struct lab *lab, const char *value)
{
    if (value_number(value, 0, 255, &current_host(lab)->expect) != 0) {
        return lab_fail(lab, lab->line, -EINVAL, "expect is an exit code from 0 to 255, not \"%s\"",
                        value);
    }
    return 0;
}

static int add_environment(struct lab *lab, const char *value)
{
    struct lab_host *host = current_host(lab);
    char **grown;

    if (strchr(value, '=') == NULL || *value == '=') {
        return lab_fail(lab, lab->line, -EINVAL, "env is NAME=VALUE, not \"%s\"", value);
    }
    grown = reallocarray(host->environment, host->environment_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return lab_fail_memory(lab);
    }
    host->environment = grown;
    grown[host->environment_count] = strdup(value);
    if (grown[host->environment_count] == NULL) {
        return lab_fail_memory(lab);
    }
    host->environment_count++;
    return 0;
}

static const struct key host_keys[] = {
    {"segment", add_segment, true},
    {"program", add_program, true},
    {"arguments", add_arguments, true},
    {"main", set_main, false},
    {"daemon", set_daemon, false},
    {"start", add_start, true},
    {"delay", set_delay, false},
    {"ready", set_ready, false},
    {"expect", set_expect, false},
    {"env", add_environment, true},
    {NULL, NULL, false},
};

static int add_router_key(struct lab *lab, const char *key, const char *value)
{
    struct lab_interface *interface = current_interface(lab);

    return interface == NULL ? -ENOMEM : lab_keep(lab, &interface->keys, key, value);
}

static int add_router_address(struct lab *lab, const char *value)
{
    return add_router_key(lab, "address", value);
}

static int set_router_gateway(struct lab *lab, const char *value)
{
    return add_router_key(lab, "gateway", value);
}

static int set_router_gateway6(struct lab *lab, const char *value)
{
    return add_router_key(lab, "gateway6", value);
}

static int add_router_route(struct lab *lab, const char *value)
{
    return add_router_key(lab, "route", value);
}

static const struct key router_keys[] = {
    {"segment", add_segment, true},
    {"address", add_router_address, true},
    {"gateway", set_router_gateway, false},
    {"gateway6", set_router_gateway6, false},
    {"route", add_router_route, true},
    {NULL, NULL, false},
};

/* --- All of them --- */

/* Takes a key that stands in the table. Returns 1 when it stands not there. */
static int set_of(struct lab *lab, const struct key *keys, const char *name, const char *value)
{
    for (const struct key *key = keys; key->name != NULL; key++) {
        unsigned bit = 1u << (key - keys);

        if (strcmp(key->name, name) != 0) {
            continue;
        }
        if ((lab->keys_seen & bit) != 0 && !key->repeatable) {
            return lab_fail(lab, lab->line, -EINVAL, "key \"%s\" is given twice", name);
        }
        lab->keys_seen |= bit;
        return key->set(lab, value);
    }
    return 1;
}

static int unknown_key(struct lab *lab, const char *key, const char *section)
{
    return lab_fail(lab, lab->line, -EINVAL, "unknown key \"%s\" in %s", key, section);
}

/* What a host's section has beside its own keys: of [winlwip], the interface's, or of a wrapper. */
static int set_host_key(struct lab *lab, const char *key, const char *value)
{
    struct lab_host *host = current_host(lab);
    struct lab_interface *interface;
    int status = set_of(lab, host->role == LAB_HOST ? host_keys : router_keys, key, value);

    if (status <= 0) {
        return status;
    }
    if (host->role == LAB_ROUTER) {
        return unknown_key(lab, key, "[router]");
    }
    if (config_knows(CONFIG_IN_WINLWIP, key)) {
        return lab_keep(lab, &host->stack_keys, key, value);
    }
    if (strcmp(key, "driver") == 0) {
        return lab_fail(lab, lab->line, -EINVAL, "the lab itself names the drivers of its hosts");
    }
    if (!config_knows(CONFIG_IN_INTERFACE, key) && lab_wrapper_of(key) == NULL &&
        strcmp(key, "offload") != 0) {
        return unknown_key(lab, key, "[host]");
    }
    interface = current_interface(lab);
    return interface == NULL ? -ENOMEM : lab_keep(lab, &interface->keys, key, value);
}

static int set_segment_key(struct lab *lab, const char *key, const char *value)
{
    struct lab_segment *segment = current_segment(lab);
    int status = set_of(lab, segment_keys, key, value);

    if (status <= 0) {
        return status;
    }
    if (strncmp(key, "fault-", 6) != 0) {
        return unknown_key(lab, key, "[segment]");
    }
    if (lab_find(&segment->keys, key) != NULL) {
        return lab_fail(lab, lab->line, -EINVAL, "key \"%s\" is given twice", key);
    }
    status = lab_keep(lab, &segment->keys, key, value);
    return status == 0 ? lab_check_wrapper_key(lab, &segment->keys.list[segment->keys.count - 1])
                       : status;
}

int lab_set(struct lab *lab, const char *key, const char *value)
{
    int status;

    switch (lab->place) {
    case LAB_IN_LAB:
        status = set_of(lab, lab_keys, key, value);
        return status <= 0 ? status : unknown_key(lab, key, "[lab]");
    case LAB_IN_SEGMENT:
        return set_segment_key(lab, key, value);
    case LAB_IN_HOST:
        return set_host_key(lab, key, value);
    case LAB_NOWHERE:
        break;
    }
    return lab_fail(lab, lab->line, -EINVAL, "key \"%s\" in front of any section", key);
}
