/*
 * receive.h - the ways in which "winlwip recv" calls WSARecvMsg, and what they have in common.
 *
 * All show the same: each socket's datagrams in the order in which they came.
 */
#ifndef TOOLS_RECEIVE_H
#define TOOLS_RECEIVE_H

#include <stdbool.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tools/receiver.h"
#include "tools/run.h"

/* One way. Each function says why it fails in run->status, after one line on standard error. */
struct receive_mode {
    const char *name;
    bool posts;                    /* its receives wait in the background, run->pending a socket */
    void (*start)(struct run *run);

    /*
     * Waits for at most timeout_ms, and takes what there is then. While the run is over, nothing is
     * shown and nothing new begins. Returns false when it can't wait.
     */
    bool (*wait)(struct run *run, DWORD timeout_ms);

    /* After start(), whatever became of it, and when nothing is under way any more. */
    void (*stop)(struct run *run);
};

extern const struct receive_mode receive_sync;  /* WSAPoll, and receives that don't wait */
extern const struct receive_mode receive_event; /* overlapped, told by events */
extern const struct receive_mode receive_apc;   /* overlapped, told by completion routines */
extern const struct receive_mode receive_port;  /* overlapped, told by a completion port */

/* The way of that name, or NULL. */
const struct receive_mode *receive_mode_find(const char *name);

/*
 * Receives until the run is over or nothing more can come, then ends what is under way. The sockets
 * stay open. Returns run->status.
 */
enum tool_status receive_all(struct run *run, const struct receive_mode *mode);

/*
 * One call of WSARecvMsg: what it is given, and the memory that it fills. All of that has to stay
 * as it is from the call to the completion.
 */
struct receive_call {
    OVERLAPPED overlapped;
    struct run *run;
    struct receiver *receiver;
    WSAMSG message;
    WSABUF payload;
    SOCKADDR_INET name;
    char *buffers;  /* for control messages, which have to be aligned, and behind it for payload */
    int refused;    /* posted: why it was not started, 0: it was */
    bool under_way; /* posted, and its completion was not taken */
};

/* Gives each socket that many calls. Returns false after a failure. */
bool receive_calls_new(struct run *run, size_t each);

/* Frees a socket's calls, none of which is under way. */
void receive_calls_free(struct receiver *receiver);

/* Calls WSARecvMsg without OVERLAPPED. Returns 0 or the error, and the bytes that came. */
int receive_now(struct receive_call *call, DWORD *bytes);

/*
 * Calls WSARecvMsg with OVERLAPPED. The completion comes also when the call succeeds at once (C46),
 * but not when it is refused (C48): by an ICMP error whose turn it was, by a network that is down,
 * or because it can't be done, and the run has failed. Returns false then: the mode has to queue a
 * completion itself, behind those that are on their way, so that the error is taken when its turn
 * comes.
 */
bool receive_post(struct receive_call *call, HANDLE event,
                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* Has a mode post all receives of all sockets, as long as none fails. */
void receive_post_all(struct run *run, void (*post)(struct receive_call *call));

/* Takes a completion that could not be queued: the run has failed. */
void receive_lost(struct receive_call *call, const char *function);

/* Has a posted call its result? */
bool receive_is_complete(const struct receive_call *call);

/* The error of a call on s that is complete, or 0, and the bytes that came. */
int receive_result(SOCKET s, struct receive_call *call, DWORD *bytes);

/*
 * Shows what a call brought, unless the run is over: a datagram, or a line on standard error. error
 * and bytes are its result. Returns whether it is to be called again.
 */
bool receive_take(struct receive_call *call, int error, DWORD bytes);

#endif
