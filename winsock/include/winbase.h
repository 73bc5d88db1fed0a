/*
 * winbase.h - what windows.h has of kernel32, by the headers that Microsoft divides it into
 */
#ifndef _WINBASE_
#define _WINBASE_

#include <consoleapi.h>
#include <debugapi.h>
#include <errhandlingapi.h>
#include <handleapi.h>
#include <heapapi.h>
#include <ioapiset.h>
#include <libloaderapi.h>
#include <minwinbase.h>
#include <processthreadsapi.h>
#include <profileapi.h>
#include <stdarg.h>
#include <stringapiset.h>
#include <synchapi.h>
#include <sysinfoapi.h>
#include <timezoneapi.h>

/* Has an operation ended? Reads what another thread may be writing, and whatever it wrote before. */
#define HasOverlappedIoCompleted(lpOverlapped) \
    ((DWORD)__atomic_load_n(&(lpOverlapped)->Internal, __ATOMIC_ACQUIRE) != 0x103u)

/* Flags of FormatMessage. */
#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FF

/* Flags of LocalAlloc and GlobalAlloc: what they return is a pointer, always. */
#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define GMEM_FIXED 0x0000
#define GMEM_MOVEABLE 0x0002
#define GMEM_ZEROINIT 0x0040
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)

#ifdef __cplusplus
extern "C" {
#endif

/* Flags: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FILE_SKIP_SET_EVENT_ON_HANDLE; they add up. */
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
    WINLWIP_LINK("SetFileCompletionNotificationModes");

/*
 * The text of an error code of Windows or Winsock, in English, whatever the language asked for.
 * Returns its length in characters without the zero, or 0. With FORMAT_MESSAGE_ALLOCATE_BUFFER
 * lpBuffer is the address of a pointer, and LocalFree() gives back what it then points to.
 */
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
    WINLWIP_LINK("FormatMessageA");
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
    WINLWIP_LINK("FormatMessageW");
#ifdef UNICODE
DWORD WINAPI FormatMessage(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                           LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
    WINLWIP_LINK("FormatMessageW");
#else
DWORD WINAPI FormatMessage(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                           LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
    WINLWIP_LINK("FormatMessageA");
#endif

/* Memory of the process heap. NULL on failure; the latter return NULL on success. */
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes) WINLWIP_LINK("LocalAlloc");
HLOCAL WINAPI LocalFree(HLOCAL hMem) WINLWIP_LINK("LocalFree");
HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes) WINLWIP_LINK("GlobalAlloc");
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem) WINLWIP_LINK("GlobalFree");


/*
 * Strings of char, and of 16 bits, that end with a zero. lstrlen takes NULL for "". lstrcpyn takes
 * the room in characters, and ends the text in it; comparisons are of bytes, or of 16 bits, and
 * lstrcmpi takes the letters of ASCII as equal.
 */
int WINAPI lstrlenA(LPCSTR lpString) WINLWIP_LINK("lstrlenA");
int WINAPI lstrlenW(LPCWSTR lpString) WINLWIP_LINK("lstrlenW");
LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2) WINLWIP_LINK("lstrcpyA");
LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2) WINLWIP_LINK("lstrcpyW");
LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength)
    WINLWIP_LINK("lstrcpynA");
LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength)
    WINLWIP_LINK("lstrcpynW");
LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2) WINLWIP_LINK("lstrcatA");
LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2) WINLWIP_LINK("lstrcatW");
int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2) WINLWIP_LINK("lstrcmpA");
int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2) WINLWIP_LINK("lstrcmpW");
int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2) WINLWIP_LINK("lstrcmpiA");
int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2) WINLWIP_LINK("lstrcmpiW");
#ifdef UNICODE
#define lstrlen lstrlenW
#define lstrcpy lstrcpyW
#define lstrcpyn lstrcpynW
#define lstrcat lstrcatW
#define lstrcmp lstrcmpW
#define lstrcmpi lstrcmpiW
#else
#define lstrlen lstrlenA
#define lstrcpy lstrcpyA
#define lstrcpyn lstrcpynA
#define lstrcat lstrcatA
#define lstrcmp lstrcmpA
#define lstrcmpi lstrcmpiA
#endif

#ifdef __cplusplus
}
#endif

#endif
