/*
 * peer.h - the connection of a stream link: how it is made, lost and made again. Private to
 * drivers/socket.
 *
 * Guarded by the stack lock, as the link is; no call but peer_open() blocks.
 */
#ifndef DRIVERS_SOCKET_PEER_H
#define DRIVERS_SOCKET_PEER_H

#include <stdbool.h>

#include "drivers/options/options.h"
#include "drivers/socket/place.h"

enum peer_state {
    PEER_LISTENING,  /* nobody is connected: the next to come is the peer */
    PEER_RESTING,    /* until the timer says to try again */
    PEER_CONNECTING, /* TCP's handshake is under way */
    PEER_CONNECTED,
    PEER_GONE,       /* for ever; the link stays up and silent */
    PEER_DOWN,       /* for ever; the link is to fail */
};

/* What was configured. Exactly one of the first three is given. */
struct peer_options {
    struct place connect, listen;
    int fd;            /* of a connected stream socket; -1: not given */
    long reconnect_ms; /* 0: never again */
    bool may_be_late;  /* the first connection need not be there at once */
    bool gone_is_down; /* a peer that is lost takes the link down */
};

struct peer {
    struct peer_options options;
    enum peer_state state;
    /*
     * Readable when there is something to do: holds the listening socket, the connection, the timer
     * and the bell. Each of them -1 when there is none.
     */
    int epoll;
    int listener, connection, timer;
    int bell;          /* an eventfd: readable while peer_ring(true) */
    bool is_ringing;
    bool wants_room;   /* the connection is watched for room to write, too */
};

/*
 * Connects, listens, or takes the descriptor, which is the peer's from then on. Waits up to five
 * seconds for a TCP handshake. Returns 0, or -errno with the line and nothing left open.
 */
int peer_open(struct peer *peer, const struct peer_options *options,
              const struct options_report *report);

/*
 * Goes on with what is under way: takes a connection, tries again. Returns whether there is a
 * connection; when that is a new one, nothing was read from it or written to it yet.
 */
bool peer_attend(struct peer *peer);

/* The connection is over: closes it and goes where the options say. */
void peer_lost(struct peer *peer);

/* Is the descriptor to be readable when the connection has room, beside when it has bytes? */
void peer_want_room(struct peer *peer, bool wanted);

/* Is the descriptor to be readable at once? */
void peer_ring(struct peer *peer, bool on);

/* Closes all, and removes the socket file that was made. */
void peer_close(struct peer *peer);

#endif
