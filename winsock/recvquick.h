/*
 * recvquick.h - the short way of WSARecvMsg: a datagram that is queued already, asked for as usual.
 */
#ifndef WINSOCK_RECVQUICK_H
#define WINSOCK_RECVQUICK_H

#include <stdbool.h>

#include <winsock2.h>

/*
 * Carries out a call without OVERLAPPED if it can be done the short way. Returns whether it is over,
 * with *error, 0 or WSAEMSGSIZE; else nothing was done, and the long way tells what is wrong.
 */
bool recvquick(SOCKET s, LPWSAMSG message, LPDWORD received_bytes, int *error);

#endif
