/*
 * ask.c - a UDP client: sends a line of text to a server and prints what it answers.
 *
 * usage: ask HOST PORT TEXT
 *
 *     gcc -o ask ask.c $(pkg-config --cflags --libs winlwip)                  on Linux
 *     cl ask.c ws2_32.lib                                                     on Windows
 *
 * Datagrams get lost: the request is sent again when there is no answer within half a second, ten
 * times in all. The socket is connected, so that only the server's answers are heard; that nobody
 * has the port is told as WSAECONNRESET, which here ends nothing either: the server may be
 * starting.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS 10
#define ANSWER_WITHIN_MS 500
#define ANSWER_SIZE 65536

static int fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    return 1;
}

/* A socket that is connected to the first address of host. INVALID_SOCKET: WSAGetLastError(). */
static SOCKET open_socket(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    const DWORD limit_ms = ANSWER_WITHIN_MS;
    struct addrinfo *server;
    SOCKET s;

    if (getaddrinfo(host, port, &hints, &server) != 0) {
        return INVALID_SOCKET;
    }
    s = socket(server->ai_family, SOCK_DGRAM, IPPROTO_UDP);
    if (s != INVALID_SOCKET &&
        (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&limit_ms, sizeof(limit_ms)) != 0 ||
         connect(s, server->ai_addr, (int)server->ai_addrlen) != 0)) {
        closesocket(s);
        s = INVALID_SOCKET;
    }
    freeaddrinfo(server);
    return s;
}

/* Sends until there is an answer, and prints that. Returns the exit status. */
static int ask(SOCKET s, const char *text)
{
    static char answer[ANSWER_SIZE];

    for (int i = 0; i < ATTEMPTS; i++) {
        int bytes;

        if (send(s, text, (int)strlen(text), 0) == SOCKET_ERROR) {
            return fail("send");
        }
        bytes = recv(s, answer, sizeof(answer), 0);
        if (bytes != SOCKET_ERROR) {
            printf("%.*s\n", bytes, answer);
            return 0;
        }
        if (WSAGetLastError() == WSAECONNRESET) {
            Sleep(ANSWER_WITHIN_MS);
        } else if (WSAGetLastError() != WSAETIMEDOUT) {
            return fail("recv");
        }
    }
    fprintf(stderr, "no answer\n");
    return 1;
}

int main(int argc, char **argv)
{
    WSADATA data;
    SOCKET s;
    int error, status;

    if (argc != 4) {
        fprintf(stderr, "usage: ask HOST PORT TEXT\n");
        return 2;
    }
    error = WSAStartup(MAKEWORD(2, 2), &data);
    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    s = open_socket(argv[1], argv[2]);
    status = s == INVALID_SOCKET ? fail("connecting") : ask(s, argv[3]);
    WSACleanup();
    return status;
}
