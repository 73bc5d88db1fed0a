/*
 * coalesce.c - finds out which queued datagrams go into one receive. No state.
 */
#include "winsock/coalesce.h"

#include "winsock/cmsg.h"
#include "winsock/recvmsg.h"
#include "winsock/recvqueue.h"

/* The room in a call's data buffers, bytes; no more than limit. */
static uint64_t data_room(const struct recv_request *request, uint64_t limit)
{
    uint64_t room = 0;

    for (uint32_t i = 0; i < request->buffer_count && room < limit; i++) {
        room += request->buffers[i].len;
    }
    return room < limit ? room : limit;
}

static bool same_flow(const struct datagram_meta *a, const struct datagram_meta *b)
{
    return netaddr_equal(&a->source, &b->source) &&
           netaddr_equal(&a->destination, &b->destination) && a->source_port == b->source_port &&
           a->destination_port == b->destination_port &&
           a->interface_index == b->interface_index && a->ttl == b->ttl && a->tos == b->tos &&
           a->flags == b->flags;
}

/* Does next continue what all describes, within room bytes altogether? */
static bool continues(const struct datagram_meta *all, const struct datagram_meta *next,
                      uint64_t room)
{
    return next->length != 0 && next->length <= all->segment_size &&
           all->length + (uint64_t)next->length <= room && next->segment_size == 0 &&
           same_flow(all, next);
}

bool coalesce_locked(struct recvqueue *queue, struct packet *first, const struct recv_view *view,
                     const struct recv_request *request, struct coalesced *out)
{
    const struct packet *next = recvqueue_front(queue);
    const struct datagram_meta *meta = packet_view(first).meta;
    uint64_t room = data_room(request, view->coalesced_bytes);

    if (next == NULL || request->peek || !request->takes_control || meta->length == 0 ||
        meta->segment_size != 0) {
        return false;
    }
    out->meta = *meta;
    out->meta.segment_size = (uint16_t)meta->length;
    if (!continues(&out->meta, packet_view(next).meta, room) ||
        !cmsg_fits(&out->meta, recv_view_control(view, meta), request->control_bytes)) {
        return false;
    }
    out->packets[0] = first;
    out->count = 1;
    do {
        meta = packet_view(next).meta;
        out->packets[out->count++] = recvqueue_pop(queue);
        out->meta.length += meta->length;
        next = recvqueue_front(queue);
    } while (out->count < LIMIT_COALESCED_DATAGRAMS && next != NULL &&
             meta->length == out->meta.segment_size &&
             continues(&out->meta, packet_view(next).meta, room));
    return true;
}
