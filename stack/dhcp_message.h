/*
 * dhcp_message.h - what a DHCP server says (RFC 2131, 2132), looked at before lwIP's client does.
 *
 * lwIP believes whatever comes with its transaction number: an address that no host can have, a
 * lease without a term. What passes here is an answer that a server may give. No state, no locks.
 */
#ifndef STACK_DHCP_MESSAGE_H
#define STACK_DHCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/limits.h"

/* UDP ports, host byte order. */
enum { DHCP_PORT_SERVER = 67, DHCP_PORT_CLIENT = 68 };

/* The messages that a client takes (RFC 2132, 9.6). */
enum { DHCP_MESSAGE_OFFER = 2, DHCP_MESSAGE_ACK = 5, DHCP_MESSAGE_NAK = 6 };

/* A lease without end (RFC 2131, 3.3). */
#define DHCP_LEASE_FOREVER UINT32_MAX

/* An answer. Addresses in network byte order, 0: not said. */
struct dhcp_message {
    uint8_t type;
    uint32_t address; /* yours */
    uint32_t server;
    uint32_t mask;
    uint32_t router;  /* the first */
    uint32_t dns[LIMIT_DNS_SERVERS];
    unsigned dns_count;
    unsigned mtu;     /* bytes of IP packet; 0: not said */
    uint32_t lease_s; /* 0: not said */
};

/*
 * Reads an answer of so many bytes, reading only inside of them. Returns whether it is one: of a
 * type that a client takes, with options that lie inside their fields and have the lengths of RFC
 * 2132, and (but for a refusal) an address, a mask and a term that a host can live with.
 */
bool dhcp_message_read(const uint8_t *bytes, size_t length, struct dhcp_message *out);

#endif
