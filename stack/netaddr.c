/*
 * netaddr.c - addresses to text and back. Pure functions, any thread, no lock.
 */
#include "stack/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>

/* RFC 5952 form for IPv6. Never fails: the buffer holds the longest text. */
char *netaddr_text(const struct netaddr *a, char *buf)
{
    if (netaddr_is_v4(a))
        inet_ntop(AF_INET, &a->words[3], buf, NETADDR_TEXT_BYTES);
    else
        inet_ntop(AF_INET6, a->bytes, buf, NETADDR_TEXT_BYTES);
    return buf;
}

/*
 * Dotted quads need all four decimal parts (RFC 6943 section 3.1.1: anything shorter means different hosts to
 * different readers). "::ffff:192.0.2.1" gives the IPv4 address that it maps.
 */
int netaddr_parse(const char *text, struct netaddr *a)
{
    struct netaddr parsed;
    uint32_t word;

    if (inet_pton(AF_INET, text, &word) == 1)
        parsed = netaddr_from_v4(word);
    else if (inet_pton(AF_INET6, text, parsed.bytes) != 1)
        return -EINVAL;
    *a = parsed;
    return 0;
}
