/*
 * echo_event.c - a UDP echo server with overlapped receives that are told by events.
 *
 * usage: echo_event [PORT]
 *
 *     gcc -o echo_event echo_event.c $(pkg-config --cflags --libs winlwip)    on Linux
 *     cl echo_event.c ws2_32.lib                                              on Windows
 *
 * Several receives wait at a time, each with an event and with memory of its own: what an overlapped
 * WSARecvMsg was given, WSAMSG and OVERLAPPED included, belongs to the call until it is complete.
 * Only the array of WSABUF may go at once. The server ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS 4
#define BUFFER_SIZE 65536
#define CONTROL_SIZE (WSA_CMSG_SPACE(sizeof(IN_PKTINFO)) + WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)))

struct slot {
    WSAOVERLAPPED overlapped;
    WSAMSG message;
    WSABUF buffer;
    struct sockaddr_in6 from;
    char control[CONTROL_SIZE];
    char data[BUFFER_SIZE];
};

static LPFN_WSARECVMSG recv_msg;
static struct slot slots[SLOTS];
static WSAEVENT events[SLOTS];

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
    SOCKET s = WSASocket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    if (s == INVALID_SOCKET) {
        fail("WSASocket");
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

/* Whether a receive that failed so is worth another one. */
static BOOL passes(int error)
{
    return error == WSAECONNRESET || error == WSAENETRESET;
}

/* Starts the slot's next receive. Its event tells the end, also when there is data at once. */
static int post(SOCKET s, struct slot *slot)
{
    int error;

    do {
        slot->buffer.buf = slot->data;
        slot->buffer.len = sizeof(slot->data);
        slot->message.name = (LPSOCKADDR)&slot->from;
        slot->message.namelen = sizeof(slot->from);
        slot->message.lpBuffers = &slot->buffer;
        slot->message.dwBufferCount = 1;
        slot->message.Control.buf = slot->control;
        slot->message.Control.len = sizeof(slot->control);
        slot->message.dwFlags = 0;
        error = recv_msg(s, &slot->message, NULL, &slot->overlapped, NULL) == 0
                    ? 0 : WSAGetLastError();
    } while (passes(error));
    return error == WSA_IO_PENDING ? 0 : error;
}

/* Answers a completed receive and starts the next one. Returns 0, or the error that ends it all. */
static int answer(SOCKET s, struct slot *slot, unsigned *served)
{
    DWORD bytes, flags;

    if (WSAGetOverlappedResult(s, &slot->overlapped, &bytes, FALSE, &flags)) {
        slot->buffer.len = bytes;
        if (WSASendMsg(s, &slot->message, 0, &bytes, NULL, NULL) == 0) {
            ++*served;
        }
    } else if (!passes(WSAGetLastError())) {
        return WSAGetLastError();
    }
    return post(s, slot);
}

static int serve(SOCKET s, unsigned *served)
{
    int error = 0;

    for (int i = 0; error == 0 && i < SLOTS; i++) {
        events[i] = slots[i].overlapped.hEvent = WSACreateEvent();
        error = events[i] == WSA_INVALID_EVENT ? WSAGetLastError() : post(s, &slots[i]);
    }
    while (error == 0) {
        DWORD which = WSAWaitForMultipleEvents(SLOTS, events, FALSE, WSA_INFINITE, FALSE);

        if (which >= WSA_WAIT_EVENT_0 + SLOTS) {
            fail("WSAWaitForMultipleEvents");
        }
        error = answer(s, &slots[which - WSA_WAIT_EVENT_0], served);
    }
    return error;
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
    closesocket(s); /* ends the receives that still wait */
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
