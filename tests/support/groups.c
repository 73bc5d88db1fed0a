/*
 * groups.c - group_change(): one table of options and their structures. No state.
 */
#include "tests/support/groups.h"

#include <string.h>

static const int mreq4_options[GROUP_CALLS] = {
    IP_ADD_MEMBERSHIP,         IP_DROP_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP,
    IP_DROP_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE,    IP_UNBLOCK_SOURCE,
};

static const int group_options[GROUP_CALLS] = {
    MCAST_JOIN_GROUP,         MCAST_LEAVE_GROUP,  MCAST_JOIN_SOURCE_GROUP,
    MCAST_LEAVE_SOURCE_GROUP, MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE,
};

static int set(SOCKET s, int level, int option, const void *value, size_t bytes)
{
    WSASetLastError(0);
    return setsockopt(s, level, option, value, (int)bytes) == 0 ? 0 : WSAGetLastError();
}

static int change_mreq4(SOCKET s, enum group_call call, const char *group, const char *source,
                        ULONG index)
{
    IP_MREQ plain = {.imr_interface.s_addr = htonl(index)};
    IP_MREQ_SOURCE with_source = {.imr_interface.s_addr = htonl(index)};
    uint8_t bytes[16];

    frame_address(group, bytes);
    memcpy(&plain.imr_multiaddr, bytes, 4);
    memcpy(&with_source.imr_multiaddr, bytes, 4);
    if (source == NULL) {
        return set(s, IPPROTO_IP, mreq4_options[call], &plain, sizeof(plain));
    }
    frame_address(source, bytes);
    memcpy(&with_source.imr_sourceaddr, bytes, 4);
    return set(s, IPPROTO_IP, mreq4_options[call], &with_source, sizeof(with_source));
}

static int change_mreq6(SOCKET s, enum group_call call, const char *group, ULONG index)
{
    IPV6_MREQ request = {.ipv6mr_interface = index};
    uint8_t bytes[16];

    frame_address(group, bytes);
    memcpy(&request.ipv6mr_multiaddr, bytes, 16);
    return set(s, IPPROTO_IPV6, call == JOIN ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request,
               sizeof(request));
}

static int change_group(SOCKET s, int level, enum group_call call, const char *group,
                        const char *source, ULONG index)
{
    GROUP_REQ plain = {.gr_interface = index};
    GROUP_SOURCE_REQ with_source = {.gsr_interface = index};

    world_name(group, 0, &plain.gr_group);
    world_name(group, 0, &with_source.gsr_group);
    if (source == NULL) {
        return set(s, level, group_options[call], &plain, sizeof(plain));
    }
    world_name(source, 0, &with_source.gsr_source);
    return set(s, level, group_options[call], &with_source, sizeof(with_source));
}

int group_change(SOCKET s, enum group_spelling spelling, enum group_call call, const char *group,
                 const char *source, ULONG index)
{
    switch (spelling) {
    case MREQ4:
        return change_mreq4(s, call, group, source, index);
    case MREQ6:
        if (source == NULL) {
            return change_mreq6(s, call, group, index);
        }
        return change_group(s, IPPROTO_IPV6, call, group, source, index);
    case GROUPS4:
        return change_group(s, IPPROTO_IP, call, group, source, index);
    default:
        return change_group(s, IPPROTO_IPV6, call, group, source, index);
    }
}
