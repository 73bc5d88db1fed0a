/*
 * operation.c - overlapped operations: begun, started, completed once.
 *
 * Theory of operation
 *
 *   begun      op_begin() has checked what the caller gave beside its data, and taken references:
 *              on the event, or on the thread that is to call the routine. Nothing of the caller's
 *              has been written, so a call that fails leaves no trace (C48).
 *   started    Internal says pending. A receive for which nothing is there is parked in its
 *              socket's list (recvwait.c); a call that waits for a change of addresses hangs in
 *              socket_extra.changes. Everything else completes under the same hold of socket.lock.
 *   completed  op_complete(), called by whoever took it out of its list: a datagram, an ICMP error,
 *              a cancellation, the end of the socket, of the network or of the thread. socket.lock
 *              is held, so it happens once, and completions of a socket are told in their order.
 *
 * The result goes into the OVERLAPPED first, Internal last and with release order: a program that
 * polls it finds the rest written, and may free or reuse the memory at once. From then on only our
 * own struct is used. It becomes what carries the completion: the entry in the APC queue of the
 * thread, or the packet in the port's queue. So no completion needs memory. An operation that is
 * told by its event alone is free at once.
 *
 * A socket keeps its reference on its port until its own memory goes, so that what completes while
 * it is being closed still finds the port (C56).
 *
 * Whether an OVERLAPPED that is handed in is still pending (C63) only its Internal can tell, and a
 * program may never have initialised that. If it says pending, all sockets are searched.
 *
 * Locks: socket.lock; inside, those of the APC queue, of events and of the port.
 */
#include "winsock/operation.h"

#include <stdlib.h>

#include "config/limits.h"
#include "host/host.h"
#include "winsock/errors.h"
#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/port.h"
#include "winsock/socket.h"

/* --- beginning --- */

struct search {
    const OVERLAPPED *overlapped;
    bool found;
};

static void search_socket(uintptr_t handle, void *object, void *context)
{
    struct socket *socket = object;
    struct search *search = context;

    (void)handle;
    lock_take(&socket->lock);
    search->found |= op_find_locked(socket, search->overlapped) != NULL;
    lock_give(&socket->lock);
}

/* Is it pending anywhere? Returns 0, WSAEINVAL (C63) or OP_NEEDS_REFERENCE. */
static int check_not_pending(const struct op_call *call)
{
    struct search search = {.overlapped = call->overlapped};

    if (op_status(call->overlapped) != STATUS_PENDING) {
        return 0;
    }
    if (call->pinned) {
        return OP_NEEDS_REFERENCE;
    }
    handle_each(HANDLE_SOCKET | HANDLE_FILE, search_socket, &search);
    return search.found ? WSAEINVAL : 0;
}

/* The record comes first: it frees what the thread remembers of its memory. */
void op_prepare(void)
{
    if (thread_self() != NULL) {
        memory_begin_posted();
    }
}

/* It is written to only after it is known that nobody else may be writing (memory.h). */
static inline int check_overlapped(const struct op_call *call)
{
    OVERLAPPED *overlapped = call->overlapped;
    bool known = memory_is_known(overlapped, sizeof(*overlapped), true);

    if (((uintptr_t)overlapped & (_Alignof(OVERLAPPED) - 1)) != 0 ||
        (!known && memory_check_posted((char *)overlapped, sizeof(*overlapped), false) != 0)) {
        return WSAEFAULT;
    }
    int error = check_not_pending(call);
    if (error == 0 && !known) {
        error = memory_check_posted((char *)overlapped, sizeof(*overlapped), true);
    }
    return error;
}

/* How the completion is to be told. */
static inline int take_way(struct socket *socket, const struct op_call *call,
                           struct thread *self, struct operation *operation)
{
    if (call->routine != NULL) {
        lock_take(&socket->lock);
        bool has_port = socket->port != NULL;
        lock_give(&socket->lock);
        if (has_port) {
            return WSAEINVAL;
        }
        operation->routine = call->routine;
        operation->thread = self;
        thread_ref(self);
        return 0;
    }
    HANDLE event = call->overlapped->hEvent;
    operation->event_alone = ((uintptr_t)event & 1) != 0;
    if (event_handle_value(event) != 0) {
        operation->event = event_get(event);
        return operation->event != NULL ? 0 : WSAENOTSOCK;
    }
    return 0;
}

