/*
 * api_recv.c - the receive calls. Each turns its arguments into a recv_request, has recvmsg.c carry
 * it out and writes back what its form has room for.
 */
#include "winsock/api.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/recvmsg.h"
#include "winsock/socket.h"

/* Finds the socket that is to be received from, for socket_put(). Returns 0 or a WSA code. */
static int get_receiver(SOCKET s, struct socket **out)
{
    int error = api_get_socket(s, out);

    if (error == 0 && !socket_bound_for(*out, s)) {
        socket_put(*out);
        error = WSAEINVAL;
    }
    return error;
}

/* Input flags of all receive calls (C10). Returns 0 or WSAEOPNOTSUPP. */
static int take_flags(DWORD flags, struct recv_request *request)
{
    if ((flags & ~(DWORD)(RECV_FLAGS_IN | RECV_FLAGS_IGNORED)) != 0) {
        return WSAEOPNOTSUPP;
    }
    request->peek = (flags & MSG_PEEK) != 0;
    return 0;
}

/* Where the sender's name goes; name is not NULL. length: as the caller gave it (C07). */
static int take_name(const struct socket *socket, void *name, int length,
                     struct recv_request *request)
{
    int size = name_size(socket->family);

    if (length < size || memory_writable(name, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    request->name = name;
    return 0;
}

static int take_buffers(const WSABUF *buffers, DWORD count, struct recv_request *request)
{
    int error = api_check_buffers(buffers, count, 1);

    if (error != 0) {
        return error;
    }
    request->buffers = buffers;
    request->buffer_count = count;
    return 0;
}

/* Where the number of bytes goes: nowhere only beside an OVERLAPPED (C09). */
static int check_count(LPDWORD received_bytes, LPWSAOVERLAPPED overlapped)
{
    if (received_bytes == NULL && overlapped != NULL) {
        return 0;
    }
    return memory_writable(received_bytes, sizeof(*received_bytes));
}

/* What the calls with WSABUFs have in common once their request stands. */
static int finish(struct socket *socket, struct recv_request *request, LPDWORD received_bytes,
                  LPWSAOVERLAPPED overlapped, struct recv_result *result)
{
    request->blocking = overlapped != NULL;
    recvmsg_receive(socket, request, result);
    if (recv_delivered(result)) {
        if (received_bytes != NULL) {
            *received_bytes = result->bytes;
        }
        api_finish_overlapped(overlapped, result->error, result->bytes);
    }
    return result->error;
}

/* Reads what a WSAMSG asks for. The struct itself has been checked. */
static int take_message(const struct socket *socket, LPWSAMSG message, LPWSAOVERLAPPED overlapped,
                        struct recv_request *request)
{
    int error = take_flags(message->dwFlags, request);

    if (error == 0 && request->peek && overlapped != NULL) {
        error = WSAEOPNOTSUPP; /* C11 */
    }
    if (error == 0 && message->name == NULL && message->namelen != 0) {
        error = WSAEFAULT;
    }
    if (error == 0 && message->name != NULL) {
        error = take_name(socket, message->name, message->namelen, request);
    }
    if (error == 0) {
        error = memory_writable(message->Control.buf, message->Control.len);
    }
    if (error == 0) {
        error = take_buffers(message->lpBuffers, message->dwBufferCount, request);
    }
    request->takes_control = true;
    request->control = message->Control.buf;
    request->control_bytes = message->Control.len;
    return error;
}

static int receive_message(struct socket *socket, LPWSAMSG message, LPDWORD received_bytes,
                           LPWSAOVERLAPPED overlapped)
{
    struct recv_request request = {.buffers = NULL};
    struct recv_result result;
    int error = memory_writable(message, sizeof(*message));

    if (error != 0) {
        return error;
    }
    if (!socket_is_datagram(socket)) { /* C05 */
        return (message->dwFlags & MSG_PEEK) != 0 ? WSAEOPNOTSUPP : WSAEINVAL;
    }
    error = check_count(received_bytes, overlapped);
    if (error == 0) {
        error = take_message(socket, message, overlapped, &request);
    }
    if (error == 0) {
        error = api_check_overlapped(socket, overlapped);
    }
    if (error != 0) {
        return error;
    }
    error = finish(socket, &request, received_bytes, overlapped, &result);
    if (result.named || recv_delivered(&result)) { /* C17, C35 */
        message->namelen = result.named ? name_size(socket->family) : 0;
    }
    if (recv_delivered(&result)) {
        message->Control.len = result.control_bytes;
        message->dwFlags = result.flags;
    }
    return error;
}

INT api_recvmsg(SOCKET s, LPWSAMSG message, LPDWORD received_bytes, LPWSAOVERLAPPED overlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = get_receiver(s, &socket);

    (void)routine; /* C12: never called where an OVERLAPPED is accepted */
    if (error == 0) {
        error = receive_message(socket, message, received_bytes, overlapped);
        socket_put(socket);
    }
    return api_result(error);
}

/* WSARecv and WSARecvFrom, which differ in the name alone. */
static int receive_buffers(struct socket *socket, LPWSABUF buffers, DWORD count,
                           LPDWORD received_bytes, LPDWORD flags, struct sockaddr *from,
                           LPINT from_length, LPWSAOVERLAPPED overlapped)
{
    struct recv_request request = {.buffers = NULL};
    struct recv_result result;
    int error = check_count(received_bytes, overlapped);

    if (error == 0) {
        error = memory_writable(flags, sizeof(*flags));
    }
    if (error == 0 && from != NULL) {
        error = memory_writable(from_length, sizeof(*from_length));
    }
    if (error == 0) {
        error = socket_is_datagram(socket) ? take_flags(*flags, &request) : WSAEOPNOTSUPP;
    }
    if (error == 0 && from != NULL) {
        error = take_name(socket, from, *from_length, &request);
    }
    if (error == 0) {
        error = take_buffers(buffers, count, &request);
    }
    if (error == 0) {
        error = api_check_overlapped(socket, overlapped);
    }
    if (error != 0) {
        return error;
    }
    error = finish(socket, &request, received_bytes, overlapped, &result);
    if (recv_delivered(&result)) {
        *flags = result.flags;
    }
    if (result.named) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): named only when from was given */
        *from_length = name_size(socket->family);
    }
    return error;
}

