/*
 * api_blocking.c - blocking hooks and cancellation, for programs of Windows Sockets 1.x (C44).
 */
#include "winsock/api.h"
#include "winsock/blocking.h"

BOOL WSAIsBlocking(void)
{
    return blocking_under_way();
}

int WSACancelBlockingCall(void)
{
    int error = api_check_started();

    return api_result(error != 0 ? error : blocking_cancel());
}

FARPROC WSASetBlockingHook(FARPROC hook)
{
    FARPROC previous = NULL;
    int error = api_check_started();

    if (error == 0) {
        error = blocking_hook(hook, &previous);
    }
    api_result(error);
    return previous;
}

int WSAUnhookBlockingHook(void)
{
    int error = api_check_started();

    return api_result(error != 0 ? error : blocking_unhook());
}
