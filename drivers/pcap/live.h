/*
 * live.h - what the files of the pcap driver's live mode share. Private to drivers/pcap.
 */
#ifndef DRIVERS_PCAP_LIVE_H
#define DRIVERS_PCAP_LIVE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"

/* An Ethernet header, and the tag that libpcap puts back into a frame of a VLAN. */
enum { LIVE_HEADER_BYTES = 14, LIVE_TAG_BYTES = 4 };

/* The options as they were given; strings are borrowed from the caller of open(). */
struct live_options {
    const char *device;
    const char *filter; /* NULL: none */
    bool own_mac;       /* promiscuous=on */
    bool immediate;
    long buffer_bytes;
};

/* What is asked of the interface, once. */
struct live_device {
    int index;
    unsigned mtu; /* bytes of IP packet */
    uint8_t mac[6];
};

/*
 * Reads the options into *parsed. Returns 0, or -EINVAL with the reason in error: what
 * options_read() refuses, a value that is empty.
 */
int live_options_parse(struct live_options *parsed, const struct link_option *options,
                       size_t option_count, char *error);

/*
 * Asks for what the link has to know of an interface; needs no right. Returns 0, or with the reason
 * in error: -ENODEV (no such interface), -ENETDOWN (it is down), -EINVAL (loopback),
 * -EPROTONOSUPPORT (no Ethernet), another -errno.
 */
int live_device_ask(const char *name, struct live_device *device, char *error);

/*
 * Opens the interface with libpcap as the options say: non-blocking, incoming frames alone, the
 * filter in force. Returns 0 and the handle, which the caller closes; or -errno with the reason in
 * error: -EPERM, -ENODEV, -ENETDOWN, -EINVAL (filter), -EPROTONOSUPPORT, -EIO.
 */
int live_device_open(const struct live_options *options, const struct live_device *device,
                     pcap_t **out, char *error);

/* Is there still an interface of that index where the handle was opened? */
bool live_device_exists(pcap_t *handle, int index);

/*
 * Has this frame (from its Ethernet header on) been left without its UDP checksum by a sender on
 * this machine? See pending.c for how that is known.
 */
bool live_sum_is_pending(const uint8_t *frame, uint32_t bytes);

/* Opens an interface as a link: link_driver.open when `device` is given. */
int live_open(const struct link_option *options, size_t option_count, struct link **out,
              char *error);

#endif
