/*
 * api_recv.c - the receive calls. Each turns its arguments into a recv_request, has recvmsg.c carry
 * it out, or start it as an operation, and writes back what its form has room for.
 */
#include "stack/packet.h"
#include "winsock/api.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/operation.h"
#include "winsock/recvmsg.h"
#include "winsock/recvquick.h"
#include "winsock/socket.h"

/*
 * Of the functions below, those that check a call. For the short way `posted` is a constant, and half
 * of what they do is not there then.
 */
#define INLINE __attribute__((always_inline)) static inline

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

/* What a call with WSABUFs was given beside what it is to receive. */
struct receive_call {
    LPDWORD received_bytes; /* may be NULL beside an OVERLAPPED */
    LPDWORD flags;          /* WSARecv, WSARecvFrom; else NULL */
    LPWSAMSG message;       /* WSARecvMsg; else NULL */
    LPINT name_length;      /* WSARecvFrom with a name; else NULL */
    struct op_call overlapped;
};

/* A call is overlapped when both it and its socket are (C12). */
static inline bool judge_kind(const struct socket *socket, const struct receive_call *call)
{
    bool posted = socket->overlapped && call->overlapped.overlapped != NULL;

    if (posted) {
        op_prepare();
    }
    return posted;
}

/* Where the sender's name goes; name is not NULL. length: as the caller gave it (C07). */
INLINE int take_name(const struct socket *socket, bool posted, void *name, int length,
                     struct recv_request *request)
{
    int size = name_size(socket->family);

