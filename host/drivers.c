/*
 * drivers.c - the tables of drivers and wrappers: the one place that names them all.
 */
#include "host/drivers.h"

#include <string.h>

extern const struct link_driver pcap_driver;
extern const struct link_driver tap_driver;

extern const struct link_wrapper dump_wrapper;
extern const struct link_wrapper fault_wrapper;

const struct link_driver *const host_drivers[] = {
    &pcap_driver,
    &tap_driver,
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
