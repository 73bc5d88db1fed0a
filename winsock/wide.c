/*
 * wide.c - UTF-16 and UTF-8. No state.
 */
#include "winsock/wide.h"

#include <stdint.h>

enum { REPLACEMENT = 0xfffd };

size_t wide_length(const WCHAR *wide)
{
    size_t length = 0;

    while (wide[length] != 0) {
        length++;
    }
    return length;
}

/* Writes one code point into bytes[4]. Returns how many bytes it took. */
static size_t encode(uint32_t point, unsigned char *bytes)
{
    static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = count; i-- > 1; point >>= 6) {
        bytes[i] = (unsigned char)(0x80 | (point & 0x3f));
    }
    bytes[0] = (unsigned char)(leads[count] | point);
    return count;
}

bool wide_to_utf8(const WCHAR *wide, char *text, size_t room)
{
    size_t used = 0;

    for (; *wide != 0; wide++) {
        unsigned char bytes[4];
        uint32_t point = *wide;

        if (point >= 0xd800 && point < 0xe000) {
            if (point >= 0xdc00 || wide[1] < 0xdc00 || wide[1] >= 0xe000) {
                return false;
            }
            point = 0x10000 + ((point - 0xd800) << 10) + (*++wide - 0xdc00u);
        }
        size_t count = encode(point, bytes);
        if (used + count >= room) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            text[used++] = (char)bytes[i];
        }
    }
    if (used >= room) {
        return false;
    }
    text[used] = '\0';
    return true;
}

/* Reads one code point and moves *text behind it. Overlong forms and surrogates are no UTF-8. */
static uint32_t decode(const unsigned char **text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = *(*text)++;
    unsigned count = point < 0x80 ? 1 : point < 0xc0 ? 0 : point < 0xe0 ? 2 : point < 0xf0 ? 3 : 4;

    if (count < 2) {
        return count == 1 ? point : REPLACEMENT;
    }
    point &= 0x7fu >> count;
    for (unsigned i = 1; i < count; i++) {
        if ((**text & 0xc0) != 0x80) {
            return REPLACEMENT;
        }
        point = point << 6 | (*(*text)++ & 0x3fu);
    }
    bool surrogate = point >= 0xd800 && point < 0xe000;
    return point < least[count] || point > 0x10ffff || surrogate ? REPLACEMENT : point;
}

size_t wide_from_utf8(const char *text, WCHAR *wide, size_t room)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    uint32_t point;

    do {
        WCHAR units[2] = {0, 0};
        size_t count = 1;

        point = *at == '\0' ? 0 : decode(&at);
        units[0] = (WCHAR)point;
        if (point > 0xffff) {
            count = 2;
            units[0] = (WCHAR)(0xd800 + ((point - 0x10000) >> 10));
            units[1] = (WCHAR)(0xdc00 + ((point - 0x10000) & 0x3ff));
        }
        for (size_t i = 0; i < count; i++, used++) {
            if (used < room) {
                wide[used] = units[i];
            }
        }
    } while (point != 0);
    return used;
}
