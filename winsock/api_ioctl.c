/*
 * api_ioctl.c - ioctlsocket and WSAIoctl.
 */
#include "winsock/api.h"
#include "winsock/ioctl.h"
#include "winsock/memory.h"
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

static int run(struct socket *socket, DWORD code, struct ioctl_call *call,
               LPDWORD returned_bytes, LPWSAOVERLAPPED overlapped)
{
    int error = memory_writable(returned_bytes, sizeof(*returned_bytes)); /* WB 10.1 */

    if (error == 0) {
        error = api_check_overlapped(socket, overlapped);
    }
    if (error != 0) {
        return error;
    }
    error = ioctl_run(socket, code, call);
    if (call->tells_returned) {
        *returned_bytes = call->returned;
    }
    if (error == 0) {
        api_finish_overlapped(overlapped, 0, 0); /* the bytes go to the count alone: WB 10.3 */
    }
    return error;
}

int WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
             LPDWORD returned_bytes, LPWSAOVERLAPPED overlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    (void)routine;
    if (error == 0) {
        struct ioctl_call call = {
            .handle = s,
            .in = in,
            .in_bytes = in_bytes,
            .out = out,
            .out_bytes = out_bytes,
        };
        error = run(socket, code, &call, returned_bytes, overlapped);
        socket_put(socket);
    }
    return api_result(error);
}
