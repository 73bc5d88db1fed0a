/*
 * ws2ipdef.h - IPv4, IPv6 and UDP: addresses, options, control messages, multicast
 *
 * Included through ws2tcpip.h; winsock2.h has to come first. Interface indexes are in host byte
 * order, addresses and ports in network byte order.
 */
#ifndef _WS2IPDEF_
#define _WS2IPDEF_

#include <string.h>
#include <winlwip/winsock1_end.h>
#include <ws2def.h>

/* Room for an address with port and scope, more than on other systems. */
#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65

/* Options of level IPPROTO_IP, and the types of its control messages. */
#define IP_OPTIONS 1
#define IP_HDRINCL 2
#define IP_TOS 3
#define IP_TTL 4
#define IP_MULTICAST_IF 9
#define IP_MULTICAST_TTL 10
#define IP_MULTICAST_LOOP 11
#define IP_ADD_MEMBERSHIP 12
#define IP_DROP_MEMBERSHIP 13
#define IP_DONTFRAGMENT 14
#define IP_ADD_SOURCE_MEMBERSHIP 15
#define IP_DROP_SOURCE_MEMBERSHIP 16
#define IP_BLOCK_SOURCE 17
#define IP_UNBLOCK_SOURCE 18
#define IP_PKTINFO 19
#define IP_HOPLIMIT 21
#define IP_RECVTTL 21
#define IP_RECEIVE_BROADCAST 22
#define IP_PROTECTION_LEVEL 23
#define IP_RECVIF 24
#define IP_RECVDSTADDR 25
#define IP_IFLIST 28
#define IP_ADD_IFLIST 29
#define IP_DEL_IFLIST 30
#define IP_UNICAST_IF 31
#define IP_RTHDR 32
#define IP_GET_IFLIST 33
#define IP_RECVRTHDR 38
#define IP_TCLASS 39
#define IP_RECVTCLASS 40
#define IP_RECVTOS 40
#define MCAST_JOIN_GROUP 41
#define MCAST_LEAVE_GROUP 42
#define MCAST_BLOCK_SOURCE 43
#define MCAST_UNBLOCK_SOURCE 44
#define MCAST_JOIN_SOURCE_GROUP 45
#define MCAST_LEAVE_SOURCE_GROUP 46
#define IP_ORIGINAL_ARRIVAL_IF 47
#define IP_ECN 50
#define IP_RECVECN 50
#define IP_PKTINFO_EX 51
#define IP_WFP_REDIRECT_RECORDS 60
#define IP_WFP_REDIRECT_CONTEXT 70
#define IP_MTU_DISCOVER 71
#define IP_MTU 73
#define IP_NRT_INTERFACE 74
#define IP_RECVERR 75
#define IP_USER_MTU 76

#define IP_UNSPECIFIED_TYPE_OF_SERVICE (-1)
#define IP_UNSPECIFIED_HOP_LIMIT (-1)
#define IP_UNSPECIFIED_USER_MTU 0xffffffffu

/* Options of level IPPROTO_IPV6, and the types of its control messages. */
#define IPV6_HOPOPTS 1
#define IPV6_HDRINCL 2
#define IPV6_UNICAST_HOPS 4
#define IPV6_MULTICAST_IF 9
#define IPV6_MULTICAST_HOPS 10
#define IPV6_MULTICAST_LOOP 11
#define IPV6_ADD_MEMBERSHIP 12
#define IPV6_JOIN_GROUP IPV6_ADD_MEMBERSHIP
#define IPV6_DROP_MEMBERSHIP 13
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#define IPV6_DONTFRAG 14
#define IPV6_PKTINFO 19
#define IPV6_HOPLIMIT 21
#define IPV6_PROTECTION_LEVEL 23
#define IPV6_RECVIF 24
#define IPV6_RECVDSTADDR 25
#define IPV6_CHECKSUM 26
#define IPV6_V6ONLY 27
#define IPV6_IFLIST 28
#define IPV6_ADD_IFLIST 29
#define IPV6_DEL_IFLIST 30
#define IPV6_UNICAST_IF 31
#define IPV6_RTHDR 32
#define IPV6_GET_IFLIST 33
#define IPV6_RECVRTHDR 38
#define IPV6_TCLASS 39
#define IPV6_RECVTCLASS 40
#define IPV6_ECN 50
#define IPV6_RECVECN 50
#define IPV6_PKTINFO_EX 51
#define IPV6_WFP_REDIRECT_RECORDS 60
#define IPV6_WFP_REDIRECT_CONTEXT 70
#define IPV6_MTU_DISCOVER 71
#define IPV6_MTU 72
#define IPV6_NRT_INTERFACE 74
#define IPV6_RECVERR 75
#define IPV6_USER_MTU 76

