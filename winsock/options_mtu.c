/*
 * options_mtu.c - IP_MTU and IPV6_MTU, the path MTU to the connected peer (winsock-facts 4.5), and
 * what IP_MTU_DISCOVER may be set to.
 *
 * A dual-stack socket has a peer of one version; for the other version's option it is not
 * connected.
 */
#include "winsock/options_table.h"

#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/errors.h"
#include "winsock/socket.h"

/* Asks the stack. Returns 0, WSAENOTSOCK, WSAENOTCONN, or why there is no route any more. */
static int find_path_mtu(struct socket *socket, bool v4, uint32_t *mtu_bytes)
{
    struct netaddr peer;
    int error = 0;

    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else if (!socket->connected) {
        error = WSAENOTCONN;
    } else {
        socket_enter_locked(socket);
    }
    lock_give(&socket->lock);
    if (error != 0) {
        return error;
    }
    error = errors_wsa_from_errno(endpoint_path_mtu(socket->endpoint, &peer, mtu_bytes));
    socket_leave(socket);
    return error == 0 && netaddr_is_v4(&peer) != v4 ? WSAENOTCONN : error;
}

static int read_mtu(struct socket *socket, bool v4, void *value, int *length)
{
    uint32_t mtu_bytes;

    if (*length < (int)sizeof(mtu_bytes)) {
        return WSAEFAULT;
    }
    int error = find_path_mtu(socket, v4, &mtu_bytes);
    if (error == 0) {
        *length = sizeof(mtu_bytes);
        memcpy(value, &mtu_bytes, sizeof(mtu_bytes));
    }
    return error;
}

int option_read_mtu4(struct socket *socket, void *value, int *length)
{
    return read_mtu(socket, true, value, length);
}

int option_read_mtu6(struct socket *socket, void *value, int *length)
{
    return read_mtu(socket, false, value, length);
}

int option_check_mtu_discovery(const struct socket *socket, const struct option_row *row,
                               uint32_t value)
{
    (void)socket;
    (void)row;
    return value > IP_PMTUDISC_NOT_SET && value < IP_PMTUDISC_MAX ? 0 : WSAEINVAL;
}
