/*
 * superframe.h - datagrams that arrive as one (stack/packet.h), dealt out to a socket's receives.
 */
#ifndef WINSOCK_SUPERFRAME_H
#define WINSOCK_SUPERFRAME_H

#include "stack/endpoint.h"

struct socket;

/*
 * Delivers the datagrams of a superframe (meta.segment_size is not 0), each as if it came alone.
 * socket.lock is held; inside the stack lock. all->outcome tells how many of them were written into
 * waiting calls, queued, and dropped; the verdict is that of the last one.
 */
enum endpoint_verdict superframe_deliver_locked(struct socket *socket, struct datagram *all);

#endif
