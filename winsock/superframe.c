/*
 * superframe.c - deals the datagrams of a superframe out. No state.
 *
 * Theory of operation. Each datagram goes where it would have gone alone: to the parked receives in
 * their order, and when none is left into the queue, as far as the budget of that holds it. Parked
 * receives are filled from the driver's buffer. What is queued is kept in one copy, as a run
 * (recvqueue.h); datagrams that found no room are not kept, lest a few bytes in the queue hold 64
 * KiB of memory.
 */
#include "winsock/superframe.h"

#include "winsock/coalesce.h"
#include "winsock/netevents.h"
#include "winsock/recvwait.h"
#include "winsock/socket.h"

/*
 * Shows the datagrams to the parked receives, oldest first: each gets the next one, or as many as
 * can be delivered together (coalesce.h). Returns how many bytes were consumed.
 */
static uint32_t offer_locked(struct socket *socket, struct datagram *all)
{
    uint32_t consumed = 0;

    if (socket->first_wait == NULL) {
        return 0;
    }
    struct recv_view view = recvmsg_view_locked(socket);
    while (socket->first_wait != NULL && consumed < all->meta->length) {
        struct recv_wait *wait = socket->first_wait;
        uint32_t bytes = coalesce_superframe(all->meta, consumed, &view, wait->request);
        struct datagram_meta meta;
        struct datagram part = datagram_part(all, consumed, bytes, &meta);
        if (!wait->request->peek) {
            consumed += bytes;
            all->outcome.direct = (uint16_t)(all->outcome.direct + datagram_count(&meta));
        }
        recvmsg_fill(&view, &part, wait->request, wait->result);
        recvwait_complete_locked(socket, wait);
    }
    return consumed;
}

/* Queues some of the datagrams, for which there is room, and counts them by what became of them. */
static void queue_part_locked(struct socket *socket, struct datagram *all, uint32_t offset,
                              uint32_t bytes)
{
    struct datagram_meta meta;
    struct datagram part = datagram_part(all, offset, bytes, &meta);
    struct packet *packet = datagram_keep(&part);
    uint32_t count = datagram_count(&meta);

    if (packet == NULL) {
        all->outcome.refused = (uint16_t)(all->outcome.refused + count);
        return;
    }
    bool was_empty = recvqueue_empty(&socket->queue);
    recvqueue_push_run(&socket->queue, packet, bytes, count);
    if (was_empty) {
        socket_wake_watchers_locked(socket);
    }
    netevents_record_locked(socket, FD_READ);
    all->outcome.queued = (uint16_t)(all->outcome.queued + count);
}

/*
 * Queues those datagrams from offset on that have room, as if they came one by one: in one copy, or
 * two when only the last one fits behind others that were dropped.
 */
static void queue_locked(struct socket *socket, struct datagram *all, uint32_t offset)
{
    uint32_t segment_size = all->meta->segment_size;
    uint32_t left = all->meta->length - offset;
    uint32_t count = (left + segment_size - 1) / segment_size;
    struct recvqueue_share share = {0};

    switch (recvqueue_reserve_share(&socket->queue, left, segment_size,
                                    socket->receive.buffer_bytes, &share)) {
    case RECVQUEUE_FULL:
        break;
    case RECVQUEUE_NO_MEMORY:
        all->outcome.refused = (uint16_t)count;
        return;
    case RECVQUEUE_ROOM:
        if (share.count + share.last == count) {
            queue_part_locked(socket, all, offset, left);
            return;
        }
        if (share.count != 0) {
            queue_part_locked(socket, all, offset, share.count * segment_size);
        }
        if (share.last) {
            uint32_t last = left % segment_size;
            queue_part_locked(socket, all, offset + left - last, last);
        }
        break;
    }
    all->outcome.full = (uint16_t)(count - share.count - share.last);
}

enum endpoint_verdict superframe_deliver_locked(struct socket *socket, struct datagram *all)
{
    uint32_t consumed = offer_locked(socket, all);

    if (consumed == all->meta->length) {
        return ENDPOINT_DIRECT;
    }
    if (socket->closed || socket->receive_shut) {
        all->outcome.refused = (uint16_t)(datagram_count(all->meta) - all->outcome.direct);
        return ENDPOINT_REFUSED;
    }
    queue_locked(socket, all, consumed);
    return ENDPOINT_QUEUED;
}
