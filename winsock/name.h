/*
 * name.h - socket addresses of the API to and from the stack's names.
 */
#ifndef WINSOCK_NAME_H
#define WINSOCK_NAME_H

#include <stdbool.h>

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

/*
 * Writes a name in the form of a socket of a family: an IPv4 address appears v4-mapped on AF_INET6.
 * target has room for name_size(family) bytes and needs no alignment.
 */
void name_write(int family, const struct endpoint_name *name, void *target);

#endif
