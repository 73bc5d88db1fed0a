/*
 * winsock.h - Windows Sockets 1.1, for programs that include windows.h alone
 *
 * The options of IP have other numbers here than in ws2tcpip.h: 3 is IP_MULTICAST_TTL in this
 * header and IP_TOS in that. As on Windows, where programs of this kind call wsock32.dll, the two
 * functions that take them are others: setsockopt and getsockopt become macros for functions that
 * turn these numbers into Winsock 2's. winsock2.h after this header takes them back; before it, it
 * leaves nothing to do.
 */
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_
#define WINLWIP_WINSOCK1

#include <winlwip/sockets.h>
#include <windows.h>

#define SOMAXCONN 5

#define IP_OPTIONS 1
#define IP_MULTICAST_IF 2
#define IP_MULTICAST_TTL 3
#define IP_MULTICAST_LOOP 4
#define IP_ADD_MEMBERSHIP 5
#define IP_DROP_MEMBERSHIP 6
#define IP_TTL 7
#define IP_TOS 8
#define IP_DONTFRAGMENT 9

#define IP_DEFAULT_MULTICAST_TTL 1
#define IP_DEFAULT_MULTICAST_LOOP 1
#define IP_MAX_MEMBERSHIPS 20

#include <winlwip/wsock32.h>

#define setsockopt winlwip_setsockopt11
#define getsockopt winlwip_getsockopt11

#endif