int WSARecvFrom(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received_bytes, LPDWORD flags,
                struct sockaddr *from, LPINT from_length, LPWSAOVERLAPPED overlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = get_receiver(s, &socket);

    (void)routine; /* C12 */
    if (error == 0) {
        error = receive_buffers(socket, buffers, count, received_bytes, flags, from, from_length,
                                overlapped);
        socket_put(socket);
    }
    return api_result(error);
}

int WSARecv(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received_bytes, LPDWORD flags,
            LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return WSARecvFrom(s, buffers, count, received_bytes, flags, NULL, NULL, overlapped, routine);
}

/* recv and recvfrom. */
static int receive_plain(struct socket *socket, char *data, int length, int flags,
                         struct sockaddr *from, int *from_length, uint32_t *received_bytes)
{
    WSABUF buffer = {.len = (ULONG)length, .buf = data};
    struct recv_request request = {.buffers = &buffer, .buffer_count = 1};
    struct recv_result result;
    int error = length < 0 ? WSAEFAULT : memory_writable(data, (size_t)length);

    if (error == 0 && from != NULL) {
        error = memory_writable(from_length, sizeof(*from_length));
    }
    if (error == 0) {
        error = socket_is_datagram(socket) ? take_flags((DWORD)flags, &request) : WSAEOPNOTSUPP;
    }
    if (error == 0 && from != NULL) {
        error = take_name(socket, from, *from_length, &request);
    }
    if (error != 0) {
        return error;
    }
    recvmsg_receive(socket, &request, &result);
    if (result.named) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): named only when from was given */
        *from_length = name_size(socket->family);
    }
    *received_bytes = result.bytes;
    return result.error;
}

int recvfrom(SOCKET s, char *data, int length, int flags, struct sockaddr *from, int *from_length)
{
    struct socket *socket;
    uint32_t received_bytes = 0;
    int error = get_receiver(s, &socket);

    if (error == 0) {
        error = receive_plain(socket, data, length, flags, from, from_length, &received_bytes);
        socket_put(socket);
    }
    return api_result(error) == 0 ? (int)received_bytes : SOCKET_ERROR;
}

int recv(SOCKET s, char *data, int length, int flags)
{
    return recvfrom(s, data, length, flags, NULL, NULL);
}
