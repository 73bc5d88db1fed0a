/*
 * receive.c - what the ways of calling WSARecvMsg have in common.
 *
 * Every call that was posted is taken exactly once, from a completion of whatever kind, and
 * run->under_way counts those that were not yet. When the run is over the rest is cancelled and
 * taken, too: only then is their memory free, which is why receivers free it after they have closed
 * their sockets.
 */
#include "tools/receive.h"

#include <stdlib.h>
#include <string.h>

#include "tools/address.h"
#include "tools/datagram_decode.h"
#include "tools/wsa.h"

/* Milliseconds between two looks for completions of what was cancelled. */
#define CANCEL_SLICE_MS 100

static const struct receive_mode *const modes[] = {
    &receive_sync,
    &receive_event,
    &receive_apc,
    &receive_port,
};

const struct receive_mode *receive_mode_find(const char *name)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(name, modes[i]->name) == 0) {
            return modes[i];
        }
    }
    return NULL;
}

/* --- The run --- */

/* Can something come to any socket? */
static bool is_open(const struct run *run)
{
    for (size_t i = 0; i < run->receiver_count; i++) {
        if (!run->receivers[i].ended) {
            return true;
        }
    }
    return false;
}

static void cancel_all(const struct run *run)
{
    for (size_t i = 0; i < run->receiver_count; i++) {
        CancelIoEx((HANDLE)run->receivers[i].socket, NULL);
    }
}

enum tool_status receive_all(struct run *run, const struct receive_mode *mode)
{
    bool waits = true;
    bool expired = false;

    mode->start(run);
    run_begin(run);
    while (waits && !expired && !run_is_over(run) && is_open(run)) {
        waits = mode->wait(run, run_slice_ms(run));
        expired = run_has_expired(run);
    }
    run->over = true;
    if (run->under_way > 0) {
        cancel_all(run);
    }
    while (waits && run->under_way > 0) {
        waits = mode->wait(run, CANCEL_SLICE_MS);
    }
    mode->stop(run);
    return run->status;
}

/* --- Results --- */

static void show(struct receive_call *call, int error, DWORD bytes)
{
    struct datagram datagram = {
        .socket = call->receiver->name,
        .local_port = call->receiver->port,
        .error = error != 0 ? wsa_name(error) : NULL,
    };

    datagram_decode(&datagram, &call->message, bytes);
    run_show(call->run, &datagram);
}

static void fail(struct receive_call *call, int error)
{
    call->run->status = tool_fail(TOOL_FAILED, "port %u: WSARecvMsg: %s", call->receiver->port,
                                  wsa_name(error));
}

/* Does the error tell of the network, and not of the call? */
static bool is_news(int error)
{
    switch (error) {
    case WSAENETDOWN:
    case WSAECONNRESET: /* an earlier datagram drew an ICMP error: the socket goes on */
    case WSAENETRESET:
    case WSAEHOSTUNREACH:
    case WSAENETUNREACH:
        return true;
    default:
        return false;
    }
}

/* What a receive that gave no datagram means. */
static void take_error(struct receive_call *call, int error)
{
    char peer[ADDRESS_TEXT_BYTES];

    if (!is_news(error)) {
        fail(call, error);
    } else if (error == WSAENETDOWN) {
        call->receiver->ended = true;
    } else {
        tool_fail(TOOL_OK, "port %u: %s from %s", call->receiver->port, wsa_name(error),
                  address_text(&call->name, peer));
    }
}

bool receive_take(struct receive_call *call, int error, DWORD bytes)
{
    struct run *run = call->run;

    if (call->under_way) {
        call->under_way = false;
        run->under_way--;
    }
    if (run_is_over(run)) {
        return false;
    }
    /* WSAEMSGSIZE comes with a datagram that was cut, or whose control messages were (C16, C20). */
    if (error == 0 || error == WSAEMSGSIZE) {
        show(call, error, bytes);
    } else {
        take_error(call, error);
    }
    return !call->receiver->ended && !run_is_over(run);
}

