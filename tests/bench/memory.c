/*
 * memory.c - what the library's objects take: an idle bound socket, a datagram that waits in a
 * queue, a process that does nothing with one TAP.
 *
 *   memory sockets | idle
 *
 * sockets   opens 10,000 sockets, lets them receive datagrams of 64 bytes, and divides what the
 *           process has become larger by; then lets 100,000 datagrams wait in them, does the same,
 *           and takes the payload off.
 * idle      starts the stack on a TAP in a network namespace of its own, with one socket. Where the
 *           system grants no TAP, the link is one in memory, and a line on stderr says so.
 *
 * Memory is counted in pages that the process has written to, or for idle has in memory, libraries
 * included (/proc/self/smaps_rollup, which is exact, while the kernel's own counters lag behind):
 * so what an allocator adds is part of the figure, and what a pool keeps ready is, too.
 *
 * Prints records of bytes: "P12 socket", "P12 queued", "P12 idle".
 * Exit status: 0; 1: a datagram was lost or differs, or a call failed; 2: bad arguments.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "include/winlwip.h"
#include "tests/bench/common/bench.h"
#include "tests/bench/winlwip/memory_stack.h"
#include "tests/support/kernel.h"

#define SOCKETS       TRAFFIC_SOCKETS_MAX
#define QUEUED        100000u
#define PAYLOAD_BYTES 64u
#define LOOKS         10000u /* before a datagram is called lost */

static struct {
    struct traffic traffic;
    SOCKET sockets[SOCKETS];
    uint32_t expected[SOCKETS]; /* datagrams that wait in each socket */
} bench;

static int fail(const char *what)
{
    return memory_stack_fail("winlwip", what);
}

/* Bytes of the line that begins with name in /proc/self/smaps_rollup; 0: there is none. */
static uint64_t memory_bytes(const char *name)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    char line[256];
    uint64_t kib = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kib = strtoull(line + strlen(name), NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

static uint64_t written_bytes(void)
{
    return memory_bytes("Private_Dirty:");
}

/* --- sockets and queues --- */

static int open_sockets(void)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        bench.sockets[i] = memory_stack_socket(i, MEASURE_PKTINFO_TTL_TOS, 0);
        if (bench.sockets[i] == INVALID_SOCKET) {
            return -1;
        }
    }
    return 0;
}

/* Receives from socket i. Returns 1; 0 when nothing waits there; -1 when it isn't for it. */
static int take(unsigned i)
{
    char payload[PAYLOAD_BYTES + 8];
    _Alignas(WSACMSGHDR) char control[MEASURE_CONTROL_ROOM];
    struct sockaddr_in from;
    WSABUF buffer = {sizeof(payload), payload};
    WSAMSG message = {(struct sockaddr *)&from, sizeof(from), &buffer, 1,
                      {sizeof(control), control}, 0};
    struct traffic_received received = {.ttl = -1, .tos = -1};
    DWORD bytes;
    uint64_t n;

    if (memory_stack_recvmsg(bench.sockets[i], &message, &bytes, NULL, NULL) != 0) {
        return WSAGetLastError() == WSAEWOULDBLOCK ? 0 : fail("receiving");
    }
    memcpy(&n, payload, sizeof(n));
    received.payload = payload;
    received.bytes = bytes;
    received.source = ntohl(from.sin_addr.s_addr);
    received.source_port = ntohs(from.sin_port);
    memory_stack_read_control(&message, &received);
    const char *wrong = traffic_check(&bench.traffic, n, &received);
    if (wrong != NULL || traffic_socket(&bench.traffic, n) != i) {
        fprintf(stderr, "winlwip: %s\n", wrong != NULL ? wrong : "datagram in the wrong socket");
        return -1;
    }
    return 1;
}

/* As take(); while the background thread has the stack, a look finds nothing. */
static int take_soon(unsigned i)
{
    int taken = take(i);

    for (unsigned looks = 0; taken == 0 && looks < LOOKS; looks++) {
        sched_yield();
        taken = take(i);
    }
    return taken;
}

