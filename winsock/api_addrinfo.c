/*
 * api_addrinfo.c - getaddrinfo, GetAddrInfoW, and what frees their lists.
 *
 * A list is made of blocks of the C library's heap, one for each address, with everything that its
 * record points to behind it; each is freed by itself. GetAddrInfoW() makes a list of the other
 * kind and copies it. No state.
 */
#include "winsock/api.h"

#include <stdlib.h>
#include <string.h>

#include <ws2tcpip.h>

#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/resolve.h"
#include "winsock/services.h"
#include "winsock/text.h"
#include "winsock/wide.h"

/* One record and what it points to. */
struct entry {
    ADDRINFOA info; /* first: freeaddrinfo() frees by its address */
    SOCKADDR_IN6 address;
    char canonical[];
};

struct entry_w {
    ADDRINFOW info;
    SOCKADDR_IN6 address;
    WCHAR canonical[];
};

/* What a call asks for, with everything filled in that hints leave out. */
struct request {
    const char *node; /* NULL: this host */
    uint16_t port;    /* host byte order */
    int flags;
    int family;
    int socktype;
    int protocol;
};

/* --- what is asked for --- */

/* Hints may say four things; the rest must be zero. Returns 0 or an error of EAI_*. */
static int read_hints(const ADDRINFOA *hints, struct request *request)
{
    if (hints == NULL) {
        return 0;
    }
    if (memory_readable(hints, sizeof(*hints)) != 0) {
        return WSAEFAULT;
    }
    if (hints->ai_addrlen != 0 || hints->ai_canonname != NULL || hints->ai_addr != NULL ||
        hints->ai_next != NULL) {
        return EAI_FAIL;
    }
    request->flags = hints->ai_flags;
    request->family = hints->ai_family;
    request->socktype = hints->ai_socktype;
    request->protocol = hints->ai_protocol;
    if (request->family != AF_UNSPEC && request->family != AF_INET && request->family != AF_INET6) {
        return EAI_FAMILY;
    }
    if (request->socktype < 0 || request->socktype > SOCK_SEQPACKET) {
        return EAI_SOCKTYPE;
    }
    return 0;
}

/* The transports that a service may use. */
static unsigned transports_of(const struct request *request)
{
    switch (request->socktype) {
    case SOCK_STREAM:
        return SERVICE_TCP;
    case SOCK_DGRAM:
        return SERVICE_UDP;
    default:
        break;
    }
    if (request->protocol == IPPROTO_UDP) {
        return SERVICE_UDP;
    }
    return request->protocol == IPPROTO_TCP ? SERVICE_TCP : SERVICE_TCP | SERVICE_UDP;
}

static int read_service(const char *service, struct request *request)
{
    char *end;

    if (service == NULL || *service == '\0') {
        return 0;
    }
    unsigned long number = strtoul(service, &end, 10);
    if (*service >= '0' && *service <= '9' && *end == '\0') {
        request->port = (uint16_t)number;
        return number <= UINT16_MAX ? 0 : EAI_SERVICE;
    }
    if ((request->flags & AI_NUMERICSERV) != 0) {
        return EAI_NONAME;
    }
    const struct service *found = service_by_name(service, transports_of(request));
    if (found == NULL) {
        return EAI_SERVICE;
    }
    request->port = found->port;
    return 0;
}

/* --- addresses --- */

/* Without a name: the wildcards for who binds, loopback for who connects. */
static void list_this_host(const struct request *request, struct resolve_list *list)
{
    static const struct netaddr any6;
    static const struct netaddr loopback6 = {.bytes = {[15] = 1}};
    bool passive = (request->flags & AI_PASSIVE) != 0;
    struct netaddr v4 = netaddr_from_v4(htonl(passive ? INADDR_ANY : INADDR_LOOPBACK));

    if (request->family != AF_INET) {
        list->names[list->count++] =
            (struct endpoint_name){.address = passive ? any6 : loopback6};
    }
    if (request->family != AF_INET6) {
        list->names[list->count++] = (struct endpoint_name){.address = v4};
    }
}

