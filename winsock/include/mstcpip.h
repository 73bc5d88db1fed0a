/*
 * mstcpip.h - Microsoft's ioctls for TCP/IP and helpers for addresses
 */
#ifndef _MSTCPIP_
#define _MSTCPIP_

#include <winsock2.h>
#include <ws2ipdef.h>

#define SIO_RCVALL _WSAIOW(IOC_VENDOR, 1)
#define SIO_RCVALL_MCAST _WSAIOW(IOC_VENDOR, 2)
#define SIO_RCVALL_IGMPMCAST _WSAIOW(IOC_VENDOR, 3)
#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#define SIO_ABSORB_RTRALERT _WSAIOW(IOC_VENDOR, 5)
#define SIO_UCAST_IF _WSAIOW(IOC_VENDOR, 6)
#define SIO_LIMIT_BROADCASTS _WSAIOW(IOC_VENDOR, 7)
#define SIO_INDEX_BIND _WSAIOW(IOC_VENDOR, 8)
#define SIO_INDEX_MCASTIF _WSAIOW(IOC_VENDOR, 9)
#define SIO_INDEX_ADD_MCAST _WSAIOW(IOC_VENDOR, 10)
#define SIO_INDEX_DEL_MCAST _WSAIOW(IOC_VENDOR, 11)
#define SIO_RCVALL_MCAST_IF _WSAIOW(IOC_VENDOR, 13)
#define SIO_RCVALL_IF _WSAIOW(IOC_VENDOR, 14)
#define SIO_LOOPBACK_FAST_PATH _WSAIOW(IOC_VENDOR, 16)
#define SIO_TCP_INITIAL_RTO _WSAIOW(IOC_VENDOR, 17)
#define SIO_APPLY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 19)
#define SIO_QUERY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 20)
#define SIO_CPU_AFFINITY _WSAIOW(IOC_VENDOR, 21)
#define SIO_TCP_SET_ICW _WSAIOW(IOC_VENDOR, 22)
#define SIO_TCP_SET_ACK_FREQUENCY _WSAIOW(IOC_VENDOR, 23)
#define SIO_SET_PRIORITY_HINT _WSAIOW(IOC_VENDOR, 24)
#define SIO_TCP_INFO _WSAIORW(IOC_VENDOR, 39)
#define SIO_ACQUIRE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 100)
#define SIO_RELEASE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 101)
#define SIO_ASSOCIATE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 102)
#define SIO_SET_SECURITY _WSAIOW(IOC_VENDOR, 200)
#define SIO_QUERY_SECURITY _WSAIORW(IOC_VENDOR, 201)
#define SIO_QUERY_WFP_ALE_ENDPOINT_HANDLE _WSAIOR(IOC_VENDOR, 205)
#define SIO_QUERY_RSS_SCALABILITY_INFO _WSAIOR(IOC_VENDOR, 210)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 220)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT _WSAIOW(IOC_VENDOR, 221)
#define SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 222)
#define SIO_GET_TX_TIMESTAMP _WSAIOW(IOC_VENDOR, 234)
#define SIO_TIMESTAMPING _WSAIOW(IOC_VENDOR, 235)
#define SIO_SET_COMPATIBILITY_MODE _WSAIOW(IOC_VENDOR, 300)

/* SIO_RCVALL and its relatives. */
typedef enum {
    RCVALL_OFF = 0,
    RCVALL_ON = 1,
    RCVALL_SOCKETLEVELONLY = 2,
    RCVALL_IPLEVEL = 3
} RCVALL_VALUE, *PRCVALL_VALUE;

typedef struct {
    RCVALL_VALUE Mode;
    ULONG Interface;
} RCVALL_IF, *PRCVALL_IF;

/* SIO_TIMESTAMPING. */
#define TIMESTAMPING_FLAG_RX 0x1
#define TIMESTAMPING_FLAG_TX 0x2

typedef struct _TIMESTAMPING_CONFIG {
    ULONG Flags;
    USHORT TxTimestampsBuffered;
} TIMESTAMPING_CONFIG, *PTIMESTAMPING_CONFIG;

