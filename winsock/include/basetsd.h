/*
 * basetsd.h - integer types with a stated width
 *
 * 64-bit Windows is LLP64, 64-bit Linux is LP64: what is long (32 bits) there is int here. 64-bit
 * types are long rather than long long, so that they stay compatible with glibc's int64_t. On
 * 32-bit Windows they are aligned to 8 bytes in structures, on 32-bit Linux to 4: here as on Windows.
 */
#ifndef _BASETSD_H_
#define _BASETSD_H_

#include <stddef.h>
#include <winlwip/compiler.h>
#include <winlwip/integers.h>

/* The mark of Windows' C library that size_t exists. */
#ifndef _SIZE_T_DEFINED
#define _SIZE_T_DEFINED
#endif

#if __SIZEOF_POINTER__ == 8
#define WINLWIP_ALIGN8
#else
#define WINLWIP_ALIGN8 __attribute__((__aligned__(8)))
#endif

typedef int8_t INT8, *PINT8;
typedef int16_t INT16, *PINT16;
typedef int32_t INT32, *PINT32;
typedef int64_t INT64 WINLWIP_ALIGN8, *PINT64;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef uint32_t UINT32, *PUINT32;
typedef uint64_t UINT64 WINLWIP_ALIGN8, *PUINT64;
typedef int32_t LONG32, *PLONG32;
typedef uint32_t ULONG32, *PULONG32;
typedef uint32_t DWORD32, *PDWORD32;
typedef int64_t LONG64 WINLWIP_ALIGN8, *PLONG64;
typedef uint64_t ULONG64 WINLWIP_ALIGN8, *PULONG64;
typedef uint64_t DWORD64 WINLWIP_ALIGN8, *PDWORD64;

typedef intptr_t INT_PTR, *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

#endif
