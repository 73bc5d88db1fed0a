/*
 * stream.c - frames over a stream socket: the driver `stream`.
 *
 * Theory of operation
 *
 * Each frame goes behind its length in four bytes (framing.c), as QEMU's "-netdev stream" and passt
 * have it; so the peer is a virtual machine, a user-mode gateway, or another host of ours. It is
 * one at a time; who it is, and what follows when it goes, is peer.c's matter. The link is another
 * station on the wire that the connection is, and has no MAC of its own.
 *
 * Receiving. One recv() takes what is there, up to 256 KiB, and frames are lent where they lie.
 * Only when none is whole any more is it read again, and the beginning of the next one moved to the
 * front of the arena. What a burst leaves over is in the arena and not in the socket: the bell
 * keeps the link's descriptor readable until it is taken.
 *
 * Sending. A batch of frames goes in one sendmsg(), from where its parts are. The kernel may take a
 * part of it: of the frame that it cut we keep the rest, to be written when there is room, and say
 * that it was sent; those behind it are dropped, and so are all that come before the rest is gone.
 * So no frame is ever cut, and a peer that does not read costs frames, not memory. sendmsg() that
 * fails for good drops frames too: that the peer is gone is left for recv() to find out, which
 * hands over before that what the peer had still sent.
 *
 * The end of a connection. Frames that came whole are handed over, however it ends; of one that was
 * under way the stack is told as a cut frame, which it drops as "snaplen". After a length that no
 * frame can have (more than LINK_FRAME_MAX_BYTES) nothing tells where the next frame begins. It is
 * handed over as one frame which the stack drops as "oversize", and the connection is given up, as
 * if the peer had gone; a new one starts at a frame.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "drivers/socket/framing.h"
#include "drivers/socket/peer.h"
#include "drivers/options/options.h"
#include "drivers/socket/socket.h"

enum {
    MTU_DEFAULT_BYTES = 1500,
    MTU_MOST_BYTES = 65535,
    RECONNECT_DEFAULT_MS = 1000,
    RECONNECT_MOST_MS = 3600 * 1000,
};

struct stream {
    struct link link;
    struct peer peer;
    struct framing_batch batch;
    struct framing_rest rest;
    struct framing_input input;
};

static const char help[] =
    "connect   unix:PATH or ADDRESS:PORT of a stream socket to connect to\n"
    "listen    the same, to wait there for one peer at a time; a socket file is made, and removed\n"
    "          at the end\n"
    "fd        number of an open descriptor of a connected stream socket, instead of these; it\n"
    "          belongs to the link once that is open\n"
    "reconnect with connect: milliseconds between attempts after a loss; default: 1000,\n"
    "          0: never. When given and not 0 the peer may also be missing at the start\n"
    "gone      what a lost peer means. wait: frames are dropped until there is one again; down:\n"
    "          receives fail with WSAENETDOWN. Default: wait; down with fd or reconnect=0\n";

/* --- receiving --- */

/* Takes up to max frames out of the arena. Returns how many; garbage is the last one. */
static unsigned take(struct stream *stream, struct link_frame *frames, unsigned max)
{
    unsigned count = 0;

    while (count < max) {
        switch (framing_take(&stream->input, &frames[count])) {
        case FRAMING_NOTHING:
            return count;
        case FRAMING_FRAME:
            count++;
            break;
        case FRAMING_GARBAGE:
            peer_lost(&stream->peer);
            stream->input.begin = stream->input.end = 0;
            return count + 1;
        }
    }
    return count;
}

/* Writes what is left of a cut frame. Returns whether nothing of it is left, or to be written. */
static bool flush(struct stream *stream)
{
    struct framing_rest *rest = &stream->rest;
    ssize_t written = 0;

    while (rest->begin < rest->end && written >= 0) {
        written = send(stream->peer.connection, rest->bytes + rest->begin, rest->end - rest->begin,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
        rest->begin += written > 0 ? (size_t)written : 0;
    }
    if (written < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ENOMEM) {
        rest->begin = rest->end; /* there is nobody to read it */
    }
    peer_want_room(&stream->peer, rest->begin < rest->end);
    return rest->begin == rest->end;
}

/*
 * Reads once. Returns false when nothing came: there is nothing now, or the connection is over;
 * then *frame is what was under way, and *count 1, if there was anything.
 */
static bool read_more(struct stream *stream, struct link_frame *frame, unsigned *count)
{
    size_t room;
    void *to = framing_room(&stream->input, &room);
    ssize_t bytes = recv(stream->peer.connection, to, room, MSG_DONTWAIT);

    if (bytes > 0) {
        framing_came(&stream->input, (size_t)bytes);
        stream->link.drained = (size_t)bytes < room;
        return true;
    }
    stream->link.drained = true;
    if (bytes == 0 || (errno != EAGAIN && errno != EINTR)) {
        *count = framing_end(&stream->input, frame);
        peer_lost(&stream->peer);
    }
    return false;
}

/* A new connection starts at a frame, both ways. */
static bool attend(struct stream *stream)
{
    bool was_connected = stream->peer.state == PEER_CONNECTED;
    bool is_connected = peer_attend(&stream->peer);

    if (is_connected && !was_connected) {
        stream->rest.begin = stream->rest.end = 0;
    }
    return is_connected;
}

static int stream_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct stream *stream = (struct stream *)link;
    unsigned count;

    link->drained = false;
    if (max == 0) {
        return 0;
    }
    count = take(stream, frames, max);
    if (count == 0 && attend(stream)) {
        flush(stream);
        while (count == 0 && read_more(stream, frames, &count)) {
            count = take(stream, frames, max);
        }
    }
    if (count == 0 && stream->peer.state == PEER_DOWN) {
        return -ENETDOWN;
    }
    /* What is left over here, or to be said next, the socket does not tell. */
    bool more = framing_next(&stream->input) != FRAMING_NOTHING || stream->peer.state == PEER_DOWN;
    peer_ring(&stream->peer, more);
    link->drained &= !more;
    return (int)count;
}

