/*
 * iphlpapi.h - the interfaces of this host
 *
 * Functions return NO_ERROR or a Win32 error code; they do not set the last error.
 */
#ifndef __IPHLPAPI_H__
#define __IPHLPAPI_H__

#include <iptypes.h>
#include <netioapi.h>
#include <winlwip/linkname.h>

typedef ULONG IPAddr;

#ifdef __cplusplus
extern "C" {
#endif

/*
 * All interfaces with their addresses, as a list in a buffer of *SizePointer bytes; when it is too
 * short, ERROR_BUFFER_OVERFLOW and the length that is needed. Family: AF_UNSPEC, AF_INET, AF_INET6.
 */
ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved,
                                  PIP_ADAPTER_ADDRESSES AdapterAddresses, PULONG SizePointer)
    WINLWIP_LINK("GetAdaptersAddresses");

/*
 * The same of IPv4 alone, as older programs ask, without the loopback interface; and the name of this
 * host with its IPv4 DNS servers. They ask for room in the same way.
 */
DWORD WINAPI GetAdaptersInfo(PIP_ADAPTER_INFO AdapterInfo, PULONG SizePointer)
    WINLWIP_LINK("GetAdaptersInfo");
DWORD WINAPI GetNetworkParams(PFIXED_INFO pFixedInfo, PULONG pOutBufLen)
    WINLWIP_LINK("GetNetworkParams");

/* The index of the interface by which an address is reached. */
DWORD WINAPI GetBestInterface(IPAddr dwDestAddr, PDWORD pdwBestIfIndex)
    WINLWIP_LINK("GetBestInterface");
DWORD WINAPI GetBestInterfaceEx(struct sockaddr *pDestAddr, PDWORD pdwBestIfIndex)
    WINLWIP_LINK("GetBestInterfaceEx");

#ifdef __cplusplus
}
#endif

#endif
