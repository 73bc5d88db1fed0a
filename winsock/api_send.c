/*
 * api_send.c - the send calls. Each turns its arguments into a send_request and has sendmsg.c carry
 * it out.
 */
#include "stack/packet.h"
#include "winsock/api.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/operation.h"
#include "winsock/sendmsg.h"
#include "winsock/socket.h"

/* MSG_DONTROUTE is accepted without effect; nothing else means anything for a datagram. */
static int check_flags(DWORD flags)
{
    return (flags & ~(DWORD)MSG_DONTROUTE) != 0 ? WSAEOPNOTSUPP : 0;
}

/* What a call was given beside what it is to send. */
struct send_call {
    LPDWORD sent_bytes;
    struct op_call overlapped;
    bool posted; /* it is carried out overlapped */
    bool pinned; /* its socket is pinned, not referenced */
};

/*
 * Finds the socket of a call and keeps it: by a pin, which costs no reference, when the call does not
 * wait and nothing of the program's is called meanwhile. Returns 0 or a WSA code.
 */
static int take_socket(SOCKET s, struct send_call *call, struct socket **out)
{
    if (call->overlapped.overlapped == NULL && !packet_trace_wanted()) {
        *out = api_pin_socket(s);
        call->pinned = *out != NULL;
        if (call->pinned) {
            return 0;
        }
    }
    return api_get_socket(s, out);
}

static void give_socket(struct socket *socket, const struct send_call *call)
{
    if (call->pinned) {
        handle_unpin();
    } else {
        socket_put(socket);
    }
}

/* A call is overlapped when both it and its socket are (C12). */
static void judge_kind(const struct socket *socket, struct send_call *call)
{
    call->posted = socket->overlapped && call->overlapped.overlapped != NULL;
    if (call->posted) {
        op_prepare();
    }
}

/* Where to; NULL stands for the connected peer. */
static int take_name(const struct socket *socket, bool posted, const void *name, int length,
                     struct send_request *request)
{
    int size = name_size(socket->family);

    if (name == NULL) {
        return 0;
    }
    if (length < size || memory_readable_for(posted, name, (size_t)size) != 0) {
        return WSAEFAULT;
    }
    request->name = name;
    request->name_bytes = length;
    return 0;
}

static int take_buffers(bool posted, const WSABUF *buffers, DWORD count,
                        struct send_request *request)
{
    int error = api_check_buffers(posted, buffers, count, false);

    if (error != 0) {
        return error;
    }
    request->buffers = buffers;
    request->buffer_count = count;
    return 0;
}

/*
 * Ends an operation that sends nothing. Windows asks the transport only when the operation is under
 * way, so what that refuses is told by the completion; Winsock's own refusals are the call's.
 */
static int refuse(struct socket *socket, struct operation *operation, int error)
{
    if (error == WSAEMSGSIZE || error == WSAENETUNREACH || error == WSAEHOSTUNREACH) {
        op_finish(socket, operation, error, 0);
        return WSA_IO_PENDING;
    }
    op_discard(operation);
    return error;
}

/*
 * Sends as an overlapped call: the stack takes the datagram or refuses it at once, so it is
 * complete when the call returns, and its completion is told as well (C46).
 */
static int send_posted(struct socket *socket, const struct send_request *request,
                       const struct send_call *call)
{
    struct operation *operation;
    uint32_t bytes;
    int error = op_begin(socket, &call->overlapped, &operation);

    if (error != 0) {
        return error;
    }
    error = sendmsg_send(socket, request, &bytes);
    if (error != 0) {
        return refuse(socket, operation, error);
    }
    if (call->sent_bytes != NULL) { /* first: the completion frees the caller's memory (C56) */
        *call->sent_bytes = bytes;
    }
    op_finish(socket, operation, 0, bytes);
    return 0;
}

/* Sends at once for a call with an OVERLAPPED that gets its result all the same (C12). */
static int send_now(struct socket *socket, const struct send_request *request,
                    const struct send_call *call)
{
    LPWSAOVERLAPPED overlapped = call->overlapped.overlapped;
    uint32_t bytes;
    int error = api_check_overlapped(overlapped);

    if (error == 0) {
        error = sendmsg_send(socket, request, &bytes);
    }
    if (error == 0) {
        api_finish_overlapped(overlapped, 0, bytes);
        if (call->sent_bytes != NULL) {
            *call->sent_bytes = bytes;
        }
    }
    return error;
}

