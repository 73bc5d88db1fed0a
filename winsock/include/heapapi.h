/*
 * heapapi.h - memory from heaps: that of the process, and heaps that a program makes
 *
 * Heaps are always serialised and never raise an exception: HEAP_NO_SERIALIZE and
 * HEAP_GENERATE_EXCEPTIONS are accepted and say nothing.
 */
#ifndef _HEAPAPI_H_
#define _HEAPAPI_H_

#include <windef.h>
#include <winlwip/linkname.h>

#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GROWABLE 0x00000002
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010

#ifdef __cplusplus
extern "C" {
#endif

HANDLE WINAPI GetProcessHeap(VOID) WINLWIP_LINK("GetProcessHeap");
/* dwMaximumSize: bytes that the heap gives out at most, 0: no limit. NULL on failure. */
HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize)
    WINLWIP_LINK("HeapCreate");
/* Frees the heap and all that was allocated from it. */
BOOL WINAPI HeapDestroy(HANDLE hHeap) WINLWIP_LINK("HeapDestroy");

/* Memory for dwBytes bytes at a multiple of 16, or NULL. */
LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes) WINLWIP_LINK("HeapAlloc");
/* On failure NULL, and lpMem stays as it is. HEAP_ZERO_MEMORY: what is new is zero. */
LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
    WINLWIP_LINK("HeapReAlloc");
BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem) WINLWIP_LINK("HeapFree");
/* As many bytes as were asked for, or (SIZE_T)-1. */
SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem) WINLWIP_LINK("HeapSize");

#ifdef __cplusplus
}
#endif

#endif
