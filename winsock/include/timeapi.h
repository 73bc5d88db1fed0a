/*
 * timeapi.h - the multimedia clock of winmm: milliseconds
 */
#ifndef _TIMEAPI_H_
#define _TIMEAPI_H_

#include <windef.h>
#include <winlwip/linkname.h>

typedef UINT MMRESULT;

#define TIMERR_NOERROR 0
#define TIMERR_NOCANDO 97
#define TIMERR_STRUCT 129

typedef struct timecaps_tag {
    UINT wPeriodMin;
    UINT wPeriodMax;
} TIMECAPS, *PTIMECAPS, *LPTIMECAPS;

#ifdef __cplusplus
extern "C" {
#endif

/* What GetTickCount() returns. */
DWORD WINAPI timeGetTime(VOID) WINLWIP_LINK("timeGetTime");

/*
 * How exact waits shall be, in milliseconds; TIMERR_NOCANDO for 0 and more than 1,000,000. Waits are
 * as exact as the system can have them, whatever is asked for.
 */
MMRESULT WINAPI timeBeginPeriod(UINT uPeriod) WINLWIP_LINK("timeBeginPeriod");
MMRESULT WINAPI timeEndPeriod(UINT uPeriod) WINLWIP_LINK("timeEndPeriod");

/* TIMERR_NOCANDO when cbtc is not the size of the structure. */
MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS ptc, UINT cbtc) WINLWIP_LINK("timeGetDevCaps");

#ifdef __cplusplus
}
#endif

#endif
