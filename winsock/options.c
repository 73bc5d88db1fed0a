/*
 * options.c - socket options as one table.
 *
 * Every option is a row: where it is found (level, name), on which sockets it exists, how its bytes
 * are read and written (a format, with Windows' habits for short and long buffers), and where the
 * value is kept. The rows stand in a file for each level (options_table.h); here is what they mean.
 *
 * Where values are kept. What receiving asks for stands in the socket. All the rest is a block that
 * sockets share until one of them changes something: that one gets a copy of its own, for good. Few
 * sockets ever do, and many thousands may exist.
 */
#include "winsock/options.h"

#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/options_table.h"

/* What one IP version's options say on a new socket. */
#define IP_OPTIONS_DEFAULT                              \
    {                                                   \
        .ttl = IP_DEFAULT_TTL,                          \
        .multicast_ttl = 1,                             \
        .multicast_loop = 1,                            \
        .protection_level = PROTECTION_LEVEL_DEFAULT,   \
        .user_mtu = IP_UNSPECIFIED_USER_MTU,            \
    }

static const struct socket_options defaults = {
    .send_buffer_bytes = LIMIT_RCVBUF_DEFAULT_BYTES,
    .receive_broadcast = 1,
    .checksum_offset = OPTION_NO_CHECKSUM,
    .v4 = IP_OPTIONS_DEFAULT,
    .v6 = IP_OPTIONS_DEFAULT,
};

void options_init(struct socket *socket)
{
    socket->receive = (struct receive_options){.buffer_bytes = LIMIT_RCVBUF_DEFAULT_BYTES};
    socket->receive_timeout_ms = 0;
    socket->report_port_unreachable = 1;
    socket->report_ttl_expired = 1;
    socket->v6_only = 1;
    socket->options = &defaults;
}

void options_fini(struct socket *socket)
{
    if (socket->options != &defaults) {
        free((struct socket_options *)socket->options);
    }
    socket->options = &defaults;
}

struct socket_options *options_own_locked(struct socket *socket)
{
    if (socket->options == &defaults) {
        struct socket_options *own = malloc(sizeof(*own));
        if (own == NULL) {
            return NULL;
        }
        *own = defaults;
        socket->options = own;
    }
    return (struct socket_options *)socket->options;
}

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

static const struct option_table *const tables[] = {
    &options_of_socket,
    &options_of_ip4,
    &options_of_ip6,
    &options_of_udp,
    &(const struct option_table){.level = IPPROTO_TCP},
};

/* The mark of a socket's kind in option_row.kinds. */
static unsigned kind_of(const struct socket *socket)
{
    bool v4 = socket->family == AF_INET;

    switch (socket->type) {
    case SOCK_DGRAM:
        return v4 ? OPTION_UDP4 : OPTION_UDP6;
    case SOCK_RAW:
        return v4 ? OPTION_RAW4 : OPTION_RAW6;
    default:
        return v4 ? OPTION_STREAM4 : OPTION_STREAM6;
    }
}

static const struct option_table *find_table(int level)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i]->level == level) {
            return tables[i];
        }
    }
    return NULL;
}

/* Finds the row. Returns 0, WSAEINVAL or WSAENOPROTOOPT. */
static int find(const struct socket *socket, int level, int name, const struct option_row **out)
{
    const struct option_table *table = find_table(level);

    if (table == NULL) {
        return WSAEINVAL;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].name == name) {
            *out = &table->rows[i];
            if ((table->rows[i].kinds & kind_of(socket)) != 0) {
                return 0;
            }
            return table->rows[i].elsewhere != 0 ? table->rows[i].elsewhere : WSAEINVAL;
        }
    }
    return WSAENOPROTOOPT;
}

/* Reads the number that a set gives, or says why it is none. */
static int read_number(int level, const struct option_row *row, const void *value, int length,
                       uint32_t *out)
{
    const struct format_rule *format = &formats[row->format];
    uint32_t number = 0;

    if (length < 0) { /* WB 6.7 */
        if (level != SOL_SOCKET || format->low_byte) {
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

/* All of the number that a row is in. socket.lock is held. */
static uint32_t load_locked(const struct socket *socket, const struct option_place *at)
{
    const char *from = (at->in_socket ? (const char *)socket : (const char *)socket->options) +
                       at->offset;
    uint32_t number;
    uint16_t half;

    switch (at->width) {
    case sizeof(uint8_t):
        return *(const uint8_t *)from;
    case sizeof(half):
        memcpy(&half, from, sizeof(half));
        return half;
    default:
        memcpy(&number, from, sizeof(number));
        return number;
    }
}

static void write_number(char *to, uint8_t width, uint32_t number)
{
    uint16_t half = (uint16_t)number;

    switch (width) {
    case sizeof(uint8_t):
        *(uint8_t *)to = (uint8_t)number;
        break;
    case sizeof(half):
        memcpy(to, &half, sizeof(half));
        break;
    default:
        memcpy(to, &number, sizeof(number));
        break;
    }
}

/* Stores a number that is no wider than its place. Returns 0 or WSAENOBUFS. socket.lock is held. */
static int store_locked(struct socket *socket, const struct option_row *row, uint32_t number)
{
    const struct option_place *at = &row->at;
    uint32_t old = load_locked(socket, at);

    if (row->bit != 0) {
        number = number != 0 ? old | row->bit : old & ~row->bit;
    }
    if (number == old) {
        return 0;
    }
    char *to = at->in_socket ? (char *)socket : (char *)options_own_locked(socket);
    if (to == NULL) {
        return WSAENOBUFS;
    }
    write_number(to + at->offset, at->width, number);
    return 0;
}

/* Checks, stores and tells the stack. */
static int set_number(struct socket *socket, const struct option_row *row, uint32_t number)
{
    int error = 0;

    lock_take(&socket->lock);
    if (socket->closed) {
        error = WSAENOTSOCK;
    } else if (row->check != NULL) {
        error = row->check(socket, row, number);
    }
    if (error == 0) {
        error = store_locked(socket, row, number);
    }
    bool tell_stack = error == 0 && row->apply != NULL && socket->endpoint != NULL;
    if (tell_stack) {
        socket_enter_locked(socket);
    }
    lock_give(&socket->lock);
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
        return length < 0 ? WSAENOBUFS : row->write(socket, row, value, (size_t)length);
    }
    if (row->get != NULL && row->set == NULL) {
        return WSAENOPROTOOPT;
    }
    error = read_number(level, row, value, length, &number);
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
    lock_take(&socket->lock);
    uint32_t number = load_locked(socket, &row->at);
    lock_give(&socket->lock);
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
