/*
 * wire.c - joins TAP interfaces of the namespace that it runs in, and loses frames on the way.
 *
 *   wire [--loss PERCENT] [--seed NUMBER] INTERFACE INTERFACE...
 *
 * What a program at one TAP sends reaches the programs at all others. Which frames are lost depends
 * on the seed and on their number alone, so the same traffic loses the same frames. Says "ready" on
 * standard output when frames pass, ends when its standard input does, and then says how many frames
 * came and how many of them it lost.
 *
 * A packet socket for each interface, promiscuous; the kernel itself keeps out of it as long as the
 * interfaces have no addresses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENDS_MAX 8
#define FRAME_MAX 65536

/* Loss is decided in parts of a million. */
#define MILLION 1000000u

static struct {
    struct pollfd fds[ENDS_MAX + 1]; /* the ends, then standard input */
    unsigned count;
    unsigned loss; /* of a million */
    uint64_t seed;
    uint64_t frames, lost;
} wire;

/* A number that depends on the seed and n alone: one step of splitmix64. */
static uint64_t random_of(uint64_t n)
{
    uint64_t z = wire.seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int open_end(const char *interface)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
    int on = 1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        error(1, errno, "a packet socket");
    }
    at.sll_ifindex = (int)if_nametoindex(interface);
    promiscuous.mr_ifindex = at.sll_ifindex;
    if (at.sll_ifindex == 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        error(1, errno, "%s", interface);
    }
    return fd;
}

/* Hands on what has come to one end. */
static void forward(unsigned from)
{
    static uint8_t frame[FRAME_MAX];
    ssize_t bytes;

    while ((bytes = recv(wire.fds[from].fd, frame, sizeof(frame), 0)) > 0) {
        bool lost = random_of(wire.frames++) % MILLION < wire.loss;
        wire.lost += lost;
        for (unsigned to = 0; to < wire.count && !lost; to++) {
            /* An end that is down or full loses the frame, as a wire does. */
            if (to != from) {
                (void)send(wire.fds[to].fd, frame, (size_t)bytes, 0);
            }
        }
    }
}

static void options(int argc, char **argv)
{
    int i = 1;

    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--loss") == 0) {
            wire.loss = (unsigned)(strtod(argv[i + 1], NULL) * (MILLION / 100));
        } else if (strcmp(argv[i], "--seed") == 0) {
            wire.seed = strtoull(argv[i + 1], NULL, 0);
        } else {
            error(2, 0, "unknown option %s", argv[i]);
        }
    }
    if (argc - i < 2 || argc - i > ENDS_MAX) {
        error(2, 0, "usage: wire [--loss PERCENT] [--seed NUMBER] INTERFACE INTERFACE...");
    }
    for (; i < argc; i++) {
        wire.fds[wire.count++] = (struct pollfd){open_end(argv[i]), POLLIN, 0};
    }
}

int main(int argc, char **argv)
{
    options(argc, argv);
    wire.fds[wire.count] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    puts("ready");
    fflush(stdout);
    while (wire.fds[wire.count].revents == 0) {
        if (poll(wire.fds, wire.count + 1, -1) < 0 && errno != EINTR) {
            error(1, errno, "poll");
        }
        for (unsigned i = 0; i < wire.count; i++) {
            forward(i);
        }
    }
    printf("%llu frames, %llu lost\n", (unsigned long long)wire.frames,
           (unsigned long long)wire.lost);
    return 0;
}
