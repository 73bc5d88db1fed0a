/*
 * distance_server.c - tells every sender how far away it is.
 *
 * usage: distance_server PORT
 *
 *     gcc -o distance_server distance_server.c $(pkg-config --cflags --libs winlwip)  on Linux
 *     cl distance_server.c ws2_32.lib                                                 on Windows
 *
 * One socket for both families. IP_RECVTTL and IPV6_HOPLIMIT have WSARecvMsg add the number that
 * was left in the IP header when the datagram came; the answer is "BYTES arrived with HOPS". The
 * program says when it is ready, and serves until it is ended or the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LPFN_WSARECVMSG recv_msg;

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

static SOCKET open_socket(USHORT port)
{
    struct sockaddr_in6 local = {0};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes, on = 1, off = 0;
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    local.sin6_family = AF_INET6;
    local.sin6_port = htons(port);
    if (setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof(off)) != 0 ||
        setsockopt(s, IPPROTO_IP, IP_RECVTTL, (char *)&on, sizeof(on)) != 0 ||
        setsockopt(s, IPPROTO_IPV6, IPV6_HOPLIMIT, (char *)&on, sizeof(on)) != 0) {
        fail("setsockopt");
    }
    if (bind(s, (struct sockaddr *)&local, sizeof(local)) != 0) {
        fail("bind");
    }
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &recv_msg,
                 sizeof(recv_msg), &bytes, NULL, NULL) != 0) {
        fail("WSAIoctl");
    }
    return s;
}

/* The TTL of an IPv4 datagram or the hop limit of an IPv6 one; -1: not told. */
static int hops_left(WSAMSG *message)
{
    for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(message); c != NULL; c = WSA_CMSG_NXTHDR(message, c)) {
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            return *(INT *)WSA_CMSG_DATA(c);
        }
    }
    return -1;
}

/* Receives and answers one datagram. Returns 0 or the error. */
static int serve(SOCKET s)
{
    static char data[65536];
    char control[WSA_CMSG_SPACE(sizeof(INT))], answer[64];
    struct sockaddr_in6 from;
    WSABUF buffer = {sizeof(data), data};
    WSAMSG message = {(LPSOCKADDR)&from, sizeof(from), &buffer, 1, {sizeof(control), control}, 0};
    DWORD bytes;

    if (recv_msg(s, &message, &bytes, NULL, NULL) != 0) {
        return WSAGetLastError();
    }
    snprintf(answer, sizeof(answer), "%u arrived with %d", (unsigned)bytes, hops_left(&message));
    sendto(s, answer, (int)strlen(answer), 0, (struct sockaddr *)&from, message.namelen);
    return 0;
}

int main(int argc, char **argv)
{
    WSADATA data;
    SOCKET s;
    int error;

    if (argc != 2) {
        fprintf(stderr, "usage: distance_server PORT\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 1;
    }
    s = open_socket((USHORT)atoi(argv[1]));
    printf("ready at port %s\n", argv[1]);
    fflush(stdout);
    do {
        error = serve(s);
    } while (error == 0 || error == WSAECONNRESET || error == WSAENETRESET);
    printf("ended by error %d\n", error);
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
