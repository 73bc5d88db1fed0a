/*
 * winnt.h - basic types, handles and a few helpers
 *
 * WCHAR has 16 bits, as on Windows. A program with L"text" is compiled with -fshort-wchar, which
 * gives wchar_t as many, and WCHAR is wchar_t then; else wchar_t has 32 bits, and one writes u"text".
 */
#ifndef _WINNT_
#define _WINNT_

#include <string.h>
#include <basetsd.h>
#include <sal.h>
#include <winlwip/compiler.h>

#define NTAPI
#define FORCEINLINE static __inline__ __attribute__((__always_inline__, __unused__))

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif

typedef char CHAR, *PCHAR, *LPCH, *PCH, CCHAR;
typedef short SHORT, *PSHORT;
typedef int32_t LONG, *PLONG;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned short USHORT, *PUSHORT;
typedef uint32_t ULONG, *PULONG;
typedef unsigned __int64 ULONGLONG WINLWIP_ALIGN8, DWORDLONG WINLWIP_ALIGN8;
typedef ULONGLONG *PULONGLONG, *PDWORDLONG;
typedef __int64 LONGLONG WINLWIP_ALIGN8, *PLONGLONG;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef void *PVOID, *PVOID64;
typedef PVOID HANDLE, *PHANDLE;
typedef LONG HRESULT;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define WINLWIP_WIDE(quote) L##quote
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#define WINLWIP_WIDE(quote) u##quote
#else
typedef uint16_t WCHAR;
#define WINLWIP_WIDE(quote) u##quote
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR;
typedef const WCHAR *PCWCH, *LPCWCH, *PCWSTR, *LPCWSTR;
typedef CHAR *PSTR, *LPSTR, *NPSTR;
typedef const CHAR *PCSTR, *LPCSTR, *PCCH, *LPCCH;

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) WINLWIP_WIDE(quote)
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    __extension__ struct {
        ULONG LowPart;
        LONG HighPart;
    };
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    __extension__ struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* Links of lists; a list itself is the program's. */
typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

#define DECLARE_HANDLE(name) \
    struct name##__ { \
        int unused; \
    }; \
    typedef struct name##__ *name

#define MAXLONG 0x7fffffff
#define MAXDWORD 0xffffffffu
#define MINLONG (-MAXLONG - 1)
#if __SIZEOF_POINTER__ == 8
#define MAX_NATURAL_ALIGNMENT sizeof(ULONGLONG)
#else
#define MAX_NATURAL_ALIGNMENT sizeof(ULONG)
#endif

#ifdef __cplusplus
#define TYPE_ALIGNMENT(t) alignof(t)
#else
#define TYPE_ALIGNMENT(t) _Alignof(t)
#endif
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((char *)(address) - offsetof(type, field)))
#define ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#define RTL_NUMBER_OF(a) ARRAYSIZE(a)
#define _countof(a) ARRAYSIZE(a)
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p) ((void)(p))
#define UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))

#define RtlMoveMemory(to, from, bytes) memmove((to), (from), (bytes))
#define RtlCopyMemory(to, from, bytes) memcpy((to), (from), (bytes))
#define RtlFillMemory(to, bytes, value) memset((to), (value), (bytes))
#define RtlZeroMemory(to, bytes) memset((to), 0, (bytes))
#define RtlEqualMemory(a, b, bytes) (memcmp((a), (b), (bytes)) == 0)

/* As ZeroMemory(), and not left out although nobody reads it. Returns to. */
FORCEINLINE PVOID SecureZeroMemory(PVOID to, SIZE_T bytes)
{
    memset(to, 0, bytes);
    __asm__ volatile("" : : "r"(to) : "memory");
    return to;
}
#define RtlSecureZeroMemory SecureZeroMemory

/* The two upper bits of an NTSTATUS. */
#define ERROR_SEVERITY_SUCCESS 0x00000000
#define ERROR_SEVERITY_INFORMATIONAL 0x40000000
#define ERROR_SEVERITY_WARNING 0x80000000
#define ERROR_SEVERITY_ERROR 0xC0000000

#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_ENGLISH_US 0x01
#define MAKELANGID(primary, sub) ((WORD)((((WORD)(sub)) << 10) | (WORD)(primary)))

/* ntstatus.h has these with type NTSTATUS; WIN32_NO_STATUS leaves them to it. */
#ifndef WIN32_NO_STATUS
#define STATUS_WAIT_0 ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0 ((DWORD)0x00000080)
#define STATUS_USER_APC ((DWORD)0x000000C0)
#define STATUS_TIMEOUT ((DWORD)0x00000102)
#define STATUS_PENDING ((DWORD)0x00000103)
#endif

#include <winlwip/interlocked.h>

#endif
