/*
 * windef.h - the names of types and calling conventions that all Windows sources use
 */
#ifndef _WINDEF_
#define _WINDEF_

#include <sdkddkver.h>
#include <winnt.h>

#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#define PASCAL
#define CDECL
#define WINAPI
#define WINAPIV
#define CALLBACK
#define APIENTRY WINAPI

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef NULL
#define NULL 0
#endif
#define MAX_PATH 260

typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef float FLOAT, *PFLOAT;
typedef LONG *LPLONG;
typedef void *LPVOID;
typedef const void *LPCVOID, *PCVOID;
typedef HANDLE *LPHANDLE;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;

/*
 * Any function: to be cast to what it is. It returns void here and INT_PTR on Windows, because gcc
 * and clang warn of casts between all function types but void (*)(void).
 */
typedef void(WINAPI *FARPROC)(void);
typedef FARPROC NEARPROC, PROC;

DECLARE_HANDLE(HINSTANCE);
DECLARE_HANDLE(HWND);
typedef WORD ATOM;
typedef DWORD LCID;
typedef WORD LANGID;
typedef HINSTANCE HMODULE;
typedef HANDLE HGLOBAL, HLOCAL;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAKEWORD(low, high) \
    ((WORD)(((BYTE)((DWORD_PTR)(low)&0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high)&0xff))) << 8))
#define MAKELONG(low, high) \
    ((LONG)(((WORD)((DWORD_PTR)(low)&0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high)&0xffff))) << 16))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l)&0xffff))
#define HIWORD(l) ((WORD)(((DWORD_PTR)(l) >> 16) & 0xffff))
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w)&0xff))
#define HIBYTE(w) ((BYTE)(((DWORD_PTR)(w) >> 8) & 0xff))

/* Macros on Windows; in C++ functions, because macros would break std::min and std::max. */
#ifndef NOMINMAX
#ifdef __cplusplus
extern "C++" {
template <typename type> struct winlwip_value {
    typedef type of;
};
template <typename type> struct winlwip_value<const type &> {
    typedef type of;
};

#ifndef max
template <typename A, typename B>
constexpr typename winlwip_value<decltype(true ? *(const A *)0 : *(const B *)0)>::of
max(const A &a, const B &b)
{
    return a > b ? a : b;
}
#endif
#ifndef min
template <typename A, typename B>
constexpr typename winlwip_value<decltype(true ? *(const A *)0 : *(const B *)0)>::of
min(const A &a, const B &b)
{
    return a < b ? a : b;
}
#endif
}
#else
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif
#endif

#endif
