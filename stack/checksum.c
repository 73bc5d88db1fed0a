/*
 * checksum.c - the Internet checksum (RFC 1071), fast enough not to be seen beside the copy.
 *
 * A sum over words of any size is congruent to the sum over 16-bit words, as long as carries are
 * brought round or not lost (RFC 1071, 2 (B) and (C)), and does not depend on byte order when it is
 * stored in the order in which it was read. Short data are added as 64-bit words with end-around
 * carry. Long data are added as 32-bit words into lanes of 64 bits, where no carry is lost before
 * four thousand million additions: compilers turn that into vector instructions (SSE2, NEON, or
 * more when they may).
 */
#include "stack/checksum.h"

#include <string.h>

#include "config/arch/cc.h"

/* Two lanes, as one vector register of any processor has. */
typedef uint64_t lanes __attribute__((vector_size(16)));

/* Data from which on the vectors are worth their beginning and end, bytes. */
#define LANES_FROM_BYTES 64

static inline lanes load_lanes(const uint8_t *p)
{
    lanes value;

    memcpy(&value, p, sizeof(value));
    return value;
}

/* Adds as many blocks of 64 bytes as there are. Returns the sum and moves *p and *bytes on. */
static uint64_t add_blocks(const uint8_t **p, size_t *bytes)
{
    const lanes low = {0xffffffff, 0xffffffff};
    lanes even = {0, 0}, odd = {0, 0}, more_even = {0, 0}, more_odd = {0, 0};
    const uint8_t *at = *p;

    for (; *bytes >= 64; at += 64, *bytes -= 64) {
        lanes a = load_lanes(at), b = load_lanes(at + 16);
        lanes c = load_lanes(at + 32), d = load_lanes(at + 48);
        even += (a & low) + (b & low);
        odd += (a >> 32) + (b >> 32);
        more_even += (c & low) + (d & low);
        more_odd += (c >> 32) + (d >> 32);
    }
    *p = at;
    even += more_even + odd + more_odd; /* 2^32 is 1 as well: both halves may be added */
    return even[0] + even[1];
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

static inline uint64_t load_word(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    if (bytes >= LANES_FROM_BYTES) {
        sum = checksum_join(sum, add_blocks(&p, &bytes));
    }
    for (; bytes >= 32; p += 32, bytes -= 32) {
        sum = checksum_join(sum, load_word(p));
        sum = checksum_join(sum, load_word(p + 8));
        sum = checksum_join(sum, load_word(p + 16));
        sum = checksum_join(sum, load_word(p + 24));
    }
    for (; bytes >= 8; p += 8, bytes -= 8) {
        sum = checksum_join(sum, load_word(p));
    }
    return bytes != 0 ? checksum_join(sum, load_rest(p, bytes)) : sum;
}

uint16_t checksum_swap(uint16_t folded)
{
    return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t checksum_lwip(const void *data, int len)
{
    return checksum_fold(checksum_add(0, data, (size_t)len));
}
