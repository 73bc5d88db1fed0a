/* C68: the packet information structures come with ws2tcpip.h, without naming ws2ipdef.h. */
#include <winsock2.h>
#include <ws2tcpip.h>

int enable(SOCKET s4, SOCKET s6)
{
    DWORD on = 1;

    return setsockopt(s4, IPPROTO_IP, IP_PKTINFO, (const char *)&on, sizeof(on)) |
           setsockopt(s6, IPPROTO_IPV6, IPV6_PKTINFO, (const char *)&on, sizeof(on));
}

ULONG interface_of(const WSACMSGHDR *c)
{
    struct in_pktinfo v4;
    IN6_PKTINFO v6;

    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        memcpy(&v4, WSA_CMSG_DATA((ULONG_PTR)c), sizeof(v4));
        return v4.ipi_ifindex;
    }
    memcpy(&v6, WSA_CMSG_DATA((ULONG_PTR)c), sizeof(v6));
    return v6.ipi6_ifindex;
}
