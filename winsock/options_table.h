/*
 * options_table.h - the form of the option table. Its rows stand in one file for each level
 * (options_socket.c, options_ip4.c, options_ip6.c, options_udp.c); options.c reads them.
 *
 * Adding an option is adding a row. An option whose value is a number in struct socket_options, or
 * in the socket itself, needs nothing else; one that has to refuse values or to tell the stack has a check or an apply
 * function; one that is no number has functions of its own.
 */
#ifndef WINSOCK_OPTIONS_TABLE_H
#define WINSOCK_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winsock/socket.h"

/* On which sockets an option exists; others give WSAEINVAL (WB 6.29) or what the row says. */
enum {
    OPTION_UDP4 = 1,
    OPTION_UDP6 = 2,
    OPTION_STREAM4 = 4,
    OPTION_STREAM6 = 8,
    OPTION_RAW4 = 16,
    OPTION_RAW6 = 32,
    OPTION_UDP = OPTION_UDP4 | OPTION_UDP6,
    OPTION_RAW = OPTION_RAW4 | OPTION_RAW6,
    OPTION_DATAGRAMS = OPTION_UDP | OPTION_RAW,
    OPTION_DATAGRAMS6 = OPTION_UDP6 | OPTION_RAW6,
    OPTION_STREAMS = OPTION_STREAM4 | OPTION_STREAM6,
    OPTION_ALL6 = OPTION_DATAGRAMS6 | OPTION_STREAM6,
    OPTION_ALL = OPTION_DATAGRAMS | OPTION_STREAMS,
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

/* Where a number is kept: a member of struct socket_options or of struct socket. */
struct option_place {
    uint16_t offset;
    uint8_t width;  /* bytes: 1, 2 or 4; 0: it is not stored */
    bool in_socket;
};

#define OPTION_WIDTH(type_, member_) sizeof(((type_ *)0)->member_)

#define AT(member_) \
    {offsetof(struct socket_options, member_), OPTION_WIDTH(struct socket_options, member_), false}
#define AT_SOCKET(member_) \
    {offsetof(struct socket, member_), OPTION_WIDTH(struct socket, member_), true}

struct option_row {
    int name;
    unsigned kinds;
    enum option_format format;
    int elsewhere; /* what other sockets get; 0: WSAEINVAL */

    /* A stored number: where, and which bit of it (0: the whole). */
    struct option_place at;
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
    int (*write)(struct socket *socket, const struct option_row *row, const void *value,
                 size_t length);
    int argument; /* for write; what it means is the function's affair */
};

/* A boolean that is a bit of a set of control messages. */
#define CONTROL_ROW(name_, set_, bit_, kinds_) \
    {name_, kinds_, OPTION_WIDE_BOOL, .at = AT_SOCKET(set_), .bit = (bit_)}

/* All options of one level. */
struct option_table {
    int level;
    const struct option_row *rows;
    size_t count;
};

#define OPTION_TABLE(level_, rows_) {level_, rows_, sizeof(rows_) / sizeof((rows_)[0])}

extern const struct option_table options_of_socket; /* SOL_SOCKET */
extern const struct option_table options_of_ip4;    /* IPPROTO_IP */
extern const struct option_table options_of_ip6;    /* IPPROTO_IPV6 */
extern const struct option_table options_of_udp;    /* IPPROTO_UDP */

/* A bind has frozen it (WB 5.17). */
int option_check_unbound(const struct socket *socket, const struct option_row *row,
                         uint32_t value);

/* --- options_interface.c --- */

/* Set functions. WSAEADDRNOTAVAIL: no such interface; IP_UNICAST_IF takes no address. */
int option_set_multicast_interface4(struct socket *socket, uint32_t *value);
int option_set_unicast_interface4(struct socket *socket, uint32_t *value);
int option_set_interface6(struct socket *socket, uint32_t *value);

/* row->argument of option_write_interface_list(). */
enum { OPTION_LIST_V4 = 1, OPTION_LIST_ADD = 2 };

/*
 * The list of interfaces that are heard: IP_IFLIST, IP_ADD_IFLIST, IP_DEL_IFLIST, IP_GET_IFLIST and
 * the same of IPv6. WSAEINVAL while IP_IFLIST is off; WSAEADDRNOTAVAIL: no such interface, or it is
 * not in the list; WSAEFAULT.
 */
void option_apply_interface_list4(struct socket *socket, uint32_t value);
void option_apply_interface_list6(struct socket *socket, uint32_t value);
int option_write_interface_list(struct socket *socket, const struct option_row *row,
                                const void *value, size_t length);
int option_read_interface_list4(struct socket *socket, void *value, int *length);
int option_read_interface_list6(struct socket *socket, void *value, int *length);

/*
 * Finds the interface that an IPv4 option names: by index, as 0.x.x.x in network byte order, or by
 * one of its addresses (winsock-facts 4.10). given: as it stands in the option.
 * Returns 0 and the index (0: by route), or WSAEADDRNOTAVAIL.
 */
int option_find_interface4(uint32_t given, uint32_t *index);

/* SO_MAX_MSG_SIZE: bytes of payload. */
uint32_t option_get_max_message_bytes(const struct socket *socket);

/* IP_MTU and IPV6_MTU: of the path to the peer. Without one WSAENOTCONN. options_mtu.c */
int option_read_mtu4(struct socket *socket, void *value, int *length);
int option_read_mtu6(struct socket *socket, void *value, int *length);

/* The state of a new socket can be read but not set again (WB 6.26). options_mtu.c */
int option_check_mtu_discovery(const struct socket *socket, const struct option_row *row,
                               uint32_t value);

#endif
