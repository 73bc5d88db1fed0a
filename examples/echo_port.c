/*
 * echo_port.c - a UDP echo server with a completion port and two threads.
 *
 * usage: echo_port [PORT]
 *
 *     gcc -o echo_port echo_port.c $(pkg-config --cflags --libs winlwip)      on Linux
 *     cl echo_port.c ws2_32.lib                                               on Windows
 *
 * Receives are filled in the order in which they were posted, whichever thread takes their packets;
 * with two threads answers may leave in another one. A slot belongs to whoever took its packet until
 * it is posted again. The server ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 2
#define SLOTS 8
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
static HANDLE port;
static LONG served;
static LONG end; /* the error that ends it all, 0 while none has */

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

static SOCKET open_socket(USHORT number)
{
    struct sockaddr_in6 local = {0};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes, on = 1, off = 0;
    SOCKET s = WSASocket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    if (s == INVALID_SOCKET) {
        fail("WSASocket");
    }
    local.sin6_family = AF_INET6;
    local.sin6_port = htons(number);
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

/* Notes the error that ends it all and calls every thread out of its wait. */
static void stop(int error)
{
    if (InterlockedCompareExchange(&end, error, 0) == 0) {
        for (int i = 0; i < THREADS; i++) {
            PostQueuedCompletionStatus(port, 0, 0, NULL);
        }
    }
}

/* Starts the slot's next receive; a packet comes for it in any case that is no error here. */
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
        error = recv_msg(server, &slot->message, NULL, &slot->overlapped, NULL) == 0
                    ? 0 : WSAGetLastError();
    } while (passes(error));
    if (error != 0 && error != WSA_IO_PENDING) {
        stop(error);
    }
}

/* Answers a completed receive and starts the next one. */
static void answer(struct slot *slot)
{
    DWORD bytes, flags;

    /* The port's own error is kernel32's; this call tells Winsock's. */
    if (WSAGetOverlappedResult(server, &slot->overlapped, &bytes, FALSE, &flags)) {
        slot->buffer.len = bytes;
        if (WSASendMsg(server, &slot->message, 0, &bytes, NULL, NULL) == 0) {
            InterlockedIncrement(&served);
        }
    } else if (!passes(WSAGetLastError())) {
        stop(WSAGetLastError());
        return;
    }
    post(slot);
}

static DWORD WINAPI work(LPVOID unused)
{
    UNREFERENCED_PARAMETER(unused);
    for (;;) {
        LPOVERLAPPED overlapped = NULL;
        ULONG_PTR key;
        DWORD bytes;

        GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        if (overlapped == NULL) {
            return 0; /* the packet of stop() */
        }
        answer(CONTAINING_RECORD(overlapped, struct slot, overlapped));
    }
}

int main(int argc, char **argv)
{
    USHORT number = argc > 1 ? (USHORT)atoi(argv[1]) : 5000;
    HANDLE threads[THREADS];
    WSADATA data;
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    server = open_socket(number);
    port = CreateIoCompletionPort((HANDLE)server, NULL, 0, THREADS);
    if (port == NULL) {
        fail("CreateIoCompletionPort");
    }
    for (int i = 0; i < SLOTS; i++) {
        post(&slots[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, work, NULL, 0, NULL);
        if (threads[i] == NULL) {
            fail("CreateThread");
        }
    }
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    printf("%d answered, ended by error %d\n", (int)served, (int)end);
    closesocket(server); /* ends the receives that still wait */
    WSACleanup();
    CloseHandle(port);
    return end == WSAENETDOWN ? 0 : 1;
}
