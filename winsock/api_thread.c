/*
 * api_thread.c - the pseudo handles of the process and the calling thread.
 */
#define _GNU_SOURCE /* gettid */

#include "winsock/api.h"

#include <unistd.h>

HANDLE GetCurrentProcess(void)
{
    return (HANDLE)(LONG_PTR)-1; /* NOLINT: a handle is a number in a pointer's clothes */
}

HANDLE GetCurrentThread(void)
{
    return (HANDLE)(LONG_PTR)-2; /* NOLINT: as above */
}

DWORD GetCurrentThreadId(void)
{
    return (DWORD)gettid();
}
