/*
 * recvmsg.c - how a datagram gets from the stack into a caller's buffers.
 *
 * Theory of operation
 *
 * A receive takes the oldest queued datagram. When there is none, it is parked in the socket's list
 * (recvwait.c): a call that blocks by a struct in its thread's frame, an overlapped call as part of
 * its operation (operation.c). Looking into the queue and parking happen under one hold of
 * socket.lock, and so do offering a datagram to the parked receives and queueing it; so either the
 * receive finds the datagram or the datagram finds the receive, and receives are parked only while
 * the queue is empty. They are served in the order in which they came, whatever their kind (C50,
 * C65).
 *
 * The stack offers a datagram while it holds the stack lock and the datagram is still in the
 * driver's buffer. A parked receive is filled straight from there: one copy, no packet. Otherwise
 * the datagram is kept and queued. Options are read at the moment of filling (C28).
 *
 * recvwait_complete_locked() is the only place where a parked receive gets its outcome: it takes it
 * out of the list, so that it happens once. A thread is woken under socket.lock; it takes that lock
 * before it looks, so it cannot leave the frame while somebody is still waking it. An operation
 * goes to op_complete().
 *
 * Datagrams that arrived as one superframe come in one piece, and are dealt out as if they had come
 * one by one (superframe.c): the parked receives get theirs straight from the driver's buffer, the
 * rest is kept in one copy, of which receives take one datagram after the other.
 *
 * A socket that asks for it gets several datagrams of one flow in one call (coalesce.c): what is
 * queued when it comes, or what one superframe brings while it waits. Nothing is held back for that.
 *
 * Receives with MSG_PEEK are filled too, but the datagram goes on to the next one or to the queue.
 *
 * ICMP errors take the same way as datagrams: each ends one waiting receive or stands in the queue
 * until its turn comes (C35). A peek is ended, too, but leaves the error where it is. What the
 * switches SIO_UDP_CONNRESET and SIO_UDP_NETRESET say when the error arrives counts (C37).
 *
 * recvquick.c is the short way of the most frequent receive, of a single datagram that is there
 * already.
 *
 * Locks: socket.lock, taken inside the stack lock by the events. On the long way payload is copied
 * out of the queue without a lock.
 */
#include "winsock/recvmsg.h"

#include <errno.h>
#include <string.h>

#include "stack/loop.h"
#include "winsock/blocking.h"
#include "winsock/coalesce.h"
#include "winsock/handle.h"
#include "winsock/name.h"
#include "winsock/netevents.h"
#include "winsock/operation.h"
#include "winsock/port.h"
#include "winsock/recvwait.h"
#include "winsock/socket.h"
#include "winsock/superframe.h"
#include "winsock/thread.h"

struct recv_view recvmsg_view_locked(const struct socket *socket)
{
    struct recv_view view = {
        .family = socket->family,
        .control4 = socket->receive.control4,
        .control6 = socket->receive.control6,
        .coalesced_bytes = socket->receive.coalesced_bytes,
    };
    return view;
}

static enum endpoint_verdict queue_locked(struct socket *socket, struct datagram *datagram)
{
    struct recvqueue *queue = &socket->queue;
    uint32_t length = datagram->meta->length;

    switch (recvqueue_reserve(queue, length, socket->receive.buffer_bytes)) {
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
    if (recvqueue_empty(queue) && socket->watchers != NULL) {
        socket_wake_watchers_locked(socket);
    }
    recvqueue_push(queue, packet, length);
    netevents_record_locked(socket, FD_READ);
    return ENDPOINT_QUEUED;
}

void recvmsg_fetch(const void *owner)
{
    const char *first = owner;
    const char *last = first + offsetof(struct socket, connected) - 1;

    __builtin_prefetch(first, 1);
    __builtin_prefetch(first + 64, 1);
    __builtin_prefetch(last, 1); /* a third line when the socket does not begin one */
}

bool recvmsg_hold(void *owner, bool wait)
{
    struct socket *socket = owner;

    if (!lock_try(&socket->lock)) {
        if (!wait) {
            return false;
        }
        lock_take(&socket->lock);
    }
    socket->burst = BURST_HELD;
    handle_fetch(socket->handle);
    return true;
}

void recvmsg_release(void *owner)
{
    struct socket *socket = owner;

    if (socket->burst == BURST_SIGNALS) {
        op_signal_locked(socket);
    }
    socket->burst = BURST_NONE;
    if (socket->port != NULL) {
        port_post_gathered(socket->port);
    }
    lock_give(&socket->lock);
}

enum endpoint_verdict recvmsg_deliver(void *owner, struct datagram *datagram)
{
    struct socket *socket = owner;
    enum endpoint_verdict verdict;

