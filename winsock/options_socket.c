/*
 * options_socket.c - the options of level SOL_SOCKET.
 */
#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <mswsock.h>

#include "config/limits.h"
#include "winsock/name.h"
#include "winsock/options.h"
#include "winsock/options_table.h"
#include "winsock/protocol.h"

/* Of SO_COMPARTMENT_ID. */
#define DEFAULT_COMPARTMENT 1u

/* l_onoff where SO_LINGER is kept as a number. */
#define LINGER_ON 0xffffu

/* SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other (WB 5.13). socket.lock is held. */
static int check_sharing(const struct socket *socket, const struct option_row *row,
                         uint32_t value)
{
    uint32_t other = row->name == SO_REUSEADDR ? socket->exclusive_address
                                               : socket->reuse_address;

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
    return protocol_message_bytes(socket->family, socket->type);
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

/*
 * SO_BSP_STATE: a CSADDR_INFO and behind it the two names that it points to. A name that there is
 * not is all zero but for its family.
 */
static int read_bsp_state(struct socket *socket, void *value, int *length)
{
    int size = name_size(socket->family);
    char *names = (char *)value + sizeof(CSADDR_INFO);
    struct endpoint_name none = {.port = 0};
    CSADDR_INFO info = {
        .LocalAddr = {.lpSockaddr = (SOCKADDR *)names, .iSockaddrLength = size},
        .RemoteAddr = {.lpSockaddr = (SOCKADDR *)(names + size), .iSockaddrLength = size},
        .iSocketType = socket->type,
        .iProtocol = socket->protocol,
    };

    if ((size_t)*length < sizeof(info) + 2 * (size_t)size) {
        return WSAEFAULT;
    }
    if (socket->family == AF_INET) {
        none.address = netaddr_from_v4(INADDR_ANY);
    }
    lock_take(&socket->lock);
    struct endpoint_name local = socket->bound ? socket->local : none;
    struct endpoint_name peer = socket->connected ? socket->extra->peer : none;
    lock_give(&socket->lock);
    memcpy(value, &info, sizeof(info));
    name_write(socket->family, &local, names);
    name_write(socket->family, &peer, names + size);
    *length = (int)sizeof(info) + 2 * size;
    return 0;
}

/* There is one routing compartment, the default one. */
static uint32_t get_compartment(const struct socket *socket)
{
    (void)socket;
    return DEFAULT_COMPARTMENT;
}

static int set_compartment(struct socket *socket, uint32_t *value) /* NOLINT: as above */
{
    (void)socket;
    return *value == DEFAULT_COMPARTMENT ? 0 : WSAEINVAL;
}

/* SO_RANDOMIZE_PORT: before bind, and not with SO_REUSE_UNICASTPORT. socket.lock is held. */
static int check_randomize(const struct socket *socket, const struct option_row *row,
                           uint32_t value)
{
    bool reuses = value != 0 && socket->options->reuse_unicast_port != 0;

    return reuses ? WSAEINVAL : option_check_unbound(socket, row, value);
}

/* SO_DONTLINGER is l_onoff of SO_LINGER, the other way round. */
static uint32_t get_dont_linger(const struct socket *socket)
{
    return (socket->options->linger & LINGER_ON) == 0;
}

static int set_dont_linger(struct socket *socket, uint32_t *value) /* NOLINT: as above */
{
    lock_take(&socket->lock);
    struct socket_options *own = options_own_locked(socket);
    if (own != NULL) {
        own->linger = (own->linger & ~LINGER_ON) | (*value == 0);
    }
    lock_give(&socket->lock);
    return own != NULL ? 0 : WSAENOBUFS;
}

/* --- SO_OPENTYPE: the thread's, and of no socket (WB 6.31) --- */

static _Thread_local uint32_t open_type;

int options_set_open_type(const void *value, int length)
{
    if (length >= 0 && length < (int)sizeof(open_type)) {
        return WSAEFAULT;
    }
    memcpy(&open_type, value, sizeof(open_type));
    return 0;
}

int options_get_open_type(void *value, int *length)
{
    if (*length >= 0 && *length < (int)sizeof(open_type)) {
        return WSAEFAULT;
    }
    memcpy(value, &open_type, sizeof(open_type));
    *length = sizeof(open_type);
    return 0;
}

bool options_opens_overlapped(void)
{
    return open_type == 0;
}

/* A row of an option that streams alone have (WB 6.18). */
#define STREAM_ROW(name_, format_, ...) \
    {name_, OPTION_STREAMS, format_, .elsewhere = WSAENOPROTOOPT, __VA_ARGS__}

static const struct option_row rows[] = {
    {SO_DEBUG, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT(debug)},
    {SO_REUSEADDR, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT_SOCKET(reuse_address),
     .check = check_sharing},
    {SO_EXCLUSIVEADDRUSE, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT_SOCKET(exclusive_address),
     .check = check_sharing},
    {SO_BROADCAST, OPTION_DATAGRAMS, OPTION_SOCKET_BOOL, .at = AT_SOCKET(broadcast)},
    {SO_DONTROUTE, OPTION_ALL, OPTION_BYTE_BOOL, .at = AT(dont_route)},
    STREAM_ROW(SO_KEEPALIVE, OPTION_BYTE_BOOL, .at = AT(keep_alive)),
    STREAM_ROW(SO_OOBINLINE, OPTION_SOCKET_BOOL, .at = AT(oob_inline)),
    STREAM_ROW(SO_LINGER, OPTION_DWORD, .at = AT(linger)),
    STREAM_ROW(SO_DONTLINGER, OPTION_SOCKET_BOOL, .get = get_dont_linger, .set = set_dont_linger),
    STREAM_ROW(SO_CONDITIONAL_ACCEPT, OPTION_SOCKET_BOOL, .at = AT(conditional_accept)),
    STREAM_ROW(SO_PAUSE_ACCEPT, OPTION_SOCKET_BOOL, .at = AT(pause_accept)),
    /* Not since Vista: WSAEINVAL on every socket. */
    {SO_USELOOPBACK, .kinds = 0},
    {SO_SNDLOWAT, .kinds = 0},
    {SO_RCVLOWAT, .kinds = 0},
    {SO_RCVBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .at = AT_SOCKET(receive.buffer_bytes)},
    {SO_SNDBUF, OPTION_ALL, OPTION_BUFFER_BYTES, .at = AT(send_buffer_bytes)},
    {SO_RCVTIMEO, OPTION_ALL, OPTION_DWORD, .at = AT_SOCKET(receive_timeout_ms)},
    {SO_SNDTIMEO, OPTION_ALL, OPTION_DWORD, .at = AT(send_timeout_ms)},
    {SO_ERROR, OPTION_ALL, OPTION_DWORD, .at = AT(error)},
    {SO_TYPE, OPTION_ALL, OPTION_DWORD, .get = get_type, .set = set_type},
    {SO_ACCEPTCONN, OPTION_ALL, OPTION_DWORD, .get = get_zero},
    {SO_MAX_MSG_SIZE, OPTION_DATAGRAMS, OPTION_DWORD, .get = option_get_max_message_bytes},
    {SO_CONNECT_TIME, OPTION_DATAGRAMS, OPTION_DWORD, .get = get_never},
    {SO_COMPARTMENT_ID, OPTION_ALL, OPTION_DWORD, .get = get_compartment,
     .set = set_compartment},
    {SO_RANDOMIZE_PORT, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT(randomize_port),
     .check = check_randomize},
    {SO_PORT_SCALABILITY, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT(port_scalability)},
    {SO_REUSE_UNICASTPORT, OPTION_ALL, OPTION_SOCKET_BOOL, .at = AT(reuse_unicast_port)},
    {SO_REUSE_MULTICASTPORT, OPTION_UDP, OPTION_SOCKET_BOOL, .at = AT(reuse_multicast_port),
     .check = option_check_unbound},
    {SO_BSP_STATE, OPTION_ALL, OPTION_OWN, .read = read_bsp_state},
    {SO_PROTOCOL_INFOA, OPTION_ALL, OPTION_OWN, .read = read_protocol_info_a},
    {SO_PROTOCOL_INFOW, OPTION_ALL, OPTION_OWN, .read = read_protocol_info_w},
};

const struct option_table options_of_socket = OPTION_TABLE(SOL_SOCKET, rows);
