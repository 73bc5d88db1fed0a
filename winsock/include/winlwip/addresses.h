/*
 * winlwip/addresses.h - what winsock.h and ws2def.h both have: families, addresses, protocols,
 * socket options, ioctl codes
 *
 * The numbers are the same in both versions of Winsock; those that are not (winsock.h has the
 * options of IP) stand in the two headers themselves.
 */
#ifndef WINLWIP_ADDRESSES_H
#define WINLWIP_ADDRESSES_H

#include <inaddr.h>
#include <windef.h>

/* Address families. */
typedef USHORT ADDRESS_FAMILY;

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_IPX 6
#define AF_NETBIOS 17
#define AF_INET6 23

#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

/* Socket types. */
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5

/* Protocols, which are option levels as well. */
typedef enum {
    IPPROTO_HOPOPTS = 0,
    IPPROTO_ICMP = 1,
    IPPROTO_IGMP = 2,
    IPPROTO_IPV4 = 4,
    IPPROTO_TCP = 6,
    IPPROTO_UDP = 17,
    IPPROTO_IPV6 = 41,
    IPPROTO_ROUTING = 43,
    IPPROTO_FRAGMENT = 44,
    IPPROTO_ESP = 50,
    IPPROTO_AH = 51,
    IPPROTO_ICMPV6 = 58,
    IPPROTO_NONE = 59,
    IPPROTO_DSTOPTS = 60,
    IPPROTO_PGM = 113,
    IPPROTO_SCTP = 132,
    IPPROTO_RAW = 255,
    IPPROTO_MAX = 256
} IPPROTO, *PIPROTO;

#define IPPROTO_IP 0

/* Of level IPPROTO_TCP, for programs that have streams as well; there are none here. */
#define TCP_NODELAY 0x0001

/* Options of level SOL_SOCKET. */
#define SOL_SOCKET 0xffff
#define SO_DEBUG 0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_DONTROUTE 0x0010
#define SO_BROADCAST 0x0020
#define SO_USELOOPBACK 0x0040
#define SO_LINGER 0x0080
#define SO_OOBINLINE 0x0100
#define SO_DONTLINGER (int)(~SO_LINGER)
#define SO_EXCLUSIVEADDRUSE ((int)(~SO_REUSEADDR))
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005 /* DWORD, milliseconds */
#define SO_RCVTIMEO 0x1006 /* DWORD, milliseconds */
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008

/* IPv4 addresses and ports, in host byte order. */
#define INADDR_ANY ((ULONG)0x00000000)
#define INADDR_LOOPBACK 0x7f000001
#define INADDR_BROADCAST ((ULONG)0xffffffff)
#define INADDR_NONE 0xffffffff

#define IN_CLASSD(i) (((ULONG)(i)&0xf0000000u) == 0xe0000000u)
#define IN_MULTICAST(i) IN_CLASSD(i)

#define IPPORT_RESERVED 1024
#define IPPORT_DYNAMIC_MIN 0xc000
#define IPPORT_DYNAMIC_MAX 0xffff

/* Socket addresses. */
typedef struct sockaddr {
    ADDRESS_FAMILY sa_family;
    CHAR sa_data[14];
} SOCKADDR, *PSOCKADDR, *LPSOCKADDR;

typedef struct sockaddr_in {
    ADDRESS_FAMILY sin_family;
    USHORT sin_port;
    IN_ADDR sin_addr;
    CHAR sin_zero[8];
} SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;

/* Membership of a group on an interface, which its address names. */
typedef struct ip_mreq {
    IN_ADDR imr_multiaddr;
    IN_ADDR imr_interface;
} IP_MREQ, *PIP_MREQ;

/*
 * ioctl codes: a direction, then a size and a letter (Unix) or an owner (Winsock 2), then a number.
 * <sys/ioctl.h> has macros called _IO, too; those that are there already are left alone.
 */
#define IOCPARM_MASK 0x7f
#define IOC_VOID 0x20000000u
#define IOC_OUT 0x40000000u
#define IOC_IN 0x80000000u
#define IOC_INOUT (IOC_IN | IOC_OUT)

#define WINLWIP_IO(x, y) (IOC_VOID | ((ULONG)(x) << 8) | (y))
#define WINLWIP_IOR(x, y, t) \
    (IOC_OUT | (((ULONG)sizeof(t) & IOCPARM_MASK) << 16) | ((ULONG)(x) << 8) | (y))
#define WINLWIP_IOW(x, y, t) \
    (IOC_IN | (((ULONG)sizeof(t) & IOCPARM_MASK) << 16) | ((ULONG)(x) << 8) | (y))
#ifndef _IO
#define _IO WINLWIP_IO
#define _IOR WINLWIP_IOR
#define _IOW WINLWIP_IOW
#endif

#endif
