/*
 * options.c - socket options as one table.
 *
 * Every option is a row: where it is found (level, name), on which sockets it exists, how its bytes
 * are read and written (a format, with Windows' habits for short and long buffers), and where the
 * value is kept. An option whose value is a number in struct socket_options needs nothing else; one
 * that has to refuse values or to tell the stack has a check or an apply function; one that is no
 * number has functions of its own (options_special.c).
 *
 * Adding an option is adding a row.
 */
#include "winsock/options.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "config/limits.h"
#include "winsock/cmsg.h"
#include "winsock/options_table.h"
#include "winsock/socket.h"

/* How the sizes of a format behave. WB rows in parentheses. */
struct format_rule {
    uint8_t set_min;        /* shortest that a set accepts; 0: also none, which means 0 (6.8) */
    uint8_t get_min;        /* shortest buffer of a get */
    bool narrow;            /* a get into less than 4 bytes gives 1 byte (6.11) */
    bool always_byte;       /* a get gives 1 byte whatever the buffer (6.11) */
    bool boolean;           /* any value but 0 is 1 (6.10) */
    bool low_byte;          /* only the lowest byte counts (6.10) */
    bool short_get_zero_length; /* a get that is too short sets *length to 0 (6.12) */
    bool short_get_clears;  /* ... and here clears what there is of the buffer (6.13) */
    uint32_t max;           /* largest value */
};

static const struct format_rule formats[] = {
    [OPTION_SOCKET_BOOL] = {0, 1, .narrow = true, .boolean = true, .max = 1},
    [OPTION_BOOL] = {1, 1, .narrow = true, .boolean = true, .max = 1},
    [OPTION_BYTE_BOOL] = {1, 1, .always_byte = true, .boolean = true, .low_byte = true, .max = 1},
    [OPTION_WIDE_BOOL] = {4, 4, .boolean = true, .short_get_zero_length = true, .max = 1},
    [OPTION_OCTET] = {1, 1, .narrow = true, .max = 255},
    [OPTION_BUFFER_BYTES] = {4, 4, .short_get_clears = true, .max = UINT32_MAX},
    [OPTION_DWORD] = {4, 4, .max = UINT32_MAX},
};

/* Where a number is kept. */
#define AT(member) offsetof(struct socket_options, member)

/* Booleans that are bits of a set of control messages. */
#define CONTROL_ROW(level_, name_, set_, bit_, kinds_) \
    {level_, name_, kinds_, OPTION_WIDE_BOOL, .offset = (set_), .bit = (bit_)}

static int check_sharing(const struct socket *socket, const struct option_row *row,
                         uint32_t value);
static int check_unbound(const struct socket *socket, const struct option_row *row,
                         uint32_t value);
static int check_checksum(const struct socket *socket, const struct option_row *row,
                          uint32_t value);
static void apply_checksum(struct socket *socket, uint32_t value);
static void apply_multicast_loop(struct socket *socket, uint32_t value);
static void apply_receive_broadcast(struct socket *socket, uint32_t value);

