/*
 * sysinfoapi.h - the time of day, the time since the system was started, and what it runs on
 */
#ifndef _SYSINFOAPI_H_
#define _SYSINFOAPI_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>

/* Values of wProcessorArchitecture and dwProcessorType. */
#define PROCESSOR_ARCHITECTURE_INTEL 0
#define PROCESSOR_ARCHITECTURE_ARM 5
#define PROCESSOR_ARCHITECTURE_IA64 6
#define PROCESSOR_ARCHITECTURE_AMD64 9
#define PROCESSOR_ARCHITECTURE_IA32_ON_WIN64 10
#define PROCESSOR_ARCHITECTURE_ARM64 12
#define PROCESSOR_ARCHITECTURE_UNKNOWN 0xFFFF
#define PROCESSOR_AMD_X8664 8664

typedef struct _SYSTEM_INFO {
    __extension__ union {
        DWORD dwOemId;
        __extension__ struct {
            WORD wProcessorArchitecture;
            WORD wReserved;
        };
    };
    DWORD dwPageSize;
    LPVOID lpMinimumApplicationAddress;
    LPVOID lpMaximumApplicationAddress;
    DWORD_PTR dwActiveProcessorMask;
    DWORD dwNumberOfProcessors;
    DWORD dwProcessorType;
    DWORD dwAllocationGranularity;
    WORD wProcessorLevel;
    WORD wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds since the system was started, asleep or awake. The first wraps after 49.7 days. */
DWORD WINAPI GetTickCount(VOID) WINLWIP_LINK("GetTickCount");
ULONGLONG WINAPI GetTickCount64(VOID) WINLWIP_LINK("GetTickCount64");

/* UTC in steps of 100 ns since 1601; both are as exact as the system's clock. */
VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
    WINLWIP_LINK("GetSystemTimeAsFileTime");
VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime)
    WINLWIP_LINK("GetSystemTimePreciseAsFileTime");
/* UTC, and the time of the zone that the process is in. */
VOID WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime) WINLWIP_LINK("GetSystemTime");
VOID WINAPI GetLocalTime(LPSYSTEMTIME lpSystemTime) WINLWIP_LINK("GetLocalTime");

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo) WINLWIP_LINK("GetSystemInfo");
VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo) WINLWIP_LINK("GetNativeSystemInfo");

#ifdef __cplusplus
}
#endif

#endif
