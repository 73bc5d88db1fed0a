/*
 * overlapped.h - an overlapped call, posted in any way of completion, and what came of it.
 *
 * A channel is a socket together with the way in which its completions are learnt of; a posted is
 * one operation on it, with all its memory. Tests that differ in nothing but the way are loop tests
 * over OVERLAPPED_LOOPS, with CHANNEL_WAY and CHANNEL_FAMILY.
 *
 * A test case takes overlapped_setup_*() and overlapped_teardown() as its checked fixture: the
 * latter closes events and ports, and frees what was posted after the stack has stopped, so that a
 * sanitizer sees whoever writes there later.
 */
#ifndef TESTS_CONTRACT_OVERLAPPED_H
#define TESTS_CONTRACT_OVERLAPPED_H

#include <windows.h>

#include "tests/contract/contract.h"

/* The ways to learn of a completion. */
enum way {
    WAY_EVENT,   /* hEvent, an auto-reset event: it shows how often it was set */
    WAY_ROUTINE, /* a completion routine, in alertable waits of the posting thread */
    WAY_PORT,    /* a completion port that the socket is associated with */
    WAY_POLL,    /* WSAGetOverlappedResult() again and again */
    WAY_HANDLE,  /* the socket handle itself */
    WAYS,
};

#define CHANNEL_WAY ((enum way)(_i % WAYS))
#define CHANNEL_FAMILY (&world_families[_i / WAYS])
#define OVERLAPPED_LOOPS (WAYS * WORLD_FAMILIES)

/* What stands in memory that a call must not write to, and in the last error before a call. */
#define UNTOUCHED 0xdeadbeefu

/* The completion key of every channel. */
#define CHANNEL_KEY 0x1234567890abcdefu

struct channel {
    enum way way;
    SOCKET s;
    uint16_t port;          /* host byte order */
    HANDLE completion_port; /* WAY_PORT, else NULL */
    unsigned under_way;     /* operations that were started and not collected */
    bool crowded;           /* there were several since there was none */
};

enum posted_call {
    CALL_RECVMSG,
    CALL_RECVFROM,
    CALL_RECV,
    CALL_SENDMSG,
    CALL_SENDTO,
    CALL_SEND, /* the channel's socket has to be connected */
};
#define RECEIVE_CALLS 3
#define POSTED_CALLS 6

#define POSTED_DATA_BYTES 2048
#define POSTED_CONTROL_BYTES 256

struct posted {
    WSAOVERLAPPED overlapped; /* the first: packets and routines name the operation by it */
    struct channel *channel;
    enum posted_call call;
    WSAMSG message;           /* of WSARecvMsg and WSASendMsg; its buffers are used by all calls */
    WSABUF buffer;
    SOCKADDR_STORAGE name;
    INT namelen;              /* of WSARecvFrom and WSASendTo */
    DWORD flags;              /* lpFlags of WSARecv and WSARecvFrom, dwFlags of sends */
    DWORD bytes;              /* lpNumberOfBytes...: UNTOUCHED before the call */
    char data[POSTED_DATA_BYTES];
    _Alignas(WSACMSGHDR) char control[POSTED_CONTROL_BYTES];

    int result, error;        /* of the call */

    unsigned times;           /* how often it completed */
    int outcome;              /* a WSA code */
    DWORD transferred;        /* bytes */
    DWORD result_flags;       /* as the way tells them, UNTOUCHED where it does not */
    unsigned order;           /* of the completion among all, from 1 */
    void (*then)(struct posted *posted); /* called at the end of its routine */

    struct posted *next;      /* of all that were made */
};

/* Fixtures: one link, two links. */
void overlapped_setup_one(void);
void overlapped_setup_two(void);
void overlapped_teardown(void);

/* Makes an event that is not set; the teardown closes it. */
HANDLE overlapped_event(BOOL manual_reset);

/* Makes a completion port; the teardown closes it. */
HANDLE overlapped_port(void);

/* Has the teardown close a handle; closing it before does no harm. */
void overlapped_track(HANDLE handle);

/* Opens a UDP socket bound to an address and a free port; WAY_PORT: associates it with a port. */
void channel_open(struct channel *channel, const char *address, enum way way);

/* Makes a channel of an open socket. */
void channel_make(struct channel *channel, SOCKET s, enum way way);

/* Delivers a text from the peer to our first address, and waits until it is in the queue. */
void channel_queue(const struct channel *channel, const struct world_family *family,
                   const char *text);

/* Prepares a call with room for everything and no flags. Lives until the teardown. */
struct posted *posted_new(struct channel *channel, enum posted_call call);

/* Frees one before the teardown does: its completion has been collected, nobody may touch it. */
void posted_free(struct posted *posted);

/* A send's text and destination. */
void posted_text(struct posted *posted, const char *text);
void posted_to(struct posted *posted, const char *address, uint16_t port);

/* Does the call; returns what it returns. The last error is UNTOUCHED before it. */
int posted_start(struct posted *posted);

/* Does the call and asserts that it pends. */
void posted_pends(struct posted *posted);

/* posted_new() of a WSARecvMsg, and posted_pends(). */
struct posted *posted_receive(struct channel *channel);

/* Does the call and asserts that it completed at once; the completion is still to be indicated. */
void posted_completes(struct posted *posted);

/* Does the call and asserts that it failed, and what C48 says of that. */
void posted_fails(struct posted *posted, int error);

/* Asserts that it is pending. */
void posted_pending(struct posted *posted);

/* Waits for the completion in the channel's way, WORLD_PATIENCE_MS at most. */
void posted_wait(struct posted *posted);

/* Asserts what came: once, with this error and so many bytes, and the OVERLAPPED says the same. */
void posted_assert(struct posted *posted, int error, DWORD bytes);

/* Waits, asserts, and asserts that nothing more comes. */
void posted_ends(struct posted *posted, int error, DWORD bytes);

/* The same for a receive that succeeds with this text. */
void posted_receives(struct posted *posted, const char *text);

/* Asserts that no (further) completion of the channel's operations is there. */
void posted_nothing_more(struct posted *posted);

/* Asserts that WSARecvMsg or WSARecvFrom wrote this name. */
void posted_assert_name(struct posted *posted, const char *address, uint16_t port);

/* Asserts that a receive wrote nothing but the OVERLAPPED. */
void posted_untouched(struct posted *posted);

/* The NTSTATUS of an outcome, as OVERLAPPED.Internal holds it: zero-extended. */
ULONG_PTR overlapped_status(int error);

#endif
