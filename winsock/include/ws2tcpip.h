/*
 * ws2tcpip.h - Winsock over IPv4 and IPv6: address text, name service codes
 */
#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_

#include <winsock2.h>
#include <ws2ipdef.h>

/* Signed here, unsigned in glibc: unistd.h beside this file keeps glibc's out. */
typedef int socklen_t;
#define __socklen_t_defined

#define EAI_AGAIN WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL WSANO_RECOVERY
#define EAI_FAMILY WSAEAFNOSUPPORT
#define EAI_MEMORY WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME WSAHOST_NOT_FOUND
#define EAI_NODATA EAI_NONAME
#define EAI_SERVICE WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

#ifdef __cplusplus
extern "C" {
#endif

extern const IN6_ADDR in6addr_any WINLWIP_LINK("in6addr_any");
extern const IN6_ADDR in6addr_loopback WINLWIP_LINK("in6addr_loopback");

/* Address text to network byte order: 1 done, 0 not an address, -1 and WSAGetLastError(). */
INT WSAAPI inet_pton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");
INT WSAAPI InetPtonA(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");

/* The way back: pStringBuf, or NULL and WSAGetLastError(). */
PCSTR WSAAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");
PCSTR WSAAPI InetNtopA(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");

#ifndef UNICODE
INT WSAAPI InetPton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");
PCSTR WSAAPI InetNtop(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");
#endif

#ifdef __cplusplus
}
#endif

#endif
