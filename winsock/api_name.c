/*
 * api_name.c - byte order and addresses in text. Work without WSAStartup (C04).
 */
#include "winsock/api.h"

#include <stdio.h>
#include <string.h>

#include <ntstatus.h>
#include <ws2tcpip.h>

#include "stack/endpoint.h"
#include "winsock/memory.h"
#include "winsock/text.h"

/* "255.255.255.255" with its zero. */
#define V4_TEXT_BYTES 16

u_short htons(u_short value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap16(value);
#else
    return value;
#endif
}

u_long htonl(u_long value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap32(value);
#else
    return value;
#endif
}

u_short ntohs(u_short value)
{
    return htons(value);
}

u_long ntohl(u_long value)
{
    return htonl(value);
}

/* The last error stays as it is when the text is no address (WB 17). */
ULONG inet_addr(const char *text)
{
    uint32_t address;

    if (memory_readable(text, 1) != 0) {
        WSASetLastError(WSAEFAULT);
        return INADDR_NONE;
    }
    return text_parse_v4_loose(text, &address) ? address : INADDR_NONE;
}

char *inet_ntoa(struct in_addr address)
{
    static _Thread_local char buffer[V4_TEXT_BYTES];

    text_write_v4(address.s_addr, buffer);
    return buffer;
}

INT inet_pton(INT family, PCSTR text, PVOID address)
{
    if (family != AF_INET && family != AF_INET6 && text != NULL) {
        WSASetLastError(WSAEAFNOSUPPORT);
        return -1;
    }
    size_t bytes = family == AF_INET ? sizeof(IN_ADDR) : sizeof(IN6_ADDR);
    if (memory_readable(text, 1) != 0 || memory_writable(address, bytes) != 0) {
        WSASetLastError(WSAEFAULT);
        return -1;
    }
    return family == AF_INET ? text_parse_v4(text, address) : text_parse_v6(text, address);
}

PCSTR inet_ntop(INT family, const VOID *address, PSTR buffer, size_t room)
{
    char text[INET6_ADDRSTRLEN];

    if (family == AF_INET) {
        uint32_t v4;
        memcpy(&v4, address, sizeof(v4));
        text_write_v4(v4, text);
    } else if (family == AF_INET6) {
        text_write_v6(address, text);
    } else {
        WSASetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    size_t bytes = strlen(text) + 1;
    if (buffer == NULL || room < bytes) {
        WSASetLastError(STATUS_INVALID_PARAMETER); /* an NTSTATUS, as on Windows: WB 17 */
        return NULL;
    }
    memcpy(buffer, text, bytes);
    return buffer;
}
