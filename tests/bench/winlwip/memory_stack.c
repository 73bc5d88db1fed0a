/*
 * memory_stack.c - the link in memory, the stack on it, and its sockets.
 */
#include "tests/bench/winlwip/memory_stack.h"

#include <stdio.h>
#include <string.h>

#include "include/winlwip.h"
#include "stack/link.h"

LPFN_WSARECVMSG memory_stack_recvmsg;

/* Frames that have not been lent yet: the numbers next to end - 1. */
static struct {
    struct link link;
    const struct traffic *traffic;
    size_t next, end;
} frames;

int memory_stack_fail(const char *program, const char *what)
{
    fprintf(stderr, "%s: %s: error %d %s\n", program, what, WSAGetLastError(),
            winlwip_startup_error());
    return -1;
}

static int fail(const char *what)
{
    return memory_stack_fail("winlwip", what);
}

/* --- the link --- */

static int lend(struct link *link, struct link_frame *out, unsigned max)
{
    uint32_t bytes = (uint32_t)frames.traffic->frame_bytes;
    unsigned count = 0;

    (void)link;
    while (count < max && frames.next < frames.end) {
        out[count++] = (struct link_frame){
            .data = traffic_frame(frames.traffic, frames.next++),
            .bytes = bytes,
            .original_bytes = bytes,
            .encapsulation = LINK_ETHERNET,
        };
    }
    return (int)count;
}

/* Nothing listens to what the stack sends (its announcements at the start). */
static unsigned discard(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

static void close_nothing(struct link *link)
{
    (void)link;
}

void memory_stack_lend(size_t first, size_t end)
{
    frames.next = first;
    frames.end = end;
}

const struct traffic *memory_stack_traffic(void)
{
    return frames.traffic;
}

size_t memory_stack_lent(void)
{
    return frames.next;
}

/* --- the stack --- */

/* The text forms of TRAFFIC_OUR_ADDRESS and TRAFFIC_OUR_MAC. */
int memory_stack_open_link(const struct traffic *traffic, struct link *link)
{
    struct winlwip_interface interface = {
        .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24",
        .link = link,
    };
    struct winlwip_config config = {
        .interfaces = &interface,
        .interface_count = 1,
    };
    WSADATA data;

    frames.traffic = traffic;
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        return fail("starting the stack");
    }
    return 0;
}

int memory_stack_open(const struct traffic *traffic)
{
    static const struct link_ops ops = {
        .driver = "memory", .receive = lend, .send = discard, .close = close_nothing,
    };

    frames.link = (struct link){.ops = &ops, .fd = -1, .mtu = 1500, .replay = true};
    return memory_stack_open_link(traffic, &frames.link);
}

/* --- sockets --- */

static int ask_for_control(SOCKET s, enum measure_controls controls)
{
    static const int options[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS};
    size_t count = controls == MEASURE_PKTINFO ? 1 : sizeof(options) / sizeof(options[0]);

    for (size_t i = 0; i < count; i++) {
        DWORD on = 1;
        if (setsockopt(s, IPPROTO_IP, options[i], (const char *)&on, sizeof(on)) != 0) {
            return fail("asking for control messages");
        }
    }
    return 0;
}

static int find_recvmsg(SOCKET s)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    if (memory_stack_recvmsg == NULL &&
        WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &memory_stack_recvmsg,
                 sizeof(memory_stack_recvmsg), &bytes, NULL, NULL) != 0) {
        return fail("finding WSARecvMsg");
    }
    return 0;
}

SOCKET memory_stack_blocking_socket(unsigned index, enum measure_controls controls, DWORD flags)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons((u_short)(TRAFFIC_FIRST_PORT + index))};
    SOCKET s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, flags);

    if (s == INVALID_SOCKET) {
        fail("making a socket");
        return INVALID_SOCKET;
    }
    if (bind(s, (struct sockaddr *)&name, sizeof(name)) != 0) {
        fail("setting a socket up");
        goto failed;
    }
    if (ask_for_control(s, controls) != 0 || find_recvmsg(s) != 0) {
        goto failed;
    }
    return s;

failed:
    closesocket(s);
    return INVALID_SOCKET;
}

SOCKET memory_stack_socket(unsigned index, enum measure_controls controls, DWORD flags)
{
    SOCKET s = memory_stack_blocking_socket(index, controls, flags);
    u_long on = 1;

    if (s != INVALID_SOCKET && ioctlsocket(s, FIONBIO, &on) != 0) {
        fail("setting a socket up");
        closesocket(s);
        return INVALID_SOCKET;
    }
    return s;
}

int memory_stack_post(SOCKET s, struct memory_receive *receive,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    receive->buffer = (WSABUF){MEASURE_PAYLOAD_ROOM, receive->payload};
    receive->message = (WSAMSG){
        .name = (struct sockaddr *)&receive->from,
        .namelen = sizeof(receive->from),
        .lpBuffers = &receive->buffer,
        .dwBufferCount = 1,
        .Control = {MEASURE_CONTROL_ROOM, receive->control},
    };
    if (memory_stack_recvmsg(s, &receive->message, NULL, &receive->overlapped, routine) != 0 &&
        WSAGetLastError() != WSA_IO_PENDING) {
        return fail("posting a receive");
    }
    return 0;
}

void memory_stack_read_control(WSAMSG *message, struct traffic_received *received)
{
    for (WSACMSGHDR *control = WSA_CMSG_FIRSTHDR(message); control != NULL;
         control = WSA_CMSG_NXTHDR(message, control)) {
        IN_PKTINFO info;
        if (control->cmsg_level != IPPROTO_IP) {
            continue;
        }
        switch (control->cmsg_type) {
        case IP_PKTINFO:
            memcpy(&info, WSA_CMSG_DATA(control), sizeof(info));
            received->destination = ntohl(info.ipi_addr.s_addr);
            break;
        case IP_TTL:
            memcpy(&received->ttl, WSA_CMSG_DATA(control), sizeof(received->ttl));
            break;
        case IP_TOS:
            memcpy(&received->tos, WSA_CMSG_DATA(control), sizeof(received->tos));
            break;
        }
    }
}
