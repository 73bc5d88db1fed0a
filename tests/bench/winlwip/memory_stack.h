/*
 * memory_stack.h - winlwip on a link that lends frames of the benchmarks' traffic from memory: what
 * the programs that measure winlwip have in common. One per process.
 */
#ifndef BENCH_MEMORY_STACK_H
#define BENCH_MEMORY_STACK_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/bench/common/measure.h"

/*
 * Starts the stack as it comes, with its background thread. The link lends nothing but what it is
 * told to; it has no descriptor, so it is read when a call looks for datagrams or waits, and never
 * by that thread. Returns 0 or -1 after a line on stderr, as all functions here.
 */
int memory_stack_open(const struct traffic *traffic);

/* The same with a link that lends as its functions say. */
struct link;
int memory_stack_open_link(const struct traffic *traffic, struct link *link);

/* Lends the frames first, ..., end - 1 to whoever reads the link next. */
void memory_stack_lend(size_t first, size_t end);

/* The traffic, and the number behind the last frame that was lent. */
const struct traffic *memory_stack_traffic(void);
size_t memory_stack_lent(void);

/*
 * Makes the socket of this number, bound to its port and asking for control messages; with or
 * without blocking calls. flags: those of WSASocket(). INVALID_SOCKET on failure.
 */
SOCKET memory_stack_socket(unsigned index, enum measure_controls controls, DWORD flags);
SOCKET memory_stack_blocking_socket(unsigned index, enum measure_controls controls, DWORD flags);

/* An overlapped receive with its memory. */
struct memory_receive {
    OVERLAPPED overlapped;
    struct sockaddr_in from;
    WSAMSG message;
    WSABUF buffer;
    _Alignas(WSACMSGHDR) char control[MEASURE_CONTROL_ROOM];
    char payload[MEASURE_PAYLOAD_ROOM];
};

/* Posts it on a socket. routine: its completion routine, or NULL. Returns 0 or -1. */
int memory_stack_post(SOCKET s, struct memory_receive *receive,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* WSARecvMsg(), after the first socket has been made. */
extern LPFN_WSARECVMSG memory_stack_recvmsg;

/* Reads what the control messages of a datagram say. */
void memory_stack_read_control(WSAMSG *message, struct traffic_received *received);

/* Says on stderr what failed, with the last error. Returns -1. */
int memory_stack_fail(const char *program, const char *what);

#endif
