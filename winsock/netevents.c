/*
 * netevents.c - which network events a socket has had, and the event object that tells of them.
 *
 * Theory of operation
 *
 * A socket notes what happens to it in network_events, whether anybody has selected it or not:
 *
 *   FD_READ     a datagram was queued, or a receive call was made and data are there still (the
 *               level is told again by every receive call, WSARecvMsg included: C69). What a
 *               waiting receive takes away at once was never there (WB 15.15).
 *   FD_WRITE    the socket was bound or connected: it can send. A datagram socket never fails for
 *               want of room, so it is not told again (WB 15.13, 15.16).
 *   FD_CONNECT  the socket was connected (WB 15.14).
 *
 * A selection names an event object and a mask. Whatever is noted and in the mask signals the event
 * when it is noted, and when it is selected later; WSAEnumNetworkEvents() alone takes notes of the
 * mask away. So a second selection finds nothing new, and notes outside of the mask stay (WB
 * 15.13-15.16).
 *
 * Guarded by socket.lock. A socket holds a reference on its event, so that an event that is closed
 * first does no harm.
 */
#include "winsock/netevents.h"


#include "winsock/event.h"

void netevents_signal_locked(const struct socket *socket)
{
    waitable_set(&socket->event->state);
}

struct event *netevents_detach_locked(struct socket *socket)
{
    struct event *event = socket->event;

    socket->event = NULL;
    socket->selected_events = 0;
    return event;
}

int netevents_select(struct socket *socket, HANDLE handle, LONG mask)
{
    struct event *event = NULL;
    struct event *former = NULL;
    int error = 0;

    if ((mask & ~(LONG)FD_ALL_EVENTS) != 0) {
        return WSAEINVAL;
    }
    if (mask != 0) {
        event = event_get(handle);
        if (event == NULL) {
            return WSAEINVAL;
        }
    }
    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
        former = event;
    } else {
        former = netevents_detach_locked(socket);
        socket->event = event;
        socket->selected_events = (uint16_t)mask;
        socket->nonblocking = socket->nonblocking || mask != 0;
        if ((socket->network_events & mask) != 0) {
            netevents_signal_locked(socket);
        }
    }
    lock_give(&socket->lock);
    if (former != NULL) {
        event_put(former);
    }
    return error;
}

static void report(LONG events, WSANETWORKEVENTS *out)
{
    out->lNetworkEvents = events;
    for (unsigned bit = 0; bit < FD_MAX_EVENTS; bit++) {
        if ((events & (1 << bit)) != 0) {
            out->iErrorCode[bit] = 0;
        }
    }
}

int netevents_enumerate(struct socket *socket, HANDLE handle, WSANETWORKEVENTS *out)
{
    struct event *event = NULL;
    int error = 0;

    if (handle != NULL) {
        event = event_get(handle);
        if (event == NULL) {
            return WSAEINVAL;
        }
    }
    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else {
        report(socket->network_events & socket->selected_events, out);
        socket->network_events &= (uint16_t)~socket->selected_events;
        if (event != NULL) {
            waitable_reset(&event->state);
        }
    }
    lock_give(&socket->lock);
    if (event != NULL) {
        event_put(event);
    }
    return error;
}
