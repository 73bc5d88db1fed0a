/*
 * winlwip/name_functions.h - the functions of winsock2.h for names and protocols that winsock.h
 * has not
 */
#ifndef WINLWIP_NAME_FUNCTIONS_H
#define WINLWIP_NAME_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

int WSAAPI GetHostNameW(PWSTR name, int namelen) WINLWIP_LINK("GetHostNameW");

/* The protocols that sockets can be made for: their number, or SOCKET_ERROR. */
int WSAAPI WSAEnumProtocolsA(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                             LPDWORD lpdwBufferLength) WINLWIP_LINK("WSAEnumProtocolsA");
int WSAAPI WSAEnumProtocolsW(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                             LPDWORD lpdwBufferLength) WINLWIP_LINK("WSAEnumProtocolsW");

/* Addresses with port and scope as text, "[fe80::1%2]:5000", and back. */
INT WSAAPI WSAStringToAddressA(LPSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength) WINLWIP_LINK("WSAStringToAddressA");
INT WSAAPI WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress,
                               LPINT lpAddressLength) WINLWIP_LINK("WSAStringToAddressW");
INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength)
    WINLWIP_LINK("WSAAddressToStringA");
INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                               LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                               LPDWORD lpdwAddressStringLength)
    WINLWIP_LINK("WSAAddressToStringW");

#ifdef UNICODE
int WSAAPI WSAEnumProtocols(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
                            LPDWORD lpdwBufferLength) WINLWIP_LINK("WSAEnumProtocolsW");
INT WSAAPI WSAStringToAddress(LPWSTR AddressString, INT AddressFamily,
                              LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress,
                              LPINT lpAddressLength) WINLWIP_LINK("WSAStringToAddressW");
INT WSAAPI WSAAddressToString(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                              LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString,
                              LPDWORD lpdwAddressStringLength) WINLWIP_LINK("WSAAddressToStringW");
#else
int WSAAPI WSAEnumProtocols(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
                            LPDWORD lpdwBufferLength) WINLWIP_LINK("WSAEnumProtocolsA");
INT WSAAPI WSAStringToAddress(LPSTR AddressString, INT AddressFamily,
                              LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSOCKADDR lpAddress,
                              LPINT lpAddressLength) WINLWIP_LINK("WSAStringToAddressA");
INT WSAAPI WSAAddressToString(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
                              LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString,
                              LPDWORD lpdwAddressStringLength) WINLWIP_LINK("WSAAddressToStringA");
#endif

/* Byte order by way of a socket, whose order is that of the network. */
int WSAAPI WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong) WINLWIP_LINK("WSAHtonl");
int WSAAPI WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort) WINLWIP_LINK("WSAHtons");
int WSAAPI WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong) WINLWIP_LINK("WSANtohl");
int WSAAPI WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort) WINLWIP_LINK("WSANtohs");

#ifdef __cplusplus
}
#endif

#endif
