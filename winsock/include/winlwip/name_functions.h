/*
 * winlwip/name_functions.h - the functions of winsock2.h for names, services and protocols
 *
 * What the functions of Winsock 1.1 return belongs to the calling thread until its next call of one
 * of them; NULL on failure, with the reason in WSAGetLastError().
 */
#ifndef WINLWIP_NAME_FUNCTIONS_H
#define WINLWIP_NAME_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

int WSAAPI gethostname(char *name, int namelen) WINLWIP_LINK("gethostname");
int WSAAPI GetHostNameW(PWSTR name, int namelen) WINLWIP_LINK("GetHostNameW");
struct hostent *WSAAPI gethostbyname(const char *name) WINLWIP_LINK("gethostbyname");
struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
    WINLWIP_LINK("gethostbyaddr");
struct servent *WSAAPI getservbyname(const char *name, const char *proto)
    WINLWIP_LINK("getservbyname");
struct servent *WSAAPI getservbyport(int port, const char *proto) WINLWIP_LINK("getservbyport");
struct protoent *WSAAPI getprotobyname(const char *name) WINLWIP_LINK("getprotobyname");
struct protoent *WSAAPI getprotobynumber(int number) WINLWIP_LINK("getprotobynumber");

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