/* --- Calls --- */

static bool call_init(struct receive_call *call, struct run *run, struct receiver *receiver)
{
    call->run = run;
    call->receiver = receiver;
    call->buffers = malloc(receiver->control_bytes + receiver->buffer_bytes + 1);
    return call->buffers != NULL;
}

bool receive_calls_new(struct run *run, size_t each)
{
    for (size_t i = 0; i < run->receiver_count; i++) {
        struct receiver *receiver = &run->receivers[i];
        bool made;

        receiver->calls = calloc(each, sizeof(*receiver->calls));
        receiver->call_count = receiver->calls != NULL ? each : 0;
        made = receiver->calls != NULL;
        for (size_t j = 0; made && j < each; j++) {
            made = call_init(&receiver->calls[j], run, receiver);
        }
        if (!made) {
            run->status = tool_fail(TOOL_FAILED, "out of memory");
            return false;
        }
    }
    return true;
}

void receive_calls_free(struct receiver *receiver)
{
    for (size_t i = 0; i < receiver->call_count; i++) {
        free(receiver->calls[i].buffers);
    }
    free(receiver->calls);
    receiver->calls = NULL;
    receiver->call_count = 0;
}

/* A receive overwrites lengths and flags: they are set anew for each. */
static int call_receive(struct receive_call *call, DWORD *bytes, OVERLAPPED *overlapped,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    const struct receiver *receiver = call->receiver;

    memset(&call->name, 0, sizeof(call->name));
    call->payload = (WSABUF){(ULONG)receiver->buffer_bytes,
                             call->buffers + receiver->control_bytes};
    call->message = (WSAMSG){
        .name = (LPSOCKADDR)&call->name,
        .namelen = sizeof(call->name),
        .lpBuffers = &call->payload,
        .dwBufferCount = 1,
        .Control.len = (ULONG)receiver->control_bytes,
    };
    if (receiver->control_bytes > 0) {
        call->message.Control.buf = call->buffers;
    }
    if (receiver->receive(receiver->socket, &call->message, bytes, overlapped, routine) == 0) {
        return 0;
    }
    return WSAGetLastError();
}

int receive_now(struct receive_call *call, DWORD *bytes)
{
    *bytes = 0;
    return call_receive(call, bytes, NULL, NULL);
}

bool receive_post(struct receive_call *call, HANDLE event,
                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int error;

    call->overlapped = (OVERLAPPED){.hEvent = event};
    error = call_receive(call, NULL, &call->overlapped, routine);
    call->refused = error != WSA_IO_PENDING ? error : 0;
    call->under_way = true;
    call->run->under_way++;
    if (call->refused != 0 && !is_news(call->refused)) {
        fail(call, call->refused);
    }
    return call->refused == 0;
}

void receive_post_all(struct run *run, void (*post)(struct receive_call *call))
{
    for (size_t i = 0; i < run->receiver_count; i++) {
        struct receiver *receiver = &run->receivers[i];

        for (size_t j = 0; j < receiver->call_count && !run_is_over(run); j++) {
            post(&receiver->calls[j]);
        }
    }
}

void receive_lost(struct receive_call *call, const char *function)
{
    call->run->status = tool_fail(TOOL_FAILED, "%s: error %u", function, GetLastError());
    receive_take(call, call->refused, 0);
}

bool receive_is_complete(const struct receive_call *call)
{
    return call->refused != 0 || HasOverlappedIoCompleted(&call->overlapped);
}

int receive_result(SOCKET s, struct receive_call *call, DWORD *bytes)
{
    DWORD flags = 0; /* those of WSARecvMsg stand in the WSAMSG */

    *bytes = 0;
    if (call->refused != 0) {
        return call->refused;
    }
    if (WSAGetOverlappedResult(s, &call->overlapped, bytes, FALSE, &flags)) {
        return 0;
    }
    return WSAGetLastError();
}
