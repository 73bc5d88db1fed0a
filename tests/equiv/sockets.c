/*
 * sockets.c - the sockets of a play, apart from receiving.
 *
 * State: the sockets of this process's play. One thread.
 */
#include "tests/equiv/sockets.h"

#include <mstcpip.h>
#include <stdlib.h>
#include <string.h>

#include "tests/equiv/must.h"
#include "tests/support/world.h"

struct sockets sockets;

struct record sockets_record(enum record_kind kind, unsigned role)
{
    struct record record = {.kind = kind, .step = sockets.step->number, .frame = sockets.frame};

    record.value[0] = role;
    return record;
}

/* Writes down what a call returned; result 0 is success. */
static void tell_call(unsigned role, int result, uint64_t value)
{
    struct record record = sockets_record(RECORD_CALL, role);

    record.value[0] = sockets.step->kind;
    record.value[1] = role;
    record.value[2] = (uint64_t)(int64_t)result;
    record.value[3] = result != 0 ? (uint64_t)WSAGetLastError() : 0;
    record.value[4] = value;
    record_write(sockets.out, &record, NULL);
}

void sockets_start(FILE *out)
{
    sockets.out = out;
    sockets.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    sockets.event = WSACreateEvent();
    MUST(sockets.port != NULL && sockets.event != WSA_INVALID_EVENT);
    for (unsigned i = 0; i < SOCKETS_MAX; i++) {
        sockets.one[i].s = INVALID_SOCKET;
    }
}

void sockets_stop(void)
{
    for (unsigned i = 0; i < role_count; i++) {
        sockets_close(i);
    }
    MUST(CloseHandle(sockets.port) && WSACloseEvent(sockets.event));
}

/* --- opening --- */

static int family_of(const struct role *role)
{
    return strchr(role->bind, ':') != NULL ? AF_INET6 : AF_INET;
}

static void set(unsigned role, int level, int option, DWORD value)
{
    tell_call(role, setsockopt(sockets.one[role].s, level, option, (const char *)&value,
                               sizeof(value)),
              value);
}

