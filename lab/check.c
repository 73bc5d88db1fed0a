/*
 * check.c - what only the whole of a lab can tell, and what the hosts' configurations say.
 *
 * Each host's keys are taken once more by host/config.h, as if they stood in a configuration file
 * of the lab's name: its messages carry the lab's lines.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/values.h"
#include "lab/lab.h"

/* --- Configurations --- */

/* The driver of the backend, as configurations name it. */
static const char *driver_of(const struct lab *lab)
{
    return lab->backend == LAB_VDE ? "vde" : "tap";
}

static int config_error(struct lab *lab, const struct lab_host *host, int status)
{
    if (lab->error[0] == '\0') {
        snprintf(lab->error, sizeof(lab->error), "%s", host->config.error);
    }
    return status;
}

/* Is the address on that interface of another host? On one segment nobody has what another has. */
static bool has_address(const struct lab_host *host, size_t segment, const struct netaddr *address)
{
    for (size_t i = 0; i < host->config.interface_count; i++) {
        const struct config_interface *interface = &host->config.interfaces[i];

        if (netaddr_is_link_scoped(address) && host->interfaces[i].segment != segment) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            if (netaddr_equal(&interface->addresses[j].address, address)) {
                return true;
            }
        }
    }
    return false;
}

/* Looks at the addresses that the key under way has added, those from first on. */
static int check_new_addresses(struct lab *lab, const struct lab_host *host, size_t at,
                               size_t first)
{
    const struct config_interface *interface = &host->config.interfaces[at];
    char text[NETADDR_TEXT_BYTES];

    for (size_t i = first; i < interface->address_count; i++) {
        const struct netaddr *address = &interface->addresses[i].address;

        for (const struct lab_host *other = lab->hosts; other < host; other++) {
            if (has_address(other, host->interfaces[at].segment, address)) {
                return lab_fail(lab, lab->line, -EINVAL, "address %s is given twice, first to %s",
                                netaddr_text(address, text), other->name);
            }
        }
    }
    return 0;
}

/* Nobody on a segment has the MAC address that somebody else has. */
static int check_mac(struct lab *lab, const struct lab_host *host, size_t at)
{
    const struct config_interface *interface = &host->config.interfaces[at];

    for (const struct lab_host *other = lab->hosts; other <= host; other++) {
        for (size_t i = 0; i < other->config.interface_count; i++) {
            const struct config_interface *has = &other->config.interfaces[i];

            if (has != interface && has->has_mac && interface->has_mac &&
                other->interfaces[i].segment == host->interfaces[at].segment &&
                memcmp(has->mac, interface->mac, sizeof(has->mac)) == 0) {
                return lab_fail(lab, lab->line, -EINVAL, "the MAC address is given twice, first "
                                "to %s", other->name);
            }
        }
    }
    return 0;
}

/* A router's addresses are those that stand there, and nothing goes behind the kernel's back. */
static int check_router_key(struct lab *lab, const struct lab_key *key)
{
    if (strcmp(key->name, "address") == 0 && strpbrk(key->value, "./:") == NULL) {
        return lab_fail(lab, key->line, -EINVAL, "a router has addresses with prefix lengths, not "
                        "\"%s\"", key->value);
    }
    return 0;
}

static int set_interface_key(struct lab *lab, struct lab_host *host, size_t at,
                             const struct lab_key *key)
{
    size_t addresses = config_current(&host->config)->address_count;
    int status = host->role == LAB_ROUTER ? check_router_key(lab, key) : 0;

    if (status != 0) {
        return status;
    }
    lab->line = host->config.line = key->line;
    status = config_set(&host->config, key->name, key->value);
    if (status != 0) {
        return config_error(lab, host, status);
    }
    status = strcmp(key->name, "mac") == 0 ? check_mac(lab, host, at)
                                           : lab_check_wrapper_key(lab, key);
    if (status != 0) {
        return status;
    }
    return check_new_addresses(lab, host, at, addresses);
}

static int configure_interface(struct lab *lab, struct lab_host *host, size_t at)
{
    const struct lab_interface *interface = &host->interfaces[at];
    const struct lab_keys *keys = &interface->keys;
    char title[64];
    int status;

    snprintf(title, sizeof(title), "interface eth%zu", at);
    host->config.line = interface->line;
    status = config_section(&host->config, title);
    if (status == 0) {
        status = config_set(&host->config, "driver", driver_of(lab));
    }
    if (status != 0) {
        return config_error(lab, host, status);
    }
    for (size_t i = 0; i < keys->count && status == 0; i++) {
        status = set_interface_key(lab, host, at, &keys->list[i]);
    }
    return status;
}

