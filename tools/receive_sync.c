/*
 * receive_sync.c - receiving without OVERLAPPED.
 *
 * The sockets are non-blocking. WSAPoll() drives the stack until some of them have something; each
 * of these is asked for one datagram. Which one of several came first nobody tells: they are shown
 * in the order of the sockets.
 */
#include "tools/receive.h"

#include "tools/wsa.h"

static void start(struct run *run)
{
    u_long on = 1;

    if (!receive_calls_new(run, 1)) {
        return;
    }
    for (size_t i = 0; i < run->receiver_count; i++) {
        if (ioctlsocket(run->receivers[i].socket, FIONBIO, &on) != 0) {
            run->status = tool_fail(TOOL_FAILED, "FIONBIO: %s", wsa_name(WSAGetLastError()));
            return;
        }
    }
}

/* The sockets that something can still come to. */
static ULONG collect(const struct run *run, WSAPOLLFD *polled, size_t *indexes)
{
    ULONG count = 0;

    for (size_t i = 0; i < run->receiver_count; i++) {
        if (!run->receivers[i].ended) {
            indexes[count] = i;
            polled[count++] = (WSAPOLLFD){.fd = run->receivers[i].socket, .events = POLLRDNORM};
        }
    }
    return count;
}

/* Asks one socket for one datagram. */
static void serve(struct receiver *receiver)
{
    DWORD bytes;
    int error = receive_now(receiver->calls, &bytes);

    if (error != WSAEWOULDBLOCK) {
        receive_take(receiver->calls, error, bytes);
    }
}

static bool wait(struct run *run, DWORD timeout_ms)
{
    WSAPOLLFD polled[RUN_RECEIVERS_MAX];
    size_t indexes[RUN_RECEIVERS_MAX];
    ULONG count = collect(run, polled, indexes);

    if (WSAPoll(polled, count, (INT)timeout_ms) == SOCKET_ERROR) {
        int error = WSAGetLastError();

        if (error != WSAENETDOWN) {
            run->status = tool_fail(TOOL_FAILED, "WSAPoll: %s", wsa_name(error));
        }
        return false;
    }
    for (ULONG i = 0; i < count && !run_is_over(run); i++) {
        if (polled[i].revents != 0) {
            serve(&run->receivers[indexes[i]]);
        }
    }
    return true;
}

static void stop(struct run *run)
{
    (void)run;
}

const struct receive_mode receive_sync = {"sync", false, start, wait, stop};
