/*
 * api_clock.c - QueryPerformanceCounter and QueryPerformanceFrequency, by which programs read the
 * values of SO_TIMESTAMP. They need no start-up and cannot fail but for a bad pointer.
 */
#include <windows.h>

#include "stack/loop.h"
#include "winsock/errors.h"
#include "winsock/memory.h"
#include "winsock/timestamp.h"

static BOOL tell(LARGE_INTEGER *target, LONGLONG value)
{
    if (memory_writable(target, sizeof(*target)) != 0) {
        SetLastError(ERROR_NOACCESS);
        return FALSE;
    }
    target->QuadPart = value;
    return TRUE;
}

BOOL QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
    return tell(lpPerformanceCount, (LONGLONG)timestamp_counter(loop_now_ns()));
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
    return tell(lpFrequency, TIMESTAMP_HZ);
}
