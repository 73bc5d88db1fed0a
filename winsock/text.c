/*
 * text.c - addresses in text. No state.
 */
#include "winsock/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <winsock2.h>

#include "stack/endpoint.h"

const char *text_read_number(const char *text, uint64_t *value)
{
    unsigned base = 10;
    bool any = false;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    } else if (text[0] == '0') {
        base = 8;
    }
    *value = 0;
    for (;; text++) {
        unsigned char c = (unsigned char)*text;
        unsigned digit = base;
        if (isdigit(c)) {
            digit = c - (unsigned)'0';
        } else if (isxdigit(c)) {
            digit = (unsigned)tolower(c) - 'a' + 10;
        }
        if (digit >= base) {
            return any ? text : NULL;
        }
        any = true;
        *value = *value * base + digit;
        if (*value > UINT32_MAX) {
            return NULL;
        }
    }
}

bool text_parse_v4_loose(const char *text, uint32_t *address)
{
    uint64_t parts[4];
    unsigned count = 0;
    uint32_t host = 0;

    if (strcmp(text, " ") == 0) {
        *address = 0;
        return true;
    }
    for (;;) {
        text = text_read_number(text, &parts[count++]);
        if (text == NULL) {
            return false;
        }
        if (*text != '.' || count == 4) {
            break;
        }
        text++;
    }
    if (*text != '\0' && !isspace((unsigned char)*text)) {
        return false;
    }
    for (unsigned i = 0; i + 1 < count; i++) {
        if (parts[i] > 255) {
            return false;
        }
        host |= (uint32_t)parts[i] << (24 - 8 * i);
    }
    if (parts[count - 1] > UINT32_MAX >> (8 * (count - 1))) {
        return false;
    }
    *address = htonl(host | (uint32_t)parts[count - 1]);
    return true;
}

int text_parse_v4(const char *text, void *bytes)
{
    uint8_t *out = bytes;

    for (int i = 0; i < 4; i++) {
        unsigned value = 0;
        int digits = 0;
        for (; isdigit((unsigned char)*text) && digits < 4; text++, digits++) {
            value = value * 10 + (unsigned)(*text - '0');
        }
        if (digits == 0 || value > 255 || (digits > 1 && text[-digits] == '0')) {
            return 0;
        }
        out[i] = (uint8_t)value;
        if (i < 3 && *text++ != '.') {
            return 0;
        }
    }
    return *text == '\0';
}

int text_parse_v6(const char *text, void *bytes)
{
    struct netaddr address;

    if (strchr(text, ':') == NULL || netaddr_parse(text, &address) != 0) {
        return 0;
    }
    memcpy(bytes, address.bytes, sizeof(address.bytes));
    return 1;
}

void text_write_v4(uint32_t address, char *text)
{
    uint32_t host = ntohl(address);

    snprintf(text, 16, "%u.%u.%u.%u", host >> 24, host >> 16 & 255, host >> 8 & 255, host & 255);
}

/* The longest run of at least two zero groups among the first count; *length 0: none. */
static unsigned longest_zero_run(const uint16_t *groups, unsigned count, unsigned *length)
{
    unsigned best = 0;

    *length = 0;
    for (unsigned start = 0; start < count; start++) {
        unsigned end = start;
        while (end < count && groups[end] == 0) {
            end++;
        }
        if (end - start >= 2 && end - start > *length) {
            best = start;
            *length = end - start;
        }
    }
    return best;
}

/* Does Windows write the last four bytes as a dotted quad? ::a.b.c.d and ::ffff:a.b.c.d */
static bool ends_in_quad(const uint16_t *groups)
{
    for (unsigned i = 0; i < 5; i++) {
        if (groups[i] != 0) {
            return false;
        }
    }
    return groups[5] == 0xffff || (groups[5] == 0 && groups[6] != 0);
}

void text_write_v6(const void *bytes, char *text)
{
    const uint8_t *in = bytes;
    uint16_t groups[8];
    uint32_t quad;
    unsigned zeros;

    for (size_t i = 0; i < 8; i++) {
        groups[i] = (uint16_t)(in[2 * i] << 8 | in[2 * i + 1]);
    }
    unsigned count = ends_in_quad(groups) ? 6 : 8;
    unsigned zero_start = longest_zero_run(groups, count, &zeros);
    bool colon = false; /* is one due before the next group? */
    for (unsigned i = 0; i < count;) {
        if (zeros != 0 && i == zero_start) {
            text += sprintf(text, "::");
            i += zeros;
            colon = false;
            continue;
        }
        text += sprintf(text, colon ? ":%x" : "%x", groups[i++]);
        colon = true;
    }
    if (count == 8) {
        return;
    }
    if (colon) {
        *text++ = ':';
    }
    memcpy(&quad, in + 12, sizeof(quad));
    text_write_v4(quad, text);
}

void text_write_zone(uint32_t index, char *text)
{
    snprintf(text, TEXT_ZONE_BYTES, "%%%u", index);
}
