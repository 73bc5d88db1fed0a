/*
 * resolver.h - names asked of DNS servers, through the stack's own links.
 */
#ifndef STACK_RESOLVER_H
#define STACK_RESOLVER_H

#include <stdbool.h>

#include "stack/netaddr.h"

/* Which addresses a caller wants. */
enum { RESOLVER_V4 = 1, RESOLVER_V6 = 2 };

/* Room that resolver_query() needs: one address of each family. */
enum { RESOLVER_ADDRESSES = 2 };

/* Was the running stack given a server? Any thread, no lock. */
bool resolver_available(void);

/*
 * Asks for the addresses of a name, both families at once, and waits for the answers; drives the
 * stack meanwhile. name: characters of ASCII, a dot at the end may be there. families: RESOLVER_V4,
 * RESOLVER_V6 or both. addresses has room for RESOLVER_ADDRESSES, the IPv6 one comes first.
 * No lock may be held.
 *
 * Returns 0 with *count 1 or 2; -EINVAL: no name that a server could be asked for; -ENOENT: a
 * server says that there is none; -ETIMEDOUT: none answered; -ENOBUFS: too many questions at once;
 * -ENETDOWN: no stack runs, it stops, it has no server, or its links are replays.
 */
int resolver_query(const char *name, unsigned families, struct netaddr *addresses,
                   unsigned *count);

#endif
