/*
 * pcap.h - the capture file driver, for the composition root.
 */
#ifndef DRIVERS_PCAP_PCAP_H
#define DRIVERS_PCAP_PCAP_H

#include "stack/link.h"

/* A capture file as a link; what it does and its options: see capture.c and its help text. */
extern const struct link_driver pcap_driver;

#endif
