/*
 * options_ip6.c - the options of level IPPROTO_IPV6. IPV6_V6ONLY exists on AF_INET sockets too.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/cmsg.h"
#include "winsock/options_multicast.h"
#include "winsock/options_table.h"

int option_check_unbound(const struct socket *socket, const struct option_row *row,
                         uint32_t value)
{
    (void)row;
    (void)value;
    return socket->bound ? WSAEINVAL : 0;
}

static void apply_multicast_loop(struct socket *socket, uint32_t value)
{
    endpoint_set_multicast_loop(socket->endpoint, false, value != 0);
}

static int check_protection_level(const struct socket *socket, const struct option_row *row,
                                  uint32_t value)
{
    (void)socket;
    (void)row;
    switch (value) {
    case PROTECTION_LEVEL_UNRESTRICTED:
    case PROTECTION_LEVEL_EDGERESTRICTED:
    case PROTECTION_LEVEL_RESTRICTED:
    case PROTECTION_LEVEL_DEFAULT:
        return 0;
    default:
        return WSAEINVAL;
    }
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

static const struct option_row rows[] = {
    CONTROL_ROW(IPV6_PKTINFO, receive.control6, CMSG_PKTINFO, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_HOPLIMIT, receive.control6, CMSG_TTL, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_RECVTCLASS, receive.control6, CMSG_TOS, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_RECVECN, receive.control6, CMSG_ECN, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_PKTINFO_EX, receive.control6, CMSG_PKTINFO_EX, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_RECVIF, receive.control6, CMSG_RECVIF, OPTION_DATAGRAMS6),
    CONTROL_ROW(IPV6_RECVDSTADDR, receive.control6, CMSG_RECVDSTADDR, OPTION_DATAGRAMS6),
    CONTROL_ROW(IP_ORIGINAL_ARRIVAL_IF, receive.control6, CMSG_ARRIVAL_IF, OPTION_DATAGRAMS6),
    {IPV6_UNICAST_HOPS, OPTION_ALL6, OPTION_OCTET, .at = AT(v6.ttl)},
    {IPV6_TCLASS, OPTION_ALL6, OPTION_OCTET, .at = AT(v6.tos)},
    {IPV6_DONTFRAG, OPTION_ALL6, OPTION_BOOL, .at = AT(v6.dont_fragment)},
    {IPV6_MTU_DISCOVER, OPTION_DATAGRAMS6, OPTION_DWORD, .at = AT(v6.mtu_discovery),
     .check = option_check_mtu_discovery},
    {IPV6_MTU, OPTION_DATAGRAMS6, OPTION_OWN, .read = option_read_mtu6},
    {IPV6_USER_MTU, OPTION_DATAGRAMS6, OPTION_DWORD, .at = AT(v6.user_mtu)},
    {IPV6_HDRINCL, OPTION_RAW, OPTION_BOOL, .at = AT(v6.header_included)},
    {IPV6_CHECKSUM, OPTION_RAW6, OPTION_DWORD, .at = AT(checksum_offset),
     .check = check_checksum, .apply = apply_checksum},
    {IPV6_MULTICAST_HOPS, OPTION_DATAGRAMS6, OPTION_OCTET,
     .at = AT(v6.multicast_ttl)},
    {IPV6_MULTICAST_LOOP, OPTION_DATAGRAMS6, OPTION_BOOL,
     .at = AT(v6.multicast_loop), .apply = apply_multicast_loop},
    {IPV6_MULTICAST_IF, OPTION_DATAGRAMS6, OPTION_DWORD,
     .at = AT(v6.multicast_interface), .set = option_set_interface6},
    {IPV6_V6ONLY, OPTION_ALL, OPTION_BYTE_BOOL, .at = AT_SOCKET(v6_only),
     .check = option_check_unbound},
    {IPV6_UNICAST_IF, OPTION_ALL6, OPTION_DWORD, .at = AT(v6.unicast_interface),
     .set = option_set_interface6},
    {IPV6_IFLIST, OPTION_DATAGRAMS6, OPTION_BOOL, .at = AT(v6.restrict_interfaces),
     .apply = option_apply_interface_list6},
    {IPV6_ADD_IFLIST, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_write_interface_list,
     .argument = OPTION_LIST_ADD},
    {IPV6_DEL_IFLIST, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_write_interface_list},
    {IPV6_GET_IFLIST, OPTION_DATAGRAMS6, OPTION_OWN, .read = option_read_interface_list6},

    /* Without effect: docs/differences.md says why nobody sees it. */
    {IPV6_PROTECTION_LEVEL, OPTION_ALL6, OPTION_DWORD, .at = AT(v6.protection_level),
     .check = check_protection_level},
    {IPV6_HOPOPTS, OPTION_DATAGRAMS6, OPTION_DWORD, .at = AT(v6.hop_by_hop)},
    {IPV6_RTHDR, OPTION_DATAGRAMS6, OPTION_DWORD, .at = AT(v6.routing_header)},
    {IPV6_RECVRTHDR, OPTION_DATAGRAMS6, OPTION_BOOL, .at = AT(v6.report_routing_header)},
    {IPV6_RECVERR, OPTION_UDP6, OPTION_BOOL, .at = AT(v6.report_errors)},
    {IPV6_WFP_REDIRECT_RECORDS, OPTION_ALL6, OPTION_DWORD, .at = AT(v6.redirect_records)},
    {IPV6_WFP_REDIRECT_CONTEXT, OPTION_ALL6, OPTION_DWORD, .at = AT(v6.redirect_context)},

    {IPV6_JOIN_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_write_mreq6,
     .argument = ENDPOINT_JOIN},
    {IPV6_LEAVE_GROUP, OPTION_DATAGRAMS6, OPTION_OWN, .write = option_write_mreq6,
     .argument = ENDPOINT_LEAVE},
    OPTION_MCAST_ROWS(OPTION_DATAGRAMS6, option_write_group6, option_write_group_source6),
};

const struct option_table options_of_ip6 = OPTION_TABLE(IPPROTO_IPV6, rows);
