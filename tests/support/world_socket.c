/*
 * world_socket.c - sockets of the host under test: names, options, receiving. No state but the
 * threads of world_later().
 */
#include "tests/support/world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/world_internal.h"

#define NOT_WRITTEN 0xdeadbeefu

int world_name(const char *address, uint16_t port, SOCKADDR_STORAGE *out)
{
    uint8_t bytes[16];
    uint8_t wire_port[2] = {(uint8_t)(port >> 8), (uint8_t)port};

    memset(out, 0, sizeof(*out));
    if (frame_address(address, bytes) == 4) {
        SOCKADDR_IN *name = (SOCKADDR_IN *)out;

        name->sin_family = AF_INET;
        memcpy(&name->sin_port, wire_port, 2);
        memcpy(&name->sin_addr, bytes, 4);
        return sizeof(*name);
    } else {
        SOCKADDR_IN6 *name = (SOCKADDR_IN6 *)out;

        name->sin6_family = AF_INET6;
        memcpy(&name->sin6_port, wire_port, 2);
        memcpy(&name->sin6_addr, bytes, 16);
        return sizeof(*name);
    }
}

static uint16_t local_port(SOCKET s)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof(name);
    uint8_t port[2];

    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
    memcpy(port, (uint8_t *)&name + 2, 2);
    return (uint16_t)(port[0] << 8 | port[1]);
}

static SOCKET open_bound(const char *address, uint16_t *port, bool dual)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 0, &name);
    SOCKET s = WSASocketA(name.ss_family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_msg(s != INVALID_SOCKET, "WSASocket: %d", WSAGetLastError());
    world_track(s);
    if (dual)
        world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    ck_assert_msg(bind(s, (struct sockaddr *)&name, bytes) == 0, "bind: %d", WSAGetLastError());
    if (port != NULL)
        *port = local_port(s);
    return s;
}

SOCKET world_socket(const char *address, uint16_t *port)
{
    return open_bound(address, port, false);
}

SOCKET world_dual_socket(uint16_t *port)
{
    return open_bound("::", port, true);
}

void world_set(SOCKET s, int level, int option, DWORD value)
{
    int result = setsockopt(s, level, option, (const char *)&value, sizeof(value));

    ck_assert_msg(result == 0, "setsockopt(%d, %d, %u): %d", level, option, (unsigned)value,
                  WSAGetLastError());
}

void world_join(SOCKET s, const struct world_family *family)
{
    uint8_t group[16], us[16];

    frame_address(family->group, group);
    frame_address(family->us, us);
    if (family->af == AF_INET) {
        struct ip_mreq request;

        memcpy(&request.imr_multiaddr, group, 4);
        memcpy(&request.imr_interface, us, 4);
        ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (const char *)&request,
                                    sizeof(request)),
                         0);
    } else {
        struct ipv6_mreq request = {.ipv6mr_interface = WORLD_FIRST_INDEX};

        memcpy(&request.ipv6mr_multiaddr, group, 16);
        ck_assert_int_eq(setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (const char *)&request,
                                    sizeof(request)),
                         0);
    }
}

void world_set_nonblocking(SOCKET s)
{
    u_long on = 1;

    ck_assert_int_eq(ioctlsocket(s, (LONG)FIONBIO, &on), 0);
}

static int control_int(const WSACMSGHDR *header)
{
    int value;

    ck_assert_uint_eq(header->cmsg_len, WSA_CMSG_LEN(sizeof(INT)));
    memcpy(&value, WSA_CMSG_DATA(header), sizeof(value));
    return value;
}

static void parse_ipv4_control(const WSACMSGHDR *header, struct control *out)
{
    switch (header->cmsg_type) {
    case IP_PKTINFO:
        ck_assert_uint_eq(header->cmsg_len, 24);
        memcpy(&out->pktinfo4, WSA_CMSG_DATA(header), sizeof(out->pktinfo4));
        out->pktinfo4_count++;
        break;
    case IP_TTL:
        out->ttl = control_int(header);
        break;
    case IP_TOS:
        out->tos = control_int(header);
        break;
    case IP_ECN:
        out->ecn4 = control_int(header);
        break;
    default:
        out->unknown++;
    }
}

static void parse_ipv6_control(const WSACMSGHDR *header, struct control *out)
{
    switch (header->cmsg_type) {
    case IPV6_PKTINFO:
        ck_assert_uint_eq(header->cmsg_len, 36);
        memcpy(&out->pktinfo6, WSA_CMSG_DATA(header), sizeof(out->pktinfo6));
        out->pktinfo6_count++;
        break;
    case IPV6_HOPLIMIT:
        out->hop_limit = control_int(header);
        break;
    case IPV6_TCLASS:
        out->tclass = control_int(header);
        break;
    case IPV6_ECN:
        out->ecn6 = control_int(header);
        break;
    default:
        out->unknown++;
    }
}

