/*
 * station.c - winlwip as the measured host.
 */
#include "tests/bench/net/station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "stack/link.h"
#include "tests/bench/net/row.h"
#include "tests/bench/net/wire.h"

enum {
    CONTROL_ROOM = 192,
    BUFFER_BYTES = 8 << 20,
    /* An odd number of cache lines apart, slots don't fall into the same few sets of a cache. */
    LINE_BYTES = 64,
};

/* A receive. */
struct slot {
    struct sockaddr_in from;
    WSAMSG message;
    WSABUF buffer;
    DWORD bytes;
    _Alignas(WSACMSGHDR) char control[CONTROL_ROOM];
};

static struct {
    SOCKET socket;
    bool waits;
    LPFN_WSARECVMSG recvmsg;
    struct slot *slots;
    char *payloads;
    size_t room_bytes;   /* of a payload */
    size_t stride_bytes; /* from one payload to the next */
} station;

static _Noreturn void fail(const char *what)
{
    row_fail("winlwip: %s: error %d %s", what, WSAGetLastError(), winlwip_startup_error());
}

/* --- the stack --- */

static void start(struct winlwip_interface *interface, enum room_place place, bool background)
{
    struct winlwip_config config = {
        .interfaces = interface, .interface_count = 1, .no_background = !background};
    const uint8_t *mac = room_nets[place].far_mac;
    char addresses[32], mac_text[18];
    WSADATA data;

    snprintf(addresses, sizeof(addresses), "%s/24", room_nets[place].far);
    snprintf(mac_text, sizeof(mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
             mac[3], mac[4], mac[5]);
    interface->mac = mac_text;
    interface->addresses = addresses;
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fail("starting the stack");
    }
}

void station_start(enum room_place place, struct link *link, bool background)
{
    struct winlwip_interface interface = {.link = link};

    start(&interface, place, background);
}

void station_start_driver(enum room_place place, const char *driver,
                          const struct winlwip_option *options, size_t option_count)
{
    struct winlwip_interface interface = {
        .driver = driver, .options = options, .option_count = option_count};

    start(&interface, place, false);
}

void station_stop(void)
{
    closesocket(station.socket);
    WSACleanup();
    free(station.slots);
    free(station.payloads);
}

/* --- the socket --- */

static void set(int level, int option, DWORD value, const char *what)
{
    if (setsockopt(station.socket, level, option, (const char *)&value, sizeof(value)) != 0) {
        fail(what);
    }
}

static void make_slots(unsigned slots, size_t room_bytes)
{
    size_t lines = (room_bytes + LINE_BYTES - 1) / LINE_BYTES | 1;

    station.room_bytes = room_bytes;
    station.stride_bytes = lines * LINE_BYTES;
    station.slots = calloc(slots, sizeof(*station.slots));
    station.payloads = calloc(slots, station.stride_bytes);
    if (station.slots == NULL || station.payloads == NULL) {
        fail("memory");
    }
}

