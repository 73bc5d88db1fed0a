/*
 * opening.h - one attempt to plug in, made by a thread of its own. Private to drivers/vde.
 */
#ifndef DRIVERS_VDE_OPENING_H
#define DRIVERS_VDE_OPENING_H

#include <stdbool.h>

#include "drivers/vde/library.h"
#include "drivers/vde/target.h"

struct opening;

/*
 * Begins an attempt; libvdeplug_load() has succeeded. The target is copied. Returns NULL, with
 * errno, when there is no memory, descriptor or thread for it. Else it ends with opening_finish()
 * or opening_abandon().
 */
struct opening *opening_start(const struct vde_target *target);

/* Readable once the attempt is over. The opening's. */
int opening_fd(const struct opening *opening);

/*
 * Is the attempt over? Then *connection, which is the caller's from now on, is what came of it, or
 * NULL with the errno of libvdeplug in *code, EIO where it gives none; and the opening is freed.
 */
bool opening_finish(struct opening *opening, VDECONN **connection, int *code);

/* Nobody waits for the result any more: what comes of it will be closed, and all freed. */
void opening_abandon(struct opening *opening);

#endif