static void parse_control(WSAMSG *message, struct control *out)
{
    *out = (struct control){.ttl = -1, .hop_limit = -1, .tos = -1, .tclass = -1, .ecn4 = -1,
                            .ecn6 = -1};
    for (WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(message); header != NULL;
         header = WSA_CMSG_NXTHDR(message, header)) {
        ck_assert_uint_ge(header->cmsg_len, sizeof(*header));
        out->count++;
        if (header->cmsg_level == IPPROTO_IP)
            parse_ipv4_control(header, out);
        else if (header->cmsg_level == IPPROTO_IPV6)
            parse_ipv6_control(header, out);
        else
            out->unknown++;
    }
}

static size_t room_bytes(bool none, size_t wanted, size_t all)
{
    return none ? 0 : wanted != 0 ? wanted : all;
}

void world_receive_into(SOCKET s, const struct receive_room *room, struct received *out)
{
    static const struct receive_room plenty;
    WSABUF buffer;
    WSAMSG message;

    if (room == NULL)
        room = &plenty;
    memset(out, 0xa5, sizeof(*out));
    buffer.len = (ULONG)room_bytes(room->no_data, room->data, sizeof(out->data));
    buffer.buf = (CHAR *)out->data;
    message = (WSAMSG){
        .name = room->no_name ? NULL : (LPSOCKADDR)&out->name,
        .namelen = (INT)room_bytes(room->no_name, room->name, sizeof(out->name)),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {.len = (ULONG)room_bytes(room->no_control, room->control,
                                             sizeof(out->control_bytes)),
                    .buf = room->no_control ? NULL : (CHAR *)out->control_bytes},
        .dwFlags = room->flags,
    };
    out->bytes = NOT_WRITTEN;
    WSASetLastError((int)NOT_WRITTEN);
    out->result = world.recvmsg(s, &message, &out->bytes, NULL, NULL);
    out->error = WSAGetLastError();
    out->flags = message.dwFlags;
    out->namelen = message.namelen;
    out->control_len = message.Control.len;
    out->control = (struct control){0};
    if (out->result == 0 || out->error == WSAEMSGSIZE)
        parse_control(&message, &out->control);
}

void world_receive(SOCKET s, struct received *out)
{
    world_receive_into(s, NULL, out);
    ck_assert_msg(out->result == 0, "WSARecvMsg: %d", out->error);
    ck_assert_int_eq(out->error, 0);
}

void world_assert_empty(SOCKET s)
{
    char byte;

    world_fails(recv(s, &byte, 1, 0), WSAEWOULDBLOCK);
}

void world_assert_payload(const struct received *received, const void *payload, size_t bytes)
{
    ck_assert_uint_eq(received->bytes, bytes);
    ck_assert_mem_eq(received->data, payload, bytes);
    if (bytes < sizeof(received->data))
        ck_assert_uint_eq(received->data[bytes], 0xa5);
}

void world_assert_text(const struct received *received, const char *text)
{
    world_assert_payload(received, text, strlen(text));
}

void world_assert_name(const struct received *received, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE expected;
    int bytes = world_name(address, port, &expected);

    ck_assert_int_eq(received->namelen, bytes);
    ck_assert_mem_eq(&received->name, &expected, (size_t)bytes);
    ck_assert_uint_eq(((const uint8_t *)&received->name)[bytes], 0xa5);
}

void world_assert_pktinfo(const struct received *received, const char *address, unsigned index)
{
    uint8_t bytes[16];

    if (frame_address(address, bytes) == 4) {
        ck_assert_uint_eq(received->control.pktinfo4_count, 1);
        ck_assert_mem_eq(&received->control.pktinfo4.ipi_addr, bytes, 4);
        ck_assert_uint_eq(received->control.pktinfo4.ipi_ifindex, index);
    } else {
        ck_assert_uint_eq(received->control.pktinfo6_count, 1);
        ck_assert_mem_eq(&received->control.pktinfo6.ipi6_addr, bytes, 16);
        ck_assert_uint_eq(received->control.pktinfo6.ipi6_ifindex, index);
    }
}

void world_pattern(uint8_t *out, size_t bytes, unsigned seed)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(seed + i * 7 + i / 256);
}
