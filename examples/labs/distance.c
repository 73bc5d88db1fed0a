/*
 * distance.c - learns how many routers are on the way to a server, and how much fits through.
 *
 * usage: distance SERVER PORT
 *
 *     gcc -o distance distance.c $(pkg-config --cflags --libs winlwip)        on Linux
 *     cl distance.c ws2_32.lib                                                on Windows
 *
 * The server is distance_server.c; each of its addresses is tried. Every router takes one off the
 * TTL (IPv4) or hop limit (IPv6) of a packet, so the difference between what was sent and what
 * arrived tells their number. A packet that is too big for the next link, and may not be
 * fragmented, is dropped by the router, which says so to the sender; the stack keeps the size as
 * the path MTU of the destination, where IP_MTU and IPV6_MTU show it. Exit status: 0 if all
 * answered.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOPS 64
#define ASK_AGAIN_MS 500
#define TRIES 40
#define UDP_HEADER 8

/* What both families have under names of their own. */
struct family {
    int level, hops, mtu, mtu_discover;
    int header; /* of IP, bytes */
};

static const struct family v4 = {IPPROTO_IP, IP_TTL, IP_MTU, IP_MTU_DISCOVER, 20};
static const struct family v6 = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, IPV6_MTU, IPV6_MTU_DISCOVER, 40};

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(2);
}

/* A connected socket whose datagrams no router may cut: those that don't fit are lost. */
static SOCKET open_socket(const struct addrinfo *server, const struct family *family)
{
    DWORD hops = HOPS, discover = IP_PMTUDISC_DO, timeout_ms = ASK_AGAIN_MS;
    SOCKET s = socket(server->ai_family, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    if (setsockopt(s, family->level, family->hops, (char *)&hops, sizeof(hops)) != 0 ||
        setsockopt(s, family->level, family->mtu_discover, (char *)&discover,
                   sizeof(discover)) != 0 ||
        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout_ms, sizeof(timeout_ms)) != 0) {
        fail("setsockopt");
    }
    if (connect(s, server->ai_addr, (int)server->ai_addrlen) != 0) {
        fail("connect");
    }
    return s;
}

/* The largest packet that the stack sends to the server. */
static int path_mtu(SOCKET s, const struct family *family)
{
    DWORD mtu = 0;
    int size = sizeof(mtu);

    if (getsockopt(s, family->level, family->mtu, (char *)&mtu, &size) != 0) {
        fail("getsockopt");
    }
    return (int)mtu;
}

/*
 * Sends a packet of so many bytes and waits for its answer. Returns what was left of the hops
 * when it arrived, or -1: no answer in time, or too big to be sent.
 */
static int ask_once(SOCKET s, const struct family *family, int packet_size)
{
    static char data[65536];
    int size = packet_size - family->header - UDP_HEADER;
    int bytes, hops, length;
    char answer[64];

    if (send(s, data, size, 0) == SOCKET_ERROR) {
        if (WSAGetLastError() != WSAEMSGSIZE) {
            fail("send");
        }
        return -1;
    }
    while ((length = recv(s, answer, sizeof(answer) - 1, 0)) != SOCKET_ERROR) {
        answer[length] = '\0';
        if (sscanf(answer, "%d arrived with %d", &bytes, &hops) == 2 && bytes == size) {
            return hops;
        }
    }
    return -1;
}

/* The same until there is an answer, or the path MTU is less than the packet's size. */
static int ask(SOCKET s, const struct family *family, int packet_size)
{
    int hops = -1;

    for (int i = 0; i < TRIES && hops < 0 && path_mtu(s, family) >= packet_size; i++) {
        hops = ask_once(s, family, packet_size);
    }
    return hops;
}

static BOOL measure(const struct addrinfo *server)
{
    const struct family *family = server->ai_family == AF_INET ? &v4 : &v6;
    SOCKET s = open_socket(server, family);
    char name[NI_MAXHOST];
    int hops = ask(s, family, 100); /* also waits until the server is there */

    getnameinfo(server->ai_addr, (socklen_t)server->ai_addrlen, name, sizeof(name), NULL, 0,
                NI_NUMERICHOST);
    if (hops < 0) {
        printf("%s: no answer\n", name);
    } else {
        int mtu = path_mtu(s, family);

        printf("%s: sent with %d hops, arrived with %d, so %d on the way\n", name, HOPS, hops,
               HOPS - hops);
        hops = ask(s, family, mtu);
        printf("%s: a packet of %d bytes %s\n", name, mtu, hops < 0 ? "does not fit" : "fits");
        if (hops < 0) {
            mtu = path_mtu(s, family);
            hops = ask(s, family, mtu);
            printf("%s: the path MTU is %d, and such a packet %s\n", name, mtu,
                   hops < 0 ? "does not fit either" : "fits");
        }
    }
    closesocket(s);
    return hops >= 0;
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {0}, *servers;
    BOOL all = TRUE;
    WSADATA data;

    if (argc != 3) {
        fprintf(stderr, "usage: distance SERVER PORT\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 2;
    }
    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(argv[1], argv[2], &hints, &servers) != 0) {
        fail("getaddrinfo");
    }
    for (const struct addrinfo *server = servers; server != NULL; server = server->ai_next) {
        all = measure(server) && all;
    }
    freeaddrinfo(servers);
    WSACleanup();
    return all ? 0 : 1;
}
