/*
 * api_hostent.c - the name functions of Winsock 1.1, and gethostname.
 *
 * What they return lies in one block for each thread, overwritten by the thread's next call of the
 * same function.
 */
#include "winsock/api.h"

#include <string.h>
#include <strings.h>

#include <ws2tcpip.h>

#include "winsock/memory.h"
#include "winsock/resolve.h"
#include "winsock/services.h"
#include "winsock/wide.h"

static _Thread_local struct {
    HOSTENT entry;
    char name[RESOLVE_NAME_BYTES];
    char *no_aliases[1];
    char *list[LIMIT_NAME_ADDRESSES + 1];
    union {
        IN_ADDR v4[LIMIT_NAME_ADDRESSES];
        IN6_ADDR v6;
    } addresses;
} host;

static _Thread_local SERVENT service_entry;
static _Thread_local PROTOENT protocol_entry;

/* --- hosts --- */

/* Finishes the block; addresses are in place. */
static HOSTENT *host_entry(const char *name, short family, short bytes, unsigned count)
{
    char *at = (char *)&host.addresses;

    strcpy(host.name, name);
    host.no_aliases[0] = NULL;
    for (unsigned i = 0; i < count; i++) {
        host.list[i] = at + (size_t)i * (size_t)bytes;
    }
    host.list[count] = NULL;
    host.entry = (HOSTENT){
        .h_name = host.name,
        .h_aliases = host.no_aliases,
        .h_addrtype = family,
        .h_length = bytes,
        .h_addr_list = host.list,
    };
    return &host.entry;
}

/* Finds IPv4 addresses, the only ones that this call knows. */
static int find4(const char *name, struct resolve_list *list)
{
    if (resolve_number(name, &list->names[0])) {
        list->count = 1;
        return netaddr_is_v4(&list->names[0].address) ? 0 : WSANO_DATA;
    }
    return resolve_name(name, RESOLVER_V4, list);
}

struct hostent *gethostbyname(const char *name)
{
    struct resolve_list list;
    char shown[RESOLVE_NAME_BYTES];
    int error = api_check_started();

    if (error == 0) {
        error = find4(name != NULL ? name : "", &list);
    }
    WSASetLastError(error);
    if (error != 0) {
        return NULL;
    }
    if (name == NULL || *name == '\0') {
        resolve_own_name(shown);
    } else {
        shown[0] = '\0';
        strncat(shown, name, LIMIT_NAME_CHARS);
    }
    for (unsigned i = 0; i < list.count; i++) {
        host.addresses.v4[i].s_addr = netaddr_v4(&list.names[i].address);
    }
    return host_entry(shown, AF_INET, sizeof(IN_ADDR), list.count);
}

/* Reads the address of gethostbyaddr(). Returns 0, WSAEAFNOSUPPORT, WSAEFAULT. */
static int read_binary(const char *address, int length, int family, struct netaddr *out)
{
    int bytes = family == AF_INET ? (int)sizeof(IN_ADDR) : (int)sizeof(IN6_ADDR);
    uint32_t v4;

    if (family != AF_INET && family != AF_INET6) {
        return WSAEAFNOSUPPORT;
    }
    if (length < bytes || memory_readable(address, (size_t)bytes) != 0) {
        return WSAEFAULT;
    }
    if (family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        *out = netaddr_from_v4(v4);
    } else {
        *out = netaddr_from_v6(address);
    }
    return 0;
}

struct hostent *gethostbyaddr(const char *address, int length, int type)
{
    struct netaddr wanted;
    char name[RESOLVE_NAME_BYTES];
    int error = api_check_started();

    if (error == 0) {
        error = read_binary(address, length, type, &wanted);
    }
    if (error == 0 && !resolve_address(&wanted, name)) {
        error = WSAHOST_NOT_FOUND;
    }
    WSASetLastError(error);
    if (error != 0) {
        return NULL;
    }
    short bytes = type == AF_INET ? (short)sizeof(IN_ADDR) : (short)sizeof(IN6_ADDR);
    memcpy(&host.addresses, address, (size_t)bytes);
    return host_entry(name, (short)type, bytes, 1);
}