void station_open(uint16_t port, unsigned slots, size_t room_bytes)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    make_slots(slots, room_bytes);
    station.waits = true;
    station.socket = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (station.socket == INVALID_SOCKET) {
        fail("socket");
    }
    set(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, "SO_RCVBUF");
    set(IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    set(IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
    set(IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS");
    if (bind(station.socket, (struct sockaddr *)&name, sizeof(name)) != 0) {
        fail("bind");
    }
    if (WSAIoctl(station.socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                 &station.recvmsg, sizeof(station.recvmsg), &bytes, NULL, NULL) != 0) {
        fail("finding WSARecvMsg");
    }
}

static void set_waits(bool waits)
{
    u_long on = !waits;

    if (ioctlsocket(station.socket, FIONBIO, &on) != 0) {
        fail("FIONBIO");
    }
}

void station_block(bool block)
{
    set_waits(block);
    station.waits = block;
}

void station_coalesce(void)
{
    set(IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, CONTENT_MAX_BYTES, "UDP_RECV_MAX_COALESCED_SIZE");
}

/* --- receiving --- */

void station_receive(unsigned number)
{
    struct slot *slot = &station.slots[number];

    slot->buffer =
        (WSABUF){(ULONG)station.room_bytes, station.payloads + number * station.stride_bytes};
    slot->message = (WSAMSG){
        .name = (struct sockaddr *)&slot->from,
        .namelen = sizeof(slot->from),
        .lpBuffers = &slot->buffer,
        .dwBufferCount = 1,
        .Control = {CONTROL_ROOM, slot->control},
    };
    if (station.recvmsg(station.socket, &slot->message, &slot->bytes, NULL, NULL) != 0) {
        fail("no datagram");
    }
}

static void read_control(WSACMSGHDR *control, struct seen *seen)
{
    IN_PKTINFO info;
    DWORD value;
    INT number;

    memcpy(&number, WSA_CMSG_DATA(control), sizeof(number));
    if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_COALESCED_INFO) {
        memcpy(&value, WSA_CMSG_DATA(control), sizeof(value));
        seen->segment_bytes = value;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        memcpy(&info, WSA_CMSG_DATA(control), sizeof(info));
        seen->destination = ntohl(info.ipi_addr.s_addr);
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TTL) {
        seen->ttl = number;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
        seen->tos = number;
    }
}

void station_seen(unsigned number, struct seen *seen)
{
    struct slot *slot = &station.slots[number];

    *seen = (struct seen){
        .payload = (const uint8_t *)slot->buffer.buf,
        .bytes = slot->bytes,
        .source = ntohl(slot->from.sin_addr.s_addr),
        .source_port = ntohs(slot->from.sin_port),
        .ttl = -1,
        .tos = -1,
    };
    for (WSACMSGHDR *control = WSA_CMSG_FIRSTHDR(&slot->message); control != NULL;
         control = WSA_CMSG_NXTHDR(&slot->message, control)) {
        read_control(control, seen);
    }
}

bool station_is_empty(void)
{
    char byte;
    bool empty;

    set_waits(false);
    empty = recv(station.socket, &byte, sizeof(byte), 0) == SOCKET_ERROR &&
            WSAGetLastError() == WSAEWOULDBLOCK;
    set_waits(station.waits);
    return empty;
}

/* The client looks at the payload; where it came from and how, only this side can. */
void station_echo(const struct flow *flow, size_t bytes)
{
    for (;;) {
        struct slot *slot = &station.slots[0];
        struct seen seen;
        DWORD sent;

        station_receive(0);
        if (slot->bytes == WIRE_STOP_BYTES) {
            return;
        }
        station_seen(0, &seen);
        if (seen.bytes != bytes || seen.destination != flow->destination ||
            seen.ttl != flow->ttl || seen.tos != flow->tos) {
            row_fail("winlwip: control messages of an echo differ");
        }
        slot->buffer.len = slot->bytes;
        if (WSASendTo(station.socket, &slot->buffer, 1, &sent, 0, (struct sockaddr *)&slot->from,
                      sizeof(slot->from), NULL, NULL) != 0) {
            fail("WSASendTo");
        }
    }
}

/* --- sending --- */

static size_t append(WSAMSG *message, int level, int type, const void *data, size_t bytes)
{
    WSACMSGHDR *control = (WSACMSGHDR *)(message->Control.buf + message->Control.len);

    control->cmsg_len = WSA_CMSG_LEN(bytes);
    control->cmsg_level = level;
    control->cmsg_type = type;
    memcpy(WSA_CMSG_DATA(control), data, bytes);
    return WSA_CMSG_SPACE(bytes);
}

void station_send(const struct flow *flow, const void *payload, size_t bytes,
                  size_t segment_bytes)
{
    _Alignas(WSACMSGHDR) char control[CONTROL_ROOM] = {0};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(flow->destination),
                             .sin_port = htons(flow->destination_port)};
    WSABUF buffer = {(ULONG)bytes, (char *)payload};
    WSAMSG message = {
        .name = (struct sockaddr *)&to,
        .namelen = sizeof(to),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {0, control},
    };
    IN_PKTINFO info = {.ipi_addr.s_addr = htonl(flow->source)};
    DWORD segment = (DWORD)segment_bytes, sent;

    message.Control.len += (ULONG)append(&message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    if (segment != 0) {
        message.Control.len +=
            (ULONG)append(&message, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &segment, sizeof(segment));
    }
    if (WSASendMsg(station.socket, &message, 0, &sent, NULL, NULL) != 0 || sent != bytes) {
        fail("WSASendMsg");
    }
}
