/*
 * values.c - values of configuration keys, from text.
 */
#include "host/values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int value_switch(const char *text, bool *out)
{
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
        return -EINVAL;
    }
    *out = strcmp(text, "on") == 0;
    return 0;
}

int value_number(const char *text, unsigned min, unsigned max, unsigned *out)
{
    uint64_t number = 0;

    if (*text == '\0') {
        return -EINVAL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -EINVAL;
        }
        number = number * 10 + (unsigned)(*text - '0');
        if (number > max) {
            return -EINVAL;
        }
    }
    if (number < min) {
        return -EINVAL;
    }
    *out = (unsigned)number;
    return 0;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int value_mac(const char *text, uint8_t mac[6])
{
    uint8_t parsed[6];

    for (unsigned i = 0; i < 6; i++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0) {
            return -EINVAL;
        }
        parsed[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (i < 5 && *text != ':' && *text != '-') {
            return -EINVAL;
        }
        if (i < 5) {
            text++;
        }
    }
    if (*text != '\0') {
        return -EINVAL;
    }
    memcpy(mac, parsed, sizeof(parsed));
    return 0;
}

int value_prefixed(const char *text, struct stack_address *out)
{
    char address[NETADDR_TEXT_BYTES];
    const char *slash = strchr(text, '/');
    struct stack_address parsed;

    if (slash == NULL || (size_t)(slash - text) >= sizeof(address)) {
        return -EINVAL;
    }
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    if (netaddr_parse(address, &parsed.address) != 0) {
        return -EINVAL;
    }
    if (value_number(slash + 1, 0, netaddr_is_v4(&parsed.address) ? 32 : 128,
                     &parsed.prefix_bits) != 0) {
        return -EINVAL;
    }
    *out = parsed;
    return 0;
}

/* Are the bits behind an IPv4 prefix all zero, or all one? */
static const char *unfit_host_bits(const struct stack_address *address)
{
    const uint8_t *bytes = address->address.bytes + 12;
    uint32_t word = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                    bytes[3];
    uint32_t mask = address->prefix_bits == 0 ? UINT32_MAX : UINT32_MAX >> address->prefix_bits;

    /* RFC 3021: networks of 31 bits have neither a number nor a broadcast address. */
    if (address->prefix_bits > 30) {
        return NULL;
    }
    if ((word & mask) == 0) {
        return "the number of its network";
    }
    if ((word & mask) == mask) {
        return "the broadcast address of its network";
    }
    return NULL;
}

const char *value_unfit(const struct stack_address *address)
{
    const struct netaddr *a = &address->address;

    if (netaddr_is_any(a)) {
        return "the wildcard address";
    }
    if (netaddr_is_multicast(a)) {
        return "a multicast address";
    }
    if (netaddr_is_loopback(a)) {
        return "a loopback address";
    }
    if (netaddr_is_v4(a) && netaddr_v4(a) == UINT32_MAX) {
        return "the limited broadcast address";
    }
    return netaddr_is_v4(a) ? unfit_host_bits(address) : NULL;
}

/* Is there any bit behind the prefix? */
static bool has_host_bits(const struct stack_address *network)
{
    unsigned kept = netaddr_family_bits(&network->address) + network->prefix_bits;

    for (unsigned i = kept; i < 128; i++) {
        if ((network->address.bytes[i / 8] & 0x80 >> i % 8) != 0) {
            return true;
        }
    }
    return false;
}

int value_route(const char *text, struct stack_route *out)
{
    char network[NETADDR_TEXT_BYTES + 4], router[NETADDR_TEXT_BYTES];
    struct stack_route parsed;
    int end = 0;

    if (sscanf(text, " %49s via %45s %n", network, router, &end) != 2 || text[end] != '\0') {
        return -EINVAL;
    }
    if (value_prefixed(network, &parsed.to) != 0 || netaddr_parse(router, &parsed.router) != 0 ||
        netaddr_is_v4(&parsed.to.address) != netaddr_is_v4(&parsed.router) ||
        has_host_bits(&parsed.to)) {
        return -EINVAL;
    }
    *out = parsed;
    return 0;
}