/*
 * What the calls with WSABUFs have in common once their request stands. The socket is bound before
 * a missing byte count is found (WB 2.3).
 */
static int finish(struct socket *socket, const struct send_request *request,
                  const struct send_call *call)
{
    LPDWORD sent_bytes = call->sent_bytes;

    if ((sent_bytes != NULL || call->overlapped.overlapped == NULL) &&
        memory_writable_for(call->posted, sent_bytes, sizeof(*sent_bytes)) != 0) {
        int unbound = sendmsg_prepare(socket, request);
        return unbound != 0 ? unbound : WSAEFAULT;
    }
    if (call->posted) {
        return send_posted(socket, request, call);
    }
    if (call->overlapped.overlapped != NULL) {
        return send_now(socket, request, call);
    }
    return sendmsg_send(socket, request, sent_bytes);
}

/* dwFlags of the WSAMSG is left over from a receive and not looked at (C17). */
static int send_message(struct socket *socket, const WSAMSG *message, DWORD flags,
                        struct send_call *call)
{
    struct send_request request = {.unnamed_error = WSAENOTCONN, .pinned = call->pinned};

    judge_kind(socket, call);
    int error = memory_readable_for(call->posted, message, sizeof(*message));
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
        error = take_name(socket, call->posted, message->name, message->namelen, &request);
    }
    if (error == 0) {
        error = memory_readable_for(call->posted, message->Control.buf, message->Control.len);
    }
    if (error == 0) {
        error = take_buffers(call->posted, message->lpBuffers, message->dwBufferCount, &request);
    }
    if (error != 0) {
        return error;
    }
    request.control = message->Control.buf;
    request.control_bytes = message->Control.len;
    return finish(socket, &request, call);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): Microsoft's signature */
int WSASendMsg(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD sent_bytes,
               LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct send_call call = {.sent_bytes = sent_bytes, .overlapped = {overlapped, routine, false}};
    struct socket *socket;
    int error = take_socket(s, &call, &socket);

    if (error == 0) {
        error = send_message(socket, message, flags, &call);
        give_socket(socket, &call);
    }
    return api_result(error);
}

/* WSASend and WSASendTo, which differ in what a missing name means. */
static int send_buffers(SOCKET s, LPWSABUF buffers, DWORD count, DWORD flags,
                        const struct sockaddr *to, int to_length, int unnamed_error,
                        struct send_call *call)
{
    struct send_request request = {.unnamed_error = unnamed_error};
    struct socket *socket;
    int error = take_socket(s, call, &socket);

    if (error != 0) {
        return error;
    }
    request.pinned = call->pinned;
    judge_kind(socket, call);
    error = socket_is_datagram(socket) ? check_flags(flags) : WSAEOPNOTSUPP;
    if (error == 0) {
        error = take_name(socket, call->posted, to, to_length, &request);
    }
    if (error == 0) {
        error = take_buffers(call->posted, buffers, count, &request);
    }
    if (error == 0) {
        error = finish(socket, &request, call);
    }
    give_socket(socket, call);
    return error;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): Microsoft's signature */
int WSASendTo(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent_bytes, DWORD flags,
              const struct sockaddr *to, int to_length, LPWSAOVERLAPPED overlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct send_call call = {.sent_bytes = sent_bytes, .overlapped = {overlapped, routine, false}};

    return api_result(send_buffers(s, buffers, count, flags, to, to_length, WSAEDESTADDRREQ,
                                   &call));
}

/* NOLINTNEXTLINE(readability-non-const-parameter): Microsoft's signature */
int WSASend(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent_bytes, DWORD flags,
            LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct send_call call = {.sent_bytes = sent_bytes, .overlapped = {overlapped, routine, false}};

    return api_result(send_buffers(s, buffers, count, flags, NULL, 0, WSAENOTCONN, &call));
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
    struct send_call call = {.sent_bytes = &sent_bytes};
    int error = send_buffers(s, &buffer, 1, (DWORD)flags, to, to_length, unnamed_error, &call);

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
