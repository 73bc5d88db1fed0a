/*
 * drivers_all.c - the table of drivers that programs have unless they choose (WINLWIP_DRIVERS, include/winlwip.h).
 *
 * In the static library this file is a member apart from all others, as ini.c is: a program that has
 * such a table is linked without it, and so without the drivers that it does not name.
 */
#include "host/drivers.h"

const struct link_driver *const winlwip_drivers[] = {
    &winlwip_dgram_driver,
    &winlwip_pcap_driver,
    &winlwip_stream_driver,
    &winlwip_tap_driver,
    &winlwip_vde_driver,
    NULL,
};
