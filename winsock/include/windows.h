/*
 * windows.h - basic types, error codes, and the part of kernel32 that datagram programs use
 *
 * Only what Winsock programs need and the library implements. Programs expect the errno constants
 * to come with it, and winsock.h, unless WIN32_LEAN_AND_MEAN is defined or winsock2.h came first. A
 * file that has the C library's socket headers already has chosen those, and gets no winsock.h.
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

#ifndef WINLWIP_NO_CRT
#include <winlwip/crt.h>
#endif

#ifndef WIN32_LEAN_AND_MEAN
#include <mmsystem.h>
#endif
#if !defined(WIN32_LEAN_AND_MEAN) && !defined(_WINSOCKAPI_) && !defined(_SYS_SOCKET_H) && \
    !defined(_SYS_IOCTL_H) && !defined(_SYS_POLL_H) && !defined(_NETDB_H)
#include <winsock.h>
#endif

#endif
