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

/*
 * Describes a socket so that WSASocket() can make a second descriptor of it, in this process:
 * dwProcessId is GetCurrentProcessId(). The socket lives until the last descriptor is closed.
 */
int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOA lpProtocolInfo)
    WINLWIP_LINK("WSADuplicateSocketA");
int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo)
    WINLWIP_LINK("WSADuplicateSocketW");
#ifdef UNICODE
int WSAAPI WSADuplicateSocket(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo)
    WINLWIP_LINK("WSADuplicateSocketW");
#else
int WSAAPI WSADuplicateSocket(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOA lpProtocolInfo)
    WINLWIP_LINK("WSADuplicateSocketA");
#endif
int WSAAPI shutdown(SOCKET s, int how) WINLWIP_LINK("shutdown");

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("bind");
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("connect");
/* connect() with data for the peer and qualities of service, which mean nothing to datagrams. */
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                      LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS) WINLWIP_LINK("WSAConnect");
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getsockname");
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getpeername");

/* For streams, which there are not: they fail with WSAEOPNOTSUPP on every socket. */
int WSAAPI listen(SOCKET s, int backlog) WINLWIP_LINK("listen");
SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen) WINLWIP_LINK("accept");
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
                        LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData)
    WINLWIP_LINK("WSAAccept");

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

/* nfds is ignored; timeout NULL: no limit. The number of memberships that are ready. */
int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                  const struct timeval *timeout) WINLWIP_LINK("select");
/* What FD_ISSET does. */
int WSAAPI __WSAFDIsSet(SOCKET fd, fd_set *set) WINLWIP_LINK("__WSAFDIsSet");

/* Event objects: WSACreateEvent makes one that is reset by hand, and not set. TRUE on success. */
WSAEVENT WSAAPI WSACreateEvent(void) WINLWIP_LINK("WSACreateEvent");
BOOL WSAAPI WSACloseEvent(WSAEVENT hEvent) WINLWIP_LINK("WSACloseEvent");
BOOL WSAAPI WSASetEvent(WSAEVENT hEvent) WINLWIP_LINK("WSASetEvent");
BOOL WSAAPI WSAResetEvent(WSAEVENT hEvent) WINLWIP_LINK("WSAResetEvent");
DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
                                      DWORD dwTimeout, BOOL fAlertable)
    WINLWIP_LINK("WSAWaitForMultipleEvents");

/*
 * The result of an overlapped call, FALSE with WSA_IO_INCOMPLETE while it is pending; fWait TRUE
 * waits for it, not alertably.
 */
BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED lpOverlapped, LPDWORD lpcbTransfer,
                                   BOOL fWait, LPDWORD lpdwFlags)
    WINLWIP_LINK("WSAGetOverlappedResult");

/* Network events of a socket (FD_READ, FD_WRITE, FD_CONNECT) set an event object. */
int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT hEventObject, LONG lNetworkEvents)
    WINLWIP_LINK("WSAEventSelect");
int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject, LPWSANETWORKEVENTS lpNetworkEvents)
    WINLWIP_LINK("WSAEnumNetworkEvents");

/*
 * For programs that asked for Windows Sockets 1.x; others get WSAEOPNOTSUPP. The hook is a
 * function without parameters that returns a BOOL: called while a call of this thread waits, and
 * again at once as long as it returns TRUE. WSASetBlockingHook returns the former one, or NULL.
 */
BOOL WSAAPI WSAIsBlocking(void) WINLWIP_LINK("WSAIsBlocking");
FARPROC WSAAPI WSASetBlockingHook(FARPROC lpBlockFunc) WINLWIP_LINK("WSASetBlockingHook");
int WSAAPI WSAUnhookBlockingHook(void) WINLWIP_LINK("WSAUnhookBlockingHook");
int WSAAPI WSACancelBlockingCall(void) WINLWIP_LINK("WSACancelBlockingCall");

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
