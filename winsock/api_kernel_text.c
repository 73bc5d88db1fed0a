/*
 * api_kernel_text.c - MultiByteToWideChar and WideCharToMultiByte. No state.
 *
 * The text of this system is UTF-8: every code page that stands for "this system's", and CP_UTF8, is
 * that. Both functions are one loop over code points, which counts what it has no room for as well.
 */
#include <windows.h>

#include <stdbool.h>
#include <string.h>

#include "winsock/wide.h"

static int fail(DWORD error)
{
    SetLastError(error);
    return 0;
}

static bool is_known(UINT page)
{
    return page == CP_ACP || page == CP_OEMCP || page == CP_THREAD_ACP || page == CP_UTF8;
}

/* What both have in common: no text, no place for it, or the same place. */
static bool are_arguments(UINT page, const void *from, int length, const void *to, int room)
{
    return is_known(page) && from != NULL && length != 0 && length >= -1 && room >= 0 &&
           (room == 0 || to != NULL) && from != to;
}

/* The result of a call that made used of what there was room for; room 0 asks for used alone. */
static int result_of(size_t used, int room)
{
    if (used > INT32_MAX || (room != 0 && used > (size_t)room)) {
        return fail(ERROR_INSUFFICIENT_BUFFER);
    }
    return (int)used;
}

int MultiByteToWideChar(UINT page, DWORD flags, LPCSTR from, int length, LPWSTR to, int room)
{
    const unsigned char *at = (const unsigned char *)from;
    size_t used = 0;

    if (!are_arguments(page, from, length, to, room)) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if ((flags & ~(DWORD)(MB_ERR_INVALID_CHARS | MB_PRECOMPOSED)) != 0) {
        return fail(ERROR_INVALID_FLAGS);
    }
    const unsigned char *end = at + (length < 0 ? strlen(from) + 1 : (size_t)length);
    while (at < end) {
        const unsigned char *start = at;
        uint32_t point = wide_decode(&at, end);
        WCHAR units[2] = {0, 0};

        /* U+FFFD itself is text, and takes three bytes. */
        if (point == WIDE_REPLACEMENT && (flags & MB_ERR_INVALID_CHARS) != 0 &&
            !(at - start == 3 && start[0] == 0xef)) {
            return fail(ERROR_NO_UNICODE_TRANSLATION);
        }
        size_t count = wide_units(point, units);
        for (size_t i = 0; i < count; i++, used++) {
            if (used < (size_t)room) {
                to[used] = units[i];
            }
        }
    }
    return result_of(used, room);
}

/* The code point at *at, which moves behind it; a surrogate alone is none. */
static uint32_t next_point(const WCHAR **at, const WCHAR *end, bool *wrong)
{
    uint32_t point = *(*at)++;

    if (point < 0xd800 || point >= 0xe000) {
        return point;
    }
    if (*at < end && wide_is_pair((WCHAR)point, **at)) {
        return wide_of_pair((WCHAR)point, *(*at)++);
    }
    *wrong = true;
    return WIDE_REPLACEMENT;
}

int WideCharToMultiByte(UINT page, DWORD flags, LPCWSTR from, int length, LPSTR to, int room,
                        LPCSTR default_char, LPBOOL used_default)
{
    const WCHAR *at = from;
    size_t used = 0;
    bool wrong = false;

    if (!are_arguments(page, from, length, to, room) ||
        (page == CP_UTF8 && (default_char != NULL || used_default != NULL))) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if ((flags & ~(DWORD)(WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS)) != 0) {
        return fail(ERROR_INVALID_FLAGS);
    }
    const WCHAR *end = at + (length < 0 ? wide_length(from) + 1 : (size_t)length);
    while (at < end) {
        unsigned char bytes[4];
        size_t count = wide_encode(next_point(&at, end, &wrong), bytes);

        for (size_t i = 0; i < count; i++, used++) {
            if (used < (size_t)room) {
                to[used] = (char)bytes[i];
            }
        }
    }
    if (wrong && (flags & WC_ERR_INVALID_CHARS) != 0) {
        return fail(ERROR_NO_UNICODE_TRANSLATION);
    }
    if (used_default != NULL) {
        *used_default = wrong;
    }
    return result_of(used, room);
}
