/*
 * drivers.c - a driver by its name, and the names of all.
 */
#include "host/drivers.h"

#include <stdio.h>
#include <string.h>

/* Names are compared exactly, as the configuration file spells them. */
const struct link_driver *drivers_find(const struct link_driver *const *drivers, const char *name)
{
    for (; *drivers != NULL; drivers++) {
        if (strcmp((*drivers)->name, name) == 0) {
            return *drivers;
        }
    }
    return NULL;
}

void drivers_list(const struct link_driver *const *drivers, char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (; *drivers != NULL && used < room; drivers++) {
        if ((*drivers)->help != NULL) {
            int length = snprintf(text + used, room - used, "%s%s", used == 0 ? "" : ", ",
                                  (*drivers)->name);

            used += length > 0 ? (size_t)length : 0;
        }
    }
}
