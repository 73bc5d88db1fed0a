/*
 * options_special.c - the options that are more than a stored number.
 */
#include "winsock/options_table.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/errors.h"
#include "winsock/name.h"
#include "winsock/socket.h"

/* Without options and extension headers. */
#define IP4_HEADER_BYTES 20
#define IP6_HEADER_BYTES 40

uint32_t option_get_type(const struct socket *socket)
{
    return (uint32_t)socket->type;
}

/* SO_TYPE cannot be set, and the error depends on the socket (WB 6.17). */
int option_set_type(struct socket *socket, uint32_t *value) /* NOLINT: the table's signature */
{
    (void)value;
    return socket_is_datagram(socket) ? WSAEINVAL : WSAENOPROTOOPT;
}

uint32_t option_get_zero(const struct socket *socket)
{
    (void)socket;
    return 0;
}

/* SO_CONNECT_TIME of a datagram socket, connected or not (WB 4.14). */
uint32_t option_get_never(const struct socket *socket)
{
    (void)socket;
    return UINT32_MAX;
}

uint32_t option_get_max_message_bytes(const struct socket *socket)
{
    bool v4 = socket->family == AF_INET;

    if (socket_is_raw(socket)) {
        return LIMIT_PACKET_LENGTH_BYTES - (v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
    }
    return v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
}

/*
 * Finds the interface that an IPv4 option names: by index, as 0.x.x.x in network byte order, or by
 * one of its addresses (winsock-facts 4.10). given: as it stands in the option.
 * Returns 0 and the index (0: by route), or WSAEADDRNOTAVAIL.
 */
static int find_interface4(uint32_t given, uint32_t *index)
{
    uint32_t host = ntohl(given);

    if (host <= 0xffffff) {
        *index = host;
        return 0;
    }
    struct netaddr address = netaddr_from_v4(given);
    *index = endpoint_interface_of(&address);
    return *index != 0 ? 0 : WSAEADDRNOTAVAIL;
}

int option_set_multicast_interface4(struct socket *socket, uint32_t *value)
{
    (void)socket;
    return find_interface4(*value, value);
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

int option_read_protocol_info_a(struct socket *socket, void *value, int *length)
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

int option_read_protocol_info_w(struct socket *socket, void *value, int *length)
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

/* Joins or leaves. The group's address family is the stack's to judge. */
static int change_membership(struct socket *socket, const struct netaddr *group,
                             uint32_t interface_index, bool join)
{
    if (!netaddr_is_multicast(group)) {
        return WSAEINVAL;
    }
    pthread_mutex_lock(&socket->lock);
    bool closed = socket->closed;
    if (!closed) {
        socket_enter_locked(socket);
    }
    pthread_mutex_unlock(&socket->lock);
    if (closed) {
        return WSAENOTSOCK;
    }
    int result = join ? endpoint_join(socket->endpoint, group, interface_index)
                      : endpoint_leave(socket->endpoint, group, interface_index);
    socket_leave(socket);
    return errors_wsa_from_errno(result);
}

static int change4(struct socket *socket, const void *value, size_t length, bool join)
{
    IP_MREQ request;
    uint32_t index;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = find_interface4(request.imr_interface.s_addr, &index);
    if (error != 0) {
        return error;
    }
    struct netaddr group = netaddr_from_v4(request.imr_multiaddr.s_addr);
    return change_membership(socket, &group, index, join);
}

static int change6(struct socket *socket, const void *value, size_t length, bool join)
{
    IPV6_MREQ request;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    struct netaddr group = netaddr_from_v6(&request.ipv6mr_multiaddr);
    return change_membership(socket, &group, request.ipv6mr_interface, join);
}

static int change_any(struct socket *socket, const void *value, size_t length, bool join)
{
    GROUP_REQ request;
    struct endpoint_name group;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int family = request.gr_group.ss_family;
    if (family != AF_INET && family != AF_INET6) {
        return WSAEAFNOSUPPORT;
    }
    int error = name_read(family, &request.gr_group, sizeof(request.gr_group), &group);
    if (error != 0) {
        return error;
    }
    return change_membership(socket, &group.address, request.gr_interface, join);
}

int option_join4(struct socket *socket, const void *value, size_t length)
{
    return change4(socket, value, length, true);
}

int option_leave4(struct socket *socket, const void *value, size_t length)
{
    return change4(socket, value, length, false);
}

int option_join6(struct socket *socket, const void *value, size_t length)
{
    return change6(socket, value, length, true);
}

int option_leave6(struct socket *socket, const void *value, size_t length)
{
    return change6(socket, value, length, false);
}

int option_join_any(struct socket *socket, const void *value, size_t length)
{
    return change_any(socket, value, length, true);
}

int option_leave_any(struct socket *socket, const void *value, size_t length)
{
    return change_any(socket, value, length, false);
}
