/*
 * windows.h - basic types, error codes, and the part of kernel32 that datagram programs use
 *
 * Only what Winsock programs need and the library implements. It does not bring in winsock2.h:
 * include that one first, or alone. Programs expect the errno constants to come with it.
 */
#ifndef _WINDOWS_
#define _WINDOWS_
#define _INC_WINDOWS

#include <errno.h>
#include <guiddef.h>
#include <minwinbase.h>
#include <sdkddkver.h>
#include <winbase.h>
#include <windef.h>
#include <winerror.h>

#endif
