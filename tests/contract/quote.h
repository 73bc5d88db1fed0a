/*
 * quote.h - ICMP errors about a datagram that a socket of ours sent, for the tests of errors and of
 * path MTUs.
 */
#ifndef TESTS_CONTRACT_QUOTE_H
#define TESTS_CONTRACT_QUOTE_H

#include "tests/contract/contract.h"

/* Where the datagrams go that draw errors. */
#define QUOTE_PORT 7777

/* An error and what it quotes: by default a short datagram from us to the peer's QUOTE_PORT. */
struct quote_spec {
    const struct world_family *family;
    uint16_t port;            /* of our socket */
    uint8_t type, code;       /* of the error */
    uint32_t rest;            /* behind its checksum: the MTU */
    struct frame_spec change; /* to the quoted packet; addresses, ports and sizes left out stay */
    struct frame_spec outer;  /* to the error's own packet */
};

/* Port unreachable: type and code. */
#define QUOTE_PORT_UNREACHABLE(family_) \
    .type = (family_)->af == AF_INET ? 3 : 1, .code = (family_)->af == AF_INET ? 3 : 4

/* Pushes it into link 0. */
void quote_inject(const struct quote_spec *spec);

/* A Port Unreachable about what the socket on port sent to the peer. */
void quote_refuse(const struct world_family *family, uint16_t port);

/* One WSARecvMsg that must end with this error, name the peer and touch nothing else. */
void quote_expect_error(SOCKET s, int error, const char *peer, uint16_t peer_port);

/* How many frames have ended so, once all have been seen to their end. */
uint64_t quote_fate(enum winlwip_fate fate);

/* Sends text to an address and port; asserts that all of it was taken. */
void quote_send(SOCKET s, const char *address, uint16_t port, const char *text);

/* Sends a short datagram to the peer's QUOTE_PORT and waits until it is on the link. */
void quote_provoke(SOCKET s, const struct world_family *family);

#endif