#define PROTECTION_LEVEL_UNRESTRICTED 10
#define PROTECTION_LEVEL_EDGERESTRICTED 20
#define PROTECTION_LEVEL_RESTRICTED 30
#define PROTECTION_LEVEL_DEFAULT ((UINT)-1)

/* Options of level IPPROTO_UDP, and the types of its control messages. */
#define UDP_NOCHECKSUM 1
#define UDP_SEND_MSG_SIZE 2
#define UDP_RECV_MAX_COALESCED_SIZE 3
#define UDP_COALESCED_INFO 3
#define UDP_CHECKSUM_COVERAGE 20

typedef enum _PMTUD_STATE {
    IP_PMTUDISC_NOT_SET,
    IP_PMTUDISC_DO,
    IP_PMTUDISC_DONT,
    IP_PMTUDISC_PROBE,
    IP_PMTUDISC_MAX
} PMTUD_STATE, *PPMTUD_STATE;

/* IPv6 addresses. */
typedef struct sockaddr_in6 {
    ADDRESS_FAMILY sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
    __extension__ union {
        ULONG sin6_scope_id; /* interface index of a link-local address */
        SCOPE_ID sin6_scope_struct;
    };
} SOCKADDR_IN6_LH, *PSOCKADDR_IN6_LH, SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;

typedef union _SOCKADDR_INET {
    SOCKADDR_IN Ipv4;
    SOCKADDR_IN6 Ipv6;
    ADDRESS_FAMILY si_family;
} SOCKADDR_INET, *PSOCKADDR_INET;

#define IN6ADDR_ANY_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}
#define IN6ADDR_LOOPBACK_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}

/* The address and the interface that a datagram arrived at or is to leave from. */
typedef struct in_pktinfo {
    IN_ADDR ipi_addr;
    ULONG ipi_ifindex;
} IN_PKTINFO, *PIN_PKTINFO;

typedef struct in6_pktinfo {
    IN6_ADDR ipi6_addr;
    ULONG ipi6_ifindex;
} IN6_PKTINFO, *PIN6_PKTINFO;

typedef struct in_pktinfo_ex {
    IN_PKTINFO pkt_info;
    SCOPE_ID scope_id;
} IN_PKTINFO_EX, *PIN_PKTINFO_EX;

typedef struct in6_pktinfo_ex {
    IN6_PKTINFO pkt_info;
    SCOPE_ID scope_id;
} IN6_PKTINFO_EX, *PIN6_PKTINFO_EX;

/* An ICMP error that an earlier datagram drew. */
typedef struct in_recverr {
    IPPROTO protocol;
    ULONG info; /* MTU in bytes, if the packet was too big */
    UINT8 type;
    UINT8 code;
} IN_RECVERR, *PIN_RECVERR;

typedef struct icmp_error_info {
    SOCKADDR_INET srcaddress;
    IPPROTO protocol;
    UINT8 type;
    UINT8 code;
} ICMP_ERROR_INFO, *PICMP_ERROR_INFO;

/* Multicast membership and source filters. */
typedef enum {
    MCAST_INCLUDE = 0,
    MCAST_EXCLUDE
} MULTICAST_MODE_TYPE;

