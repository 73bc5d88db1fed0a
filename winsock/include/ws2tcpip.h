/*
 * ws2tcpip.h - Winsock over IPv4 and IPv6: address text, name service codes
 */
#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_

#include <stdlib.h>
#include <string.h>
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

/* Programs for systems before Windows Vista bring these four themselves. */
#if _WIN32_WINNT >= _WIN32_WINNT_VISTA
/* Address text to network byte order: 1 done, 0 not an address, -1 and WSAGetLastError(). */
INT WSAAPI inet_pton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");
INT WSAAPI InetPtonA(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");

/* The way back: pStringBuf, or NULL and WSAGetLastError(). */
PCSTR WSAAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");
PCSTR WSAAPI InetNtopA(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");

INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("InetPtonW");
PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("InetNtopW");
#endif

/*
 * Names to a list of addresses, which freeaddrinfo() gives back, and addresses to names. They
 * return 0 or an error code, which is the last error as well.
 */
INT WSAAPI getaddrinfo(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
                       PADDRINFOA *ppResult) WINLWIP_LINK("getaddrinfo");
INT WSAAPI GetAddrInfoA(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
                        PADDRINFOA *ppResult) WINLWIP_LINK("getaddrinfo");
INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                        PADDRINFOW *ppResult) WINLWIP_LINK("GetAddrInfoW");
VOID WSAAPI freeaddrinfo(PADDRINFOA pAddrInfo) WINLWIP_LINK("freeaddrinfo");
VOID WSAAPI FreeAddrInfoA(PADDRINFOA pAddrInfo) WINLWIP_LINK("freeaddrinfo");
VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo) WINLWIP_LINK("FreeAddrInfoW");
INT WSAAPI getnameinfo(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PCHAR pNodeBuffer,
                       DWORD NodeBufferSize, PCHAR pServiceBuffer, DWORD ServiceBufferSize,
                       INT Flags) WINLWIP_LINK("getnameinfo");
INT WSAAPI GetNameInfoA(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PCHAR pNodeBuffer,
                        DWORD NodeBufferSize, PCHAR pServiceBuffer, DWORD ServiceBufferSize,
                        INT Flags) WINLWIP_LINK("getnameinfo");
INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                        DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                        INT Flags) WINLWIP_LINK("GetNameInfoW");

/* An error code of these functions in words. Static string. */
char *gai_strerrorA(int ecode) WINLWIP_LINK("gai_strerrorA");
WCHAR *gai_strerrorW(int ecode) WINLWIP_LINK("gai_strerrorW");

