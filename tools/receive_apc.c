/*
 * receive_apc.c - overlapped receives, told by completion routines.
 *
 * The routine is called by the thread that posted the receive, while that sleeps alertably, and
 * posts the next one. Routines are called in the order in which the receives were completed.
 */
#include "tools/receive.h"

static void post(struct receive_call *call);

static void CALLBACK completed(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct receive_call *call = CONTAINING_RECORD(overlapped, struct receive_call, overlapped);

    (void)flags; /* those of WSARecvMsg stand in the WSAMSG (C53) */
    if (receive_take(call, (int)error, bytes)) {
        post(call);
    }
}

static void CALLBACK refused(ULONG_PTR parameter)
{
    struct receive_call *call = (struct receive_call *)parameter; /* NOLINT: a pointer's way here */

    completed((DWORD)call->refused, 0, &call->overlapped, 0);
}

static void post(struct receive_call *call)
{
    if (!receive_post(call, NULL, completed) &&
        QueueUserAPC(refused, GetCurrentThread(), (ULONG_PTR)call) == 0) {
        receive_lost(call, "QueueUserAPC");
    }
}

static void start(struct run *run)
{
    if (receive_calls_new(run, run->pending)) {
        receive_post_all(run, post);
    }
}

static bool wait(struct run *run, DWORD timeout_ms)
{
    (void)run;
    SleepEx(timeout_ms, TRUE);
    return true;
}

static void stop(struct run *run)
{
    (void)run;
}

const struct receive_mode receive_apc = {"apc", true, start, wait, stop};
