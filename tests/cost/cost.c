/*
 * cost.c - the loops whose instructions are counted under callgrind (tests/cost/check).
 *
 *   cost PATH [DATAGRAMS]
 *   cost --paths           their names
 *
 * PATH is a row of the table at the end. Frames of 64 sources to 16 sockets, made once, go round:
 * the count of instructions does not depend on what is in the caches. They stand in front of the
 * stack in bursts of 32 and are received in bursts of 32, as in the benchmark (tests/bench).
 *
 * Everything between entry and return of cost_counted() counts (callgrind's --toggle-collect); the
 * same bursts went through uncounted before, so that pools are filled and functions are bound. What
 * was received is checked after each burst, and the check is as short as it can be: its own
 * instructions are told from the library's by their file.
 *
 * One thread, no background thread. Exit status: 0; 1: something was received wrongly, with a line
 * on stderr; 2: no such path.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "include/winlwip.h"
#include "stack/link.h"
#include "tests/support/frames.h"

enum {
    BURST = 32,
    SOCKETS = 16,
    SOURCES = 64,
    FRAMES = 1024,
    FIRST_PORT = 20000,
    TTL = 57,
    POSTED = BURST, /* receives posted on each socket: a burst may go to one */
    DATAGRAMS = 4096,
    SEGMENT = 64, /* bytes of a datagram in a superframe, which holds a burst */
    PAYLOAD_MAX = BURST * SEGMENT,
    CONTROL_ROOM = 128,
};

struct path {
    const char *name;
    int family;
    size_t payload_bytes;
    size_t segment_bytes;  /* of superframes, both ways */
    void (*setup)(void);
    void (*burst)(unsigned first); /* the 32 datagrams from this one on */
};

/* A place that a datagram is received into. */
struct place {
    OVERLAPPED overlapped; /* first: has the place's address */
    SOCKADDR_STORAGE from;
    WSAMSG message;
    WSABUF buffer;
    unsigned socket;
    char control[CONTROL_ROOM];
    char payload[PAYLOAD_MAX];
};

static struct {
    const struct path *path;
    struct link link;
    struct frame *frames;
    unsigned next, end; /* frames that the link has yet to lend */
    unsigned sent;      /* datagrams that the stack has given to the link; reports of groups, too */
    SOCKET sockets[SOCKETS];
    uint8_t socket_of[FRAMES];
    HANDLE port;
    LPFN_WSARECVMSG recvmsg;
} cost;

static struct place places[SOCKETS * POSTED];
static OVERLAPPED_ENTRY entries[BURST];

static void fail(const char *what)
{
    fprintf(stderr, "cost %s: %s (error %d %s)\n", cost.path->name, what, WSAGetLastError(),
            winlwip_startup_error());
    exit(1);
}

/* --- the link --- */

static int lend(struct link *link, struct link_frame *out, unsigned max)
{
    unsigned count = 0;

    (void)link;
    for (; count < max && cost.next < cost.end; count++, cost.next++) {
        struct frame *frame = &cost.frames[cost.next];
        bool is_answer = frame->bytes < cost.path->payload_bytes; /* ARP's */
        out[count] = (struct link_frame){
            .data = frame->data,
            .bytes = (uint32_t)frame->bytes,
            .original_bytes = (uint32_t)frame->bytes,
            .segment_bytes = is_answer ? 0 : (uint16_t)cost.path->segment_bytes,
            .encapsulation = LINK_ETHERNET,
        };
    }
    return (int)count;
}

static unsigned take(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    for (unsigned i = 0; i < count; i++) {
        cost.sent += packets[i].segment_bytes != 0 ? BURST : 1;
    }
    return count;
}

static void close_nothing(struct link *link)
{
    (void)link;
}

static void lend_frames(unsigned first, unsigned count)
{
    cost.next = first;
    cost.end = first + count;
}

/* --- frames and sockets --- */

/* A small generator with a fixed seed: the frames are the same each time. */
static unsigned next_random(void)
{
    static uint32_t state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state >> 8;
}