/* The sockets receive the datagrams of an eighth of all frames, six each or so. */
static int use_sockets(void)
{
    size_t count = bench.traffic.count / 8;

    for (size_t n = 0; n < count; n++) {
        memory_stack_lend(n, n + 1);
        if (take_soon(traffic_socket(&bench.traffic, n)) != 1) {
            return fail("a datagram was lost");
        }
    }
    return 0;
}

/* Has the datagrams of QUEUED frames from first on queued, by looks at an idle socket. */
static int fill_queues(size_t first, SOCKET idle)
{
    for (size_t n = first; n < first + QUEUED; n++) {
        bench.expected[traffic_socket(&bench.traffic, n)]++;
    }
    memory_stack_lend(first, first + QUEUED);
    while (memory_stack_lent() < first + QUEUED) {
        char byte;
        if (recv(idle, &byte, sizeof(byte), 0) != SOCKET_ERROR) {
            return fail("a datagram for nobody");
        }
    }
    return 0;
}

static int empty_queues(void)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        uint32_t count = 0;
        int taken;
        while ((taken = take(i)) == 1) {
            count++;
        }
        if (taken != 0 || count != bench.expected[i]) {
            return fail("datagrams are missing in a queue");
        }
    }
    return 0;
}

static int measure_sockets(void)
{
    if (traffic_init(&bench.traffic, PAYLOAD_BYTES, SOCKETS) != 0 ||
        memory_stack_open(&bench.traffic) != 0) {
        return fail("setting up");
    }
    memset(bench.sockets, 0xff, sizeof(bench.sockets));
    memset(bench.expected, 0, sizeof(bench.expected));
    SOCKET idle = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
    struct sockaddr_in name = {.sin_family = AF_INET};
    u_long on = 1;
    if (idle == INVALID_SOCKET || bind(idle, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        ioctlsocket(idle, FIONBIO, &on) != 0) {
        return fail("setting up");
    }
    uint64_t before = written_bytes();
    if (open_sockets() != 0 || use_sockets() != 0) {
        return -1;
    }
    uint64_t used = written_bytes();
    if (fill_queues(bench.traffic.count / 8, idle) != 0) {
        return -1;
    }
    uint64_t filled = written_bytes();
    if (empty_queues() != 0) {
        return -1;
    }
    bench_record("P12 socket", "winlwip", (double)(used - before) / SOCKETS);
    bench_record("P12 queued", "winlwip", (double)(filled - used) / QUEUED - PAYLOAD_BYTES);
    return 0;
}

/* --- idle process --- */

static int start_on_tap(void)
{
    static const struct winlwip_option option = {"device", KERNEL_TAP};
    static const struct winlwip_interface interface = {
        .driver = "tap",
        .addresses = "192.0.2.1/24",
        .options = &option,
        .option_count = 1,
    };
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1};
    WSADATA data;

    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        return fail("starting the stack");
    }
    return 0;
}

static int start_in_memory(const char *why)
{
    static const struct traffic none = {.frame_bytes = TRAFFIC_PAYLOAD_AT};

    fprintf(stderr, "P12: no TAP (%s), a link in memory instead\n", why);
    return memory_stack_open(&none);
}

static int measure_idle(void)
{
    const char *why = kernel_enter();

    if ((why == NULL ? start_on_tap() : start_in_memory(why)) != 0 ||
        memory_stack_socket(0, MEASURE_PKTINFO, 0) == INVALID_SOCKET) {
        return -1;
    }
    bench_record("P12 idle", "winlwip", (double)memory_bytes("Rss:"));
    return 0;
}

int main(int argc, char **argv)
{
    int error = -1;

    if (argc == 2 && strcmp(argv[1], "sockets") == 0) {
        error = measure_sockets();
    } else if (argc == 2 && strcmp(argv[1], "idle") == 0) {
        error = measure_idle();
    } else {
        fprintf(stderr, "usage: %s sockets|idle\n", argv[0]);
        return 2;
    }
    WSACleanup();
    return error == 0 ? 0 : 1;
}
