/*
 * address.c - socket addresses from and to text.
 */
#include "tools/address.h"

#include <stdio.h>
#include <string.h>

#include "stack/netaddr.h"
#include "tools/options.h"

/* Host part and scope of "[...]:PORT". Returns the text of the port, or NULL. */
static const char *split_brackets(const char *text, char *host, size_t room, unsigned long *scope)
{
    const char *end = strchr(text, ']');
    char *percent;

    if (end == NULL || end[1] != ':' || (size_t)(end - text) > room) {
        return NULL;
    }
    memcpy(host, text + 1, (size_t)(end - text) - 1);
    host[end - text - 1] = '\0';
    percent = strchr(host, '%');
    if (percent != NULL) {
        *percent = '\0';
        if (!option_number(percent + 1, 1, UINT32_MAX, scope)) {
            return NULL;
        }
    }
    return end + 2;
}

/* Host part of "ADDR:PORT"; of "PORT" it is the wildcard. Returns the text of the port, or NULL. */
static const char *split_plain(const char *text, char *host, size_t room)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL) {
        strcpy(host, "0.0.0.0");
        return text;
    }
    if ((size_t)(colon - text) >= room) {
        return NULL;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    return colon + 1;
}

bool address_parse(const char *text, SOCKADDR_INET *out)
{
    char host[ADDRESS_TEXT_BYTES];
    bool brackets = text[0] == '[';
    unsigned long scope = 0;
    unsigned long port;
    struct netaddr address;
    const char *rest = brackets ? split_brackets(text, host, sizeof(host), &scope)
                                : split_plain(text, host, sizeof(host));

    if (rest == NULL || !option_number(rest, 0, 65535, &port) ||
        netaddr_parse(host, &address) != 0 || netaddr_is_v4(&address) == brackets) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    if (brackets) {
        out->Ipv6.sin6_family = AF_INET6;
        out->Ipv6.sin6_port = htons((u_short)port);
        out->Ipv6.sin6_scope_id = (ULONG)scope;
        memcpy(&out->Ipv6.sin6_addr, address.bytes, sizeof(out->Ipv6.sin6_addr));
    } else {
        out->Ipv4.sin_family = AF_INET;
        out->Ipv4.sin_port = htons((u_short)port);
        out->Ipv4.sin_addr.s_addr = netaddr_v4(&address);
    }
    return true;
}

int address_bytes(const SOCKADDR_INET *address)
{
    return address->si_family == AF_INET6 ? (int)sizeof(address->Ipv6)
                                          : (int)sizeof(address->Ipv4);
}

unsigned address_port(const SOCKADDR_INET *address)
{
    /* The port stands at the same place in both forms. */
    return ntohs(address->Ipv4.sin_port);
}

char *address_text(const SOCKADDR_INET *address, char *text)
{
    char host[ADDRESS_HOST_BYTES];
    char scope[16] = "";

    if (address->si_family != AF_INET6) {
        address_host_text(AF_INET, &address->Ipv4.sin_addr, host);
        snprintf(text, ADDRESS_TEXT_BYTES, "%s:%u", host, address_port(address));
        return text;
    }
    address_host_text(AF_INET6, &address->Ipv6.sin6_addr, host);
    if (address->Ipv6.sin6_scope_id != 0) {
        snprintf(scope, sizeof(scope), "%%%u", (unsigned)address->Ipv6.sin6_scope_id);
    }
    snprintf(text, ADDRESS_TEXT_BYTES, "[%s%s]:%u", host, scope, address_port(address));
    return text;
}

char *address_host_text(int family, const void *bytes, char *text)
{
    struct netaddr address;
    uint32_t word;

    if (family == AF_INET6) {
        address = netaddr_from_v6(bytes);
        if (netaddr_is_v4(&address)) { /* mapped: an IPv4 peer of a dual-stack socket */
            strcpy(text, "::ffff:");
            netaddr_text(&address, text + strlen(text));
            return text;
        }
    } else {
        memcpy(&word, bytes, sizeof(word));
        address = netaddr_from_v4(word);
    }
    return netaddr_text(&address, text);
}
