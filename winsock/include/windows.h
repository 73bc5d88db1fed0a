/*
 * windows.h - basic types, error codes, the last error of a thread, events and waits
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
#include <windef.h>
#include <winerror.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The last error of the calling thread; WSAGetLastError reads the same cell. */
DWORD WINAPI GetLastError(void) WINLWIP_LINK("GetLastError");
VOID WINAPI SetLastError(DWORD dwErrCode) WINLWIP_LINK("SetLastError");

DWORD WINAPI GetCurrentProcessId(VOID) WINLWIP_LINK("GetCurrentProcessId");

/*
 * Event objects of this process. bManualReset FALSE: a wait that an event ends resets it. Events
 * have no names: lpName must be NULL. NULL or FALSE on failure.
 */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                           BOOL bInitialState, LPCSTR lpName) WINLWIP_LINK("CreateEventA");
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                           BOOL bInitialState, LPCWSTR lpName) WINLWIP_LINK("CreateEventW");
#ifdef UNICODE
HANDLE WINAPI CreateEvent(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                          BOOL bInitialState, LPCWSTR lpName) WINLWIP_LINK("CreateEventW");
#else
HANDLE WINAPI CreateEvent(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
                          BOOL bInitialState, LPCSTR lpName) WINLWIP_LINK("CreateEventA");
#endif
BOOL WINAPI SetEvent(HANDLE hEvent) WINLWIP_LINK("SetEvent");
BOOL WINAPI ResetEvent(HANDLE hEvent) WINLWIP_LINK("ResetEvent");
BOOL WINAPI CloseHandle(HANDLE hObject) WINLWIP_LINK("CloseHandle");

/* Wait for events. Times in milliseconds, or INFINITE. */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
    WINLWIP_LINK("WaitForSingleObject");
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                    DWORD dwMilliseconds) WINLWIP_LINK("WaitForMultipleObjects");

/* Counts 10,000,000 steps a second, as control messages with SO_TIMESTAMP do. */
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
    WINLWIP_LINK("QueryPerformanceCounter");
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
    WINLWIP_LINK("QueryPerformanceFrequency");

#ifdef __cplusplus
}
#endif

#endif
