/*
 * library.h - libvdeplug's functions, looked up in the library when the first link of this driver is
 * opened, so that nobody has to have it who does not use it. Private to drivers/vde.
 */
#ifndef DRIVERS_VDE_LIBRARY_H
#define DRIVERS_VDE_LIBRARY_H

#include <libvdeplug.h>

/* The functions that this directory calls, without "vde_". */
#define LIBVDEPLUG_FUNCTIONS(F) \
    F(close) \
    F(ctlfd) \
    F(datafd) \
    F(open_real) \
    F(recv) \
    F(send)

#define LIBVDEPLUG_MEMBER(name_) __typeof__(vde_##name_) *name_;

struct libvdeplug {
    LIBVDEPLUG_FUNCTIONS(LIBVDEPLUG_MEMBER)
};

/* Never changed after libvdeplug_load() has returned 0; nobody looks at it before. */
extern struct libvdeplug libvdeplug;

/*
 * Makes the functions callable. Any thread, any number of times. Returns 0, or -ELIBACC with the
 * reason in error, which has room for LINK_ERROR_BYTES.
 */
int libvdeplug_load(char *error);

#endif