/* Drops the IPv4 addresses that a caller who wants IPv6 can't use. */
static void keep_mapped(const struct request *request, struct resolve_list *list)
{
    bool has6 = false;
    bool mapped = (request->flags & AI_V4MAPPED) != 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < list->count; i++) {
        has6 |= !netaddr_is_v4(&list->names[i].address);
    }
    mapped = mapped && (!has6 || (request->flags & AI_ALL) != 0);
    for (unsigned i = 0; i < list->count; i++) {
        if (mapped || !netaddr_is_v4(&list->names[i].address)) {
            list->names[kept++] = list->names[i];
        }
    }
    list->count = kept;
}

/* The families to look for: those of the hints that, with AI_ADDRCONFIG, the host has itself. */
static unsigned families_of(const struct request *request)
{
    unsigned families = RESOLVER_V4 | RESOLVER_V6;
    struct resolve_list own;

    if (request->family == AF_INET) {
        families = RESOLVER_V4;
    } else if (request->family == AF_INET6 && (request->flags & AI_V4MAPPED) == 0) {
        families = RESOLVER_V6;
    }
    if ((request->flags & AI_ADDRCONFIG) != 0 && resolve_name("", families, &own) == 0) {
        unsigned has = 0;
        for (unsigned i = 0; i < own.count; i++) {
            has |= netaddr_is_v4(&own.names[i].address) ? RESOLVER_V4 : RESOLVER_V6;
        }
        families &= has;
    }
    return families;
}

static int find_addresses(const struct request *request, struct resolve_list *list)
{
    list->count = 0;
    if (request->node == NULL) {
        list_this_host(request, list);
        return 0;
    }
    if (resolve_number(request->node, &list->names[0])) {
        bool v4 = netaddr_is_v4(&list->names[0].address);
        list->count = v4 || request->family != AF_INET ? 1 : 0;
    } else if ((request->flags & AI_NUMERICHOST) != 0) {
        return EAI_NONAME;
    } else {
        int error = resolve_name(request->node, families_of(request), list);
        if (error != 0) {
            return error == WSANO_DATA ? EAI_NODATA : error;
        }
    }
    if (request->family == AF_INET6) {
        keep_mapped(request, list);
    }
    return list->count != 0 ? 0 : EAI_NONAME;
}

/* --- the list --- */

/* canonical: NULL or the text of the first record. Returns NULL without memory. */
static ADDRINFOA *new_record(const struct request *request, const struct endpoint_name *name,
                             const char *canonical)
{
    size_t text_bytes = canonical != NULL ? strlen(canonical) + 1 : 0;
    struct entry *entry = calloc(1, sizeof(*entry) + text_bytes);
    struct endpoint_name with_port = *name;
    bool v4 = netaddr_is_v4(&name->address) && request->family != AF_INET6;

    if (entry == NULL) {
        return NULL;
    }
    with_port.port = request->port;
    entry->info.ai_family = v4 ? AF_INET : AF_INET6;
    entry->info.ai_socktype = request->socktype;
    entry->info.ai_protocol = request->protocol;
    entry->info.ai_addrlen = (size_t)name_size(entry->info.ai_family);
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    name_write(entry->info.ai_family, &with_port, &entry->address);
    if (canonical != NULL) {
        memcpy(entry->canonical, canonical, text_bytes);
        entry->info.ai_canonname = entry->canonical;
    }
    return &entry->info;
}

static int make_list(const struct request *request, const struct resolve_list *list,
                     ADDRINFOA **result)
{
    const char *canonical = (request->flags & AI_CANONNAME) != 0 ? request->node : NULL;
    char own[RESOLVE_NAME_BYTES];
    ADDRINFOA **tail = result;

    if (canonical != NULL && *canonical == '\0') {
        resolve_own_name(own);
        canonical = own;
    }
    for (unsigned i = 0; i < list->count; i++) {
        *tail = new_record(request, &list->names[i], i == 0 ? canonical : NULL);
        if (*tail == NULL) {
            freeaddrinfo(*result);
            *result = NULL;
            return EAI_MEMORY;
        }
        tail = &(*tail)->ai_next;
    }
    return 0;
}

/* Does the work of both forms. *result is NULL after an error. */
static int look_up(const char *node, const char *service, const ADDRINFOA *hints,
                   ADDRINFOA **result)
{
    struct request request = {.node = node, .family = AF_UNSPEC};
    struct resolve_list list;

    *result = NULL;
    if (node == NULL && service == NULL) {
        return EAI_NONAME;
    }
    int error = read_hints(hints, &request);
    if (error == 0 && node == NULL && (request.flags & AI_CANONNAME) != 0) {
        error = EAI_BADFLAGS;
    }
    if (error == 0) {
        error = read_service(service, &request);
    }
    if (error == 0) {
        error = find_addresses(&request, &list);
    }
    return error != 0 ? error : make_list(&request, &list, result);
}

