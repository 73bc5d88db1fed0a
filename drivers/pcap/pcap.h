/*
 * pcap.h - the driver on libpcap, for the composition root.
 */
#ifndef DRIVERS_PCAP_PCAP_H
#define DRIVERS_PCAP_PCAP_H

#include "stack/link.h"

/*
 * A capture file, or an interface of the machine, as a link; what it does: see capture.c and
 * live.c; its options: its help text in driver.c.
 */
extern const struct link_driver winlwip_pcap_driver;

#endif
