/*
 * socket.h - the drivers that carry frames over sockets, for the composition root.
 */
#ifndef DRIVERS_SOCKET_SOCKET_H
#define DRIVERS_SOCKET_SOCKET_H

#include "stack/link.h"

/* Frames over a stream socket, one peer; what it does and its options: see stream.c. */
extern const struct link_driver winlwip_stream_driver;

/* A frame a datagram; what it does and its options: see dgram.c. */
extern const struct link_driver winlwip_dgram_driver;

#endif
