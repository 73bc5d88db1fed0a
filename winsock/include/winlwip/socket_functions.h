/*
 * winlwip/socket_functions.h - the functions that winsock.h and winsock2.h both have
 *
 * Only those that the library has. Unless said otherwise they return 0, a count of bytes or a
 * socket, and on failure SOCKET_ERROR or INVALID_SOCKET, with the reason in WSAGetLastError().
 */
#ifndef WINLWIP_SOCKET_FUNCTIONS_H
#define WINLWIP_SOCKET_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/* WSAStartup returns its error; nothing else works before it. */
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) WINLWIP_LINK("WSAStartup");
int WSAAPI WSACleanup(void) WINLWIP_LINK("WSACleanup");
int WSAAPI WSAGetLastError(void) WINLWIP_LINK("WSAGetLastError");
void WSAAPI WSASetLastError(int iError) WINLWIP_LINK("WSASetLastError");

SOCKET WSAAPI socket(int af, int type, int protocol) WINLWIP_LINK("socket");
int WSAAPI closesocket(SOCKET s) WINLWIP_LINK("closesocket");
int WSAAPI shutdown(SOCKET s, int how) WINLWIP_LINK("shutdown");

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("bind");
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) WINLWIP_LINK("connect");
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getsockname");
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen) WINLWIP_LINK("getpeername");

/* For streams, which there are not: they fail with WSAEOPNOTSUPP on every socket. */
int WSAAPI listen(SOCKET s, int backlog) WINLWIP_LINK("listen");
SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen) WINLWIP_LINK("accept");

int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval, int optlen)
    WINLWIP_LINK("setsockopt");
int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval, int *optlen)
    WINLWIP_LINK("getsockopt");
int WSAAPI ioctlsocket(SOCKET s, LONG cmd, u_long *argp) WINLWIP_LINK("ioctlsocket");

int WSAAPI recv(SOCKET s, char *buf, int len, int flags) WINLWIP_LINK("recv");
int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from, int *fromlen)
    WINLWIP_LINK("recvfrom");
int WSAAPI send(SOCKET s, const char *buf, int len, int flags) WINLWIP_LINK("send");
int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
                  int tolen) WINLWIP_LINK("sendto");

/* nfds is ignored; timeout NULL: no limit. The number of memberships that are ready. */
int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                  const struct timeval *timeout) WINLWIP_LINK("select");
/* What FD_ISSET does. */
int WSAAPI __WSAFDIsSet(SOCKET fd, fd_set *set) WINLWIP_LINK("__WSAFDIsSet");

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

/*
 * What the functions for names return belongs to the calling thread until its next call of one of
 * them; NULL on failure, with the reason in WSAGetLastError().
 */
int WSAAPI gethostname(char *name, int namelen) WINLWIP_LINK("gethostname");
struct hostent *WSAAPI gethostbyname(const char *name) WINLWIP_LINK("gethostbyname");
struct hostent *WSAAPI gethostbyaddr(const char *addr, int len, int type)
    WINLWIP_LINK("gethostbyaddr");
struct servent *WSAAPI getservbyname(const char *name, const char *proto)
    WINLWIP_LINK("getservbyname");
struct servent *WSAAPI getservbyport(int port, const char *proto) WINLWIP_LINK("getservbyport");
struct protoent *WSAAPI getprotobyname(const char *name) WINLWIP_LINK("getprotobyname");
struct protoent *WSAAPI getprotobynumber(int number) WINLWIP_LINK("getprotobynumber");

#ifdef __cplusplus
}
#endif

#endif