/* Gives back what the telling of the completion needed. */
static void drop_way(struct operation *operation)
{
    if (operation->event != NULL) {
        event_put(operation->event);
    }
    if (operation->thread != NULL) {
        thread_put(operation->thread);
    }
}

void op_free(struct operation *operation)
{
    operation_give(thread_record, operation);
}

void op_discard(struct operation *operation)
{
    drop_way(operation);
    free(operation->more_buffers);
    op_free(operation);
}

/* op_begin(); inlined into the way of a receive, which is that of every datagram. */
__attribute__((always_inline)) static inline int begin(
    struct socket *socket, const struct op_call *call, struct operation **out)
{
    struct thread *self = thread_self();
    int error = check_overlapped(call);

    if (error != 0) {
        return error;
    }
    struct operation *operation = self != NULL ? operation_take(self) : NULL;
    if (operation == NULL) {
        return WSAENOBUFS;
    }
    operation->overlapped = call->overlapped;
    operation->routine = NULL;
    operation->message = NULL;
    operation->name_length = NULL;
    operation->count = NULL;
    operation->flags = NULL;
    operation->event = NULL;
    operation->thread = NULL;
    operation->issuer = self->serial;
    operation->event_alone = false;
    operation->at_once = false;
    operation->more_buffers = NULL;
    error = take_way(socket, call, self, operation);
    if (error != 0) {
        op_discard(operation);
        return error;
    }
    self->started_operations = true;
    *out = operation;
    return 0;
}

int op_begin(struct socket *socket, const struct op_call *call, struct operation **out)
{
    return begin(socket, call, out);
}

/*
 * Captures a receive's request; its array of buffers may be gone afterwards (C49). Returns 0 or
 * WSAENOBUFS.
 */
static inline int capture(struct operation *operation, const struct recv_request *request)
{
    WSABUF *buffers = operation->buffers;

    if (request->buffer_count > OPERATION_BUFFERS) {
        buffers = operation->more_buffers = malloc(request->buffer_count * sizeof(*buffers));
        if (buffers == NULL) {
            return WSAENOBUFS;
        }
    }
    buffers[0] = request->buffers[0]; /* mostly the only one */
    for (uint32_t i = 1; i < request->buffer_count; i++) {
        buffers[i] = request->buffers[i];
    }
    operation->request = *request;
    operation->request.buffers = buffers;
    operation->receive.request = &operation->request;
    operation->receive.result = &operation->result;
    operation->receive.operation = operation;
    return 0;
}

int op_begin_receive(struct socket *socket, const struct op_call *call,
                     const struct recv_request *request, struct operation **out)
{
    int error = begin(socket, call, out);

    if (error == 0) {
        error = capture(*out, request);
        if (error != 0) {
            op_discard(*out);
        }
    }
    return error;
}

unsigned op_limit(void)
{
    return host_pending_limit();
}

void op_start_locked(struct socket *socket, struct operation *operation)
{
    if (operation->event != NULL) {
        waitable_reset(&operation->event->state);
    } else if (!socket->closed) { /* who waits for a closed socket is let go for good */
        waitable_reset_locked(&socket->io);
    }
    __atomic_store_n(&operation->overlapped->Internal, (ULONG_PTR)STATUS_PENDING,
                     __ATOMIC_RELEASE);
}

/* --- completing --- */

static void drop_routine(struct apc *apc)
{
    struct operation *operation = CONTAINING_RECORD(apc, struct operation, apc);

    drop_way(operation);
    op_free(operation);
}

static void run_routine(struct apc *apc)
{
    struct operation *operation = CONTAINING_RECORD(apc, struct operation, apc);
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = operation->routine;
    OVERLAPPED *overlapped = operation->overlapped;
    DWORD error = (DWORD)errors_wsa_from_status(operation->status);
    DWORD bytes = operation->bytes;

    drop_routine(apc);
    routine(error, bytes, overlapped, 0); /* flags: C53 */
}

