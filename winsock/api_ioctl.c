/*
 * api_ioctl.c - ioctlsocket and WSAIoctl.
 */
#include "winsock/api.h"
#include "winsock/ioctl.h"
#include "winsock/memory.h"
#include "winsock/operation.h"
#include "winsock/socket.h"

int ioctlsocket(SOCKET s, LONG code, u_long *argument)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        struct ioctl_call call = {
            .handle = s,
            .in = argument,
            .in_bytes = sizeof(*argument),
            .out = argument,
            .out_bytes = sizeof(*argument),
        };
        error = memory_writable(argument, sizeof(*argument));
        if (error == 0) {
            error = ioctl_run(socket, (DWORD)code, &call);
        }
        socket_put(socket);
    }
    return api_result(error);
}

/* The code that a call returns for an overlapped one whose result is in its completion. */
static int told_later(int error)
{
    return error != 0 ? WSA_IO_PENDING : 0;
}

/*
 * Carries a code out for an overlapped call. Most errors are the call's own; that there is no such
 * code only the completion tells, as it does for codes of the socket's lower layers (WB 10.11,
 * 10.12). The bytes go to the count alone, the completion has 0 (WB 10.3).
 */
static int run_posted(struct socket *socket, DWORD code, struct ioctl_call *call,
                      LPDWORD returned_bytes, struct operation *operation)
{
    int error = ioctl_tells_base(code) ? WSAEOPNOTSUPP : ioctl_run(socket, code, call);

    if (error == WSAEOPNOTSUPP || error == 0) {
        if (error == 0 && call->tells_returned) {
            *returned_bytes = call->returned;
        }
        op_finish(socket, operation, error, 0);
        return told_later(error);
    }
    if (error != WSA_IO_PENDING) { /* then it has been parked */
        op_discard(operation);
    }
    return error;
}

static int run_now(struct socket *socket, DWORD code, struct ioctl_call *call,
                   LPDWORD returned_bytes, LPWSAOVERLAPPED overlapped)
{
    int error = ioctl_run(socket, code, call);

    if (call->tells_returned) {
        *returned_bytes = call->returned;
    }
    if (error == 0) {
        api_finish_overlapped(overlapped, 0, 0);
    }
    return error;
}

static int run(struct socket *socket, DWORD code, struct ioctl_call *call,
               LPDWORD returned_bytes, const struct op_call *overlapped)
{
    bool posted = socket->overlapped && overlapped->overlapped != NULL;
    int error = memory_writable(returned_bytes, sizeof(*returned_bytes)); /* WB 10.1 */

    if (error == 0 && !posted) {
        error = api_check_overlapped(overlapped->overlapped);
    }
    if (error != 0) {
        return error;
    }
    if (!posted) {
        return run_now(socket, code, call, returned_bytes, overlapped->overlapped);
    }
    op_prepare();
    error = op_begin(socket, overlapped, &call->operation);
    return error != 0 ? error : run_posted(socket, code, call, returned_bytes, call->operation);
}

int WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
             LPDWORD returned_bytes, LPWSAOVERLAPPED overlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        const struct op_call operation = {overlapped, routine, false};
        struct ioctl_call call = {
            .handle = s,
            .in = in,
            .in_bytes = in_bytes,
            .out = out,
            .out_bytes = out_bytes,
        };
        error = run(socket, code, &call, returned_bytes, &operation);
        socket_put(socket);
    }
    return api_result(error);
}
