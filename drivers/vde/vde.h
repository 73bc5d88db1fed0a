/*
 * vde.h - the driver on libvdeplug, for the composition root.
 */
#ifndef DRIVERS_VDE_VDE_H
#define DRIVERS_VDE_VDE_H

#include "stack/link.h"

/* A plug in a VDE network as a link; what it does: see vde.c; its options: its help text there. */
extern const struct link_driver winlwip_vde_driver;

#endif