static const struct option_row table[] = {
    {SOL_SOCKET, SO_DEBUG, OPTION_ALL, OPTION_SOCKET_BOOL, .offset = AT(debug)},
    {SOL_SOCKET, SO_REUSEADDR, OPTION_ALL, OPTION_SOCKET_BOOL, .offset = AT(reuse_address),
     .check = check_sharing},
    {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, OPTION_ALL, OPTION_SOCKET_BOOL,
     .offset = AT(exclusive_address), .check = check_sharing},
    {SOL_SOCKET, SO_BROADCAST, OPTION_DATAGRAMS, OPTION_SOCKET_BOOL, .offset = AT(broadcast)},
    {SOL_SOCKET, SO_DONTROUTE, OPTION_ALL, OPTION_BYTE_BOOL, .offset = AT(dont_route)},
    {SOL_SOCKET, SO_RCVBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .offset = AT(receive_buffer_bytes)},
    {SOL_SOCKET, SO_SNDBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .offset = AT(send_buffer_bytes)},
    {SOL_SOCKET, SO_RCVTIMEO, OPTION_ALL, OPTION_DWORD, .offset = AT(receive_timeout_ms)},
    {SOL_SOCKET, SO_SNDTIMEO, OPTION_ALL, OPTION_DWORD, .offset = AT(send_timeout_ms)},
    {SOL_SOCKET, SO_ERROR, OPTION_ALL, OPTION_DWORD, .offset = AT(error)},
    {SOL_SOCKET, SO_TYPE, OPTION_ALL, OPTION_DWORD, .get = option_get_type,
     .set = option_set_type},
    {SOL_SOCKET, SO_ACCEPTCONN, OPTION_ALL, OPTION_DWORD, .get = option_get_zero},
    {SOL_SOCKET, SO_MAX_MSG_SIZE, OPTION_DATAGRAMS, OPTION_DWORD,
     .get = option_get_max_message_bytes},
    {SOL_SOCKET, SO_CONNECT_TIME, OPTION_DATAGRAMS, OPTION_DWORD, .get = option_get_never},
    {SOL_SOCKET, SO_PROTOCOL_INFOA, OPTION_ALL, OPTION_OWN, .read = option_read_protocol_info_a},
    {SOL_SOCKET, SO_PROTOCOL_INFOW, OPTION_ALL, OPTION_OWN, .read = option_read_protocol_info_w},

    CONTROL_ROW(IPPROTO_IP, IP_PKTINFO, AT(v4.control), CMSG_PKTINFO, OPTION_DATAGRAMS),
    CONTROL_ROW(IPPROTO_IP, IP_RECVTTL, AT(v4.control), CMSG_TTL, OPTION_DATAGRAMS),
    CONTROL_ROW(IPPROTO_IP, IP_RECVTOS, AT(v4.control), CMSG_TOS, OPTION_DATAGRAMS),
    CONTROL_ROW(IPPROTO_IP, IP_RECVECN, AT(v4.control), CMSG_ECN, OPTION_DATAGRAMS),
    {IPPROTO_IP, IP_TTL, OPTION_ALL, OPTION_OCTET, .offset = AT(v4.ttl)},
    {IPPROTO_IP, IP_TOS, OPTION_ALL, OPTION_OCTET, .offset = AT(v4.tos)},
    {IPPROTO_IP, IP_DONTFRAGMENT, OPTION_ALL, OPTION_BOOL, .offset = AT(v4.dont_fragment)},
    {IPPROTO_IP, IP_HDRINCL, OPTION_RAW, OPTION_BOOL, .offset = AT(v4.header_included)},
    {IPPROTO_IP, IP_MULTICAST_TTL, OPTION_DATAGRAMS, OPTION_OCTET,
     .offset = AT(v4.multicast_ttl)},
    {IPPROTO_IP, IP_MULTICAST_LOOP, OPTION_DATAGRAMS, OPTION_BOOL,
     .offset = AT(v4.multicast_loop), .apply = apply_multicast_loop},
    {IPPROTO_IP, IP_MULTICAST_IF, OPTION_DATAGRAMS, OPTION_DWORD,
     .offset = AT(v4.multicast_interface), .set = option_set_multicast_interface4},
    {IPPROTO_IP, IP_RECEIVE_BROADCAST, OPTION_DATAGRAMS, OPTION_BOOL,
     .offset = AT(receive_broadcast), .apply = apply_receive_broadcast},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_join4},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_leave4},
    {IPPROTO_IP, MCAST_JOIN_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_join_any},
    {IPPROTO_IP, MCAST_LEAVE_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_leave_any},

    CONTROL_ROW(IPPROTO_IPV6, IPV6_PKTINFO, AT(v6.control), CMSG_PKTINFO, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPPROTO_IPV6, IPV6_HOPLIMIT, AT(v6.control), CMSG_TTL, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPPROTO_IPV6, IPV6_RECVTCLASS, AT(v6.control), CMSG_TOS, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPPROTO_IPV6, IPV6_RECVECN, AT(v6.control), CMSG_ECN, OPTION_DATAGRAMS6),
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, OPTION_ALL6, OPTION_OCTET, .offset = AT(v6.ttl)},
    {IPPROTO_IPV6, IPV6_TCLASS, OPTION_ALL6, OPTION_OCTET, .offset = AT(v6.tos)},
    {IPPROTO_IPV6, IPV6_DONTFRAG, OPTION_ALL6, OPTION_BOOL, .offset = AT(v6.dont_fragment)},
    {IPPROTO_IPV6, IPV6_HDRINCL, OPTION_RAW, OPTION_BOOL, .offset = AT(v6.header_included)},
    {IPPROTO_IPV6, IPV6_CHECKSUM, OPTION_RAW6, OPTION_DWORD, .offset = AT(checksum_offset),
     .check = check_checksum, .apply = apply_checksum},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, OPTION_DATAGRAMS6, OPTION_OCTET,
     .offset = AT(v6.multicast_ttl)},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, OPTION_DATAGRAMS6, OPTION_BOOL,
     .offset = AT(v6.multicast_loop), .apply = apply_multicast_loop},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, OPTION_DATAGRAMS6, OPTION_DWORD,
     .offset = AT(v6.multicast_interface)},
    {IPPROTO_IPV6, IPV6_V6ONLY, OPTION_ALL, OPTION_BYTE_BOOL, .offset = AT(v6_only),
     .check = check_unbound},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_join6},
    {IPPROTO_IPV6, IPV6_LEAVE_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_leave6},
    {IPPROTO_IPV6, MCAST_JOIN_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_join_any},
    {IPPROTO_IPV6, MCAST_LEAVE_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_leave_any},
};

/* SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other (WB 5.13). socket.lock is held. */
static int check_sharing(const struct socket *socket, const struct option_row *row,
                         uint32_t value)
{
    uint32_t other = row->name == SO_REUSEADDR ? socket->options.exclusive_address
                                               : socket->options.reuse_address;

    return value != 0 && other != 0 ? WSAEINVAL : 0;
}

/* What a bind has frozen (WB 5.17). socket.lock is held. */
static int check_unbound(const struct socket *socket, const struct option_row *row, uint32_t value)
{
    (void)row;
    (void)value;
    return socket->bound ? WSAEINVAL : 0;
}

/* IPV6_CHECKSUM: an even offset, or -1; ICMPv6's cannot be moved (RFC 3542, 3.1). */
static int check_checksum(const struct socket *socket, const struct option_row *row,
                          uint32_t value)
{
    (void)row;
    if (socket->protocol == IPPROTO_ICMPV6) {
        return WSAEINVAL;
    }
    bool fits = value % 2 == 0 && value < LIMIT_PACKET_LENGTH_BYTES;
    return value == OPTION_NO_CHECKSUM || fits ? 0 : WSAEINVAL;
}

static void apply_checksum(struct socket *socket, uint32_t value)
{
    endpoint_set_checksum_offset(socket->endpoint,
                                 value == OPTION_NO_CHECKSUM ? -1 : (int)value);
}

static void apply_multicast_loop(struct socket *socket, uint32_t value)
{
    endpoint_set_multicast_loop(socket->endpoint, value != 0);
}

static void apply_receive_broadcast(struct socket *socket, uint32_t value)
{
    endpoint_set_receive_broadcast(socket->endpoint, value != 0);
}

static bool level_exists(int level)
{
    static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, IPPROTO_TCP};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (levels[i] == level) {
            return true;
        }
    }
    return false;
}

/* The mark of a socket's kind in option_row.kinds. */
static unsigned kind_of(const struct socket *socket)
{
    if (socket_is_raw(socket)) {
        return socket->family == AF_INET ? OPTION_RAW4 : OPTION_RAW6;
    }
    if (socket_is_datagram(socket)) {
        return socket->family == AF_INET ? OPTION_DATAGRAM4 : OPTION_DATAGRAM6;
    }
    return socket->family == AF_INET ? OPTION_STREAM4 : OPTION_STREAM6;
}

/* Finds the row. Returns 0, WSAEINVAL or WSAENOPROTOOPT. */
static int find(const struct socket *socket, int level, int name, const struct option_row **out)
{
    if (!level_exists(level)) {
        return WSAEINVAL;
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].level != level || table[i].name != name) {
            continue;
        }
        *out = &table[i];
        return (table[i].kinds & kind_of(socket)) != 0 ? 0 : WSAEINVAL;
    }
    return WSAENOPROTOOPT;
}

