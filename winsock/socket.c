/*
 * socket.c - the life of a socket.
 *
 * Theory of operation
 *
 * A socket belongs to the handle table. Every call looks its socket up, which takes a reference,
 * and puts it back at its end; the last reference frees the memory.
 *
 * The endpoint, the stack's side of the socket, has to go earlier: closesocket() frees the port.
 * But another thread may be inside a send at that moment. So calls that use the endpoint count
 * themselves in endpoint_users, which an open socket holds at one; the count is entered under
 * socket.lock while the socket is not closed, and whoever brings it to zero frees the endpoint. As
 * endpoint_free() takes the stack lock, it runs without socket.lock.
 *
 * Close is the endgame: the handle dies first, so nobody new comes in; then, under the lock, the
 * socket is marked closed, so that a datagram under way is refused and a receive that has not
 * parked yet gives up; parked receives end with WSAEINTR (C45). What they hold keeps the memory
 * alive until each of them has seen its result.
 *
 * Locks: the stack calls our events under the stack lock and we take socket.lock inside; therefore
 * no function of endpoint.h is called with socket.lock held.
 */
#include "winsock/socket.h"

#include <stdlib.h>
#include <string.h>

#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/errors.h"
#include "winsock/handle.h"
#include "winsock/recvmsg.h"

static void socket_release(void *object);

static const struct handle_class socket_class = {HANDLE_SOCKET, socket_release};

static const struct endpoint_events events = {
    .deliver = recvmsg_deliver,
    .network_down = recvmsg_network_down,
};

/* Sockets whose memory is there, open or not; socket_close_all() waits for the last one. */
static pthread_mutex_t live_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t live_none = PTHREAD_COND_INITIALIZER;
static unsigned live_count;

static void live_add(void)
{
    pthread_mutex_lock(&live_lock);
    live_count++;
    pthread_mutex_unlock(&live_lock);
}

static void live_remove(void)
{
    pthread_mutex_lock(&live_lock);
    if (--live_count == 0) {
        pthread_cond_broadcast(&live_none);
    }
    pthread_mutex_unlock(&live_lock);
}

static bool type_exists(int type)
{
    return type >= 0 && type <= SOCK_SEQPACKET;
}

/* Fills in what the caller left to us and refuses what does not go together, in Windows' order. */
static int resolve_kind(int *family, int *type, int *protocol)
{
    if (!type_exists(*type)) {
        return WSAESOCKTNOSUPPORT;
    }
    if (*family == AF_UNSPEC && *protocol == 0) {
        return WSAEINVAL;
    }
    if (*family != AF_UNSPEC && *family != AF_INET && *family != AF_INET6) {
        return WSAEAFNOSUPPORT;
    }
    if (*type == 0) {
        *type = *protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
    }
    if (*type != SOCK_DGRAM && *type != SOCK_STREAM) {
        return WSAESOCKTNOSUPPORT;
    }
    int expected = *type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP;
    if (*protocol != 0 && *protocol != expected) {
        return WSAEPROTONOSUPPORT;
    }
    *protocol = expected;
    if (*family == AF_UNSPEC) {
        *family = AF_INET;
    }
    return 0;
}

static void options_init(struct socket_options *options)
{
    static const struct ip_options ip = {
        .ttl = IP_DEFAULT_TTL,
        .multicast_ttl = 1,
        .multicast_loop = 1,
        .protection_level = PROTECTION_LEVEL_DEFAULT,
    };

    *options = (struct socket_options){
        .receive_buffer_bytes = LIMIT_RCVBUF_DEFAULT_BYTES,
        .send_buffer_bytes = LIMIT_RCVBUF_DEFAULT_BYTES,
        .v6_only = 1,
        .receive_broadcast = 1,
        .report_port_unreachable = 1,
        .report_ttl_expired = 1,
        .v4 = ip,
        .v6 = ip,
    };
}

int socket_new(int family, int type, int protocol, bool overlapped, SOCKET *out)
{
    int error = resolve_kind(&family, &type, &protocol);

    if (error != 0) {
        return error;
    }
    struct socket *socket = calloc(1, sizeof(*socket));
    if (socket == NULL) {
        return WSAENOBUFS;
    }
    socket->family = family;
    socket->type = type;
    socket->protocol = protocol;
    socket->overlapped = overlapped;
    atomic_init(&socket->endpoint_users, 1);
    pthread_mutex_init(&socket->lock, NULL);
    options_init(&socket->options);
    recvqueue_init(&socket->queue);
    live_add();

    if (socket_is_datagram(socket)) {
        error = errors_wsa_from_errno(endpoint_new(&events, socket, &socket->endpoint));
        if (error != 0) {
            goto no_endpoint;
        }
    }
    error = handle_new(&socket_class, socket, &socket->handle);
    if (error != 0) {
        goto no_handle;
    }
    *out = socket->handle;
    return 0;

no_handle:
    if (socket->endpoint != NULL) {
        endpoint_free(socket->endpoint);
    }
no_endpoint:
    socket_release(socket);
    return error;
}

/* The last reference went; the endpoint is gone already. */
static void socket_release(void *object)
{
    struct socket *socket = object;

    recvqueue_fini(&socket->queue);
    pthread_mutex_destroy(&socket->lock);
    free(socket);
    live_remove();
}

struct socket *socket_get(SOCKET handle)
{
    return handle_get(handle, HANDLE_SOCKET);
}

