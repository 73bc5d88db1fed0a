/*
 * address.h - socket addresses from and to text.
 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stdbool.h>
#include <winsock2.h>
#include <ws2tcpip.h>

/* Longest text of a host with its terminating zero: "::ffff:" and what netaddr_text() writes. */
#define ADDRESS_HOST_BYTES 54

/* Longest text with its terminating zero: "[" host "%" scope "]:" port. */
#define ADDRESS_TEXT_BYTES 80

/*
 * Reads "192.0.2.1:5000", "[2001:db8::1]:5000", "[fe80::1%2]:5000" (the scope is an interface's
 * index) or "5000", which is the IPv4 wildcard. Returns true, or false and leaves *out alone.
 */
bool address_parse(const char *text, SOCKADDR_INET *out);

/* Bytes of an address of its family, for name lengths. */
int address_bytes(const SOCKADDR_INET *address);

/* Port in host byte order. */
unsigned address_port(const SOCKADDR_INET *address);

/* Writes the form that address_parse() reads into text[ADDRESS_TEXT_BYTES]; returns text. */
char *address_text(const SOCKADDR_INET *address, char *text);

/*
 * Writes an address without a port into text[ADDRESS_HOST_BYTES]; returns text. bytes are four
 * (AF_INET) or sixteen (AF_INET6) in network order: "192.0.2.1", "2001:db8::1" or, mapped,
 * "::ffff:192.0.2.1".
 */
char *address_host_text(int family, const void *bytes, char *text);

#endif
