/*
 * api_nameinfo.c - getnameinfo, GetNameInfoW and the texts of gai_strerror.
 */
#include "winsock/api.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ws2tcpip.h>

#include "winsock/memory.h"
#include "winsock/messages.h"
#include "winsock/name.h"
#include "winsock/resolve.h"
#include "winsock/services.h"
#include "winsock/wide.h"

/* The name and service of one address. */
struct name_texts {
    char host[RESOLVE_NAME_BYTES];
    char service[NI_MAXSERV];
};

/* Takes the address of a call apart. Returns 0, WSAEFAULT, WSAEAFNOSUPPORT. */
static int read_address(const SOCKADDR *address, socklen_t length, struct endpoint_name *name)
{
    ADDRESS_FAMILY family;

    if (length < (socklen_t)sizeof(family) || memory_readable(address, (size_t)length) != 0) {
        return WSAEFAULT;
    }
    memcpy(&family, address, sizeof(family));
    if (family != AF_INET && family != AF_INET6) {
        return WSAEAFNOSUPPORT;
    }
    return name_read(family, address, length, name);
}

static int write_host(const struct endpoint_name *name, int flags, char *host)
{
    if ((flags & NI_NUMERICHOST) == 0 && resolve_address(&name->address, host)) {
        if ((flags & NI_NOFQDN) != 0) {
            host[strcspn(host, ".")] = '\0';
        }
        return 0;
    }
    if ((flags & NI_NUMERICHOST) == 0 && (flags & NI_NAMEREQD) != 0) {
        return EAI_NONAME;
    }
    resolve_number_text(name, host);
    return 0;
}

static void write_service(uint16_t port, int flags, char *text)
{
    unsigned transport = (flags & NI_DGRAM) != 0 ? SERVICE_UDP : SERVICE_TCP;
    const struct service *service =
        (flags & NI_NUMERICSERV) == 0 ? service_by_port(port, transport) : NULL;

    if (service != NULL) {
        snprintf(text, NI_MAXSERV, "%s", service->name);
    } else {
        snprintf(text, NI_MAXSERV, "%u", port);
    }
}

/* What both forms begin with: everything but the copies into the caller's buffers. */
static int find_texts(const SOCKADDR *address, socklen_t length, bool wants_any, int flags,
                      struct name_texts *texts)
{
    struct endpoint_name name;
    int error = api_check_started();

    if (error == 0 && !wants_any) {
        error = EAI_NONAME;
    }
    if (error == 0) {
        error = read_address(address, length, &name);
    }
    if (error == 0) {
        error = write_host(&name, flags, texts->host);
    }
    if (error == 0) {
        write_service(name.port, flags, texts->service);
    }
    return error;
}

/* A buffer of no length is one that the caller does not want. */
static int copy_text(const char *text, char *buffer, DWORD room)
{
    if (buffer == NULL || room == 0) {
        return 0;
    }
    if (strlen(text) >= room) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (memory_writable(buffer, strlen(text) + 1) != 0) {
        return WSAEFAULT;
    }
    strcpy(buffer, text);
    return 0;
}

static int copy_wide(const char *text, WCHAR *buffer, DWORD room)
{
    if (buffer == NULL || room == 0) {
        return 0;
    }
    size_t chars = wide_from_utf8(text, NULL, 0);
    if (chars > room) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (memory_writable(buffer, chars * sizeof(*buffer)) != 0) {
        return WSAEFAULT;
    }
    wide_from_utf8(text, buffer, room);
    return 0;
}

static bool wanted(const void *buffer, DWORD room)
{
    return buffer != NULL && room != 0;
}

INT getnameinfo(const SOCKADDR *address, socklen_t length, PCHAR host, DWORD host_room,
                PCHAR service, DWORD service_room, INT flags)
{
    struct name_texts texts;
    int error = find_texts(address, length,
                           wanted(host, host_room) || wanted(service, service_room), flags, &texts);

    if (error == 0) {
        error = copy_text(texts.host, host, host_room);
    }
    if (error == 0) {
        error = copy_text(texts.service, service, service_room);
    }
    WSASetLastError(error);
    return error;
}

INT GetNameInfoW(const SOCKADDR *address, socklen_t length, PWCHAR host, DWORD host_room,
                 PWCHAR service, DWORD service_room, INT flags)
{
    struct name_texts texts;
    int error = find_texts(address, length,
                           wanted(host, host_room) || wanted(service, service_room), flags, &texts);

    if (error == 0) {
        error = copy_wide(texts.host, host, host_room);
    }
    if (error == 0) {
        error = copy_wide(texts.service, service, service_room);
    }
    WSASetLastError(error);
    return error;
}

char *gai_strerrorA(int code)
{
    const char *text = messages_text((DWORD)code);

    return (char *)(text != NULL ? text : "Unknown error.");
}

WCHAR *gai_strerrorW(int code)
{
    const WCHAR *text = messages_wide_text((DWORD)code);

    return (WCHAR *)(text != NULL ? text : (const WCHAR *)u"Unknown error.");
}
