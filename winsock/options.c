/*
 * options.c - socket options as one table.
 *
 * Every option is a row: where it is found (level, name), on which sockets it exists, how its bytes
 * are read and written (a format, with Windows' habits for short and long buffers), and where the
 * value is kept. The rows stand in a file for each level (options_table.h); here is what they mean.
 */
#include "winsock/options.h"

#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/options_table.h"

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

    lock_take(&socket->lock);
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
    uint32_t number = *storage_locked(socket, row);
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
