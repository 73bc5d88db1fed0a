/*
 * stress.h - the engine of the stress and of the soak: threads that start overlapped operations on
 * sockets they share, end them in every way there is, and count each one in and out.
 *
 * Theory of operation stands in engine.c; the life of one operation in op.c.
 */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How the end of an operation is learnt of. */
#define STRESS_WAYS(X)                                                                         \
    X(EVENT, "event")         /* of its own */                                                 \
    X(SHARED, "shared event") /* of many operations on many sockets */                         \
    X(ROUTINE, "routine")                                                                      \
    X(PORT, "port")                                                                            \
    X(POLL, "poll")                                                                            \
    X(HANDLE, "socket handle")

/* How it ended. */
#define STRESS_ENDS(X)                                                                         \
    X(DATAGRAM, "datagram")                                                                    \
    X(TRUNCATED, "truncated")                                                                  \
    X(ICMP, "ICMP error")                                                                      \
    X(SENT, "sent")                                                                            \
    X(CONTROL, "ioctl")                                                                        \
    X(CANCEL_ONE, "CancelIoEx(one)")                                                           \
    X(CANCEL_ALL, "CancelIoEx(all)")                                                           \
    X(CANCEL_IO, "CancelIo")                                                                   \
    X(CLOSE, "closesocket")                                                                    \
    X(THREAD, "thread exit")                                                                   \
    X(CLEANUP, "WSACleanup")                                                                   \
    X(DOWN, "interface down")                                                                  \
    X(SEVERAL, "more than one") /* aborted, and several had asked for it: counts for none */

#define STRESS_CALLS(X)                                                                        \
    X(RECVMSG, "WSARecvMsg")                                                                   \
    X(RECV, "WSARecv")                                                                         \
    X(RECVFROM, "WSARecvFrom")                                                                 \
    X(SENDMSG, "WSASendMsg")                                                                   \
    X(SEND, "WSASend")                                                                         \
    X(SENDTO, "WSASendTo")                                                                     \
    X(IOCTL, "WSAIoctl")

/* What happens to an operation, for its history. */
#define STRESS_STEPS(X)                                                                        \
    X(POSTED, "started")                                                                       \
    X(PENDING, "call returned WSA_IO_PENDING")                                                 \
    X(AT_ONCE, "call returned 0")                                                              \
    X(REFUSED, "call failed")                                                                  \
    X(ASKED, "CancelIoEx about to be called")                                                  \
    X(FOUND, "CancelIoEx found it")                                                            \
    X(NOT_FOUND, "CancelIoEx did not find it")                                                 \
    X(TOLD, "end told")                                                                        \
    X(COLLECTED, "collected")

/* How threads end. */
#define STRESS_EXITS(X)                                                                        \
    X(RETURN, "return")                                                                        \
    X(PTHREAD, "pthread_exit")                                                                 \
    X(EXITTHREAD, "ExitThread")                                                                \
    X(ROUTINE, "ExitThread in a routine")

#define X(id, name) WAY_##id,
enum stress_way { STRESS_WAYS(X) WAYS };
#undef X
#define X(id, name) END_##id,
enum stress_end { STRESS_ENDS(X) ENDS };
#undef X
#define X(id, name) CALL_##id,
enum stress_call { STRESS_CALLS(X) CALLS };
#undef X
#define X(id, name) STEP_##id,
enum op_step { STRESS_STEPS(X) STEPS };
#undef X
#define X(id, name) EXIT_##id,
enum stress_exit { STRESS_EXITS(X) EXITS };
#undef X

/* Names of the above, indexed by them. */
extern const char *const stress_ways[WAYS], *const stress_ends[ENDS], *const stress_calls[CALLS],
    *const stress_exits[EXITS];

#define STRESS_SEATS 24u        /* sockets at a time */
#define STRESS_THREADS_MAX 32u
#define STRESS_OPS 256u         /* operations of one thread at a time */
#define STRESS_DATA_BYTES 80u   /* room of a receive */
#define STRESS_CONTROL_BYTES 40u
#define STRESS_PORTS 2u
#define STRESS_HISTORY 12u      /* steps of an operation that are remembered */
#define STRESS_SHARED_EVENTS 4u

/* --- numbers that one thread writes and others may read --- */

typedef _Atomic uint64_t stress_count;

