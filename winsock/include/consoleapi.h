/*
 * consoleapi.h - of the console, how it asks a program to end
 */
#ifndef _APISETCONSOLE_
#define _APISETCONSOLE_

#include <windef.h>
#include <winlwip/linkname.h>

#define CTRL_C_EVENT 0
#define CTRL_BREAK_EVENT 1
#define CTRL_CLOSE_EVENT 2
#define CTRL_LOGOFF_EVENT 5
#define CTRL_SHUTDOWN_EVENT 6

typedef BOOL(WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Adds or removes a routine that is called, in a thread of its own and the last one first, when a
 * signal asks the process to end: SIGINT, SIGQUIT, SIGHUP and SIGTERM are CTRL_C_EVENT,
 * CTRL_BREAK_EVENT, CTRL_CLOSE_EVENT and CTRL_SHUTDOWN_EVENT. If none returns TRUE the signal does
 * what it did before. NULL: ignore CTRL_C_EVENT (TRUE) or no longer (FALSE). While a routine is
 * there, and only then, these signals are the library's. FALSE: ERROR_INVALID_PARAMETER for a routine
 * that is not there, ERROR_NOT_ENOUGH_MEMORY.
 */
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add)
    WINLWIP_LINK("SetConsoleCtrlHandler");

#ifdef __cplusplus
}
#endif

#endif
