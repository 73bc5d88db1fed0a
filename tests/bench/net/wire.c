/*
 * wire.c - the kernel's sockets.
 */
#define _GNU_SOURCE /* struct in_pktinfo */

#include "tests/bench/net/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/net/row.h"

enum {
    SEND_BURST = 32,      /* calls that are timed together */
    BUFFER_BYTES = 4 << 20,
    PATIENCE_MS = 5000,
    ECHO_PATIENCE_S = 2,
};

static void must(int result, const char *what)
{
    if (result < 0) {
        row_fail_errno(what);
    }
}

static void set(int fd, int level, int option, int value, const char *what)
{
    must(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

static struct sockaddr_in name_of(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(address),
                                .sin_port = htons(port)};
}

/* Opens a socket there, with buffers as large as the process may have. */
static int open_at(uint32_t address, uint16_t port)
{
    struct sockaddr_in name = name_of(address, port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int bytes = BUFFER_BYTES;

    must(fd, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0) {
        set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, "SO_RCVBUF");
    }
    must(bind(fd, (struct sockaddr *)&name, sizeof(name)), "bind");
    return fd;
}

int wire_sender(const struct flow *flow)
{
    struct sockaddr_in name = name_of(flow->destination, flow->destination_port);
    struct timeval patience = {.tv_sec = ECHO_PATIENCE_S};
    int fd = open_at(flow->source, flow->source_port);

    set(fd, IPPROTO_IP, IP_TTL, flow->ttl, "IP_TTL");
    set(fd, IPPROTO_IP, IP_TOS, flow->tos, "IP_TOS");
    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), "SO_RCVTIMEO");
    must(connect(fd, (struct sockaddr *)&name, sizeof(name)), "connect");
    return fd;
}

int wire_receiver(const struct flow *flow, bool coalesced)
{
    int fd = open_at(flow->destination, flow->destination_port);

    set(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    set(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
    set(fd, IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS");
    if (coalesced && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &(int){1}, sizeof(int)) != 0) {
        row_missing("the kernel has no UDP_GRO");
    }
    return fd;
}

void wire_segment(int fd, size_t segment_bytes)
{
    int value = (int)segment_bytes;

    if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, sizeof(value)) != 0) {
        row_missing("the kernel has no UDP_SEGMENT");
    }
}

/* --- sending --- */

static int64_t send_burst(int fd, uint8_t *const *payloads, unsigned calls, size_t bytes)
{
    int64_t begin_ns = bench_now_ns();

    for (unsigned i = 0; i < calls; i++) {
        must((int)send(fd, payloads[i], bytes, 0), "send");
    }
    return bench_now_ns() - begin_ns;
}

int64_t wire_send_many(int fd, size_t bytes, unsigned segments, unsigned count, uint64_t serial)
{
    static uint8_t room[SEND_BURST * 2048 > CONTENT_MAX_BYTES ? SEND_BURST * 2048
                                                               : CONTENT_MAX_BYTES];
    size_t call_bytes = bytes * segments;
    unsigned most = call_bytes <= 2048 ? SEND_BURST : 1, calls;
    int64_t time_ns = 0;

    for (unsigned done = 0; done < count; done += calls * segments) {
        uint8_t *payloads[SEND_BURST];
        calls = (count - done) / segments < most ? (count - done) / segments : most;
        for (unsigned i = 0; i < calls; i++) {
            payloads[i] = room + i * call_bytes;
            content_fill_many(payloads[i], bytes, segments, serial + done + i * segments);
        }
        time_ns += send_burst(fd, payloads, calls, call_bytes);
    }
    return time_ns;
}

/* --- receiving --- */

/* A receive; what its control messages say is read when somebody asks. */
struct slot {
    struct sockaddr_in from;
    _Alignas(struct cmsghdr) char control[192];
    struct msghdr message;
    const uint8_t *payload;
    size_t bytes;
};

static struct slot slots[WIRE_SLOTS];

void wire_receive(int fd, unsigned number, void *payload, size_t room)
{
    struct slot *slot = &slots[number];
    struct iovec part = {payload, room};
    ssize_t bytes;

    slot->message = (struct msghdr){
        .msg_name = &slot->from,
        .msg_namelen = sizeof(slot->from),
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = slot->control,
        .msg_controllen = sizeof(slot->control),
    };
    bytes = recvmsg(fd, &slot->message, MSG_DONTWAIT);
    must((int)bytes, "recvmsg");
    slot->payload = payload;
    slot->bytes = (size_t)bytes;
}

static void read_control(const struct cmsghdr *header, struct seen *seen)
{
    const void *data = CMSG_DATA(header);
    struct in_pktinfo info;
    int value;

    if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
        memcpy(&value, data, sizeof(value));
        seen->segment_bytes = (size_t)value;
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
        memcpy(&info, data, sizeof(info));
        seen->destination = ntohl(info.ipi_addr.s_addr);
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TTL) {
        memcpy(&seen->ttl, data, sizeof(seen->ttl));
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS) {
        seen->tos = *(const uint8_t *)data;
    }
}

void wire_seen(unsigned number, struct seen *seen)
{
    struct slot *slot = &slots[number];

    *seen = (struct seen){
        .payload = slot->payload,
        .bytes = slot->bytes,
        .source = ntohl(slot->from.sin_addr.s_addr),
        .source_port = ntohs(slot->from.sin_port),
        .ttl = -1,
        .tos = -1,
    };
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&slot->message); header != NULL;
         header = CMSG_NXTHDR(&slot->message, header)) {
        read_control(header, seen);
    }
}

bool wire_is_empty(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, 0) == 0;
}

void wire_wait_until_up(int sender, int receiver)
{
    struct pollfd entry = {.fd = receiver, .events = POLLIN};
    int64_t end_ns = bench_now_ns() + PATIENCE_MS * INT64_C(1000000);

    do {
        if (bench_now_ns() > end_ns) {
            row_fail("a device does not come up");
        }
        (void)!send(sender, "up?", 3, 0); /* the route may not be there yet */
    } while (poll(&entry, 1, 20) != 1);
    while (poll(&entry, 1, 0) == 1) {
        uint8_t any[2048];
        must((int)read(receiver, any, sizeof(any)), "reading what came first");
    }
}

/* --- echoes --- */

int64_t wire_round_trip(int fd, size_t bytes, uint64_t serial)
{
    uint8_t there[2048], back[2048];
    int64_t begin_ns, time_ns;
    ssize_t got;

    content_fill(there, bytes, serial);
    begin_ns = bench_now_ns();
    must((int)send(fd, there, bytes, 0), "send");
    got = recv(fd, back, sizeof(back), 0);
    time_ns = bench_now_ns() - begin_ns;
    must((int)got, "no echo came");
    if ((size_t)got != bytes || memcmp(there, back, bytes) != 0) {
        row_fail("echo %" PRIu64 " differs", serial);
    }
    return time_ns;
}

void wire_stop_echo(int fd)
{
    must((int)send(fd, "", WIRE_STOP_BYTES, 0), "send");
}

void wire_echo(int fd)
{
    uint8_t payload[2048];
    struct sockaddr_in from;
    ssize_t got;

    do {
        socklen_t from_bytes = sizeof(from);
        got = recvfrom(fd, payload, sizeof(payload), 0, (struct sockaddr *)&from, &from_bytes);
        must((int)got, "recvfrom");
        if (got != WIRE_STOP_BYTES) {
            must((int)sendto(fd, payload, (size_t)got, 0, (struct sockaddr *)&from, from_bytes),
                 "sendto");
        }
    } while (got != WIRE_STOP_BYTES);
}
