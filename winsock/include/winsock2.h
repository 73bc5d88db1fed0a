/*
 * winsock2.h - Winsock 2 for datagram sockets
 *
 * Names, numbers and layouts of 64-bit Windows, beside the C library's headers in any order. A
 * file that includes this cannot use the C library's own socket headers, whose names are the same.
 * Every function has a link name of its own (winlwip/linkname.h): programs may use names such as
 * send or bind for members and locals, and the process's own socket functions stay what they are.
 */
#ifndef _WINSOCK2API_
#define _WINSOCK2API_
#define _WINSOCKAPI_

#include <sys/select.h>
#include <sys/types.h>

#if !defined(WINLWIP_SYS_TYPES_H) || !defined(WINLWIP_SYS_SELECT_H)
#error "winsock2.h: put this directory in front of the C library's headers (-I or -isystem)"
#endif
#if defined(_SYS_SOCKET_H) || defined(_NETINET_IN_H) || defined(_ARPA_INET_H) || \
    defined(_NETDB_H) || defined(_SYS_POLL_H) || defined(_SYS_IOCTL_H)
#error "winsock2.h: a file cannot use Winsock and the C library's socket headers at once"
#endif

#include <windows.h>
#include <winlwip/linkname.h>
#include <ws2def.h>

#define WSAAPI FAR PASCAL
#define WINSOCK_VERSION MAKEWORD(2, 2)

/* glibc has the first three unless a strict language standard hides them. */
#ifndef __u_char_defined
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#endif
typedef ULONG u_long;
typedef UINT64 u_int64;

/* Sockets. */
typedef UINT_PTR SOCKET;
typedef unsigned int GROUP;

#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)
#define FROM_PROTOCOL_INFO (-1)
#define SOMAXCONN 0x7fffffff

#define SD_RECEIVE 0x00
#define SD_SEND 0x01
#define SD_BOTH 0x02

#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_MULTIPOINT_C_ROOT 0x02
#define WSA_FLAG_MULTIPOINT_C_LEAF 0x04
#define WSA_FLAG_MULTIPOINT_D_ROOT 0x08
#define WSA_FLAG_MULTIPOINT_D_LEAF 0x10
#define WSA_FLAG_ACCESS_SYSTEM_SECURITY 0x40
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#define WSA_FLAG_REGISTERED_IO 0x100

/* Flags of the receive and send calls; what a receive reports is in ws2def.h. */
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_WAITALL 0x8
#define MSG_INTERRUPT 0x10
#define MSG_PUSH_IMMEDIATE 0x20
#define MSG_PARTIAL 0x8000
#define MSG_MAXIOVLEN 16

/* Further options of level SOL_SOCKET. */
#define SO_PROTOCOL_INFOA 0x2004
#define SO_PROTOCOL_INFOW 0x2005
#ifdef UNICODE
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOW
#else
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOA
#endif
#define PVD_CONFIG 0x3001

struct linger {
    u_short l_onoff;
    u_short l_linger;
};
typedef struct linger LINGER, *PLINGER, *LPLINGER;

/*
 * How long select() waits: two 32-bit longs. glibc's struct of that name, which <stdlib.h> brings
 * in, has 64-bit members; so the name becomes a macro for Winsock's. Wrappers of glibc's headers
 * put the macro aside, and its functions (gettimeofday and the like) refuse a pointer to ours.
 */
struct winlwip_timeval {
    LONG tv_sec;
    LONG tv_usec;
};
#define timeval winlwip_timeval
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;

#ifndef timerisset
#define timerisset(t) ((t)->tv_sec || (t)->tv_usec)
#endif
#ifndef timercmp
#define timercmp(a, b, comparison) \
    ((a)->tv_sec == (b)->tv_sec ? (a)->tv_usec comparison(b)->tv_usec \
                                : (a)->tv_sec comparison(b)->tv_sec)
#endif
#ifndef timerclear
#define timerclear(t) ((t)->tv_sec = (t)->tv_usec = 0)
#endif

/* A set of sockets: a counted array, not a bitmap. FD_SETSIZE may be set before this file. */
#ifndef FD_SETSIZE
#define FD_SETSIZE 64
#endif

typedef struct fd_set {
    u_int fd_count;
    SOCKET fd_array[FD_SETSIZE];
} fd_set, FD_SET, *PFD_SET, *LPFD_SET;

/* True if s is in set. */
static inline int winlwip_fd_isset(SOCKET s, const fd_set *set)
{
    u_int i;

    for (i = 0; i < set->fd_count; i++) {
        if (set->fd_array[i] == s) {
            return 1;
        }
    }
    return 0;
}

/* Adds s to set; nothing happens if it is there already or the set is full. */
static inline void winlwip_fd_add(SOCKET s, fd_set *set)
{
    if (set->fd_count < FD_SETSIZE && !winlwip_fd_isset(s, set)) {
        set->fd_array[set->fd_count++] = s;
    }
}

