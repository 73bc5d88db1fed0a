/*
 * receive.c - winlwip: WSARecvMsg() with IP_PKTINFO, and with TTL and TOS besides.
 *
 * One thread: the link below lends the frames of a burst when the first WSARecvMsg() of the burst
 * finds its queue empty and drives the stack; the other calls find their datagrams queued. The link
 * lends nothing between two bursts. There is no background thread.
 */
#include <stdio.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "include/winlwip.h"
#include "stack/link.h"
#include "tests/bench/common/measure.h"

/* Frames of the burst in progress that have not been lent yet: the numbers next to end - 1. */
struct frame_link {
    struct link link;
    const struct traffic *traffic;
    size_t next, end;
};

/* A datagram as winlwip gave it. */
struct reception {
    struct sockaddr_in from;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
};

static struct {
    struct frame_link frames;
    LPFN_WSARECVMSG recvmsg;
    SOCKET sockets[TRAFFIC_SOCKETS_MAX];
    unsigned socket_count;
    struct reception receptions[TRAFFIC_BURST];
    char payload[TRAFFIC_BURST][MEASURE_PAYLOAD_ROOM];
    char control[TRAFFIC_BURST][MEASURE_CONTROL_ROOM];
} receiver;

static int fail(const char *what)
{
    fprintf(stderr, "winlwip: %s: error %d %s\n", what, WSAGetLastError(), winlwip_startup_error());
    return -1;
}

/* --- the link --- */

static int lend(struct link *link, struct link_frame *frames, unsigned max)
{
    struct frame_link *self = (struct frame_link *)link;
    uint32_t bytes = (uint32_t)self->traffic->frame_bytes;
    unsigned count = 0;

    while (count < max && self->next < self->end) {
        frames[count++] = (struct link_frame){
            .data = traffic_frame(self->traffic, self->next++),
            .bytes = bytes,
            .original_bytes = bytes,
            .encapsulation = LINK_ETHERNET,
        };
    }
    return (int)count;
}

/* Nothing listens to what the stack sends (its announcements at the start). */
static unsigned discard(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

static void close_nothing(struct link *link)
{
    (void)link;
}

/* --- the subject --- */

/* The text forms of TRAFFIC_OUR_ADDRESS and TRAFFIC_OUR_MAC. */
static int stack_open(const struct traffic *traffic)
{
    static const struct link_ops ops = {"memory", lend, discard, close_nothing};
    struct winlwip_interface interface = {
        .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24",
        .link = &receiver.frames.link,
    };
    struct winlwip_config config = {
        .interfaces = &interface,
        .interface_count = 1,
        .no_background = true,
    };
    WSADATA data;

    receiver.frames = (struct frame_link){
        .link = {.ops = &ops, .fd = -1, .mtu = 1500, .replay = true},
        .traffic = traffic,
    };
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return fail("starting the stack");
    return 0;
}

static int ask_for_control(SOCKET s, enum measure_controls controls)
{
    static const int options[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS};
    size_t count = controls == MEASURE_PKTINFO ? 1 : sizeof(options) / sizeof(options[0]);

    for (size_t i = 0; i < count; i++) {
        DWORD on = 1;
        if (setsockopt(s, IPPROTO_IP, options[i], (const char *)&on, sizeof(on)) != 0)
            return fail("asking for control messages");
    }
    return 0;
}

static int socket_open(unsigned index, enum measure_controls controls)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons((u_short)(TRAFFIC_FIRST_PORT + index))};
    u_long on = 1;
    SOCKET s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);

    if (s == INVALID_SOCKET)
        return fail("making a socket");
    receiver.sockets[index] = s;
    receiver.socket_count = index + 1;
    if (ioctlsocket(s, FIONBIO, &on) != 0 ||
        bind(s, (struct sockaddr *)&name, sizeof(name)) != 0)
        return fail("setting a socket up");
    return ask_for_control(s, controls);
}

static int find_recvmsg(void)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    if (WSAIoctl(receiver.sockets[0], SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                 &receiver.recvmsg, sizeof(receiver.recvmsg), &bytes, NULL, NULL) != 0)
        return fail("finding WSARecvMsg");
    return 0;
}

static int receiver_open(const struct traffic *traffic, enum measure_controls controls)
{
    if (stack_open(traffic) != 0)
        return -1;
    for (unsigned i = 0; i < traffic->sockets; i++) {
        if (socket_open(i, controls) != 0)
            return -1;
    }
    return find_recvmsg();
}

static int take(unsigned i, SOCKET s)
{
    struct reception *reception = &receiver.receptions[i];

    reception->buffer = (WSABUF){MEASURE_PAYLOAD_ROOM, receiver.payload[i]};
    reception->message = (WSAMSG){
        .name = (struct sockaddr *)&reception->from,
        .namelen = sizeof(reception->from),
        .lpBuffers = &reception->buffer,
        .dwBufferCount = 1,
        .Control = {MEASURE_CONTROL_ROOM, receiver.control[i]},
    };
    if (receiver.recvmsg(s, &reception->message, &reception->bytes, NULL, NULL) != 0)
        return fail("no datagram");
    return 0;
}

static int receiver_burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    (void)traffic;
    receiver.frames.next = first;
    receiver.frames.end = first + TRAFFIC_BURST;
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (take(i, receiver.sockets[sockets[i]]) != 0)
            return -1;
    }
    return 0;
}

static void read_control(WSAMSG *message, struct traffic_received *received)
{
    for (WSACMSGHDR *control = WSA_CMSG_FIRSTHDR(message); control != NULL;
         control = WSA_CMSG_NXTHDR(message, control)) {
        IN_PKTINFO info;
        if (control->cmsg_level != IPPROTO_IP)
            continue;
        switch (control->cmsg_type) {
        case IP_PKTINFO:
            memcpy(&info, WSA_CMSG_DATA(control), sizeof(info));
            received->destination = ntohl(info.ipi_addr.s_addr);
            break;
        case IP_TTL:
            memcpy(&received->ttl, WSA_CMSG_DATA(control), sizeof(received->ttl));
            break;
        case IP_TOS:
            memcpy(&received->tos, WSA_CMSG_DATA(control), sizeof(received->tos));
            break;
        }
    }
}

static int receiver_result(unsigned i, struct traffic_received *received)
{
    struct reception *reception = &receiver.receptions[i];

    received->payload = receiver.payload[i];
    received->bytes = reception->bytes;
    received->source = ntohl(reception->from.sin_addr.s_addr);
    received->source_port = ntohs(reception->from.sin_port);
    read_control(&reception->message, received);
    return 0;
}

static int receiver_drained(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++) {
        char byte;
        if (recv(receiver.sockets[i], &byte, sizeof(byte), 0) != SOCKET_ERROR ||
            WSAGetLastError() != WSAEWOULDBLOCK)
            return fail("a datagram too many");
    }
    return 0;
}

static void receiver_close(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++)
        closesocket(receiver.sockets[i]);
    WSACleanup();
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"winlwip",       receiver_open,    receiver_burst,
                                           receiver_result, receiver_drained, receiver_close};

    return measure_main(&subject, argc, argv);
}
