/*
 * winnt.h - basic types, handles and a few helpers
 *
 * WCHAR has 16 bits, as on Windows, not the 32 bits of this system's wchar_t: write u"text".
 */
#ifndef _WINNT_
#define _WINNT_

#include <basetsd.h>

#ifdef _MSC_EXTENSIONS
#define WINLWIP_HAVE_CALL_KEYWORDS 1
#endif

/* x64 has one calling convention; the old keywords say nothing. */
#ifndef WINLWIP_HAVE_CALL_KEYWORDS
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __forceinline
#define __forceinline __inline__ __attribute__((__always_inline__))
#endif
#endif
/* What sources say with __declspec, in gcc's words. Import and export need no mark here. */
#if !defined(WINLWIP_HAVE_CALL_KEYWORDS) && !defined(__declspec)
#define __declspec(what) WINLWIP_DECLSPEC_##what
#define WINLWIP_DECLSPEC_align(bytes) __attribute__((__aligned__(bytes)))
#define WINLWIP_DECLSPEC_deprecated __attribute__((__deprecated__))
#define WINLWIP_DECLSPEC_dllexport
#define WINLWIP_DECLSPEC_dllimport
#define WINLWIP_DECLSPEC_noinline __attribute__((__noinline__))
#define WINLWIP_DECLSPEC_noreturn __attribute__((__noreturn__))
#define WINLWIP_DECLSPEC_nothrow __attribute__((__nothrow__))
#define WINLWIP_DECLSPEC_selectany __attribute__((__weak__))
#define WINLWIP_DECLSPEC_thread __thread
#endif
#define DECLSPEC_ALIGN(bytes) __attribute__((__aligned__(bytes)))
#define DECLSPEC_IMPORT
#define DECLSPEC_NOINLINE __attribute__((__noinline__))
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_NOTHROW __attribute__((__nothrow__))
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_THREAD __thread

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
typedef unsigned __int64 ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef __int64 LONGLONG, *PLONGLONG;
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
#define TEXT(quote) u##quote
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define TEXT(quote) quote
#endif

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

#define DECLARE_HANDLE(name) \
    struct name##__ { \
        int unused; \
    }; \
    typedef struct name##__ *name

#define MAXLONG 0x7fffffff
#define MAXDWORD 0xffffffffu
#define MINLONG (-MAXLONG - 1)
#define MAX_NATURAL_ALIGNMENT sizeof(ULONGLONG)

#ifdef __cplusplus
#define TYPE_ALIGNMENT(t) alignof(t)
#else
#define TYPE_ALIGNMENT(t) _Alignof(t)
#endif
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((char *)(address) - offsetof(type, field)))
#define ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#define _countof(a) ARRAYSIZE(a)
#define UNREFERENCED_PARAMETER(p) ((void)(p))

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
