/*
 * api_address.c - addresses with port and zone as text: WSAStringToAddress, WSAAddressToString; the
 * wide forms of inet_pton and inet_ntop.
 */
#include "winsock/api.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ws2tcpip.h>

#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/resolve.h"
#include "winsock/text.h"
#include "winsock/wide.h"

/* The longest text: brackets, address, zone, colon and port fit INET6_ADDRSTRLEN. */
#define ADDRESS_TEXT_BYTES INET6_ADDRSTRLEN

/* --- text to address --- */

/* Reads what stands behind an address: nothing, or a colon and a port from 1 on in C's notation. */
static bool read_port(const char *text, uint16_t *port)
{
    uint64_t number;

    *port = 0;
    if (*text == '\0') {
        return true;
    }
    if (*text != ':') {
        return false;
    }
    text = text_read_number(text + 1, &number);
    if (text == NULL || *text != '\0' || number == 0 || number > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static bool read4(const char *text, struct endpoint_name *name)
{
    char address[ADDRESS_TEXT_BYTES];
    size_t length = strcspn(text, ":");

    if (length == 0 || length >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    return resolve_number(address, name) && read_port(text + length, &name->port);
}

/* "::1", or with a port "[::1]:5000"; the brackets may stand without one. */
static bool read6(const char *text, struct endpoint_name *name)
{
    char address[ADDRESS_TEXT_BYTES];
    bool bracket = *text == '[';
    const char *start = text + bracket;
    size_t length = bracket ? strcspn(start, "]") : strlen(start);

    if (length >= sizeof(address) || (bracket && start[length] != ']')) {
        return false;
    }
    memcpy(address, start, length);
    address[length] = '\0';
    return strchr(address, ':') != NULL && resolve_number(address, name) &&
           read_port(start + length + bracket, &name->port);
}

/* Writes the address into a buffer that the caller described. *length is left alone by an error
 * that does not come from it. */
static int string_to_address(const char *text, int family, LPSOCKADDR address, LPINT length)
{
    struct endpoint_name name = {.port = 0};

    if (family != AF_INET && family != AF_INET6) {
        return WSAEINVAL;
    }
    if (memory_writable(length, sizeof(*length)) != 0) {
        return WSAEFAULT;
    }
    if (*length < name_size(family)) {
        *length = name_size(family);
        return WSAEFAULT;
    }
    if (memory_writable(address, (size_t)name_size(family)) != 0) {
        return WSAEFAULT;
    }
    memset(address, 0, (size_t)name_size(family));
    if (family == AF_INET ? !read4(text, &name) : !read6(text, &name)) {
        return WSAEINVAL;
    }
    name_write(family, &name, address);
    *length = name_size(family);
    return 0;
}

INT WSAStringToAddressA(LPSTR text, INT family, LPWSAPROTOCOL_INFOA protocol, LPSOCKADDR address,
                        LPINT length)
{
    int error = api_check_started();

    (void)protocol;
    if (error == 0 && memory_readable(text, 1) != 0) {
        error = WSAEINVAL;
    }
    return api_result(error != 0 ? error : string_to_address(text, family, address, length));
}

INT WSAStringToAddressW(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW protocol, LPSOCKADDR address,
                        LPINT length)
{
    char narrow[ADDRESS_TEXT_BYTES * 2] = "";
    int error = api_check_started();

    (void)protocol;
    if (error == 0 && memory_readable(text, sizeof(*text)) != 0) {
        error = WSAEINVAL;
    }
    if (error == 0 && !wide_to_utf8(text, narrow, sizeof(narrow))) {
        narrow[0] = '\0'; /* no address is that long */
    }
    return api_result(error != 0 ? error : string_to_address(narrow, family, address, length));
}

/* --- address to text --- */

/* Returns 0, WSAEFAULT, WSAEINVAL for another family. */
static int address_to_text(LPSOCKADDR address, DWORD length, char *text)
{
    ADDRESS_FAMILY family;
    struct endpoint_name name;
    char number[ADDRESS_TEXT_BYTES];

    if (length < sizeof(family) || length > INT32_MAX || memory_readable(address, length) != 0) {
        return WSAEFAULT;
    }
    memcpy(&family, address, sizeof(family));
    if (family != AF_INET && family != AF_INET6) {
        return WSAEINVAL;
    }
    int error = name_read(family, address, (int)length, &name);
    if (error != 0) {
        return error;
    }
    if (family == AF_INET6) { /* the zone of any address shows */
        SOCKADDR_IN6 v6;
        memcpy(&v6, address, sizeof(v6));
        text_write_v6(&v6.sin6_addr, number);
        if (v6.sin6_scope_id != 0) {
            text_write_zone(v6.sin6_scope_id, number + strlen(number));
        }
    } else {
        text_write_v4(netaddr_v4(&name.address), number);
    }
    if (name.port == 0) {
        strcpy(text, number);
    } else if (family == AF_INET) {
        snprintf(text, ADDRESS_TEXT_BYTES, "%.15s:%u", number, name.port);
    } else {
        snprintf(text, ADDRESS_TEXT_BYTES, "[%.56s]:%u", number, name.port);
    }
    return 0;
}

/* Is there room for a text of so many characters? *room becomes the length, in any case. */
static int take_room(size_t chars, LPDWORD room)
{
    DWORD given = *room;

    *room = (DWORD)chars;
    return given < chars ? WSAEFAULT : 0;
}

/* What both forms begin with. */
static int begin_text(LPSOCKADDR address, DWORD length, LPDWORD room, char *text)
{
    int error = api_check_started();

    if (error == 0) {
        error = memory_writable(room, sizeof(*room));
    }
    if (error == 0) {
        error = address_to_text(address, length, text);
    }
    return error != 0 ? error : take_room(strlen(text) + 1, room);
}

INT WSAAddressToStringA(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOA protocol,
                        LPSTR buffer, LPDWORD room)
{
    char text[ADDRESS_TEXT_BYTES];
    int error = begin_text(address, length, room, text);

    (void)protocol;
    if (error == 0) {
        error = memory_writable(buffer, *room);
    }
    if (error == 0) {
        memcpy(buffer, text, *room);
    }
    return api_result(error);
}

INT WSAAddressToStringW(LPSOCKADDR address, DWORD length, LPWSAPROTOCOL_INFOW protocol,
                        LPWSTR buffer, LPDWORD room)
{
    char text[ADDRESS_TEXT_BYTES];
    int error = begin_text(address, length, room, text);

    (void)protocol;
    if (error == 0) {
        error = memory_writable(buffer, *room * sizeof(*buffer));
    }
    if (error == 0) {
        wide_from_utf8(text, buffer, *room);
    }
    return api_result(error);
}

/* --- inet_pton and inet_ntop in wide characters --- */

/* Unlike inet_pton() it says WSAEINVAL when the text is no address (WB 17). */
INT InetPtonW(INT family, PCWSTR text, PVOID address)
{
    char narrow[ADDRESS_TEXT_BYTES * 2];

    if (text == NULL || memory_readable(text, sizeof(*text)) != 0) {
        return inet_pton(family, NULL, address);
    }
    if (!wide_to_utf8(text, narrow, sizeof(narrow))) {
        strcpy(narrow, "?");
    }
    INT result = inet_pton(family, narrow, address);
    if (result == 0) {
        WSASetLastError(WSAEINVAL);
    }
    return result;
}

PCWSTR InetNtopW(INT family, const VOID *address, PWSTR buffer, size_t room)
{
    char text[ADDRESS_TEXT_BYTES];

    /* A room that is too short gives the error of inet_ntop(), whatever the width. */
    /* cppcheck-suppress legacyUninitvar ; inet_ntop() writes it */
    if (inet_ntop(family, address, buffer != NULL ? text : NULL,
                  room < sizeof(text) ? room : sizeof(text)) == NULL) {
        return NULL;
    }
    wide_from_utf8(text, buffer, room);
    return buffer;
}
