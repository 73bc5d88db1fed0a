/*
 * options_ip4.c - the options of level IPPROTO_IP. They exist on AF_INET6 sockets too, where they
 * are about IPv4 datagrams (C27).
 */
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/cmsg.h"
#include "winsock/options.h"
#include "winsock/options_multicast.h"
#include "winsock/options_table.h"

static void apply_receive_broadcast(struct socket *socket, uint32_t value)
{
    endpoint_set_receive_broadcast(socket->endpoint, value != 0);
}

static void apply_multicast_loop(struct socket *socket, uint32_t value)
{
    endpoint_set_multicast_loop(socket->endpoint, true, value != 0);
}

/* IP_OPTIONS: what stands behind the header of each datagram. It is not looked into. */
static int read_ip_options(struct socket *socket, void *value, int *length)
{
    lock_take(&socket->lock);
    struct endpoint_ip_options options = socket->options->ip_options;
    lock_give(&socket->lock);
    if (*length < options.length) {
        return WSAEFAULT;
    }
    memcpy(value, options.bytes, options.length);
    *length = options.length;
    return 0;
}

static int write_ip_options(struct socket *socket, const struct option_row *row,
                            const void *value, size_t length)
{
    struct endpoint_ip_options options = {.length = (uint8_t)length};

    (void)row;
    if (length > sizeof(options.bytes)) {
        return WSAEINVAL;
    }
    memcpy(options.bytes, value, length);
    lock_take(&socket->lock);
    struct socket_options *own = options_own_locked(socket);
    if (own != NULL) {
        own->ip_options = options;
    }
    lock_give(&socket->lock);
    return own != NULL ? 0 : WSAENOBUFS;
}

static const struct option_row rows[] = {
    CONTROL_ROW(IP_PKTINFO, receive.control4, CMSG_PKTINFO, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVTTL, receive.control4, CMSG_TTL, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVTOS, receive.control4, CMSG_TOS, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVECN, receive.control4, CMSG_ECN, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_PKTINFO_EX, receive.control4, CMSG_PKTINFO_EX, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVIF, receive.control4, CMSG_RECVIF, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVDSTADDR, receive.control4, CMSG_RECVDSTADDR, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_ORIGINAL_ARRIVAL_IF, receive.control4, CMSG_ARRIVAL_IF, OPTION_DATAGRAMS),
    {IP_TTL, OPTION_ALL, OPTION_OCTET, .at = AT(v4.ttl)},
    {IP_TOS, OPTION_ALL, OPTION_OCTET, .at = AT(v4.tos)},
    {IP_DONTFRAGMENT, OPTION_ALL, OPTION_BOOL, .at = AT(v4.dont_fragment)},
    {IP_MTU_DISCOVER, OPTION_DATAGRAMS, OPTION_DWORD, .at = AT(v4.mtu_discovery),
     .check = option_check_mtu_discovery},
    {IP_MTU, OPTION_DATAGRAMS, OPTION_OWN, .read = option_read_mtu4},
    {IP_USER_MTU, OPTION_DATAGRAMS, OPTION_DWORD, .at = AT(v4.user_mtu)},
    {IP_HDRINCL, OPTION_RAW, OPTION_BOOL, .at = AT(v4.header_included)},
    {IP_MULTICAST_TTL, OPTION_DATAGRAMS, OPTION_OCTET,
     .at = AT(v4.multicast_ttl)},
    {IP_MULTICAST_LOOP, OPTION_DATAGRAMS, OPTION_BOOL,
     .at = AT(v4.multicast_loop), .apply = apply_multicast_loop},
    {IP_MULTICAST_IF, OPTION_DATAGRAMS, OPTION_DWORD,
     .at = AT(v4.multicast_interface), .set = option_set_multicast_interface4},
    {IP_RECEIVE_BROADCAST, OPTION_DATAGRAMS, OPTION_BOOL,
     .at = AT(receive_broadcast), .apply = apply_receive_broadcast},
    {IP_OPTIONS, OPTION_ALL, OPTION_OWN, .read = read_ip_options, .write = write_ip_options},
    {IP_UNICAST_IF, OPTION_ALL, OPTION_DWORD, .at = AT(v4.unicast_interface),
     .set = option_set_unicast_interface4},
    {IP_IFLIST, OPTION_DATAGRAMS, OPTION_BOOL, .at = AT(v4.restrict_interfaces),
     .apply = option_apply_interface_list4},
    {IP_ADD_IFLIST, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_interface_list,
     .argument = OPTION_LIST_V4 | OPTION_LIST_ADD},
    {IP_DEL_IFLIST, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_interface_list,
     .argument = OPTION_LIST_V4},
    {IP_GET_IFLIST, OPTION_DATAGRAMS, OPTION_OWN, .read = option_read_interface_list4},

    /* Without effect: docs/differences.md says why nobody sees it. */
    {IP_RTHDR, OPTION_DATAGRAMS, OPTION_DWORD, .at = AT(v4.routing_header)},
    {IP_RECVRTHDR, OPTION_DATAGRAMS, OPTION_BOOL, .at = AT(v4.report_routing_header)},
    {IP_RECVERR, OPTION_UDP, OPTION_BOOL, .at = AT(v4.report_errors)},
    {IP_WFP_REDIRECT_RECORDS, OPTION_ALL, OPTION_DWORD, .at = AT(v4.redirect_records)},
    {IP_WFP_REDIRECT_CONTEXT, OPTION_ALL, OPTION_DWORD, .at = AT(v4.redirect_context)},

    {IP_ADD_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq4,
     .argument = ENDPOINT_JOIN},
    {IP_DROP_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq4,
     .argument = ENDPOINT_LEAVE},
    {IP_ADD_SOURCE_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq_source4,
     .argument = ENDPOINT_JOIN_SOURCE},
    {IP_DROP_SOURCE_MEMBERSHIP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq_source4,
     .argument = ENDPOINT_LEAVE_SOURCE},
    {IP_BLOCK_SOURCE, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq_source4,
     .argument = ENDPOINT_BLOCK_SOURCE},
    {IP_UNBLOCK_SOURCE, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_mreq_source4,
     .argument = ENDPOINT_UNBLOCK_SOURCE},
    OPTION_MCAST_ROWS(OPTION_DATAGRAMS, option_write_group4, option_write_group_source4),
};

const struct option_table options_of_ip4 = OPTION_TABLE(IPPROTO_IP, rows);
