/*
 * operation.h - one overlapped operation, from the call that starts it to the one indication of its
 * completion.
 *
 * Theory of operation stands in operation.c; how a receive waits in recvmsg.c.
 */
#ifndef WINSOCK_OPERATION_H
#define WINSOCK_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>
#include <ntstatus.h>

#include "winsock/recvmsg.h"
#include "winsock/recvwait.h"
#include "winsock/thread.h"

struct event;
struct socket;

/* Buffers that an operation captures in place; more take a block of their own. */
#define OPERATION_BUFFERS 4

struct operation {
    struct operation *next; /* free, or in a port's queue */

    /* What the caller gave. The memory that these point to is the caller's until the completion. */
    OVERLAPPED *overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine; /* NULL: none */
    LPWSAMSG message;      /* WSARecvMsg: takes lengths and flags; else NULL */
    LPINT name_length;     /* WSARecvFrom: takes the length of the name; else NULL */
    LPDWORD count, flags;  /* take a receive's result if it is complete at once; or NULL */

    /* How the completion is told. */
    struct event *event;   /* a reference, or NULL: the socket itself is signaled */
    struct thread *thread; /* that is to call the routine: a reference, or NULL */
    uint64_t issuer;       /* serial of the thread that started it */
    bool event_alone;      /* hEvent's low bit: no packet (WB 13.11) */
    bool at_once;          /* the call that starts it returns 0 */
    struct apc apc;        /* in the queue of that thread */

    /* The result, as a packet carries it. */
    ULONG_PTR key;
    NTSTATUS status;
    uint32_t bytes;

    /* A receive: what it wants, got, and its place among those that wait. */
    struct recv_wait receive;
    struct recv_request request;
    struct recv_result result;
    WSABUF buffers[OPERATION_BUFFERS];
    WSABUF *more_buffers; /* instead of them; NULL: none */
};

/* How an operation stands. Whoever reads an end here finds the rest of the result written. */
static inline NTSTATUS op_status(const OVERLAPPED *overlapped)
{
    return (NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
}

/* What a caller of an overlapped function gave beside its data; checked by op_begin(). */
struct op_call {
    OVERLAPPED *overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    bool pinned; /* the socket is: other sockets can't be searched */
};

/* No WSA code: the call has to be made again with the socket referenced instead of pinned. */
#define OP_NEEDS_REFERENCE (-1)

/* Comes before the first look at an overlapped call's memory (memory_check_posted()). */
void op_prepare(void);

/*
 * Makes an operation for a call on a socket of which the caller has a reference or a pin. Nothing of the
 * caller's memory is written yet. op_discard() ends it as long as it is not started.
 * Returns 0; WSAEFAULT: the OVERLAPPED can't be written; WSAEINVAL: it is still pending (C63), or a
 * routine on a socket with a port (C55); WSAENOTSOCK: hEvent is no event (C64); WSAENOBUFS;
 * OP_NEEDS_REFERENCE.
 */
int op_begin(struct socket *socket, const struct op_call *call, struct operation **out);
void op_discard(struct operation *operation);

/*
 * The same for a receive, whose request is captured: it has a buffer, and its array of buffers may be
 * gone afterwards (C49).
 */
int op_begin_receive(struct socket *socket, const struct op_call *call,
                     const struct recv_request *request, struct operation **out);

/*
 * The operation starts: OVERLAPPED.Internal says pending, and event or socket are reset (C47, C51).
 * From here on op_complete() has to be called. socket.lock is held.
 */
void op_start_locked(struct socket *socket, struct operation *operation);

/*
 * The only way in which a completion is told: writes the result into the OVERLAPPED, then queues
 * the routine, or sets the event (or signals the socket) and posts the packet. error: 0 or a WSA
 * code. Consumes the operation: from here on nothing of ours touches the caller's memory, and nobody
 * else may touch the operation. socket.lock is held.
 */
void op_complete(struct socket *socket, struct operation *operation, int error, uint32_t bytes);

/*
 * Signals the socket itself, as a completion without event does. Called for completions of a burst at
 * its end. socket.lock is held.
 */
void op_signal_locked(struct socket *socket);

/*
 * Starts and completes an operation whose result is known when the call returns. No lock is held.
 * error: told by the completion, never by the call, which returns WSA_IO_PENDING then.
 */
void op_finish(struct socket *socket, struct operation *operation, int error, uint32_t bytes);

/* Completes a receive with what stands in its result. Like op_complete(). */
void op_complete_receive(struct socket *socket, struct operation *operation);

/* Gives the memory of an operation back that a port has handed out, or never will. No lock needed. */
void op_free(struct operation *operation);

/*
 * Cancels what is pending: the one of overlapped, or with NULL all; of the thread with the serial
 * issuer, or with 0 of all. Returns how many. The caller has a reference on the socket.
 */
unsigned op_cancel(struct socket *socket, const OVERLAPPED *overlapped, uint64_t issuer);

/* Cancels what a thread that ends has started (C58). */
void op_cancel_thread(const struct thread *thread);

/* Finds an operation that is pending, by its OVERLAPPED. socket.lock is held. */
struct operation *op_find_locked(const struct socket *socket, const OVERLAPPED *overlapped);

/*
 * Starts an operation that waits for a change of addresses. socket.lock is held. Returns
 * WSA_IO_PENDING, or WSAENOBUFS: not started.
 */
int op_start_change_locked(struct socket *socket, struct operation *operation);

/*
 * Completes those of a socket: an event of its endpoint, so the stack lock is held and socket.lock is
 * not.
 */
void op_addresses_changed(void *socket);

/* Aborts those: the socket is closed. socket.lock is held. */
void op_abort_changes_locked(struct socket *socket);

/* Frees what a socket keeps for operations. None is pending, and no lock is held. */
void op_socket_fini(struct socket *socket);

/* Overlapped receives that may wait on one socket (C59). */
unsigned op_limit(void);

/*
 * The flags of a completed receive, for WSAGetOverlappedResult(): kept, those of an earlier one with
 * the same OVERLAPPED being forgotten; and read, 0 when they are not known. Only the last
 * LIMIT_KEPT_FLAGS that had any are kept for each socket. socket.lock is held.
 */
void op_keep_flags_locked(struct socket *socket, const OVERLAPPED *overlapped, DWORD flags);
DWORD op_flags_locked(const struct socket *socket, const OVERLAPPED *overlapped);

#endif