static inline void count_up(stress_count *count)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static inline uint64_t count_of(stress_count *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/*
 * Somebody does something that ends operations: how often it was begun, and how often it was done.
 * An operation that saw `done` when it was started can only have been ended by it when `begun` is
 * larger at its end.
 */
struct deed {
    _Atomic uint32_t begun, done;
};

static inline void deed_begin(struct deed *deed)
{
    atomic_fetch_add(&deed->begun, 1);
}

static inline void deed_end(struct deed *deed)
{
    atomic_fetch_add(&deed->done, 1);
}

/* --- sockets --- */

enum stress_net {
    NET_LOOPBACK4,
    NET_LINK4, /* an address of the interface that goes down and up */
    NET_LOOPBACK6,
    NET_GROUP4, /* all on one port, with a group on the interface: the soak's */
    NETS
};

#define STRESS_GROUP_PORT 5000u

/* One socket; never changed after it was made but for its marks. Freed when a phase is over. */
struct sock {
    struct sock *next; /* of the phase */
    SOCKET s;
    unsigned seat;
    enum stress_net net;
    HANDLE port;       /* completion port, or NULL */
    bool connected;    /* to itself */
    bool pktinfo;
    int name_bytes;
    SOCKADDR_STORAGE name;
    uint32_t cleanups; /* engine.cleanups.done when it was made */
    atomic_bool closing;
    struct deed cancel_all;
    struct deed cancel_io[STRESS_THREADS_MAX];
};

/* --- operations --- */

/* Phases of an operation, in the low bits of its state; the generation stands above. */
enum op_phase { OP_FREE, OP_POSTED, OP_TOLD, OP_PHASES };

struct op {
    OVERLAPPED overlapped; /* first. From here... */
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes, flags;
    INT name_bytes;
    struct sockaddr_in6 name; /* room for either family */
    _Alignas(8) uint8_t control[STRESS_CONTROL_BYTES];
    uint8_t data[STRESS_DATA_BYTES]; /* ...to here the library may write until it is told */

    _Atomic uint32_t state;
    struct deed cancel;      /* CancelIoEx() for this one */
    _Atomic uint32_t cancelled; /* the generation that it is known to have found */
    HANDLE event;            /* its own; by turns with manual and automatic reset */
    bool automatic;

    /* Of the present generation; written by who starts it, read by who collects it. */
    struct sock *sock;
    enum stress_way way;
    enum stress_call call;
    unsigned owner;          /* worker */
    uint32_t life;           /* of that worker */
    uint32_t capacity;       /* bytes of the receive buffers, or sent */
    bool has_event;          /* on a port's socket: a thread's exit ends it (C58) */
    uint32_t one_done, all_done, io_done; /* deeds that were over when it was started */

    _Atomic uint32_t steps;
    _Atomic uint64_t history[STRESS_HISTORY];
};

/* --- threads --- */

struct worker {
    unsigned number;
    uint32_t life;             /* threads so far in this place */
    _Atomic uint32_t ended;    /* the last life that is ending or has ended */
    atomic_bool left;          /* the thread is about to be gone */
    enum stress_exit how;
    uint64_t random;
    unsigned next_op;          /* place in the ring of operations */
    unsigned nested;           /* alertable waits under way, one in a routine of the other */
    struct sock *inside[8];    /* sockets whose routines are running */
    unsigned inside_count;
    bool blocking;             /* inside a blocking call */
    bool exit_in_routine;
    struct op *ops;            /* STRESS_OPS */

    stress_count in[WAYS], out[WAYS][ENDS], calls[CALLS];
    stress_count refused, sync_datagrams, exits[EXITS], stray;
};

/* What differs between the stress and the soak. */
struct stress_options {
    unsigned threads;
    unsigned seconds;
    uint64_t seed;
    uint64_t min_operations;
    unsigned phase_ms;         /* a phase ends after that time, or after... */
    uint64_t phase_operations; /* ...so many operations */
    const char *link_name;     /* the interface that goes down and up */
    const char *link_address;
    const char *group;         /* joined by the sockets of NET_GROUP4; NULL: there are none */
    const char *peer;          /* address of another host, which sends back what it gets on... */
    uint16_t peer_port;        /* ...this port, and knows no other; NULL: there is none */
    unsigned least_percent;    /* of each way and end; none may be missing in any case */
    void (*configure)(void);   /* before each start-up, which may find the stack running */
    void (*progress)(unsigned seconds); /* after each phase; may be NULL */
};

struct engine {
    struct stress_options options;
    struct worker workers[STRESS_THREADS_MAX + 1]; /* the last one: the main thread */
    _Atomic(struct sock *) seats[STRESS_SEATS]; /* NULL: to be made */
    atomic_bool making[STRESS_SEATS];           /* a thread is about to make it */
    _Atomic(struct sock *) socks;               /* all of the phase */
    _Atomic uint16_t bound[STRESS_SEATS];       /* the port of the last socket; host byte order */
    _Atomic(struct op *) victims[STRESS_SEATS]; /* the last operation that was started there */
    HANDLE ports[STRESS_PORTS];
    HANDLE shared[STRESS_SHARED_EVENTS];
    struct deed cleanups, downs;
    atomic_bool waiting;  /* a thread waits for one operation for as long as it takes */
    atomic_bool calm;     /* nobody closes or restarts in this phase */
    atomic_bool settle;   /* nobody sends any more */
    atomic_bool over;     /* the phase is; threads end */
    _Atomic uint32_t phase;
    _Atomic uint32_t now_ms; /* for histories: cheap to read */
};

extern struct engine engine;

/* --- engine.c --- */

/* Runs it all. Returns whether every operation was accounted for and every share was reached. */
bool stress_run(const struct stress_options *options);

/* Starts, or stops, the stack under everybody's feet. */
void engine_startup(void);
void engine_cleanup(void);

/* --- worker.c --- */

/* Makes the operations and events of all workers, and gives them back. */
void workers_make(void);
void workers_free(void);

/* One step of a thread's work. */
void worker_step(struct worker *worker);

/* What a thread does before it ends because the phase is over: its routines and events. */
void worker_drain(struct worker *worker);

/* Ends the calling thread in the middle of its work. */
void worker_leave(struct worker *worker, enum stress_exit how);

uint32_t worker_random(struct worker *worker, uint32_t below);

/* The worker that the calling thread is. */
extern _Thread_local struct worker *worker_self;

/* --- sockets.c --- */

/* The socket of a seat, made if need be; NULL: there is no stack, or another thread makes it. */
struct sock *sock_get(unsigned seat);

/* Closes the socket of a seat, if it still is this one, and makes another. */
void sock_replace(struct sock *sock);

/* A call on it failed with this: is the socket gone? If by a restart, its seat is free then. */
bool sock_is_gone(struct sock *sock, int error);

void socks_free(void);

/* --- calls.c --- */

/* Starts an operation on a socket, in a way that the socket allows. */
void call_receive(struct worker *worker, struct sock *sock);
void call_send(struct worker *worker, struct sock *sock);
void call_ioctl(struct worker *worker, struct sock *sock);

/* Sends without OVERLAPPED: to a socket of the same network, or to a port that nobody has. */
void call_send_plain(struct worker *worker, struct sock *sock);
void call_send_nowhere(struct worker *worker, struct sock *sock);

/* Receives without OVERLAPPED; waits for at most the socket's time limit, and alertably. */
void call_receive_plain(struct worker *worker, struct sock *sock);

void calls_find_extensions(SOCKET s);

/* --- op.c --- */

/* A free operation of the worker, filled for a call; NULL: all are pending. */
struct op *op_take(struct worker *worker, struct sock *sock, enum stress_call call);

/* Which routine and OVERLAPPED a call is to be given. */
LPWSAOVERLAPPED_COMPLETION_ROUTINE op_routine(const struct op *op);

/* The call has returned: is it started, or refused? */
void op_posted(struct worker *worker, struct op *op, int result);

/* The end was told in the operation's way; once for each. status: as told, or STATUS_PENDING. */
void op_collect(struct op *op, uint32_t status, uint32_t bytes);

/* Was it started, and its end not collected? Certain in the thread of its worker alone. */
bool op_is_posted(const struct op *op);

/* Asks for its end by CancelIoEx() on a socket, which need not be its own any more. Any thread. */
void op_cancel_one(struct op *op, struct sock *sock);

/* Before the first operation: the worker's are made free. */
void ops_prepare(struct worker *worker);

/* No operation is pending any more: checks that nobody wrote to any. */
void ops_check_untouched(struct worker *worker);

/* --- collect.c --- */

/* Looks at some of the worker's operations, and collects those that have ended. */
void collect_sweep(struct worker *worker, unsigned count);
void collect_port(struct worker *worker, HANDLE port);
void collect_by_events(struct worker *worker);
void collect_by_shared_event(struct worker *worker);
void collect_by_handle(struct worker *worker, struct sock *sock);
void collect_by_result(struct worker *worker);

/* Waits alertably, in one of all ways that there are. */
void collect_alertably(struct worker *worker);

/* Waits until the routines of all operations that have ended were called. */
void collect_routines(struct worker *worker);

/* Everything has ended and nobody runs: what threads left behind. Fails for what is lost. */
void collect_rest(void);

/* --- payload.c --- */

/* Streams of numbered datagrams: one for each seat, then those of the soak. */
enum { STREAM_KERNEL = STRESS_SEATS, STREAM_ECHO, STREAM_GROUP, STREAMS };

#define PAYLOAD_HEAD_BYTES 24u

/* Fills length bytes (the head's at least) with the next datagram of a stream. */
void payload_make(unsigned stream, void *data, uint32_t length);

/* Checks a received datagram, for which capacity bytes were there, and that it is a new one. */
void payload_check(unsigned seat, const void *data, uint32_t bytes, uint32_t capacity,
                   bool truncated);

/* --- report.c --- */

/* Remembers a step in an operation's history. */
void op_note(struct op *op, enum op_step step);

/* Ends the process: what is wrong, the operation's history when there is one, the seed. */
void stress_fail(struct op *op, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* Operations in and out, and datagrams received, of all threads so far. */
uint64_t report_in(enum stress_way way);
uint64_t report_out(enum stress_way way, enum stress_end end);
uint64_t report_total(void);
uint64_t report_datagrams(void);

/* Prints the tables. Returns whether every share and number was reached. */
bool report_print(void);

int64_t stress_now_ms(void);

#endif
