/* Listens to multicast DNS on every interface. */
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <Winsock2.h>
#include <WS2tcpip.h>
#include <Iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _MSC_VER
#pragma comment(lib, "Iphlpapi.lib")
#endif

#define MDNS_PORT 5353
#define WORKING_BUFFER_SIZE 15000
#define MALLOC(x) HeapAlloc(GetProcessHeap(), 0, (x))
#define FREE(x) HeapFree(GetProcessHeap(), 0, (x))

static void join4(SOCKET s, const struct sockaddr_in *on)
{
    struct ip_mreq mreq;

    mreq.imr_multiaddr.s_addr = inet_addr("224.0.0.251");
    mreq.imr_interface = on->sin_addr;
    if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&mreq, sizeof(mreq)) != 0 &&
        WSAGetLastError() != WSAEADDRNOTAVAIL) {
        printf("IP_ADD_MEMBERSHIP: %d\n", WSAGetLastError());
    }
}

static void join6(SOCKET s, NET_IFINDEX index)
{
    struct ipv6_mreq mreq;
    static const IN6_ADDR group = {{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb}}};

    mreq.ipv6mr_multiaddr = group;
    mreq.ipv6mr_interface = index;
    setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (const char *)&mreq, sizeof(mreq));
}

static int join_everywhere(SOCKET s4, SOCKET s6)
{
    ULONG outBufLen = WORKING_BUFFER_SIZE, iterations = 0;
    DWORD dwRetVal;
    PIP_ADAPTER_ADDRESSES pAddresses = NULL, a;
    PIP_ADAPTER_UNICAST_ADDRESS u;

    do {
        pAddresses = (IP_ADAPTER_ADDRESSES *)MALLOC(outBufLen);
        if (pAddresses == NULL) {
            return -1;
        }
        dwRetVal = GetAdaptersAddresses(AF_UNSPEC, GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_DNS_SERVER,
                                        NULL, pAddresses, &outBufLen);
        if (dwRetVal == ERROR_BUFFER_OVERFLOW) {
            FREE(pAddresses);
            pAddresses = NULL;
        }
    } while (dwRetVal == ERROR_BUFFER_OVERFLOW && ++iterations < 3);
    if (dwRetVal != NO_ERROR) {
        return -1;
    }
    for (a = pAddresses; a; a = a->Next) {
        char name[256] = "";

        if (a->OperStatus != IfOperStatusUp || a->IfType == IF_TYPE_SOFTWARE_LOOPBACK) {
            continue;
        }
        WideCharToMultiByte(CP_UTF8, 0, a->FriendlyName, -1, name, sizeof(name), NULL, NULL);
        printf("%s: %s, index %u\n", a->AdapterName, name, (unsigned)a->IfIndex);
        for (u = a->FirstUnicastAddress; u; u = u->Next) {
            if (u->Address.lpSockaddr->sa_family == AF_INET) {
                join4(s4, (struct sockaddr_in *)(void *)u->Address.lpSockaddr);
            } else if (u->Address.lpSockaddr->sa_family == AF_INET6) {
                join6(s6, a->Ipv6IfIndex);
            }
        }
    }
    FREE(pAddresses);
    return 0;
}

static SOCKET open_socket(int family)
{
    SOCKET s = socket(family, SOCK_DGRAM, 0);
    BOOL yes = TRUE;
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } any;

    memset(&any, 0, sizeof(any));
    any.sa.sa_family = (ADDRESS_FAMILY)family;
    any.in.sin_port = htons(MDNS_PORT);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (const char *)&yes, sizeof(yes));
    if (bind(s, &any.sa, family == AF_INET ? sizeof(any.in) : sizeof(any.in6)) == SOCKET_ERROR) {
        closesocket(s);
        return INVALID_SOCKET;
    }
    return s;
}

int main()
{
    WSADATA wsa;
    SOCKET s[2];
    WSAPOLLFD fds[2];
    char packet[9000], text[INET6_ADDRSTRLEN];
    int i;

    if (WSAStartup(MAKEWORD(2, 2), &wsa)) {
        return 1;
    }
    s[0] = open_socket(AF_INET);
    s[1] = open_socket(AF_INET6);
    if (s[0] == INVALID_SOCKET || s[1] == INVALID_SOCKET || join_everywhere(s[0], s[1]) < 0) {
        return 1;
    }
    for (i = 0; i < 2; i++) {
        fds[i].fd = s[i];
        fds[i].events = POLLRDNORM;
        fds[i].revents = 0;
    }
    while (WSAPoll(fds, 2, 10 * 1000) > 0) {
        for (i = 0; i < 2; i++) {
            SOCKADDR_STORAGE from = {0};
            socklen_t len = sizeof(from);

            if ((fds[i].revents & (POLLRDNORM | POLLERR)) == 0) {
                continue;
            }
            int n = recvfrom(s[i], packet, sizeof(packet), 0, (struct sockaddr *)&from, &len);
            const void *address = from.ss_family == AF_INET
                                      ? (void *)&((struct sockaddr_in *)&from)->sin_addr
                                      : (void *)&((struct sockaddr_in6 *)&from)->sin6_addr;
            if (n >= 12 && inet_ntop(from.ss_family, address, text, sizeof(text)) != NULL) {
                printf("%d bytes from %s\n", n, text);
            }
        }
    }
    WSACleanup();
    return 0;
}
