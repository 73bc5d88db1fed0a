/*
 * winlwip/winsock_functions.h - the functions of winsock2.h that winsock.h has not
 *
 * Only those that the library has. Unless said otherwise they return 0, a count of bytes or a
 * socket, and on failure SOCKET_ERROR or INVALID_SOCKET, with the reason in WSAGetLastError().
 */
#ifndef WINLWIP_WINSOCK_FUNCTIONS_H
#define WINLWIP_WINSOCK_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

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

/* connect() with data for the peer and qualities of service, which mean nothing to datagrams. */
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
                      LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS) WINLWIP_LINK("WSAConnect");
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
                        LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData)
    WINLWIP_LINK("WSAAccept");

int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
                    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned,
                    LPWSAOVERLAPPED lpOverlapped,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSAIoctl");

int WSAAPI WSARecv(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount, LPDWORD lpNumberOfBytesRecvd,
                   LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) WINLWIP_LINK("WSARecv");
int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF lpBuffers, DWORD dwBufferCount,
                       LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, struct sockaddr *lpFrom,
                       LPINT lpFromlen, LPWSAOVERLAPPED lpOverlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
    WINLWIP_LINK("WSARecvFrom");

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

#ifdef __cplusplus
}
#endif

#endif