    if (datagram->meta->segment_size != 0) {
        verdict = superframe_deliver_locked(socket, datagram);
    } else if (socket->first_wait != NULL && recvwait_offer_locked(socket, datagram)) { /* nothing is parked on a closed socket */
        verdict = ENDPOINT_DIRECT;
    } else if (socket->closed || socket->receive_shut) {
        verdict = ENDPOINT_REFUSED; /* WB 8.5: what was parked before a shutdown still gets data */
    } else {
        verdict = queue_locked(socket, datagram);
    }
    return verdict;
}

/* --- ICMP errors --- */

/* What a receive call says of an error; 0: the socket does not want to hear of it (C37). */
static int code_of_locked(const struct socket *socket, enum endpoint_error_kind kind)
{
    switch (kind) {
    case ENDPOINT_PORT_UNREACHABLE:
        return socket->report_port_unreachable ? WSAECONNRESET : 0;
    case ENDPOINT_TTL_EXPIRED:
        return socket->report_ttl_expired ? WSAENETRESET : 0;
    case ENDPOINT_HOST_UNREACHABLE:
        return WSAEHOSTUNREACH;
    default:
        return WSAENETUNREACH; /* a protocol's, too: STATUS_PROTOCOL_UNREACHABLE */
    }
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

    lock_take(&socket->lock);
    struct recvqueue_error entry = {
        .peer = error->peer,
        .code = code_of_locked(socket, error->kind),
    };
    if (entry.code == 0) {
        verdict = ENDPOINT_REFUSED;
    } else if (recvwait_offer_error_locked(socket, &entry)) {
        verdict = ENDPOINT_DIRECT;
    } else if (socket->closed || socket->receive_shut) {
        verdict = ENDPOINT_REFUSED;
    } else {
        verdict = queue_error_locked(socket, &entry);
    }
    lock_give(&socket->lock);
    return verdict;
}

/* Nothing can arrive: waiting calls end, and others are told that a receive would not wait. */
static void go_down_locked(struct socket *socket)
{
    recvwait_end_all_locked(socket, WSAENETDOWN, WSAENETDOWN);
    socket_wake_watchers_locked(socket);
    netevents_record_locked(socket, FD_READ);
}

void recvmsg_network_down(void *owner)
{
    struct socket *socket = owner;

    lock_take(&socket->lock);
    go_down_locked(socket);
    lock_give(&socket->lock);
}

void recvmsg_interface_state(void *owner, bool up)
{
    struct socket *socket = owner;

    lock_take(&socket->lock);
    socket->network_down = !up;
    if (!up) {
        go_down_locked(socket);
    }
    lock_give(&socket->lock);
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

/*
 * Waits for a parked call; at the deadline, or when the thread cancels the call (C44), it is taken
 * back. No lock is held.
 */
static void wait_for(struct socket *socket, struct recv_wait *wait, struct thread *self,
                     int64_t deadline_ns)
{
    bool complete;

    do {
        int woken = blocking_wait(self, deadline_ns);
        lock_take(&socket->lock);
        if (woken != 0 && !wait->complete) {
            recvwait_end_locked(socket, wait, woken == -EINTR ? WSAEINTR : WSAETIMEDOUT);
        }
        complete = wait->complete;
        lock_give(&socket->lock);
    } while (!complete);
}

static int64_t receive_deadline_locked(const struct socket *socket)
{
    uint32_t timeout_ms = socket->receive_timeout_ms;

    return timeout_ms == 0 ? LOOP_FOREVER : loop_now_ns() + (int64_t)timeout_ms * 1000000;
}

/* A call that is parked. */
struct parked {
    struct socket *socket; /* the reference of whoever called */
    struct recv_wait wait;
};

/* The thread ends: nothing is received for it any more, and the caller's reference goes. */
static void abandon(void *of)
{
    struct parked *parked = of;
    struct socket *socket = parked->socket;

    lock_take(&socket->lock);
    if (!parked->wait.complete) {
        recvwait_end_locked(socket, &parked->wait, WSAEINTR);
    }
    lock_give(&socket->lock);
    socket_put(socket);
}

/* Parks the call, gives socket.lock up and waits; a thread that waits already can't (C44). */
static void wait_and_unlock(struct socket *socket, const struct recv_request *request,
                            struct recv_result *result)
{
    struct parked parked = {
        .socket = socket,
        .wait = {.request = request, .result = result},
    };
    int64_t deadline_ns = receive_deadline_locked(socket);
    struct thread *self;
    int error = blocking_enter(abandon, &parked, &self);

    if (error != 0) {
        lock_give(&socket->lock);
        *result = (struct recv_result){.error = error};
        return;
    }
    parked.wait.waiter = &self->waiter;
    recvwait_park_locked(socket, &parked.wait);
    lock_give(&socket->lock);
    wait_for(socket, &parked.wait, self, deadline_ns);
    blocking_leave();
}

/* The error whose turn it is, if there is one, ends the call; socket.lock is given up then. */
static bool take_error_and_unlock(struct socket *socket, const struct recv_request *request,
                                  struct recv_result *result)
{
    const struct recvqueue_error *error = recvqueue_error(&socket->queue);

    if (error == NULL) {
        return false;
    }
    recvmsg_fill_error(socket->family, error, request, result);
    if (!request->peek) {
        recvqueue_drop_error(&socket->queue);
    }
    netevents_tell_rest_locked(socket);
    lock_give(&socket->lock);
    return true;
}

/*
 * Takes the oldest datagram, if there is one, and gives socket.lock up in that case. Returns
 * whether the call is over.
 */
static bool take_queued_and_unlock(struct socket *socket, const struct recv_request *request,
                                   struct recv_result *result)
{
    struct recv_view view = recvmsg_view_locked(socket);
    struct recvqueue_run one;
    struct coalesced all;
    bool joined = view.coalesced_bytes != 0 &&
                  coalesce_locked(&socket->queue, &view, request, &all);

    if (!joined && !(request->peek ? recvqueue_peek(&socket->queue, &one)
                                   : recvqueue_pop(&socket->queue, &one))) {
        return false;
    }
    netevents_tell_rest_locked(socket);
    lock_give(&socket->lock);
    if (joined) {
        recvmsg_fill_coalesced(&view, &all, request, result);
        return true;
    }
    struct datagram_meta meta;
    struct datagram datagram = recvqueue_view(&one, &meta);
    recvmsg_fill(&view, &datagram, request, result);
    if (!request->peek) {
        packet_trace_delivery(datagram.meta);
    }
    packet_put(one.packet);
    return true;
}

/*
 * One look: an error, what is first in the queue, or the end of the network, each of which ends the
 * call and gives socket.lock up. Otherwise returns false with the lock still held.
 */
static inline bool look_and_unlock(struct socket *socket, const struct recv_request *request,
                                   struct recv_result *result)
{
    int error = may_receive_locked(socket);

    if (error == 0 && !recvqueue_empty(&socket->queue) &&
        (take_error_and_unlock(socket, request, result) ||
         take_queued_and_unlock(socket, request, result))) {
        return true;
    }
    if (error == 0 && socket_is_down_locked(socket)) {
        error = WSAENETDOWN;
    }
    if (error == 0) {
        return false;
    }
    lock_give(&socket->lock);
    *result = (struct recv_result){.error = error};
    return true;
}

void recvmsg_receive(struct socket *socket, const struct recv_request *request,
                     struct recv_result *result)
{
    lock_take(&socket->lock);
    if (look_and_unlock(socket, request, result)) {
        return;
    }
    if (!socket->nonblocking || request->blocking) {
        wait_and_unlock(socket, request, result);
        return;
    }
    lock_give(&socket->lock);

    loop_poll();
    lock_take(&socket->lock);
    if (look_and_unlock(socket, request, result)) {
        return;
    }
    lock_give(&socket->lock);
    *result = (struct recv_result){.error = WSAEWOULDBLOCK};
}

/* --- overlapped receives --- */

/* What the call itself tells; before the completion, which frees the caller's memory (C56). */
static void tell_call(const struct operation *operation)
{
    if (operation->count != NULL) {
        *operation->count = operation->result.bytes;
    }
    if (operation->flags != NULL) {
        *operation->flags = operation->result.flags;
    }
}

/*
 * Completes an operation whose result stands already. A datagram that did not fit is told by the
 * completion, never by the call (C61).
 */
static int complete_at_once(struct socket *socket, struct operation *operation)
{
    int error = operation->result.error;

    if (!recv_delivered(&operation->result)) {
        return error; /* not started */
    }
    if (error == 0) {
        tell_call(operation);
    }
    lock_take(&socket->lock);
    operation->at_once = error == 0;
    op_start_locked(socket, operation);
    op_complete_receive(socket, operation);
    lock_give(&socket->lock);
    return error == 0 ? 0 : WSA_IO_PENDING;
}

int recvmsg_start(struct socket *socket, struct operation *operation, struct recv_result *result)
{
    lock_take(&socket->lock);
    if (look_and_unlock(socket, &operation->request, &operation->result)) {
        *result = operation->result;
        return complete_at_once(socket, operation);
    }
    if (socket->posted >= op_limit()) { /* C59 */
        lock_give(&socket->lock);
        return WSAEWOULDBLOCK;
    }
    op_start_locked(socket, operation);
    recvwait_park_locked(socket, &operation->receive);
    lock_give(&socket->lock);
    return WSA_IO_PENDING;
}
