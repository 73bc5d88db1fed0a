/*
 * api_kernel_time.c - the time of day and the time since the system was started. No state.
 */
#include <windows.h>

#include <stdbool.h>
#include <time.h>

#define TICKS_PER_S  10000000LL /* of a FILETIME: 100 ns each */
#define TICKS_PER_MS 10000LL
#define NS_PER_TICK  100
#define DAY_S        86400LL

/* From the first day of 1601 to the first of 1970. */
#define UNIX_EPOCH_DAYS 134774LL

#define EPOCH_YEAR 1601
#define LAST_YEAR  30827 /* of a SYSTEMTIME */

/* Days of 400 years of the calendar, of 100 of which the last is no leap year, of 4, of 1. */
enum { DAYS_400 = 146097, DAYS_100 = 36524, DAYS_4 = 1461, DAYS_1 = 365 };

/* Days of a year before its month, the first of which is 1. */
static const WORD days_before[2][14] = {
    {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* --- ticks --- */

static LONGLONG now_ticks(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + UNIX_EPOCH_DAYS * DAY_S) * TICKS_PER_S + now.tv_nsec / NS_PER_TICK;
}

static LONGLONG ticks_of(const FILETIME *time)
{
    return (LONGLONG)((ULONGLONG)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

static void write_ticks(FILETIME *time, LONGLONG ticks)
{
    time->dwLowDateTime = (DWORD)ticks;
    time->dwHighDateTime = (DWORD)((ULONGLONG)ticks >> 32);
}

/* --- the calendar --- */

/* Writes year, month, day and day of the week of a day counted from the first of 1601. */
static void write_date(SYSTEMTIME *time, LONGLONG days)
{
    int left = (int)(days % DAYS_400);
    int hundreds = left / DAYS_100 < 3 ? left / DAYS_100 : 3; /* the last has a day more */
    int year = EPOCH_YEAR + (int)(days / DAYS_400) * 400 + hundreds * 100;

    left -= hundreds * DAYS_100;
    year += left / DAYS_4 * 4;
    left %= DAYS_4;
    int single = left / DAYS_1 < 3 ? left / DAYS_1 : 3; /* so has the last of four years */
    year += single;
    left -= single * DAYS_1;

    WORD month = 12;
    while (days_before[is_leap(year)][month] > left) {
        month--;
    }
    time->wYear = (WORD)year;
    time->wMonth = month;
    time->wDay = (WORD)(left - days_before[is_leap(year)][month] + 1);
    time->wDayOfWeek = (WORD)((days + 1) % 7); /* 1601 began on a Monday */
}

static void write_time(SYSTEMTIME *time, LONGLONG ticks)
{
    LONGLONG seconds = ticks / TICKS_PER_S;
    int of_day = (int)(seconds % DAY_S);

    write_date(time, seconds / DAY_S);
    time->wHour = (WORD)(of_day / 3600);
    time->wMinute = (WORD)(of_day / 60 % 60);
    time->wSecond = (WORD)(of_day % 60);
    time->wMilliseconds = (WORD)(ticks % TICKS_PER_S / TICKS_PER_MS);
}

static bool is_time(const SYSTEMTIME *time)
{
    if (time->wYear < EPOCH_YEAR || time->wYear > LAST_YEAR || time->wMonth < 1 ||
        time->wMonth > 12 || time->wDay < 1) {
        return false;
    }
    const WORD *before = &days_before[is_leap(time->wYear)][time->wMonth];
    return time->wDay <= before[1] - before[0] && time->wHour < 24 && time->wMinute < 60 &&
           time->wSecond < 60 && time->wMilliseconds < 1000;
}

static LONGLONG ticks_from(const SYSTEMTIME *time)
{
    int past = time->wYear - EPOCH_YEAR;
    LONGLONG days = (LONGLONG)past * DAYS_1 + past / 4 - past / 100 + past / 400 +
                    days_before[is_leap(time->wYear)][time->wMonth] + time->wDay - 1;
    LONGLONG seconds = days * DAY_S + time->wHour * 3600 + time->wMinute * 60 + time->wSecond;

    return seconds * TICKS_PER_S + time->wMilliseconds * TICKS_PER_MS;
}

/* --- the functions --- */

ULONGLONG GetTickCount64(VOID)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

DWORD GetTickCount(VOID)
{
    return (DWORD)GetTickCount64();
}

VOID GetSystemTimePreciseAsFileTime(LPFILETIME time)
{
    write_ticks(time, now_ticks());
}

VOID GetSystemTimeAsFileTime(LPFILETIME time)
{
    write_ticks(time, now_ticks());
}

VOID GetSystemTime(LPSYSTEMTIME time)
{
    write_time(time, now_ticks());
}

VOID GetLocalTime(LPSYSTEMTIME time)
{
    LONGLONG ticks = now_ticks();
    time_t seconds = (time_t)(ticks / TICKS_PER_S - UNIX_EPOCH_DAYS * DAY_S);
    struct tm local = {.tm_gmtoff = 0};

    localtime_r(&seconds, &local);
    write_time(time, ticks + local.tm_gmtoff * TICKS_PER_S);
}

BOOL FileTimeToSystemTime(const FILETIME *file_time, LPSYSTEMTIME time)
{
    LONGLONG ticks = ticks_of(file_time);

    if (ticks < 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    write_time(time, ticks);
    return TRUE;
}

BOOL SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME file_time)
{
    if (!is_time(time)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    write_ticks(file_time, ticks_from(time));
    return TRUE;
}
