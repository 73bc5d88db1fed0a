/*
 * options_socket.c - the options of level SOL_SOCKET.
 */
#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <mswsock.h>

#include "config/limits.h"
#include "winsock/name.h"
#include "winsock/options_table.h"
#include "winsock/protocol.h"

/* SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other (WB 5.13). socket.lock is held. */
static int check_sharing(const struct socket *socket, const struct option_row *row,
                         uint32_t value)
{
    uint32_t other = row->name == SO_REUSEADDR ? socket->options.exclusive_address
                                               : socket->options.reuse_address;

    return value != 0 && other != 0 ? WSAEINVAL : 0;
}

static uint32_t get_type(const struct socket *socket)
{
    return (uint32_t)socket->type;
}

/* SO_TYPE cannot be set, and the error depends on the socket (WB 6.17). */
static int set_type(struct socket *socket, uint32_t *value) /* NOLINT: the table's signature */
{
    (void)value;
    return socket_is_datagram(socket) ? WSAEINVAL : WSAENOPROTOOPT;
}

static uint32_t get_zero(const struct socket *socket)
{
    (void)socket;
    return 0;
}

/* SO_CONNECT_TIME of a datagram socket, connected or not (WB 4.14). */
static uint32_t get_never(const struct socket *socket)
{
    (void)socket;
    return UINT32_MAX;
}

uint32_t option_get_max_message_bytes(const struct socket *socket)
{
    return protocol_largest_message(socket->family, socket->type);
}

/* Makes sure of the room; a buffer that is too short is told how much it takes (WB 6.23). */
static int need_room(int *length, size_t bytes)
{
    if (*length >= 0 && (size_t)*length >= bytes) {
        return 0;
    }
    *length = (int)bytes;
    return WSAEFAULT;
}

static int read_protocol_info_a(struct socket *socket, void *value, int *length)
{
    WSAPROTOCOL_INFOA info;
    int error = need_room(length, sizeof(info));

    if (error != 0) {
        return error;
    }
    protocol_describe_a(socket->family, socket->type, socket->protocol, &info);
    memcpy(value, &info, sizeof(info));
    return 0;
}

static int read_protocol_info_w(struct socket *socket, void *value, int *length)
{
    WSAPROTOCOL_INFOW info;
    int error = need_room(length, sizeof(info));

    if (error != 0) {
        return error;
    }
    protocol_describe_w(socket->family, socket->type, socket->protocol, &info);
    memcpy(value, &info, sizeof(info));
    return 0;
}

static const struct option_row rows[] = {
    {SO_DEBUG, OPTION_ALL, OPTION_SOCKET_BOOL, .offset = AT(debug)},
    {SO_REUSEADDR, OPTION_ALL, OPTION_SOCKET_BOOL, .offset = AT(reuse_address),
     .check = check_sharing},
    {SO_EXCLUSIVEADDRUSE, OPTION_ALL, OPTION_SOCKET_BOOL,
     .offset = AT(exclusive_address), .check = check_sharing},
    {SO_BROADCAST, OPTION_DATAGRAMS, OPTION_SOCKET_BOOL, .offset = AT(broadcast)},
    {SO_DONTROUTE, OPTION_ALL, OPTION_BYTE_BOOL, .offset = AT(dont_route)},
    {SO_RCVBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .offset = AT(receive_buffer_bytes)},
    {SO_SNDBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .offset = AT(send_buffer_bytes)},
    {SO_RCVTIMEO, OPTION_ALL, OPTION_DWORD, .offset = AT(receive_timeout_ms)},
    {SO_SNDTIMEO, OPTION_ALL, OPTION_DWORD, .offset = AT(send_timeout_ms)},
    {SO_ERROR, OPTION_ALL, OPTION_DWORD, .offset = AT(error)},
    {SO_TYPE, OPTION_ALL, OPTION_DWORD, .get = get_type,
     .set = set_type},
    {SO_ACCEPTCONN, OPTION_ALL, OPTION_DWORD, .get = get_zero},
    {SO_MAX_MSG_SIZE, OPTION_DATAGRAMS, OPTION_DWORD,
     .get = option_get_max_message_bytes},
    {SO_CONNECT_TIME, OPTION_DATAGRAMS, OPTION_DWORD, .get = get_never},
    {SO_PROTOCOL_INFOA, OPTION_ALL, OPTION_OWN, .read = read_protocol_info_a},
    {SO_PROTOCOL_INFOW, OPTION_ALL, OPTION_OWN, .read = read_protocol_info_w},
};

const struct option_table options_of_socket = OPTION_TABLE(SOL_SOCKET, rows);
