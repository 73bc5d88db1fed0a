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

/* Without options and extension headers. */
#define IP4_HEADER_BYTES 20
#define IP6_HEADER_BYTES 40

uint32_t option_get_max_message_bytes(const struct socket *socket)
{
    bool v4 = socket->family == AF_INET;

    if (socket_is_raw(socket)) {
        return LIMIT_PACKET_LENGTH_BYTES - (v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
    }
    return v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
}

/* What SO_PROTOCOL_INFO says; all but the text, which differs in its characters. */
#define FILL_PROTOCOL_INFO(info, socket) \
    do { \
        bool datagram = socket_is_datagram(socket); \
        int address_bytes = name_size((socket)->family); \
        (info)->dwServiceFlags1 = \
            XP1_IFS_HANDLES | \
            (datagram ? XP1_SUPPORT_BROADCAST | XP1_SUPPORT_MULTIPOINT | XP1_MESSAGE_ORIENTED | \
                            XP1_CONNECTIONLESS \
                      : XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE | \
                            XP1_EXPEDITED_DATA); \
        (info)->dwProviderFlags = \
            PFL_MATCHES_PROTOCOL_ZERO | (socket_is_raw(socket) ? PFL_HIDDEN : 0); \
        (info)->ProtocolChain.ChainLen = BASE_PROTOCOL; \
        (info)->iVersion = 2; \
        (info)->iAddressFamily = (socket)->family; \
        (info)->iMaxSockAddr = address_bytes; \
        (info)->iMinSockAddr = address_bytes; \
        (info)->iSocketType = (socket)->type; \
        (info)->iProtocol = socket_is_raw(socket) ? 0 : (socket)->protocol; \
        (info)->iProtocolMaxOffset = socket_is_raw(socket) ? IPPROTO_RAW : 0; \
        (info)->dwMessageSize = datagram ? option_get_max_message_bytes(socket) : 0; \
    } while (0)

static const char *protocol_text(const struct socket *socket)
{
    if (socket_is_raw(socket)) {
        return socket->family == AF_INET ? "winlwip RAW/IP" : "winlwip RAW/IPv6";
    }
    if (socket_is_datagram(socket)) {
        return socket->family == AF_INET ? "winlwip UDP/IP" : "winlwip UDP/IPv6";
    }
    return socket->family == AF_INET ? "winlwip TCP/IP" : "winlwip TCP/IPv6";
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
    WSAPROTOCOL_INFOA info = {.dwServiceFlags2 = 0};
    int error = need_room(length, sizeof(info));

    if (error != 0) {
        return error;
    }
    FILL_PROTOCOL_INFO(&info, socket);
    const char *text = protocol_text(socket);
    memcpy(info.szProtocol, text, strlen(text));
    memcpy(value, &info, sizeof(info));
    return 0;
}

static int read_protocol_info_w(struct socket *socket, void *value, int *length)
{
    WSAPROTOCOL_INFOW info = {.dwServiceFlags2 = 0};
    int error = need_room(length, sizeof(info));

    if (error != 0) {
        return error;
    }
    FILL_PROTOCOL_INFO(&info, socket);
    const char *text = protocol_text(socket);
    for (size_t i = 0; text[i] != '\0'; i++) {
        info.szProtocol[i] = (WCHAR)text[i];
    }
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
