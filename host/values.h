/*
 * values.h - values of configuration keys, from text. Pure functions: no message, no allocation.
 *
 * Each returns 0, or -EINVAL and leaves its result alone.
 */
#ifndef HOST_VALUES_H
#define HOST_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/stack.h"

/* "on" or "off". */
int value_switch(const char *text, bool *out);

/* A decimal number from min to max, digits only. */
int value_number(const char *text, unsigned min, unsigned max, unsigned *out);

/* Six pairs of hexadecimal digits with ':' or '-' between them, "02:00:5e:10:00:01". */
int value_mac(const char *text, uint8_t mac[6]);

/*
 * "192.0.2.1/24" or "2001:db8::1/64": both parts are needed. Whether a host may have the address
 * is not looked at.
 */
int value_prefixed(const char *text, struct stack_address *out);

/*
 * Why no interface may have the address: "a multicast address" and the like, to follow "is".
 * NULL when it may. Static string.
 */
const char *value_unfit(const struct stack_address *address);

/*
 * Reads a route, "PREFIX via ROUTER" with blanks between, as in "198.51.100.0/24 via 192.0.2.254".
 * Returns 0, or -EINVAL: it is none, the families differ, or the prefix has bits behind its length.
 */
int value_route(const char *text, struct stack_route *out);

#endif
