/*
 * receive.c - winlwip: WSARecvMsg() with IP_PKTINFO, and with TTL and TOS besides.
 *
 * One thread: the link below lends the frames of a burst when the first WSARecvMsg() of the burst
 * finds its queue empty and drives the stack; the other calls find their datagrams queued. The link
 * lends nothing between two bursts, and the library's background thread has nothing to do.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/bench/common/measure.h"
#include "tests/bench/winlwip/memory_stack.h"

/* A datagram as winlwip gave it. */
struct reception {
    struct sockaddr_in from;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
};

static struct {
    SOCKET sockets[TRAFFIC_SOCKETS_MAX];
    unsigned socket_count;
    struct reception receptions[TRAFFIC_BURST];
} receiver;

static int fail(const char *what)
{
    return memory_stack_fail("winlwip", what);
}

static int receiver_open(const struct traffic *traffic, enum measure_controls controls)
{
    if (memory_stack_open(traffic) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < traffic->sockets; i++) {
        receiver.sockets[i] = memory_stack_socket(i, controls, 0);
        if (receiver.sockets[i] == INVALID_SOCKET) {
            return -1;
        }
        receiver.socket_count = i + 1;
    }
    return 0;
}

static int take(unsigned i, SOCKET s)
{
    struct reception *reception = &receiver.receptions[i];

    reception->buffer = (WSABUF){MEASURE_PAYLOAD_ROOM, (char *)measure_buffers.payload[i]};
    reception->message = (WSAMSG){
        .name = (struct sockaddr *)&reception->from,
        .namelen = sizeof(reception->from),
        .lpBuffers = &reception->buffer,
        .dwBufferCount = 1,
        .Control = {MEASURE_CONTROL_ROOM, (char *)measure_buffers.control[i]},
    };
    if (memory_stack_recvmsg(s, &reception->message, &reception->bytes, NULL, NULL) != 0) {
        return fail("no datagram");
    }
    return 0;
}

static int receiver_burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    (void)traffic;
    memory_stack_lend(first, first + TRAFFIC_BURST);
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (take(i, receiver.sockets[sockets[i]]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int receiver_result(unsigned i, struct traffic_received *received)
{
    struct reception *reception = &receiver.receptions[i];

    received->payload = measure_buffers.payload[i];
    received->bytes = reception->bytes;
    received->source = ntohl(reception->from.sin_addr.s_addr);
    received->source_port = ntohs(reception->from.sin_port);
    memory_stack_read_control(&reception->message, received);
    return 0;
}

static int receiver_drained(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++) {
        char byte;
        if (recv(receiver.sockets[i], &byte, sizeof(byte), 0) != SOCKET_ERROR ||
            WSAGetLastError() != WSAEWOULDBLOCK) {
            return fail("a datagram too many");
        }
    }
    return 0;
}

static void receiver_close(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++) {
        closesocket(receiver.sockets[i]);
    }
    WSACleanup();
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"winlwip",       receiver_open,    receiver_burst,
                                           receiver_result, receiver_drained, receiver_close};

    return measure_main(&subject, argc, argv);
}
