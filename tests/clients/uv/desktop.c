/*
 * desktop.c - the functions of desktop.h, as far as libuv calls them on the way to its datagrams
 */
#include "desktop.h"

#include <stdlib.h>

/* The system that programs are told they run on: Windows 10 without service packs. */
#define VERSION_MAJOR 10

/* The C runtime's, which knows of no invalid parameters here. */
void *_set_invalid_parameter_handler(void *handler);
void *_set_invalid_parameter_handler(void *handler)
{
    (void)handler;
    return NULL;
}

UINT SetErrorMode(UINT mode)
{
    (void)mode;
    return 0;
}

void DebugBreak(void)
{
    abort();
}

/* Every metric has the value of a normal start with no hardware: 0. */
int GetSystemMetrics(int index)
{
    (void)index;
    return 0;
}

/* The one condition that libuv asks for is VER_GREATER_EQUAL, for each part. */
ULONGLONG VerSetConditionMask(ULONGLONG mask, DWORD type, BYTE condition)
{
    if (condition != VER_GREATER_EQUAL) {
        abort();
    }
    return mask | type;
}

/* A later version has no need of service packs. */
BOOL VerifyVersionInfoA(LPOSVERSIONINFOEXA version, DWORD types, DWORDLONG mask)
{
    (void)types, (void)mask;
    return version->dwMajorVersion < VERSION_MAJOR ||
           (version->dwMajorVersion == VERSION_MAJOR && version->dwMinorVersion == 0 &&
            version->wServicePackMajor == 0 && version->wServicePackMinor == 0);
}
