/*
 * api_send.c - the send calls. Each turns its arguments into a send_request and has sendmsg.c carry
 * it out.
 */
#include "winsock/api.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/sendmsg.h"
#include "winsock/socket.h"

/* MSG_DONTROUTE is accepted without effect; nothing else means anything for a datagram. */
static int check_flags(DWORD flags)
{
    return (flags & ~(DWORD)MSG_DONTROUTE) != 0 ? WSAEOPNOTSUPP : 0;
}

/* Where to; NULL stands for the connected peer. */
static int take_name(const struct socket *socket, const void *name, int length,
                     struct send_request *request)
{
    int size = name_size(socket->family);

    if (name == NULL) {
        return 0;
    }
    if (length < size || memory_readable(name, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    request->name = name;
    request->name_bytes = length;
    return 0;
}

static int take_buffers(const WSABUF *buffers, DWORD count, struct send_request *request)
{
    int error = api_check_buffers(buffers, count, 0);

    if (error != 0) {
        return error;
    }
    request->buffers = buffers;
    request->buffer_count = count;
    return 0;
}

/*
 * What the calls with WSABUFs have in common once their request stands. The socket is bound before
 * a missing byte count is found (WB 2.3).
 */
static int finish(struct socket *socket, const struct send_request *request, LPDWORD sent_bytes,
                  LPWSAOVERLAPPED overlapped)
{
    uint32_t bytes;
    int error = api_check_overlapped(socket, overlapped);

    if (error == 0 && (sent_bytes != NULL || overlapped == NULL) &&
        memory_writable(sent_bytes, sizeof(*sent_bytes)) != 0) {
        error = sendmsg_prepare(socket, request);
        return error != 0 ? error : WSAEFAULT;
    }
    if (error == 0) {
        error = sendmsg_send(socket, request, &bytes);
    }
    if (error != 0) {
        return error;
    }
    if (sent_bytes != NULL) {
        *sent_bytes = bytes;
    }
    api_finish_overlapped(overlapped, 0, bytes);
    return 0;
}

/* dwFlags of the WSAMSG is left over from a receive and not looked at (C17). */
static int send_message(struct socket *socket, LPWSAMSG message, DWORD flags, LPDWORD sent_bytes,
                        LPWSAOVERLAPPED overlapped)
{
    struct send_request request = {.unnamed_error = WSAENOTCONN};
    int error = memory_readable(message, sizeof(*message));

    if (error != 0) {
        return error;
    }
    if (!socket_is_datagram(socket)) {
        return WSAEINVAL; /* WB 2.9 */
    }
    error = check_flags(flags);
    if (error == 0 && message->name == NULL && message->namelen != 0) {
        error = WSAEFAULT;
    }
    if (error == 0) {
        error = take_name(socket, message->name, message->namelen, &request);
    }
    if (error == 0) {
        error = memory_readable(message->Control.buf, message->Control.len);
    }
    if (error == 0) {
        error = take_buffers(message->lpBuffers, message->dwBufferCount, &request);
    }
    if (error != 0) {
        return error;
    }
    request.control = message->Control.buf;
    request.control_bytes = message->Control.len;
    return finish(socket, &request, sent_bytes, overlapped);
}

int WSASendMsg(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD sent_bytes,
               LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    (void)routine; /* C12 */
    if (error == 0) {
        error = send_message(socket, message, flags, sent_bytes, overlapped);
        socket_put(socket);
    }
    return api_result(error);
}

/* WSASend and WSASendTo, which differ in what a missing name means. */
static int send_buffers(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent_bytes, DWORD flags,
                        const struct sockaddr *to, int to_length, int unnamed_error,
                        LPWSAOVERLAPPED overlapped)
{
    struct send_request request = {.unnamed_error = unnamed_error};
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error != 0) {
        return error;
    }
    error = socket_is_datagram(socket) ? check_flags(flags) : WSAEOPNOTSUPP;
    if (error == 0) {
        error = take_name(socket, to, to_length, &request);
    }
    if (error == 0) {
        error = take_buffers(buffers, count, &request);
    }
    if (error == 0) {
        error = finish(socket, &request, sent_bytes, overlapped);
    }
    socket_put(socket);
    return error;
}

int WSASendTo(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent_bytes, DWORD flags,
              const struct sockaddr *to, int to_length, LPWSAOVERLAPPED overlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    (void)routine; /* C12 */
    return api_result(send_buffers(s, buffers, count, sent_bytes, flags, to, to_length,
                                   WSAEDESTADDRREQ, overlapped));
}

int WSASend(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent_bytes, DWORD flags,
            LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    (void)routine; /* C12 */
    return api_result(send_buffers(s, buffers, count, sent_bytes, flags, NULL, 0, WSAENOTCONN,
                                   overlapped));
}

/*
 * send and sendto. The cast away of const is the API's: a WSABUF serves both directions. A negative
 * length is a fault, wherever data points (WB 3.11).
 */
static int send_plain(SOCKET s, const char *data, int length, int flags,
                      const struct sockaddr *to, int to_length, int unnamed_error)
{
    WSABUF buffer = {.len = (ULONG)length, .buf = length >= 0 ? (char *)data : NULL};
    DWORD sent_bytes = 0;
    int error = send_buffers(s, &buffer, 1, &sent_bytes, (DWORD)flags, to, to_length,
                             unnamed_error, NULL);

    return api_result(error) == 0 ? (int)sent_bytes : SOCKET_ERROR;
}

int sendto(SOCKET s, const char *data, int length, int flags, const struct sockaddr *to,
           int to_length)
{
    return send_plain(s, data, length, flags, to, to_length, WSAEDESTADDRREQ);
}

int send(SOCKET s, const char *data, int length, int flags)
{
    return send_plain(s, data, length, flags, NULL, 0, WSAENOTCONN);
}
