/*
 * ioctl_query.c - control codes that ask for addresses and interfaces. No state.
 */
#include "winsock/ioctl_query.h"

#include <string.h>

#include <ws2tcpip.h>

#include "stack/stack.h"
#include "winsock/errors.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/operation.h"
#include "winsock/resolve.h"
#include "winsock/socket.h"

/* Most addresses that all interfaces have together. */
enum { ADDRESSES_MAX = LIMIT_INTERFACES * 2 * LIMIT_ADDRESSES };

/* Bytes that a list of so many addresses takes, without the addresses. */
static size_t list_bytes(size_t count)
{
    return offsetof(SOCKET_ADDRESS_LIST, Address) + count * sizeof(SOCKET_ADDRESS);
}

/* --- SIO_GET_INTERFACE_LIST --- */

static INTERFACE_INFO describe(const struct stack_view *view, const struct stack_view_address *from)
{
    INTERFACE_INFO info = {.iiFlags = IFF_MULTICAST};
    uint32_t host_bits = from->prefix_bits == 0 ? ~0u : ~(~0u << (32 - from->prefix_bits));

    info.iiFlags |= view->up ? IFF_UP : 0;
    info.iiFlags |= view->loopback ? IFF_LOOPBACK : IFF_BROADCAST;
    info.iiAddress.AddressIn.sin_family = AF_INET;
    info.iiAddress.AddressIn.sin_addr.s_addr = netaddr_v4(&from->address);
    info.iiNetmask.AddressIn.sin_family = AF_INET;
    info.iiNetmask.AddressIn.sin_addr.s_addr = htonl(~host_bits);
    info.iiBroadcastAddress.AddressIn.sin_family = AF_INET;
    info.iiBroadcastAddress.AddressIn.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    return info;
}

/* The IPv4 addresses of all interfaces, whatever the socket's family (winsock-facts 4.20). */
static int get_interface_list(struct socket *socket, struct ioctl_call *call)
{
    INTERFACE_INFO infos[LIMIT_INTERFACES * LIMIT_ADDRESSES];
    struct stack_view view;
    size_t count = 0;

    (void)socket;
    for (uint32_t i = 1; stack_view(i, &view) == 0; i++) {
        for (unsigned j = 0; j < view.address_count; j++) {
            if (netaddr_is_v4(&view.addresses[j].address) && !view.addresses[j].duplicate) {
                infos[count++] = describe(&view, &view.addresses[j]);
            }
        }
    }
    size_t bytes = count * sizeof(infos[0]);
    if (call->out_bytes < bytes) {
        call->tells_returned = true; /* as 0: winsock-facts 4.20 */
        return WSAEFAULT;
    }
    if (memory_writable(call->out, bytes) != 0) {
        return WSAEFAULT;
    }
    memcpy(call->out, infos, bytes);
    call->returned = (DWORD)bytes;
    return 0;
}

/* --- SIO_ADDRESS_LIST_QUERY --- */

/* The addresses of a family that a socket could be bound to, loopback's apart. */
static size_t own_addresses(int family, struct endpoint_name *names)
{
    struct stack_view view;
    size_t count = 0;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; stack_view(i, &view) == 0; i++) {
        for (unsigned j = 0; j < view.address_count; j++) {
            const struct netaddr *address = &view.addresses[j].address;

            if (netaddr_is_v4(address) == (family == AF_INET) && !view.addresses[j].duplicate) {
                names[count++] = (struct endpoint_name){
                    .address = *address,
                    .scope = netaddr_is_link_scoped(address) ? i : 0,
                };
            }
        }
    }
    return count;
}

static int query_address_list(struct socket *socket, struct ioctl_call *call)
{
    struct endpoint_name names[ADDRESSES_MAX];
    size_t count = own_addresses(socket->family, names);
    size_t address_bytes = (size_t)name_size(socket->family);
    size_t bytes = list_bytes(count) + count * address_bytes;
    char *list = call->out;

    if (call->out == NULL || call->out_bytes < bytes) {
        call->returned = (DWORD)bytes;
        call->tells_returned = true;
        return WSAEFAULT;
    }
    if (memory_writable(call->out, bytes) != 0) {
        return WSAEFAULT;
    }
    char *at = list + list_bytes(count);
    memset(list, 0, list_bytes(count));
    memcpy(list, &(INT){(INT)count}, sizeof(INT));
    for (size_t i = 0; i < count; i++, at += address_bytes) {
        SOCKET_ADDRESS entry = {
            .lpSockaddr = (LPSOCKADDR)(void *)at,
            .iSockaddrLength = (INT)address_bytes,
        };
        name_write(socket->family, &names[i], at);
        memcpy(list + list_bytes(i), &entry, sizeof(entry));
    }
    call->returned = (DWORD)bytes;
    return 0;
}

/* --- SIO_ADDRESS_LIST_SORT --- */

/* Does a route lead to an address of the list? Unknown families and bad pointers are not usable. */
static bool entry_is_usable(const SOCKET_ADDRESS *entry)
{
    ADDRESS_FAMILY family;
    struct endpoint_name name;

    if (entry->iSockaddrLength < (INT)sizeof(family) ||
        memory_readable(entry->lpSockaddr, (size_t)entry->iSockaddrLength) != 0) {
        return false;
    }
    memcpy(&family, entry->lpSockaddr, sizeof(family));
    return (family == AF_INET || family == AF_INET6) &&
           name_read(family, entry->lpSockaddr, entry->iSockaddrLength, &name) == 0 &&
           resolve_is_usable(&name);
}

