/*
 * host.h - from a configuration to a running stack, and back.
 *
 * What WSAStartup() and WSACleanup() call. Calls are serialised by the caller (the façade's
 * start-up lock); host_probe_enabled() may be called by anybody between the two.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>

#include "stack/netaddr.h"

/*
 * Starts the stack from what winlwip_configure() handed over, else from the file that the
 * environment variable WINLWIP_CONFIG names (ignored in set-user-id programs), else with loopback
 * alone. On live links it waits until IPv6 addresses are usable, at most two seconds, or as the
 * configuration says ("wait") until all addresses are there; no lock of the stack may be held.
 *
 * Uses the handed over configuration up: the next call starts from WINLWIP_CONFIG again. Links in
 * it are closed by host_stop(), or before this returns an error.
 *
 * Returns 0, or -errno, with the reason left for winlwip_startup_error(): -EINVAL for what the
 * configuration says, -EALREADY while the stack runs, else what opening a file or a driver,
 * memory or stack_start() gave.
 */
int host_start(void);

/* The next start does not wait for the addresses of servers: its caller does. */
void host_leave_waiting(void);

/* Stops the stack and closes all links. All endpoints must be gone. */
void host_stop(void);

/*
 * The addresses of a name of the running configuration's hosts, in its order. Letters count alike
 * in both cases. Returns how many were written, at most room. Any thread.
 */
unsigned host_find_name(const char *name, struct netaddr *addresses, unsigned room);

/*
 * The first name of the running configuration's hosts that has this address, with room for
 * LIMIT_NAME_CHARS + 1 characters. Any thread.
 */
bool host_find_address(const struct netaddr *address, char *name);

/* Does the running configuration ask for every caller pointer to be probed (contract C13)? */
bool host_probe_enabled(void);

/* How many overlapped receives may wait on one socket, as configured (C59). */
unsigned host_pending_limit(void);

/*
 * May the process have raw sockets? It may, unless the running configuration reserves them for
 * administrators ("raw = admin") and it lacks CAP_NET_RAW.
 */
bool host_raw_allowed(void);

#endif
