/*
 * ioctl.h - what WSAIoctl() and ioctlsocket() do, as a table.
 */
#ifndef WINSOCK_IOCTL_H
#define WINSOCK_IOCTL_H

#include <stdbool.h>

#include <winsock2.h>

struct operation;
struct socket;

struct ioctl_call {
    SOCKET handle;       /* the descriptor that the call was made with */
    const void *in;
    DWORD in_bytes;
    void *out;
    DWORD out_bytes;
    DWORD returned;      /* out: bytes written to out */
    bool tells_returned; /* out: the caller's byte count is to be written, whatever the error */
    struct operation *operation; /* of an overlapped call; NULL: the call returns when it is done */
};

/*
 * Carries out one control code. Checks the pointers that the code uses and no others (WB 10.10).
 * Returns 0; WSAEOPNOTSUPP: no such code; WSAEFAULT: a buffer is too short or no memory; WSAEINVAL:
 * an extension function that is not there, a value or a socket that the code is not for;
 * WSAENOTSOCK; what ioctl_query_run() returns. WSA_IO_PENDING: the call's operation has been started
 * and waits; it is the caller's in all other cases.
 */
int ioctl_run(struct socket *socket, DWORD code, struct ioctl_call *call);

/* Does the code ask for a handle of a lower layer, which an overlapped call can't (WB 10.12)? */
bool ioctl_tells_base(DWORD code);

#endif
