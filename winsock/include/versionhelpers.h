/*
 * versionhelpers.h - which Windows is this? Windows 10, no server
 */
#ifndef _VERSIONHELPERS_H_INCLUDED_
#define _VERSIONHELPERS_H_INCLUDED_

#include <sdkddkver.h>
#include <windef.h>

/* Is it this version, or a later one? The service pack counts when the version is this one. */
FORCEINLINE BOOL IsWindowsVersionOrGreater(WORD wMajorVersion, WORD wMinorVersion,
                                           WORD wServicePackMajor)
{
    return wMajorVersion < 10 ||
           (wMajorVersion == 10 && wMinorVersion == 0 && wServicePackMajor == 0);
}

FORCEINLINE BOOL IsWindowsXPOrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsXPSP1OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsXPSP2OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsXPSP3OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsVistaOrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsVistaSP1OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsVistaSP2OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindows7OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindows7SP1OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindows8OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindows8Point1OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindows10OrGreater(VOID)
{
    return TRUE;
}

FORCEINLINE BOOL IsWindowsServer(VOID)
{
    return FALSE;
}

#endif
