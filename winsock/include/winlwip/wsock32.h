/*
 * winlwip/wsock32.h - setsockopt() and getsockopt() as wsock32.dll has them
 *
 * winsock.h calls them under their usual names.
 */
#ifndef WINLWIP_WSOCK32_H
#define WINLWIP_WSOCK32_H

#include <winlwip/sockets.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * As setsockopt() and getsockopt(), save that the options 2 to 9 of level IPPROTO_IP have the
 * numbers of Windows Sockets 1.1. Whatever else there is has the same number in both.
 */
int WSAAPI winlwip_setsockopt11(SOCKET s, int level, int optname, const char *optval, int optlen)
    WINLWIP_LINK("setsockopt11");
int WSAAPI winlwip_getsockopt11(SOCKET s, int level, int optname, char *optval, int *optlen)
    WINLWIP_LINK("getsockopt11");

#ifdef __cplusplus
}
#endif

#endif
