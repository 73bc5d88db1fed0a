/*
 * crt.h - what usrsctp takes from Microsoft's C library and neither glibc nor winlwip's headers have
 *
 * Read in front of every file of it: there the standard headers declare these, and what is in
 * winlwip/crt.h.
 */
#ifndef USRSCTP_CRT_H
#define USRSCTP_CRT_H

#include <winlwip/crt.h>

/* A random number. Returns 0, or an errno value. */
int rand_s(unsigned int *number);

#endif
