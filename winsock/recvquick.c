/*
 * recvquick.c - the short way of WSARecvMsg.
 *
 * Most calls are alike: one buffer, no flags, no OVERLAPPED, all pointers good, and a single datagram
 * that has been queued. Such a call is carried out here from end to end. Whatever is different in
 * any way is left to api_recv.c and recvmsg.c, which do the same for every case, and which say what
 * is wrong; so nothing here fails. Both ways deliver alike (the contract's tests meet either,
 * depending on whether the datagram or the call comes first).
 *
 * What makes it short: the socket is pinned instead of referenced, because nothing waits and
 * nothing of the program's is called; the datagram is copied out under socket.lock, and its packet
 * stays with the queue to be used again (packet_retire()). What is left are the two atomic
 * operations of the lock.
 */
#include "winsock/recvquick.h"

#include <string.h>

#include "winsock/cmsg.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/netevents.h"
#include "winsock/recvmsg.h"
#include "winsock/socket.h"

/* Where the caller wants the datagram. */
struct target {
    char *data;
    uint32_t data_bytes;
    void *name; /* NULL: nowhere */
    char *control;
    uint32_t control_bytes;
};

/*
 * May memory of any length that a ULONG holds stand there, as far as that can be told without asking
 * the kernel? (The last 4 GiB of the address space are left to the long way.)
 */
static inline bool at_hand(const void *start)
{
    return (uintptr_t)start - MEMORY_LOWEST_ADDRESS <
           MEMORY_END - MEMORY_LOWEST_ADDRESS - UINT32_MAX;
}

/* Does the call ask for nothing unusual? Then fills in where. */
static inline bool read_target(int family, const WSAMSG *message, const DWORD *received_bytes,
                               struct target *out)
{
    if (!at_hand(message) || !at_hand(received_bytes) || message->dwFlags != 0 ||
        message->dwBufferCount != 1 || !at_hand(message->lpBuffers)) {
        return false;
    }
    out->data = message->lpBuffers->buf;
    out->data_bytes = message->lpBuffers->len;
    out->name = message->name;
    out->control = message->Control.buf;
    out->control_bytes = message->Control.len;
    bool name_good = out->name != NULL
                         ? at_hand(out->name) && message->namelen >= name_size(family)
                         : message->namelen == 0;
    return name_good && (out->data_bytes == 0 || at_hand(out->data)) &&
           (out->control_bytes == 0 || at_hand(out->control));
}

/* Delivers the datagram. Returns 0, or WSAEMSGSIZE when not all of it fits (C16, C20). */
static inline int fill_locked(const struct socket *socket, const struct datagram *datagram,
                              const struct target *target, WSAMSG *message, DWORD *received_bytes)
{
    static const uint8_t casts[] = {
        [DATAGRAM_BROADCAST] = MSG_BCAST >> 8,
        [DATAGRAM_MULTICAST] = MSG_MCAST >> 8,
        [DATAGRAM_BROADCAST | DATAGRAM_MULTICAST] = (MSG_BCAST | MSG_MCAST) >> 8,
    };
    const struct datagram_meta *meta = datagram->meta;
    uint32_t bytes = meta->length < target->data_bytes ? meta->length : target->data_bytes;
    uint32_t set = netaddr_is_v4(&meta->destination) ? socket->receive.control4
                                                     : socket->receive.control6;
    DWORD flags = (DWORD)casts[meta->flags & (DATAGRAM_BROADCAST | DATAGRAM_MULTICAST)] << 8;
    size_t control_bytes = 0;
    bool cut = false;

    if (bytes != 0) {
        memcpy(target->data, datagram->data, bytes);
    }
    if (bytes < meta->length) {
        flags |= MSG_TRUNC;
    }
    if (target->name != NULL && socket->family == AF_INET) {
        name_write4(netaddr_v4(&meta->source), meta->source_port, target->name);
    } else if (target->name != NULL) {
        recvmsg_write_source(socket->family, meta, target->name);
    }
    if (set != 0) {
        control_bytes = cmsg_write(meta, set, target->control, target->control_bytes, &cut);
    }
    if (cut) {
        flags |= MSG_CTRUNC;
    }
    *received_bytes = bytes;
    message->namelen = target->name != NULL ? name_size(socket->family) : 0;
    message->Control.len = (ULONG)control_bytes;
    message->dwFlags = flags;
    return (flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? WSAEMSGSIZE : 0;
}

_Static_assert((MSG_BCAST & 0xff) == 0 && (MSG_MCAST & 0xff) == 0 &&
                   (MSG_BCAST | MSG_MCAST) <= 0xffff, "casts[] has bits 8 to 15");

/* Takes the oldest datagram of the socket, if it is there and simple. */
static inline bool take(struct socket *socket, const struct target *target, WSAMSG *message,
                        DWORD *received_bytes, int *error)
{
    lock_take(&socket->lock);
    struct packet *packet = recvqueue_single(&socket->queue);
    bool taken = packet != NULL && socket->receive.coalesced_bytes == 0 &&
                 !socket->receive_shut; /* nothing is queued where it is not bound, or closed */
    if (taken) {
        struct datagram datagram = packet_view(packet);
        *error = fill_locked(socket, &datagram, target, message, received_bytes);
        recvqueue_drop_single(&socket->queue);
        netevents_tell_rest_locked(socket);
    }
    lock_give(&socket->lock);
    return taken;
}

bool recvquick(SOCKET s, LPWSAMSG message, LPDWORD received_bytes, int *error)
{
    struct target target;
    bool done = false;

    if (packet_trace_wanted() || memory_is_probed()) {
        return false;
    }
    struct socket *socket = handle_pin(s, HANDLE_SOCKET); /* none is there when not started */
    if (socket == NULL) {
        return false;
    }
    if (socket_bound_for(socket, s) && socket_is_datagram(socket) &&
        read_target(socket->family, message, received_bytes, &target)) {
        done = take(socket, &target, message, received_bytes, error);
    }
    handle_unpin();
    return done;
}
