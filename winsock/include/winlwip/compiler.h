/*
 * winlwip/compiler.h - the words of Microsoft's compiler that gcc and clang spell otherwise
 *
 * clang -fms-extensions knows most of them itself, and tells by _MSC_EXTENSIONS. On Windows they are
 * there before any header is: the flags of pkg-config and CMake have each source begin with this file.
 * It has macros alone, so a precompiled header may come after it.
 */
#ifndef WINLWIP_COMPILER_H
#define WINLWIP_COMPILER_H

#ifndef _MSC_EXTENSIONS
/* x64 has one calling convention; the old keywords say nothing. */
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __vectorcall
#define __vectorcall
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef __unaligned
#define __unaligned
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __ptr64
#define __ptr64
#endif
#ifndef __forceinline
#define __forceinline __inline__ __attribute__((__always_inline__))
#endif
#ifndef __noop
#define __noop(...) ((void)0)
#endif
#ifndef __assume
#define __assume(condition) ((condition) ? (void)0 : __builtin_unreachable())
#endif
#ifndef __debugbreak
#define __debugbreak() __builtin_trap()
#endif

/* Macros, so that unsigned may stand in front of them. */
#ifndef __int8
#define __int8 char
#endif
#ifndef __int16
#define __int16 short
#endif
#ifndef __int32
#define __int32 int
#endif
#ifndef __int64
#if __SIZEOF_LONG__ == 8
#define __int64 long
#else
#define __int64 long long
#endif
#endif

/* Those that say something without a DLL; any other is taken as it is, and may draw a warning. */
#ifndef __declspec
#define __declspec(what) WINLWIP_DECLSPEC_##what
#endif
#endif

#define WINLWIP_DECLSPEC_dllexport
#define WINLWIP_DECLSPEC_dllimport
#define WINLWIP_DECLSPEC_novtable
#define WINLWIP_DECLSPEC_nothrow __attribute__((__nothrow__))
#define WINLWIP_DECLSPEC_noinline __attribute__((__noinline__))
#define WINLWIP_DECLSPEC_noreturn __attribute__((__noreturn__))
#define WINLWIP_DECLSPEC_selectany __attribute__((__weak__))
#define WINLWIP_DECLSPEC_restrict __attribute__((__malloc__))
#define WINLWIP_DECLSPEC_noalias
#define WINLWIP_DECLSPEC_thread __thread
#define WINLWIP_DECLSPEC_deprecated __attribute__((__deprecated__))
#define WINLWIP_DECLSPEC_align(bytes) __attribute__((__aligned__(bytes)))
#define WINLWIP_DECLSPEC_uuid(text)
#define WINLWIP_DECLSPEC_allocate(section)

#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_NOINLINE __attribute__((__noinline__))
#define DECLSPEC_ALIGN(bytes) __attribute__((__aligned__(bytes)))
#define DECLSPEC_NOTHROW __attribute__((__nothrow__))
#define DECLSPEC_THREAD __thread
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_SELECTANY __attribute__((__weak__))

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define C_ASSERT(condition) static_assert(condition, #condition)
#else
#define EXTERN_C extern
#define C_ASSERT(condition) _Static_assert(condition, #condition)
#endif

#endif
