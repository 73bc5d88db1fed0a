/*
 * plan_options.c - the socket options that change in the middle of a play. No state.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/equiv/plan.h"

/* Each control message on twice, off once: most of the time most are there. */
#define SWITCH(level, name) {level, name, 1}, {level, name, 1}, {level, name, 0}

static const struct plan_option options[] = {
    SWITCH(IPPROTO_IP, IP_PKTINFO),
    SWITCH(IPPROTO_IP, IP_RECVTTL),
    SWITCH(IPPROTO_IP, IP_RECVTOS),
    SWITCH(IPPROTO_IP, IP_RECVECN),
    SWITCH(IPPROTO_IP, IP_PKTINFO_EX),
    SWITCH(IPPROTO_IP, IP_RECVIF),
    SWITCH(IPPROTO_IP, IP_RECVDSTADDR),
    SWITCH(IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF),
    SWITCH(IPPROTO_IPV6, IPV6_PKTINFO),
    SWITCH(IPPROTO_IPV6, IPV6_HOPLIMIT),
    SWITCH(IPPROTO_IPV6, IPV6_RECVTCLASS),
    SWITCH(IPPROTO_IPV6, IPV6_RECVECN),
    SWITCH(IPPROTO_IPV6, IPV6_PKTINFO_EX),
    SWITCH(IPPROTO_IPV6, IPV6_RECVIF),
    SWITCH(IPPROTO_IPV6, IPV6_RECVDSTADDR),
    SWITCH(IPPROTO_IPV6, IP_ORIGINAL_ARRIVAL_IF),
    SWITCH(IPPROTO_IP, IP_RECEIVE_BROADCAST),
    SWITCH(IPPROTO_IP, IP_MULTICAST_LOOP),
    SWITCH(SOL_SOCKET, SO_BROADCAST),
    {SOL_SOCKET, SO_RCVBUF, 0},
    {SOL_SOCKET, SO_RCVBUF, 700},
    {SOL_SOCKET, SO_RCVBUF, 5000},
    {SOL_SOCKET, SO_RCVBUF, 65536},
    {SOL_SOCKET, SO_RCVBUF, 65536},
    {SOL_SOCKET, SO_RCVBUF, 65536},
    {IPPROTO_IP, IP_IFLIST, 1},
    {IPPROTO_IP, IP_IFLIST, 0},
    {IPPROTO_IP, IP_IFLIST, 0},
    {IPPROTO_IP, IP_ADD_IFLIST, 2},
    {IPPROTO_IP, IP_ADD_IFLIST, 3},
    {IPPROTO_IP, IP_DEL_IFLIST, 3},
    {IPPROTO_IPV6, IPV6_IFLIST, 1},
    {IPPROTO_IPV6, IPV6_IFLIST, 0},
    {IPPROTO_IPV6, IPV6_IFLIST, 0},
    {IPPROTO_IPV6, IPV6_ADD_IFLIST, 2},
    {IPPROTO_IPV6, IPV6_ADD_IFLIST, 3},
    {IPPROTO_IPV6, IPV6_DEL_IFLIST, 3},
};

const unsigned plan_option_count = sizeof(options) / sizeof(options[0]);

const struct plan_option *plan_option_at(unsigned row)
{
    return &options[row];
}
