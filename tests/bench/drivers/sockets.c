/*
 * sockets.c - wires of UNIX sockets: stream and datagram pairs, and what libvdeplug's ptp:// reads.
 *
 * A switch in between would take its time on the same CPUs; ptp:// is the same way in the driver and
 * the library, and the same kind of socket.
 */
#define _GNU_SOURCE /* recvmmsg */
#include "tests/bench/drivers/wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bench/net/row.h"

enum {
    STREAM_BYTES = 256 * 1024, /* a read, as the driver has it */
    BURST = 32,
    SLOT_BYTES = 65536 + 64,
    PLUG_BYTES = 65535 + 14 + 1,
    FILL = 64, /* frames that a sender's buffer pays for, some 3 KiB each */
    ROUNDS = 128,
};

static uint8_t stream_room[STREAM_BYTES];
static uint8_t slots[BURST][SLOT_BYTES];

static void make_pair(struct wire *wire, int type)
{
    int pair[2];

    if (socketpair(AF_UNIX, type, 0, pair) != 0) {
        row_fail_errno("socketpair");
    }
    wire->give_fd = pair[0];
    if (wire->bare) {
        wire->read_fd = pair[1];
    }
    snprintf(wire->text, sizeof(wire->text), "%d", pair[1]);
}

/* --- stream --- */

static void make_stream(struct wire *wire)
{
    make_pair(wire, SOCK_STREAM);
}

static void give_stream(const struct wire *wire, size_t first, unsigned count)
{
    uint32_t length = htonl((uint32_t)wire->traffic->frame_bytes);
    size_t bytes = sizeof(length) + wire->traffic->frame_bytes;

    for (unsigned i = 0; i < count; i++) {
        struct iovec parts[] = {
            {&length, sizeof(length)},
            {traffic_frame(wire->traffic, first + i), wire->traffic->frame_bytes},
        };
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

        if (sendmsg(wire->give_fd, &message, MSG_DONTWAIT) != (ssize_t)bytes) {
            row_fail_errno("giving a frame");
        }
    }
}

/* All that was given fits one read, so no frame is cut at its end. */
static void take_stream(struct wire *wire, unsigned most, struct wire_read *read_)
{
    ssize_t bytes = recv(wire->read_fd, stream_room, sizeof(stream_room), MSG_DONTWAIT);
    size_t frame_bytes;

    (void)most;
    for (ssize_t at = 0; at < bytes; at += (ssize_t)(sizeof(uint32_t) + frame_bytes)) {
        uint32_t length;

        memcpy(&length, stream_room + at, sizeof(length));
        frame_bytes = ntohl(length);
        wire_count(read_, stream_room + at + sizeof(length), frame_bytes);
    }
}

const struct wire_kind wire_stream = {
    .key = "fd", .fill = FILL, .rounds = ROUNDS,
    .make = make_stream, .give = give_stream, .take = take_stream,
};

/* --- datagrams --- */

static void make_dgram(struct wire *wire)
{
    make_pair(wire, SOCK_DGRAM);
}

static void take_dgram(struct wire *wire, unsigned most, struct wire_read *read_)
{
    struct mmsghdr messages[BURST];
    struct iovec parts[BURST];
    int count;

    for (unsigned i = 0; i < BURST; i++) {
        parts[i] = (struct iovec){slots[i], SLOT_BYTES};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    count = recvmmsg(wire->read_fd, messages, most < BURST ? most : BURST,
                     MSG_DONTWAIT | MSG_TRUNC, NULL);
    for (int i = 0; i < count; i++) {
        wire_count(read_, slots[i], messages[i].msg_len);
    }
}

const struct wire_kind wire_dgram = {
    .key = "fd", .fill = FILL, .rounds = ROUNDS,
    .make = make_dgram, .give = wire_give_each, .take = take_dgram,
};

/* --- ptp:// --- */

static struct sockaddr_un address_of(const char *path, const char *tail)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", path, tail);
    return address;
}

static int socket_at(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        row_fail_errno(address->sun_path);
    }
    return fd;
}

/* The plug binds PATH, its peer PATH+. */
static void connect_ptp(struct wire *wire)
{
    struct sockaddr_un plug = address_of(wire->other, "");

    if (connect(wire->give_fd, (const struct sockaddr *)&plug, sizeof(plug)) != 0) {
        row_fail_errno(wire->other);
    }
    unlink(wire->other);
    unlink(address_of(wire->other, "+").sun_path);
}

static void make_ptp(struct wire *wire)
{
    struct sockaddr_un plug, peer;

    snprintf(wire->other, sizeof(wire->other), "/tmp/bench-ptp-%d-%d", (int)getpid(), wire->bare);
    snprintf(wire->text, sizeof(wire->text), "ptp://%.56s", wire->other);
    plug = address_of(wire->other, "");
    peer = address_of(wire->other, "+");
    wire->give_fd = socket_at(&peer);
    if (wire->bare) {
        wire->read_fd = socket_at(&plug);
        connect_ptp(wire);
    }
}

static void take_ptp(struct wire *wire, unsigned most, struct wire_read *read_)
{
    for (unsigned i = 0; i < most; i++) {
        ssize_t bytes = recv(wire->read_fd, stream_room, PLUG_BYTES, 0);

        if (bytes <= (ssize_t)TRAFFIC_PAYLOAD_AT) {
            return;
        }
        wire_count(read_, stream_room, (size_t)bytes);
    }
}

const struct wire_kind wire_ptp = {
    .key = "url", .fill = FILL, .rounds = ROUNDS,
    .make = make_ptp, .connect = connect_ptp, .give = wire_give_each, .take = take_ptp,
};