/* Reads the number that a set gives, or says why it is none. */
static int read_number(const struct option_row *row, const void *value, int length, uint32_t *out)
{
    const struct format_rule *format = &formats[row->format];
    uint32_t number = 0;

    if (length < 0) { /* WB 6.7 */
        if (row->level != SOL_SOCKET || format->low_byte) {
            return WSAENOBUFS;
        }
        length = sizeof(number);
    }
    if (length < format->set_min) {
        return WSAEFAULT;
    }
    memcpy(&number, value, (size_t)length < sizeof(number) ? (size_t)length : sizeof(number));
    if (format->low_byte) {
        number &= 0xff;
    }
    if (format->boolean) {
        number = number != 0;
    }
    if (number > format->max) {
        return WSAEINVAL;
    }
    *out = number;
    return 0;
}

/* Where a row keeps its number; socket.lock is held. */
static uint32_t *storage_locked(struct socket *socket, const struct option_row *row)
{
    return (uint32_t *)((char *)&socket->options + row->offset);
}

static void store_locked(struct socket *socket, const struct option_row *row, uint32_t number)
{
    uint32_t *at = storage_locked(socket, row);

    if (row->bit == 0) {
        *at = number;
    } else {
        *at = number != 0 ? *at | row->bit : *at & ~row->bit;
    }
}

/* Checks, stores and tells the stack. */
static int set_number(struct socket *socket, const struct option_row *row, uint32_t number)
{
    int error = 0;

    pthread_mutex_lock(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else if (row->check != NULL) {
        error = row->check(socket, row, number);
    }
    bool tell_stack = error == 0 && row->apply != NULL && socket->endpoint != NULL;
    if (error == 0) {
        store_locked(socket, row, number);
    }
    if (tell_stack) {
        socket_enter_locked(socket);
    }
    pthread_mutex_unlock(&socket->lock);
    if (tell_stack) {
        row->apply(socket, number);
        socket_leave(socket);
    }
    return error;
}

int options_set(struct socket *socket, int level, int name, const void *value, int length)
{
    const struct option_row *row;
    uint32_t number;
    int error = find(socket, level, name, &row);

    if (error != 0) {
        return error;
    }
    if (row->format == OPTION_OWN) {
        if (row->write == NULL) {
            return WSAENOPROTOOPT;
        }
        return length < 0 ? WSAENOBUFS : row->write(socket, value, (size_t)length);
    }
    if (row->get != NULL && row->set == NULL) {
        return WSAENOPROTOOPT;
    }
    error = read_number(row, value, length, &number);
    if (error == 0 && row->set != NULL) {
        error = row->set(socket, &number);
    }
    return error != 0 || row->get != NULL ? error : set_number(socket, row, number);
}

/* What a get does with a buffer that is too short. */
static int refuse_short(const struct format_rule *format, void *value, int *length)
{
    if (format->short_get_clears) {
        memset(value, 0, (size_t)*length);
    }
    if (format->short_get_zero_length) {
        *length = 0;
    }
    return WSAEFAULT;
}

static uint32_t current_number(struct socket *socket, const struct option_row *row)
{
    if (row->get != NULL) {
        return row->get(socket);
    }
    pthread_mutex_lock(&socket->lock);
    uint32_t number = *storage_locked(socket, row);
    pthread_mutex_unlock(&socket->lock);
    return row->bit == 0 ? number : (number & row->bit) != 0;
}

int options_get(struct socket *socket, int level, int name, void *value, int *length)
{
    const struct option_row *row;
    int error = find(socket, level, name, &row);

    if (error != 0) {
        return error;
    }
    if (row->format == OPTION_OWN) {
        return row->read != NULL ? row->read(socket, value, length) : WSAENOPROTOOPT;
    }
    const struct format_rule *format = &formats[row->format];
    if (*length < format->get_min) {
        return refuse_short(format, value, length);
    }
    uint32_t number = current_number(socket, row);
    bool one_byte =
        format->always_byte || (format->narrow && *length < (int)sizeof(number));
    *length = one_byte ? 1 : (int)sizeof(number);
    memcpy(value, &number, (size_t)*length);
    return 0;
}