typedef struct ip_mreq_source {
    IN_ADDR imr_multiaddr;
    IN_ADDR imr_sourceaddr;
    IN_ADDR imr_interface;
} IP_MREQ_SOURCE, *PIP_MREQ_SOURCE;

typedef struct ip_msfilter {
    IN_ADDR imsf_multiaddr;
    IN_ADDR imsf_interface;
    MULTICAST_MODE_TYPE imsf_fmode;
    ULONG imsf_numsrc;
    IN_ADDR imsf_slist[1];
} IP_MSFILTER, *PIP_MSFILTER;

typedef struct ipv6_mreq {
    IN6_ADDR ipv6mr_multiaddr;
    ULONG ipv6mr_interface;
} IPV6_MREQ, *PIPV6_MREQ;

typedef struct group_req {
    ULONG gr_interface;
    SOCKADDR_STORAGE gr_group;
} GROUP_REQ, *PGROUP_REQ;

typedef struct group_source_req {
    ULONG gsr_interface;
    SOCKADDR_STORAGE gsr_group;
    SOCKADDR_STORAGE gsr_source;
} GROUP_SOURCE_REQ, *PGROUP_SOURCE_REQ;

typedef struct group_filter {
    ULONG gf_interface;
    SOCKADDR_STORAGE gf_group;
    MULTICAST_MODE_TYPE gf_fmode;
    ULONG gf_numsrc;
    SOCKADDR_STORAGE gf_slist[1];
} GROUP_FILTER, *PGROUP_FILTER;

#define IP_MSFILTER_SIZE(n) (sizeof(IP_MSFILTER) - sizeof(IN_ADDR) + (n) * sizeof(IN_ADDR))
#define GROUP_FILTER_SIZE(n) \
    (sizeof(GROUP_FILTER) - sizeof(SOCKADDR_STORAGE) + (n) * sizeof(SOCKADDR_STORAGE))

#define SIO_GET_INTERFACE_LIST WINLWIP_IOR('t', 127, ULONG)
#define SIO_GET_INTERFACE_LIST_EX WINLWIP_IOR('t', 126, ULONG)
#define SIO_SET_MULTICAST_FILTER WINLWIP_IOW('t', 125, ULONG)
#define SIO_GET_MULTICAST_FILTER WINLWIP_IOW('t', 124, ULONG)
#define SIOCSIPMSFILTER SIO_SET_MULTICAST_FILTER
#define SIOCGIPMSFILTER SIO_GET_MULTICAST_FILTER
#define SIOCSMSFILTER WINLWIP_IOW('t', 126, ULONG)
#define SIOCGMSFILTER WINLWIP_IOW('t', 127, ULONG)
#define SIO_IDEAL_SEND_BACKLOG_QUERY WINLWIP_IOR('t', 123, ULONG)
#define SIO_IDEAL_SEND_BACKLOG_CHANGE WINLWIP_IO('t', 122)

/* The interfaces as SIO_GET_INTERFACE_LIST returns them. */
struct sockaddr_in6_old {
    SHORT sin6_family;
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    IN6_ADDR sin6_addr;
};

typedef union sockaddr_gen {
    struct sockaddr Address;
    struct sockaddr_in AddressIn;
    struct sockaddr_in6_old AddressIn6;
} sockaddr_gen;

typedef struct _INTERFACE_INFO {
    ULONG iiFlags;
    sockaddr_gen iiAddress;
    sockaddr_gen iiBroadcastAddress;
    sockaddr_gen iiNetmask;
} INTERFACE_INFO, *LPINTERFACE_INFO;

#define IFF_UP 0x01
#define IFF_BROADCAST 0x02
#define IFF_LOOPBACK 0x04
#define IFF_POINTTOPOINT 0x08
#define IFF_MULTICAST 0x10

/* What kind of IPv6 address this is (RFC 4291). Functions, as on Windows. */
static inline int IN6_ADDR_EQUAL(const IN6_ADDR *a, const IN6_ADDR *b)
{
    return memcmp(a, b, sizeof(IN6_ADDR)) == 0;
}
#define IN6_ARE_ADDR_EQUAL IN6_ADDR_EQUAL

