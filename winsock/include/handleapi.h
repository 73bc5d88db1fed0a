/*
 * handleapi.h - closing and duplicating handles
 */
#ifndef _APISETHANDLE_
#define _APISETHANDLE_

#include <windef.h>
#include <winlwip/linkname.h>

#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS 0x00000002

/* What Get- and SetHandleInformation() tell of a handle. */
#define HANDLE_FLAG_INHERIT 0x00000001
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002

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

/*
 * The flags of a handle. No process is started with handles of this one, so HANDLE_FLAG_INHERIT is
 * only remembered; CloseHandle() leaves a handle with HANDLE_FLAG_PROTECT_FROM_CLOSE open.
 */
BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags)
    WINLWIP_LINK("GetHandleInformation");
BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags)
    WINLWIP_LINK("SetHandleInformation");

#ifdef __cplusplus
}
#endif

#endif
