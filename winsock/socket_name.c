/*
 * socket_name.c - where a socket is and with whom it speaks: bind, connect, shutdown.
 *
 * Bind and connect follow one pattern, because the endpoint takes the stack lock, which comes
 * before socket.lock. Under the lock they look whether the call fits the socket's state and enter
 * the endpoint; without it they call the endpoint; under the lock again they note what came of it.
 * Between the two another thread may have come first; the endpoint decides then.
 */
#include "winsock/socket.h"

#include <ws2tcpip.h>

#include "winsock/errors.h"
#include "winsock/netevents.h"

static enum endpoint_family endpoint_family_locked(const struct socket *socket)
{
    if (socket->family == AF_INET) {
        return ENDPOINT_V4;
    }
    return socket_is_v6_only_locked(socket) ? ENDPOINT_V6 : ENDPOINT_DUAL;
}

static enum endpoint_sharing endpoint_sharing_locked(const struct socket *socket)
{
    if (socket->options->reuse_multicast_port) {
        return ENDPOINT_SHARE_MULTICAST;
    }
    if (socket->exclusive_address) {
        return ENDPOINT_SHARE_EXCLUSIVE;
    }
    return socket->reuse_address ? ENDPOINT_SHARE_REUSE : ENDPOINT_SHARE_DEFAULT;
}

/* May the socket bind now? socket.lock is held. */
static int may_bind_locked(const struct socket *socket, const struct endpoint_name *name)
{
    if (socket->closed) {
        return WSAENOTSOCK;
    }
    if (socket->bound) {
        return WSAEINVAL;
    }
    if (socket_is_v6_only_locked(socket) && netaddr_is_v4(&name->address)) {
        return WSAEADDRNOTAVAIL;
    }
    return 0;
}

int socket_bind(struct socket *socket, const struct endpoint_name *name)
{
    struct endpoint_name bound = *name;

    lock_take(&socket->lock);
    int error = may_bind_locked(socket, name);
    if (error != 0) {
        lock_give(&socket->lock);
        return error;
    }
    enum endpoint_family family = endpoint_family_locked(socket);
    enum endpoint_sharing sharing = endpoint_sharing_locked(socket);
    socket_enter_locked(socket);
    lock_give(&socket->lock);

    if (socket->endpoint != NULL) {
        error = errors_wsa_from_errno(
            endpoint_bind(socket->endpoint, name, family, sharing, &bound));
    }
    if (error == 0) {
        lock_take(&socket->lock);
        socket->bound = true;
        socket->local = bound;
        netevents_record_locked(socket, FD_WRITE);
        lock_give(&socket->lock);
    }
    socket_leave(socket);
    return error;
}

int socket_bind_implicit(struct socket *socket)
{
    struct endpoint_name wildcard = {.port = 0};

    lock_take(&socket->lock);
    bool bound = socket->bound;
    lock_give(&socket->lock);
    if (bound) {
        return 0;
    }
    if (socket->family == AF_INET) {
        wildcard.address = netaddr_from_v4(INADDR_ANY);
    }
    int error = socket_bind(socket, &wildcard);
    return error == WSAEINVAL ? 0 : error; /* another thread was faster */
}

/* IP_UNICAST_IF or IPV6_UNICAST_IF for a peer; 0: by route. */
static uint32_t unicast_interface_locked(const struct socket *socket,
                                         const struct endpoint_name *peer)
{
    return netaddr_is_v4(&peer->address) ? socket->options->v4.unicast_interface
                                         : socket->options->v6.unicast_interface;
}

int socket_connect(struct socket *socket, const struct endpoint_name *peer)
{
    struct endpoint_name local;
    int error = peer != NULL ? socket_bind_implicit(socket) : 0;

    if (error != 0) {
        return error;
    }
    lock_take(&socket->lock);
    bool nothing_to_dissolve = peer == NULL && !socket->connected;
    bool no_room = peer != NULL && socket_extra_locked(socket) == NULL;
    if (socket->closed || nothing_to_dissolve || no_room) {
        error = socket->closed ? WSAENOTSOCK : no_room ? WSAENOBUFS : 0;
        lock_give(&socket->lock);
        return error;
    }
    uint32_t interface_index = peer != NULL ? unicast_interface_locked(socket, peer) : 0;
    socket_enter_locked(socket);
    lock_give(&socket->lock);

    error = errors_wsa_from_errno(
        endpoint_connect(socket->endpoint, peer, interface_index, &local));
    if (error == 0) {
        lock_take(&socket->lock);
        socket->local = local;
        socket->connected = peer != NULL;
        if (peer != NULL) {
            socket->extra->peer = *peer;
            netevents_record_locked(socket, FD_CONNECT | FD_WRITE);
        }
        lock_give(&socket->lock);
    }
    socket_leave(socket);
    return error;
}

int socket_shutdown(struct socket *socket, int how)
{
    int error = 0;

    if (how != SD_RECEIVE && how != SD_SEND && how != SD_BOTH) {
        return WSAEINVAL;
    }
    if (!socket_is_datagram(socket)) {
        return WSAENOTCONN;
    }
    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else {
        socket->receive_shut = socket->receive_shut || how != SD_SEND;
        socket->send_shut = socket->send_shut || how != SD_RECEIVE;
        socket_wake_watchers_locked(socket);
    }
    lock_give(&socket->lock);
    return error;
}