/* The list comes back with the usable addresses in front; its entries point where they did. */
static int sort_address_list(struct socket *socket, struct ioctl_call *call)
{
    SOCKET_ADDRESS entries[ADDRESSES_MAX];
    SOCKET_ADDRESS sorted[ADDRESSES_MAX];
    bool usable[ADDRESSES_MAX];
    INT count;
    INT done = 0;

    (void)socket;
    if (call->in_bytes < list_bytes(0) || memory_readable(call->in, call->in_bytes) != 0) {
        return WSAEFAULT;
    }
    memcpy(&count, call->in, sizeof(count));
    if (count < 0 || count > ADDRESSES_MAX) {
        return WSAEINVAL;
    }
    size_t bytes = list_bytes((size_t)count);
    if (call->in_bytes < bytes || call->out_bytes < bytes ||
        memory_writable(call->out, bytes) != 0) {
        return WSAEFAULT;
    }
    memcpy(entries, (const char *)call->in + list_bytes(0), (size_t)count * sizeof(entries[0]));
    for (INT i = 0; i < count; i++) {
        usable[i] = entry_is_usable(&entries[i]);
    }
    for (int wanted = 1; wanted >= 0; wanted--) {
        for (INT i = 0; i < count; i++) {
            if (usable[i] == (wanted != 0)) {
                sorted[done++] = entries[i];
            }
        }
    }
    memcpy(call->out, &count, sizeof(count));
    memcpy((char *)call->out + list_bytes(0), sorted, (size_t)count * sizeof(sorted[0]));
    call->returned = (DWORD)bytes;
    return 0;
}

/* --- SIO_ROUTING_INTERFACE_QUERY --- */

/* Reads the address that is asked for (WB 10.15). */
static int read_target(const struct socket *socket, const struct ioctl_call *call,
                       struct endpoint_name *target)
{
    int bytes = name_size(socket->family);

    if (call->in == NULL || call->in_bytes < (DWORD)bytes) {
        return WSAEINVAL;
    }
    if (memory_readable(call->in, (size_t)bytes) != 0) {
        return WSAEFAULT;
    }
    int error = name_read(socket->family, call->in, bytes, target);
    if (error == 0 && netaddr_is_any(&target->address)) {
        error = WSAEINVAL;
    }
    return error;
}

static int query_route(struct socket *socket, struct ioctl_call *call)
{
    struct endpoint_name target;
    struct endpoint_name local = {.port = 0};
    uint32_t index;
    int bytes = name_size(socket->family);
    int error = read_target(socket, call, &target);

    if (error != 0) {
        return error;
    }
    error = errors_wsa_from_errno(
        stack_route(&target.address, target.scope, &local.address, &index));
    if (error != 0) {
        return error;
    }
    if (call->out == NULL || call->out_bytes < (DWORD)bytes) {
        call->returned = (DWORD)bytes;
        call->tells_returned = true;
        return WSAEFAULT;
    }
    if (memory_writable(call->out, (size_t)bytes) != 0) {
        return WSAEFAULT;
    }
    if (netaddr_is_link_scoped(&local.address)) {
        local.scope = index;
    }
    name_write(socket->family, &local, call->out);
    call->returned = (DWORD)bytes;
    return 0;
}

/* --- changes --- */

/*
 * WB 10.16: nothing has changed yet, and a non-blocking socket does not wait for it. An overlapped
 * call waits until an interface goes down or comes up, or an IPv4 address comes or goes (DHCP).
 */
static int wait_for_change(struct socket *socket, struct ioctl_call *call)
{
    int error;

    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else if (call->operation != NULL) {
        error = op_start_change_locked(socket, call->operation);
    } else {
        error = socket->nonblocking ? WSAEWOULDBLOCK : WSAEOPNOTSUPP;
    }
    lock_give(&socket->lock);
    return error;
}

static int wait_for_route_change(struct socket *socket, struct ioctl_call *call)
{
    struct endpoint_name target;
    int error = read_target(socket, call, &target);

    return error != 0 ? error : wait_for_change(socket, call);
}

/* --- the table --- */

static const struct {
    DWORD code;
    int (*run)(struct socket *socket, struct ioctl_call *call);
} queries[] = {
    {SIO_GET_INTERFACE_LIST, get_interface_list},
    {SIO_ADDRESS_LIST_QUERY, query_address_list},
    {SIO_ADDRESS_LIST_SORT, sort_address_list},
    {SIO_ROUTING_INTERFACE_QUERY, query_route},
    {SIO_ADDRESS_LIST_CHANGE, wait_for_change},
    {SIO_ROUTING_INTERFACE_CHANGE, wait_for_route_change},
};

int ioctl_query_run(struct socket *socket, DWORD code, struct ioctl_call *call)
{
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        if (queries[i].code == code) {
            int error = queries[i].run(socket, call);
            call->tells_returned |= error == 0;
            return error;
        }
    }
    call->tells_returned = true; /* WB 10.11: 0 bytes */
    return WSAEOPNOTSUPP;
}
