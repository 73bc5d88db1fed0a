/*
 * netioapi.h - names of interfaces and their indexes
 */
#ifndef _NETIOAPI_H_
#define _NETIOAPI_H_

#include <ifdef.h>
#include <winlwip/linkname.h>

#define NETIOAPI_API_ WINAPI

#define NDIS_IF_MAX_STRING_SIZE IF_MAX_STRING_SIZE
#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE

#ifdef __cplusplus
extern "C" {
#endif

/* The index of an interface by its name in the configuration; 0 when there is none. */
NET_IFINDEX NETIOAPI_API_ if_nametoindex(PCSTR InterfaceName) WINLWIP_LINK("if_nametoindex");

/* The way back, into InterfaceName[IF_NAMESIZE]; NULL when there is none. */
PCHAR NETIOAPI_API_ if_indextoname(NET_IFINDEX InterfaceIndex, PCHAR InterfaceName)
    WINLWIP_LINK("if_indextoname");

#ifdef __cplusplus
}
#endif

#endif
