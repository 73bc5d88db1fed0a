/*
 * call.h - one WSARecvMsg with everything in the caller's hands, for tests of its arguments.
 */
#ifndef TESTS_CONTRACT_CALL_H
#define TESTS_CONTRACT_CALL_H

#include "tests/contract/contract.h"

/* One call with everything in the caller's hands. */
struct call {
    SOCKET s;
    uint16_t port;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
    SOCKADDR_STORAGE name;
    char data[64];
    char control[128];
};

/* Opens a non-blocking socket with the datagram "waits" queued; the arguments are all right. */
void call_prepare(struct call *call, const struct world_family *family);

/* Does it. Returns what WSARecvMsg returns. */
int call_do(struct call *call);

/* Asserts that the datagram is still there, once, and that no byte count was written. */
void call_still_queued(struct call *call);

#endif