static int configure(struct lab *lab, struct lab_host *host)
{
    struct config *config = &host->config;
    int status;

    config_init(config, lab->file);
    host->has_config = true;
    config->line = host->line;
    status = config_section(config, "winlwip");
    for (size_t i = 0; i < host->stack_keys.count && status == 0; i++) {
        config->line = host->stack_keys.list[i].line;
        status = config_set(config, host->stack_keys.list[i].name, host->stack_keys.list[i].value);
    }
    if (status != 0) {
        return config_error(lab, host, status);
    }
    for (size_t i = 0; i < host->interface_count && status == 0; i++) {
        status = configure_interface(lab, host, i);
    }
    if (status != 0) {
        return status;
    }
    status = config_finish(config);
    return status == 0 ? 0 : config_error(lab, host, status);
}

/* Every host gets the names of all. */
static int check_names(struct lab *lab)
{
    size_t count = 0;

    for (size_t i = 0; i < lab->host_count; i++) {
        for (size_t j = 0; j < lab->hosts[i].config.interface_count; j++) {
            count += lab->hosts[i].config.interfaces[j].address_count;
        }
    }
    if (count > LIMIT_HOSTS) {
        return lab_fail(lab, 0, -EINVAL, "more than %d addresses", LIMIT_HOSTS);
    }
    return 0;
}

/* --- Names --- */

static int find_segments(struct lab *lab, struct lab_host *host)
{
    for (size_t i = 0; i < host->interface_count; i++) {
        struct lab_interface *interface = &host->interfaces[i];

        if (interface->segment_name[0] == '\0') {
            return lab_fail(lab, interface->line, -EINVAL, "keys of an interface, but %s is on no "
                            "segment", host->name);
        }
        interface->segment = lab_segment_index(lab, interface->segment_name);
        if (interface->segment == lab->segment_count) {
            return lab_fail(lab, interface->line, -EINVAL, "there is no [segment %s]",
                            interface->segment_name);
        }
    }
    return 0;
}

static int find_conditions(struct lab *lab, struct lab_host *host)
{
    for (size_t i = 0; i < host->condition_count; i++) {
        struct lab_condition *condition = &host->conditions[i];

        condition->host = lab_host_index(lab, condition->name);
        if (condition->host == lab->host_count ||
            lab->hosts[condition->host].role == LAB_ROUTER) {
            return lab_fail(lab, condition->line, -EINVAL, "there is no [host %s]",
                            condition->name);
        }
    }
    return 0;
}

/* Is everything that this host waits for known to start? */
static bool can_start(const struct lab_host *host, const bool *starts)
{
    for (size_t i = 0; i < host->condition_count; i++) {
        if (!starts[host->conditions[i].host]) {
            return false;
        }
    }
    return true;
}

/* Hosts that wait for each other would wait for ever. */
static int check_circles(struct lab *lab)
{
    bool starts[LAB_HOSTS_MAX] = {false};
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < lab->host_count; i++) {
            if (!starts[i] && can_start(&lab->hosts[i], starts)) {
                starts[i] = more = true;
            }
        }
    }
    for (size_t i = 0; i < lab->host_count; i++) {
        if (!starts[i]) {
            return lab_fail(lab, lab->hosts[i].conditions[0].line, -EINVAL,
                            "%s never starts: hosts wait for each other", lab->hosts[i].name);
        }
    }
    return 0;
}

/* --- The whole --- */

static int check_host(struct lab *lab, const struct lab_host *host)
{
    if (host->role == LAB_ROUTER && lab->backend == LAB_VDE) {
        return lab_fail(lab, host->line, -EINVAL, "routers need backend = kernel");
    }
    if (host->role == LAB_HOST && host->program_count == 0) {
        return lab_fail(lab, host->line, -EINVAL, "host %s has no program", host->name);
    }
    if (host->main && host->daemon) {
        return lab_fail(lab, host->line, -EINVAL, "host %s can't be both main and daemon",
                        host->name);
    }
    return 0;
}

static int check_segments(struct lab *lab)
{
    for (size_t i = 0; i < lab->segment_count; i++) {
        const struct lab_segment *segment = &lab->segments[i];

        if (lab->backend == LAB_VDE && (segment->capture != NULL || lab->captures != NULL)) {
            return lab_fail(lab, segment->line, -EINVAL, "captures of a segment need "
                            "backend = kernel; dump is for a host's interface");
        }
    }
    return 0;
}

int lab_check(struct lab *lab)
{
    int status = check_segments(lab);

    if (lab->host_count == lab->router_count) {
        return lab_fail(lab, 0, -EINVAL, "there is no [host NAME] in it");
    }
    for (size_t i = 0; i < lab->host_count && status == 0; i++) {
        struct lab_host *host = &lab->hosts[i];

        status = check_host(lab, host);
        if (status == 0) {
            status = find_segments(lab, host);
        }
        if (status == 0) {
            status = find_conditions(lab, host);
        }
        if (status == 0) {
            status = configure(lab, host);
        }
    }
    if (status == 0) {
        status = check_names(lab);
    }
    return status == 0 ? check_circles(lab) : status;
}