/* Hands the operation to its thread, or to nobody when that has ended. */
static void queue_routine(const struct socket *socket, struct operation *operation)
{
    struct thread *thread = operation->thread;

    operation->apc = (struct apc){
        .owner = socket->handle,
        .run = run_routine,
        .drop = drop_routine,
    };
    thread_ref(thread); /* the entry may be run, and its reference gone, before we are back */
    if (!thread_queue_apc(thread, &operation->apc)) {
        drop_routine(&operation->apc);
    }
    thread_put(thread);
}

/* Does the completion go to the port, too (C55)? */
static bool wants_packet(const struct socket *socket, const struct operation *operation)
{
    return socket->port != NULL && !operation->event_alone &&
           !(operation->at_once && socket->skip_port_on_success);
}

void op_signal_locked(struct socket *socket)
{
    if (!socket->skip_event_on_handle) {
        waitable_set_locked(&socket->io);
    }
}

/* Queues the packet, or leaves that, and the socket's signal before it, to the end of the burst. */
static void post_packet(struct socket *socket, struct operation *operation, bool signals)
{
    operation->key = socket->extra->port_key;
    if (socket->burst != BURST_NONE) {
        if (signals) {
            socket->burst = BURST_SIGNALS;
        }
        port_gather(socket->port, operation);
        endpoint_tell_later();
        return;
    }
    if (signals) {
        op_signal_locked(socket);
    }
    port_post(socket->port, operation);
}

void op_complete(struct socket *socket, struct operation *operation, int error, uint32_t bytes)
{
    OVERLAPPED *overlapped = operation->overlapped;

    operation->status = error != 0 ? errors_status_from_wsa(error) : STATUS_SUCCESS;
    operation->bytes = bytes;
    if (operation->more_buffers != NULL) {
        free(operation->more_buffers);
    }
    overlapped->InternalHigh = bytes;
    __atomic_store_n(&overlapped->Internal, (ULONG)operation->status, __ATOMIC_RELEASE); /* C61 */

    if (operation->routine != NULL) {
        op_signal_locked(socket);
        queue_routine(socket, operation);
        return;
    }
    bool signals = operation->event == NULL;
    if (!signals) {
        waitable_set(&operation->event->state);
        event_put(operation->event);
    }
    if (wants_packet(socket, operation)) {
        post_packet(socket, operation, signals);
        return;
    }
    if (signals) {
        op_signal_locked(socket);
    }
    op_free(operation);
}

/* Flags of one completion; those of an earlier one with the same OVERLAPPED are forgotten. */
static inline void keep_flags(struct socket *socket, const OVERLAPPED *overlapped, DWORD flags)
{
    if (flags != 0 || (socket->extra != NULL && socket->extra->kept_flags != NULL)) {
        op_keep_flags_locked(socket, overlapped, flags);
    }
}

void op_finish(struct socket *socket, struct operation *operation, int error, uint32_t bytes)
{
    lock_take(&socket->lock);
    operation->at_once = error == 0;
    op_start_locked(socket, operation);
    keep_flags(socket, operation->overlapped, 0);
    op_complete(socket, operation, error, bytes);
    lock_give(&socket->lock);
}

void op_complete_receive(struct socket *socket, struct operation *operation)
{
    const struct recv_result *result = &operation->result;
    bool delivered = recv_delivered(result);

    recvmsg_write_back(socket->family, result, operation->message, operation->name_length);
    keep_flags(socket, operation->overlapped, delivered ? result->flags : 0);
    op_complete(socket, operation, result->error, delivered ? result->bytes : 0);
}

/* --- finding and cancelling --- */

