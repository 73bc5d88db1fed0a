/*
 * winlwip/sockets.h - what winsock.h and winsock2.h both have: sockets, sets of them, flags, and
 * what name look-ups return
 *
 * Names, numbers and layouts of 64-bit Windows, beside the C library's headers in any order. A
 * file that includes this cannot use the C library's own socket headers, whose names are the same.
 */
#ifndef WINLWIP_SOCKETS_H
#define WINLWIP_SOCKETS_H

#include <sys/select.h>
#include <sys/types.h>

#if !defined(WINLWIP_SYS_TYPES_H) || !defined(WINLWIP_SYS_SELECT_H)
#error "winsock: put this directory in front of the C library's headers (-I or -isystem)"
#endif
#if defined(_SYS_SOCKET_H) || defined(_NETINET_IN_H) || defined(_ARPA_INET_H) || \
    defined(_NETDB_H) || defined(_SYS_POLL_H) || defined(_SYS_IOCTL_H)
#error "winsock: a file cannot use Winsock and the C library's socket headers at once"
#endif

#include <winlwip/linkname.h>
#include <winlwip/addresses.h>

#define WSAAPI FAR PASCAL

/* glibc has the first three unless a strict language standard hides them. */
#ifndef __u_char_defined
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#endif
typedef ULONG u_long;

/* Sockets. */
typedef UINT_PTR SOCKET;

#define INVALID_SOCKET ((SOCKET)(~0))
#define SOCKET_ERROR (-1)

/* Flags of the receive and send calls; what a receive reports is in ws2def.h. */
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_PARTIAL 0x8000
#define MSG_MAXIOVLEN 16

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

/* Network events. */
#define FD_READ 0x01
#define FD_WRITE 0x02
#define FD_OOB 0x04
#define FD_ACCEPT 0x08
#define FD_CONNECT 0x10
#define FD_CLOSE 0x20

/* What WSAStartup says about the library. */
#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

/* Members have another order where pointers have 32 bits, here and in struct servent. */
typedef struct WSAData {
    WORD wVersion;
    WORD wHighVersion;
#if __SIZEOF_POINTER__ == 8
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
#else
    char szDescription[WSADESCRIPTION_LEN + 1];
    char szSystemStatus[WSASYS_STATUS_LEN + 1];
    unsigned short iMaxSockets;
    unsigned short iMaxUdpDg;
    char *lpVendorInfo;
#endif
} WSADATA, *LPWSADATA;

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
#if __SIZEOF_POINTER__ == 8
    char *s_proto;
    short s_port;
#else
    short s_port;
    char *s_proto;
#endif
};
typedef struct servent SERVENT, *PSERVENT, *LPSERVENT;

struct protoent {
    char *p_name;
    char **p_aliases;
    short p_proto;
};
typedef struct protoent PROTOENT, *PPROTOENT, *LPPROTOENT;


#include <winlwip/socket_functions.h>

#endif
