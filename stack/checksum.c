/*
 * checksum.c - the Internet checksum (RFC 1071), fast enough not to be seen beside the copy.
 *
 * The sum is taken in 64-bit accumulators over 32-bit words, which compilers turn into vector adds;
 * the end-around carry is folded in once at the end. A sum does not depend on byte order as long as
 * it is stored in the order in which it was read.
 */
#include "stack/checksum.h"

#include <string.h>

#include "config/arch/cc.h"

/* Words added before folding; far below what 64-bit accumulators can hold. */
enum { WORDS_A_STEP = 8 };

uint64_t checksum_add(uint64_t sum, const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint64_t lanes[WORDS_A_STEP] = {0};

    while (bytes >= WORDS_A_STEP * sizeof(uint32_t)) {
        uint32_t words[WORDS_A_STEP];
        memcpy(words, p, sizeof(words));
        for (unsigned i = 0; i < WORDS_A_STEP; i++) {
            lanes[i] += words[i];
        }
        p += sizeof(words);
        bytes -= sizeof(words);
    }
    for (unsigned i = 0; i < WORDS_A_STEP; i++) {
        sum += lanes[i];
    }
    while (bytes >= sizeof(uint16_t)) {
        uint16_t word;
        memcpy(&word, p, sizeof(word));
        sum += word;
        p += sizeof(word);
        bytes -= sizeof(word);
    }
    if (bytes != 0) {
        uint16_t last = 0;
        memcpy(&last, p, 1);
        sum += last;
    }
    return sum;
}

uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xffffffffu);
    sum = (sum >> 32) + (sum & 0xffffffffu);
    uint32_t half = (uint32_t)sum;
    half = (half >> 16) + (half & 0xffffu);
    half = (half >> 16) + (half & 0xffffu);
    return (uint16_t)half;
}

uint16_t checksum_swap(uint16_t folded)
{
    return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t checksum_lwip(const void *data, int len)
{
    return checksum_fold(checksum_add(0, data, (size_t)len));
}
