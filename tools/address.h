/*
 * address.h - socket addresses from and to text.
 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stdbool.h>
#include <winsock2.h>
#include <ws2tcpip.h>

/* Longest text with its terminating zero: "[" IPv6 "%" scope "]:" port. */
#define ADDRESS_TEXT_BYTES 72

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
 * The same of an address without its port: four bytes (AF_INET) or sixteen (AF_INET6) in network
 * order, "192.0.2.1" or "2001:db8::1".
 */
char *address_host_text(int family, const void *bytes, char *text);

#endif
