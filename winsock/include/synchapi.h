/*
 * synchapi.h - event objects, waits and sleeps; locks are in winlwip/locks.h
 */
#ifndef _SYNCHAPI_H_
#define _SYNCHAPI_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>
#include <winlwip/locks.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/*
 * Wait for events, threads and sockets (signaled by the completion of an overlapped call without
 * event). Times in milliseconds, or INFINITE. Alertable waits call the routines that are queued to
 * the thread, and return WAIT_IO_COMPLETION then.
 */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
    WINLWIP_LINK("WaitForSingleObject");
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
    WINLWIP_LINK("WaitForSingleObjectEx");
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                    DWORD dwMilliseconds) WINLWIP_LINK("WaitForMultipleObjects");
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                      DWORD dwMilliseconds, BOOL bAlertable)
    WINLWIP_LINK("WaitForMultipleObjectsEx");

VOID WINAPI Sleep(DWORD dwMilliseconds) WINLWIP_LINK("Sleep");
/* Returns 0 after the time, WAIT_IO_COMPLETION after routines were called. */
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable) WINLWIP_LINK("SleepEx");

#ifdef __cplusplus
}
#endif

#endif
