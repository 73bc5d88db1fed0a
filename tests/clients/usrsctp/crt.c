/*
 * crt.c - the functions of crt/crt.h.
 *
 * Beside them one thing that no program asks for: standard output goes out line by line, so that a
 * test sees in a file what a program has said so far. A server never ends by itself.
 */
#include "crt/crt.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

__attribute__((__constructor__)) static void flush_lines(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int rand_s(unsigned int *number)
{
    return getrandom(number, sizeof(*number), 0) == (ssize_t)sizeof(*number) ? 0 : EINVAL;
}
