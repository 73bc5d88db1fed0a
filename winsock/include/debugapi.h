/*
 * debugapi.h - what programs say to a debugger, which there is none of
 */
#ifndef _APISETDEBUG_
#define _APISETDEBUG_

#include <windef.h>

/* Nobody hears it. */
FORCEINLINE VOID OutputDebugStringA(LPCSTR lpOutputString)
{
    (void)lpOutputString;
}

FORCEINLINE VOID OutputDebugStringW(LPCWSTR lpOutputString)
{
    (void)lpOutputString;
}

FORCEINLINE BOOL IsDebuggerPresent(VOID)
{
    return FALSE;
}

/* Ends the program, as a breakpoint does where no debugger is. */
FORCEINLINE VOID DebugBreak(VOID)
{
    __builtin_trap();
}

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#endif
