/*
 * timezoneapi.h - from one form of a time to the other, both UTC; what describes a time zone
 */
#ifndef _TIMEZONEAPI_H_
#define _TIMEZONEAPI_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>

/* UTC is local time plus Bias plus that of the season, in minutes. A date with wYear 0 is the wDay-th
 * wDayOfWeek of the month, the last when wDay is 5. */
typedef struct _TIME_ZONE_INFORMATION {
    LONG Bias;
    WCHAR StandardName[32];
    SYSTEMTIME StandardDate;
    LONG StandardBias;
    WCHAR DaylightName[32];
    SYSTEMTIME DaylightDate;
    LONG DaylightBias;
} TIME_ZONE_INFORMATION, *PTIME_ZONE_INFORMATION, *LPTIME_ZONE_INFORMATION;

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
