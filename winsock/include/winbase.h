/*
 * winbase.h - what windows.h has of kernel32, by the headers that Microsoft divides it into
 */
#ifndef _WINBASE_
#define _WINBASE_

#include <handleapi.h>
#include <ioapiset.h>
#include <minwinbase.h>
#include <processthreadsapi.h>
#include <synchapi.h>

/* Has an operation ended? Reads what another thread may be writing, and whatever it wrote before. */
#define HasOverlappedIoCompleted(lpOverlapped) \
    ((DWORD)__atomic_load_n(&(lpOverlapped)->Internal, __ATOMIC_ACQUIRE) != 0x103u)

#ifdef __cplusplus
extern "C" {
#endif

/* Flags: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FILE_SKIP_SET_EVENT_ON_HANDLE; they add up. */
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
    WINLWIP_LINK("SetFileCompletionNotificationModes");

#ifdef __cplusplus
}
#endif

#endif