static void make_frames(void)
{
    bool four = cost.path->family == AF_INET;
    char payload[PAYLOAD_MAX], source[64];

    cost.frames = calloc(FRAMES, sizeof(*cost.frames));
    if (cost.frames == NULL) {
        fail("no memory");
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        unsigned host = next_random() % SOURCES;
        cost.socket_of[i] = (uint8_t)(next_random() % SOCKETS);
        memset(payload, (int)(i & 0xff), cost.path->payload_bytes);
        snprintf(source, sizeof(source), four ? "192.0.2.%u" : "2001:db8::%x", 32 + host);
        frame_build(&(struct frame_spec){.src = source, .dst = four ? "192.0.2.1" : "2001:db8::1",
                                         .src_port = (uint16_t)(40000 + host),
                                         .dst_port = (uint16_t)(FIRST_PORT + cost.socket_of[i]),
                                         .ttl = TTL, .tos = (uint8_t)(next_random() & 0xfc),
                                         .payload = payload,
                                         .payload_bytes = cost.path->payload_bytes},
                    &cost.frames[i]);
    }
}

static void start(void)
{
    static const struct link_ops ops = {
        .driver = "memory", .receive = lend, .send = take, .close = close_nothing,
    };
    struct winlwip_interface interface = {.mac = "02:00:5e:10:00:01",
                                          .addresses = "192.0.2.1/24 2001:db8::1/64",
                                          .link = &cost.link};
    struct winlwip_config config = {
        .interfaces = &interface, .interface_count = 1, .no_background = true};
    WSADATA data;

    cost.link = (struct link){.ops = &ops, .fd = -1, .mtu = 1500, .replay = true};
    if (cost.path->segment_bytes != 0) {
        cost.link.offload = LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT;
    }
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fail("the stack does not start");
    }
}

static void ask_for_control(SOCKET s)
{
    static const int names[2][3] = {{IP_PKTINFO, IP_RECVTTL, IP_RECVTOS},
                                    {IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_RECVTCLASS}};
    bool four = cost.path->family == AF_INET;

    for (unsigned i = 0; i < 3; i++) {
        DWORD on = 1;
        if (setsockopt(s, four ? IPPROTO_IP : IPPROTO_IPV6, names[!four][i], (char *)&on,
                       sizeof(on)) != 0) {
            fail("asking for control messages");
        }
    }
}

static int name_of(SOCKADDR_STORAGE *name, const char *four, const char *six, unsigned port)
{
    memset(name, 0, sizeof(*name));
    name->ss_family = (ADDRESS_FAMILY)cost.path->family;
    if (cost.path->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)name;
        in->sin_port = htons((u_short)port);
        inet_pton(AF_INET, four, &in->sin_addr);
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;
    in6->sin6_port = htons((u_short)port);
    inet_pton(AF_INET6, six, &in6->sin6_addr);
    return sizeof(*in6);
}

static void open_sockets(void)
{
    GUID id = WSAID_WSARECVMSG;
    SOCKADDR_STORAGE name;
    u_long on = 1;
    DWORD bytes;

    for (unsigned i = 0; i < SOCKETS; i++) {
        SOCKET s = WSASocketW(cost.path->family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                              WSA_FLAG_OVERLAPPED);
        int name_bytes = name_of(&name, "0.0.0.0", "::", FIRST_PORT + i);
        if (s == INVALID_SOCKET || ioctlsocket(s, FIONBIO, &on) != 0 ||
            bind(s, (struct sockaddr *)&name, name_bytes) != 0) {
            fail("no socket");
        }
        ask_for_control(s);
        cost.sockets[i] = s;
    }
    if (WSAIoctl(cost.sockets[0], SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                 &cost.recvmsg, sizeof(cost.recvmsg), &bytes, NULL, NULL) != 0) {
        fail("no WSARecvMsg");
    }
}

/* --- what came --- */

