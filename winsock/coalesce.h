/*
 * coalesce.h - several datagrams of one flow in one receive (UDP_RECV_MAX_COALESCED_SIZE, C32).
 *
 * What belongs together: neighbours in the queue with the same addresses, ports, interface, TTL and
 * TOS, all of one length but the last, which may be shorter; no empty ones (winsock-facts 4.2).
 * They are joined only as far as option, data buffers and control buffer allow, so that nothing of
 * them is cut and UDP_COALESCED_INFO is always there.
 */
#ifndef WINSOCK_COALESCE_H
#define WINSOCK_COALESCE_H

#include <stdbool.h>

#include "config/limits.h"
#include "stack/endpoint.h"

struct recv_request;
struct recv_view;
struct recvqueue;

/* Datagrams that were taken out of the queue together. The references are the taker's. */
struct coalesced {
    struct datagram_meta meta; /* of all: that of the first, with the length of all */
    struct packet *packets[LIMIT_COALESCED_DATAGRAMS];
    unsigned count;
};

/*
 * Takes out of the queue what can be delivered together with first, which has been taken out. The
 * lock of the socket is held. Returns true when there is more than one; otherwise *out is not used.
 */
bool coalesce_locked(struct recvqueue *queue, struct packet *first, const struct recv_view *view,
                     const struct recv_request *request, struct coalesced *out);

#endif
