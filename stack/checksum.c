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

/* What is left to add, and to copy: to moves with from, unless it is NULL. */
struct rest {
    const uint8_t *from;
    uint8_t *to;
    size_t bytes;
};

/* Passes over the next bytes. */
static inline void pass(struct rest *rest, size_t bytes)
{
    rest->from += bytes;
    rest->bytes -= bytes;
    if (rest->to != NULL) {
        rest->to += bytes;
    }
}

/* Loads a vector at an offset from there, and copies it. */
static inline lanes take_lanes(const struct rest *rest, size_t at)
{
    lanes value;

    memcpy(&value, rest->from + at, sizeof(value));
    if (rest->to != NULL) {
        memcpy(rest->to + at, &value, sizeof(value));
    }
    return value;
}

/* Adds as many blocks of 64 bytes as there are. Returns the sum. */
static inline uint64_t add_blocks(struct rest *rest)
{
    const lanes low = {0xffffffff, 0xffffffff};
    lanes even = {0, 0}, odd = {0, 0}, more_even = {0, 0}, more_odd = {0, 0};

    while (rest->bytes >= 64) {
        lanes a = take_lanes(rest, 0), b = take_lanes(rest, 16);
        lanes c = take_lanes(rest, 32), d = take_lanes(rest, 48);
        even += (a & low) + (b & low);
        odd += (a >> 32) + (b >> 32);
        more_even += (c & low) + (d & low);
        more_odd += (c >> 32) + (d >> 32);
        pass(rest, 64);
    }
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

/* Loads the next word, and copies it. */
static inline uint64_t take_word(struct rest *rest)
{
    uint64_t word;

    memcpy(&word, rest->from, sizeof(word));
    if (rest->to != NULL) {
        memcpy(rest->to, &word, sizeof(word));
    }
    pass(rest, sizeof(word));
    return word;
}

/* Inlined into both functions below, so that each has loops of its own. */
static inline __attribute__((always_inline)) uint64_t add(uint64_t sum, struct rest rest)
{
    if (rest.bytes >= LANES_FROM_BYTES) {
        sum = checksum_join(sum, add_blocks(&rest));
    }
    while (rest.bytes >= 32) {
        sum = checksum_join(sum, take_word(&rest));
        sum = checksum_join(sum, take_word(&rest));
        sum = checksum_join(sum, take_word(&rest));
        sum = checksum_join(sum, take_word(&rest));
    }
    while (rest.bytes >= 8) {
        sum = checksum_join(sum, take_word(&rest));
    }
    if (rest.bytes != 0) {
        sum = checksum_join(sum, load_rest(rest.from, rest.bytes));
        if (rest.to != NULL) {
            memcpy(rest.to, rest.from, rest.bytes);
        }
    }
    return sum;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t bytes)
{
    return add(sum, (struct rest){.from = data, .bytes = bytes});
}

uint64_t checksum_copy(uint64_t sum, void *restrict target, const void *restrict data, size_t bytes)
{
    return add(sum, (struct rest){.from = data, .to = target, .bytes = bytes});
}

uint16_t checksum_swap(uint16_t folded)
{
    return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t checksum_lwip(const void *data, int len)
{
    return checksum_fold(checksum_add(0, data, (size_t)len));
}