/* Takes s out of set, keeping the order of the others. */
static inline void winlwip_fd_remove(SOCKET s, fd_set *set)
{
    u_int i, kept = 0;

    for (i = 0; i < set->fd_count; i++) {
        if (set->fd_array[i] != s) {
            set->fd_array[kept++] = set->fd_array[i];
        }
    }
    set->fd_count = kept;
}

#define FD_SET(s, set) winlwip_fd_add((SOCKET)(s), (set))
#define FD_CLR(s, set) winlwip_fd_remove((SOCKET)(s), (set))
#define FD_ISSET(s, set) winlwip_fd_isset((SOCKET)(s), (set))
#define FD_ZERO(set) ((void)((set)->fd_count = 0))

/* ioctlsocket: u_long in or out. */
#define FIONREAD WINLWIP_IOR('f', 127, u_long)
#define FIONBIO WINLWIP_IOW('f', 126, u_long)
#define FIOASYNC WINLWIP_IOW('f', 125, u_long)
#define SIOCSHIWAT WINLWIP_IOW('s', 0, u_long)
#define SIOCGHIWAT WINLWIP_IOR('s', 1, u_long)
#define SIOCSLOWAT WINLWIP_IOW('s', 2, u_long)
#define SIOCGLOWAT WINLWIP_IOR('s', 3, u_long)
#define SIOCATMARK WINLWIP_IOR('s', 7, u_long)

/* WSAPoll. */
#define POLLERR 0x0001
#define POLLHUP 0x0002
#define POLLNVAL 0x0004
#define POLLWRNORM 0x0010
#define POLLOUT POLLWRNORM
#define POLLWRBAND 0x0020
#define POLLRDNORM 0x0100
#define POLLRDBAND 0x0200
#define POLLIN (POLLRDNORM | POLLRDBAND)
#define POLLPRI 0x0400

typedef struct pollfd {
    SOCKET fd;
    SHORT events;
    SHORT revents;
} WSAPOLLFD, *PWSAPOLLFD, *LPWSAPOLLFD;

/* Network events. */
#define FD_READ_BIT 0
#define FD_READ (1 << FD_READ_BIT)
#define FD_WRITE_BIT 1
#define FD_WRITE (1 << FD_WRITE_BIT)
#define FD_OOB_BIT 2
#define FD_OOB (1 << FD_OOB_BIT)
#define FD_ACCEPT_BIT 3
#define FD_ACCEPT (1 << FD_ACCEPT_BIT)
#define FD_CONNECT_BIT 4
#define FD_CONNECT (1 << FD_CONNECT_BIT)
#define FD_CLOSE_BIT 5
#define FD_CLOSE (1 << FD_CLOSE_BIT)
#define FD_QOS_BIT 6
#define FD_QOS (1 << FD_QOS_BIT)
#define FD_GROUP_QOS_BIT 7
#define FD_GROUP_QOS (1 << FD_GROUP_QOS_BIT)
#define FD_ROUTING_INTERFACE_CHANGE_BIT 8
#define FD_ROUTING_INTERFACE_CHANGE (1 << FD_ROUTING_INTERFACE_CHANGE_BIT)
#define FD_ADDRESS_LIST_CHANGE_BIT 9
#define FD_ADDRESS_LIST_CHANGE (1 << FD_ADDRESS_LIST_CHANGE_BIT)
#define FD_MAX_EVENTS 10
#define FD_ALL_EVENTS ((1 << FD_MAX_EVENTS) - 1)

typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;

/* Overlapped operations, events and waits. */
#define WSAEVENT HANDLE
#define LPWSAEVENT LPHANDLE
#define WSAOVERLAPPED OVERLAPPED
typedef struct _OVERLAPPED *LPWSAOVERLAPPED;

#define WSA_INVALID_EVENT ((WSAEVENT)NULL)
#define WSA_INFINITE INFINITE
#define WSA_MAXIMUM_WAIT_EVENTS 64
#define WSA_WAIT_FAILED WAIT_FAILED
#define WSA_WAIT_EVENT_0 WAIT_OBJECT_0
#define WSA_WAIT_IO_COMPLETION WAIT_IO_COMPLETION
#define WSA_WAIT_TIMEOUT ((DWORD)WAIT_TIMEOUT)

typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(DWORD dwError, DWORD cbTransferred,
                                                           LPWSAOVERLAPPED lpOverlapped,
                                                           DWORD dwFlags);

