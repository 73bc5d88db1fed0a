/*
 * groups.h - joins and leaves groups in every spelling that Winsock has.
 */
#ifndef TESTS_GROUPS_H
#define TESTS_GROUPS_H

#include "tests/support/world.h"

enum group_call { JOIN, LEAVE, JOIN_SOURCE, LEAVE_SOURCE, BLOCK, UNBLOCK, GROUP_CALLS };

/* How a call is spelled. Those with source do not exist as ipv6_mreq: it falls back on GROUPS6. */
enum group_spelling {
    MREQ4,   /* IP_ADD_MEMBERSHIP ...: ip_mreq, ip_mreq_source; the interface by index, 0.x.x.x */
    MREQ6,   /* IPV6_JOIN_GROUP ...: ipv6_mreq */
    GROUPS4, /* MCAST_* at level IPPROTO_IP: group_req, group_source_req */
    GROUPS6, /* MCAST_* at level IPPROTO_IPV6 */
    GROUP_SPELLINGS,
};

/* Does it. source: NULL where the call takes none. Returns 0 or WSAGetLastError(). */
int group_change(SOCKET s, enum group_spelling spelling, enum group_call call, const char *group,
                 const char *source, ULONG index);

#endif
