/*
 * api_interface.c - indexes of interfaces: by name, and by where an address leads. Winsock need not
 * be started (api_visit()). No state.
 */
#include <string.h>

#include <iphlpapi.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "stack/stack.h"
#include "winsock/api.h"
#include "winsock/memory.h"
#include "winsock/name.h"

NET_IFINDEX if_nametoindex(PCSTR name)
{
    bool visited = api_visit();
    struct stack_view view;
    NET_IFINDEX found = 0;

    for (uint32_t i = 1; name != NULL && found == 0 && stack_view(i, &view) == 0; i++) {
        found = strcmp(view.name, name) == 0 ? i : 0;
    }
    api_leave(visited);
    return found;
}

PCHAR if_indextoname(NET_IFINDEX index, PCHAR name)
{
    bool visited = api_visit();
    struct stack_view view;
    bool found = name != NULL && stack_view(index, &view) == 0;

    if (found) {
        strcpy(name, view.name);
    }
    api_leave(visited);
    return found ? name : NULL;
}

static DWORD best_interface(const struct endpoint_name *name, PDWORD index)
{
    bool visited = api_visit();
    struct netaddr source;
    uint32_t found;
    bool reached = stack_route(&name->address, name->scope, &source, &found) == 0;

    if (reached) {
        *index = found;
    }
    api_leave(visited);
    return reached ? NO_ERROR : ERROR_NETWORK_UNREACHABLE;
}

DWORD GetBestInterface(IPAddr address, PDWORD index)
{
    struct endpoint_name name = {.address = netaddr_from_v4(address)};

    if (memory_writable(index, sizeof(*index)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    return best_interface(&name, index);
}

DWORD GetBestInterfaceEx(struct sockaddr *address, PDWORD index)
{
    struct endpoint_name name;
    ADDRESS_FAMILY family;

    if (memory_writable(index, sizeof(*index)) != 0 ||
        memory_readable(address, sizeof(family)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(&family, address, sizeof(family));
    if ((family != AF_INET && family != AF_INET6) ||
        memory_readable(address, (size_t)name_size(family)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    name_read(family, address, name_size(family), &name);
    return best_interface(&name, index);
}
