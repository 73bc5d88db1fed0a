/*
 * hosts.h - the names of a configuration and their addresses.
 */
#ifndef HOST_HOSTS_H
#define HOST_HOSTS_H

#include <stddef.h>

#include "stack/netaddr.h"

struct hosts;

/*
 * Adds an address of a name to a table, which is made when *hosts is NULL. Returns 0; -EINVAL: no
 * name; -ENOSPC: the table is full (LIMIT_HOSTS); -ENOMEM.
 */
int hosts_add(struct hosts **hosts, const char *name, const struct netaddr *address);

/* Frees a table; NULL is one. */
void hosts_free(struct hosts *hosts);

/*
 * Makes a table the one that host_find_name() and host_find_address() look into, frees the one
 * before, and owns the new one from then on. NULL: an empty one. Any thread.
 */
void hosts_put_in_force(struct hosts *hosts);

#endif
