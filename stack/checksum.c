/*
 * checksum.c - the Internet checksum (RFC 1071), fast enough not to be seen beside the copy.
 *
 * The sum is taken over 64-bit words with end-around carry, which is congruent to the sum over
 * 16-bit words (RFC 1071, 2 (B) and (C)), in two chains that the processor runs side by side. A sum
 * does not depend on byte order as long as it is stored in the order in which it was read.
 */
#include "stack/checksum.h"

#include <string.h>

#include "config/arch/cc.h"

/* The words of a step in one of the chains. */
static uint64_t add_words(uint64_t sum, const uint8_t *p)
{
    uint64_t words[4];

    memcpy(words, p, sizeof(words));
    for (unsigned i = 0; i < 4; i++) {
        sum = checksum_join(sum, words[i]);
    }
    return sum;
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
    uint64_t other = 0;

    for (; bytes >= 64; p += 64, bytes -= 64) {
        sum = add_words(sum, p);
        other = add_words(other, p + 32);
    }
    for (; bytes >= 8; p += 8, bytes -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof(word));
        sum = checksum_join(sum, word);
    }
    return checksum_join(checksum_join(sum, other), load_rest(p, bytes));
}

uint16_t checksum_swap(uint16_t folded)
{
    return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t checksum_lwip(const void *data, int len)
{
    return checksum_fold(checksum_add(0, data, (size_t)len));
}