struct operation *op_find_locked(const struct socket *socket, const OVERLAPPED *overlapped)
{
    for (const struct recv_wait *wait = socket->first_wait; wait != NULL; wait = wait->next) {
        if (wait->operation != NULL && wait->operation->overlapped == overlapped) {
            return wait->operation;
        }
    }
    struct operation *first = socket->extra != NULL ? socket->extra->changes : NULL;
    for (struct operation *change = first; change != NULL; change = change->next) {
        if (change->overlapped == overlapped) {
            return change;
        }
    }
    return NULL;
}

/* Which operations are meant. */
struct op_match {
    const OVERLAPPED *overlapped; /* NULL: all */
    uint64_t issuer;              /* serial of a thread; 0: all */
    bool ends;                    /* the thread ends: some of them survive it (C58) */
};

static bool matches(const struct socket *socket, const struct operation *operation,
                    const struct op_match *match)
{
    if (match->overlapped != NULL && operation->overlapped != match->overlapped) {
        return false;
    }
    if (match->issuer != 0 && operation->issuer != match->issuer) {
        return false;
    }
    return !match->ends || socket->port == NULL || operation->event != NULL ||
           operation->routine != NULL; /* started before the port came; nobody could be told */
}

static unsigned cancel_receives_locked(struct socket *socket, const struct op_match *match)
{
    unsigned count = 0;
    struct recv_wait *next;

    for (struct recv_wait *wait = socket->first_wait; wait != NULL; wait = next) {
        next = wait->next;
        if (wait->operation != NULL && matches(socket, wait->operation, match)) {
            recvwait_end_locked(socket, wait, WSA_OPERATION_ABORTED);
            count++;
        }
    }
    return count;
}

/* Ends those waits for a change of addresses that match. Returns how many. */
static unsigned end_changes_locked(struct socket *socket, const struct op_match *match, int error)
{
    struct operation **link = socket->extra != NULL ? &socket->extra->changes : NULL;
    unsigned count = 0;

    while (link != NULL && *link != NULL) {
        struct operation *operation = *link;
        if (matches(socket, operation, match)) {
            *link = operation->next;
            op_complete(socket, operation, error, 0);
            count++;
        } else {
            link = &operation->next;
        }
    }
    return count;
}

static unsigned cancel_changes_locked(struct socket *socket, const struct op_match *match)
{
    return end_changes_locked(socket, match, WSA_OPERATION_ABORTED);
}

static unsigned cancel(struct socket *socket, const struct op_match *match)
{
    lock_take(&socket->lock);
    unsigned count = cancel_receives_locked(socket, match) + cancel_changes_locked(socket, match);
    lock_give(&socket->lock);
    return count;
}

unsigned op_cancel(struct socket *socket, const OVERLAPPED *overlapped, uint64_t issuer)
{
    const struct op_match match = {.overlapped = overlapped, .issuer = issuer};

    return cancel(socket, &match);
}

static void cancel_visited(uintptr_t handle, void *socket, void *match)
{
    (void)handle;
    cancel(socket, match);
}

void op_cancel_thread(const struct thread *thread)
{
    struct op_match match = {.issuer = thread->serial, .ends = true};

    handle_each(HANDLE_SOCKET | HANDLE_FILE, cancel_visited, &match);
}

int op_start_change_locked(struct socket *socket, struct operation *operation)
{
    struct socket_extra *extra = socket_extra_locked(socket);

    if (extra == NULL) {
        return WSAENOBUFS;
    }
    op_start_locked(socket, operation);
    operation->next = extra->changes;
    extra->changes = operation;
    return WSA_IO_PENDING;
}

void op_addresses_changed(void *owner)
{
    static const struct op_match all = {.overlapped = NULL};
    struct socket *socket = owner;

    lock_take(&socket->lock);
    end_changes_locked(socket, &all, 0);
    lock_give(&socket->lock);
}

void op_abort_changes_locked(struct socket *socket)
{
    static const struct op_match all = {.overlapped = NULL};

    cancel_changes_locked(socket, &all);
}

void op_socket_fini(struct socket *socket)
{
    if (socket->extra != NULL) {
        free(socket->extra->kept_flags);
    }
    if (socket->port != NULL) {
        port_put(socket->port);
    }
}