/* Sets the last error, which these functions return as well. */
static INT finish(int error)
{
    WSASetLastError(error);
    return error;
}

INT getaddrinfo(PCSTR node, PCSTR service, const ADDRINFOA *hints, PADDRINFOA *result)
{
    int error = api_check_started();

    if (error == 0) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): a pointer is what will be written */
        error = memory_writable(result, sizeof(*result));
    }
    return finish(error != 0 ? error : look_up(node, service, hints, result));
}

VOID freeaddrinfo(PADDRINFOA list)
{
    while (list != NULL) {
        ADDRINFOA *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* --- the wide form --- */

VOID FreeAddrInfoW(PADDRINFOW list)
{
    while (list != NULL) {
        ADDRINFOW *next = list->ai_next;
        free(list);
        list = next;
    }
}

static ADDRINFOW *widen_record(const ADDRINFOA *from)
{
    size_t chars = from->ai_canonname != NULL ? wide_from_utf8(from->ai_canonname, NULL, 0) : 0;
    struct entry_w *entry = calloc(1, sizeof(*entry) + chars * sizeof(WCHAR));

    if (entry == NULL) {
        return NULL;
    }
    entry->info.ai_family = from->ai_family;
    entry->info.ai_socktype = from->ai_socktype;
    entry->info.ai_protocol = from->ai_protocol;
    entry->info.ai_addrlen = from->ai_addrlen;
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    memcpy(&entry->address, from->ai_addr, from->ai_addrlen);
    if (chars != 0) {
        wide_from_utf8(from->ai_canonname, entry->canonical, chars);
        entry->info.ai_canonname = entry->canonical;
    }
    return &entry->info;
}

static int widen_list(const ADDRINFOA *from, ADDRINFOW **result)
{
    ADDRINFOW **tail = result;

    for (; from != NULL; from = from->ai_next) {
        *tail = widen_record(from);
        if (*tail == NULL) {
            FreeAddrInfoW(*result);
            *result = NULL;
            return EAI_MEMORY;
        }
        tail = &(*tail)->ai_next;
    }
    return 0;
}

/* The hints of the narrow form. A member that must be zero stays other than zero. */
static ADDRINFOA narrow_hints(const ADDRINFOW *hints)
{
    ADDRINFOA narrow = {
        .ai_flags = hints->ai_flags,
        .ai_family = hints->ai_family,
        .ai_socktype = hints->ai_socktype,
        .ai_protocol = hints->ai_protocol,
        .ai_addrlen = hints->ai_addrlen,
        .ai_addr = hints->ai_addr,
    };
    if (hints->ai_canonname != NULL || hints->ai_next != NULL) {
        narrow.ai_addrlen = 1;
    }
    return narrow;
}

static int look_up_wide(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, ADDRINFOW **result)
{
    char node_text[RESOLVE_NAME_BYTES + 1];
    char service_text[NI_MAXSERV];
    ADDRINFOA narrow;
    ADDRINFOA *list = NULL;

    *result = NULL;
    if (node != NULL && !wide_to_utf8(node, node_text, sizeof(node_text))) {
        return EAI_NONAME;
    }
    if (service != NULL && !wide_to_utf8(service, service_text, sizeof(service_text))) {
        return EAI_SERVICE;
    }
    if (hints != NULL) {
        if (memory_readable(hints, sizeof(*hints)) != 0) {
            return WSAEFAULT;
        }
        narrow = narrow_hints(hints);
    }
    int error = look_up(node != NULL ? node_text : NULL, service != NULL ? service_text : NULL,
                        hints != NULL ? &narrow : NULL, &list);
    if (error == 0) {
        error = widen_list(list, result);
        freeaddrinfo(list);
    }
    return error;
}

INT GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *result)
{
    int error = api_check_started();

    if (error == 0) {
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): a pointer is what will be written */
        error = memory_writable(result, sizeof(*result));
    }
    return finish(error != 0 ? error : look_up_wide(node, service, hints, result));
}
