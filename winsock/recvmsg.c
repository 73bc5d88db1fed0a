/*
 * recvmsg.c - how a datagram gets from the stack into a caller's buffers.
 *
 * Theory of operation
 *
 * A receive takes the oldest queued datagram. When there is none and the call waits, it parks a
 * recv_operation in the socket's list. Looking into the queue and parking happen under one hold of
 * socket.lock, and so do offering a datagram to the parked operations and queueing it; so either
 * the receive finds the datagram or the datagram finds the receive, and operations are parked only
 * while the queue is empty.
 *
 * The stack offers a datagram while it holds the stack lock and the datagram is still in the
 * driver's buffer. A parked operation is filled straight from there: one copy, no packet. Otherwise
 * the datagram is kept and queued. Options are read at the moment of filling (C28).
 *
 * operation_complete_locked() is the only place where an operation gets its outcome: it takes it
 * out of the list, so that it happens once, stores the result and publishes. Publishing is the
 * operation's own function: for a synchronous call it wakes the thread whose frame the operation
 * lives in. The wake is given under socket.lock; the thread takes that lock before it looks, so it
 * cannot leave the frame while somebody is still waking it.
 *
 * A socket that asks for it gets several queued datagrams of one flow in one call (coalesce.c).
 * Nothing is held back for that: a call that waits gets the first datagram alone.
 *
 * MSG_PEEK operations are filled too, but the datagram goes on to the next one or to the queue.
 *
 * ICMP errors take the same way as datagrams: each ends one waiting receive or stands in the queue
 * until its turn comes (C35). A peek is ended, too, but leaves the error where it is. What the
 * switches SIO_UDP_CONNRESET and SIO_UDP_NETRESET say when the error arrives counts (C37).
 *
 * Locks: socket.lock, taken inside the stack lock by the two events. Payload is copied out of the
 * queue without a lock.
 */
#include "winsock/recvmsg.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "stack/loop.h"
#include "winsock/blocking.h"
#include "winsock/coalesce.h"
#include "winsock/name.h"
#include "winsock/netevents.h"
#include "winsock/socket.h"

/* A receive that waits. */
struct recv_operation {
    struct recv_operation *next, *previous; /* in the socket's list, under socket.lock */
    const struct recv_request *request;
    struct recv_result *result;
    bool complete;                          /* under socket.lock */
    void (*publish)(struct recv_operation *operation); /* called once, with socket.lock held */
};

/* One that a thread waits for in its own frame. */
struct recv_wait {
    struct recv_operation operation; /* first: the two have one address */
    struct loop_waiter waiter;
};

static struct recv_view view_locked(const struct socket *socket)
{
    struct recv_view view = {
        .family = socket->family,
        .control4 = socket->options.v4.control,
        .control6 = socket->options.v6.control,
        .coalesced_bytes = socket->options.receive_coalesced_bytes,
    };
    return view;
}

static void operation_park_locked(struct socket *socket, struct recv_operation *operation)
{
    operation->next = NULL;
    operation->previous = socket->last_operation;
    if (operation->previous != NULL) {
        operation->previous->next = operation;
    } else {
        socket->first_operation = operation;
    }
    socket->last_operation = operation;
}

static void operation_unpark_locked(struct socket *socket, struct recv_operation *operation)
{
    if (operation->previous != NULL) {
        operation->previous->next = operation->next;
    } else {
        socket->first_operation = operation->next;
    }
    if (operation->next != NULL) {
        operation->next->previous = operation->previous;
    } else {
        socket->last_operation = operation->previous;
    }
}

/* Publishes what stands in the result. The operation must not be touched afterwards. */
static void operation_complete_locked(struct socket *socket, struct recv_operation *operation)
{
    operation_unpark_locked(socket, operation);
    operation->complete = true;
    operation->publish(operation);
}

