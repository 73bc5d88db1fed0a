/*
 * msvcrt.c - Visual C's names for what the C library here has under others
 *
 * Compiled with this machine's own headers: it must not see those that stand in for Visual C's.
 */
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/random.h>

#include "msvcrt.h"

int _stricmp(const char *a, const char *b)
{
    return strcasecmp(a, b);
}

int _strnicmp(const char *a, const char *b, size_t length)
{
    return strncasecmp(a, b, length);
}

int _fileno(FILE *stream)
{
    return fileno(stream);
}

errno_t rand_s(unsigned int *value)
{
    return getrandom(value, sizeof(*value), 0) == sizeof(*value) ? 0 : EAGAIN;
}
