/*
 * options_multicast.c - group memberships as options and as ioctls (winsock-facts 4.12).
 *
 * Every spelling comes down to one call of endpoint.h: what to do (option_row.argument), group,
 * interface, source. The level of the option says which family the addresses have to be of.
 */
#include "winsock/options_multicast.h"

#include <stdbool.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/errors.h"
#include "winsock/ioctl.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/options_table.h"

/* Enters the endpoint of a socket. Returns 0, WSAENOTSOCK, or WSAEINVAL: a stream has none. */
static int enter(struct socket *socket)
{
    if (socket->endpoint == NULL) {
        return WSAEINVAL;
    }
    lock_take(&socket->lock);
    bool closed = socket->closed;
    if (!closed) {
        socket_enter_locked(socket);
    }
    lock_give(&socket->lock);
    return closed ? WSAENOTSOCK : 0;
}

static int change(struct socket *socket, const struct option_row *row, const struct netaddr *group,
                  uint32_t interface_index, const struct netaddr *source)
{
    int error = enter(socket);

    if (error != 0) {
        return error;
    }
    int result = endpoint_change_membership(socket->endpoint,
                                            (enum endpoint_membership_change)row->argument, group,
                                            interface_index, source);
    socket_leave(socket);
    return errors_wsa_from_errno(result);
}

/* --- addresses by number --- */

int option_write_mreq4(struct socket *socket, const struct option_row *row, const void *value,
                       size_t length)
{
    IP_MREQ request;
    uint32_t index;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = option_find_interface4(request.imr_interface.s_addr, &index);
    if (error != 0) {
        return error;
    }
    struct netaddr group = netaddr_from_v4(request.imr_multiaddr.s_addr);
    return change(socket, row, &group, index, NULL);
}

int option_write_mreq_source4(struct socket *socket, const struct option_row *row,
                              const void *value, size_t length)
{
    IP_MREQ_SOURCE request;
    uint32_t index;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = option_find_interface4(request.imr_interface.s_addr, &index);
    if (error != 0) {
        return error;
    }
    struct netaddr group = netaddr_from_v4(request.imr_multiaddr.s_addr);
    struct netaddr source = netaddr_from_v4(request.imr_sourceaddr.s_addr);
    return change(socket, row, &group, index, &source);
}

int option_write_mreq6(struct socket *socket, const struct option_row *row, const void *value,
                       size_t length)
{
    IPV6_MREQ request;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    struct netaddr group = netaddr_from_v6(&request.ipv6mr_multiaddr);
    if (netaddr_is_v4(&group)) {
        return WSAEINVAL;
    }
    return change(socket, row, &group, request.ipv6mr_interface, NULL);
}

/* --- addresses as sockaddrs --- */

/* Reads an address that has to be of one family. Returns 0 or WSAEINVAL. */
static int read_address(int family, const SOCKADDR_STORAGE *from, struct endpoint_name *out)
{
    if (name_read(family, from, sizeof(*from), out) != 0 ||
        netaddr_is_v4(&out->address) != (family == AF_INET)) {
        return WSAEINVAL;
    }
    return 0;
}

/* The interface of a group_req and its kin: as named there, else by the group's scope. */
static uint32_t interface_of(ULONG named, const struct endpoint_name *group)
{
    return named != 0 ? named : group->scope;
}

static int write_group(struct socket *socket, const struct option_row *row, int family,
                       const void *value, size_t length)
{
    GROUP_REQ request;
    struct endpoint_name group;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = read_address(family, &request.gr_group, &group);
    if (error != 0) {
        return error;
    }
    return change(socket, row, &group.address, interface_of(request.gr_interface, &group), NULL);
}

static int write_group_source(struct socket *socket, const struct option_row *row, int family,
                              const void *value, size_t length)
{
    GROUP_SOURCE_REQ request;
    struct endpoint_name group, source;

    if (length < sizeof(request)) {
        return WSAEFAULT;
    }
    memcpy(&request, value, sizeof(request));
    int error = read_address(family, &request.gsr_group, &group);
    if (error == 0) {
        error = read_address(family, &request.gsr_source, &source);
    }
    if (error != 0) {
        return error;
    }
    return change(socket, row, &group.address, interface_of(request.gsr_interface, &group),
                  &source.address);
}

