/*
 * api_timer.c - winmm's clock. No state: waits are exact whatever period is asked for.
 */
#include <mmsystem.h>
#include <windows.h>

#include "winsock/memory.h"

/* The periods that Windows takes, in milliseconds. */
enum { PERIOD_MIN_MS = 1, PERIOD_MAX_MS = 1000000 };

DWORD timeGetTime(VOID)
{
    return GetTickCount();
}

static MMRESULT check_period(UINT period_ms)
{
    return period_ms >= PERIOD_MIN_MS && period_ms <= PERIOD_MAX_MS ? TIMERR_NOERROR
                                                                     : TIMERR_NOCANDO;
}

MMRESULT timeBeginPeriod(UINT period_ms)
{
    return check_period(period_ms);
}

MMRESULT timeEndPeriod(UINT period_ms)
{
    return check_period(period_ms);
}

MMRESULT timeGetDevCaps(LPTIMECAPS caps, UINT bytes)
{
    if (bytes != sizeof(*caps) || memory_writable(caps, sizeof(*caps)) != 0) {
        return TIMERR_NOCANDO;
    }
    caps->wPeriodMin = PERIOD_MIN_MS;
    caps->wPeriodMax = PERIOD_MAX_MS;
    return TIMERR_NOERROR;
}
