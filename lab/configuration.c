/*
 * configuration.c - the configuration of each host, as winlwip.conf(5) has it.
 *
 * Keys are written without blanks round the '=': so no line grows longer than it was in the lab's
 * file, where a parser has taken it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lab/inside.h"

#define SEED "fault-seed"

static void write_keys(FILE *file, const struct lab_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        fprintf(file, "%s=%s\n", keys->list[i].name, keys->list[i].value);
    }
}

/* FNV-1a of 64 bits over a text, from a state on; SEED_START begins one. */
#define SEED_START 14695981039346656037u

static uint64_t hash(uint64_t state, const char *text)
{
    for (; *text != '\0'; text++) {
        state = (state ^ (unsigned char)*text) * 1099511628211u;
    }
    return state;
}

/*
 * Interfaces that lose frames by themselves do not lose the same ones: where an interface does not
 * name a seed, it has one that follows from the segment's, the names of the host and of the
 * segment.
 */
static void write_seed(FILE *file, const struct lab_host *host,
                       const struct lab_interface *interface, const struct lab_key *of_segment)
{
    uint64_t seed = hash(SEED_START, of_segment != NULL ? of_segment->value : "");

    seed = hash(hash(hash(seed, "/"), host->name), "/");
    fprintf(file, "fault-seed=%" PRIu64 "\n", hash(seed, interface->segment_name));
}

static bool has_faults(const struct lab_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strncmp(keys->list[i].name, "fault-", 6) == 0) {
            return true;
        }
    }
    return false;
}

/* What a segment says of its interfaces, unless they say otherwise. */
static void write_segment_keys(FILE *file, const struct lab *lab, const struct lab_host *host,
                               const struct lab_interface *interface)
{
    const struct lab_segment *segment = &lab->segments[interface->segment];

    for (size_t i = 0; i < segment->keys.count; i++) {
        const struct lab_key *key = &segment->keys.list[i];

        if (lab_find(&interface->keys, key->name) == NULL && strcmp(key->name, SEED) != 0) {
            fprintf(file, "%s=%s\n", key->name, key->value);
        }
    }
    if (lab_find(&interface->keys, SEED) == NULL &&
        (has_faults(&segment->keys) || has_faults(&interface->keys))) {
        write_seed(file, host, interface, lab_find(&segment->keys, SEED));
    }
    if (segment->mtu != 0 && lab_find(&interface->keys, "mtu") == NULL) {
        fprintf(file, "mtu=%u\n", segment->mtu);
    }
}

static void write_driver(FILE *file, const struct inside *inside, size_t host, size_t at)
{
    const struct lab_interface *interface = &inside->lab->hosts[host].interfaces[at];
    char path[PATH_MAX];

    if (inside->lab->backend == LAB_VDE) {
        switches_path(inside, interface->segment, path, sizeof(path));
        fprintf(file, "driver=vde\nurl=vde://%s\n", path);
        return;
    }
    fprintf(file, "driver=tap\nfd=%d\n", inside->hosts[host].taps[at]);
    if (capture_wanted(inside->lab, interface->segment) &&
        lab_find(&interface->keys, "offload") == NULL) {
        fputs("offload=off\n", file);
    }
}

/*
 * An interface's MAC address stays the same from one program to the next, as neighbours have it in
 * their caches: locally administered, then the host's number and the interface's.
 */
static void write_interface(FILE *file, const struct inside *inside, size_t host, size_t at)
{
    const struct lab_interface *interface = &inside->lab->hosts[host].interfaces[at];

    fprintf(file, "\n# segment %s\n[interface eth%zu]\n", interface->segment_name, at);
    write_driver(file, inside, host, at);
    if (lab_find(&interface->keys, "mac") == NULL) {
        fprintf(file, "mac=02:00:4c:00:%02zx:%02zx\n", (host + 1) & 0xff, at & 0xff);
    }
    write_keys(file, &interface->keys);
    write_segment_keys(file, inside->lab, &inside->lab->hosts[host], interface);
}

/* Every host by name, with the addresses that the lab's file says. */
static void write_names(FILE *file, const struct lab *lab)
{
    char text[NETADDR_TEXT_BYTES];

    fputs("\n[hosts]\n", file);
    for (size_t i = 0; i < lab->host_count; i++) {
        const struct config *config = &lab->hosts[i].config;

        for (size_t j = 0; j < config->interface_count; j++) {
            for (size_t k = 0; k < config->interfaces[j].address_count; k++) {
                const struct netaddr *address = &config->interfaces[j].addresses[k].address;

                if (!netaddr_is_link_scoped(address)) {
                    fprintf(file, "%s=%s\n", lab->hosts[i].name, netaddr_text(address, text));
                }
            }
        }
    }
}

static int write_host(const struct inside *inside, size_t index)
{
    const struct lab_host *host = &inside->lab->hosts[index];
    char path[PATH_MAX];
    FILE *file;
    int failed;

    snprintf(path, sizeof(path), "%s/%s.conf", inside->directory, host->name);
    file = fopen(path, "we");
    if (file == NULL) {
        return inside_fail(-errno, "%s: %s", path, strerror(errno));
    }
    fprintf(file, "# Host %s of %s\n[winlwip]\n", host->name, inside->lab->file);
    write_keys(file, &host->stack_keys);
    write_names(file, inside->lab);
    for (size_t i = 0; i < host->interface_count; i++) {
        write_interface(file, inside, index, i);
    }
    failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        return inside_fail(-EIO, "%s: can't be written", path);
    }
    return 0;
}

int configuration_write(const struct inside *inside)
{
    int status = 0;

    for (size_t i = 0; i < inside->lab->host_count && status == 0; i++) {
        if (inside->lab->hosts[i].role == LAB_HOST) {
            status = write_host(inside, i);
        }
    }
    return status;
}
