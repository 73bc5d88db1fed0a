/*
 * wide.c - UTF-16 and UTF-8. No state.
 */
#include "winsock/wide.h"

#include <string.h>

size_t wide_length(const WCHAR *wide)
{
    size_t length = 0;

    while (wide[length] != 0) {
        length++;
    }
    return length;
}

bool wide_is_pair(WCHAR high, WCHAR low)
{
    return high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
}

uint32_t wide_of_pair(WCHAR high, WCHAR low)
{
    return 0x10000 + ((high - 0xd800u) << 10) + (low - 0xdc00u);
}

size_t wide_units(uint32_t point, WCHAR *units)
{
    if (point <= 0xffff) {
        units[0] = (WCHAR)point;
        return 1;
    }
    units[0] = (WCHAR)(0xd800 + ((point - 0x10000) >> 10));
    units[1] = (WCHAR)(0xdc00 + ((point - 0x10000) & 0x3ff));
    return 2;
}

size_t wide_encode(uint32_t point, unsigned char *bytes)
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
            if (!wide_is_pair(wide[0], wide[1])) {
                return false;
            }
            point = wide_of_pair(wide[0], wide[1]);
            wide++;
        }
        size_t count = wide_encode(point, bytes);
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

uint32_t wide_decode(const unsigned char **text, const unsigned char *end)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = *(*text)++;
    unsigned count = point < 0x80 ? 1 : point < 0xc0 ? 0 : point < 0xe0 ? 2 : point < 0xf0 ? 3 : 4;

    if (count < 2) {
        return count == 1 ? point : WIDE_REPLACEMENT;
    }
    point &= 0x7fu >> count;
    for (unsigned i = 1; i < count; i++) {
        if (*text == end || (**text & 0xc0) != 0x80) {
            return WIDE_REPLACEMENT;
        }
        point = point << 6 | (*(*text)++ & 0x3fu);
    }
    bool surrogate = point >= 0xd800 && point < 0xe000;
    return point < least[count] || point > 0x10ffff || surrogate ? WIDE_REPLACEMENT : point;
}

size_t wide_from_utf8(const char *text, WCHAR *wide, size_t room)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + strlen(text);
    size_t used = 0;
    uint32_t point;

    do {
        WCHAR units[2] = {0, 0};
        size_t count;

        point = *at == '\0' ? 0 : wide_decode(&at, end);
        count = wide_units(point, units);
        for (size_t i = 0; i < count; i++, used++) {
            if (used < room) {
                wide[used] = units[i];
            }
        }
    } while (point != 0);
    return used;
}