int option_write_group4(struct socket *socket, const struct option_row *row, const void *value,
                        size_t length)
{
    return write_group(socket, row, AF_INET, value, length);
}

int option_write_group6(struct socket *socket, const struct option_row *row, const void *value,
                        size_t length)
{
    return write_group(socket, row, AF_INET6, value, length);
}

int option_write_group_source4(struct socket *socket, const struct option_row *row,
                               const void *value, size_t length)
{
    return write_group_source(socket, row, AF_INET, value, length);
}

int option_write_group_source6(struct socket *socket, const struct option_row *row,
                               const void *value, size_t length)
{
    return write_group_source(socket, row, AF_INET6, value, length);
}

/* --- whole filters --- */

/*
 * An IP_MSFILTER or GROUP_FILTER, apart from its layout. The list of sources begins at slist_offset
 * of the caller's buffer, with source_bytes each.
 */
struct filter_request {
    int family;
    struct netaddr group;
    uint32_t interface_index;
    ULONG mode;
    ULONG source_count; /* as the caller says */
    size_t slist_offset;
    size_t source_bytes;
};

static int read_filter4(const struct ioctl_call *call, struct filter_request *request)
{
    IP_MSFILTER header;

    if (call->in_bytes < IP_MSFILTER_SIZE(0)) {
        return WSAEFAULT;
    }
    memcpy(&header, call->in, IP_MSFILTER_SIZE(0));
    *request = (struct filter_request){
        .family = AF_INET,
        .group = netaddr_from_v4(header.imsf_multiaddr.s_addr),
        .mode = (ULONG)header.imsf_fmode,
        .source_count = header.imsf_numsrc,
        .slist_offset = offsetof(IP_MSFILTER, imsf_slist),
        .source_bytes = sizeof(IN_ADDR),
    };
    return option_find_interface4(header.imsf_interface.s_addr, &request->interface_index);
}

static int read_group_filter(const struct ioctl_call *call, struct filter_request *request)
{
    GROUP_FILTER header;
    struct endpoint_name group;

    if (call->in_bytes < GROUP_FILTER_SIZE(0)) {
        return WSAEFAULT;
    }
    memcpy(&header, call->in, GROUP_FILTER_SIZE(0));
    int family = header.gf_group.ss_family;
    int error = family == AF_INET || family == AF_INET6
                    ? read_address(family, &header.gf_group, &group)
                    : WSAEINVAL;
    if (error != 0) {
        return error;
    }
    *request = (struct filter_request){
        .family = family,
        .group = group.address,
        .interface_index = interface_of(header.gf_interface, &group),
        .mode = (ULONG)header.gf_fmode,
        .source_count = header.gf_numsrc,
        .slist_offset = offsetof(GROUP_FILTER, gf_slist),
        .source_bytes = sizeof(SOCKADDR_STORAGE),
    };
    return 0;
}

/* Reads source number i of a set. */
static int read_source(const struct filter_request *request, const struct ioctl_call *call,
                       unsigned i, struct netaddr *out)
{
    const char *at = (const char *)call->in + request->slist_offset + i * request->source_bytes;
    SOCKADDR_STORAGE storage;
    struct endpoint_name name;

    if (request->source_bytes == sizeof(IN_ADDR)) {
        uint32_t v4;
        memcpy(&v4, at, sizeof(v4));
        *out = netaddr_from_v4(v4);
        return 0;
    }
    memcpy(&storage, at, sizeof(storage));
    int error = read_address(request->family, &storage, &name);
    *out = name.address;
    return error;
}

