/*
 * drivers.c - the table of drivers: the one place that names them all.
 */
#include "host/drivers.h"

#include <string.h>

extern const struct link_driver dgram_driver;
extern const struct link_driver pcap_driver;
extern const struct link_driver stream_driver;
extern const struct link_driver tap_driver;

const struct link_driver *const host_drivers[] = {
    &dgram_driver,
    &pcap_driver,
    &stream_driver,
    &tap_driver,
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
