/*
 * test_dgram.c - the driver `dgram` with this process on the other side: frames both ways, bursts,
 * a peer that is away, full, or sends too much, and what open() refuses.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/socket_fixture.h"
#include "tests/unit/suites.h"

enum { BURST = 32 };

static void put(int peer, size_t bytes, unsigned number)
{
    static uint8_t frame[LINK_FRAME_MAX_BYTES + 1];

    sockfix_fill(frame, bytes, number);
    ck_assert_int_eq(send(peer, frame, bytes, 0), (ssize_t)bytes);
}

static void expect(int peer, size_t bytes, unsigned number)
{
    static uint8_t frame[LINK_FRAME_MAX_BYTES], expected[LINK_FRAME_MAX_BYTES];

    ck_assert_int_eq(recv(peer, frame, sizeof(frame), 0), (ssize_t)bytes);
    sockfix_fill(expected, bytes, number);
    ck_assert_mem_eq(frame, expected, bytes);
}

static void check_both_ways(struct link *link, int peer, size_t most)
{
    const size_t sizes[] = {60, 1514, 0, 61, 14, most};
    struct link_frame frame;

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        put(peer, sizes[i], i);
        ck_assert_int_eq(sockfix_receive(link, &frame, 1), 1);
        sockfix_expect(&frame, sizes[i], i);
        ck_assert_uint_eq(sockfix_send(link, sizes[i], i + 100), 1);
        expect(peer, sizes[i], i + 100);
    }
}

/* A peer at that name that sends to the link's. */
static int make_peer(const char *name, const char *link_name)
{
    int peer = sockfix_bound(name, SOCK_DGRAM);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, link_name);
    ck_assert_int_eq(connect(peer, (struct sockaddr *)&address, sizeof(address)), 0);
    return peer;
}

START_TEST(both_ways)
{
    struct link *link = sockfix_open(&winlwip_dgram_driver, "local=unix:us remote=unix:them");
    int peer;

    ck_assert_str_eq(link->ops->driver, "dgram");
    ck_assert_uint_eq(link->mtu, 1500);
    ck_assert_uint_eq(link->mtu_most, 65535);
    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0); /* to nobody yet */
    peer = make_peer("them", "us");
    check_both_ways(link, peer, LINK_FRAME_MAX_BYTES);
    ck_assert(!sockfix_readable(link, 0));
    /* A peer that starts again is heard before anything is sent to it. */
    close(peer);
    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    ck_assert_int_eq(unlink("them"), 0);
    peer = make_peer("them", "us");
    check_both_ways(link, peer, LINK_FRAME_MAX_BYTES);
    sockfix_close(link);
    ck_assert_int_eq(access("us", F_OK), -1);
    ck_assert_int_eq(access("them", F_OK), 0);
}
END_TEST

START_TEST(passed_descriptor)
{
    char options[32];
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    struct link *link = sockfix_open(&winlwip_dgram_driver, options);
    check_both_ways(link, ends[1], LINK_FRAME_MAX_BYTES);
    close(ends[1]);
    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    ck_assert_int_eq(link->ops->receive(link, NULL, 0), 0);
    sockfix_close(link);
    ck_assert_int_eq(fcntl(ends[0], F_GETFD), -1);
}
END_TEST

/* As many as the kernel takes are sent, in order; the rest is told as not taken. */
START_TEST(bursts)
{
    struct link *link = sockfix_open(&winlwip_dgram_driver, "local=unix:us remote=unix:them");
    int peer = make_peer("them", "us");
    uint8_t sent[BURST + 8][100];
    struct iovec parts[BURST + 8];
    struct link_packet packets[BURST + 8];
    struct link_frame frames[BURST];
    unsigned taken, came = 0;

    for (unsigned i = 0; i < BURST + 8; i++) {
        sockfix_fill(sent[i], 100, i);
        parts[i] = (struct iovec){sent[i], 100};
        packets[i] = (struct link_packet){.parts = &parts[i], .part_count = 1};
    }
    taken = link->ops->send(link, packets, BURST + 8);
    ck_assert_uint_ge(taken, 1);
    for (unsigned i = 0; i < taken; i++) {
        expect(peer, 100, i);
    }
    ck_assert_int_eq(recv(peer, sent[0], 100, MSG_DONTWAIT), -1);

    while (came < BURST && send(peer, sent[came], 100, MSG_DONTWAIT) == 100) {
        came++;
    }
    ck_assert_uint_ge(came, 2);
    ck_assert_int_eq(link->ops->receive(link, frames, 1), 1);
    ck_assert(!link->drained);
    sockfix_expect(&frames[0], 100, 0);
    ck_assert_int_eq(link->ops->receive(link, frames, BURST), (int)came - 1);
    ck_assert(link->drained);
    for (unsigned i = 1; i < came; i++) {
        sockfix_expect(&frames[i - 1], 100, i);
    }
}
END_TEST

START_TEST(longer_than_frames)
{
    struct link *link = sockfix_open(&winlwip_dgram_driver, "local=unix:us remote=unix:them");
    struct link_frame frame;

    put(make_peer("them", "us"), LINK_FRAME_MAX_BYTES + 1, 0);
    ck_assert_int_eq(sockfix_receive(link, &frame, 1), 1);
    ck_assert_uint_eq(frame.bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frame.original_bytes, LINK_FRAME_MAX_BYTES + 1);
    ck_assert_uint_eq(frame.flags, LINK_FRAME_CUT | LINK_FRAME_OVERSIZE);
}
END_TEST

