/*
 * text.h - addresses in text, with Windows' habits (WB 17). Pure functions.
 */
#ifndef WINSOCK_TEXT_H
#define WINSOCK_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a number in C's notation: 0x for base 16, 0 for base 8. Returns what stands behind it, or NULL
 * when there is none or it has more than 32 bits.
 */
const char *text_read_number(const char *text, uint64_t *value);

/*
 * Reads an IPv4 address as inet_addr() does: one to four numbers, decimal, octal or hexadecimal,
 * the last of which fills what is left; ends at the first white space. A single blank is 0.0.0.0.
 * address: network byte order. Returns whether it was one.
 */
bool text_parse_v4_loose(const char *text, uint32_t *address);

/*
 * Reads a strict dotted quad. bytes[4] receives each number as soon as it is read, also when the
 * text turns out to be no address. Returns 1 or 0, as inet_pton() does.
 */
int text_parse_v4(const char *text, void *bytes);

/* Reads an IPv6 address into bytes[16], which stays as it is when it is none. Returns 1 or 0. */
int text_parse_v6(const char *text, void *bytes);

/* Writes a dotted quad into text[16]. address: network byte order. */
void text_write_v4(uint32_t address, char *text);

/* Writes an IPv6 address (RFC 5952; a.b.c.d in the mapped and compatible forms) into text[46]. */
void text_write_v6(const void *bytes, char *text);

/* Writes the zone of an IPv6 address, "%2", into text[TEXT_ZONE_BYTES]. */
#define TEXT_ZONE_BYTES 12
void text_write_zone(uint32_t index, char *text);

#endif
