/*
 * timestamp.c - the times of sends.
 *
 * A socket with TIMESTAMPING_FLAG_TX keeps the time of each send that carries an SO_TIMESTAMP_ID
 * until it is asked for. Limits: as many as the program asked for, at most LIMIT_TX_TIMESTAMPS;
 * what finds no room is dropped. Receive times need no state: they are a control message.
 */
#include "winsock/timestamp.h"

#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <mstcpip.h>

#include "config/limits.h"
#include "stack/loop.h"
#include "winsock/cmsg.h"
#include "winsock/ioctl.h"
#include "winsock/socket.h"

void timestamps_fini(struct timestamps *timestamps)
{
    free(timestamps->entries);
    *timestamps = (struct timestamps){.entries = NULL};
}

static int check_kind(const struct socket *socket)
{
    return socket->type == SOCK_DGRAM ? 0 : WSAEOPNOTSUPP;
}

/* Makes room for capacity sends. Returns 0 or WSAENOBUFS. */
static int make_room(struct timestamps *timestamps, uint32_t capacity)
{
    if (capacity > LIMIT_TX_TIMESTAMPS) {
        capacity = LIMIT_TX_TIMESTAMPS;
    }
    if (capacity == 0) {
        return 0;
    }
    timestamps->entries = calloc(capacity, sizeof(*timestamps->entries));
    if (timestamps->entries == NULL) {
        return WSAENOBUFS;
    }
    timestamps->capacity = capacity;
    return 0;
}

static void switch_control(uint16_t *control, bool on)
{
    *control = (uint16_t)(on ? *control | CMSG_TIMESTAMP : *control & ~CMSG_TIMESTAMP);
}

int timestamp_configure(struct socket *socket, struct ioctl_call *call)
{
    TIMESTAMPING_CONFIG config;
    struct timestamps made = {.entries = NULL};
    int error = check_kind(socket);

    if (error != 0) {
        return error;
    }
    memcpy(&config, call->in, sizeof(config));
    if ((config.Flags & ~(ULONG)(TIMESTAMPING_FLAG_RX | TIMESTAMPING_FLAG_TX)) != 0) {
        return WSAEINVAL;
    }
    if ((config.Flags & TIMESTAMPING_FLAG_TX) != 0) {
        error = make_room(&made, config.TxTimestampsBuffered);
    }
    if (error != 0) {
        return error;
    }
    lock_take(&socket->lock);
    struct socket_extra *extra = socket_extra_locked(socket);
    if (extra == NULL) {
        lock_give(&socket->lock);
        timestamps_fini(&made);
        return WSAENOBUFS;
    }
    struct timestamps old = extra->timestamps;
    extra->timestamps = made;
    switch_control(&socket->receive.control4, (config.Flags & TIMESTAMPING_FLAG_RX) != 0);
    switch_control(&socket->receive.control6, (config.Flags & TIMESTAMPING_FLAG_RX) != 0);
    lock_give(&socket->lock);
    timestamps_fini(&old);
    return 0;
}

/* Finds the oldest send with an id and forgets it. */
static bool take_locked(struct timestamps *timestamps, uint32_t id, uint64_t *counter)
{
    for (uint32_t i = 0; i < timestamps->count; i++) {
        struct timestamp *found = &timestamps->entries[i];
        if (found->id == id) {
            *counter = found->counter;
            timestamps->count--;
            memmove(found, found + 1, (timestamps->count - i) * sizeof(*found));
            return true;
        }
    }
    return false;
}

int timestamp_take(struct socket *socket, struct ioctl_call *call)
{
    uint64_t counter;
    uint32_t id;
    int error = check_kind(socket);

    if (error != 0) {
        return error;
    }
    memcpy(&id, call->in, sizeof(id));
    lock_take(&socket->lock);
    bool found = socket->extra != NULL && take_locked(&socket->extra->timestamps, id, &counter);
    lock_give(&socket->lock);
    if (!found) {
        return WSAEWOULDBLOCK;
    }
    memcpy(call->out, &counter, sizeof(counter));
    return 0;
}

void timestamp_sent(struct socket *socket, uint32_t id)
{
    struct timestamp sent = {.counter = timestamp_counter(loop_now_ns()), .id = id};

    lock_take(&socket->lock);
    struct timestamps *timestamps = socket->extra != NULL ? &socket->extra->timestamps : NULL;
    if (timestamps != NULL && timestamps->count < timestamps->capacity) {
        timestamps->entries[timestamps->count++] = sent;
    }
    lock_give(&socket->lock);
}
