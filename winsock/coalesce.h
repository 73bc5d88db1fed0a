/*
 * coalesce.h - several datagrams of one flow in one receive (UDP_RECV_MAX_COALESCED_SIZE, C32).
 *
 * What belongs together: neighbours in the queue with the same addresses, ports, interface, TTL and
 * TOS, all of one length but the last, which may be shorter; no empty ones (winsock-facts 4.2).
 * Whether they arrived one by one or as a superframe makes no difference. They are joined only as
 * far as option, data buffers and control buffer allow, so that nothing of them is cut and
 * UDP_COALESCED_INFO is always there.
 */
#ifndef WINSOCK_COALESCE_H
#define WINSOCK_COALESCE_H

#include <stdbool.h>

#include "config/limits.h"
#include "stack/endpoint.h"
#include "winsock/recvqueue.h"

struct recv_request;
struct recv_view;

/* Datagrams that were taken out of the queue together. The references are the taker's. */
struct coalesced {
    struct datagram_meta meta; /* of all: that of the first, with the length of all */
    struct recvqueue_run runs[LIMIT_COALESCED_DATAGRAMS];
    unsigned count;            /* of runs */
};

/*
 * Takes what can be delivered together out of the front of the queue. The lock of the socket is
 * held. Returns false when that is not more than one datagram: then the queue is as it was, and
 * *out is not used.
 */
bool coalesce_locked(struct recvqueue *queue, const struct recv_view *view,
                     const struct recv_request *request, struct coalesced *out);

/*
 * How many bytes of a superframe's payload from offset can be delivered together: those of the next
 * datagram, or of several.
 */
uint32_t coalesce_superframe(const struct datagram_meta *all, uint32_t offset,
                             const struct recv_view *view, const struct recv_request *request);

#endif
