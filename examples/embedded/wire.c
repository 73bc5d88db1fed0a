/*
 * wire.c - a driver of the program's own: IP packets on one end of a socket pair, a read or write
 * each. In place of the pair, think of a tunnel, a radio, another program's queue.
 *
 * The stack calls these functions under its lock, from one thread at a time; none may block.
 * <winlwip/link.h> says what each has to do. No Winsock here, so the system's own sockets are.
 */
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BURST = 32, PACKET_BYTES = 1500 };

struct wire {
    struct link link; /* the first member */
    uint8_t packets[BURST][PACKET_BYTES];
};

/* Lends what has arrived; it stays where it is until the next call. */
static int wire_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct wire *wire = (struct wire *)link;
    int count = 0;

    while (count < BURST && (unsigned)count < max) {
        ssize_t bytes = recv(link->fd, wire->packets[count], PACKET_BYTES, 0);
        if (bytes <= 0) {
            link->drained = true;
            return count != 0 || errno == EAGAIN ? count : -ENETDOWN;
        }
        frames[count] = (struct link_frame){.data = wire->packets[count],
                                            .bytes = (uint32_t)bytes,
                                            .original_bytes = (uint32_t)bytes,
                                            .encapsulation = LINK_IP};
        count++;
    }
    link->drained = false;
    return count;
}

static unsigned wire_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct msghdr message = {.msg_iov = (struct iovec *)packets[i].parts,
                                 .msg_iovlen = packets[i].part_count};
        if (sendmsg(link->fd, &message, MSG_NOSIGNAL) < 0) {
            return i; /* full, or gone: the stack counts the rest as unsent */
        }
    }
    return count;
}

static void wire_close(struct link *link)
{
    close(link->fd);
    free(link);
}

static const struct link_ops wire_ops = {
    .driver = "wire", .receive = wire_receive, .send = wire_send, .close = wire_close};

struct link *wire_open(int *far)
{
    int ends[2];
    struct wire *wire = calloc(1, sizeof(*wire));

    if (wire == NULL ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        free(wire);
        return NULL;
    }
    wire->link = (struct link){
        .ops = &wire_ops, .fd = ends[0], .mtu = PACKET_BYTES, .ip_only = true};
    *far = ends[1];
    return &wire->link;
}

/* Swaps two fields of a packet. */
static void swap(uint8_t *one, uint8_t *other, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = one[i];
        one[i] = other[i];
        other[i] = byte;
    }
}

int wire_reflect(int far)
{
    uint8_t packet[PACKET_BYTES];
    ssize_t bytes = recv(far, packet, sizeof(packet), 0);

    if (bytes < 28 || packet[0] != 0x45) {
        return 0;
    }
    swap(packet + 12, packet + 16, 4); /* the addresses of IPv4, */
    swap(packet + 20, packet + 22, 2); /* UDP's ports: no sum changes by that */
    return (int)send(far, packet, (size_t)bytes, MSG_NOSIGNAL);
}
