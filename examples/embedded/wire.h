/*
 * wire.h - a driver of the program's own: IP packets on one end of a socket pair.
 */
#ifndef EXAMPLES_WIRE_H
#define EXAMPLES_WIRE_H

#include <winlwip/link.h>

/* Opens a link; *far becomes the other end, the caller's to close. NULL: no memory, or errno. */
struct link *wire_open(int *far);

/* Reads a packet from the far end, and sends it back to where it came from. Returns its bytes. */
int wire_reflect(int far);

#endif
