/*
 * sendmsg.h - the one send routine behind send, sendto, WSASend, WSASendTo and WSASendMsg.
 */
#ifndef WINSOCK_SENDMSG_H
#define WINSOCK_SENDMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winsock2.h>

struct socket;

/* What a caller wants to send. All memory has been checked and is borrowed for the call. */
struct send_request {
    const WSABUF *buffers;
    uint32_t buffer_count;
    const void *name;   /* NULL: to the connected peer */
    int name_bytes;
    int unnamed_error;  /* what a call without name on an unconnected socket gets */
    const void *control;
    size_t control_bytes;
    bool pinned;        /* the caller has the socket pinned, not referenced */
};

/*
 * Binds an unbound socket as a send does, without sending: a call that names its destination does
 * that before it looks at where the byte count goes (WB 2.3). Returns 0 or a WSA code.
 */
int sendmsg_prepare(struct socket *socket, const struct send_request *request);

/*
 * Sends all buffers as one datagram, or as several when they are to be cut (UDP_SEND_MSG_SIZE). No
 * lock is held; the caller has a reference or a pin. Returns 0 and the bytes sent. Errors: WSAENOTSOCK
 * (closed), WSAESHUTDOWN, unnamed_error, WSAEFAULT (name too short), WSAEAFNOSUPPORT,
 * WSAEADDRNOTAVAIL (no such destination, source or interface), WSAENETUNREACH, WSAEMSGSIZE (a
 * datagram of more than 65,507 or 65,487 bytes, or fragments are needed and forbidden, or more than
 * LIMIT_SEND_SEGMENTS or LIMIT_SEND_SEGMENTED_BYTES; raw sockets: endpoint_send()), WSAEACCES
 * (broadcast), WSAEINVAL (control data, or the IP header that the program of a raw socket brought;
 * nothing is sent), WSAENOBUFS, WSAENETDOWN, and what binding gives.
 */
int sendmsg_send(struct socket *socket, const struct send_request *request, uint32_t *sent_bytes);

#endif
