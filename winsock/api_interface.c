/*
 * api_interface.c - indexes of interfaces: by name, and by where an address leads. Winsock need not
 * be started (api_wake()). No state.
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
    struct stack_view view;

    api_wake();
    for (uint32_t i = 1; name != NULL && stack_view(i, &view) == 0; i++) {
        if (strcmp(view.name, name) == 0) {
            return i;
        }
    }
    return 0;
}

PCHAR if_indextoname(NET_IFINDEX index, PCHAR name)
{
    struct stack_view view;

    api_wake();
    if (name == NULL || stack_view(index, &view) != 0) {
        return NULL;
    }
    strcpy(name, view.name);
    return name;
}

static DWORD best_interface(const struct endpoint_name *name, PDWORD index)
{
    struct netaddr source;
    uint32_t found;

    api_wake();
    if (stack_route(&name->address, name->scope, &source, &found) != 0) {
        return ERROR_NETWORK_UNREACHABLE;
    }
    *index = found;
    return NO_ERROR;
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
