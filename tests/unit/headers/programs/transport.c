/*
 * A library's transport: members named as Winsock's functions, functions found by name, qWAVE looked
 * for, one source for POSIX and Windows.
 */
#if defined(_WIN32)
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <mstcpip.h>
#include <qos2.h>
#include <versionhelpers.h>
typedef SOCKET socket_t;
#define close_socket closesocket
#define socket_errno() WSAGetLastError()
#define EWOULDBLOCK_ WSAEWOULDBLOCK
#define strcasecmp _stricmp
#define snprintf _snprintf
#else
#error "the Windows branch is what is tested"
#endif
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

typedef BOOL(WINAPI *QOSCreateHandle_t)(PQOS_VERSION, PHANDLE);
typedef BOOL(WINAPI *QOSAddSocketToFlow_t)(HANDLE, SOCKET, PSOCKADDR, QOS_TRAFFIC_TYPE, DWORD,
                                           PQOS_FLOWID);

struct transport {
    socket_t fd;
    int (*send)(struct transport *self, const void *data, size_t size);
    int (*recv)(struct transport *self, void *data, size_t size);
    int (*bind)(struct transport *self, uint16_t port);
    int (*select)(struct transport *self, const struct timeval *timeout);
    int (*closesocket)(struct transport *self);
};

struct options {
    int socket, connect, accept, listen, shutdown;
    unsigned htons;
};

static int transport_send(struct transport *self, const void *data, size_t size)
{
    return send(self->fd, (const char *)data, (int)size, 0);
}

static int transport_recv(struct transport *self, void *data, size_t size)
{
    int n = recv(self->fd, (char *)data, (int)size, 0);

    if (n < 0) {
        switch (socket_errno()) {
        case EWOULDBLOCK_:
        case WSAETIMEDOUT:
            return 0;
        case WSAECONNRESET:
        case WSAENETRESET:
            return -ECONNRESET;
        default:
            return -EIO;
        }
    }
    return n;
}

static int transport_bind(struct transport *self, uint16_t port)
{
    struct sockaddr_in sin;
    BOOL bNewBehavior = FALSE;
    DWORD dwBytesReturned = 0;

    memset(&sin, 0, sizeof sin);
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (WSAIoctl(self->fd, SIO_UDP_CONNRESET, &bNewBehavior, sizeof(bNewBehavior), NULL, 0,
                 &dwBytesReturned, NULL, NULL) == SOCKET_ERROR &&
        WSAGetLastError() != WSAEOPNOTSUPP) {
        return -1;
    }
    return bind(self->fd, (struct sockaddr *)&sin, (socklen_t)sizeof(sin));
}

static int transport_select(struct transport *self, const struct timeval *timeout)
{
    fd_set r;

    FD_ZERO(&r);
    FD_SET(self->fd, &r);
    return select((int)self->fd + 1, &r, NULL, NULL, timeout);
}

static int transport_close(struct transport *self)
{
    return close_socket(self->fd);
}

/* Marks the flow if Windows can; qWAVE is not on every installation. */
static void add_to_flow(struct transport *self)
{
    HMODULE qwave = LoadLibrary(TEXT("qwave.dll"));
    QOSCreateHandle_t create;
    QOS_VERSION version = {1, 0};
    HANDLE handle = NULL;

    if (qwave == NULL || !IsWindows7OrGreater()) {
        return;
    }
    create = (QOSCreateHandle_t)GetProcAddress(qwave, "QOSCreateHandle");
    if (create != NULL && create(&version, &handle)) {
        QOSAddSocketToFlow_t add =
            (QOSAddSocketToFlow_t)GetProcAddress(qwave, "QOSAddSocketToFlow");
        QOS_FLOWID flow = 0;

        if (add != NULL) {
            add(handle, self->fd, NULL, QOSTrafficTypeVoice, QOS_NON_ADAPTIVE_FLOW, &flow);
        }
    }
    FreeLibrary(qwave);
}

int transport_init(struct transport *self, const struct options *options)
{
    WSADATA wsa;
    int one = 1;
    char name[32];

    if (WSAStartup(MAKEWORD(1, 1), &wsa) != 0) {
        return -1;
    }
    self->send = transport_send;
    self->recv = transport_recv;
    self->bind = transport_bind;
    self->select = transport_select;
    self->closesocket = transport_close;
    self->fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    setsockopt(self->fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&one, sizeof(one));
    add_to_flow(self);
    snprintf(name, sizeof(name), "%d", options->socket + options->connect + options->accept);
    if (strcasecmp(name, "UDP") == 0 || options->listen > options->shutdown) {
        return self->closesocket(self);
    }
    return self->bind(self, (uint16_t)max(options->htons, 1024u));
}

int main(void)
{
    struct transport t;
    struct options options = {0, 0, 0, 0, 0, 0};
    struct timeval tv;
    char data[64];

    tv.tv_sec = 1;
    tv.tv_usec = 0;
    if (transport_init(&t, &options) != 0) {
        return 1;
    }
    t.send(&t, "x", 1);
    if (t.select(&t, &tv) > 0) {
        t.recv(&t, data, sizeof(data));
    }
    return t.closesocket(&t);
}
