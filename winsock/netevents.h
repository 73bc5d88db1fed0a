/*
 * netevents.h - network events of a socket: FD_READ, FD_WRITE, FD_CONNECT by an event object.
 *
 * Theory of operation stands in netevents.c.
 */
#ifndef WINSOCK_NETEVENTS_H
#define WINSOCK_NETEVENTS_H

#include <winsock2.h>

#include "winsock/socket.h"

/*
 * WSAEventSelect(): from now on the event is set when one of mask (FD_*) happens, and at once when
 * one has happened that nobody has enumerated yet. The socket becomes non-blocking. A mask of 0
 * ends that; the event is not looked at then, and the socket stays non-blocking.
 * Returns 0; WSAEINVAL: no event, or bits that are none; WSAENOTSOCK: closed.
 */
int netevents_select(struct socket *socket, HANDLE event, LONG mask);

/*
 * WSAEnumNetworkEvents(): reports what happened of the selected events, forgets it, and resets the
 * event (NULL: none), all at once. Only error codes of reported events are written (WB 15.13).
 * Returns 0; WSAEINVAL: no event; WSAENOTSOCK: closed.
 */
int netevents_enumerate(struct socket *socket, HANDLE event, WSANETWORKEVENTS *out);

/* Signals the selected event. socket.lock is held. */
void netevents_signal_locked(const struct socket *socket);

/* Notes that events (FD_*) happened. socket.lock is held. */
static inline void netevents_record_locked(struct socket *socket, LONG events)
{
    socket->network_events = (uint16_t)(socket->network_events | events);
    if ((socket->selected_events & events) != 0) {
        netevents_signal_locked(socket);
    }
}

/* A receive call tells again of what it leaves in the queue (WB 15.15, C69). socket.lock is held. */
static inline void netevents_tell_rest_locked(struct socket *socket)
{
    if (!recvqueue_empty(&socket->queue)) {
        netevents_record_locked(socket, FD_READ);
    }
}

/*
 * Ends the selection of a socket that is closed: returns the event, whose reference the caller
 * gives back without locks, or NULL. socket.lock is held.
 */
struct event *netevents_detach_locked(struct socket *socket);

#endif
