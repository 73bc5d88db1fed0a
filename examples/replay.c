/*
 * replay.c - shows what WSARecvMsg gives for every datagram of a capture.
 *
 * usage: WINLWIP_CONFIG=examples/demo.conf replay [PORT]
 *
 *     gcc -o replay replay.c $(pkg-config --cflags --libs winlwip)
 *
 * An ordinary Winsock program: that its network is a capture file is said by the configuration that
 * WSAStartup reads. The data buffer is short on purpose: a longer datagram is an error, WSAEMSGSIZE,
 * but one with data, flags and control messages. At the end of the capture the network is down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

/* Control messages that the program asks for, and how their data is shown. */
enum shape { SHAPE_NUMBER, SHAPE_PKTINFO4, SHAPE_PKTINFO6 };

static const struct message_type {
    int level;
    int option; /* what switches it on */
    int type;   /* what it is called when it comes */
    const char *name;
    enum shape shape;
} types[] = {
    {IPPROTO_IP, IP_PKTINFO, IP_PKTINFO, "IP_PKTINFO", SHAPE_PKTINFO4},
    {IPPROTO_IP, IP_RECVTTL, IP_TTL, "IP_TTL", SHAPE_NUMBER},
    {IPPROTO_IP, IP_RECVTOS, IP_TOS, "IP_TOS", SHAPE_NUMBER},
    {IPPROTO_IPV6, IPV6_PKTINFO, IPV6_PKTINFO, "IPV6_PKTINFO", SHAPE_PKTINFO6},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_HOPLIMIT, "IPV6_HOPLIMIT", SHAPE_NUMBER},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, IPV6_TCLASS, "IPV6_TCLASS", SHAPE_NUMBER},
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static SOCKET open_socket(USHORT port)
{
    struct sockaddr_in6 local = {0};
    DWORD on = 1, off = 0;
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET ||
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof(off)) != 0) {
        fail("socket");
    }
    for (size_t i = 0; i < TYPES; i++) {
        if (setsockopt(s, types[i].level, types[i].option, (char *)&on, sizeof(on)) != 0) {
            fail(types[i].name);
        }
    }
    local.sin6_family = AF_INET6;
    local.sin6_port = htons(port);
    if (bind(s, (struct sockaddr *)&local, sizeof(local)) != 0) {
        fail("bind");
    }
    return s;
}

static void show_control(WSACMSGHDR *c)
{
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < TYPES; i++) {
        if (c->cmsg_level != types[i].level || c->cmsg_type != types[i].type) {
            continue;
        }
        if (types[i].shape == SHAPE_NUMBER) {
            printf("  %s %d\n", types[i].name, *(INT *)WSA_CMSG_DATA(c));
        } else if (types[i].shape == SHAPE_PKTINFO4) {
            IN_PKTINFO *info = (IN_PKTINFO *)WSA_CMSG_DATA(c);

            printf("  %s %s, interface %lu\n", types[i].name,
                   inet_ntop(AF_INET, &info->ipi_addr, text, sizeof(text)),
                   (unsigned long)info->ipi_ifindex);
        } else {
            IN6_PKTINFO *info = (IN6_PKTINFO *)WSA_CMSG_DATA(c);

            printf("  %s %s, interface %lu\n", types[i].name,
                   inet_ntop(AF_INET6, &info->ipi6_addr, text, sizeof(text)),
                   (unsigned long)info->ipi6_ifindex);
        }
        return;
    }
    printf("  level %d, type %d\n", c->cmsg_level, c->cmsg_type);
}

static void show(WSAMSG *message, DWORD bytes)
{
    char host[NI_MAXHOST], service[NI_MAXSERV];

    getnameinfo(message->name, message->namelen, host, sizeof(host), service, sizeof(service),
                NI_NUMERICHOST | NI_NUMERICSERV);
    printf("%lu bytes from %s port %s%s%s%s%s\n", (unsigned long)bytes, host, service,
           message->dwFlags & MSG_BCAST ? " MSG_BCAST" : "",
           message->dwFlags & MSG_MCAST ? " MSG_MCAST" : "",
           message->dwFlags & MSG_TRUNC ? " MSG_TRUNC" : "",
           message->dwFlags & MSG_CTRUNC ? " MSG_CTRUNC" : "");
    for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(message); c != NULL; c = WSA_CMSG_NXTHDR(message, c)) {
        show_control(c);
    }
}

int main(int argc, char **argv)
{
    char data[24], control[256];
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG recv_msg;
    WSADATA wsa;
    DWORD bytes;
    SOCKET s;

    if (WSAStartup(MAKEWORD(2, 2), &wsa) != 0) {
        fprintf(stderr, "WSAStartup failed: can the file in WINLWIP_CONFIG be read?\n");
        return 1;
    }
    s = open_socket((USHORT)(argc > 1 ? atoi(argv[1]) : 5000));
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &recv_msg,
                 sizeof(recv_msg), &bytes, NULL, NULL) != 0) {
        fail("WSAIoctl");
    }
    for (;;) {
        struct sockaddr_in6 from;
        WSABUF buffer = {sizeof(data), data};
        WSAMSG message = {(LPSOCKADDR)&from, sizeof(from), &buffer, 1, {sizeof(control), control},
                          0};

        if (recv_msg(s, &message, &bytes, NULL, NULL) != 0 && WSAGetLastError() != WSAEMSGSIZE) {
            break;
        }
        show(&message, bytes);
    }
    if (WSAGetLastError() != WSAENETDOWN) {
        fail("WSARecvMsg");
    }
    printf("the capture has ended\n");
    closesocket(s);
    WSACleanup();
    return 0;
}
