/*
 * api.h - what the thin entry points api_*.c share.
 *
 * Every entry point checks in the same order (C04): is Winsock started, is it a socket, are the
 * arguments right; then it calls one internal function and sets the last error once.
 */
#ifndef WINSOCK_API_H
#define WINSOCK_API_H

#include <stdbool.h>

#include <winsock2.h>

#include "winsock/memory.h"

struct socket;

/* Is Winsock started? Returns 0 or WSANOTINITIALISED. */
int api_check_started(void);

/*
 * Finds the socket of a call and takes a reference, which socket_put() gives back.
 * Returns 0, WSANOTINITIALISED or WSAENOTSOCK.
 */
int api_get_socket(SOCKET handle, struct socket **out);

/* The same without a reference: handle_pin(). Returns NULL when there is none, or no pin. */
struct socket *api_pin_socket(SOCKET handle);

/*
 * Keeps WSACleanup() of other threads out while a socket is made, so that none outlives the stack.
 * Returns 0 with the start-up lock held, or WSANOTINITIALISED without it.
 */
int api_lock_startup(void);
void api_unlock_startup(void);

/*
 * Starts the stack, unless it runs, without starting Winsock: for the IP Helper, which on Windows
 * needs no WSAStartup(). When it can't be started there are no interfaces. The last error stays.
 */
void api_wake(void);

/* Sets the last error of this thread and returns what a call returns for it: 0 or SOCKET_ERROR. */
int api_result(int error);

/* The function behind WSAID_WSARECVMSG; it has no exported name (C01). */
INT WSAAPI api_recvmsg(SOCKET s, LPWSAMSG message, LPDWORD received_bytes,
                       LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/*
 * An OVERLAPPED of a call on a socket that was not made for overlapped calls: the call returns when
 * it is done, and writes its result into it (C12). May be NULL. The first returns 0 or WSAEFAULT.
 */
int api_check_overlapped(LPWSAOVERLAPPED overlapped);
void api_finish_overlapped(LPWSAOVERLAPPED overlapped, int error, DWORD bytes);

/*
 * Checks an array of buffers that are read (sends) or written (receives); posted: by an overlapped
 * call (memory.h). Returns 0; WSAEINVAL: none (C66); WSAEFAULT.
 */
__attribute__((always_inline)) static inline int api_check_buffers(
    bool posted, const WSABUF *buffers, DWORD count, bool written)
{
    if (count == 0) {
        return WSAEINVAL;
    }
    if (memory_readable_for(posted, buffers, (size_t)count * sizeof(*buffers)) != 0) {
        return WSAEFAULT;
    }
    for (DWORD i = 0; i < count; i++) {
        int error = written ? memory_writable_for(posted, buffers[i].buf, buffers[i].len)
                            : memory_readable_for(posted, buffers[i].buf, buffers[i].len);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

#endif
