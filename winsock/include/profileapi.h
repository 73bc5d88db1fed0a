/*
 * profileapi.h - a clock that counts 10,000,000 steps a second, as control messages with
 * SO_TIMESTAMP do
 */
#ifndef _PROFILEAPI_H_
#define _PROFILEAPI_H_

#include <windef.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
    WINLWIP_LINK("QueryPerformanceCounter");
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
    WINLWIP_LINK("QueryPerformanceFrequency");

#ifdef __cplusplus
}
#endif

#endif
