/*
 * options_multicast.c - group memberships as options.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/errors.h"
#include "winsock/name.h"
#include "winsock/options_table.h"

/* Joins or leaves. The group's address family is the stack's to judge. */
static int change_membership(struct socket *socket, const struct netaddr *group,
                             uint32_t interface_index, bool join)
{
    if (!netaddr_is_multicast(group)) {
        return WSAEINVAL;
    }
    pthread_mutex_lock(&socket->lock);
    bool closed = socket->closed;
    if (!closed) {
        socket_enter_locked(socket);
    }
    pthread_mutex_unlock(&socket->lock);
    if (closed) {
        return WSAENOTSOCK;
    }
    int result = join ? endpoint_join(socket->endpoint, group, interface_index)
                      : endpoint_leave(socket->endpoint, group, interface_index);
    socket_leave(socket);
    return errors_wsa_from_errno(result);
}

static int change4(struct socket *socket, const void *value, size_t length, bool join)
{
    IP_MREQ request;
    uint32_t index;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = option_find_interface4(request.imr_interface.s_addr, &index);
    if (error != 0) {
        return error;
    }
    struct netaddr group = netaddr_from_v4(request.imr_multiaddr.s_addr);
    return change_membership(socket, &group, index, join);
}

static int change6(struct socket *socket, const void *value, size_t length, bool join)
{
    IPV6_MREQ request;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    struct netaddr group = netaddr_from_v6(&request.ipv6mr_multiaddr);
    return change_membership(socket, &group, request.ipv6mr_interface, join);
}

static int change_any(struct socket *socket, const void *value, size_t length, bool join)
{
    GROUP_REQ request;
    struct endpoint_name group;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int family = request.gr_group.ss_family;
    if (family != AF_INET && family != AF_INET6) {
        return WSAEAFNOSUPPORT;
    }
    int error = name_read(family, &request.gr_group, sizeof(request.gr_group), &group);
    if (error != 0) {
        return error;
    }
    return change_membership(socket, &group.address, request.gr_interface, join);
}

int option_join4(struct socket *socket, const void *value, size_t length)
{
    return change4(socket, value, length, true);
}

int option_leave4(struct socket *socket, const void *value, size_t length)
{
    return change4(socket, value, length, false);
}

int option_join6(struct socket *socket, const void *value, size_t length)
{
    return change6(socket, value, length, true);
}

int option_leave6(struct socket *socket, const void *value, size_t length)
{
    return change6(socket, value, length, false);
}

int option_join_any(struct socket *socket, const void *value, size_t length)
{
    return change_any(socket, value, length, true);
}

int option_leave_any(struct socket *socket, const void *value, size_t length)
{
    return change_any(socket, value, length, false);
}