int gethostname(char *name, int room)
{
    char own[RESOLVE_NAME_BYTES];
    int error = api_check_started();

    if (error == 0) {
        resolve_own_name(own);
        if (room <= 0 || (size_t)room < strlen(own) + 1) {
            error = WSAEFAULT;
        } else {
            error = memory_writable(name, strlen(own) + 1);
        }
    }
    if (error == 0) {
        strcpy(name, own);
    }
    return api_result(error);
}

int GetHostNameW(PWSTR name, int room)
{
    char own[RESOLVE_NAME_BYTES];
    int error = api_check_started();

    if (error == 0) {
        resolve_own_name(own);
        size_t chars = wide_from_utf8(own, NULL, 0);
        if (room <= 0 || (size_t)room < chars) {
            error = WSAEFAULT;
        } else {
            error = memory_writable(name, chars * sizeof(*name));
        }
    }
    if (error == 0) {
        wide_from_utf8(own, name, (size_t)room);
    }
    return api_result(error);
}

/* --- services and protocols --- */

/* The transports that the second argument of the calls names; 0: none of ours. */
static unsigned transports_of(const char *protocol)
{
    if (protocol == NULL || *protocol == '\0') {
        return SERVICE_TCP | SERVICE_UDP;
    }
    if (strcasecmp(protocol, "udp") == 0) {
        return SERVICE_UDP;
    }
    return strcasecmp(protocol, "tcp") == 0 ? SERVICE_TCP : 0;
}

/* Shows a row of the table, or says why there is none. */
static SERVENT *show_service(int error, const struct service *service, const char *protocol,
                             unsigned transports)
{
    if (error == 0 && service == NULL) {
        error = WSANO_DATA;
    }
    WSASetLastError(error);
    if (error != 0) {
        return NULL;
    }
    bool udp = protocol != NULL && *protocol != '\0'
                   ? transports == SERVICE_UDP
                   : (service->transports & SERVICE_TCP) == 0;
    service_entry = (SERVENT){
        .s_name = (char *)service->name, /* the table is only ever read */
        .s_aliases = (char **)service->aliases,
        .s_proto = (char *)(udp ? "udp" : "tcp"),
        .s_port = (short)htons(service->port),
    };
    return &service_entry;
}

struct servent *getservbyname(const char *name, const char *protocol)
{
    unsigned transports = transports_of(protocol);
    const struct service *found = NULL;
    int error = api_check_started();

    if (error == 0) {
        error = memory_readable(name, 1);
    }
    if (error == 0) {
        found = service_by_name(name, transports);
    }
    return show_service(error, found, protocol, transports);
}

struct servent *getservbyport(int port, const char *protocol)
{
    unsigned transports = transports_of(protocol);
    const struct service *found = service_by_port(ntohs((u_short)port), transports);

    return show_service(api_check_started(), found, protocol, transports);
}

static PROTOENT *show_protocol(int error, const struct protocol *protocol)
{
    if (error == 0 && protocol == NULL) {
        error = WSANO_DATA;
    }
    WSASetLastError(error);
    if (error != 0) {
        return NULL;
    }
    protocol_entry = (PROTOENT){
        .p_name = (char *)protocol->name,
        .p_aliases = (char **)protocol->aliases,
        .p_proto = (short)protocol->number,
    };
    return &protocol_entry;
}

struct protoent *getprotobyname(const char *name)
{
    int error = api_check_started();

    if (error == 0) {
        error = memory_readable(name, 1);
    }
    return show_protocol(error, error == 0 ? protocol_by_name(name) : NULL);
}

struct protoent *getprotobynumber(int number)
{
    return show_protocol(api_check_started(), protocol_by_number(number));
}
