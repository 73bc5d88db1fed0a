/*
 * api_kernel_string.c - the lstr functions: strings of char and of 16 bits. No state.
 *
 * Both kinds are the same text over another type of character.
 */
#include <windows.h>

#include <stddef.h>

/* A letter of ASCII in lower case, anything else as it is. */
static unsigned fold(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static unsigned keep(unsigned c)
{
    return c;
}

#define STRINGS(suffix, unsigned_type, text_type, const_type) \
    int lstrlen##suffix(const_type text) \
    { \
        int length = 0; \
\
        while (text != NULL && text[length] != 0) { \
            length++; \
        } \
        return length; \
    } \
\
    text_type lstrcpy##suffix(text_type to, const_type from) \
    { \
        for (size_t i = 0; (to[i] = from[i]) != 0; i++) { \
        } \
        return to; \
    } \
\
    text_type lstrcpyn##suffix(text_type to, const_type from, int room) \
    { \
        int i = 0; \
\
        for (; i < room - 1 && from[i] != 0; i++) { \
            to[i] = from[i]; \
        } \
        if (room > 0) { \
            to[i] = 0; \
        } \
        return to; \
    } \
\
    text_type lstrcat##suffix(text_type to, const_type from) \
    { \
        lstrcpy##suffix(to + lstrlen##suffix(to), from); \
        return to; \
    } \
\
    static int compare##suffix(const_type a, const_type b, unsigned (*as)(unsigned)) \
    { \
        for (;; a++, b++) { \
            unsigned left = as((unsigned_type)*a), right = as((unsigned_type)*b); \
\
            if (left != right) { \
                return left < right ? -1 : 1; \
            } \
            if (left == 0) { \
                return 0; \
            } \
        } \
    } \
\
    int lstrcmp##suffix(const_type a, const_type b) \
    { \
        return compare##suffix(a, b, keep); \
    } \
\
    int lstrcmpi##suffix(const_type a, const_type b) \
    { \
        return compare##suffix(a, b, fold); \
    }

STRINGS(A, unsigned char, LPSTR, LPCSTR)
STRINGS(W, WCHAR, LPWSTR, LPCWSTR)
