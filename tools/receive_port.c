/*
 * receive_port.c - overlapped receives, told by a completion port.
 *
 * One port serves all sockets, whose handles are their keys. One thread takes the packets, many at
 * a time; they come in the order in which the receives were completed.
 */
#include "tools/receive.h"

/* Packets that are taken at a time. */
#define BATCH 64

static HANDLE port;

static void fail(struct run *run, const char *function)
{
    run->status = tool_fail(TOOL_FAILED, "%s: error %u", function, GetLastError());
}

static void post(struct receive_call *call)
{
    if (!receive_post(call, NULL, NULL) &&
        !PostQueuedCompletionStatus(port, 0, call->receiver->socket, &call->overlapped)) {
        receive_lost(call, "PostQueuedCompletionStatus");
    }
}

static void start(struct run *run)
{
    if (!receive_calls_new(run, run->pending)) {
        return;
    }
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL) {
        fail(run, "CreateIoCompletionPort");
        return;
    }
    for (size_t i = 0; i < run->receiver_count; i++) {
        SOCKET s = run->receivers[i].socket;

        if (CreateIoCompletionPort((HANDLE)s, port, s, 0) != port) {
            fail(run, "CreateIoCompletionPort");
            return;
        }
    }
    receive_post_all(run, post);
}

static void serve(const OVERLAPPED_ENTRY *packet)
{
    struct receive_call *call =
        CONTAINING_RECORD(packet->lpOverlapped, struct receive_call, overlapped);
    DWORD bytes;
    int error = receive_result((SOCKET)packet->lpCompletionKey, call, &bytes);

    if (receive_take(call, error, bytes)) {
        post(call);
    }
}

static bool wait(struct run *run, DWORD timeout_ms)
{
    OVERLAPPED_ENTRY packets[BATCH];
    ULONG count = 0;

    if (!GetQueuedCompletionStatusEx(port, packets, BATCH, &count, timeout_ms, FALSE)) {
        if (GetLastError() == WAIT_TIMEOUT) {
            return true;
        }
        fail(run, "GetQueuedCompletionStatusEx");
        return false;
    }
    for (ULONG i = 0; i < count; i++) {
        serve(&packets[i]);
    }
    return true;
}

static void stop(struct run *run)
{
    (void)run;
    if (port != NULL) {
        CloseHandle(port);
        port = NULL;
    }
}

const struct receive_mode receive_port = {"port", true, start, wait, stop};