/* True if the bytes of a from `first` up to, not including, `end` are all zero. */
static inline int winlwip_in6_zero(const IN6_ADDR *a, int first, int end)
{
    int i;

    for (i = first; i < end; i++) {
        if (a->u.Byte[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static inline int IN6_IS_ADDR_UNSPECIFIED(const IN6_ADDR *a)
{
    return winlwip_in6_zero(a, 0, 16);
}

static inline int IN6_IS_ADDR_LOOPBACK(const IN6_ADDR *a)
{
    return winlwip_in6_zero(a, 0, 15) && a->u.Byte[15] == 1;
}

static inline int IN6_IS_ADDR_MULTICAST(const IN6_ADDR *a)
{
    return a->u.Byte[0] == 0xff;
}

static inline int IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR *a)
{
    return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0x80;
}

static inline int IN6_IS_ADDR_SITELOCAL(const IN6_ADDR *a)
{
    return a->u.Byte[0] == 0xfe && (a->u.Byte[1] & 0xc0) == 0xc0;
}

/* 2000::/3 */
static inline int IN6_IS_ADDR_GLOBAL(const IN6_ADDR *a)
{
    return (a->u.Byte[0] & 0xe0) == 0x20;
}

/* ::ffff:a.b.c.d */
static inline int IN6_IS_ADDR_V4MAPPED(const IN6_ADDR *a)
{
    return winlwip_in6_zero(a, 0, 10) && a->u.Byte[10] == 0xff && a->u.Byte[11] == 0xff;
}

/* ::a.b.c.d, without :: and ::1 */
static inline int IN6_IS_ADDR_V4COMPAT(const IN6_ADDR *a)
{
    return winlwip_in6_zero(a, 0, 12) && !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a);
}

static inline int winlwip_in6_mc_scope(const IN6_ADDR *a, int scope)
{
    return IN6_IS_ADDR_MULTICAST(a) && (a->u.Byte[1] & 0x0f) == scope;
}

static inline int IN6_IS_ADDR_MC_NODELOCAL(const IN6_ADDR *a)
{
    return winlwip_in6_mc_scope(a, 1);
}

static inline int IN6_IS_ADDR_MC_LINKLOCAL(const IN6_ADDR *a)
{
    return winlwip_in6_mc_scope(a, 2);
}

static inline int IN6_IS_ADDR_MC_SITELOCAL(const IN6_ADDR *a)
{
    return winlwip_in6_mc_scope(a, 5);
}

static inline int IN6_IS_ADDR_MC_ORGLOCAL(const IN6_ADDR *a)
{
    return winlwip_in6_mc_scope(a, 8);
}

static inline int IN6_IS_ADDR_MC_GLOBAL(const IN6_ADDR *a)
{
    return winlwip_in6_mc_scope(a, 14);
}

static inline void IN6_SET_ADDR_UNSPECIFIED(IN6_ADDR *a)
{
    memset(a->u.Byte, 0, sizeof(a->u.Byte));
}

static inline void IN6_SET_ADDR_LOOPBACK(IN6_ADDR *a)
{
    IN6_SET_ADDR_UNSPECIFIED(a);
    a->u.Byte[15] = 1;
}

static inline void IN6ADDR_SETANY(SOCKADDR_IN6 *a)
{
    memset(a, 0, sizeof(*a));
    a->sin6_family = AF_INET6;
}

static inline void IN6ADDR_SETLOOPBACK(SOCKADDR_IN6 *a)
{
    IN6ADDR_SETANY(a);
    a->sin6_addr.u.Byte[15] = 1;
}

static inline int IN6ADDR_ISANY(const SOCKADDR_IN6 *a)
{
    return a->sin6_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr);
}

static inline int IN6ADDR_ISLOOPBACK(const SOCKADDR_IN6 *a)
{
    return a->sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&a->sin6_addr);
}

#endif
