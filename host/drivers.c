/*
 * drivers.c - the tables of drivers and wrappers: the one place that names them all.
 */
#include "host/drivers.h"

#include <stdio.h>
#include <string.h>

extern const struct link_driver dgram_driver;
extern const struct link_driver pcap_driver;
extern const struct link_driver stream_driver;
extern const struct link_driver tap_driver;
extern const struct link_driver vde_driver;

extern const struct link_wrapper dump_wrapper;
extern const struct link_wrapper fault_wrapper;

const struct link_driver *const host_drivers[] = {
    &dgram_driver,
    &pcap_driver,
    &stream_driver,
    &tap_driver,
    &vde_driver,
    NULL,
};

const struct link_wrapper *const host_wrappers[] = {
    &fault_wrapper,
    &dump_wrapper,
    NULL,
};

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
