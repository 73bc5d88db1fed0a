/*
 * drivers.h - the drivers that a program has, and what goes round them.
 *
 * The two tables, winlwip_drivers[] and winlwip_wrappers[], are declared in include/winlwip.h, since
 * programs may have tables of their own. A driver without a help text is not in this build.
 */
#ifndef HOST_DRIVERS_H
#define HOST_DRIVERS_H

#include "include/winlwip.h"
#include "stack/link.h"

/* The driver of that name in a table ended by NULL, or NULL. */
const struct link_driver *drivers_find(const struct link_driver *const *drivers, const char *name);

/* Writes the names of those that this build has, "pcap, tap", as far as they find room. */
void drivers_list(const struct link_driver *const *drivers, char *text, size_t room);

#endif
