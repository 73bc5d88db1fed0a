/*
 * options_interface.c - options that name interfaces: by which one to send, on which ones to hear.
 *
 * IPv4 options name an interface in network byte order as 0.x.x.x, some of them also by one of its
 * addresses; IPv6 options by its index in host byte order. Both tell an index in host byte order
 * (winsock-facts 4.10).
 */
#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/options.h"
#include "winsock/options_table.h"

/* Indexes that 0.x.x.x can hold. */
#define INDEX4_MAX 0xffffffu

static int check_index(uint32_t index)
{
    return index == 0 || endpoint_has_interface(index) ? 0 : WSAEADDRNOTAVAIL;
}

int option_find_interface4(uint32_t given, uint32_t *index)
{
    uint32_t host = ntohl(given);

    if (host <= INDEX4_MAX) {
        *index = host;
        return check_index(host);
    }
    struct netaddr address = netaddr_from_v4(given);
    *index = endpoint_interface_of(&address);
    return *index != 0 ? 0 : WSAEADDRNOTAVAIL;
}

int option_set_multicast_interface4(struct socket *socket, uint32_t *value)
{
    (void)socket;
    return option_find_interface4(*value, value);
}

int option_set_unicast_interface4(struct socket *socket, uint32_t *value)
{
    uint32_t host = ntohl(*value);

    (void)socket;
    *value = host;
    return host <= INDEX4_MAX ? check_index(host) : WSAEINVAL;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the table's signature */
int option_set_interface6(struct socket *socket, uint32_t *value)
{
    (void)socket;
    return check_index(*value);
}

/* --- the list of interfaces that are heard (winsock-facts 4.13) --- */

/* Tells the stack what stands in the options. */
static void apply_list(struct socket *socket, bool v4)
{
    lock_take(&socket->lock);
    const struct ip_options *options = v4 ? &socket->options->v4 : &socket->options->v6;
    bool restricted = options->restrict_interfaces != 0;
    uint32_t list = options->interface_list;
    lock_give(&socket->lock);
    endpoint_set_interface_list(socket->endpoint, v4, restricted, list);
}

void option_apply_interface_list4(struct socket *socket, uint32_t value)
{
    (void)value;
    apply_list(socket, true);
}

void option_apply_interface_list6(struct socket *socket, uint32_t value)
{
    (void)value;
    apply_list(socket, false);
}

static int change_list_locked(struct socket *socket, bool v4, uint32_t bit, bool add)
{
    struct socket_options *own = options_own_locked(socket);
    if (own == NULL) {
        return WSAENOBUFS;
    }
    struct ip_options *options = v4 ? &own->v4 : &own->v6;
    if (options->restrict_interfaces == 0) {
        return WSAEINVAL;
    }
    if (!add && (options->interface_list & bit) == 0) {
        return WSAEADDRNOTAVAIL;
    }
    options->interface_list = add ? options->interface_list | bit : options->interface_list & ~bit;
    return 0;
}

int option_write_interface_list(struct socket *socket, const struct option_row *row,
                                const void *value, size_t length)
{
    bool v4 = (row->argument & OPTION_LIST_V4) != 0;
    ULONG index;

    if (length < sizeof(index)) {
        return WSAEFAULT;
    }
    memcpy(&index, value, sizeof(index));
    if (!endpoint_has_interface(index)) {
        return WSAEADDRNOTAVAIL;
    }
    lock_take(&socket->lock);
    int error = socket->closed ? WSAENOTSOCK
                               : change_list_locked(socket, v4, 1u << index,
                                                    (row->argument & OPTION_LIST_ADD) != 0);
    if (error == 0) {
        socket_enter_locked(socket);
    }
    lock_give(&socket->lock);
    if (error == 0) {
        apply_list(socket, v4);
        socket_leave(socket);
    }
    return error;
}

/* Writes the indexes as an array of ULONG, in ascending order. */
static int read_list(struct socket *socket, bool v4, void *value, int *length)
{
    ULONG indexes[LIMIT_INTERFACES + 1];
    size_t count = 0;

    lock_take(&socket->lock);
    const struct ip_options *options = v4 ? &socket->options->v4 : &socket->options->v6;
    bool restricted = options->restrict_interfaces != 0;
    uint32_t list = options->interface_list;
    lock_give(&socket->lock);
    if (!restricted) {
        return WSAEINVAL; /* WB 6.26 */
    }
    for (ULONG index = 1; index <= LIMIT_INTERFACES; index++) {
        if ((list >> index & 1) != 0) {
            indexes[count++] = index;
        }
    }
    if ((size_t)*length < count * sizeof(indexes[0])) {
        return WSAEFAULT;
    }
    *length = (int)(count * sizeof(indexes[0]));
    memcpy(value, indexes, (size_t)*length);
    return 0;
}

int option_read_interface_list4(struct socket *socket, void *value, int *length)
{
    return read_list(socket, true, value, length);
}

int option_read_interface_list6(struct socket *socket, void *value, int *length)
{
    return read_list(socket, false, value, length);
}
