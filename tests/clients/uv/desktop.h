/*
 * desktop.h - what windows.h brings beside Winsock and the waiting part of kernel32: files, the
 * console, the registry, the system's version
 *
 * Included before everything else (client.mk). Of most of it libuv's headers and the parts of its
 * sources that the linker drops only need the types and values, which are Windows'; the functions
 * that are called stand in desktop.c.
 */
#ifndef UV_DESKTOP_H
#define UV_DESKTOP_H

#include <mswsock.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include <ntstatus.h>
#include <windows.h>

/* --- files and the console --- */

#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK 0x0001
#define FILE_TYPE_CHAR 0x0002
#define FILE_TYPE_PIPE 0x0003

typedef struct _COORD {
    SHORT X;
    SHORT Y;
} COORD, *PCOORD;

/* The largest of the events that a record may hold is that of a key. */
typedef struct _INPUT_RECORD {
    WORD EventType;
    union {
        struct {
            BOOL bKeyDown;
            WORD wRepeatCount, wVirtualKeyCode, wVirtualScanCode;
            WCHAR UnicodeChar;
            DWORD dwControlKeyState;
        } KeyEvent;
    } Event;
} INPUT_RECORD, *PINPUT_RECORD;

typedef struct _WIN32_FIND_DATAW {
    DWORD dwFileAttributes;
    FILETIME ftCreationTime, ftLastAccessTime, ftLastWriteTime;
    DWORD nFileSizeHigh, nFileSizeLow;
    DWORD dwReserved0, dwReserved1;
    WCHAR cFileName[MAX_PATH];
    WCHAR cAlternateFileName[14];
} WIN32_FIND_DATAW, *PWIN32_FIND_DATAW, *LPWIN32_FIND_DATAW;

/* --- the process and the machine --- */

#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOOPENFILEERRORBOX 0x8000

#define IDLE_PRIORITY_CLASS 0x00000040
#define BELOW_NORMAL_PRIORITY_CLASS 0x00004000
#define NORMAL_PRIORITY_CLASS 0x00000020
#define ABOVE_NORMAL_PRIORITY_CLASS 0x00008000
#define HIGH_PRIORITY_CLASS 0x00000080
#define REALTIME_PRIORITY_CLASS 0x00000100
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define TOKEN_READ 0x00020008

#define PROCESSOR_ARCHITECTURE_MIPS 1
#define PROCESSOR_ARCHITECTURE_ALPHA 2
#define PROCESSOR_ARCHITECTURE_PPC 3
#define PROCESSOR_ARCHITECTURE_SHX 4
#define PROCESSOR_ARCHITECTURE_ALPHA64 7

typedef struct _MEMORYSTATUSEX {
    DWORD dwLength;
    DWORD dwMemoryLoad;
    DWORDLONG ullTotalPhys, ullAvailPhys;
    DWORDLONG ullTotalPageFile, ullAvailPageFile;
    DWORDLONG ullTotalVirtual, ullAvailVirtual, ullAvailExtendedVirtual;
} MEMORYSTATUSEX, *LPMEMORYSTATUSEX;

typedef struct _IO_COUNTERS {
    ULONGLONG ReadOperationCount, WriteOperationCount, OtherOperationCount;
    ULONGLONG ReadTransferCount, WriteTransferCount, OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

UINT SetErrorMode(UINT mode);
void DebugBreak(void);

/* --- the window system and the registry --- */

#define SM_CLEANBOOT 67

DECLARE_HANDLE(HWINEVENTHOOK);
DECLARE_HANDLE(HKEY);
#define HKEY_LOCAL_MACHINE ((HKEY)(ULONG_PTR)(LONG)0x80000002)
#define KEY_QUERY_VALUE 0x0001
#define RRF_RT_REG_SZ 0x00000002

int GetSystemMetrics(int index);

/* --- the system's version --- */

#ifndef VER_MAJORVERSION
typedef struct _OSVERSIONINFOW {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;

typedef struct _OSVERSIONINFOEXA {
    DWORD dwOSVersionInfoSize;
    DWORD dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    CHAR szCSDVersion[128];
    WORD wServicePackMajor, wServicePackMinor, wSuiteMask;
    BYTE wProductType, wReserved;
} OSVERSIONINFOEXA, *POSVERSIONINFOEXA, *LPOSVERSIONINFOEXA, OSVERSIONINFOEX;

#define VER_MINORVERSION 0x0000001
#define VER_MAJORVERSION 0x0000002
#define VER_SERVICEPACKMINOR 0x0000010
#define VER_SERVICEPACKMAJOR 0x0000020
#define VER_GREATER_EQUAL 3

ULONGLONG VerSetConditionMask(ULONGLONG mask, DWORD type, BYTE condition);
#define VER_SET_CONDITION(mask, type, condition) \
    ((mask) = VerSetConditionMask((mask), (type), (condition)))
BOOL VerifyVersionInfoA(LPOSVERSIONINFOEXA version, DWORD types, DWORDLONG mask);
#define VerifyVersionInfo VerifyVersionInfoA
#endif

#endif