void socket_put(struct socket *socket)
{
    handle_put(socket->handle);
}

void socket_enter_locked(struct socket *socket)
{
    atomic_fetch_add_explicit(&socket->endpoint_users, 1, memory_order_relaxed);
}

void socket_leave(struct socket *socket)
{
    if (atomic_fetch_sub_explicit(&socket->endpoint_users, 1, memory_order_acq_rel) == 1 &&
        socket->endpoint != NULL) {
        endpoint_free(socket->endpoint);
    }
}

void socket_wake_watchers_locked(struct socket *socket)
{
    for (struct socket_watcher *w = socket->watchers; w != NULL; w = w->next) {
        loop_wake(w->waiter);
    }
}

int socket_close(SOCKET handle)
{
    struct socket *socket = handle_close(handle, HANDLE_SOCKET);

    if (socket == NULL) {
        return WSAENOTSOCK;
    }
    pthread_mutex_lock(&socket->lock);
    socket->closed = true;
    recvmsg_end_all_locked(socket, WSAEINTR);
    socket_wake_watchers_locked(socket);
    struct recvqueue dropped = socket->queue;
    recvqueue_init(&socket->queue);
    pthread_mutex_unlock(&socket->lock);

    recvqueue_fini(&dropped);
    socket_leave(socket);
    handle_put(handle);
    return 0;
}

static void close_visited(uintptr_t handle)
{
    socket_close(handle);
}

void socket_close_all(void)
{
    handle_each(HANDLE_SOCKET, close_visited);
    pthread_mutex_lock(&live_lock);
    while (live_count != 0) {
        pthread_cond_wait(&live_none, &live_lock);
    }
    pthread_mutex_unlock(&live_lock);
}

static enum endpoint_family endpoint_family_locked(const struct socket *socket)
{
    if (socket->family == AF_INET) {
        return ENDPOINT_V4;
    }
    return socket->options.v6_only ? ENDPOINT_V6 : ENDPOINT_DUAL;
}

static enum endpoint_sharing endpoint_sharing_locked(const struct socket *socket)
{
    if (socket->options.reuse_multicast_port) {
        return ENDPOINT_SHARE_MULTICAST;
    }
    if (socket->options.exclusive_address) {
        return ENDPOINT_SHARE_EXCLUSIVE;
    }
    return socket->options.reuse_address ? ENDPOINT_SHARE_REUSE : ENDPOINT_SHARE_DEFAULT;
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
    if (socket->family == AF_INET6 && socket->options.v6_only && netaddr_is_v4(&name->address)) {
        return WSAEADDRNOTAVAIL;
    }
    return 0;
}

int socket_bind(struct socket *socket, const struct endpoint_name *name)
{
    struct endpoint_name bound = *name;

    pthread_mutex_lock(&socket->lock);
    int error = may_bind_locked(socket, name);
    if (error != 0) {
        pthread_mutex_unlock(&socket->lock);
        return error;
    }
    enum endpoint_family family = endpoint_family_locked(socket);
    enum endpoint_sharing sharing = endpoint_sharing_locked(socket);
    socket_enter_locked(socket);
    pthread_mutex_unlock(&socket->lock);

    if (socket->endpoint != NULL) {
        error = errors_wsa_from_errno(
            endpoint_bind(socket->endpoint, name, family, sharing, &bound));
    }
    if (error == 0) {
        pthread_mutex_lock(&socket->lock);
        socket->bound = true;
        socket->local = bound;
        pthread_mutex_unlock(&socket->lock);
    }
    socket_leave(socket);
    return error;
}

int socket_bind_implicit(struct socket *socket)
{
    struct endpoint_name wildcard = {.port = 0};

    pthread_mutex_lock(&socket->lock);
    bool bound = socket->bound;
    pthread_mutex_unlock(&socket->lock);
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
    return netaddr_is_v4(&peer->address) ? socket->options.v4.unicast_interface
                                         : socket->options.v6.unicast_interface;
}

int socket_connect(struct socket *socket, const struct endpoint_name *peer)
{
    struct endpoint_name local;
    int error = peer != NULL ? socket_bind_implicit(socket) : 0;

    if (error != 0) {
        return error;
    }
    pthread_mutex_lock(&socket->lock);
    bool nothing_to_dissolve = peer == NULL && !socket->connected;
    if (socket->closed || nothing_to_dissolve) {
        error = socket->closed ? WSAENOTSOCK : 0;
        pthread_mutex_unlock(&socket->lock);
        return error;
    }
    uint32_t interface_index = peer != NULL ? unicast_interface_locked(socket, peer) : 0;
    socket_enter_locked(socket);
    pthread_mutex_unlock(&socket->lock);

    error = errors_wsa_from_errno(
        endpoint_connect(socket->endpoint, peer, interface_index, &local));
    if (error == 0) {
        pthread_mutex_lock(&socket->lock);
        socket->local = local;
        socket->connected = peer != NULL;
        if (peer != NULL) {
            socket->peer = *peer;
        }
        pthread_mutex_unlock(&socket->lock);
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
    pthread_mutex_lock(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else {
        socket->receive_shut = socket->receive_shut || how != SD_SEND;
        socket->send_shut = socket->send_shut || how != SD_RECEIVE;
        socket_wake_watchers_locked(socket);
    }
    pthread_mutex_unlock(&socket->lock);
    return error;
}
