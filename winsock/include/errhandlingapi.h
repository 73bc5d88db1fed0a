/*
 * errhandlingapi.h - the last error of the calling thread; WSAGetLastError reads the same cell
 */
#ifndef _ERRHANDLING_H_
#define _ERRHANDLING_H_

#include <windef.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

DWORD WINAPI GetLastError(VOID) WINLWIP_LINK("GetLastError");
VOID WINAPI SetLastError(DWORD dwErrCode) WINLWIP_LINK("SetLastError");

#ifdef __cplusplus
}
#endif

#endif
