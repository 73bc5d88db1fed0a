/*
 * drivers.h - the table of drivers that this build has, and that of what goes round them.
 */
#ifndef HOST_DRIVERS_H
#define HOST_DRIVERS_H

#include "stack/link.h"

/*
 * The drivers in alphabetical order, ended by NULL. Static. One without a help text is not in this
 * build.
 */
extern const struct link_driver *const host_drivers[];

/*
 * The wrappers in the order in which they go round a driver, the first one next to it, ended by
 * NULL. Static.
 */
extern const struct link_wrapper *const host_wrappers[];

/* The driver of that name in a table ended by NULL, or NULL. */
const struct link_driver *drivers_find(const struct link_driver *const *drivers, const char *name);

/* Writes the names of those that this build has, "pcap, tap", as far as they find room. */
void drivers_list(const struct link_driver *const *drivers, char *text, size_t room);

#endif
