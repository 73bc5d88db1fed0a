/*
 * handleapi.h - closing and duplicating handles
 */
#ifndef _APISETHANDLE_
#define _APISETHANDLE_

#include <windef.h>
#include <winlwip/linkname.h>

#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002

#ifdef __cplusplus
extern "C" {
#endif

/* Closes an event, a thread, a completion port or a socket. */
BOOL WINAPI CloseHandle(HANDLE hObject) WINLWIP_LINK("CloseHandle");

/*
 * A second handle of the same object, in this process: both process handles are those of
 * GetCurrentProcess(). A duplicate of a socket can be waited for and is no SOCKET.
 */
BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
                            HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
                            DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
    WINLWIP_LINK("DuplicateHandle");

#ifdef __cplusplus
}
#endif

#endif
