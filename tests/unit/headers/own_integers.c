/*
 * A program that was written for compilers without <stdint.h>: the names in it are macros before the
 * first header of Windows, and types that the C library may lack are told from its marks.
 */
#include <stdlib.h>
#include <string.h>
#define int8_t __int8
#define int16_t __int16
#define int32_t __int32
#define uint8_t unsigned __int8
#define uint16_t unsigned __int16
#define uint32_t unsigned __int32
#define uint64_t unsigned __int64
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <mswsock.h>
#include <process.h>

#ifndef _SIZE_T_DEFINED
typedef unsigned __int32 size_t;
#endif
#ifndef _SSIZE_T_DEFINED
typedef __int32 ssize_t;
#endif
typedef unsigned __int32 u_int;
typedef unsigned __int16 u_short;

#if WINVER < 0x0600 || _WIN32_WINNT < 0x0600 || NTDDI_VERSION < 0x06000000
#error "a program that says nothing is for the newest Windows"
#endif

#ifdef __cplusplus
#define _Static_assert static_assert
#endif
_Static_assert(sizeof(size_t) == sizeof(SIZE_T) && sizeof(ssize_t) == sizeof(SSIZE_T), "size_t");
_Static_assert(sizeof(uint8_t) == 1 && sizeof(int16_t) == 2 && sizeof(uint32_t) == 4, "integers");
_Static_assert(sizeof(uint64_t) == 8 && (uint64_t)-1 > 0 && (int32_t)-1 < 0, "integers");

int use(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b, uint32_t kind)
{
    return IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) && kind == MIB_IF_TYPE_ETHERNET;
}
