/*
 * closed.c - winlwip in the closed loop: a link with an eventfd as its descriptor, and a reader
 * that blocks in WSARecvMsg().
 *
 * The ring between feeder and link has one place: the feeder puts a frame there when the datagram
 * before it has been received. As with a device, the reader sleeps in epoll_wait() until the
 * descriptor is readable, then the same thread drives the stack.
 */
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "stack/link.h"
#include "tests/bench/common/closed.h"
#include "tests/bench/winlwip/memory_stack.h"

static struct {
    struct link link;
    size_t frame_bytes;
    _Atomic(uint8_t *) ring; /* the frame that waits for the link, or NULL */
    SOCKET s;
    struct sockaddr_in from;
    char payload[TRAFFIC_PAYLOAD_MAX];
    _Alignas(WSACMSGHDR) char control[MEASURE_CONTROL_ROOM];
} bench;

/* --- the link --- */

static int lend(struct link *link, struct link_frame *out, unsigned max)
{
    uint8_t *frame = max > 0 ? atomic_exchange(&bench.ring, NULL) : NULL;
    uint64_t count;

    if (frame == NULL || read(link->fd, &count, sizeof(count)) != (ssize_t)sizeof(count)) {
        return 0;
    }
    out[0] = (struct link_frame){
        .data = frame,
        .bytes = (uint32_t)bench.frame_bytes,
        .original_bytes = (uint32_t)bench.frame_bytes,
        .encapsulation = LINK_ETHERNET,
    };
    return 1;
}

static unsigned discard(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

static void close_link(struct link *link)
{
    close(link->fd);
}

/* --- the subject --- */

static int loop_open(const struct traffic *traffic)
{
    static const struct link_ops ops = {
        .driver = "memory", .receive = lend, .send = discard, .close = close_link,
    };

    bench.frame_bytes = traffic->frame_bytes;
    bench.link = (struct link){.ops = &ops, .mtu = 1500};
    bench.link.fd = eventfd(0, EFD_CLOEXEC);
    if (bench.link.fd < 0) {
        return memory_stack_fail("winlwip", "eventfd");
    }
    if (memory_stack_open_link(traffic, &bench.link) != 0) {
        return -1;
    }
    bench.s = memory_stack_blocking_socket(0, MEASURE_PKTINFO, 0);
    return bench.s != INVALID_SOCKET ? 0 : -1;
}

/* The descriptor becomes readable behind the ring: lend() blocks for an instant at worst. */
static int give(const struct traffic *traffic, size_t n)
{
    uint64_t one = 1;

    atomic_store(&bench.ring, traffic_frame(traffic, n));
    return write(bench.link.fd, &one, sizeof(one)) == (ssize_t)sizeof(one) ? 0 : -1;
}

static int take(struct traffic_received *received)
{
    WSABUF buffer = {sizeof(bench.payload), bench.payload};
    WSAMSG message = {
        .name = (struct sockaddr *)&bench.from,
        .namelen = sizeof(bench.from),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {sizeof(bench.control), bench.control},
    };
    DWORD bytes;

    if (memory_stack_recvmsg(bench.s, &message, &bytes, NULL, NULL) != 0) {
        return memory_stack_fail("winlwip", "receiving");
    }
    received->payload = bench.payload;
    received->bytes = bytes;
    received->source = ntohl(bench.from.sin_addr.s_addr);
    received->source_port = ntohs(bench.from.sin_port);
    memory_stack_read_control(&message, received);
    return 0;
}

static void loop_close(void)
{
    closesocket(bench.s);
    WSACleanup();
}

int main(int argc, char **argv)
{
    static const struct closed_subject subject = {"winlwip", loop_open, give, take, loop_close};

    return closed_main(&subject, argc, argv);
}