/* Qualities of service, which WSAConnect() and the condition of WSAAccept() name: qos.h. */
typedef ULONG SERVICETYPE;
typedef struct _flowspec {
    ULONG TokenRate;
    ULONG TokenBucketSize;
    ULONG PeakBandwidth;
    ULONG Latency;
    ULONG DelayVariation;
    SERVICETYPE ServiceType;
    ULONG MaxSduSize;
    ULONG MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;
typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec;
    FLOWSPEC ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;

typedef int(CALLBACK *LPCONDITIONPROC)(LPWSABUF lpCallerId, LPWSABUF lpCallerData, LPQOS lpSQOS,
                                       LPQOS lpGQOS, LPWSABUF lpCalleeId, LPWSABUF lpCalleeData,
                                       GROUP *g, DWORD_PTR dwCallbackData);

#define SOCK_NOTIFY_REGISTER_EVENT_NONE 0x00
#define SOCK_NOTIFY_REGISTER_EVENT_IN 0x01
#define SOCK_NOTIFY_REGISTER_EVENT_OUT 0x02
#define SOCK_NOTIFY_REGISTER_EVENT_HANGUP 0x04
#define SOCK_NOTIFY_EVENT_IN SOCK_NOTIFY_REGISTER_EVENT_IN
#define SOCK_NOTIFY_EVENT_OUT SOCK_NOTIFY_REGISTER_EVENT_OUT
#define SOCK_NOTIFY_EVENT_HANGUP SOCK_NOTIFY_REGISTER_EVENT_HANGUP
#define SOCK_NOTIFY_EVENT_ERR 0x40
#define SOCK_NOTIFY_EVENT_REMOVE 0x80
#define SOCK_NOTIFY_OP_NONE 0x00
#define SOCK_NOTIFY_OP_ENABLE 0x01
#define SOCK_NOTIFY_OP_DISABLE 0x02
#define SOCK_NOTIFY_OP_REMOVE 0x04
#define SOCK_NOTIFY_TRIGGER_ONESHOT 0x01
#define SOCK_NOTIFY_TRIGGER_PERSISTENT 0x02
#define SOCK_NOTIFY_TRIGGER_LEVEL 0x04
#define SOCK_NOTIFY_TRIGGER_EDGE 0x08

/* What WSAStartup says about the library. */
#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

/* What SO_PROTOCOL_INFO says about a socket's protocol. */
#define MAX_PROTOCOL_CHAIN 7
#define BASE_PROTOCOL 1
#define LAYERED_PROTOCOL 0
#define WSAPROTOCOL_LEN 255

typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;

#define WINLWIP_PROTOCOL_INFO_MEMBERS(char_type) \
    DWORD dwServiceFlags1; \
    DWORD dwServiceFlags2; \
    DWORD dwServiceFlags3; \
    DWORD dwServiceFlags4; \
    DWORD dwProviderFlags; \
    GUID ProviderId; \
    DWORD dwCatalogEntryId; \
    WSAPROTOCOLCHAIN ProtocolChain; \
    int iVersion; \
    int iAddressFamily; \
    int iMaxSockAddr; \
    int iMinSockAddr; \
    int iSocketType; \
    int iProtocol; \
    int iProtocolMaxOffset; \
    int iNetworkByteOrder; \
    int iSecurityScheme; \
    DWORD dwMessageSize; \
    DWORD dwProviderReserved; \
    char_type szProtocol[WSAPROTOCOL_LEN + 1];

typedef struct _WSAPROTOCOL_INFOA {
    WINLWIP_PROTOCOL_INFO_MEMBERS(CHAR)
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;

typedef struct _WSAPROTOCOL_INFOW {
    WINLWIP_PROTOCOL_INFO_MEMBERS(WCHAR)
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;

#undef WINLWIP_PROTOCOL_INFO_MEMBERS

#ifdef UNICODE
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#endif

#define PFL_MULTIPLE_PROTO_ENTRIES 0x00000001
#define PFL_RECOMMENDED_PROTO_ENTRY 0x00000002
#define PFL_HIDDEN 0x00000004
#define PFL_MATCHES_PROTOCOL_ZERO 0x00000008

#define XP1_CONNECTIONLESS 0x00000001
#define XP1_GUARANTEED_DELIVERY 0x00000002
#define XP1_GUARANTEED_ORDER 0x00000004
#define XP1_MESSAGE_ORIENTED 0x00000008
#define XP1_PSEUDO_STREAM 0x00000010
#define XP1_GRACEFUL_CLOSE 0x00000020
#define XP1_EXPEDITED_DATA 0x00000040
#define XP1_SUPPORT_BROADCAST 0x00000200
#define XP1_SUPPORT_MULTIPOINT 0x00000400
#define XP1_UNI_SEND 0x00008000
#define XP1_UNI_RECV 0x00010000
#define XP1_IFS_HANDLES 0x00020000
#define XP1_PARTIAL_MESSAGE 0x00040000

/* What the name functions of Winsock 1.1 return. Addresses and ports are in network byte order. */
struct hostent {
    char *h_name;
    char **h_aliases;
    short h_addrtype;
    short h_length;
    char **h_addr_list;
};
#define h_addr h_addr_list[0]
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;

struct servent {
    char *s_name;
    char **s_aliases;
    char *s_proto;
    short s_port;
};
typedef struct servent SERVENT, *PSERVENT, *LPSERVENT;

struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
};
typedef struct protoent PROTOENT, *PPROTOENT, *LPPROTOENT;

#include <winlwip/winsock_functions.h>
#include <winlwip/name_functions.h>

#endif
