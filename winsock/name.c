/*
 * name.c - socket addresses of the API to and from the stack's names. No state.
 */
#include "winsock/name.h"

#include <string.h>

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
        name->port = name_swap16(v4.sin_port);
    } else {
        SOCKADDR_IN6 v6;
        memcpy(&v6, address, sizeof(v6));
        name->address = netaddr_from_v6(&v6.sin6_addr);
        name->port = name_swap16(v6.sin6_port);
        if (netaddr_is_link_scoped(&name->address)) {
            name->scope = v6.sin6_scope_id;
        }
    }
    return 0;
}

void name_write(int family, const struct endpoint_name *name, void *target)
{
    if (family == AF_INET) {
        name_write4(netaddr_v4(&name->address), name->port, target);
    } else {
        SOCKADDR_IN6 v6 = {.sin6_family = AF_INET6, .sin6_port = name_swap16(name->port)};
        memcpy(&v6.sin6_addr, name->address.bytes, sizeof(v6.sin6_addr));
        v6.sin6_scope_id = name->scope;
        memcpy(target, &v6, sizeof(v6));
    }
}
