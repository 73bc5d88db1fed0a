/*
 * ioctl.h - what WSAIoctl() and ioctlsocket() do, as a table.
 */
#ifndef WINSOCK_IOCTL_H
#define WINSOCK_IOCTL_H

#include <stdbool.h>

#include <winsock2.h>

struct socket;

struct ioctl_call {
    SOCKET handle;       /* the descriptor that the call was made with */
    const void *in;
    DWORD in_bytes;
    void *out;
    DWORD out_bytes;
    DWORD returned;      /* out: bytes written to out */
    bool tells_returned; /* out: the caller's byte count is to be written, whatever the error */
};

/*
 * Carries out one control code. Checks the pointers that the code uses and no others (WB 10.10).
 * Returns 0; WSAEOPNOTSUPP: no such code; WSAEFAULT: a buffer is too short or no memory; WSAEINVAL:
 * an extension function that is not there, a value or a socket that the code is not for;
 * WSAENOTSOCK; what ioctl_query_run() returns.
 */
int ioctl_run(struct socket *socket, DWORD code, struct ioctl_call *call);

#endif
