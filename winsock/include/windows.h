/*
 * windows.h - basic types, error codes, and the part of kernel32 that datagram programs use
 *
 * Only what Winsock programs need and the library implements. It does not bring in winsock2.h:
 * include that one first, or alone. Programs expect the errno constants to come with it.
 */
#ifndef _WINDOWS_
#define _WINDOWS_
#define _INC_WINDOWS

#include <errno.h>
#include <guiddef.h>
#include <minwinbase.h>
#include <winbase.h>
#include <windef.h>
#include <winerror.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The last error of the calling thread; WSAGetLastError reads the same cell. */
DWORD WINAPI GetLastError(void) WINLWIP_LINK("GetLastError");
VOID WINAPI SetLastError(DWORD dwErrCode) WINLWIP_LINK("SetLastError");

/* Counts 10,000,000 steps a second, as control messages with SO_TIMESTAMP do. */
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
    WINLWIP_LINK("QueryPerformanceCounter");
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
    WINLWIP_LINK("QueryPerformanceFrequency");

#ifdef __cplusplus
}
#endif

#endif
