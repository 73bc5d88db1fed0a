/*
 * timezoneapi.h - from one form of a time to the other; both are UTC
 */
#ifndef _TIMEZONEAPI_H_
#define _TIMEZONEAPI_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

/* FALSE with ERROR_INVALID_PARAMETER for what is no time. wDayOfWeek is told, and not read. */
BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime)
    WINLWIP_LINK("FileTimeToSystemTime");
BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime)
    WINLWIP_LINK("SystemTimeToFileTime");

#ifdef __cplusplus
}
#endif

#endif