void recvmsg_end_all_locked(struct socket *socket, int error)
{
    while (socket->first_operation != NULL) {
        struct recv_operation *operation = socket->first_operation;
        *operation->result = (struct recv_result){.error = error};
        operation_complete_locked(socket, operation);
    }
}

/* Shows a datagram to the parked operations. Returns whether one consumed it. */
static bool offer_locked(struct socket *socket, const struct datagram *datagram)
{
    struct recv_operation *operation = socket->first_operation;
    bool consumed = false;

    if (operation == NULL) {
        return false;
    }
    struct recv_view view = view_locked(socket);
    while (operation != NULL && !consumed) {
        struct recv_operation *next = operation->next;
        consumed = !operation->request->peek;
        recvmsg_fill(&view, datagram, operation->request, operation->result);
        operation_complete_locked(socket, operation);
        operation = next;
    }
    return consumed;
}

static enum endpoint_verdict queue_locked(struct socket *socket, struct datagram *datagram)
{
    uint32_t length = datagram->meta->length;

    switch (recvqueue_reserve(&socket->queue, length, socket->options.receive_buffer_bytes)) {
    case RECVQUEUE_FULL:
        return ENDPOINT_FULL;
    case RECVQUEUE_NO_MEMORY:
        return ENDPOINT_REFUSED;
    case RECVQUEUE_ROOM:
        break;
    }
    struct packet *packet = datagram_keep(datagram);
    if (packet == NULL) {
        return ENDPOINT_REFUSED;
    }
    bool was_empty = recvqueue_empty(&socket->queue);
    recvqueue_push(&socket->queue, packet, length);
    if (was_empty) {
        socket_wake_watchers_locked(socket);
    }
    netevents_record_locked(socket, FD_READ);
    return ENDPOINT_QUEUED;
}

enum endpoint_verdict recvmsg_deliver(void *owner, struct datagram *datagram)
{
    struct socket *socket = owner;
    enum endpoint_verdict verdict;

    pthread_mutex_lock(&socket->lock);
    if (offer_locked(socket, datagram)) { /* nothing is parked on a closed socket */
        verdict = ENDPOINT_DIRECT;
    } else if (socket->closed || socket->receive_shut) {
        verdict = ENDPOINT_REFUSED; /* WB 8.5: what was parked before a shutdown still gets data */
    } else {
        verdict = queue_locked(socket, datagram);
    }
    pthread_mutex_unlock(&socket->lock);
    return verdict;
}

/* --- ICMP errors --- */

/* What a receive call says of an error; 0: the socket does not want to hear of it (C37). */
static int code_of_locked(const struct socket *socket, enum endpoint_error_kind kind)
{
    switch (kind) {
    case ENDPOINT_PORT_UNREACHABLE:
        return socket->options.report_port_unreachable ? WSAECONNRESET : 0;
    case ENDPOINT_TTL_EXPIRED:
        return socket->options.report_ttl_expired ? WSAENETRESET : 0;
    case ENDPOINT_HOST_UNREACHABLE:
        return WSAEHOSTUNREACH;
    default:
        return WSAENETUNREACH; /* a protocol's, too: STATUS_PROTOCOL_UNREACHABLE */
    }
}

/* Writes an error into a call's result, and into its name the peer that it is about. */
static void fill_error(int family, const struct recvqueue_error *error,
                       const struct recv_request *request, struct recv_result *result)
{
    *result = (struct recv_result){.error = error->code, .named = request->name != NULL};
    if (result->named) {
        name_write(family, &error->peer, request->name);
    }
}

/* Ends parked operations with an error. Returns whether one consumed it. */
static bool offer_error_locked(struct socket *socket, const struct recvqueue_error *error)
{
    bool consumed = false;

    while (socket->first_operation != NULL && !consumed) {
        struct recv_operation *operation = socket->first_operation;
        consumed = !operation->request->peek;
        fill_error(socket->family, error, operation->request, operation->result);
        operation_complete_locked(socket, operation);
    }
    return consumed;
}

