/*
 * receive_event.c - overlapped receives, told by events.
 *
 * A wait takes 64 events at most, so there is one for each socket, and all receives of the socket
 * share it. It then says only that some of them are complete. As they are filled in the order in
 * which they were posted (C50), it is enough to look at the oldest one, again and again.
 *
 * Posting a receive resets its event (C51), and with it what the event had to say about others: the
 * first may be complete before the last is posted. So a look at the oldest receive follows every
 * post, and when that is not complete, the event will be set by a completion that is still to come.
 */
#include "tools/receive.h"

#include "tools/wsa.h"

_Static_assert(RUN_RECEIVERS_MAX <= WSA_MAXIMUM_WAIT_EVENTS, "one wait for all sockets");

/* By socket; WSA_INVALID_EVENT where there is none. */
static WSAEVENT events[RUN_RECEIVERS_MAX];

static void post(struct receive_call *call)
{
    WSAEVENT event = events[call->receiver - call->run->receivers];

    if (!receive_post(call, event, NULL) && !WSASetEvent(event)) {
        receive_lost(call, "WSASetEvent");
    }
}

static void start(struct run *run)
{
    if (!receive_calls_new(run, run->pending)) {
        return;
    }
    for (size_t i = 0; i < run->receiver_count; i++) {
        events[i] = WSACreateEvent();
        if (events[i] == WSA_INVALID_EVENT) {
            run->status = tool_fail(TOOL_FAILED, "WSACreateEvent: %s",
                                    wsa_name(WSAGetLastError()));
            return;
        }
    }
    receive_post_all(run, post);
    for (size_t i = 0; i < run->receiver_count; i++) {
        WSASetEvent(events[i]); /* look at all of them */
    }
}

static bool is_complete(const struct receive_call *call)
{
    return call->under_way && receive_is_complete(call);
}

/*
 * Takes what is complete, oldest first, and posts each receive again, as the youngest. What is more
 * than one round waits, so that other sockets get their turn.
 */
static void serve(struct receiver *receiver, WSAEVENT event)
{
    struct receive_call *oldest = &receiver->calls[receiver->oldest];

    WSAResetEvent(event);
    for (size_t taken = 0; taken < receiver->call_count && is_complete(oldest); taken++) {
        DWORD bytes;
        int error = receive_result(receiver->socket, oldest, &bytes);

        if (receive_take(oldest, error, bytes)) {
            post(oldest);
        }
        receiver->oldest = (receiver->oldest + 1) % receiver->call_count;
        oldest = &receiver->calls[receiver->oldest];
    }
    if (is_complete(oldest)) {
        WSASetEvent(event);
    }
}

/* The wait names one event, and the ones behind it may be set as well. */
static bool wait(struct run *run, DWORD timeout_ms)
{
    DWORD woken = WSAWaitForMultipleEvents((DWORD)run->receiver_count, events, FALSE, timeout_ms,
                                           FALSE);

    if (woken == WSA_WAIT_TIMEOUT) {
        return true;
    }
    if (woken == WSA_WAIT_FAILED) {
        run->status = tool_fail(TOOL_FAILED, "WSAWaitForMultipleEvents: %s",
                                wsa_name(WSAGetLastError()));
        return false;
    }
    for (size_t i = woken - WSA_WAIT_EVENT_0; i < run->receiver_count; i++) {
        serve(&run->receivers[i], events[i]);
    }
    return true;
}

static void stop(struct run *run)
{
    for (size_t i = 0; i < run->receiver_count; i++) {
        if (events[i] != WSA_INVALID_EVENT) {
            WSACloseEvent(events[i]);
            events[i] = WSA_INVALID_EVENT;
        }
    }
}

const struct receive_mode receive_event = {"event", true, start, wait, stop};
