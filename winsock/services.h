/*
 * services.h - well-known services and protocols.
 */
#ifndef WINSOCK_SERVICES_H
#define WINSOCK_SERVICES_H

#include <stdint.h>

/* A service that is reached by one transport or by both; aliases end with NULL. */
struct service {
    const char *name;
    const char *aliases[4];
    uint16_t port; /* host byte order */
    unsigned transports;
};

enum { SERVICE_TCP = 1, SERVICE_UDP = 2 };

struct protocol {
    const char *name;
    const char *aliases[2];
    int number;
};

/*
 * Finds a service by a name or alias (letters count alike in both cases) or by its port, over any
 * of the transports. Returns NULL when the table has none. Static storage.
 */
const struct service *service_by_name(const char *name, unsigned transports);
const struct service *service_by_port(uint16_t port, unsigned transports);

/* The same for protocols of IP. */
const struct protocol *protocol_by_name(const char *name);
const struct protocol *protocol_by_number(int number);

#endif
