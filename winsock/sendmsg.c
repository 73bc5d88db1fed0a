/*
 * sendmsg.c - from a caller's message to endpoint_send().
 *
 * The order is: where to, who we are (the implicit bind), what the options say, what the control
 * data says instead, send. Options are copied under socket.lock; the send itself runs without it. So
 * that a close in another thread cannot pull the endpoint away, the caller has the socket pinned, or
 * the send runs between socket_enter_locked() and socket_leave().
 *
 * What stands behind what, strongest first:
 *   source     control data, the bound address, the route
 *   interface  control data, the destination's scope, IP_MULTICAST_IF for multicasts and
 *              IP_UNICAST_IF for all others, the route
 *   TTL        control data, for multicasts IP_MULTICAST_TTL, else IP_TTL
 *   TOS        control data, else IP_TOS; ECN in control data replaces the two low bits
 *   segments   control data, else UDP_SEND_MSG_SIZE
 *   fragments  control data or IP_DONTFRAGMENT forbids them, else IP_MTU_DISCOVER decides
 */
#include "winsock/sendmsg.h"

#include <stdlib.h>
#include <string.h>

#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/cmsg.h"
#include "winsock/errors.h"
#include "winsock/name.h"
#include "winsock/socket.h"

/* Can a datagram go there at all? The wildcard is no destination. */
static int check_destination_locked(const struct socket *socket, const struct endpoint_name *name)
{
    if (netaddr_is_any(&name->address)) {
        return WSAEADDRNOTAVAIL;
    }
    if (socket_is_v6_only_locked(socket) && netaddr_is_v4(&name->address)) {
        return WSAENETUNREACH;
    }
    return 0;
}

static int resolve_destination_locked(const struct socket *socket,
                                      const struct send_request *request,
                                      struct endpoint_name *destination)
{
    if (socket->closed) {
        return WSAENOTSOCK;
    }
    if (socket->send_shut) {
        return WSAESHUTDOWN;
    }
    if (request->name == NULL) {
        if (!socket->connected) {
            return request->unnamed_error;
        }
        *destination = socket->extra->peer;
        return 0;
    }
    int error = name_read(socket->family, request->name, request->name_bytes, destination);
    return error != 0 ? error : check_destination_locked(socket, destination);
}

/*
 * Finds out where to and sees to it that the socket is bound. socket.lock is held before and after,
 * but given up in between while an unbound socket is bound.
 */
static int resolve_and_bind_locked(struct socket *socket, const struct send_request *request,
                                   struct endpoint_name *destination)
{
    int error = resolve_destination_locked(socket, request, destination);

    if (error != 0 || socket->bound) {
        return error;
    }
    lock_give(&socket->lock);
    error = socket_bind_implicit(socket);
    lock_take(&socket->lock);
    return error != 0 ? error : resolve_destination_locked(socket, request, destination);
}

int sendmsg_prepare(struct socket *socket, const struct send_request *request)
{
    struct endpoint_name destination;

    lock_take(&socket->lock);
    int error = resolve_and_bind_locked(socket, request, &destination);
    lock_give(&socket->lock);
    return error;
}

/* The stack's word for a PMTUD_STATE. */
static enum endpoint_mtu_discovery mtu_discovery_of(const struct ip_options *ip)
{
    static const enum endpoint_mtu_discovery states[] = {
        [IP_PMTUDISC_NOT_SET] = ENDPOINT_MTU_UNSET,
        [IP_PMTUDISC_DO] = ENDPOINT_MTU_DO,
        [IP_PMTUDISC_DONT] = ENDPOINT_MTU_DONT,
        [IP_PMTUDISC_PROBE] = ENDPOINT_MTU_PROBE,
    };

    return states[ip->mtu_discovery];
}

/*
 * Fills in everything but destination, parts and length: the destination stands in send already. To
 * clear the whole struct first would cost as much as the rest of this file.
 */
static void apply_options_locked(const struct socket *socket, bool named,
                                 struct endpoint_send *send)
{
    const struct socket_options *options = socket->options;
    const struct netaddr *to = &send->destination.address;
    const struct ip_options *ip = netaddr_is_v4(to) ? &options->v4 : &options->v6;

    send->source = (struct netaddr){0};
    if (netaddr_is_multicast(to)) {
        send->ttl = ip->multicast_ttl;
        send->interface_index = ip->multicast_interface;
    } else {
        send->ttl = (uint8_t)(ip->ttl != 0 ? ip->ttl : IP_DEFAULT_TTL);
        send->interface_index = ip->unicast_interface;
    }
    if (send->destination.scope != 0) {
        send->interface_index = send->destination.scope;
    }
    send->tos = ip->tos;
    send->segment_bytes = options->send_segment_bytes;
    send->dont_fragment = ip->dont_fragment != 0;
    send->header_included = socket_is_raw(socket) && ip->header_included != 0;
    send->no_checksum = options->no_checksum != 0;
    send->ip_options.length = options->ip_options.length;
    memcpy(send->ip_options.bytes, options->ip_options.bytes, options->ip_options.length);
    send->discovery = mtu_discovery_of(ip);
    send->user_mtu_bytes = ip->user_mtu;
    send->allow_broadcast = socket->broadcast != 0 || !named; /* WB 2.17 */
}

