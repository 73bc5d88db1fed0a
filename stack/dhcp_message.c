/*
 * dhcp_message.c - see dhcp_message.h.
 *
 * Options stand behind the fixed fields, and also in the fields for a file and a server's name when
 * an option says so (RFC 2131, 4.1). Of an option that is there twice the first one counts, as it
 * does in lwIP.
 */
#include "stack/dhcp_message.h"

#include <arpa/inet.h>
#include <string.h>

/* Fixed fields (RFC 2131, 2), as offsets in bytes. */
enum {
    AT_OP = 0,
    AT_HARDWARE_TYPE = 1,
    AT_HARDWARE_BYTES = 2,
    AT_YOUR_ADDRESS = 16,
    AT_SERVER_NAME = 44,
    AT_FILE = 108,
    AT_COOKIE = 236,
    AT_OPTIONS = 240,
};

enum { OP_REPLY = 2, HARDWARE_ETHERNET = 1, MAC_BYTES = 6 };

enum {
    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTERS = 3,
    OPTION_DNS_SERVERS = 6,
    OPTION_MTU = 26,
    OPTION_LEASE = 51,
    OPTION_OVERLOAD = 52,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_END = 255,
};

/* Fields that an overload names, as bits. */
enum { OVERLOAD_FILE = 1, OVERLOAD_NAME = 2 };

static uint32_t load32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* An address that one host can have: no network 0, no loopback, no group, no broadcast. */
static bool is_host(uint32_t address)
{
    uint32_t first = ntohl(address) >> 24;

    return first != 0 && first != 127 && first < 224;
}

/* Sets an address that was not said before. */
static void say(uint32_t *address, const uint8_t *value)
{
    if (*address == 0) {
        *address = load32(value);
    }
}

/* Servers that can't be asked are as good as none. */
static void say_dns(struct dhcp_message *out, const uint8_t *value, unsigned length)
{
    for (unsigned i = 0; i < length && out->dns_count < LIMIT_DNS_SERVERS; i += 4) {
        if (is_host(load32(value + i))) {
            out->dns[out->dns_count++] = load32(value + i);
        }
    }
}

/* Lengths of values (RFC 2132): exactly that, or a multiple of it. */
static const struct {
    uint8_t code;
    uint8_t unit_bytes;
    bool repeats;
} lengths[] = {
    {OPTION_MASK, 4, false},    {OPTION_ROUTERS, 4, true},  {OPTION_DNS_SERVERS, 4, true},
    {OPTION_MTU, 2, false},     {OPTION_LEASE, 4, false},   {OPTION_OVERLOAD, 1, false},
    {OPTION_TYPE, 1, false},    {OPTION_SERVER, 4, false},
};

static bool length_is_right(unsigned code, unsigned length)
{
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        if (lengths[i].code == code) {
            unsigned unit = lengths[i].unit_bytes;
            return length != 0 && length % unit == 0 && (lengths[i].repeats || length == unit);
        }
    }
    return true;
}

static void take_option(struct dhcp_message *out, unsigned *overload, unsigned code,
                        const uint8_t *value, unsigned length)
{
    switch (code) {
    case OPTION_MASK:
        say(&out->mask, value);
        break;
    case OPTION_ROUTERS:
        say(&out->router, value);
        break;
    case OPTION_SERVER:
        say(&out->server, value);
        break;
    case OPTION_DNS_SERVERS:
        say_dns(out, value, length);
        break;
    case OPTION_MTU:
        out->mtu = out->mtu != 0 ? out->mtu : (unsigned)value[0] << 8 | value[1];
        break;
    case OPTION_LEASE:
        out->lease_s = out->lease_s != 0 ? out->lease_s : ntohl(load32(value));
        break;
    case OPTION_TYPE:
        out->type = out->type != 0 ? out->type : value[0];
        break;
    case OPTION_OVERLOAD:
        *overload = *overload != 0 ? *overload : value[0];
        break;
    default:
        break;
    }
}

/*
 * Walks over the options of a field, which an end mark has to close: lwIP wants it. Returns whether
 * they are sound.
 */
static bool read_field(struct dhcp_message *out, unsigned *overload, const uint8_t *at,
                       size_t left)
{
    while (left != 0 && at[0] != OPTION_END) {
        if (at[0] == OPTION_PAD) {
            at++;
            left--;
            continue;
        }
        if (left < 2 || at[1] > left - 2 || !length_is_right(at[0], at[1])) {
            return false;
        }
        take_option(out, overload, at[0], at + 2, at[1]);
        left -= at[1] + 2u;
        at += at[1] + 2;
    }
    return left != 0;
}

/* Is it a mask of one piece, and the address neither its network's number nor its broadcast? */
static bool mask_fits(uint32_t mask, uint32_t address)
{
    uint32_t hosts = ~ntohl(mask);
    uint32_t host = ntohl(address) & hosts;

    return (hosts & (hosts + 1)) == 0 && mask != 0 &&
           (hosts < 2 || (host != 0 && host != hosts));
}

static bool is_livable(const struct dhcp_message *message)
{
    if (!is_host(message->server)) {
        return false;
    }
    return is_host(message->address) &&
           (message->mask == 0 || mask_fits(message->mask, message->address)) &&
           (message->router == 0 || is_host(message->router)) &&
           (message->type == DHCP_MESSAGE_OFFER || message->lease_s != 0);
}

bool dhcp_message_read(const uint8_t *bytes, size_t length, struct dhcp_message *out)
{
    static const uint8_t cookie[4] = {99, 130, 83, 99};
    unsigned overload = 0;
    unsigned nested = 0;

    *out = (struct dhcp_message){.type = 0};
    if (length <= AT_OPTIONS || bytes[AT_OP] != OP_REPLY ||
        bytes[AT_HARDWARE_TYPE] != HARDWARE_ETHERNET || bytes[AT_HARDWARE_BYTES] != MAC_BYTES ||
        memcmp(bytes + AT_COOKIE, cookie, sizeof(cookie)) != 0) {
        return false;
    }
    out->address = load32(bytes + AT_YOUR_ADDRESS);
    if (!read_field(out, &overload, bytes + AT_OPTIONS, length - AT_OPTIONS)) {
        return false;
    }
    if ((overload & OVERLOAD_FILE) != 0 &&
        !read_field(out, &nested, bytes + AT_FILE, AT_COOKIE - AT_FILE)) {
        return false;
    }
    if ((overload & OVERLOAD_NAME) != 0 &&
        !read_field(out, &nested, bytes + AT_SERVER_NAME, AT_FILE - AT_SERVER_NAME)) {
        return false;
    }
    switch (out->type) {
    case DHCP_MESSAGE_OFFER:
    case DHCP_MESSAGE_ACK:
        return nested == 0 && is_livable(out);
    case DHCP_MESSAGE_NAK:
        return nested == 0;
    default:
        return false;
    }
}