static enum endpoint_verdict queue_error_locked(struct socket *socket,
                                                const struct recvqueue_error *error)
{
    bool was_empty = recvqueue_empty(&socket->queue);

    switch (recvqueue_push_error(&socket->queue, error)) {
    case RECVQUEUE_FULL:
        return ENDPOINT_FULL;
    case RECVQUEUE_NO_MEMORY:
        return ENDPOINT_REFUSED;
    case RECVQUEUE_ROOM:
        break;
    }
    if (was_empty) {
        socket_wake_watchers_locked(socket);
    }
    netevents_record_locked(socket, FD_READ);
    return ENDPOINT_QUEUED;
}

enum endpoint_verdict recvmsg_error(void *owner, const struct endpoint_error *error)
{
    struct socket *socket = owner;
    enum endpoint_verdict verdict;

    pthread_mutex_lock(&socket->lock);
    struct recvqueue_error entry = {
        .peer = error->peer,
        .code = code_of_locked(socket, error->kind),
    };
    if (entry.code == 0) {
        verdict = ENDPOINT_REFUSED;
    } else if (offer_error_locked(socket, &entry)) {
        verdict = ENDPOINT_DIRECT;
    } else if (socket->closed || socket->receive_shut) {
        verdict = ENDPOINT_REFUSED;
    } else {
        verdict = queue_error_locked(socket, &entry);
    }
    pthread_mutex_unlock(&socket->lock);
    return verdict;
}

/* Nothing can arrive: waiting calls end, and others are told that a receive would not wait. */
static void go_down_locked(struct socket *socket)
{
    recvmsg_end_all_locked(socket, WSAENETDOWN);
    socket_wake_watchers_locked(socket);
    netevents_record_locked(socket, FD_READ);
}

void recvmsg_network_down(void *owner)
{
    struct socket *socket = owner;

    pthread_mutex_lock(&socket->lock);
    go_down_locked(socket);
    pthread_mutex_unlock(&socket->lock);
}

void recvmsg_interface_state(void *owner, bool up)
{
    struct socket *socket = owner;

    pthread_mutex_lock(&socket->lock);
    socket->network_down = !up;
    if (!up) {
        go_down_locked(socket);
    }
    pthread_mutex_unlock(&socket->lock);
}

static int may_receive_locked(const struct socket *socket)
{
    if (socket->closed) {
        return WSAENOTSOCK;
    }
    if (socket->receive_shut) {
        return WSAESHUTDOWN;
    }
    return socket->bound ? 0 : WSAEINVAL;
}

/* Wakes the thread whose frame the operation lives in. */
static void publish_to_thread(struct recv_operation *operation)
{
    loop_wake(&((struct recv_wait *)operation)->waiter);
}

/*
 * Waits for a parked operation; at the deadline, or when the thread cancels the call (C44), it is
 * taken back. No lock is held.
 */
static void wait_for(struct socket *socket, struct recv_wait *wait, int64_t deadline_ns)
{
    struct recv_operation *operation = &wait->operation;
    bool complete;

    do {
        int woken = blocking_wait(&wait->waiter, deadline_ns);
        int error = woken == -EINTR ? WSAEINTR : WSAETIMEDOUT;
        pthread_mutex_lock(&socket->lock);
        if (woken != 0 && !operation->complete) {
            *operation->result = (struct recv_result){.error = error};
            operation_complete_locked(socket, operation);
        }
        complete = operation->complete;
        pthread_mutex_unlock(&socket->lock);
    } while (!complete);
}

static int64_t receive_deadline_locked(const struct socket *socket)
{
    uint32_t timeout_ms = socket->options.receive_timeout_ms;

    return timeout_ms == 0 ? LOOP_FOREVER : loop_now_ns() + (int64_t)timeout_ms * 1000000;
}