/* SIO_KEEPALIVE_VALS; times in milliseconds. */
struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};

/* SIO_ACQUIRE_PORT_RESERVATION; the port in network byte order. */
typedef struct _INET_PORT_RANGE {
    USHORT StartPort;
    USHORT NumberOfPorts;
} INET_PORT_RANGE, *PINET_PORT_RANGE, INET_PORT_RESERVATION, *PINET_PORT_RESERVATION;

typedef struct {
    ULONG64 Token;
} INET_PORT_RESERVATION_TOKEN, *PINET_PORT_RESERVATION_TOKEN;

/* Helpers for addresses of either family. */
static inline int IN4_ADDR_EQUAL(const IN_ADDR *a, const IN_ADDR *b)
{
    return a->s_addr == b->s_addr;
}

static inline int IN4_IS_ADDR_UNSPECIFIED(const IN_ADDR *a)
{
    return a->s_addr == 0;
}

/* All of 127/8. */
static inline int IN4_IS_ADDR_LOOPBACK(const IN_ADDR *a)
{
    return a->S_un.S_un_b.s_b1 == 127;
}

static inline int IN4_IS_ADDR_BROADCAST(const IN_ADDR *a)
{
    return a->s_addr == INADDR_BROADCAST;
}

static inline int IN4_IS_ADDR_MULTICAST(const IN_ADDR *a)
{
    return (a->S_un.S_un_b.s_b1 & 0xf0) == 0xe0;
}

static inline int IN4_IS_ADDR_LINKLOCAL(const IN_ADDR *a)
{
    return a->S_un.S_un_b.s_b1 == 169 && a->S_un.S_un_b.s_b2 == 254;
}

/* The size of a socket address of this family, 0 for an unknown one. */
static inline SIZE_T INET_SOCKADDR_LENGTH(ADDRESS_FAMILY family)
{
    return family == AF_INET    ? sizeof(SOCKADDR_IN)
           : family == AF_INET6 ? sizeof(SOCKADDR_IN6)
                                : 0;
}

/* The first byte of the address inside a; drops const, as on Windows. */
static inline PUCHAR INETADDR_ADDRESS(const SOCKADDR *a)
{
    return (PUCHAR)((ULONG_PTR)a + (a->sa_family == AF_INET6 ? offsetof(SOCKADDR_IN6, sin6_addr)
                                                             : offsetof(SOCKADDR_IN, sin_addr)));
}

/* Both keep the family, which must be set, and clear the rest. */
static inline void INETADDR_SETANY(SOCKADDR *a)
{
    ADDRESS_FAMILY family = a->sa_family;

    memset(a, 0, INET_SOCKADDR_LENGTH(family));
    a->sa_family = family;
}

static inline void INETADDR_SETLOOPBACK(SOCKADDR *a)
{
    PUCHAR bytes = INETADDR_ADDRESS(a);

    INETADDR_SETANY(a);
    if (a->sa_family == AF_INET6) {
        bytes[15] = 1;
    } else {
        bytes[0] = 127;
        bytes[3] = 1;
    }
}

static inline int INETADDR_ISANY(const SOCKADDR *a)
{
    return a->sa_family == AF_INET6
               ? IN6_IS_ADDR_UNSPECIFIED((const IN6_ADDR *)(const void *)INETADDR_ADDRESS(a))
               : IN4_IS_ADDR_UNSPECIFIED((const IN_ADDR *)(const void *)INETADDR_ADDRESS(a));
}

static inline int INETADDR_ISLOOPBACK(const SOCKADDR *a)
{
    return a->sa_family == AF_INET6
               ? IN6_IS_ADDR_LOOPBACK((const IN6_ADDR *)(const void *)INETADDR_ADDRESS(a))
               : IN4_IS_ADDR_LOOPBACK((const IN_ADDR *)(const void *)INETADDR_ADDRESS(a));
}

#endif
