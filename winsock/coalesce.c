/*
 * coalesce.c - finds out which datagrams go into one receive. No state.
 */
#include "winsock/coalesce.h"

#include "winsock/cmsg.h"
#include "winsock/recvmsg.h"

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

/* Can a call get several datagrams, of which meta is the first and has its segment_size set? */
static bool may_join(const struct datagram_meta *meta, const struct recv_view *view,
                     const struct recv_request *request)
{
    return view->coalesced_bytes != 0 && !request->peek && request->takes_control &&
           cmsg_fits(meta, recv_view_control(view, meta), request->control_bytes);
}

/* Several datagrams on their way into one call. */
struct join {
    uint32_t segment_size; /* bytes of each but the last */
    uint64_t room;         /* bytes that may still come */
    uint32_t places;       /* datagrams that may still come */
    bool over;             /* the last one, which is shorter, is in */
};

static struct join join_begin(const struct recv_view *view, const struct recv_request *request,
                              uint32_t segment_size)
{
    struct join join = {
        .segment_size = segment_size,
        .room = data_room(request, view->coalesced_bytes),
        .places = LIMIT_COALESCED_DATAGRAMS,
    };
    return join;
}

/* How long is the first of the datagrams that so many bytes hold? segment_size 0: it is alone. */
static uint32_t first_length(uint32_t bytes, uint32_t segment_size)
{
    return segment_size != 0 && segment_size < bytes ? segment_size : bytes;
}

/*
 * Puts in what goes in of the next piece: bytes of payload, in datagrams of segment_size, the last
 * of which may be shorter. Returns how many bytes that is.
 */
static uint32_t join_piece(struct join *join, uint32_t bytes, uint32_t segment_size)
{
    uint32_t first = first_length(bytes, segment_size);

    if (join->over || first == 0 || first > join->segment_size) {
        return 0;
    }
    if (first < join->segment_size) {
        bytes = first;
    }
    uint64_t most = join->room / join->segment_size;
    most = most < join->places ? most : join->places;
    uint32_t full = bytes / join->segment_size;
    uint32_t rest = bytes % join->segment_size;
    if (full > most) {
        full = (uint32_t)most;
        rest = 0;
    }
    uint32_t taken = full * join->segment_size;
    if (rest != 0 && full < join->places && taken + rest <= join->room) {
        taken += rest;
        join->places--;
        join->over = true;
    }
    join->places -= full;
    join->room -= taken;
    return taken;
}

/* Finds what goes in, from the front of the queue on; the packets stay the queue's. */
static void look(const struct recvqueue *queue, struct join *join, struct coalesced *out)
{
    struct recvqueue_run run;
    uint32_t taken;

    out->count = 0;
    out->meta.length = 0;
    do {
        if (!recvqueue_look(queue, out->count, &run)) {
            return;
        }
        const struct datagram_meta *meta = packet_view(run.packet).meta;
        taken = same_flow(&out->meta, meta) ? join_piece(join, run.bytes, meta->segment_size) : 0;
        if (taken != 0) {
            out->runs[out->count] = run;
            out->runs[out->count++].bytes = taken;
            out->meta.length += taken;
        }
    } while (taken != 0 && taken == run.bytes && join->places != 0);
}

bool coalesce_locked(struct recvqueue *queue, const struct recv_view *view,
                     const struct recv_request *request, struct coalesced *out)
{
    struct recvqueue_run first;

    if (queue->datagrams < 2 || !recvqueue_look(queue, 0, &first)) {
        return false;
    }
    out->meta = *packet_view(first.packet).meta;
    uint32_t segment_size = first_length(first.bytes, out->meta.segment_size);
    out->meta.segment_size = (uint16_t)segment_size;
    if (segment_size == 0 || !may_join(&out->meta, view, request)) {
        return false;
    }
    struct join join = join_begin(view, request, segment_size);
    look(queue, &join, out);
    if (out->meta.length <= segment_size) {
        return false;
    }
    for (unsigned i = 0; i < out->count; i++) {
        uint32_t bytes = out->runs[i].bytes;
        recvqueue_take(queue, bytes, (bytes + segment_size - 1) / segment_size);
    }
    return true;
}

uint32_t coalesce_superframe(const struct datagram_meta *all, uint32_t offset,
                             const struct recv_view *view, const struct recv_request *request)
{
    uint32_t left = all->length - offset;
    uint32_t first = first_length(left, all->segment_size);

    if (first == left || !may_join(all, view, request)) {
        return first;
    }
    struct join join = join_begin(view, request, first);
    uint32_t taken = join_piece(&join, left, all->segment_size);
    return taken > first ? taken : first;
}
