/*
 * netaddr.c - text forms and prefixes of the neutral address type.
 */
#include "stack/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

char *netaddr_text(const struct netaddr *a, char *buf)
{
    if (netaddr_is_v4(a)) {
        inet_ntop(AF_INET, &a->words[3], buf, NETADDR_TEXT_BYTES);
    } else {
        inet_ntop(AF_INET6, a->bytes, buf, NETADDR_TEXT_BYTES);
    }
    return buf;
}

int netaddr_parse(const char *text, struct netaddr *a)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        *a = netaddr_from_v4(v4.s_addr);
        return 0;
    }
    struct in6_addr v6;
    if (inet_pton(AF_INET6, text, &v6) == 1) {
        *a = netaddr_from_v6(&v6);
        return 0;
    }
    return -EINVAL;
}

bool netaddr_in_prefix(const struct netaddr *a, const struct netaddr *prefix, unsigned bits)
{
    unsigned all = netaddr_family_bits(prefix) + bits;
    unsigned whole = all / 8;
    unsigned rest = all % 8;

    if (netaddr_is_v4(a) != netaddr_is_v4(prefix) ||
        memcmp(a->bytes, prefix->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || (a->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}
