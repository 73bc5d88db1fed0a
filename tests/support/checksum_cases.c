/*
 * checksum_cases.c - lengths, places, contents and pieces for stack/checksum.c.
 *
 * The reference adds one 16-bit word after the other, as RFC 1071, section 4.1, has it. Memory order
 * is that of the machine on both sides.
 */
#include "tests/support/checksum_cases.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "stack/checksum.h"

enum {
    LENGTHS = 2100, /* longer than any frame, and than a few steps of any loop */
    PLACES = 17,    /* offsets from an aligned address */
    LONGEST = 65535,
};

static uint8_t memory[LONGEST + PLACES + 64];
static char wrong[128];

/* 0 and 0xffff are the same number in ones' complement; only all zeros sum up to 0. */
static uint16_t reference(const uint8_t *data, size_t bytes, uint32_t sum)
{
    for (size_t i = 0; i < bytes; i += 2) {
        uint8_t pair[2] = {data[i], i + 1 < bytes ? data[i + 1] : 0};
        uint16_t word;
        memcpy(&word, pair, 2);
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static bool same(uint16_t a, uint16_t b)
{
    return a == b || (a % 0xffff == 0 && b % 0xffff == 0);
}

static const char *report(const char *what, size_t bytes, size_t place, unsigned is, unsigned wanted)
{
    snprintf(wrong, sizeof(wrong), "%s: %zu bytes at offset %zu: %04x, not %04x", what, bytes, place,
             is, wanted);
    return wrong;
}

/* --- contents --- */

static void fill_random(void)
{
    uint64_t state = 0x77696e6c77697021u;

    for (size_t i = 0; i < sizeof(memory); i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        memory[i] = (uint8_t)(state >> 56);
    }
}

/* Each addition carries. */
static void fill_ones(void)
{
    memset(memory, 0xff, sizeof(memory));
}

/* Few additions carry, and those by one: what is lost then is a single bit. */
static void fill_sparse(void)
{
    memset(memory, 0, sizeof(memory));
    for (size_t i = 0; i < sizeof(memory); i += 7) {
        memory[i] = i % 3 == 0 ? 0xff : 0x80;
    }
}

/* --- cases --- */

static const char *each_length_at_each_place(const char *what)
{
    for (size_t place = 0; place < PLACES; place++) {
        for (size_t bytes = 0; bytes <= LENGTHS; bytes++) {
            uint16_t is = checksum_fold(checksum_add(0, memory + place, bytes));
            uint16_t wanted = reference(memory + place, bytes, 0);
            if (!same(is, wanted)) {
                return report(what, bytes, place, is, wanted);
            }
        }
    }
    return NULL;
}

static const char *random_bytes(void)
{
    fill_random();
    return each_length_at_each_place("random");
}

static const char *all_ones(void)
{
    fill_ones();
    return each_length_at_each_place("ones");
}

static const char *few_carries(void)
{
    fill_sparse();
    return each_length_at_each_place("sparse");
}

static const char *long_ones(void)
{
    static const size_t lengths[] = {LONGEST, LONGEST - 1, 32768, 40000 + 3};

    fill_ones();
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (size_t place = 0; place < PLACES; place++) {
            uint16_t is = checksum_fold(checksum_add(0, memory + place, lengths[i]));
            uint16_t wanted = reference(memory + place, lengths[i], 0);
            if (!same(is, wanted)) {
                return report("long", lengths[i], place, is, wanted);
            }
        }
    }
    return NULL;
}

/* One byte more than what is asked for must not count. */
static const char *nothing_beyond_the_end(void)
{
    memset(memory, 0, sizeof(memory));
    for (size_t bytes = 0; bytes <= LENGTHS; bytes++) {
        memset(memory + bytes, 0xa5, 64);
        uint64_t sum = checksum_add(0, memory, bytes);
        memset(memory + bytes, 0, 64);
        if (sum != 0) {
            return report("beyond the end", bytes, 0, checksum_fold(sum), 0);
        }
    }
    return NULL;
}

/* Whatever stands in the running sum, carries go round. */
static const char *running_sums(void)
{
    static const uint64_t sums[] = {1, 0xffff, UINT32_MAX, UINT64_MAX, UINT64_MAX - 1,
                                    0x8000000000000000u, 0xfffffffffffe0001u};

    fill_random();
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        for (size_t bytes = 0; bytes < 300; bytes++) {
            uint16_t is = checksum_fold(checksum_add(sums[i], memory, bytes));
            uint16_t wanted = reference(memory, bytes, checksum_fold(sums[i]));
            if (!same(is, wanted)) {
                return report("running sum", bytes, i, is, wanted);
            }
        }
    }
    return NULL;
}

/* A sum in two pieces: the first one even, or its odd second one swapped. */
static const char *pieces(void)
{
    enum { WHOLE = 200 };

    fill_random();
    uint16_t wanted = reference(memory, WHOLE, 0);
    for (size_t cut = 0; cut <= WHOLE; cut++) {
        uint64_t first = checksum_add(0, memory, cut), second;
        if (cut % 2 == 0) {
            second = checksum_add(first, memory + cut, WHOLE - cut);
        } else {
            uint64_t rest = checksum_add(0, memory + cut, WHOLE - cut);
            second = checksum_join(first, checksum_swap(checksum_fold(rest)));
        }
        if (!same(checksum_fold(second), wanted)) {
            return report("two pieces", cut, 0, checksum_fold(second), wanted);
        }
    }
    return NULL;
}

const struct checksum_case checksum_cases[] = {
    {"random_bytes", random_bytes},
    {"all_ones", all_ones},
    {"few_carries", few_carries},
    {"long_ones", long_ones},
    {"nothing_beyond_the_end", nothing_beyond_the_end},
    {"running_sums", running_sums},
    {"pieces", pieces},
    {0},
};
