/*
 * checksum.c - the Internet checksum (RFC 1071), fast enough not to be seen beside the copy.
 *
 * Blocks of 64 bytes go through vectors of two 64-bit lanes, which every x86-64 and arm64 processor
 * has: in each lane the lower and the upper half of a word are added to sums of their own, where
 * 2^32 of them fit without a carry. What is left is summed by 64-bit words with end-around carry.
 * All of it is congruent to the sum over 16-bit words, as 2^16, 2^32 and 2^64 are 1 modulo 2^16 - 1
 * (RFC 1071, 2 (B) and (C)). A sum does not depend on byte order as long as it is stored in the order
 * in which it was read.
 *
 * The vectors are the compilers' own (gcc, clang), no processor's intrinsics: a loop over words with
 * a carry is not vectorised, and at -O2 not even unrolled.
 */
#include "stack/checksum.h"

#include <string.h>

#include "config/arch/cc.h"

#define BLOCK_BYTES 64u

typedef uint64_t lanes __attribute__((vector_size(16)));

static inline lanes load_lanes(const uint8_t *p)
{
    lanes value;

    memcpy(&value, p, sizeof(value));
    return value;
}

/* The sum of whole blocks. */
static uint64_t add_blocks(const uint8_t *p, const uint8_t *end)
{
    const lanes lower = {UINT32_MAX, UINT32_MAX};
    lanes low[2] = {0}, high[2] = {0};

    for (; p < end; p += BLOCK_BYTES) {
        lanes a = load_lanes(p), b = load_lanes(p + 16);
        lanes c = load_lanes(p + 32), d = load_lanes(p + 48);
        low[0] += (a & lower) + (b & lower);
        low[1] += (c & lower) + (d & lower);
        high[0] += (a >> 32) + (b >> 32);
        high[1] += (c >> 32) + (d >> 32);
    }
    lanes sum = low[0] + low[1] + high[0] + high[1];
    return sum[0] + sum[1];
}

/* The sum of fewer than 8 bytes. */
static uint64_t load_rest(const uint8_t *p, size_t bytes)
{
    uint64_t word = 0;

    if (bytes & 4) {
        uint32_t part;
        memcpy(&part, p, sizeof(part));
        word = part;
        p += sizeof(part);
    }
    if (bytes & 2) {
        uint16_t part;
        memcpy(&part, p, sizeof(part));
        word = checksum_join(word, part);
        p += sizeof(part);
    }
    if (bytes & 1) {
        uint16_t part = 0;
        memcpy(&part, p, 1);
        word = checksum_join(word, part);
    }
    return word;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    if (bytes >= BLOCK_BYTES) {
        size_t blocks = bytes / BLOCK_BYTES * BLOCK_BYTES;
        sum = checksum_join(sum, add_blocks(p, p + blocks));
        p += blocks;
        bytes -= blocks;
    }
    for (; bytes >= 8; p += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        sum = checksum_join(sum, word);
    }
    return checksum_join(sum, load_rest(p, bytes));
}

uint16_t checksum_swap(uint16_t folded)
{
    return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t checksum_lwip(const void *data, int len)
{
    return checksum_fold(checksum_add(0, data, (size_t)len));
}