static void prepare(struct place *place)
{
    place->buffer = (WSABUF){PAYLOAD_MAX, place->payload};
    place->message = (WSAMSG){
        .name = (struct sockaddr *)&place->from,
        .namelen = sizeof(place->from),
        .lpBuffers = &place->buffer,
        .dwBufferCount = 1,
        .Control = {CONTROL_ROOM, place->control},
    };
}

/* The first byte tells frames apart, TTL and TOS stand behind IP_PKTINFO in any order. */
static void check(const struct place *place, DWORD bytes, unsigned frame)
{
    if (bytes != cost.path->payload_bytes || (uint8_t)place->payload[0] != (frame & 0xff) ||
        place->message.dwFlags != 0) {
        fail("the wrong datagram");
    }
    if (place->message.Control.len <
        WSA_CMSG_SPACE(sizeof(IN_PKTINFO)) + 2 * WSA_CMSG_SPACE(sizeof(int))) {
        fail("too few control messages");
    }
}

/* --- WSARecvMsg --- */

static void receive_one(struct place *place, unsigned frame)
{
    DWORD bytes;

    prepare(place);
    if (cost.recvmsg(cost.sockets[cost.socket_of[frame]], &place->message, &bytes, NULL, NULL) != 0) {
        fail("no datagram");
    }
    check(place, bytes, frame);
}

static void receive_burst(unsigned first)
{
    lend_frames(first, BURST);
    for (unsigned i = 0; i < BURST; i++) {
        receive_one(&places[i], first + i);
    }
}

/* A superframe, taken whole. */
static void coalesced_burst(unsigned first)
{
    lend_frames(first / BURST, 1);
    receive_one(&places[0], first / BURST);
}

static void set_on_all(int level, int name, DWORD value)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (setsockopt(cost.sockets[i], level, name, (char *)&value, sizeof(value)) != 0) {
            fail("setting an option");
        }
    }
}

static void ask_for_coalescing(void)
{
    set_on_all(IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, PAYLOAD_MAX);
}

/* --- a completion port --- */

static void post(struct place *place)
{
    prepare(place);
    if (cost.recvmsg(cost.sockets[place->socket], &place->message, NULL, &place->overlapped,
                     NULL) != 0 &&
        WSAGetLastError() != WSA_IO_PENDING) {
        fail("posting a receive");
    }
}

static void open_port(void)
{
    cost.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (CreateIoCompletionPort((HANDLE)cost.sockets[i], cost.port, i, 0) != cost.port) {
            fail("joining the port");
        }
        for (unsigned k = 0; k < POSTED; k++) {
            places[i * POSTED + k].socket = i;
            post(&places[i * POSTED + k]);
        }
    }
}

static void port_burst(unsigned first)
{
    unsigned seen[SOCKETS] = {0};
    ULONG count;

    lend_frames(first, BURST);
    for (unsigned done = 0; done < BURST; done += count) {
        if (!GetQueuedCompletionStatusEx(cost.port, entries, BURST, &count, 0, FALSE)) {
            fail("no packet");
        }
        for (ULONG i = 0; i < count; i++) {
            struct place *place = (struct place *)entries[i].lpOverlapped;
            unsigned *at = &seen[place->socket]; /* the packets of a socket are in order */
            while (cost.socket_of[first + *at] != place->socket) {
                ++*at;
            }
            check(place, entries[i].dwNumberOfBytesTransferred, first + (*at)++);
            post(place);
        }
    }
}

/* --- WSASendMsg --- */

static struct {
    SOCKADDR_STORAGE to;
    char payload[PAYLOAD_MAX];
    char control[WSA_CMSG_SPACE(sizeof(IN_PKTINFO))];
    WSABUF buffer;
    WSAMSG message;
} out;

