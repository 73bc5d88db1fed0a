/*
 * tap.h - the TAP driver, for the composition root.
 */
#ifndef DRIVERS_TAP_TAP_H
#define DRIVERS_TAP_TAP_H

#include "stack/link.h"

/* A Linux TAP interface as a link; what it does and its options: see tap.c and its help text. */
extern const struct link_driver winlwip_tap_driver;

#endif
