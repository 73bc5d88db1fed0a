/*
 * in6addr.c - the constant IPv6 addresses that ws2tcpip.h declares
 *
 * Under link names of their own: the C library has variables with the same names.
 */
#include <ws2tcpip.h>

const IN6_ADDR in6addr_any = IN6ADDR_ANY_INIT;
const IN6_ADDR in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