/* The message of every send: to one peer, from our address. */
static void make_message(void)
{
    WSACMSGHDR *header = (WSACMSGHDR *)out.control;
    IN_PKTINFO info = {0};

    out.buffer = (WSABUF){(ULONG)cost.path->payload_bytes, out.payload};
    out.message = (WSAMSG){
        .name = (struct sockaddr *)&out.to,
        .namelen = name_of(&out.to, "192.0.2.40", NULL, 40000),
        .lpBuffers = &out.buffer,
        .dwBufferCount = 1,
        .Control = {sizeof(out.control), out.control},
    };
    header->cmsg_len = WSA_CMSG_LEN(sizeof(info));
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    inet_pton(AF_INET, "192.0.2.1", &info.ipi_addr);
    memcpy(WSA_CMSG_DATA(header), &info, sizeof(info));
}

static void send_one(unsigned number)
{
    DWORD bytes;

    if (WSASendMsg(cost.sockets[cost.socket_of[number]], &out.message, 0, &bytes, NULL, NULL) != 0 ||
        bytes != cost.path->payload_bytes) {
        fail("sending");
    }
}

/* The first send asks for the peer's hardware address, and this is the answer. */
static void find_peer(void)
{
    char byte;

    make_message();
    send_one(0);
    frame_arp(&(struct frame_arp_spec){.operation = 2, .sender = "192.0.2.40",
                                       .target = "192.0.2.1"},
              &cost.frames[0]);
    lend_frames(0, 1);
    (void)recv(cost.sockets[0], &byte, 1, 0); /* a look at the link */
}

static void send_burst(unsigned first)
{
    unsigned before = cost.sent;

    for (unsigned i = 0; i < BURST; i++) {
        send_one(first + i);
    }
    if (cost.sent < before + BURST) {
        fail("the link has not got what was sent");
    }
}

static void find_peer_and_segment(void)
{
    find_peer();
    set_on_all(IPPROTO_UDP, UDP_SEND_MSG_SIZE, SEGMENT);
}

/* One send that the device cuts. */
static void segments_burst(unsigned first)
{
    unsigned before = cost.sent;

    send_one(first / BURST);
    if (cost.sent < before + BURST) {
        fail("the link has not got a superframe");
    }
}

/* --- the table --- */

static void no_setup(void)
{
}

static const struct path paths[] = {
    {"receive-64", AF_INET, 64, 0, no_setup, receive_burst},
    {"receive-1400", AF_INET, 1400, 0, no_setup, receive_burst},
    {"receive6-64", AF_INET6, 64, 0, no_setup, receive_burst},
    {"port-64", AF_INET, 64, 0, open_port, port_burst},
    {"coalesced-64", AF_INET, PAYLOAD_MAX, SEGMENT, ask_for_coalescing, coalesced_burst},
    {"send-64", AF_INET, 64, 0, find_peer, send_burst},
    {"segments-64", AF_INET, PAYLOAD_MAX, SEGMENT, find_peer_and_segment, segments_burst},
};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void run(unsigned datagrams)
{
    for (unsigned i = 0; i < datagrams; i += BURST) {
        cost.path->burst(i % FRAMES);
    }
}

/* Its name is what tests/cost/check gives to callgrind. */
void cost_counted(unsigned datagrams);
__attribute__((noinline)) void cost_counted(unsigned datagrams)
{
    run(datagrams);
}

static const struct path *find_path(const char *name)
{
    for (unsigned i = 0; i < PATHS; i++) {
        if (strcmp(name, paths[i].name) == 0) {
            return &paths[i];
        }
    }
    return NULL;
}

static void print_paths(void)
{
    for (unsigned i = 0; i < PATHS; i++) {
        puts(paths[i].name);
    }
}

int main(int argc, char **argv)
{
    unsigned datagrams = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : DATAGRAMS;

    if (argc == 2 && strcmp(argv[1], "--paths") == 0) {
        print_paths();
        return 0;
    }
    cost.path = argc > 1 ? find_path(argv[1]) : NULL;
    if (cost.path == NULL || datagrams == 0 || datagrams % BURST != 0) {
        fprintf(stderr, "usage: cost PATH [DATAGRAMS], a multiple of %d | cost --paths\n", BURST);
        return 2;
    }
    make_frames();
    start();
    open_sockets();
    cost.path->setup();
    run(2 * FRAMES);
    cost_counted(datagrams);
    return 0;
}
