/*
 * device.h - what the files of the TAP driver share. Private to drivers/tap.
 */
#ifndef DRIVERS_TAP_DEVICE_H
#define DRIVERS_TAP_DEVICE_H

#include <net/if.h>

#include "stack/link.h"

/* MTU of an Ethernet whose own cannot be asked for, bytes. */
#define TAP_MTU_DEFAULT_BYTES 1500

/*
 * Writes "tap: REASON" as one line to error[LINK_ERROR_BYTES]. Returns -code.
 */
int tap_fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Opens /dev/net/tun and attaches it to the TAP of that name, which the kernel makes when there is
 * none and the process may. Returns the descriptor, non-blocking and close-on-exec, which the
 * caller owns; or -errno with the reason in error.
 */
int tap_device_open(const char *name, char *error);

/*
 * Checks that an open descriptor is a TAP in the form that the driver reads (no packet information,
 * no vnet header) and makes it non-blocking and close-on-exec. Returns 0, or -errno with the reason
 * in error; a descriptor that fails the check is left as it was, and open.
 */
int tap_device_adopt(int fd, char *error);

/*
 * Returns the MTU of the kernel's side, bytes of IP packet, at least 68. Needs no privilege.
 * TAP_MTU_DEFAULT_BYTES when the interface is not in the network namespace of the caller.
 */
unsigned tap_device_mtu(int fd);

#endif
