/*
 * options_table.h - the form of a row of the option table, and the functions of those options that
 * are more than a stored number. Between options.c and options_special.c.
 */
#ifndef WINSOCK_OPTIONS_TABLE_H
#define WINSOCK_OPTIONS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct socket;

/* On which sockets an option exists; elsewhere it gives WSAEINVAL (WB 6.29). */
enum {
    OPTION_DATAGRAM4 = 1,
    OPTION_DATAGRAM6 = 2,
    OPTION_STREAM4 = 4,
    OPTION_STREAM6 = 8,
    OPTION_RAW4 = 16,
    OPTION_RAW6 = 32,
    OPTION_RAW = OPTION_RAW4 | OPTION_RAW6,
    OPTION_UDP = OPTION_DATAGRAM4 | OPTION_DATAGRAM6,
    OPTION_DATAGRAMS = OPTION_UDP | OPTION_RAW,
    OPTION_DATAGRAMS6 = OPTION_DATAGRAM6 | OPTION_RAW6,
    OPTION_ALL6 = OPTION_DATAGRAMS6 | OPTION_STREAM6,
    OPTION_ALL = OPTION_DATAGRAMS | OPTION_STREAM4 | OPTION_STREAM6,
};

/* How the bytes of an option are read and written; the rules stand in options.c. */
enum option_format {
    OPTION_SOCKET_BOOL, /* of SOL_SOCKET */
    OPTION_BOOL,
    OPTION_BYTE_BOOL,   /* one byte */
    OPTION_WIDE_BOOL,   /* four bytes and no less */
    OPTION_OCTET,       /* 0..255 */
    OPTION_BUFFER_BYTES,
    OPTION_DWORD,
    OPTION_OWN,         /* read and write do it */
};

struct option_row {
    int level;
    int name;
    unsigned kinds;
    enum option_format format;

    /* A stored number: where, and which bit of it (0: the whole). */
    size_t offset;
    uint32_t bit;
    /* May it be set? With socket.lock held. 0 or a WSA code. NULL: always. */
    int (*check)(const struct socket *socket, const struct option_row *row, uint32_t value);
    /* Tells the stack; without any lock, inside socket_enter_locked()/socket_leave(). */
    void (*apply)(struct socket *socket, uint32_t value);

    /* A number that is not stored; without set it can only be read. */
    uint32_t (*get)(const struct socket *socket);
    /* Looks at a number, may replace it, before it is stored (if it is). 0 or a WSA code. */
    int (*set)(struct socket *socket, uint32_t *value);

    /* OPTION_OWN: all in one. *length: room, then bytes written. */
    int (*read)(struct socket *socket, void *value, int *length);
    int (*write)(struct socket *socket, const void *value, size_t length);
};

uint32_t option_get_type(const struct socket *socket);
int option_set_type(struct socket *socket, uint32_t *value);
uint32_t option_get_zero(const struct socket *socket);
uint32_t option_get_never(const struct socket *socket);
uint32_t option_get_max_message_bytes(const struct socket *socket);
int option_set_multicast_interface4(struct socket *socket, uint32_t *value);

int option_read_protocol_info_a(struct socket *socket, void *value, int *length);
int option_read_protocol_info_w(struct socket *socket, void *value, int *length);

/* Memberships: ip_mreq, ipv6_mreq, group_req. */
int option_join4(struct socket *socket, const void *value, size_t length);
int option_leave4(struct socket *socket, const void *value, size_t length);
int option_join6(struct socket *socket, const void *value, size_t length);
int option_leave6(struct socket *socket, const void *value, size_t length);
int option_join_any(struct socket *socket, const void *value, size_t length);
int option_leave_any(struct socket *socket, const void *value, size_t length);

#endif
