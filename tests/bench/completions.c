/*
 * completions.c - winlwip: overlapped WSARecvMsg() with the control messages of receive.c, collected
 * from a completion port in batches, or by completion routines.
 *
 *   completions --way port|routine [options of measure.h]
 *
 * One thread, as in receive.c. Receives are posted on every socket before the clock first runs. A
 * burst posts again what the burst before it has received, puts 32 frames before the stack, and
 * collects 32 completions: so its time holds everything that a completion costs.
 *
 * Each of few sockets has a whole burst of receives posted, each of many POSTED_MIN, which no burst
 * to so many has ever exceeded: every datagram meets one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/bench/common/measure.h"
#include "tests/bench/winlwip/memory_stack.h"

#define FEW_SOCKETS 64u
#define POSTED_MIN 8u

enum way { WAY_PORT, WAY_ROUTINE };

/* A receive that is posted again and again on its socket. */
struct reception {
    struct memory_receive receive; /* first: the OVERLAPPED has the same address */
    struct reception *next; /* of those of its socket that a burst completed */
    unsigned socket;        /* number */
    DWORD bytes;
};

static struct {
    enum way way;
    HANDLE port;
    SOCKET *sockets;
    struct reception **first, **last; /* of each socket: completed in this burst */
    unsigned socket_count;
    struct reception *receptions;
    unsigned reception_count;
    struct reception *completed[TRAFFIC_BURST]; /* by this burst, in the order of completion */
    unsigned completed_count;
    struct reception *results[TRAFFIC_BURST];   /* the same in the order of the frames */
} bench;

static int fail(const char *what)
{
    return memory_stack_fail("winlwip", what);
}

static void completed(struct reception *reception, DWORD bytes)
{
    reception->bytes = bytes;
    if (bench.completed_count < TRAFFIC_BURST)
        bench.completed[bench.completed_count] = reception;
    bench.completed_count++;
}

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)flags;
    completed((struct reception *)overlapped, error == 0 ? bytes : 0);
}

static int post(struct reception *reception)
{
    return memory_stack_post(bench.sockets[reception->socket], &reception->receive,
                             bench.way == WAY_ROUTINE ? routine : NULL);
}

/* --- the subject --- */

static int make_arrays(unsigned sockets)
{
    unsigned each = sockets <= FEW_SOCKETS ? TRAFFIC_BURST : POSTED_MIN;

    bench.reception_count = sockets * each;
    bench.sockets = calloc(sockets, sizeof(*bench.sockets));
    bench.first = calloc(sockets, sizeof(struct reception *));
    bench.last = calloc(sockets, sizeof(struct reception *));
    bench.receptions = calloc(bench.reception_count, sizeof(*bench.receptions));
    return bench.sockets != NULL && bench.first != NULL && bench.last != NULL &&
                   bench.receptions != NULL
               ? 0
               : fail("memory");
}

static int open_all(const struct traffic *traffic, enum measure_controls controls)
{
    if (make_arrays(traffic->sockets) != 0 || memory_stack_open(traffic) != 0)
        return -1;
    if (bench.way == WAY_PORT)
        bench.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (unsigned i = 0; i < traffic->sockets; i++) {
        SOCKET s = memory_stack_socket(i, controls, WSA_FLAG_OVERLAPPED);
        if (s == INVALID_SOCKET)
            return -1;
        bench.sockets[i] = s;
        bench.socket_count = i + 1;
        if (bench.way == WAY_PORT &&
            CreateIoCompletionPort((HANDLE)s, bench.port, i, 0) != bench.port)
            return fail("joining the port");
    }
    for (unsigned i = 0; i < bench.reception_count; i++) {
        bench.receptions[i].socket = i % traffic->sockets;
        if (post(&bench.receptions[i]) != 0)
            return -1;
    }
    return 0;
}

/* Collects what has completed; the look gives the stack its turn. */
static int collect(void)
{
    OVERLAPPED_ENTRY entries[TRAFFIC_BURST];
    ULONG count;

    if (bench.way == WAY_ROUTINE)
        return SleepEx(0, TRUE) == WAIT_IO_COMPLETION ? 0 : fail("no routine was called");
    if (!GetQueuedCompletionStatusEx(bench.port, entries, TRAFFIC_BURST, &count, 0, FALSE))
        return fail("no packet");
    for (ULONG i = 0; i < count; i++)
        completed((struct reception *)entries[i].lpOverlapped,
                  entries[i].Internal == 0 ? entries[i].dwNumberOfBytesTransferred : 0);
    return 0;
}

static int burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    unsigned count = bench.completed_count;

    (void)traffic;
    (void)sockets;
    bench.completed_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (post(bench.completed[i]) != 0)
            return -1;
    }
    memory_stack_lend(first, first + TRAFFIC_BURST);
    while (bench.completed_count < TRAFFIC_BURST) {
        if (collect() != 0)
            return -1;
    }
    return bench.completed_count == TRAFFIC_BURST ? 0 : fail("a completion too many");
}

/* The completions of one socket come in the order of its datagrams. */
static int sort_results(const struct traffic *traffic, size_t first)
{
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        struct reception *reception = bench.completed[i];
        struct reception **link = bench.first[reception->socket] != NULL
                                      ? &bench.last[reception->socket]->next
                                      : &bench.first[reception->socket];
        *link = bench.last[reception->socket] = reception;
        reception->next = NULL;
    }
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        unsigned socket = traffic_socket(traffic, first + i);
        bench.results[i] = bench.first[socket];
        if (bench.results[i] == NULL)
            return fail("a completion for another socket");
        bench.first[socket] = bench.results[i]->next;
    }
    return 0;
}

static int result(unsigned i, struct traffic_received *received)
{
    if (i == 0 && sort_results(memory_stack_traffic(), memory_stack_lent() - TRAFFIC_BURST) != 0)
        return -1;
    struct reception *reception = bench.results[i];
    received->payload = reception->receive.payload;
    received->bytes = reception->bytes;
    received->source = ntohl(reception->receive.from.sin_addr.s_addr);
    received->source_port = ntohs(reception->receive.from.sin_port);
    memory_stack_read_control(&reception->receive.message, received);
    return 0;
}

static int drained(void)
{
    OVERLAPPED_ENTRY entry;
    ULONG count;

    if (bench.way == WAY_ROUTINE)
        return SleepEx(0, TRUE) == 0 ? 0 : fail("a completion too many");
    if (GetQueuedCompletionStatusEx(bench.port, &entry, 1, &count, 0, FALSE))
        return fail("a completion too many");
    return 0;
}

static void close_all(void)
{
    for (unsigned i = 0; i < bench.socket_count; i++)
        closesocket(bench.sockets[i]);
    SleepEx(0, TRUE); /* the aborted ones, before their memory goes */
    if (bench.port != NULL)
        CloseHandle(bench.port);
    WSACleanup();
    free(bench.sockets);
    free(bench.first);
    free(bench.last);
    free(bench.receptions);
}

int main(int argc, char **argv)
{
    static struct subject subject = {NULL, open_all, burst, result, drained, close_all};

    if (argc < 3 || strcmp(argv[1], "--way") != 0 ||
        (strcmp(argv[2], "port") != 0 && strcmp(argv[2], "routine") != 0)) {
        fprintf(stderr, "usage: %s --way port|routine [options]\n", argv[0]);
        return 2;
    }
    bench.way = strcmp(argv[2], "port") == 0 ? WAY_PORT : WAY_ROUTINE;
    subject.name = bench.way == WAY_PORT ? "winlwip-port" : "winlwip-routine";
    argv[2] = argv[0];
    return measure_main(&subject, argc - 2, argv + 2);
}
