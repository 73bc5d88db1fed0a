/*
 * crt.h - what usrsctp takes from Microsoft's C library and glibc does not have
 *
 * Read in front of every file of it: there the standard headers declare these.
 */
#ifndef USRSCTP_CRT_H
#define USRSCTP_CRT_H

#include <stddef.h>
#include <time.h>

/* A random number. Returns 0, or an errno value. */
int rand_s(unsigned int *number);

/* The local time at *when. Returns 0, or an errno value. */
int localtime_s(struct tm *local, const time_t *when);

/* snprintf() that returns -1 for a text which does not fit, instead of its length. */
__attribute__((__format__(__printf__, 3, 4))) int _snprintf(char *text, size_t size_bytes,
                                                            const char *format, ...);

/* The same, with no more than `count` characters, and the zero behind them. */
__attribute__((__format__(__printf__, 4, 5))) int _snprintf_s(char *text, size_t size_bytes,
                                                              size_t count, const char *format,
                                                              ...);

/* Copies up to `count` characters and a zero. Returns 0, or ERANGE when there is no room. */
int strncpy_s(char *to, size_t size_bytes, const char *from, size_t count);

#endif
