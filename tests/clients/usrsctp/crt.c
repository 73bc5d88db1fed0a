/*
 * crt.c - the functions of crt/crt.h.
 *
 * Beside them one thing that no program asks for: standard output goes out line by line, so that a
 * test sees in a file what a program has said so far. A server never ends by itself.
 */
#include "crt/crt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

__attribute__((__constructor__)) static void flush_lines(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int rand_s(unsigned int *number)
{
    return getrandom(number, sizeof(*number), 0) == (ssize_t)sizeof(*number) ? 0 : EINVAL;
}

int localtime_s(struct tm *local, const time_t *when)
{
    return localtime_r(when, local) != NULL ? 0 : EINVAL;
}

static int print(char *text, size_t size_bytes, const char *format, va_list arguments)
{
    int length = vsnprintf(text, size_bytes, format, arguments);

    return length < 0 || (size_t)length >= size_bytes ? -1 : length;
}

int _snprintf(char *text, size_t size_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = print(text, size_bytes, format, arguments);
    va_end(arguments);
    return length;
}

int _snprintf_s(char *text, size_t size_bytes, size_t count, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = print(text, count < size_bytes ? count + 1 : size_bytes, format, arguments);
    va_end(arguments);
    return length;
}

int strncpy_s(char *to, size_t size_bytes, const char *from, size_t count)
{
    size_t length = strnlen(from, count);

    if (length >= size_bytes) {
        return ERANGE;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return 0;
}
