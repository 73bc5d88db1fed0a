/*
 * device.h - what the files of the TAP driver share. Private to drivers/tap.
 */
#ifndef DRIVERS_TAP_DEVICE_H
#define DRIVERS_TAP_DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "stack/link.h"

/* MTU of an Ethernet whose own cannot be asked for, bytes. */
#define TAP_MTU_DEFAULT_BYTES 1500

/*
 * Writes "tap: REASON" as one line to error[LINK_ERROR_BYTES]. Returns -code.
 */
int tap_fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* An attached TAP. */
struct tap_device {
    int fd;          /* non-blocking, close-on-exec */
    bool has_header; /* each frame has a vnet header of TAP_VNET_BYTES in front, both ways */
    uint8_t offload; /* LINK_OFFLOAD_*: what the kernel takes from us */
};

/*
 * Opens /dev/net/tun and attaches it to the TAP of that name, which the kernel makes when there is
 * none and the process may. With offload it asks for a vnet header and for frames with checksums to
 * be finished, and makes do with what it gets. Returns 0 and the device, whose descriptor the
 * caller owns; or -errno with the reason in error.
 */
int tap_device_open(const char *name, bool offload, struct tap_device *device, char *error);

/*
 * Checks that an open descriptor is a TAP in the form that the driver reads (no packet information;
 * with a vnet header or without) and makes it non-blocking and close-on-exec; offload as above, but
 * the header is there or not. Returns 0 and the device, or -errno with the reason in error; a
 * descriptor that fails the check is left as it was, and open.
 */
int tap_device_adopt(int fd, bool offload, struct tap_device *device, char *error);

/*
 * Gives the vnet header of an attached device the form of vnet.h. Returns false, with nothing
 * changed, when the kernel does not do that.
 */
bool tap_offload_set_header(int fd);

/*
 * Has the kernel leave as much undone as the driver can take (offload and has_header) or nothing,
 * whatever an earlier user of the device left behind; sets device->offload. Cannot fail: without
 * offloads frames are complete.
 */
void tap_offload_start(struct tap_device *device, bool offload);

/* Takes that back, for the next user of a persistent device, who may know of no such thing. */
void tap_offload_end(const struct tap_device *device);

/*
 * Returns the MTU of the kernel's side, bytes of IP packet, at least 68. Needs no privilege.
 * TAP_MTU_DEFAULT_BYTES when the interface is not in the network namespace of the caller.
 */
unsigned tap_device_mtu(int fd);

#endif
