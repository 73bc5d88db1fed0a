/*
 * desktop.c - the functions of desktop.h, as far as libuv calls them on the way to its datagrams
 */
#include "desktop.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The system that programs are told they run on: Windows 10 without service packs. */
#define VERSION_MAJOR 10

/* The C runtime's, which knows of no invalid parameters here. */
void *_set_invalid_parameter_handler(void *handler);
void *_set_invalid_parameter_handler(void *handler)
{
    (void)handler;
    return NULL;
}

UINT SetErrorMode(UINT mode)
{
    (void)mode;
    return 0;
}

void DebugBreak(void)
{
    abort();
}

/* Every metric has the value of a normal start with no hardware: 0. */
int GetSystemMetrics(int index)
{
    (void)index;
    return 0;
}

/* The one condition that libuv asks for is VER_GREATER_EQUAL, for each part. */
ULONGLONG VerSetConditionMask(ULONGLONG mask, DWORD type, BYTE condition)
{
    if (condition != VER_GREATER_EQUAL) {
        abort();
    }
    return mask | type;
}

/* A later version has no need of service packs. */
BOOL VerifyVersionInfoA(LPOSVERSIONINFOEXA version, DWORD types, DWORDLONG mask)
{
    (void)types, (void)mask;
    return version->dwMajorVersion < VERSION_MAJOR ||
           (version->dwMajorVersion == VERSION_MAJOR && version->dwMinorVersion == 0 &&
            version->wServicePackMajor == 0 && version->wServicePackMinor == 0);
}

/* Reads a character of UTF-16, of which a lone half counts as U+FFFD, and goes behind it. */
static uint32_t take(LPCWCH *at)
{
    uint32_t first = *(*at)++;

    if (first < 0xd800 || first > 0xdfff) {
        return first;
    }
    if (first > 0xdbff || **at < 0xdc00 || **at > 0xdfff) {
        return 0xfffd;
    }
    return 0x10000 + ((first - 0xd800) << 10) + (*(*at)++ - 0xdc00u);
}

/* Writes a character as UTF-8. Returns its bytes, four at most. */
static int put(uint32_t character, char *text)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (int i = bytes - 1; i > 0; i--) {
        text[i] = (char)(0x80 | (character & 0x3f));
        character >>= 6;
    }
    text[0] = (char)(lead[bytes] | character);
    return bytes;
}

/* To UTF-8, of text with a zero at its end alone. */
int WideCharToMultiByte(UINT page, DWORD flags, LPCWCH wide, int wide_length, LPSTR text,
                        int text_bytes, LPCCH substitute, LPBOOL substituted)
{
    int length = 0;
    bool more = true;

    (void)substitute, (void)substituted;
    if (page != CP_UTF8 || flags != 0 || wide_length != -1) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    while (more) {
        char one[4];
        uint32_t character = take(&wide);
        int bytes = put(character, one);
        if (text_bytes != 0 && bytes > text_bytes - length) {
            SetLastError(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        if (text_bytes != 0) {
            memcpy(text + length, one, (size_t)bytes);
        }
        length += bytes;
        more = character != 0;
    }
    return length;
}
