/*
 * ioctl_query.h - control codes that ask for addresses and interfaces.
 *
 * What they write has no fixed length, so they check their buffers themselves.
 */
#ifndef WINSOCK_IOCTL_QUERY_H
#define WINSOCK_IOCTL_QUERY_H

#include "winsock/ioctl.h"

/*
 * Carries out one of them. Returns 0; WSAEOPNOTSUPP: code is none of them, or it would have to
 * wait; WSAEFAULT: a buffer is too short (call->returned then says what it takes, where Windows
 * does) or no memory; WSAEINVAL, WSAEAFNOSUPPORT: the address asked for; WSAENETUNREACH: no route
 * leads there; WSAEWOULDBLOCK: nothing has changed.
 */
int ioctl_query_run(struct socket *socket, DWORD code, struct ioctl_call *call);

#endif
