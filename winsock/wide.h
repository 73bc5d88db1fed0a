/*
 * wide.h - strings of the W functions to and from UTF-8. Pure functions.
 */
#ifndef WINSOCK_WIDE_H
#define WINSOCK_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winsock2.h>

/*
 * Writes UTF-16 as UTF-8 with a zero at the end; room in bytes. Returns false when it does not fit
 * or a surrogate stands alone.
 */
bool wide_to_utf8(const WCHAR *wide, char *text, size_t room);

/*
 * Writes UTF-8 as UTF-16 with a zero at the end; room in characters of 16 bits. Bytes that are no
 * UTF-8 become U+FFFD. Returns how many characters it takes with its zero; nothing useful is
 * written when that is more than room.
 */
size_t wide_from_utf8(const char *text, WCHAR *wide, size_t room);

/* What stands for text that is wrong. */
enum { WIDE_REPLACEMENT = 0xfffd };

/*
 * Reads one code point and moves *text behind it; *text is before end. Overlong forms, surrogates and
 * what is cut off are no UTF-8: WIDE_REPLACEMENT.
 */
uint32_t wide_decode(const unsigned char **text, const unsigned char *end);

/* Writes one code point into bytes[4]. Returns how many bytes it took. */
size_t wide_encode(uint32_t point, unsigned char *bytes);

/* Writes one code point into units[2]. Returns how many it took. */
size_t wide_units(uint32_t point, WCHAR *units);

/* Are these two surrogates that belong together, and the code point that they stand for. */
bool wide_is_pair(WCHAR high, WCHAR low);
uint32_t wide_of_pair(WCHAR high, WCHAR low);

/* Length of a string in characters, without its zero. */
size_t wide_length(const WCHAR *wide);

#endif
