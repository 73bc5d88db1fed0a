/*
 * name.c - socket addresses of the API to and from the stack's names. No state.
 */
#include "winsock/name.h"

#include <string.h>

/* Between network and host byte order, without the call that the API's htons() is. */
static inline uint16_t swap16(uint16_t value)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(value) : value;
}

int name_read(int family, const void *address, int length, struct endpoint_name *name)
{
    ADDRESS_FAMILY given;

    if (length < name_size(family)) {
        return WSAEFAULT;
    }
    memcpy(&given, address, sizeof(given));
    if (given != family) {
        return WSAEAFNOSUPPORT;
    }
    memset(name, 0, sizeof(*name));
    if (family == AF_INET) {
        SOCKADDR_IN v4;
        memcpy(&v4, address, sizeof(v4));
        name->address = netaddr_from_v4(v4.sin_addr.s_addr);
        name->port = swap16(v4.sin_port);
    } else {
        SOCKADDR_IN6 v6;
        memcpy(&v6, address, sizeof(v6));
        name->address = netaddr_from_v6(&v6.sin6_addr);
        name->port = swap16(v6.sin6_port);
        if (netaddr_is_link_scoped(&name->address)) {
            name->scope = v6.sin6_scope_id;
        }
    }
    return 0;
}

void name_write(int family, const struct endpoint_name *name, void *target)
{
    if (family == AF_INET) {
        SOCKADDR_IN v4 = {.sin_family = AF_INET, .sin_port = swap16(name->port)};
        v4.sin_addr.s_addr = netaddr_v4(&name->address);
        memcpy(target, &v4, sizeof(v4));
    } else {
        SOCKADDR_IN6 v6 = {.sin6_family = AF_INET6, .sin6_port = swap16(name->port)};
        memcpy(&v6.sin6_addr, name->address.bytes, sizeof(v6.sin6_addr));
        v6.sin6_scope_id = name->scope;
        memcpy(target, &v6, sizeof(v6));
    }
}