/* A bound UDP socket, and its port. */
static int udp_socket(in_port_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void udp_connect(int fd, in_port_t port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

/* Only the remote port is heard; that nobody is there costs frames, and nothing else. */
START_TEST(over_udp)
{
    in_port_t ours, theirs, other;
    int reserved = udp_socket(&ours);
    int peer = udp_socket(&theirs);
    int stranger = udp_socket(&other);
    struct link_frame frame;
    struct link *link;
    char options[96];

    close(reserved);
    snprintf(options, sizeof(options), "local=127.0.0.1:%u remote=127.0.0.1:%u", ours, theirs);
    link = sockfix_open(&winlwip_dgram_driver, options);
    ck_assert_uint_eq(link->mtu_most, 65507 - 14);
    udp_connect(peer, ours);
    udp_connect(stranger, ours);
    put(stranger, 60, 0);
    check_both_ways(link, peer, 65507);
    close(peer);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(sockfix_send(link, 60, 0), 1);
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    }
    ck_assert_uint_eq(sockfix_send(link, LINK_FRAME_MAX_BYTES, 0), 0);
    ck_assert_uint_eq(link->ops->missed(link), 0);
}
END_TEST

START_TEST(full_udp_socket_is_counted)
{
    in_port_t ours, theirs;
    int reserved = udp_socket(&ours);
    int peer = udp_socket(&theirs);
    struct link_frame frames[BURST];
    unsigned came = 0;
    struct link *link;
    char options[96];
    int count;

    close(reserved);
    snprintf(options, sizeof(options), "local=127.0.0.1:%u remote=127.0.0.1:%u", ours, theirs);
    link = sockfix_open(&winlwip_dgram_driver, options);
    udp_connect(peer, ours);
    for (unsigned i = 0; i < 1000; i++) {
        put(peer, 1514, i);
    }
    while ((count = link->ops->receive(link, frames, BURST)) > 0) {
        came += (unsigned)count;
    }
    ck_assert_uint_lt(came, 1000);
    ck_assert_uint_eq(came + link->ops->missed(link), 1000);
}
END_TEST

static const struct sockfix_mistake mistakes[] = {
    {"", EINVAL, "dgram: give it both of the options 'local' and 'remote', or 'fd'"},
    {"local=unix:a", EINVAL, "dgram: give it both"},
    {"remote=unix:a", EINVAL, "dgram: give it both"},
    {"local=unix:a remote=unix:b fd=0", EINVAL, "dgram: give it both"},
    {"local=unix:a remote=127.0.0.1:5", EINVAL, "dgram: options 'local' and 'remote' are of diff"},
    {"local=unix:a remote=unix:a", EINVAL, "dgram: options 'local' and 'remote' are the same"},
    {"connect=unix:a", EINVAL, "dgram: unknown option 'connect': the keys are local, remote, fd"},
    {"fd=1000000", EBADF, "dgram: descriptor 1000000: it is not open"},
    {"local=unix:used remote=unix:b", EADDRINUSE, "dgram: 'unix:used': it is in use already"},
    {"local=unix:stream remote=unix:b", EADDRINUSE, "dgram: 'unix:stream': it is in use already"},
    {"local=unix:missing/a remote=unix:b", ENOENT, "dgram: 'unix:missing/a': there is no such"},
    {"local=unix:a remote=unix:stream", EPROTOTYPE, "dgram: 'unix:stream': it is a socket of an"},
    {"local=192.0.2.1:5 remote=127.0.0.1:6", EADDRNOTAVAIL, "dgram: '192.0.2.1:5': it is no"},
};

START_TEST(mistakes_are_told)
{
    sockfix_bound("used", SOCK_DGRAM);
    sockfix_bound("stream", SOCK_STREAM);
    sockfix_refused(&winlwip_dgram_driver, &mistakes[_i]);
    ck_assert_int_eq(access("a", F_OK), -1); /* nothing is left of it */
}
END_TEST

START_TEST(stale_file_is_replaced)
{
    close(sockfix_bound("us", SOCK_DGRAM));
    struct link *link = sockfix_open(&winlwip_dgram_driver, "local=unix:us remote=unix:them");
    check_both_ways(link, make_peer("them", "us"), 1514);
}
END_TEST

START_TEST(descriptors_that_are_refused)
{
    int ends[2];
    char options[32];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    sockfix_refused(&winlwip_dgram_driver, &(struct sockfix_mistake){options, EPROTOTYPE, "dgram: desc"});
    ends[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    sockfix_refused(&winlwip_dgram_driver, &(struct sockfix_mistake){options, ENOTCONN, "dgram: desc"});
    ck_assert_int_ne(fcntl(ends[0], F_GETFD), -1);
}
END_TEST

Suite *suite_dgram(void)
{
    Suite *suite = suite_create("dgram");
    TCase *frames = tcase_create("dgram-frames");
    TCase *opening = tcase_create("dgram-opening");

    tcase_add_checked_fixture(frames, sockfix_set_up, sockfix_tear_down);
    tcase_add_test(frames, both_ways);
    tcase_add_test(frames, passed_descriptor);
    tcase_add_test(frames, bursts);
    tcase_add_test(frames, longer_than_frames);
    tcase_add_test(frames, over_udp);
    tcase_add_test(frames, full_udp_socket_is_counted);
    suite_add_tcase(suite, frames);
    tcase_add_checked_fixture(opening, sockfix_set_up, sockfix_tear_down);
    tcase_add_loop_test(opening, mistakes_are_told, 0,
                        (int)(sizeof(mistakes) / sizeof(mistakes[0])));
    tcase_add_test(opening, stale_file_is_replaced);
    tcase_add_test(opening, descriptors_that_are_refused);
    suite_add_tcase(suite, opening);
    return suite;
}