/* --- sending --- */

/* Writes one batch. Returns how many of its packets are dealt with; less: there is no more room. */
static unsigned write_batch(struct stream *stream)
{
    struct msghdr message = {
        .msg_iov = stream->batch.pieces,
        .msg_iovlen = stream->batch.piece_count,
    };
    ssize_t written;

    do {
        written = sendmsg(stream->peer.connection, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (written < 0 && errno == EINTR);
    return written <= 0 ? 0 : framing_wrote(&stream->batch, (size_t)written, &stream->rest);
}

static unsigned stream_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct stream *stream = (struct stream *)link;
    unsigned sent = 0;

    if (stream->peer.state != PEER_CONNECTED) {
        return 0;
    }
    while (sent < count && flush(stream)) {
        unsigned gathered = framing_gather(&stream->batch, packets + sent, count - sent);
        unsigned taken = gathered > 0 ? write_batch(stream) : 0;

        sent += taken;
        if (taken < gathered || gathered == 0) {
            break;
        }
    }
    peer_want_room(&stream->peer, stream->rest.begin < stream->rest.end);
    return sent;
}

/* --- life --- */

static void stream_close(struct link *link)
{
    struct stream *stream = (struct stream *)link;

    peer_close(&stream->peer);
    free(stream);
}

static const struct link_ops stream_ops = {
    .driver = "stream",
    .receive = stream_receive,
    .send = stream_send,
    .close = stream_close,
};

/* What is read before what follows from what is known. */
struct stream_options {
    struct peer_options peer;
    long fd, reconnect_ms; /* -1: not given */
    enum { GONE_UNSAID, GONE_WAIT, GONE_DOWN } gone;
};

static int read_connect(const struct options_report *report, void *target, const char *key,
                        const char *value)
{
    return place_parse(report, key, value, &((struct stream_options *)target)->peer.connect);
}

static int read_listen(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return place_parse(report, key, value, &((struct stream_options *)target)->peer.listen);
}

static int read_fd(const struct options_report *report, void *target, const char *key,
                   const char *value)
{
    return options_read_number(report, key, value, 0, INT_MAX,
                               &((struct stream_options *)target)->fd);
}

static int read_reconnect(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    return options_read_number(report, key, value, 0, RECONNECT_MOST_MS,
                               &((struct stream_options *)target)->reconnect_ms);
}

static int read_gone(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    struct stream_options *options = target;

    if (strcmp(value, "wait") != 0 && strcmp(value, "down") != 0) {
        return options_fail(report, EINVAL, "option '%s' is '%.40s': it must be wait or down", key,
                            value);
    }
    options->gone = strcmp(value, "wait") == 0 ? GONE_WAIT : GONE_DOWN;
    return 0;
}

static const struct options_key keys[] = {
    {"connect", read_connect},
    {"listen", read_listen},
    {"fd", read_fd},
    {"reconnect", read_reconnect},
    {"gone", read_gone},
    {NULL, NULL},
};

static int read_options(const struct options_report *report, const struct link_option *pairs,
                        size_t pair_count, struct peer_options *peer)
{
    struct stream_options options = {.fd = -1, .reconnect_ms = -1};
    int result = options_read(report, keys, &options, pairs, pair_count);
    bool connects;

    *peer = options.peer;
    if (result != 0) {
        return result;
    }
    connects = place_is_given(&peer->connect);
    if (connects + place_is_given(&peer->listen) + (options.fd >= 0) != 1) {
        return options_fail(report, EINVAL, "give it one of the options 'connect', 'listen' and "
                            "'fd'");
    }
    if (options.reconnect_ms >= 0 && !connects) {
        return options_fail(report, EINVAL, "option 'reconnect' needs 'connect'");
    }
    peer->fd = (int)options.fd;
    peer->may_be_late = options.reconnect_ms > 0;
    peer->reconnect_ms = !connects ? 0 : options.reconnect_ms < 0 ? RECONNECT_DEFAULT_MS
                                                                  : options.reconnect_ms;
    /* Where nobody can come back there is nothing to wait for. */
    peer->gone_is_down = options.gone == GONE_UNSAID
                             ? !place_is_given(&peer->listen) && peer->reconnect_ms == 0
                             : options.gone == GONE_DOWN;
    return 0;
}

/* link_driver.open. A descriptor passed in becomes the link's on success only. */
static int stream_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                       char *error)
{
    const struct options_report report = {.driver = "stream", .error = error};
    struct peer_options options;
    struct stream *stream;
    int result = read_options(&report, pairs, pair_count, &options);

    if (result != 0) {
        return result;
    }
    stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return options_fail(&report, ENOMEM, "not enough memory for a link");
    }
    result = peer_open(&stream->peer, &options, &report);
    if (result != 0) {
        free(stream);
        return result;
    }
    stream->link = (struct link){
        .ops = &stream_ops,
        .fd = stream->peer.epoll,
        .mtu = MTU_DEFAULT_BYTES,
        .mtu_most = MTU_MOST_BYTES,
    };
    *out = &stream->link;
    return 0;
}

const struct link_driver winlwip_stream_driver = {
    .name = "stream",
    .open = stream_open,
    .help = help,
};
