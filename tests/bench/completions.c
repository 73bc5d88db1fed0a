/*
 * completions.c - winlwip: overlapped WSARecvMsg() with the control messages of receive.c,
 * collected from a completion port in batches, or by completion routines.
 *
 *   completions --way port|routine [options of measure.h]
 *
 * One thread, as in receive.c. A burst posts 32 receives, one for each datagram that is to come,
 * puts 32 frames before the stack, and collects 32 completions: so its time holds everything that a
 * completion costs. Receives that wait on the same socket are served in the order in which they
 * were posted: number i of a burst gets datagram number i.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/bench/common/measure.h"
#include "tests/bench/winlwip/memory_stack.h"

enum way { WAY_PORT, WAY_ROUTINE };

/* A receive that is posted once in every burst. */
struct reception {
    OVERLAPPED overlapped; /* first: it has the same address */
    struct sockaddr_in from;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
};

static struct {
    enum way way;
    HANDLE port;
    SOCKET sockets[TRAFFIC_SOCKETS_MAX];
    unsigned socket_count;
    struct reception receptions[TRAFFIC_BURST];
    unsigned completed; /* of this burst */
} bench;

static int fail(const char *what)
{
    return memory_stack_fail("winlwip", what);
}

static void completed(struct reception *reception, DWORD bytes)
{
    reception->bytes = bytes;
    bench.completed++;
}

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)flags;
    completed((struct reception *)overlapped, error == 0 ? bytes : 0);
}

static int post(unsigned i, SOCKET s)
{
    struct reception *reception = &bench.receptions[i];

    reception->bytes = 0;
    reception->buffer = (WSABUF){MEASURE_PAYLOAD_ROOM, (char *)measure_buffers.payload[i]};
    reception->message = (WSAMSG){
        .name = (struct sockaddr *)&reception->from,
        .namelen = sizeof(reception->from),
        .lpBuffers = &reception->buffer,
        .dwBufferCount = 1,
        .Control = {MEASURE_CONTROL_ROOM, (char *)measure_buffers.control[i]},
    };
    if (memory_stack_recvmsg(s, &reception->message, NULL, &reception->overlapped,
                             bench.way == WAY_ROUTINE ? routine : NULL) == 0 ||
        WSAGetLastError() != WSA_IO_PENDING) {
        return fail("posting a receive");
    }
    return 0;
}

/* --- the subject --- */

static int open_all(const struct traffic *traffic, enum measure_controls controls)
{
    if (memory_stack_open(traffic) != 0) {
        return -1;
    }
    if (bench.way == WAY_PORT) {
        bench.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    }
    for (unsigned i = 0; i < traffic->sockets; i++) {
        SOCKET s = memory_stack_socket(i, controls, WSA_FLAG_OVERLAPPED);
        if (s == INVALID_SOCKET) {
            return -1;
        }
        bench.sockets[i] = s;
        bench.socket_count = i + 1;
        if (bench.way == WAY_PORT &&
            CreateIoCompletionPort((HANDLE)s, bench.port, i, 0) != bench.port) {
            return fail("joining the port");
        }
    }
    return 0;
}

/* Collects what has completed; the look gives the stack its turn. */
static int collect(void)
{
    OVERLAPPED_ENTRY entries[TRAFFIC_BURST];
    ULONG count;

    if (bench.way == WAY_ROUTINE) {
        return SleepEx(0, TRUE) == WAIT_IO_COMPLETION ? 0 : fail("no routine was called");
    }
    if (!GetQueuedCompletionStatusEx(bench.port, entries, TRAFFIC_BURST, &count, 0, FALSE)) {
        return fail("no packet");
    }
    for (ULONG i = 0; i < count; i++) {
        completed((struct reception *)entries[i].lpOverlapped,
                  entries[i].Internal == 0 ? entries[i].dwNumberOfBytesTransferred : 0);
    }
    return 0;
}

static int burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    (void)traffic;
    bench.completed = 0;
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (post(i, bench.sockets[sockets[i]]) != 0) {
            return -1;
        }
    }
    memory_stack_lend(first, first + TRAFFIC_BURST);
    while (bench.completed < TRAFFIC_BURST) {
        if (collect() != 0) {
            return -1;
        }
    }
    return bench.completed == TRAFFIC_BURST ? 0 : fail("a completion too many");
}

static int result(unsigned i, struct traffic_received *received)
{
    struct reception *reception = &bench.receptions[i];

    received->payload = measure_buffers.payload[i];
    received->bytes = reception->bytes;
    received->source = ntohl(reception->from.sin_addr.s_addr);
    received->source_port = ntohs(reception->from.sin_port);
    memory_stack_read_control(&reception->message, received);
    return 0;
}

static int drained(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;

    if (bench.way == WAY_ROUTINE) {
        return SleepEx(0, TRUE) == 0 ? 0 : fail("a completion too many");
    }
    if (GetQueuedCompletionStatusEx(bench.port, &entry, 1, &count, 0, FALSE)) {
        return fail("a completion too many");
    }
    return 0;
}

static void close_all(void)
{
    for (unsigned i = 0; i < bench.socket_count; i++) {
        closesocket(bench.sockets[i]);
    }
    SleepEx(0, TRUE); /* aborted ones, before their memory goes */
    if (bench.port != NULL) {
        CloseHandle(bench.port);
    }
    WSACleanup();
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"winlwip", open_all, burst, result, drained, close_all};

    if (argc < 3 || strcmp(argv[1], "--way") != 0 ||
        (strcmp(argv[2], "port") != 0 && strcmp(argv[2], "routine") != 0)) {
        fprintf(stderr, "usage: %s --way port|routine [options]\n", argv[0]);
        return 2;
    }
    bench.way = strcmp(argv[2], "port") == 0 ? WAY_PORT : WAY_ROUTINE;
    argv[2] = argv[0];
    return measure_main(&subject, argc - 2, argv + 2);
}
