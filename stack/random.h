/*
 * random.h - numbers that an observer can't foretell.
 */
#ifndef STACK_RANDOM_H
#define STACK_RANDOM_H

#include <stdint.h>

/* 32 random bits from the kernel's generator, fetched in batches. Stack lock held. */
uint32_t stack_random32(void);

#endif