#ifdef UNICODE
#if _WIN32_WINNT >= _WIN32_WINNT_VISTA
INT WSAAPI InetPton(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("InetPtonW");
PCWSTR WSAAPI InetNtop(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("InetNtopW");
#endif
INT WSAAPI GetAddrInfo(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
                       PADDRINFOW *ppResult) WINLWIP_LINK("GetAddrInfoW");
VOID WSAAPI FreeAddrInfo(PADDRINFOW pAddrInfo) WINLWIP_LINK("FreeAddrInfoW");
INT WSAAPI GetNameInfo(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PWCHAR pNodeBuffer,
                       DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize,
                       INT Flags) WINLWIP_LINK("GetNameInfoW");
WCHAR *gai_strerror(int ecode) WINLWIP_LINK("gai_strerrorW");
#else
INT WSAAPI GetAddrInfo(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
                       PADDRINFOA *ppResult) WINLWIP_LINK("getaddrinfo");
VOID WSAAPI FreeAddrInfo(PADDRINFOA pAddrInfo) WINLWIP_LINK("freeaddrinfo");
INT WSAAPI GetNameInfo(const SOCKADDR *pSockaddr, socklen_t SockaddrLength, PCHAR pNodeBuffer,
                       DWORD NodeBufferSize, PCHAR pServiceBuffer, DWORD ServiceBufferSize,
                       INT Flags) WINLWIP_LINK("getnameinfo");
char *gai_strerror(int ecode) WINLWIP_LINK("gai_strerrorA");
#if _WIN32_WINNT >= _WIN32_WINNT_VISTA
INT WSAAPI InetPton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) WINLWIP_LINK("inet_pton");
PCSTR WSAAPI InetNtop(INT Family, const VOID *pAddr, PSTR pStringBuf, size_t StringBufSize)
    WINLWIP_LINK("inet_ntop");
#endif
#endif

/*
 * Source filters of a group on an interface as a whole: SIO_SET_MULTICAST_FILTER and its kin with
 * the buffer made here. 0, or SOCKET_ERROR and WSAGetLastError(). A get tells in *SourceCount how
 * many sources there are, and writes no more of them than it said before.
 */
static inline int setipv4sourcefilter(SOCKET Socket, IN_ADDR Interface, IN_ADDR Group,
                                      MULTICAST_MODE_TYPE FilterMode, ULONG SourceCount,
                                      const IN_ADDR *SourceList)
{
    DWORD bytes = (DWORD)IP_MSFILTER_SIZE(SourceCount), returned = 0;
    IP_MSFILTER *filter = (IP_MSFILTER *)calloc(1, bytes + sizeof(IP_MSFILTER));
    int result;

    if (filter == NULL) {
        WSASetLastError(WSAENOBUFS);
        return SOCKET_ERROR;
    }
    filter->imsf_multiaddr = Group;
    filter->imsf_interface = Interface;
    filter->imsf_fmode = FilterMode;
    filter->imsf_numsrc = SourceCount;
    if (SourceCount != 0) {
        memcpy(filter->imsf_slist, SourceList, SourceCount * sizeof(*SourceList));
    }
    result = WSAIoctl(Socket, SIO_SET_MULTICAST_FILTER, filter, bytes, NULL, 0, &returned, NULL,
                      NULL);
    free(filter);
    return result;
}

static inline int getipv4sourcefilter(SOCKET Socket, IN_ADDR Interface, IN_ADDR Group,
                                      MULTICAST_MODE_TYPE *FilterMode, ULONG *SourceCount,
                                      IN_ADDR *SourceList)
{
    DWORD bytes = (DWORD)IP_MSFILTER_SIZE(*SourceCount), returned = 0;
    IP_MSFILTER *filter = (IP_MSFILTER *)calloc(1, bytes + sizeof(IP_MSFILTER));
    int result;

    if (filter == NULL) {
        WSASetLastError(WSAENOBUFS);
        return SOCKET_ERROR;
    }
    filter->imsf_multiaddr = Group;
    filter->imsf_interface = Interface;
    filter->imsf_numsrc = *SourceCount;
    result = WSAIoctl(Socket, SIO_GET_MULTICAST_FILTER, filter, bytes, filter, bytes, &returned,
                      NULL, NULL);
    if (result == 0) {
        ULONG written = (ULONG)((returned - IP_MSFILTER_SIZE(0)) / sizeof(*SourceList));
        if (written != 0) {
            memcpy(SourceList, filter->imsf_slist, written * sizeof(*SourceList));
        }
        *SourceCount = filter->imsf_numsrc;
        *FilterMode = filter->imsf_fmode;
    }
    free(filter);
    return result;
}

static inline int setsourcefilter(SOCKET Socket, ULONG Interface, const SOCKADDR *Group,
                                  int GroupLength, MULTICAST_MODE_TYPE FilterMode,
                                  ULONG SourceCount, const SOCKADDR_STORAGE *SourceList)
{
    DWORD bytes = (DWORD)GROUP_FILTER_SIZE(SourceCount), returned = 0;
    GROUP_FILTER *filter = (GROUP_FILTER *)calloc(1, bytes + sizeof(GROUP_FILTER));
    int result;

    if (filter == NULL || GroupLength < 0 || (size_t)GroupLength > sizeof(filter->gf_group)) {
        WSASetLastError(filter == NULL ? WSAENOBUFS : WSAEINVAL);
        free(filter);
        return SOCKET_ERROR;
    }
    filter->gf_interface = Interface;
    memcpy(&filter->gf_group, Group, (size_t)GroupLength);
    filter->gf_fmode = FilterMode;
    filter->gf_numsrc = SourceCount;
    if (SourceCount != 0) {
        memcpy(filter->gf_slist, SourceList, SourceCount * sizeof(*SourceList));
    }
    result = WSAIoctl(Socket, SIOCSMSFILTER, filter, bytes, NULL, 0, &returned, NULL, NULL);
    free(filter);
    return result;
}

static inline int getsourcefilter(SOCKET Socket, ULONG Interface, const SOCKADDR *Group,
                                  int GroupLength, MULTICAST_MODE_TYPE *FilterMode,
                                  ULONG *SourceCount, SOCKADDR_STORAGE *SourceList)
{
    DWORD bytes = (DWORD)GROUP_FILTER_SIZE(*SourceCount), returned = 0;
    GROUP_FILTER *filter = (GROUP_FILTER *)calloc(1, bytes + sizeof(GROUP_FILTER));
    int result;

    if (filter == NULL || GroupLength < 0 || (size_t)GroupLength > sizeof(filter->gf_group)) {
        WSASetLastError(filter == NULL ? WSAENOBUFS : WSAEINVAL);
        free(filter);
        return SOCKET_ERROR;
    }
    filter->gf_interface = Interface;
    memcpy(&filter->gf_group, Group, (size_t)GroupLength);
    filter->gf_numsrc = *SourceCount;
    result = WSAIoctl(Socket, SIOCGMSFILTER, filter, bytes, filter, bytes, &returned, NULL, NULL);
    if (result == 0) {
        ULONG written = (ULONG)((returned - GROUP_FILTER_SIZE(0)) / sizeof(*SourceList));
        if (written != 0) {
            memcpy(SourceList, filter->gf_slist, written * sizeof(*SourceList));
        }
        *SourceCount = filter->gf_numsrc;
        *FilterMode = filter->gf_fmode;
    }
    free(filter);
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
