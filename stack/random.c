/*
 * random.c - random bits for port choice and for lwIP's identifiers.
 *
 * They come from the kernel, a batch at a time, so that choosing a port costs no system call.
 * Guarded by the stack lock.
 */
#include "stack/random.h"

#include <sys/random.h>
#include <time.h>

uint32_t stack_random32(void)
{
    static uint32_t batch[64];
    static unsigned left;

    if (left == 0) {
        /* 256 bytes are never cut short once the generator is seeded (getrandom(2)). */
        if (getrandom(batch, sizeof(batch), 0) != (ssize_t)sizeof(batch)) {
            return (uint32_t)clock();
        }
        left = sizeof(batch) / sizeof(batch[0]);
    }
    return batch[--left];
}
