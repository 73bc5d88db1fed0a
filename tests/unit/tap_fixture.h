/*
 * tap_fixture.h - what the tests of the TAP driver share: a network namespace of the test's own and
 * the kernel's side of a TAP in it.
 */
#ifndef TESTS_UNIT_TAP_FIXTURE_H
#define TESTS_UNIT_TAP_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/tap/tap.h"

/* Ethernet type for local experiments (IEEE 802): tells the tests' frames from the kernel's own. */
#define TAPFIX_TYPE 0x88b5

/* The suite, from test_tap.c, and its part in another file. */
Suite *suite_tap(void);
TCase *tap_errors_case(void);

/*
 * Puts the running thread into a new network namespace. Returns false, with the reason printed as
 * a skipped test, when the system does not allow that or has no TAP; with CI=true the test fails.
 */
bool tapfix_enter(void);

/* Checked fixture: takes the thread back to where it came from, and closes what tapfix_ opened. */
void tapfix_leave(void);

/* Opens a descriptor of /dev/net/tun; flags: IFF_*, or 0 to leave it unattached. */
int tapfix_device(const char *name, int flags);

/* Opens a link on a device that must open. */
struct link *tapfix_open(const char *device);

/* Brings the kernel's interface up or down; sets its MTU; deletes it. */
void tapfix_set_up(const char *name, bool up);
void tapfix_set_mtu(const char *name, unsigned mtu);
void tapfix_delete(const char *name);

/* A packet socket on the kernel's interface that sees the tests' frames only. */
int tapfix_socket(const char *name);

/* Makes a frame of TAPFIX_TYPE with contents that differ by seed; bytes of 14 at least. */
void tapfix_fill(uint8_t *frame, size_t bytes, unsigned seed);

/*
 * Receives the next of the tests' frames, waiting for it. Returns the bytes; the frame is the one
 * that the driver lends.
 */
void tapfix_receive(struct link *link, struct link_frame *frame);

#endif