    if (length < size || memory_writable_for(posted, name, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    request->name = name;
    return 0;
}

INLINE int take_buffers(bool posted, const WSABUF *buffers, DWORD count,
                        struct recv_request *request)
{
    int error = api_check_buffers(posted, buffers, count, true);

    if (error != 0) {
        return error;
    }
    request->buffers = buffers;
    request->buffer_count = count;
    return 0;
}

/* Where the number of bytes goes: nowhere only beside an OVERLAPPED (C09). */
INLINE int check_count(bool posted, const struct receive_call *call)
{
    if (call->received_bytes == NULL && call->overlapped.overlapped != NULL) {
        return 0;
    }
    return memory_writable_for(posted, call->received_bytes, sizeof(*call->received_bytes));
}

static void tell_result(const struct receive_call *call, const struct recv_result *result)
{
    if (call->received_bytes != NULL) {
        *call->received_bytes = result->bytes;
    }
    if (call->flags != NULL) {
        *call->flags = result->flags;
    }
}

/* Carries a call out that returns when it is done. */
static int receive_now(struct socket *socket, struct recv_request *request,
                       const struct receive_call *call)
{
    OVERLAPPED *overlapped = call->overlapped.overlapped;
    struct recv_result result;
    int error = api_check_overlapped(overlapped);

    if (error != 0) {
        return error;
    }
    request->blocking = overlapped != NULL;
    recvmsg_receive(socket, request, &result);
    if (recv_delivered(&result)) {
        tell_result(call, &result);
        api_finish_overlapped(overlapped, result.error, result.bytes);
    }
    recvmsg_write_back(socket->family, &result, call->message, call->name_length);
    return result.error;
}

/* Starts an overlapped call. */
static int receive_later(struct socket *socket, const struct recv_request *request,
                         const struct receive_call *call)
{
    struct recv_result result = {.named = false};
    struct operation *operation;
    int error = op_begin_receive(socket, &call->overlapped, request, &operation);

    if (error != 0) {
        return error;
    }
    operation->message = call->message;
    operation->name_length = call->name_length;
    operation->count = call->received_bytes;
    operation->flags = call->flags;
    error = recvmsg_start(socket, operation, &result);
    if (error != 0 && error != WSA_IO_PENDING) {
        op_discard(operation);
        recvmsg_write_back(socket->family, &result, call->message, call->name_length);
    }
    return error;
}

static inline int receive(struct socket *socket, bool posted, struct recv_request *request,
                          const struct receive_call *call)
{
    return posted ? receive_later(socket, request, call) : receive_now(socket, request, call);
}

/* Reads what a WSAMSG asks for. The struct itself has been checked. */
INLINE int take_message(const struct socket *socket, bool posted,
                        const struct receive_call *call, struct recv_request *request)
{
    const WSAMSG *message = call->message;
    int error = take_flags(message->dwFlags, request);

    if (error == 0 && request->peek && call->overlapped.overlapped != NULL) {
        error = WSAEOPNOTSUPP; /* C11 */
    }
    if (error == 0 && message->name == NULL && message->namelen != 0) {
        error = WSAEFAULT;
    }
    if (error == 0 && message->name != NULL) {
        error = take_name(socket, posted, message->name, message->namelen, request);
    }
    if (error == 0) {
        error = memory_writable_for(posted, message->Control.buf, message->Control.len);
    }
    if (error == 0) {
        error = take_buffers(posted, message->lpBuffers, message->dwBufferCount, request);
    }
    request->takes_control = true;
    request->control = message->Control.buf;
    request->control_bytes = message->Control.len;
    return error;
}

INLINE int receive_message(struct socket *socket, bool posted, const struct receive_call *call)
{
    struct recv_request request = {.buffers = NULL};
    int error = memory_writable_for(posted, call->message, sizeof(*call->message));

    if (error != 0) {
        return error;
    }
    if (!socket_is_datagram(socket)) { /* C05 */
        return (call->message->dwFlags & MSG_PEEK) != 0 ? WSAEOPNOTSUPP : WSAEINVAL;
    }
    error = check_count(posted, call);
    if (error == 0) {
        error = take_message(socket, posted, call, &request);
    }
    return error != 0 ? error : receive(socket, posted, &request, call);
}

/*
 * Carries out a call that is posted, on a socket that is only pinned: it does not wait, and nothing of
 * the program's is called. Returns whether the call is over, with *error; else nothing was done. Who
 * reuses an OVERLAPPED that says pending takes the long way.
 */
static bool post_quickly(SOCKET s, struct receive_call *call, int *error)
{
    struct socket *socket = packet_trace_wanted() ? NULL : api_pin_socket(s);
    bool done = false;

    if (socket == NULL) {
        return false;
    }
    if (socket->overlapped && socket_bound_for(socket, s)) {
        op_prepare();
        call->overlapped.pinned = true;
        *error = receive_message(socket, true, call);
        done = *error != OP_NEEDS_REFERENCE;
        call->overlapped.pinned = false;
    }
    handle_unpin();
    return done;
}

INT api_recvmsg(SOCKET s, LPWSAMSG message, LPDWORD received_bytes, LPWSAOVERLAPPED overlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct receive_call call = {
        .received_bytes = received_bytes,
        .message = message,
        .overlapped = {overlapped, routine, false},
    };
    struct socket *socket;
    int error;

    if (overlapped == NULL ? recvquick(s, message, received_bytes, &error)
                           : post_quickly(s, &call, &error)) {
        return api_result(error);
    }
    error = get_receiver(s, &socket);
    if (error == 0) {
        error = receive_message(socket, judge_kind(socket, &call), &call);
        socket_put(socket);
    }
    return api_result(error);
}

/* WSARecv and WSARecvFrom, which differ in the name alone. */
static int receive_buffers(struct socket *socket, LPWSABUF buffers, DWORD count,
                           struct sockaddr *from, LPINT from_length, struct receive_call *call)
{
    struct recv_request request = {.buffers = NULL};
    bool posted = judge_kind(socket, call);
    int error = check_count(posted, call);

    if (error == 0) {
        error = memory_writable_for(posted, call->flags, sizeof(*call->flags));
    }
    if (error == 0 && from != NULL) {
        error = memory_writable_for(posted, from_length, sizeof(*from_length));
        call->name_length = from_length;
    }
    if (error == 0) {
        error = socket_is_datagram(socket) ? take_flags(*call->flags, &request) : WSAEOPNOTSUPP;
    }
    if (error == 0 && from != NULL) {
        error = take_name(socket, posted, from, *from_length, &request);
    }
    if (error == 0) {
        error = take_buffers(posted, buffers, count, &request);
    }
    return error != 0 ? error : receive(socket, posted, &request, call);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): Microsoft's signature */
int WSARecvFrom(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD received_bytes, LPDWORD flags,
                struct sockaddr *from, LPINT from_length, LPWSAOVERLAPPED overlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = get_receiver(s, &socket);

    if (error == 0) {
        struct receive_call call = {
            .received_bytes = received_bytes,
            .flags = flags,
            .overlapped = {overlapped, routine, false},
        };
        error = receive_buffers(socket, buffers, count, from, from_length, &call);
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
        error = take_name(socket, false, from, *from_length, &request);
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