static void apply_wishes(const struct cmsg_wishes *wishes, struct endpoint_send *send)
{
    if (!netaddr_is_any(&wishes->source)) {
        /* As it was written: to read it in one piece would wait for both halves. */
        send->source.halves[0] = wishes->source.halves[0];
        send->source.halves[1] = wishes->source.halves[1];
    }
    if (wishes->interface_index != 0) {
        send->interface_index = wishes->interface_index;
    }
    if (wishes->ttl > 0) { /* as for the options: 0 must not leave a host */
        send->ttl = (uint8_t)wishes->ttl;
    }
    if (wishes->tos >= 0) {
        send->tos = (uint8_t)wishes->tos;
    }
    if (wishes->ecn >= 0) {
        send->tos = (uint8_t)((send->tos & ~3u) | (unsigned)wishes->ecn);
    }
    if (wishes->dont_fragment >= 0) {
        send->dont_fragment = wishes->dont_fragment != 0;
    }
    if (wishes->segment_bytes >= 0) {
        send->segment_bytes = (uint32_t)wishes->segment_bytes;
    }
}

/* *timestamp_id: as in cmsg_wishes; -1 without one. */
static int apply_control(const struct socket *socket, const struct send_request *request,
                         struct endpoint_send *send, int64_t *timestamp_id)
{
    struct cmsg_wishes wishes;
    bool v4 = netaddr_is_v4(&send->destination.address);
    int error = cmsg_parse(request->control, request->control_bytes, v4,
                           socket->family == AF_INET6, &wishes);

    if (error != 0) {
        return error;
    }
    apply_wishes(&wishes, send);
    *timestamp_id = wishes.timestamp_id;
    return 0;
}

/* The most that one send may be, bytes: a cut or raw one is the stack's to judge. */
static size_t send_limit(const struct socket *socket, const struct endpoint_send *send)
{
    if (send->segment_bytes != 0) {
        return LIMIT_SEND_SEGMENTED_BYTES;
    }
    if (socket_is_raw(socket)) {
        return LIMIT_PACKET_LENGTH_BYTES;
    }
    return netaddr_is_v4(&send->destination.address) ? LIMIT_PAYLOAD4_BYTES
                                                     : LIMIT_PAYLOAD6_BYTES;
}

/* Sums the buffers up. Returns 0 or WSAEMSGSIZE when that is more than can be sent. */
static int measure(const struct socket *socket, const struct send_request *request,
                   struct endpoint_send *send)
{
    size_t limit = send_limit(socket, send);
    size_t sum = 0;

    for (uint32_t i = 0; i < request->buffer_count; i++) {
        sum += request->buffers[i].len;
        if (sum > limit) {
            return WSAEMSGSIZE;
        }
    }
    send->length = sum;
    return 0;
}

static int hand_over(struct socket *socket, struct endpoint_send *send, const struct iovec *parts,
                     unsigned part_count)
{
    send->parts = parts;
    send->part_count = part_count;
    int error = endpoint_send(socket->endpoint, send);
    send->parts = NULL; /* they live in the caller's frame */
    return error == 0 ? 0 : errors_wsa_from_errno(error);
}

/* Sends buffers that are more than the stack takes, copied together. */
static int send_block(struct socket *socket, const struct send_request *request,
                      struct endpoint_send *send)
{
    char *block = malloc(send->length != 0 ? send->length : 1);
    size_t done = 0;

    if (block == NULL) {
        return WSAENOBUFS;
    }
    for (uint32_t i = 0; i < request->buffer_count; i++) {
        if (request->buffers[i].len != 0) {
            memcpy(block + done, request->buffers[i].buf, request->buffers[i].len);
        }
        done += request->buffers[i].len;
    }
    struct iovec part = {.iov_base = block, .iov_len = send->length};
    int error = hand_over(socket, send, &part, 1);
    free(block);
    return error;
}

static int send_parts(struct socket *socket, const struct send_request *request,
                      struct endpoint_send *send)
{
    struct iovec parts[LIMIT_SEND_PARTS];

    if (request->buffer_count > LIMIT_SEND_PARTS) {
        return send_block(socket, request, send);
    }
    for (uint32_t i = 0; i < request->buffer_count; i++) {
        parts[i].iov_base = request->buffers[i].buf;
        parts[i].iov_len = request->buffers[i].len;
    }
    return hand_over(socket, send, parts, request->buffer_count);
}

int sendmsg_send(struct socket *socket, const struct send_request *request, uint32_t *sent_bytes)
{
    struct endpoint_send send;
    int64_t timestamp_id = -1;

    send.destination = (struct endpoint_name){.port = 0};
    lock_take(&socket->lock);
    int error = resolve_and_bind_locked(socket, request, &send.destination);
    if (error == 0) {
        apply_options_locked(socket, request->name != NULL, &send);
        if (!request->pinned) {
            socket_enter_locked(socket);
        }
    }
    lock_give(&socket->lock);
    if (error != 0) {
        return error;
    }

    if (request->control_bytes != 0) {
        error = apply_control(socket, request, &send, &timestamp_id);
    }
    if (error == 0) {
        error = measure(socket, request, &send);
    }
    if (error == 0) {
        error = send_parts(socket, request, &send);
    }
    if (error == 0 && timestamp_id >= 0 && send.segment_bytes == 0) { /* winsock-facts 4.1 */
        timestamp_sent(socket, (uint32_t)timestamp_id);
    }
    if (!request->pinned) {
        socket_leave(socket);
    }
    if (error == 0) {
        *sent_bytes = (uint32_t)send.length;
    }
    return error;
}
