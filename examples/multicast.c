/*
 * multicast.c - hears IPv4 and IPv6 groups and tells which group each datagram was sent to.
 *
 * usage: multicast PORT GROUP[%INTERFACE]...
 *
 *     gcc -o multicast multicast.c $(pkg-config --cflags --libs winlwip)      on Linux
 *     cl multicast.c ws2_32.lib                                               on Windows
 *
 * One socket for each family, both bound to the port. Such a socket gets unicasts and broadcasts for
 * the port, too; the flags of the WSAMSG tell them apart, and IP_PKTINFO or IPV6_PKTINFO tells the
 * address and the interface. The program ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int families[2] = {AF_INET, AF_INET6};
static SOCKET sockets[2];
static LPFN_WSARECVMSG recv_msg;

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

static SOCKET open_socket(int family, USHORT port)
{
    SOCKADDR_INET local = {0};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes, on = 1;
    BOOL v4 = family == AF_INET;
    SOCKET s = socket(family, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    local.si_family = (ADDRESS_FAMILY)family;
    local.Ipv4.sin_port = htons(port); /* at the same place in both families */
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on)) != 0 ||
        setsockopt(s, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_PKTINFO : IPV6_PKTINFO, (char *)&on,
                   sizeof(on)) != 0) {
        fail("setsockopt");
    }
    if (bind(s, (struct sockaddr *)&local, v4 ? sizeof(local.Ipv4) : sizeof(local.Ipv6)) != 0) {
        fail("bind");
    }
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &recv_msg,
                 sizeof(recv_msg), &bytes, NULL, NULL) != 0) {
        fail("WSAIoctl");
    }
    return s;
}

/* "239.1.2.3", "ff02::fb" or "ff02::fb%2": on that interface, or on the one of the route. */
static void join(char *text)
{
    struct addrinfo hints = {0}, *found;
    GROUP_REQ request = {0};
    char *scope = strchr(text, '%');
    BOOL v4;

    if (scope != NULL) {
        *scope = '\0';
        request.gr_interface = (ULONG)atoi(scope + 1);
    }
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(text, NULL, &hints, &found) != 0) {
        fail(text);
    }
    v4 = found->ai_family == AF_INET;
    memcpy(&request.gr_group, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (setsockopt(sockets[v4 ? 0 : 1], v4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP,
                   (char *)&request, sizeof(request)) != 0) {
        fail(text);
    }
}

/* Where a datagram was sent to, and by which interface it came. */
static ULONG destination(WSAMSG *message, char *text, size_t size)
{
    for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(message); c != NULL; c = WSA_CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            IN_PKTINFO *info = (IN_PKTINFO *)WSA_CMSG_DATA(c);

            inet_ntop(AF_INET, &info->ipi_addr, text, size);
            return info->ipi_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            IN6_PKTINFO *info = (IN6_PKTINFO *)WSA_CMSG_DATA(c);

            inet_ntop(AF_INET6, &info->ipi6_addr, text, size);
            return info->ipi6_ifindex;
        }
    }
    text[0] = '\0';
    return 0;
}

/* Receives one datagram and shows it. Returns 0 or the error. */
static int show(SOCKET s)
{
    char data[64], control[WSA_CMSG_SPACE(sizeof(IN6_PKTINFO))];
    char from[NI_MAXHOST], to[INET6_ADDRSTRLEN];
    SOCKADDR_INET name;
    WSABUF buffer = {sizeof(data), data};
    WSAMSG message = {(LPSOCKADDR)&name, sizeof(name), &buffer, 1, {sizeof(control), control}, 0};
    ULONG interface_index;
    DWORD bytes;

    /* A datagram longer than the buffer is an error, too, but one with data. */
    if (recv_msg(s, &message, &bytes, NULL, NULL) != 0 && WSAGetLastError() != WSAEMSGSIZE) {
        return WSAGetLastError();
    }
    interface_index = destination(&message, to, sizeof(to));
    getnameinfo((struct sockaddr *)&name, message.namelen, from, sizeof(from), NULL, 0,
                NI_NUMERICHOST);
    printf("%s to %s on interface %lu, %s: %.*s%s\n", from, to, (unsigned long)interface_index,
           message.dwFlags & MSG_MCAST   ? "multicast"
           : message.dwFlags & MSG_BCAST ? "broadcast"
                                         : "unicast",
           (int)bytes, data, message.dwFlags & MSG_TRUNC ? "..." : "");
    return 0;
}

int main(int argc, char **argv)
{
    WSAPOLLFD polled[2] = {{0}};
    WSADATA data;
    int error = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: multicast PORT GROUP[%%INTERFACE]...\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        sockets[i] = open_socket(families[i], (USHORT)atoi(argv[1]));
        polled[i].fd = sockets[i];
        polled[i].events = POLLRDNORM;
    }
    for (int i = 2; i < argc; i++) {
        join(argv[i]);
    }
    while (error == 0 && WSAPoll(polled, 2, -1) > 0) {
        for (int i = 0; error == 0 && i < 2; i++) {
            if (polled[i].revents != 0) {
                error = show(sockets[i]);
            }
        }
    }
    printf("ended by error %d\n", error);
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
