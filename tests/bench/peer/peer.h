/*
 * peer.h - the yardstick's stack: lwIP with its own socket layer and its own port to Unix, on a
 * network interface in memory. What the programs that measure it have in common.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "lwip/sockets.h"

#include "tests/bench/common/traffic.h"

/* A datagram as lwip_recvmsg() gives it, and where it goes. */
struct peer_reception {
    struct sockaddr_in from;
    struct msghdr message;
    struct iovec part;
    ssize_t bytes;
};

/* Starts lwIP and its thread with the interface. */
void peer_start(void);

/*
 * Makes the socket of this number, bound to its port, with IP_PKTINFO. Returns it, or -1 after a
 * line on stderr, as all functions here.
 */
int peer_socket(unsigned index);

/*
 * Copies a frame into buffers of lwIP's pool, as lwIP's drivers do, and gives it to the interface's
 * input function, which runs lwIP in this thread under the core lock. Returns 0 or -1.
 */
int peer_feed(const uint8_t *frame, size_t bytes);

/* Receives one datagram into memory of the caller. flags: those of recvmsg(). Returns 0 or -1. */
int peer_receive(int s, struct peer_reception *reception, void *payload, size_t payload_bytes,
                 void *control, size_t control_bytes, int flags);

/* How it was received. */
void peer_result(struct peer_reception *reception, struct traffic_received *out);

/* Says on stderr what failed, with errno. Returns -1. */
int peer_fail(const char *what);

#endif
