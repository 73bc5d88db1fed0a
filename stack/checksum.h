/*
 * checksum.h - the Internet checksum (RFC 1071) in pieces.
 */
#ifndef STACK_CHECKSUM_H
#define STACK_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds to a running sum with end-around carry: every addition to one has to be made by this. */
static inline uint64_t checksum_join(uint64_t sum, uint64_t more)
{
    sum += more;
    return sum + (sum < more);
}

/*
 * Adds bytes at data to a running sum, as 16-bit words in memory order; an odd last byte counts as
 * if a zero followed. Any alignment. Only the last piece of a sum may be odd, unless its
 * checksum_fold()ed rest goes through checksum_swap().
 */
uint64_t checksum_add(uint64_t sum, const void *data, size_t bytes);

/* The same, and copies the bytes to target, which does not overlap them, on the way. */
uint64_t checksum_copy(uint64_t sum, void *restrict target, const void *restrict data, size_t bytes);

/* Folds a running sum to 16 bits, not inverted, in memory order. 0xffff over valid data. */
static inline uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffffu);
    sum = (sum >> 32) + (sum & 0xffffffffu);
    uint32_t half = (uint32_t)sum;
    half = (half >> 16) + (half & 0xffffu);
    half = (half >> 16) + (half & 0xffffu);
    return (uint16_t)half;
}

/*
 * Would it fold to 0xffff? Folding is division by 0xffff, of which a compiler makes one
 * multiplication.
 */
static inline bool checksum_is_good(uint64_t sum)
{
    return sum % 0xffff == 0 && sum != 0;
}

/* The folded sum of bytes that stand at an odd offset of the whole. */
uint16_t checksum_swap(uint16_t folded);

#endif
