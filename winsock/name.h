/*
 * name.h - socket addresses of the API to and from the stack's names.
 */
#ifndef WINSOCK_NAME_H
#define WINSOCK_NAME_H

#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "stack/endpoint.h"

/* Bytes of a socket address of a family: AF_INET or AF_INET6. */
static inline int name_size(int family)
{
    return family == AF_INET ? (int)sizeof(SOCKADDR_IN) : (int)sizeof(SOCKADDR_IN6);
}

/*
 * Reads an address that a caller gave for a socket of a family. The pointer itself must have been
 * checked. Returns 0; WSAEFAULT: shorter than the family's; WSAEAFNOSUPPORT: of another family.
 */
int name_read(int family, const void *address, int length, struct endpoint_name *name);

/* Between network and host byte order, without the call that the API's htons() is. */
static inline uint16_t name_swap16(uint16_t value)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(value) : value;
}

/* name_write() for IPv4; address in network, port in host byte order. */
static inline void name_write4(uint32_t address, uint16_t port, void *target)
{
    const SOCKADDR_IN name = {
        .sin_family = AF_INET,
        .sin_port = name_swap16(port),
        .sin_addr.s_addr = address,
    };

    memcpy(target, &name, sizeof(name));
}

/*
 * Writes a name in the form of a socket of a family: an IPv4 address appears v4-mapped on AF_INET6.
 * target has room for name_size(family) bytes and needs no alignment.
 */
void name_write(int family, const struct endpoint_name *name, void *target);

#endif
