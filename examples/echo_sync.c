/*
 * echo_sync.c - a UDP echo server with blocking calls: one thread, one datagram at a time.
 *
 * usage: echo_sync [PORT]
 *
 *     gcc -o echo_sync echo_sync.c $(pkg-config --cflags --libs winlwip)      on Linux
 *     cl echo_sync.c ws2_32.lib                                               on Windows
 *
 * One socket serves IPv4 and IPv6. WSARecvMsg tells in the control messages to which address a
 * request was sent; the same WSAMSG goes back to WSASendMsg as the reply, which so leaves from that
 * address. The server ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_SIZE 65536
#define CONTROL_SIZE (WSA_CMSG_SPACE(sizeof(IN_PKTINFO)) + WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)))

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
        setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof(on)) != 0 ||
        setsockopt(s, IPPROTO_IPV6, IPV6_PKTINFO, (char *)&on, sizeof(on)) != 0) {
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

/* Answers until a receive fails for good. Returns that error. */
static int serve(SOCKET s, unsigned *served)
{
    static char data[BUFFER_SIZE];
    static char control[CONTROL_SIZE];

    for (;;) {
        struct sockaddr_in6 from;
        WSABUF buffer = {sizeof(data), data};
        WSAMSG message = {(LPSOCKADDR)&from, sizeof(from), &buffer, 1, {sizeof(control), control},
                          0};
        DWORD bytes;

        if (recv_msg(s, &message, &bytes, NULL, NULL) != 0) {
            int error = WSAGetLastError();

            /* The answer to an earlier request found nobody there: that is the client's loss. */
            if (error == WSAECONNRESET || error == WSAENETRESET) {
                continue;
            }
            return error;
        }
        buffer.len = bytes;
        if (WSASendMsg(s, &message, 0, &bytes, NULL, NULL) == 0) {
            ++*served;
        }
    }
}

int main(int argc, char **argv)
{
    USHORT port = argc > 1 ? (USHORT)atoi(argv[1]) : 5000;
    unsigned served = 0;
    WSADATA data;
    SOCKET s;
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    s = open_socket(port);
    error = serve(s, &served);
    printf("%u answered, ended by error %d\n", served, error);
    closesocket(s);
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
