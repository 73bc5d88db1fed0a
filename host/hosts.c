/*
 * hosts.c - names of the configuration.
 *
 * State: the table in force, from the start of the stack to its stop. Look-ups come from any
 * thread; a lock of its own, a leaf, keeps the table while one is under way.
 *
 * A table is an array in the order of the configuration, searched from its front: at most
 * LIMIT_HOSTS entries, one for each pair of a name and an address.
 */
#include "host/hosts.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/limits.h"
#include "host/host.h"

struct host {
    char name[LIMIT_NAME_CHARS + 1];
    struct netaddr address;
};

struct hosts {
    struct host *list;
    size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hosts *in_force; /* under lock */

int hosts_add(struct hosts **hosts, const char *name, const struct netaddr *address)
{
    if (*name == '\0' || strlen(name) > LIMIT_NAME_CHARS) {
        return -EINVAL;
    }
    if (*hosts == NULL) {
        *hosts = calloc(1, sizeof(**hosts));
    }
    if (*hosts == NULL) {
        return -ENOMEM;
    }
    struct hosts *table = *hosts;
    if (table->count == LIMIT_HOSTS) {
        return -ENOSPC;
    }
    struct host *grown = reallocarray(table->list, table->count + 1, sizeof(*grown));
    if (grown == NULL) {
        return -ENOMEM;
    }
    table->list = grown;
    strcpy(grown[table->count].name, name);
    grown[table->count++].address = *address;
    return 0;
}

void hosts_free(struct hosts *hosts)
{
    if (hosts != NULL) {
        free(hosts->list);
        free(hosts);
    }
}

void hosts_put_in_force(struct hosts *hosts)
{
    pthread_mutex_lock(&lock);
    struct hosts *before = in_force;
    in_force = hosts;
    pthread_mutex_unlock(&lock);
    hosts_free(before);
}

unsigned host_find_name(const char *name, struct netaddr *addresses, unsigned room)
{
    unsigned found = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; in_force != NULL && i < in_force->count && found < room; i++) {
        if (strcasecmp(in_force->list[i].name, name) == 0) {
            addresses[found++] = in_force->list[i].address;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool host_find_address(const struct netaddr *address, char *name)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; in_force != NULL && i < in_force->count && !found; i++) {
        found = netaddr_equal(&in_force->list[i].address, address);
        if (found) {
            strcpy(name, in_force->list[i].name);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}
