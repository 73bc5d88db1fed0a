/*
 * bare_closed.c - the closed loop without a stack: what two threads that hand a frame to each other
 * by an eventfd and epoll_wait() can't do without. Nothing that waits for descriptors is faster.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/bench/common/closed.h"

static struct {
    int event, epoll;
    const struct traffic *traffic;
    atomic_size_t number; /* of the frame that waits */
    char payload[TRAFFIC_PAYLOAD_MAX];
} bench;

static int fail(const char *what)
{
    fprintf(stderr, "bare-wake: %s: %s\n", what, strerror(errno));
    return -1;
}

static int loop_open(const struct traffic *traffic)
{
    struct epoll_event readable = {.events = EPOLLIN};

    bench.traffic = traffic;
    bench.event = eventfd(0, EFD_CLOEXEC);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (bench.event < 0 || bench.epoll < 0 ||
        epoll_ctl(bench.epoll, EPOLL_CTL_ADD, bench.event, &readable) != 0) {
        return fail("setting up");
    }
    return 0;
}

static int give(const struct traffic *traffic, size_t n)
{
    uint64_t one = 1;

    (void)traffic;
    atomic_store(&bench.number, n);
    return write(bench.event, &one, sizeof(one)) == (ssize_t)sizeof(one) ? 0 : fail("write");
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int take(struct traffic_received *received)
{
    struct epoll_event event;
    uint64_t count;

    if (epoll_wait(bench.epoll, &event, 1, -1) != 1 ||
        read(bench.event, &count, sizeof(count)) != (ssize_t)sizeof(count)) {
        return fail("waiting");
    }
    const uint8_t *frame = traffic_frame(bench.traffic, atomic_load(&bench.number));
    memcpy(bench.payload, frame + TRAFFIC_PAYLOAD_AT, bench.traffic->payload_bytes);
    received->payload = bench.payload;
    received->bytes = bench.traffic->payload_bytes;
    received->source = get32(frame + TRAFFIC_IP_AT + 12);
    received->destination = get32(frame + TRAFFIC_IP_AT + 16);
    received->source_port = (uint16_t)(get32(frame + TRAFFIC_UDP_AT) >> 16);
    return 0;
}

static void loop_close(void)
{
    close(bench.epoll);
    close(bench.event);
}

int main(int argc, char **argv)
{
    static const struct closed_subject subject = {"bare-wake", loop_open, give, take, loop_close};

    return closed_main(&subject, argc, argv);
}