/* What has to be said before the bind. */
static void prepare(unsigned number)
{
    const struct role *role = &roles[number];

    if (role->dual) {
        set(number, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (role->reuse) {
        set(number, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (role->multicast_only) {
        set(number, SOL_SOCKET, SO_REUSE_MULTICASTPORT, 1);
    }
}

static void set_control_messages(unsigned number)
{
    const struct role *role = &roles[number];

    if (family_of(role) == AF_INET || role->dual) {
        set(number, IPPROTO_IP, IP_PKTINFO, 1);
        set(number, IPPROTO_IP, IP_RECVTTL, 1);
        set(number, IPPROTO_IP, IP_RECVTOS, 1);
    }
    if (family_of(role) == AF_INET6) {
        set(number, IPPROTO_IPV6, IPV6_PKTINFO, 1);
        set(number, IPPROTO_IPV6, IPV6_HOPLIMIT, 1);
        set(number, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    }
}

static void set_stamping(unsigned number)
{
    TIMESTAMPING_CONFIG config = {.Flags = TIMESTAMPING_FLAG_RX};
    DWORD bytes;

    tell_call(number, WSAIoctl(sockets.one[number].s, SIO_TIMESTAMPING, &config, sizeof(config),
                               NULL, 0, &bytes, NULL, NULL),
              0);
}

static void set_capture(unsigned number)
{
    DWORD on = RCVALL_ON, bytes;

    tell_call(number, WSAIoctl(sockets.one[number].s, SIO_RCVALL, &on, sizeof(on), NULL, 0, &bytes,
                               NULL, NULL),
              0);
}

/* What can be said after the bind. */
static void complete(unsigned number)
{
    const struct role *role = &roles[number];
    bool v6 = family_of(role) == AF_INET6;

    set_control_messages(number);
    if (role->receive_bytes != 0) {
        set(number, SOL_SOCKET, SO_RCVBUF, role->receive_bytes);
    }
    if (role->listed) {
        set(number, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_IFLIST : IP_IFLIST, 1);
        set(number, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_ADD_IFLIST : IP_ADD_IFLIST,
            WORLD_SECOND_INDEX);
    }
    if (role->deaf) {
        set(number, IPPROTO_IP, IP_RECEIVE_BROADCAST, 0);
    }
    if (role->joins) {
        set(number, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    }
    if (role->stamped) {
        set_stamping(number);
    }
    if (role->captures) {
        set_capture(number);
    }
    if (role->group != NULL) {
        sockets_group(number, true);
    }
    if (role->peer != NULL) {
        sockets_connect(number, 0);
    }
    if (role->told) {
        tell_call(number, WSAEventSelect(sockets.one[number].s, sockets.event, FD_READ), 0);
    }
    if (role->way == ROLE_PORT) {
        MUST(CreateIoCompletionPort((HANDLE)sockets.one[number].s, sockets.port, number, 0) ==
             sockets.port);
    }
}

static SOCKET open_role(const struct role *role)
{
    bool raw = role->protocol != 0 || role->captures;

    return WSASocketA(family_of(role), raw ? SOCK_RAW : SOCK_DGRAM,
                      raw ? role->protocol : IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
}

void sockets_open(unsigned number)
{
    const struct role *role = &roles[number];
    struct sockets_one *one = &sockets.one[number];
    SOCKADDR_STORAGE name;
    u_long on = 1;

    sockets_close(number);
    one->s = open_role(role);
    MUST(one->s != INVALID_SOCKET);
    MUST(ioctlsocket(one->s, (LONG)FIONBIO, &on) == 0);
    prepare(number);
    int bytes = world_name(role->bind, role->port, &name);
    if (role->scope != 0) {
        ((SOCKADDR_IN6 *)&name)->sin6_scope_id = role->scope;
    }
    int bound = bind(one->s, (struct sockaddr *)&name, bytes);
    tell_call(number, bound, role->port);
    if (bound == 0) {
        complete(number);
    }
}

void sockets_close(unsigned number)
{
    struct sockets_one *one = &sockets.one[number];

    if (one->s == INVALID_SOCKET) {
        return;
    }
    tell_call(number, closesocket(one->s), 0);
    one->s = INVALID_SOCKET;
    sockets_collect();
    sockets_collect_closed(number);
}

/* --- options, groups, connections, sends --- */

void sockets_option(unsigned role, const struct plan_option *option)
{
    set(role, option->level, option->name, option->value);
}

void sockets_group(unsigned number, bool join)
{
    SOCKET s = sockets.one[number].s;
    const char *group = roles[number].group;
    uint8_t bytes[16], us[16];
    int result;

    if (group == NULL) {
        return;
    }
    if (frame_address(group, bytes) == 4) {
        struct ip_mreq request;
        frame_address("192.0.2.1", us);
        memcpy(&request.imr_multiaddr, bytes, 4);
        memcpy(&request.imr_interface, us, 4);
        result = setsockopt(s, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                            (const char *)&request, sizeof(request));
    } else {
        struct ipv6_mreq request = {.ipv6mr_interface = WORLD_FIRST_INDEX};
        memcpy(&request.ipv6mr_multiaddr, bytes, 16);
        result = setsockopt(s, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP,
                            (const char *)&request, sizeof(request));
    }
    tell_call(number, result, join);
}

void sockets_shut(unsigned number)
{
    tell_call(number, shutdown(sockets.one[number].s, SD_RECEIVE), 0);
}

/* The name of a peer as the role's family writes it. */
static int peer_name(unsigned number, unsigned peer, SOCKADDR_STORAGE *name)
{
    const struct role *role = &roles[number];
    const char *const *peers = family_of(role) == AF_INET             ? plan_peers4
                               : role->dual && strlen(role->bind) > 2 ? plan_peers_mapped
                                                                      : plan_peers6;

    return world_name(peers[peer], FRAME_PEER_PORT, name);
}

void sockets_connect(unsigned number, unsigned peer)
{
    SOCKADDR_STORAGE name = {.ss_family = AF_UNSPEC};
    int bytes = sizeof(SOCKADDR_IN);

    if (peer < PLAN_PEERS) {
        bytes = peer_name(number, peer, &name);
    }
    tell_call(number, connect(sockets.one[number].s, (struct sockaddr *)&name, bytes), peer);
}

/* A name of this host, at which some role listens. */
static int own_name(unsigned value, SOCKADDR_STORAGE *name)
{
    const struct role *role = &roles[value % role_first_raw];

    return world_name(role->targets[0], role->port, name);
}

void sockets_send(unsigned number, unsigned peer, unsigned value)
{
    static const char text[1600] = "sent";
    SOCKADDR_STORAGE name;
    int bytes = peer < PLAN_PEERS ? peer_name(number, peer, &name) : own_name(value, &name);
    int length = value == 0 ? (int)sizeof(text) : (int)value; /* seldom more than a frame */

    tell_call(number, sendto(sockets.one[number].s, text, length, 0, (struct sockaddr *)&name,
                             bytes) < 0,
              (uint64_t)length);
}
