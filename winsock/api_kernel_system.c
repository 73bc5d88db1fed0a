/*
 * api_kernel_system.c - what the process runs on. No state.
 */
#include <windows.h>

#include <unistd.h>

#include "winsock/memory.h"

/* Windows hands out address space in such steps; a fact that programs align buffers to. */
#define GRANULARITY_BYTES 65536

/* A bit for each of the first 64 processors. */
static DWORD_PTR mask_of(DWORD processors)
{
    return processors < 64 ? ((DWORD_PTR)1 << processors) - 1 : ~(DWORD_PTR)0;
}

VOID GetSystemInfo(LPSYSTEM_INFO info)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    DWORD processors = online > 0 ? (DWORD)online : 1;

    *info = (SYSTEM_INFO){
#if defined(__x86_64__)
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .dwProcessorType = PROCESSOR_AMD_X8664,
#elif defined(__aarch64__)
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_ARM64,
#else
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_UNKNOWN,
#endif
        .dwPageSize = (DWORD)sysconf(_SC_PAGESIZE),
        .lpMinimumApplicationAddress = (LPVOID)MEMORY_LOWEST_ADDRESS,
        .lpMaximumApplicationAddress = (LPVOID)(MEMORY_END - 1),
        .dwActiveProcessorMask = mask_of(processors),
        .dwNumberOfProcessors = processors,
        .dwAllocationGranularity = GRANULARITY_BYTES,
    };
}

VOID GetNativeSystemInfo(LPSYSTEM_INFO info)
{
    GetSystemInfo(info);
}
