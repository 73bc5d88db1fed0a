/*
 * options_ip4.c - the options of level IPPROTO_IP. They exist on AF_INET6 sockets too, where they
 * are about IPv4 datagrams (C27).
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/cmsg.h"
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

int option_find_interface4(uint32_t given, uint32_t *index)
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

static int set_multicast_interface(struct socket *socket, uint32_t *value)
{
    (void)socket;
    return option_find_interface4(*value, value);
}

static const struct option_row rows[] = {
    CONTROL_ROW(IP_PKTINFO, AT(v4.control), CMSG_PKTINFO, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVTTL, AT(v4.control), CMSG_TTL, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVTOS, AT(v4.control), CMSG_TOS, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVECN, AT(v4.control), CMSG_ECN, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_PKTINFO_EX, AT(v4.control), CMSG_PKTINFO_EX, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVIF, AT(v4.control), CMSG_RECVIF, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_RECVDSTADDR, AT(v4.control), CMSG_RECVDSTADDR, OPTION_DATAGRAMS),
    CONTROL_ROW(IP_ORIGINAL_ARRIVAL_IF, AT(v4.control), CMSG_ARRIVAL_IF, OPTION_DATAGRAMS),
    {IP_TTL, OPTION_ALL, OPTION_OCTET, .offset = AT(v4.ttl)},
    {IP_TOS, OPTION_ALL, OPTION_OCTET, .offset = AT(v4.tos)},
    {IP_DONTFRAGMENT, OPTION_ALL, OPTION_BOOL, .offset = AT(v4.dont_fragment)},
    {IP_MTU_DISCOVER, OPTION_DATAGRAMS, OPTION_DWORD, .offset = AT(v4.mtu_discovery),
     .check = option_check_mtu_discovery},
    {IP_MTU, OPTION_DATAGRAMS, OPTION_OWN, .read = option_read_mtu4},
    {IP_USER_MTU, OPTION_DATAGRAMS, OPTION_DWORD, .offset = AT(v4.user_mtu)},
    {IP_HDRINCL, OPTION_RAW, OPTION_BOOL, .offset = AT(v4.header_included)},
    {IP_MULTICAST_TTL, OPTION_DATAGRAMS, OPTION_OCTET,
     .offset = AT(v4.multicast_ttl)},
    {IP_MULTICAST_LOOP, OPTION_DATAGRAMS, OPTION_BOOL,
     .offset = AT(v4.multicast_loop), .apply = apply_multicast_loop},
    {IP_MULTICAST_IF, OPTION_DATAGRAMS, OPTION_DWORD,
     .offset = AT(v4.multicast_interface), .set = set_multicast_interface},
    {IP_RECEIVE_BROADCAST, OPTION_DATAGRAMS, OPTION_BOOL,
     .offset = AT(receive_broadcast), .apply = apply_receive_broadcast},
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
    {MCAST_JOIN_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group4,
     .argument = ENDPOINT_JOIN},
    {MCAST_LEAVE_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group4,
     .argument = ENDPOINT_LEAVE},
    {MCAST_JOIN_SOURCE_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group_source4,
     .argument = ENDPOINT_JOIN_SOURCE},
    {MCAST_LEAVE_SOURCE_GROUP, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group_source4,
     .argument = ENDPOINT_LEAVE_SOURCE},
    {MCAST_BLOCK_SOURCE, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group_source4,
     .argument = ENDPOINT_BLOCK_SOURCE},
    {MCAST_UNBLOCK_SOURCE, OPTION_DATAGRAMS, OPTION_OWN, .write = option_write_group_source4,
     .argument = ENDPOINT_UNBLOCK_SOURCE},
};

const struct option_table options_of_ip4 = OPTION_TABLE(IPPROTO_IP, rows);
