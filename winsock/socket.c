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
 * A socket may have several descriptors (WSADuplicateSocket), and further handles that are no
 * SOCKET (DuplicateHandle). The handle table counts them; the socket is closed with the last one,
 * in whatever order they go.
 *
 * Locks: the stack calls our events under the stack lock and we take socket.lock inside; therefore
 * no function of endpoint.h is called with socket.lock held.
 */
#include "winsock/socket.h"

#include <stdlib.h>

#include <ws2tcpip.h>

#include "config/limits.h"
#include "stack/stack.h"
#include "host/host.h"
#include "winsock/errors.h"
#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/netevents.h"
#include "winsock/operation.h"
#include "winsock/options.h"
#include "winsock/port.h"
#include "winsock/recvmsg.h"
#include "winsock/recvwait.h"

static void socket_release(void *object);

static const struct handle_class socket_class = {HANDLE_SOCKET, socket_release, true};

/* Mark of a descriptor: the socket was not bound when it was made. */
#define MADE_UNBOUND 1u

static const struct endpoint_events events = {
    .fetch = recvmsg_fetch,
    .hold = recvmsg_hold,
    .release = recvmsg_release,
    .deliver = recvmsg_deliver,
    .error = recvmsg_error,
    .network_down = recvmsg_network_down,
    .interface_state = recvmsg_interface_state,
    .addresses_changed = op_addresses_changed,
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

/* What stands for type 0: the kind of socket that has the protocol (WB 7.6, 7.8). */
static int default_type(int protocol)
{
    switch (protocol) {
    case IPPROTO_UDP:
        return SOCK_DGRAM;
    case IPPROTO_RAW:
        return SOCK_RAW;
    default:
        return SOCK_STREAM;
    }
}

/* A raw socket may name any IP protocol; 0 stays 0. */
static int resolve_raw(int *family, int protocol)
{
    if (protocol < 0 || protocol > IPPROTO_RAW) {
        return WSAEPROTONOSUPPORT;
    }
    if (*family == AF_UNSPEC) {
        *family = AF_INET;
    }
    return host_raw_allowed() ? 0 : WSAEACCES;
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
        *type = default_type(*protocol);
    }
    if (*type == SOCK_RAW) {
        return resolve_raw(family, *protocol);
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

static int new_endpoint(struct socket *socket)
{
    int error = socket_is_raw(socket)
                    ? endpoint_new_raw(&events, socket, (uint8_t)socket->protocol,
                                       &socket->endpoint)
                    : endpoint_new(&events, socket, &socket->endpoint);

    return errors_wsa_from_errno(error);
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
    socket->family = (uint8_t)family;
    socket->type = (uint8_t)type;
    socket->protocol = (uint8_t)protocol;
    socket->overlapped = overlapped;
    atomic_init(&socket->endpoint_users, 1);
    options_init(socket);
    recvqueue_init(&socket->queue);
    waitable_init(&socket->io, false, false);
    live_add();

    if (socket_is_datagram(socket)) {
        error = new_endpoint(socket);
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
    op_socket_fini(socket);
    if (socket->extra != NULL) {
        timestamps_fini(&socket->extra->timestamps);
        free(socket->extra);
    }
    options_fini(socket);
    free(socket);
    live_remove();
}

struct socket *socket_get(SOCKET handle)
{
    return handle_get(handle, HANDLE_SOCKET);
}

struct socket *socket_get_by_handle(HANDLE handle)
{
    return handle_get(event_handle_value(handle), HANDLE_SOCKET | HANDLE_FILE);
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

struct socket_extra *socket_extra_locked(struct socket *socket)
{
    if (socket->extra == NULL) {
        socket->extra = calloc(1, sizeof(*socket->extra));
    }
    return socket->extra;
}

void socket_wake_watchers_locked(struct socket *socket)
{
    watchers_wake(socket->watchers);
}

bool socket_is_down_locked(const struct socket *socket)
{
    return socket->network_down || (socket->bound && stack_ended());
}

/* The last handle is closed. */
static void end(struct socket *socket)
{
    struct recvqueue dropped;

    lock_take(&socket->lock);
    socket->closed = true;
    recvwait_end_all_locked(socket, WSAEINTR, WSA_OPERATION_ABORTED); /* C45, C56 */
    op_abort_changes_locked(socket);
    waitable_set(&socket->io);
    socket_wake_watchers_locked(socket);
    struct event *event = netevents_detach_locked(socket);
    recvqueue_move(&dropped, &socket->queue);
    lock_give(&socket->lock);

    recvqueue_fini(&dropped);
    if (event != NULL) {
        event_put(event);
    }
    handle_wait_unpinned(socket->handle); /* sends that found it open */
    socket_leave(socket);
}

/* Closes a handle of one of the kinds. Returns whether there was one. */
static bool close_handle(uintptr_t value, unsigned kinds)
{
    bool last;
    struct socket *socket = handle_close(value, kinds, &last);

    if (socket == NULL) {
        return false;
    }
    if (last) {
        end(socket);
    }
    handle_put(value);
    return true;
}

int socket_close(SOCKET handle)
{
    return close_handle(handle, HANDLE_SOCKET) ? 0 : WSAENOTSOCK;
}

bool socket_close_handle(HANDLE handle)
{
    return close_handle(event_handle_value(handle), HANDLE_SOCKET | HANDLE_FILE);
}

int socket_duplicate(struct socket *socket, SOCKET *out)
{
    lock_take(&socket->lock);
    unsigned mark = socket->bound ? 0 : MADE_UNBOUND;
    lock_give(&socket->lock);
    int error = handle_duplicate(socket->handle, HANDLE_SOCKET, mark, out);

    return error == WSA_INVALID_HANDLE ? WSAENOTSOCK : error;
}

void socket_set_bound_through(struct socket *socket, SOCKET descriptor)
{
    atomic_store_explicit(&socket->bound_through, (uint32_t)descriptor, memory_order_relaxed);
}

bool socket_bound_for_other(struct socket *socket, SOCKET handle)
{
    uint32_t through = atomic_load_explicit(&socket->bound_through, memory_order_relaxed);

    if (through == 0) {
        return true;
    }
    if (handle == socket->handle) { /* the first descriptor is older than any binding */
        return false;
    }
    return handle_mark(handle) != MADE_UNBOUND; /* closed meanwhile: the receive itself finds out */
}

static void close_visited(uintptr_t value, void *socket, void *unused)
{
    (void)socket, (void)unused;
    close_handle(value, HANDLE_SOCKET | HANDLE_FILE);
}

void socket_close_all(void)
{
    handle_each(HANDLE_SOCKET | HANDLE_FILE, close_visited, NULL);
    pthread_mutex_lock(&live_lock);
    while (live_count != 0) {
        pthread_cond_wait(&live_none, &live_lock);
    }
    pthread_mutex_unlock(&live_lock);
}
