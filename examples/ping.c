/*
 * ping.c - asks a host for echoes by a raw socket, over IPv4 or IPv6.
 *
 * usage: ping HOST [COUNT]
 *
 *     gcc -o ping ping.c $(pkg-config --cflags --libs winlwip)                on Linux
 *     cl ping.c ws2_32.lib                                                    on Windows
 *
 * A raw IPv4 socket delivers the IP header in front of the ICMP message, a raw IPv6 socket never
 * does; the ICMPv6 checksum is the stack's work, that of ICMP the program's. Raw sockets get the
 * answers of everybody, hence the identifier. Exit status: 0 if all requests were answered.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 1000
#define DATA_SIZE 32

struct echo {
    UCHAR type;
    UCHAR code;
    USHORT checksum;
    USHORT identifier;
    USHORT sequence;
    UCHAR data[DATA_SIZE];
};

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(2);
}

/* The Internet checksum (RFC 1071) of an even number of bytes. */
static USHORT checksum(const void *data, size_t size)
{
    const USHORT *word = (const USHORT *)data;
    ULONG sum = 0;

    for (; size > 1; size -= 2) {
        sum += *word++;
    }
    sum = (sum >> 16) + (sum & 0xFFFF);
    return (USHORT) ~(sum + (sum >> 16));
}

static double now_ms(void)
{
    LARGE_INTEGER count, frequency;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1000 / (double)frequency.QuadPart;
}

/* Waits for the answer to one request. Returns its size in bytes, 0 when none came in time. */
static int await(SOCKET s, BOOL v4, const struct echo *request, double end)
{
    UCHAR packet[1500];

    for (double left = end - now_ms(); left > 0; left = end - now_ms()) {
        DWORD timeout = (DWORD)left + 1;
        int size, header = 0;

        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout));
        size = recv(s, (char *)packet, sizeof(packet), 0);
        if (size == SOCKET_ERROR) {
            if (WSAGetLastError() == WSAETIMEDOUT) {
                break;
            }
            fail("recv");
        }
        if (v4) {
            header = (packet[0] & 15) * 4;
        }
        if (size >= header + 8 && packet[header] == (v4 ? 0 : 129) &&
            memcmp(packet + header + 4, &request->identifier, 4) == 0) {
            return size - header;
        }
    }
    return 0;
}

static SOCKET open_socket(const struct addrinfo *host)
{
    SOCKET s = socket(host->ai_family, SOCK_RAW,
                      host->ai_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

    if (s == INVALID_SOCKET) {
        fail("socket"); /* WSAEACCES: raw sockets are for administrators */
    }
    if (connect(s, host->ai_addr, (int)host->ai_addrlen) != 0) {
        fail("connect");
    }
    return s;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 4;
    int answered = 0;
    struct addrinfo hints = {0}, *host;
    struct echo request = {0};
    WSADATA data;
    SOCKET s;
    BOOL v4;

    if (argc < 2) {
        fprintf(stderr, "usage: ping HOST [COUNT]\n");
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 2;
    }
    hints.ai_socktype = SOCK_RAW;
    if (getaddrinfo(argv[1], NULL, &hints, &host) != 0) {
        fail("getaddrinfo");
    }
    v4 = host->ai_family == AF_INET;
    s = open_socket(host);
    freeaddrinfo(host);
    request.identifier = (USHORT)GetCurrentProcessId();
    for (int i = 1; i <= count; i++) {
        double start = now_ms();
        int size;

        request.type = v4 ? 8 : 128;
        request.sequence = htons((USHORT)i);
        request.checksum = 0;
        if (v4) {
            request.checksum = checksum(&request, sizeof(request));
        }
        if (send(s, (char *)&request, sizeof(request), 0) == SOCKET_ERROR) {
            fail("send");
        }
        size = await(s, v4, &request, start + TIMEOUT_MS);
        if (size > 0) {
            printf("%d bytes from %s: sequence %d, %.1f ms\n", size, argv[1], i, now_ms() - start);
            answered++;
        } else {
            printf("no answer: sequence %d\n", i);
        }
    }
    printf("%d of %d answered\n", answered, count);
    closesocket(s);
    WSACleanup();
    return answered == count ? 0 : 1;
}
