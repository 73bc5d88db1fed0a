/*
 * api_protocols.c - WSAEnumProtocols, and byte order by way of a socket.
 */
#include "winsock/api.h"

#include <stdbool.h>
#include <string.h>

#include <ws2tcpip.h>

#include "winsock/memory.h"
#include "winsock/protocol.h"
#include "winsock/socket.h"

/*
 * The protocols that sockets can be made for, in the order in which they are told. The protocol of
 * a raw socket is any: they are told as 0 (WB 7.8), and so only to who asks for all.
 */
static const struct {
    int family, type, protocol;
} catalog[] = {
    {AF_INET, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET, SOCK_DGRAM, IPPROTO_UDP},
    {AF_INET, SOCK_RAW, 0},
    {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
    {AF_INET6, SOCK_RAW, 0},
};

enum { CATALOG = sizeof(catalog) / sizeof(catalog[0]) };

/* Does a list of protocols, ended by 0, name this one? No list names them all. */
static bool is_wanted(const INT *protocols, int protocol)
{
    if (protocols == NULL) {
        return true;
    }
    while (*protocols != 0 && *protocols != protocol) {
        protocols++;
    }
    return *protocols != 0;
}

/*
 * Picks the entries that are wanted. Returns 0 with their number; WSANOTINITIALISED, WSAEFAULT;
 * WSAENOBUFS: they take more than *bytes, which becomes what they take.
 */
static int pick(const INT *protocols, size_t entry_bytes, void *buffer, LPDWORD bytes,
                unsigned *picked, int *count)
{
    int error = api_check_started();

    *count = 0;
    if (error == 0) {
        error = memory_writable(bytes, sizeof(*bytes));
    }
    if (error != 0) {
        return error;
    }
    for (unsigned i = 0; i < CATALOG; i++) {
        if (is_wanted(protocols, catalog[i].protocol)) {
            picked[(*count)++] = i;
        }
    }
    size_t needed = (size_t)*count * entry_bytes;
    if (buffer == NULL || *bytes < needed) {
        *bytes = (DWORD)needed;
        return WSAENOBUFS;
    }
    return memory_writable(buffer, needed);
}

int WSAEnumProtocolsA(LPINT protocols, LPWSAPROTOCOL_INFOA buffer, LPDWORD bytes)
{
    unsigned picked[CATALOG];
    int count;
    int error = pick(protocols, sizeof(*buffer), buffer, bytes, picked, &count);

    for (int i = 0; i < count && error == 0; i++) {
        protocol_describe_a(catalog[picked[i]].family, catalog[picked[i]].type,
                            catalog[picked[i]].protocol, &buffer[i]);
    }
    return api_result(error) == 0 ? count : SOCKET_ERROR;
}

int WSAEnumProtocolsW(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD bytes)
{
    unsigned picked[CATALOG];
    int count;
    int error = pick(protocols, sizeof(*buffer), buffer, bytes, picked, &count);

    for (int i = 0; i < count && error == 0; i++) {
        protocol_describe_w(catalog[picked[i]].family, catalog[picked[i]].type,
                            catalog[picked[i]].protocol, &buffer[i]);
    }
    return api_result(error) == 0 ? count : SOCKET_ERROR;
}

/* --- byte order --- */

/* What the four begin with: every protocol here has the order of the network. */
static int check_order(SOCKET s, void *result, size_t bytes)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        socket_put(socket);
        error = memory_writable(result, bytes);
    }
    return error;
}

int WSAHtonl(SOCKET s, u_long value, u_long *result)
{
    int error = check_order(s, result, sizeof(*result));

    if (error == 0) {
        *result = htonl(value);
    }
    return api_result(error);
}

int WSAHtons(SOCKET s, u_short value, u_short *result)
{
    int error = check_order(s, result, sizeof(*result));

    if (error == 0) {
        *result = htons(value);
    }
    return api_result(error);
}

int WSANtohl(SOCKET s, u_long value, u_long *result)
{
    return WSAHtonl(s, value, result);
}

int WSANtohs(SOCKET s, u_short value, u_short *result)
{
    return WSAHtons(s, value, result);
}
