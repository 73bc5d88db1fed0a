/*
 * recvmsg_fill.c - writes a datagram into the memory of a receive call: payload, name, control
 * messages, flags. No state.
 */
#include "winsock/recvmsg.h"

#include <string.h>

#include "winsock/cmsg.h"
#include "winsock/coalesce.h"
#include "winsock/name.h"
#include "winsock/recvqueue.h"

/*
 * Spreads the payload over the buffers in order, without holes (C15), behind the first start bytes
 * of them. Returns the bytes written.
 */
static uint32_t scatter(const struct datagram *datagram, const struct recv_request *request,
                        uint32_t start)
{
    uint32_t length = datagram->meta->length;
    uint32_t done = 0;

    for (uint32_t i = 0; i < request->buffer_count && done < length; i++) {
        const WSABUF *buffer = &request->buffers[i];
        if (start >= buffer->len) {
            start -= buffer->len;
            continue;
        }
        uint32_t part = buffer->len - start;
        if (part > length - done) {
            part = length - done;
        }
        datagram_read(datagram, done, buffer->buf + start, part);
        done += part;
        start = 0;
    }
    return done;
}

static inline uint32_t copy_payload(const struct datagram *datagram, const struct recv_request *request)
{
    uint32_t length = datagram->meta->length;

    if (request->buffer_count != 1 || datagram->data == NULL) {
        return scatter(datagram, request, 0);
    }
    if (length > request->buffers[0].len) {
        length = request->buffers[0].len;
    }
    if (length != 0) {
        memcpy(request->buffers[0].buf, datagram->data, length);
    }
    return length;
}

void recvmsg_write_source(int family, const struct datagram_meta *meta, void *target)
{
    if (family == AF_INET) {
        name_write4(netaddr_v4(&meta->source), meta->source_port, target);
        return;
    }
    struct endpoint_name source = {.address = meta->source, .port = meta->source_port};
    if (netaddr_is_link_scoped(&meta->source)) {
        source.scope = meta->interface_index; /* C69 */
    }
    name_write(family, &source, target);
}

/* Writes everything but the payload, of which result->bytes have been delivered. */
static inline __attribute__((always_inline)) void fill_metadata(const struct recv_view *view, const struct datagram_meta *meta,
                          const struct recv_request *request, struct recv_result *result)
{
    uint32_t flags = 0;
    uint32_t control_bytes = 0;

    if (result->bytes < meta->length) {
        flags |= MSG_TRUNC;
    }
    result->named = request->name != NULL;
    if (result->named) {
        recvmsg_write_source(view->family, meta, request->name);
    }
    if ((meta->flags & DATAGRAM_BROADCAST) != 0) {
        flags |= MSG_BCAST;
    }
    if ((meta->flags & DATAGRAM_MULTICAST) != 0) {
        flags |= MSG_MCAST;
    }
    if (request->takes_control) {
        bool cut = false;
        uint32_t set = recv_view_control(view, meta);
        if (set != 0 || meta->segment_size != 0) {
            control_bytes = (uint32_t)cmsg_write(meta, set, request->control,
                                                 request->control_bytes, &cut);
        }
        if (cut) {
            flags |= MSG_CTRUNC;
        }
    }
    result->control_bytes = control_bytes;
    result->flags = flags;
    result->error = (flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? WSAEMSGSIZE : 0;
}

void recvmsg_fill(const struct recv_view *view, const struct datagram *datagram,
                  const struct recv_request *request, struct recv_result *result)
{
    result->bytes = copy_payload(datagram, request);
    fill_metadata(view, datagram->meta, request, result);
}

void recvmsg_fill_coalesced(const struct recv_view *view, const struct coalesced *all,
                            const struct recv_request *request, struct recv_result *result)
{
    result->bytes = 0;
    for (unsigned i = 0; i < all->count; i++) {
        struct datagram_meta meta;
        struct datagram datagram = recvqueue_view(&all->runs[i], &meta);
        result->bytes += scatter(&datagram, request, result->bytes);
        packet_trace_delivery(datagram.meta);
        packet_put(all->runs[i].packet);
    }
    fill_metadata(view, &all->meta, request, result);
}

void recvmsg_fill_error(int family, const struct recvqueue_error *error,
                        const struct recv_request *request, struct recv_result *result)
{
    *result = (struct recv_result){.error = error->code, .named = request->name != NULL};
    if (result->named) {
        name_write(family, &error->peer, request->name);
    }
}

void recvmsg_write_back(int family, const struct recv_result *result, LPWSAMSG message,
                        LPINT name_length)
{
    if (name_length != NULL && result->named) {
        *name_length = name_size(family);
    }
    if (message == NULL) {
        return;
    }
    if (result->named || recv_delivered(result)) { /* C17, C35 */
        message->namelen = result->named ? name_size(family) : 0;
    }
    if (recv_delivered(result)) {
        message->Control.len = result->control_bytes;
        message->dwFlags = result->flags;
    }
}
