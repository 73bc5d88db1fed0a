/*
 * retransmit.c - sends numbered datagrams to an echo server, and again what was not answered.
 *
 * usage: retransmit SERVER PORT COUNT
 *
 *     gcc -o retransmit retransmit.c $(pkg-config --cflags --libs winlwip)    on Linux
 *     cl retransmit.c ws2_32.lib                                              on Windows
 *
 * All numbers are sent in one go; when no more echo has come for a while, those without one are
 * sent once more, until all are answered. How many got lost, there or on the way back, is what
 * the program prints for each round. Exit status: 0 if all were answered in the end.
 *
 * On a link with a seeded fault the fate of each frame follows from its number among the frames of
 * the link, so that a run can be repeated. But a host also speaks unasked: in its first seconds it
 * tries its addresses, joins the groups for neighbour discovery and looks for routers. The program
 * lets that pass first, or the numbers would depend on which of both comes first.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 1000
#define ROUNDS_MAX 20
#define QUIET_MS 9000 /* the stack has introduced itself by then */
#define SILENCE_MS 1000 /* no echo for so long: the others are lost */
#define GREETINGS_MAX 20

static BOOL answered[COUNT_MAX];

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(2);
}

static SOCKET open_socket(const char *server, const char *port)
{
    struct addrinfo hints = {0}, *found;
    int room = 1 << 20; /* for all echoes at once */
    SOCKET s;

    hints.ai_socktype = SOCK_DGRAM;
    if (getaddrinfo(server, port, &hints, &found) != 0) {
        fail("getaddrinfo");
    }
    s = socket(found->ai_family, SOCK_DGRAM, IPPROTO_UDP);
    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    if (setsockopt(s, SOL_SOCKET, SO_RCVBUF, (char *)&room, sizeof(room)) != 0 ||
        connect(s, found->ai_addr, (int)found->ai_addrlen) != 0) {
        fail("connect");
    }
    freeaddrinfo(found);
    return s;
}

static void send_text(SOCKET s, const char *text)
{
    if (send(s, text, (int)strlen(text), 0) == SOCKET_ERROR) {
        fail("send");
    }
}

/* Waits for one echo. Returns FALSE when none has come within that time. */
static BOOL receive_text(SOCKET s, DWORD timeout_ms, char *text, int size)
{
    int length;

    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout_ms, sizeof(timeout_ms));
    do { /* WSAECONNRESET: the server was not there yet; that is another kind of lost */
        length = recv(s, text, size - 1, 0);
    } while (length == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);
    if (length == SOCKET_ERROR) {
        if (WSAGetLastError() != WSAETIMEDOUT) {
            fail("recv");
        }
        return FALSE;
    }
    text[length] = '\0';
    return TRUE;
}

/* Waits until the server answers, and so both know each other's link-layer address. */
static void greet(SOCKET s)
{
    char text[32];

    receive_text(s, QUIET_MS, text, sizeof(text)); /* nothing can come */
    for (int i = 0; i < GREETINGS_MAX; i++) {
        send_text(s, "hello");
        if (receive_text(s, SILENCE_MS, text, sizeof(text))) {
            return;
        }
    }
    printf("the server does not answer\n");
    exit(1);
}

/* Sends what has no answer yet and collects the echoes. Returns how many are still without one. */
static int play_round(SOCKET s, int round, int count)
{
    char text[32];
    int sent = 0, lost = 0;

    for (int i = 0; i < count; i++) {
        if (!answered[i]) {
            snprintf(text, sizeof(text), "number %d", i);
            send_text(s, text);
            sent++;
        }
    }
    while (receive_text(s, SILENCE_MS, text, sizeof(text))) {
        int number;

        if (sscanf(text, "number %d", &number) == 1 && number >= 0 && number < count) {
            answered[number] = TRUE;
        }
    }
    for (int i = 0; i < count; i++) {
        lost += !answered[i];
    }
    printf("round %d: %d sent, %d lost\n", round, sent, lost);
    return lost;
}

int main(int argc, char **argv)
{
    int count = argc == 4 ? atoi(argv[3]) : 0;
    int round = 0, lost, lost_in_all = 0;
    WSADATA data;
    SOCKET s;

    if (count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "usage: retransmit SERVER PORT COUNT (at most %d)\n", COUNT_MAX);
        return 2;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 2;
    }
    s = open_socket(argv[1], argv[2]);
    greet(s);
    do {
        lost = play_round(s, ++round, count);
        lost_in_all += lost;
    } while (lost > 0 && round < ROUNDS_MAX);
    printf("%d datagrams, %d lost and sent again, %d never answered\n", count, lost_in_all - lost,
           lost);
    closesocket(s);
    WSACleanup();
    return lost == 0 ? 0 : 1;
}
