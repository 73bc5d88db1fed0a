/*
 * dhcp.h - the messages of a DHCP server, true and false ones. Written without a line of the library.
 */
#ifndef TESTS_DHCP_H
#define TESTS_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_MESSAGE_MAX 1400

enum {
    DHCP_DISCOVER = 1, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK, DHCP_NAK, DHCP_RELEASE,
};

/* An answer. Everything left out is not said. */
struct dhcp_reply {
    int type;
    const char *address; /* yours; NULL: 0.0.0.0 */
    const char *server, *mask, *router;
    const char *dns[3];
    unsigned mtu;
    uint32_t lease_s, renew_s, rebind_s; /* 0: not said */
    bool in_file;        /* options but for type and overload stand in the field for a file */
    bool in_name;        /* the same for that of a server's name */

    /* Lies. */
    uint32_t id_xor;     /* of the transaction */
    uint8_t mac_xor;     /* of the client's address */
    bool request;        /* it says that it is a question */
    bool no_end;         /* no end mark behind the options */
    const void *extra;   /* bytes that are put in front of the end mark */
    size_t extra_bytes;
};

/* The type of a client's message, 0 when it is none. */
int dhcp_type(const uint8_t *message, size_t bytes);

/* The value of an option of a client's message; NULL: it is not there. */
const uint8_t *dhcp_option(const uint8_t *message, size_t bytes, unsigned code, size_t *length);

/* An address of a client's message as text: in an option, or (code 0) its own as it says. */
void dhcp_address(const uint8_t *message, size_t bytes, unsigned code, char *out);

/* Writes the answer to a client's message into out[DHCP_MESSAGE_MAX]; returns its length. */
size_t dhcp_reply_write(const uint8_t *message, size_t bytes, const struct dhcp_reply *reply,
                        uint8_t *out);

#endif
