/*
 * echo_routine.c - a UDP echo server with overlapped receives that are told by completion routines.
 *
 * usage: echo_routine [PORT]
 *
 *     gcc -o echo_routine echo_routine.c $(pkg-config --cflags --libs winlwip)    on Linux
 *     cl echo_routine.c ws2_32.lib                                                on Windows
 *
 * The routine runs in the thread that made the call, while that thread waits alertably, here in
 * SleepEx. It answers and starts the next receive. MSG_* flags stand in the WSAMSG: the routine's own
 * parameter for them is always 0 with WSARecvMsg. The server ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
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
static SOCKET server;
static unsigned served;
static int end; /* the error that ends it all, 0 while none has */

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

static void CALLBACK received(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags);

/* Starts the slot's next receive; its routine is called in any case that is no error here. */
static void post(struct slot *slot)
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
        error = recv_msg(server, &slot->message, NULL, &slot->overlapped, received) == 0
                    ? 0 : WSAGetLastError();
    } while (passes(error));
    if (error != 0 && error != WSA_IO_PENDING) {
        end = error;
    }
}

static void CALLBACK received(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct slot *slot = CONTAINING_RECORD(overlapped, struct slot, overlapped);

    UNREFERENCED_PARAMETER(flags);
    if (error == 0) {
        slot->buffer.len = bytes;
        if (WSASendMsg(server, &slot->message, 0, &bytes, NULL, NULL) == 0) {
            served++;
        }
    } else if (!passes((int)error)) {
        end = (int)error;
        return;
    }
    post(slot);
}

int main(int argc, char **argv)
{
    USHORT port = argc > 1 ? (USHORT)atoi(argv[1]) : 5000;
    WSADATA data;
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    server = open_socket(port);
    for (int i = 0; end == 0 && i < SLOTS; i++) {
        post(&slots[i]);
    }
    while (end == 0) {
        SleepEx(INFINITE, TRUE);
    }
    printf("%u answered, ended by error %d\n", served, end);
    error = end;
    closesocket(server); /* ends the receives that still wait */
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