static int set_filter(struct socket *socket, const struct filter_request *request,
                      const struct ioctl_call *call)
{
    struct endpoint_filter filter = {.exclude = request->mode == MCAST_EXCLUDE};
    int error = 0;

    if (request->mode != MCAST_EXCLUDE && request->mode != MCAST_INCLUDE) {
        return WSAEINVAL;
    }
    if (request->source_count > (call->in_bytes - request->slist_offset) / request->source_bytes) {
        return WSAEFAULT;
    }
    if (request->source_count > LIMIT_FILTER_SOURCES) {
        return WSAENOBUFS;
    }
    while (error == 0 && filter.count < request->source_count) {
        error = read_source(request, call, filter.count, &filter.sources[filter.count]);
        filter.count++;
    }
    if (error == 0) {
        error = enter(socket);
    }
    if (error != 0) {
        return error;
    }
    int result = endpoint_set_filter(socket->endpoint, &request->group, request->interface_index,
                                     &filter);
    socket_leave(socket);
    return errors_wsa_from_errno(result);
}

/* Reads what is in force, as far as the caller has room for sources; *count: how many it has. */
static int get_filter(struct socket *socket, const struct filter_request *request,
                      const struct ioctl_call *call, struct endpoint_filter *filter,
                      unsigned *count)
{
    if (call->out_bytes < request->slist_offset ||
        memory_writable(call->out, call->out_bytes) != 0) {
        return WSAEFAULT;
    }
    int error = enter(socket);
    if (error != 0) {
        return error;
    }
    int result = endpoint_get_filter(socket->endpoint, &request->group, request->interface_index,
                                     filter);
    socket_leave(socket);
    size_t room = (call->out_bytes - request->slist_offset) / request->source_bytes;
    *count = room < request->source_count ? (unsigned)room : request->source_count;
    if (result == 0 && *count > filter->count) {
        *count = filter->count;
    }
    return errors_wsa_from_errno(result);
}

int multicast_ioctl_set_filter4(struct socket *socket, struct ioctl_call *call)
{
    struct filter_request request;
    int error = read_filter4(call, &request);

    return error != 0 ? error : set_filter(socket, &request, call);
}

int multicast_ioctl_get_filter4(struct socket *socket, struct ioctl_call *call)
{
    struct filter_request request;
    struct endpoint_filter filter;
    unsigned count;
    IP_MSFILTER header;
    int error = read_filter4(call, &request);

    if (error == 0) {
        error = get_filter(socket, &request, call, &filter, &count);
    }
    if (error != 0) {
        return error;
    }
    memcpy(&header, call->in, IP_MSFILTER_SIZE(0));
    header.imsf_fmode = filter.exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
    header.imsf_numsrc = filter.count;
    memcpy(call->out, &header, IP_MSFILTER_SIZE(0));
    for (unsigned i = 0; i < count; i++) {
        uint32_t v4 = netaddr_v4(&filter.sources[i]);
        memcpy((char *)call->out + IP_MSFILTER_SIZE(i), &v4, sizeof(v4));
    }
    call->returned = (DWORD)IP_MSFILTER_SIZE(count);
    return 0;
}

int multicast_ioctl_set_group_filter(struct socket *socket, struct ioctl_call *call)
{
    struct filter_request request;
    int error = read_group_filter(call, &request);

    return error != 0 ? error : set_filter(socket, &request, call);
}

int multicast_ioctl_get_group_filter(struct socket *socket, struct ioctl_call *call)
{
    struct filter_request request;
    struct endpoint_filter filter;
    unsigned count;
    GROUP_FILTER header;
    int error = read_group_filter(call, &request);

    if (error == 0) {
        error = get_filter(socket, &request, call, &filter, &count);
    }
    if (error != 0) {
        return error;
    }
    memcpy(&header, call->in, GROUP_FILTER_SIZE(0));
    header.gf_fmode = filter.exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
    header.gf_numsrc = filter.count;
    memcpy(call->out, &header, GROUP_FILTER_SIZE(0));
    for (unsigned i = 0; i < count; i++) {
        struct endpoint_name name = {.address = filter.sources[i]};
        SOCKADDR_STORAGE source = {.ss_family = 0};
        name_write(request.family, &name, &source);
        memcpy((char *)call->out + GROUP_FILTER_SIZE(i), &source, sizeof(source));
    }
    call->returned = (DWORD)GROUP_FILTER_SIZE(count);
    return 0;
}
