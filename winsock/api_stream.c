/*
 * api_stream.c - what only stream sockets are for: listen, accept.
 *
 * There are no streams here. The calls exist so that a program that has a stream beside its
 * datagrams builds, and learns at once that it gets none. No state.
 */
#include "winsock/api.h"

#include <winsock2.h>

#include "winsock/socket.h"

/*
 * The error of a call for streams: WSANOTINITIALISED, WSAENOTSOCK, else WSAEOPNOTSUPP: datagram and
 * raw sockets do not listen (WB 7.12), and stream sockets carry nothing.
 */
static int refuse(SOCKET s)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error != 0) {
        return error;
    }
    socket_put(socket);
    return WSAEOPNOTSUPP;
}

int listen(SOCKET s, int backlog)
{
    (void)backlog;
    return api_result(refuse(s));
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is Windows' */
SOCKET accept(SOCKET s, struct sockaddr *address, int *length)
{
    (void)address;
    (void)length;
    api_result(refuse(s));
    return INVALID_SOCKET;
}

SOCKET WSAAccept(SOCKET s, struct sockaddr *address, LPINT length, LPCONDITIONPROC condition,
                 DWORD_PTR data)
{
    (void)condition;
    (void)data;
    return accept(s, address, length);
}
