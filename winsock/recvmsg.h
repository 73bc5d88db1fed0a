/*
 * recvmsg.h - the one receive routine behind recv, recvfrom, WSARecv, WSARecvFrom and WSARecvMsg.
 *
 * Theory of operation stands in recvmsg.c.
 */
#ifndef WINSOCK_RECVMSG_H
#define WINSOCK_RECVMSG_H

#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>

#include "stack/endpoint.h"

struct coalesced;
struct operation;
struct recvqueue_error;
struct socket;

/* Flags that a caller may set, and those that are passed over when they come back (C10). */
#define RECV_FLAGS_IN MSG_PEEK
#define RECV_FLAGS_IGNORED (MSG_TRUNC | MSG_CTRUNC | MSG_BCAST | MSG_MCAST | MSG_PARTIAL)

/* Where a caller wants one datagram. All memory has been checked and is the caller's. */
struct recv_request {
    const WSABUF *buffers;
    uint32_t buffer_count;
    void *name;             /* room for an address of the socket's family, or NULL */
    void *control;          /* may be NULL when control_bytes is 0 */
    uint32_t control_bytes;
    bool takes_control;     /* WSARecvMsg: a short control buffer counts (C20, C62) */
    bool peek;              /* MSG_PEEK: the datagram stays */
    bool blocking;          /* wait although the socket is non-blocking (C12) */
};

/* What the caller got. */
struct recv_result {
    int error;              /* 0, WSAEMSGSIZE with a datagram delivered, or why there is none */
    uint32_t bytes;         /* payload written to the buffers */
    uint32_t flags;         /* MSG_TRUNC, MSG_CTRUNC, MSG_BCAST, MSG_MCAST */
    uint32_t control_bytes; /* used of the control buffer */
    bool named;             /* a name was written: with a datagram, and with an ICMP error (C35) */
};

/*
 * Did the call deliver a datagram, in full or in part? Else nothing of the caller's was touched,
 * but for the name when the call is named.
 */
static inline bool recv_delivered(const struct recv_result *result)
{
    return result->error == 0 || result->error == WSAEMSGSIZE;
}

/* The options that decide how a datagram appears: those in force at delivery (C28). */
struct recv_view {
    int family;        /* of the socket: form of the name */
    uint32_t control4; /* sets of CMSG_* for IPv4 and IPv6 datagrams */
    uint32_t control6;
    uint32_t coalesced_bytes; /* UDP_RECV_MAX_COALESCED_SIZE; 0: off */
};

/* The set of control messages that a datagram appears with. */
static inline uint32_t recv_view_control(const struct recv_view *view,
                                         const struct datagram_meta *meta)
{
    return netaddr_is_v4(&meta->destination) ? view->control4 : view->control6;
}

/*
 * Writes a datagram into a request: payload (C15, C16), name, control messages, flags (C18-C21).
 * Consumes nothing. No lock is needed; any may be held.
 */
void recvmsg_fill(const struct recv_view *view, const struct datagram *datagram,
                  const struct recv_request *request, struct recv_result *result);

/*
 * Writes datagrams that were taken out of the queue together (coalesce.h) into a request that has
 * room for them, and gives their references back. No lock may be held.
 */
void recvmsg_fill_coalesced(const struct recv_view *view, const struct coalesced *all,
                            const struct recv_request *request, struct recv_result *result);

/* Writes an ICMP error into a result, and into the request's name the peer that it is about. */
void recvmsg_fill_error(int family, const struct recvqueue_error *error,
                        const struct recv_request *request, struct recv_result *result);

/*
 * Writes back what a call got into where its caller finds it: lengths and flags of a WSAMSG (C17),
 * or the length of a name. message or name_length may be NULL.
 */
void recvmsg_write_back(int family, const struct recv_result *result, LPWSAMSG message,
                        LPINT name_length);

/*
 * Receives one datagram, or several of one flow when the socket asks for that (C32). No lock is
 * held; the caller has a reference on the socket. Errors, in result->error: WSAENOTSOCK (closed),
 * WSAEINVAL (not bound, C14), WSAESHUTDOWN, WSAENETDOWN (C39, C70), WSAEWOULDBLOCK (C42),
 * WSAETIMEDOUT (C41), WSAEINTR (closed while waiting, C45, or cancelled, C44), WSAEINPROGRESS
 * (inside another blocking call of this thread, C44), WSAEMSGSIZE; for ICMP errors WSAECONNRESET,
 * WSAENETRESET, WSAEHOSTUNREACH, WSAENETUNREACH (C35, C36).
 */
void recvmsg_receive(struct socket *socket, const struct recv_request *request,
                     struct recv_result *result);

/* The endpoint's events; owner is the socket. Called under the stack lock. Held: socket.lock. */
void recvmsg_fetch(const void *owner);
bool recvmsg_hold(void *owner, bool wait);
void recvmsg_release(void *owner);
enum endpoint_verdict recvmsg_deliver(void *owner, struct datagram *datagram);
enum endpoint_verdict recvmsg_error(void *owner, const struct endpoint_error *error);
void recvmsg_network_down(void *owner);
void recvmsg_interface_state(void *owner, bool up);

/*
 * Starts an overlapped receive, whose request has been captured (op_begin_receive()). No lock is
 * held; the caller has a reference on the socket. The socket's mode and time limit do not count (C60).
 * Returns 0: complete, and the completion is told as well (C46), after the operation's count and
 * flags were written; WSA_IO_PENDING: the completion will be told, or has been. In both cases the
 * operation is gone.
 * Any other error: not started (C48), op_discard() it; result.named may be set as for a call
 * without OVERLAPPED. Errors: those of recvmsg_receive() that need no waiting, and WSAEWOULDBLOCK:
 * too many wait (C59).
 */
int recvmsg_start(struct socket *socket, struct operation *operation, struct recv_result *result);

/*
 * Writes a datagram's source in the form of a socket of a family; target has room for
 * name_size(family) bytes.
 */
void recvmsg_write_source(int family, const struct datagram_meta *meta, void *target);

/* The options that count now. socket.lock is held. */
struct recv_view recvmsg_view_locked(const struct socket *socket);

#endif
