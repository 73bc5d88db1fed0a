/*
 * winlwip/winsock_functions.h - the functions of winsock2.h
 *
 * Only those that the library has. Unless said otherwise they return 0, a count of bytes or a
 * socket, and on failure SOCKET_ERROR or INVALID_SOCKET, with the reason in WSAGetLastError().
 */
#ifndef WINLWIP_WINSOCK_FUNCTIONS_H
#define WINLWIP_WINSOCK_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/* WSAStartup returns its error; nothing else works before it. */
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) WINLWIP_LINK("WSAStartup");
int WSAAPI WSACleanup(void) WINLWIP_LINK("WSACleanup");
int WSAAPI WSAGetLastError(void) WINLWIP_LINK("WSAGetLastError");
void WSAAPI WSASetLastError(int iError) WINLWIP_LINK("WSASetLastError");

SOCKET WSAAPI socket(int af, int type, int protocol) WINLWIP_LINK("socket");
SOCKET WSAAPI WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo,
                         GROUP g, DWORD dwFlags) WINLWIP_LINK("WSASocketA");
SOCKET WSAAPI WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                         GROUP g, DWORD dwFlags) WINLWIP_LINK("WSASocketW");
#ifdef UNICODE
SOCKET WSAAPI WSASocket(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo,
                        GROUP g, DWORD dwFlags) WINLWIP_LINK("WSASocketW");
#else
SOCKET WSAAPI WSASocket(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo,
                        GROUP g, DWORD dwFlags) WINLWIP_LINK("WSASocketA");
#endif
int WSAAPI closesocket(SOCKET s) WINLWIP_LINK("closesocket");
int WSAAPI shutdown(SOCKET s, int how) WINLWIP_LINK("shutdown");

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("bind");
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("connect");
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getsockname");
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getpeername");

int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
    WINLWIP_LINK("setsockopt");
int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
    WINLWIP_LINK("getsockopt");
int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp) WINLWIP_LINK("ioctlsocket");
int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                    LPWSAOVERLAPPED lpOverlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSAIoctl");

int WSAAPI recv(SOCKET s, char *buf, int len, int flags) WINLWIP_LINK("recv");
int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
    WINLWIP_LINK("recvfrom");
int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                   LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) WINLWIP_LINK("WSARecv");
int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                       LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, struct sockaddr *lpFrom,
                       LPINT lpFromlen, LPWSAOVERLAPPED lpOverlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSARecvFrom");

int WSAAPI send(SOCKET s, const char *buf, int len, int flags) WINLWIP_LINK("send");
int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
                  int tolen) WINLWIP_LINK("sendto");
int WSAAPI WSASend(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                   DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) WINLWIP_LINK("WSASend");
int WSAAPI WSASendTo(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesSent,
                     DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
                     LPWSAOVERLAPPED lpOverlapped,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSASendTo");
int WSAAPI WSASendMsg(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent,
                      LPWSAOVERLAPPED lpOverlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSASendMsg");

/* timeout in milliseconds, negative for no limit; the number of entries with an event. */
int WSAAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout) WINLWIP_LINK("WSAPoll");

/* Host byte order to network byte order and back. */
u_short WSAAPI htons(u_short hostshort) WINLWIP_LINK("htons");
u_long WSAAPI htonl(u_long hostlong) WINLWIP_LINK("htonl");
u_short WSAAPI ntohs(u_short netshort) WINLWIP_LINK("ntohs");
u_long WSAAPI ntohl(u_long netlong) WINLWIP_LINK("ntohl");

/* Dotted text to network byte order, or INADDR_NONE; and back, into a buffer of the thread. */
ULONG WSAAPI inet_addr(const char *cp) WINLWIP_LINK("inet_addr");
char *WSAAPI inet_ntoa(struct in_addr in) WINLWIP_LINK("inet_ntoa");

#ifdef __cplusplus
}
#endif

#endif