/* Parks the call, gives socket.lock up and waits; a thread that waits already can't (C44). */
static void wait_and_unlock(struct socket *socket, const struct recv_request *request,
                            struct recv_result *result)
{
    struct recv_wait wait = {
        .operation = {.request = request, .result = result, .publish = publish_to_thread},
    };
    int64_t deadline_ns = receive_deadline_locked(socket);
    int error = blocking_enter();

    if (error != 0) {
        pthread_mutex_unlock(&socket->lock);
        *result = (struct recv_result){.error = error};
        return;
    }
    loop_waiter_init(&wait.waiter);
    operation_park_locked(socket, &wait.operation);
    pthread_mutex_unlock(&socket->lock);
    wait_for(socket, &wait, deadline_ns);
    loop_waiter_fini(&wait.waiter);
    blocking_leave();
}

/* A receive call tells again of what it leaves in the queue (WB 15.15, C69). */
static void tell_rest_locked(struct socket *socket)
{
    if (!recvqueue_empty(&socket->queue)) {
        netevents_record_locked(socket, FD_READ);
    }
}

/* The error whose turn it is, if there is one, ends the call; socket.lock is given up then. */
static bool take_error_and_unlock(struct socket *socket, const struct recv_request *request,
                                  struct recv_result *result)
{
    const struct recvqueue_error *error = recvqueue_error(&socket->queue);

    if (error == NULL) {
        return false;
    }
    fill_error(socket->family, error, request, result);
    if (!request->peek) {
        recvqueue_drop_error(&socket->queue);
    }
    tell_rest_locked(socket);
    pthread_mutex_unlock(&socket->lock);
    return true;
}

/*
 * Takes the oldest datagram, if there is one, and gives socket.lock up in that case. Returns
 * whether the call is over.
 */
static bool take_queued_and_unlock(struct socket *socket, const struct recv_request *request,
                                   struct recv_result *result)
{
    struct packet *packet =
        request->peek ? recvqueue_peek(&socket->queue) : recvqueue_pop(&socket->queue);

    if (packet == NULL) {
        return false;
    }
    struct recv_view view = view_locked(socket);
    struct coalesced all;
    bool joined = view.coalesced_bytes != 0 &&
                  coalesce_locked(&socket->queue, packet, &view, request, &all);
    tell_rest_locked(socket);
    pthread_mutex_unlock(&socket->lock);
    if (joined) {
        recvmsg_fill_coalesced(&view, &all, request, result);
        return true;
    }
    struct datagram datagram = packet_view(packet);
    recvmsg_fill(&view, &datagram, request, result);
    if (!request->peek) {
        packet_trace_delivery(packet);
    }
    packet_put(packet);
    return true;
}

/*
 * One look: an error, what is first in the queue, or the end of the network, each of which ends the
 * call and gives socket.lock up. Otherwise returns false with the lock still held.
 */
static bool look_and_unlock(struct socket *socket, const struct recv_request *request,
                            struct recv_result *result)
{
    int error = may_receive_locked(socket);

    if (error == 0 && (take_error_and_unlock(socket, request, result) ||
                       take_queued_and_unlock(socket, request, result))) {
        return true;
    }
    if (error == 0 && socket_is_down_locked(socket)) {
        error = WSAENETDOWN;
    }
    if (error == 0) {
        return false;
    }
    pthread_mutex_unlock(&socket->lock);
    *result = (struct recv_result){.error = error};
    return true;
}

void recvmsg_receive(struct socket *socket, const struct recv_request *request,
                     struct recv_result *result)
{
    pthread_mutex_lock(&socket->lock);
    if (look_and_unlock(socket, request, result)) {
        return;
    }
    if (!socket->nonblocking || request->blocking) {
        wait_and_unlock(socket, request, result);
        return;
    }
    pthread_mutex_unlock(&socket->lock);

    loop_poll();
    pthread_mutex_lock(&socket->lock);
    if (look_and_unlock(socket, request, result)) {
        return;
    }
    pthread_mutex_unlock(&socket->lock);
    *result = (struct recv_result){.error = WSAEWOULDBLOCK};
}
