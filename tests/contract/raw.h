/*
 * raw.h - what the tests of raw sockets share.
 */
#ifndef TESTS_CONTRACT_RAW_H
#define TESTS_CONTRACT_RAW_H

#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

/* A protocol that nobody speaks. */
#define RAW_PROTOCOL 99

/* Bytes of IP header that a receive of the family shows. */
static inline size_t raw_header_bytes(const struct world_family *family)
{
    return family->af == AF_INET ? 20 : 0;
}

static inline int raw_icmp(const struct world_family *family)
{
    return family->af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

static inline uint8_t raw_echo_request(const struct world_family *family)
{
    return family->af == AF_INET ? 8 : 128;
}

static inline uint8_t raw_echo_reply(const struct world_family *family)
{
    return family->af == AF_INET ? 0 : 129;
}

/* Opens a raw socket; address NULL: leaves it unbound. */
static inline SOCKET raw_open(int af, int protocol, const char *address)
{
    SOCKADDR_STORAGE name;
    SOCKET s = WSASocketA(af, SOCK_RAW, protocol, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_msg(s != INVALID_SOCKET, "WSASocket: %d", WSAGetLastError());
    world_track(s);
    if (address != NULL) {
        int bytes = world_name(address, 0, &name);
        ck_assert_msg(bind(s, (struct sockaddr *)&name, bytes) == 0, "bind to %s: %d", address,
                      WSAGetLastError());
    }
    return s;
}

static inline void raw_connect(SOCKET s, const char *address)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 0, &name);

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, bytes), 0);
}

static inline int raw_send(SOCKET s, const char *address, const void *data, size_t bytes)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, 0, &name);

    return sendto(s, data, (int)bytes, 0, (struct sockaddr *)&name, name_bytes);
}

/* Sends a packet of the protocol from the peer to our first address. */
static inline void raw_inject(const struct world_family *family, uint8_t protocol,
                              const char *text)
{
    world_inject(&(struct frame_spec){
        .src = family->peer, .dst = family->us, .protocol = protocol, .text = text, .ttl = 33});
}

/* Asserts that what was received is that payload, over IPv4 behind a sound header. */
static inline void raw_assert(const struct received *received, const struct world_family *family,
                              uint8_t protocol, const void *payload, size_t bytes)
{
    size_t header = raw_header_bytes(family);

    ck_assert_uint_eq(received->bytes, header + bytes);
    if (header != 0) {
        ck_assert_uint_eq(received->data[0], 0x45);
        ck_assert_uint_eq((unsigned)received->data[2] << 8 | received->data[3], header + bytes);
        ck_assert_uint_eq(received->data[6] & 0x3f, 0);
        ck_assert_uint_eq(received->data[7], 0);
        ck_assert_uint_eq(received->data[9], protocol);
        ck_assert_uint_eq(frame_checksum(received->data, header, 0), 0);
    }
    ck_assert_mem_eq(received->data + header, payload, bytes);
}

static inline void raw_assert_text(const struct received *received,
                                   const struct world_family *family, const char *text)
{
    raw_assert(received, family, RAW_PROTOCOL, text, strlen(text));
}

#endif
