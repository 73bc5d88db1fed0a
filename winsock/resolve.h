/*
 * resolve.h - names to addresses and back, for all name functions.
 */
#ifndef WINSOCK_RESOLVE_H
#define WINSOCK_RESOLVE_H

#include <stdbool.h>

#include <winsock2.h>

#include "config/limits.h"
#include "stack/endpoint.h"
#include "stack/resolver.h"

/* Room for a name with its zero. */
#define RESOLVE_NAME_BYTES (LIMIT_NAME_CHARS + 1)

/* What a name stands for. Ports are 0. */
struct resolve_list {
    struct endpoint_name names[LIMIT_NAME_ADDRESSES];
    unsigned count;
};

/*
 * Reads an address in text: IPv4 in all forms that inet_addr() takes, IPv6 with or without a zone
 * ("fe80::1%2", "fe80::1%eth0"). Returns whether it is one; *name is left alone otherwise.
 */
bool resolve_number(const char *text, struct endpoint_name *name);

/* Writes an address as resolve_number() reads it, into text[INET6_ADDRSTRLEN]. */
void resolve_number_text(const struct endpoint_name *name, char *text);

/*
 * Finds the addresses of a name: a host of the configuration, "localhost", the machine's own name
 * or "" (the addresses of the interfaces), else by DNS when there is a server; that waits, and no
 * lock may be held. families: RESOLVER_V4, RESOLVER_V6. Those that a route leads to come first,
 * among them IPv6 addresses, save that the order of the configuration is kept.
 *
 * Returns 0 with at least one; WSAHOST_NOT_FOUND; WSANO_DATA: known, but with no address of these
 * families; WSATRY_AGAIN: no server answered, or too many questions at once; WSAEINPROGRESS: the
 * thread is inside another blocking call.
 */
int resolve_name(const char *name, unsigned families, struct resolve_list *list);

/*
 * Finds the name of an address: a host of the configuration, "localhost", the machine's own. No
 * server is asked. name has room for RESOLVE_NAME_BYTES. Returns whether there is one.
 */
bool resolve_address(const struct netaddr *address, char *name);

/* The machine's own name, into name[RESOLVE_NAME_BYTES]. */
void resolve_own_name(char *name);

/* Does a route lead to the address? */
bool resolve_is_usable(const struct endpoint_name *name);

#endif
