/*
 * msvcrt.h - what Visual C's headers have beyond those of the C standard and libcoap uses
 *
 * Visual C's <string.h>, <stdio.h> and <stdlib.h> declare these; the C library's do not, or not under
 * -std=c11 (client.mk tells why that). So the build has it included before each source.
 */
#ifndef COAP_SHIM_MSVCRT_H
#define COAP_SHIM_MSVCRT_H

#include <stddef.h>
#include <stdio.h>

typedef int errno_t;

/* Annotations that Visual C's static analysis reads. */
#define _Out_

/* <string.h>: comparisons that take capital letters for small ones, and strlen() with a limit. */
int _stricmp(const char *a, const char *b);
int _strnicmp(const char *a, const char *b, size_t length);
size_t strnlen(const char *text, size_t size);

/* <stdio.h>: the descriptor of a stream. */
int _fileno(FILE *stream);

/* <stdlib.h>: a random number. 0, or an error number. The programs declare it themselves. */
errno_t rand_s(unsigned int *value);

/* <sys/stat.h>: the file type in st_mode, and that of a directory. */
#define S_IFMT 0170000
#define S_IFDIR 0040000

#endif
