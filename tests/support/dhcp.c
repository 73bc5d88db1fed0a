/*
 * dhcp.c - see dhcp.h. Fields and options are those of RFC 2131 and RFC 2132.
 */
#include "tests/support/dhcp.h"

#include <arpa/inet.h>
#include <string.h>

#include "tests/support/frames.h"

enum { AT_CLIENT = 12, AT_YOURS = 16, AT_MAC = 28, AT_NAME = 44, AT_FILE = 108, AT_COOKIE = 236,
       AT_OPTIONS = 240 };

static const uint8_t cookie[4] = {99, 130, 83, 99};

const uint8_t *dhcp_option(const uint8_t *message, size_t bytes, unsigned code, size_t *length)
{
    size_t at = AT_OPTIONS;

    while (at + 1 < bytes && message[at] != 255) {
        if (message[at] == 0) {
            at++;
            continue;
        }
        size_t option = message[at + 1];
        if (at + 2 + option > bytes) {
            return NULL;
        }
        if (message[at] == code) {
            *length = option;
            return message + at + 2;
        }
        at += 2 + option;
    }
    return NULL;
}

int dhcp_type(const uint8_t *message, size_t bytes)
{
    size_t length;

    if (bytes < AT_OPTIONS || message[0] != 1 || memcmp(message + AT_COOKIE, cookie, 4) != 0) {
        return 0;
    }
    const uint8_t *type = dhcp_option(message, bytes, 53, &length);
    return type != NULL && length == 1 ? *type : 0;
}

void dhcp_address(const uint8_t *message, size_t bytes, unsigned code, char *out)
{
    size_t length = 4;
    const uint8_t *address =
        code == 0 ? message + AT_CLIENT : dhcp_option(message, bytes, code, &length);

    strcpy(out, "none");
    if (address != NULL && length == 4) {
        frame_address_text(address, 4, out);
    }
}

/* Where options are put. */
struct writer {
    uint8_t *at;
};

static void put(struct writer *w, unsigned code, const void *value, size_t bytes)
{
    *w->at++ = (uint8_t)code;
    *w->at++ = (uint8_t)bytes;
    memcpy(w->at, value, bytes);
    w->at += bytes;
}

static void put_address(struct writer *w, unsigned code, const char *text)
{
    uint8_t address[16];

    if (text != NULL) {
        frame_address(text, address);
        put(w, code, address, 4);
    }
}

static void put_seconds(struct writer *w, unsigned code, uint32_t seconds)
{
    uint32_t value = htonl(seconds);

    if (seconds != 0) {
        put(w, code, &value, sizeof(value));
    }
}

static void put_dns(struct writer *w, const char *const *servers)
{
    uint8_t list[3 * 4];
    size_t bytes = 0;

    for (unsigned i = 0; i < 3 && servers[i] != NULL; i++) {
        uint8_t address[16];
        frame_address(servers[i], address);
        memcpy(list + bytes, address, 4);
        bytes += 4;
    }
    if (bytes != 0) {
        put(w, 6, list, bytes);
    }
}

static void put_options(struct writer *w, const struct dhcp_reply *reply)
{
    uint16_t mtu = htons((uint16_t)reply->mtu);

    put_address(w, 54, reply->server);
    put_address(w, 1, reply->mask);
    put_address(w, 3, reply->router);
    put_dns(w, reply->dns);
    if (mtu != 0) {
        put(w, 26, &mtu, sizeof(mtu));
    }
    put_seconds(w, 51, reply->lease_s);
    put_seconds(w, 58, reply->renew_s);
    put_seconds(w, 59, reply->rebind_s);
}

size_t dhcp_reply_write(const uint8_t *message, size_t bytes, const struct dhcp_reply *reply,
                        uint8_t *out)
{
    struct writer w = {.at = out + AT_OPTIONS};
    uint8_t type = (uint8_t)reply->type;
    uint8_t overload = (uint8_t)((reply->in_file ? 1 : 0) | (reply->in_name ? 2 : 0));
    uint32_t id;
    uint8_t address[16] = {0};
    (void)bytes;

    memset(out, 0, DHCP_MESSAGE_MAX);
    out[0] = reply->request ? 1 : 2;
    out[1] = 1;
    out[2] = 6;
    memcpy(&id, message + 4, 4);
    id ^= reply->id_xor;
    memcpy(out + 4, &id, 4);
    if (reply->address != NULL) {
        frame_address(reply->address, address);
    }
    memcpy(out + AT_YOURS, address, 4);
    memcpy(out + AT_MAC, message + AT_MAC, 16);
    out[AT_MAC + 5] ^= reply->mac_xor;
    memcpy(out + AT_COOKIE, cookie, 4);
    put(&w, 53, &type, 1);
    if (overload != 0) {
        struct writer field = {.at = out + (reply->in_file ? AT_FILE : AT_NAME)};
        put(&w, 52, &overload, 1);
        put_options(&field, reply);
        *field.at = 255;
        if (overload == 3) {
            out[AT_NAME] = 255;
        }
    } else {
        put_options(&w, reply);
    }
    if (reply->extra_bytes != 0) {
        memcpy(w.at, reply->extra, reply->extra_bytes);
        w.at += reply->extra_bytes;
    }
    if (!reply->no_end) {
        *w.at++ = 255;
    }
    return (size_t)(w.at - out);
}
