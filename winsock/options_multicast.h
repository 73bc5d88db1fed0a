/*
 * options_multicast.h - group memberships: the options' functions and those of the ioctls.
 */
#ifndef WINSOCK_OPTIONS_MULTICAST_H
#define WINSOCK_OPTIONS_MULTICAST_H

#include <stddef.h>

struct socket;
struct option_row;
struct ioctl_call;

/*
 * Write functions of option rows, for ip_mreq, ip_mreq_source, ipv6_mreq, group_req and
 * group_source_req; row->argument is an enum endpoint_membership_change.
 * Return 0; WSAEFAULT: too short; WSAEINVAL: no group, or of another family than the option's
 * level; WSAEADDRNOTAVAIL: no such interface; what winsock-facts 4.12 says; WSAENOBUFS.
 */
int option_write_mreq4(struct socket *socket, const struct option_row *row, const void *value,
                       size_t length);
int option_write_mreq_source4(struct socket *socket, const struct option_row *row,
                              const void *value, size_t length);
int option_write_mreq6(struct socket *socket, const struct option_row *row, const void *value,
                       size_t length);
int option_write_group4(struct socket *socket, const struct option_row *row, const void *value,
                        size_t length);
int option_write_group6(struct socket *socket, const struct option_row *row, const void *value,
                        size_t length);
int option_write_group_source4(struct socket *socket, const struct option_row *row,
                               const void *value, size_t length);
int option_write_group_source6(struct socket *socket, const struct option_row *row,
                               const void *value, size_t length);

/* The rows that both levels have alike (RFC 3678), with the functions of the level. */
#define OPTION_MCAST_ROWS(kinds_, group_, source_) \
    {MCAST_JOIN_GROUP, kinds_, OPTION_OWN, .write = group_, .argument = ENDPOINT_JOIN}, \
    {MCAST_LEAVE_GROUP, kinds_, OPTION_OWN, .write = group_, .argument = ENDPOINT_LEAVE}, \
    {MCAST_JOIN_SOURCE_GROUP, kinds_, OPTION_OWN, .write = source_, \
     .argument = ENDPOINT_JOIN_SOURCE}, \
    {MCAST_LEAVE_SOURCE_GROUP, kinds_, OPTION_OWN, .write = source_, \
     .argument = ENDPOINT_LEAVE_SOURCE}, \
    {MCAST_BLOCK_SOURCE, kinds_, OPTION_OWN, .write = source_, \
     .argument = ENDPOINT_BLOCK_SOURCE}, \
    {MCAST_UNBLOCK_SOURCE, kinds_, OPTION_OWN, .write = source_, \
     .argument = ENDPOINT_UNBLOCK_SOURCE}

/*
 * SIO_SET_MULTICAST_FILTER, SIO_GET_MULTICAST_FILTER (IP_MSFILTER), SIOCSMSFILTER, SIOCGMSFILTER
 * (GROUP_FILTER). A get tells how many sources there are and writes as many of them as both the
 * number in the caller's filter and the output have room for; it sets call->returned.
 * Return 0; WSAEFAULT: too short; WSAEINVAL: no group, or an unknown mode; WSAEADDRNOTAVAIL: no
 * such interface, or no membership to tell of; WSAENOBUFS: more sources than LIMIT_FILTER_SOURCES.
 */
int multicast_ioctl_set_filter4(struct socket *socket, struct ioctl_call *call);
int multicast_ioctl_get_filter4(struct socket *socket, struct ioctl_call *call);
int multicast_ioctl_set_group_filter(struct socket *socket, struct ioctl_call *call);
int multicast_ioctl_get_group_filter(struct socket *socket, struct ioctl_call *call);

#endif
