/*
 * test_stream.c - the driver `stream` with this process on the other side: frames both ways, a peer
 * that does not read, sends garbage, goes and comes back, and what open() refuses.
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

enum { BURST = 32, MANY = 200 };

/* Writes a frame as a peer does. */
static void put(int peer, size_t bytes, unsigned number)
{
    static uint8_t framed[4 + LINK_FRAME_MAX_BYTES];
    uint32_t length = htonl((uint32_t)bytes);

    memcpy(framed, &length, 4);
    sockfix_fill(framed + 4, bytes, number);
    ck_assert_int_eq(send(peer, framed, 4 + bytes, 0), (ssize_t)(4 + bytes));
}

/* Reads so many bytes as a peer does; meanwhile the link writes what is left of a frame. */
static void read_all(struct link *link, int peer, void *to, size_t bytes)
{
    struct link_frame frame;
    size_t come = 0;

    while (come < bytes) {
        ssize_t more = recv(peer, (char *)to + come, bytes - come, MSG_DONTWAIT);

        ck_assert(more > 0 || errno == EAGAIN);
        come += more > 0 ? (size_t)more : 0;
        if (more < 0) {
            ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
            ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
        }
    }
}

/* Reads a frame as a peer does, and compares it. */
static void expect(struct link *link, int peer, size_t bytes, unsigned number)
{
    static uint8_t framed[4 + LINK_FRAME_MAX_BYTES], expected[LINK_FRAME_MAX_BYTES];
    uint32_t length;

    read_all(link, peer, framed, 4);
    memcpy(&length, framed, 4);
    ck_assert_uint_eq(ntohl(length), bytes);
    read_all(link, peer, framed + 4, bytes);
    sockfix_fill(expected, bytes, number);
    ck_assert_mem_eq(framed + 4, expected, bytes);
}

/* Accepts the link's connection, while it goes on trying. Returns the socket, once it is used. */
static int accept_from(struct link *link, int listener)
{
    struct link_frame frame;
    int peer;

    ck_assert_int_eq(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    while ((peer = accept(listener, NULL, NULL)) < 0) {
        ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    }
    while (sockfix_send(link, 60, 0) == 0) {
        ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    }
    return peer;
}

static void check_both_ways(struct link *link, int peer)
{
    static const size_t sizes[] = {60, 1514, 61, 14, LINK_FRAME_MAX_BYTES};
    struct link_frame frame;

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        put(peer, sizes[i], i);
        ck_assert_int_eq(sockfix_receive(link, &frame, 1), 1);
        sockfix_expect(&frame, sizes[i], i);
        ck_assert_uint_eq(sockfix_send(link, sizes[i], i + 100), 1);
        expect(link, peer, sizes[i], i + 100);
    }
}

/*
 * A link on one end of a pair of sockets, with these options beside fd. Returns the other end. What
 * the link sends has less room than the longest frame takes.
 */
static int open_pair(struct link **link, const char *more)
{
    const int room = 16384;
    char options[64];
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_eq(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
    snprintf(options, sizeof(options), "fd=%d%s", ends[0], more);
    *link = sockfix_open(&winlwip_stream_driver, options);
    ck_assert_int_ne(fcntl(ends[0], F_GETFD) & FD_CLOEXEC, 0);
    return ends[1];
}

START_TEST(both_ways)
{
    struct link *link;
    int peer = open_pair(&link, "");

    ck_assert_str_eq(link->ops->driver, "stream");
    ck_assert_uint_eq(link->mtu, 1500);
    ck_assert_uint_eq(link->mtu_most, 65535);
    ck_assert(!link_has_mac(link) && !link->replay && !link->ip_only);
    ck_assert(!sockfix_readable(link, 0));
    check_both_ways(link, peer);
    ck_assert(!sockfix_readable(link, 0));
    ck_assert_int_eq(link->ops->receive(link, NULL, 0), 0);
    close(peer);
}
END_TEST

/*
 * Many frames that one read brings: the descriptor is readable, and the link not drained, until the
 * last one is taken.
 */
START_TEST(left_over_frames_keep_it_readable)
{
    struct link_frame frames[BURST];
    struct link *link;
    int peer = open_pair(&link, "");
    unsigned most = _i == 0 ? 1 : BURST, seen = 0;

    for (unsigned i = 0; i < MANY; i++) {
        put(peer, 60 + i, i);
    }
    while (seen < MANY) {
        int count;

        ck_assert(sockfix_readable(link, 0));
        count = link->ops->receive(link, frames, most);
        ck_assert_int_ge(count, 1);
        for (int i = 0; i < count; i++, seen++) {
            sockfix_expect(&frames[i], 60 + seen, seen);
        }
        ck_assert(seen == MANY || !link->drained);
    }
    ck_assert(!sockfix_readable(link, 0));
    ck_assert_int_eq(link->ops->receive(link, frames, most), 0);
    ck_assert(link->drained);
    close(peer);
}
END_TEST

/*
 * A peer that does not read: frames are refused whole, and of those that were taken none is cut,
 * although the kernel took a part of one. The rest goes when there is room.
 */
START_TEST(full_socket)
{
    static const size_t sizes[] = {1514, 60000, 60};
    size_t bytes = sizes[_i];
    unsigned taken = 0, later = 0;
    struct link_frame frame;
    struct link *link;
    int peer = open_pair(&link, "");

    while (sockfix_send(link, bytes, taken) == 1) {
        taken++;
        ck_assert_uint_lt(taken, 100000);
    }
    ck_assert_uint_ge(taken, 1);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(sockfix_send(link, bytes, 0), 0);
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    }
    for (unsigned i = 0; i < taken; i++) {
        expect(link, peer, bytes, i);
    }
    while (later < 3) {
        ck_assert_uint_eq(sockfix_send(link, 60, later), 1);
        expect(link, peer, 60, later++);
    }
    ck_assert(!sockfix_readable(link, 0));
    close(peer);
}
END_TEST

/* All that came whole is handed over, then what came of one more, then the end. */
START_TEST(peer_goes)
{
    struct link_frame frames[BURST];
    uint8_t begun[] = {0, 0, 0, 60, 1, 2, 3};
    struct link *link;
    int peer = open_pair(&link, "");
    int count;

    ck_assert_uint_eq(sockfix_send(link, 60, 0), 1); /* unread: the peer's end resets */
    for (unsigned i = 0; i < 3; i++) {
        put(peer, 60, i);
    }
    ck_assert_int_eq(send(peer, begun, sizeof(begun), 0), (ssize_t)sizeof(begun));
    close(peer);
    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    count = sockfix_receive(link, frames, BURST);
    ck_assert_int_eq(count, 3);
    for (unsigned i = 0; i < 3; i++) {
        sockfix_expect(&frames[i], 60, i);
    }
    ck_assert_int_eq(sockfix_receive(link, frames, BURST), 1);
    ck_assert_uint_eq(frames[0].bytes, 3);
    ck_assert_uint_eq(frames[0].original_bytes, 60);
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(sockfix_receive(link, frames, BURST), -ENETDOWN);
        ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    }
}
END_TEST

START_TEST(peer_goes_and_the_link_waits)
{
    struct link *link;
    int peer = open_pair(&link, " gone=wait");

    close(peer);
    sockfix_settle(link);
    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    ck_assert(!sockfix_readable(link, 20));
}
END_TEST

/* A length that no frame has ends the connection, behind what was good; it is told as a frame. */
START_TEST(garbage_ends_the_connection)
{
    struct link_frame frames[BURST];
    struct link *link = sockfix_open(&winlwip_stream_driver, "listen=unix:s");

    for (int round = 0; round < 2; round++) {
        int peer = sockfix_connect("s", SOCK_STREAM);
        char end;

        put(peer, 60, 1);
        ck_assert_int_eq(send(peer, "GET / HTTP/1.1\r\n", 16, 0), 16);
        ck_assert_int_eq(sockfix_receive(link, frames, BURST), 2);
        sockfix_expect(&frames[0], 60, 1);
        ck_assert_uint_eq(frames[1].bytes, 0);
        ck_assert_uint_eq(frames[1].original_bytes, 0x47455420);
        ck_assert_uint_eq(frames[1].flags, LINK_FRAME_CUT | LINK_FRAME_OVERSIZE);
        ck_assert_int_le(recv(peer, &end, 1, 0), 0); /* closed: does not block */
        close(peer);
    }
    check_both_ways(link, sockfix_connect("s", SOCK_STREAM));
}
END_TEST

/* --- connections --- */

START_TEST(listening)
{
    struct link *link = sockfix_open(&winlwip_stream_driver, "listen=unix:s");
    int first, second;

    ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    first = sockfix_connect("s", SOCK_STREAM);
    second = sockfix_connect("s", SOCK_STREAM); /* waits for its turn */
    check_both_ways(link, first);
    put(second, 60, 9);
    ck_assert(!sockfix_readable(link, 20));
    close(first);
    struct link_frame frame;
    ck_assert_int_eq(sockfix_receive(link, &frame, 1), 1);
    sockfix_expect(&frame, 60, 9);
    check_both_ways(link, second);
    sockfix_close(link);
    ck_assert_int_eq(access("s", F_OK), -1);
}
END_TEST

START_TEST(listening_once)
{
    struct link *link = sockfix_open(&winlwip_stream_driver, "listen=unix:s gone=down");
    struct link_frame frame;
    int peer;

    ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    peer = sockfix_connect("s", SOCK_STREAM);
    check_both_ways(link, peer);
    close(peer);
    ck_assert_int_eq(sockfix_receive(link, &frame, 1), -ENETDOWN);
}
END_TEST

/* Nothing of a cut frame gets into the next connection. */
START_TEST(connects_again)
{
    int listener = sockfix_bound("s", SOCK_STREAM);
    struct link *link = sockfix_open(&winlwip_stream_driver, "connect=unix:s reconnect=5");

    for (int round = 0; round < 3; round++) {
        int peer = accept_from(link, listener);

        expect(link, peer, 60, 0);
        check_both_ways(link, peer);
        while (sockfix_send(link, 60000, 1) == 1) {
            /* until the socket is full, and a part of a frame left */
        }
        ck_assert_int_eq(send(peer, "\0\0\1", 3, 0), 3);
        /* A peer that only has nothing more to say is gone as well. */
        ck_assert_int_eq(shutdown(peer, round == 0 ? SHUT_WR : SHUT_RDWR), 0);
        sockfix_settle(link);
        close(peer);
    }
    close(listener);
}
END_TEST

START_TEST(first_connection_may_be_late)
{
    struct link *link = sockfix_open(&winlwip_stream_driver, "connect=unix:s reconnect=5");
    struct link_frame frame;
    int peer;

    for (int i = 0; i < 3; i++) {
        ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
        ck_assert_uint_eq(sockfix_send(link, 60, 0), 0);
    }
    peer = sockfix_bound("s", SOCK_STREAM);
    ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
    ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    check_both_ways(link, accept(peer, NULL, NULL));
}
END_TEST

START_TEST(never_again)
{
    int listener = sockfix_bound("s", SOCK_STREAM);
    struct link *link = sockfix_open(&winlwip_stream_driver, "connect=unix:s reconnect=0");
    struct link_frame frame;

    close(accept(listener, NULL, NULL));
    ck_assert_int_eq(sockfix_receive(link, &frame, 1), -ENETDOWN);
}
END_TEST

static const char *const hosts[] = {"127.0.0.1", "[::1]"};

START_TEST(over_tcp)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = _i == 0 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t bytes = _i == 0 ? sizeof(v4) : sizeof(v6);
    int listener = socket(address->sa_family, SOCK_STREAM, 0);
    struct link *link;
    char options[64];

    ck_assert_int_eq(bind(listener, address, bytes), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, address, &bytes), 0);
    snprintf(options, sizeof(options), "connect=%s:%u reconnect=5", hosts[_i],
             ntohs(_i == 0 ? v4.sin_port : v6.sin6_port));
    link = sockfix_open(&winlwip_stream_driver, options);
    for (int round = 0; round < 2; round++) {
        int peer = accept_from(link, listener);

        expect(link, peer, 60, 0);
        check_both_ways(link, peer);
        close(peer);
        sockfix_settle(link);
    }
    close(listener);
}
END_TEST

/* --- what open() refuses --- */

#define LONG_NAME \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaa"

static const struct sockfix_mistake mistakes[] = {
    {"", EINVAL, "stream: give it one of the options 'connect', 'listen' and 'fd'"},
    {"connect=unix:a listen=unix:b", EINVAL, "stream: give it one of the options"},
    {"connect=unix:a fd=0", EINVAL, "stream: give it one of the options"},
    {"device=a", EINVAL, "stream: unknown option 'device': the keys are connect, listen, fd,"},
    {"fd=0 fd=0", EINVAL, "stream: option 'fd' is given twice"},
    {"fd=x", EINVAL, "stream: option 'fd' is 'x': it must be a whole number"},
    {"fd=-1", EINVAL, "stream: option 'fd' is '-1': it must be a whole number"},
    {"fd=999", EBADF, "stream: descriptor 999: it is not open"},
    {"connect=unix:", EINVAL, "stream: option 'connect' has no path"},
    {"connect=nothing", EINVAL, "stream: option 'connect' is 'nothing': it must be unix:PATH"},
    {"connect=localhost:5", EINVAL, "stream: option 'connect' is 'localhost:5': it must be"},
    {"connect=::1:5", EINVAL, "stream: option 'connect' is '::1:5': it must be"},
    {"connect=127.0.0.1:0", EINVAL, "stream: option 'connect' is '0': it must be a whole number"},
    {"connect=127.0.0.1:65536", EINVAL, "stream: option 'connect' is '65536': it must be"},
    {"connect=unix:" LONG_NAME, ENAMETOOLONG,
     "stream: option 'connect': the path of a socket has at most 107 bytes, this one 111"},
    {"listen=unix:" LONG_NAME, ENAMETOOLONG, "stream: option 'listen': the path"},
    {"listen=unix:s reconnect=5", EINVAL, "stream: option 'reconnect' needs 'connect'"},
    {"connect=unix:s reconnect=x", EINVAL, "stream: option 'reconnect' is 'x': it must be"},
    {"connect=unix:s gone=away", EINVAL, "stream: option 'gone' is 'away': it must be wait or"},
    {"connect=unix:missing", ENOENT, "stream: 'unix:missing': there is no such socket"},
    {"connect=unix:file", ECONNREFUSED, "stream: 'unix:file': nobody listens there"},
    {"connect=unix:stale", ECONNREFUSED, "stream: 'unix:stale': nobody listens there"},
    {"connect=unix:dgram", EPROTOTYPE, "stream: 'unix:dgram': it is a socket of another type"},
    {"connect=unix:dgram reconnect=5", EPROTOTYPE, "stream: 'unix:dgram': it is a socket of"},
    {"connect=unix:s\n/x", ENOENT, "stream: 'unix:s?/x': there is no such socket"},
    {"listen=unix:missing/s", ENOENT, "stream: 'unix:missing/s': there is no such socket, or no"},
    {"listen=unix:file", EEXIST, "stream: 'unix:file': there is a file of that name, which is no"},
    {"listen=unix:used", EADDRINUSE, "stream: 'unix:used': it is in use already"},
    {"listen=unix:dgram", EADDRINUSE, "stream: 'unix:dgram': it is in use already"},
    {"listen=192.0.2.1:5", EADDRNOTAVAIL, "stream: '192.0.2.1:5': it is no address of this"},
};

static void make_obstacles(void)
{
    close(open("file", O_CREAT | O_WRONLY, 0600));
    close(sockfix_bound("stale", SOCK_STREAM));
    sockfix_bound("used", SOCK_STREAM);
    sockfix_bound("dgram", SOCK_DGRAM);
}

START_TEST(mistakes_are_told)
{
    make_obstacles();
    sockfix_refused(&winlwip_stream_driver, &mistakes[_i]);
}
END_TEST

/* The file and who listens there are as they were: nobody has connected, either. */
START_TEST(who_listens_is_not_disturbed)
{
    int listener = sockfix_bound("s", SOCK_STREAM);

    sockfix_refused(&winlwip_stream_driver, &(struct sockfix_mistake){"listen=unix:s", EADDRINUSE, ""});
    ck_assert_int_eq(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(accept(listener, NULL, NULL), -1);
    ck_assert_int_ge(sockfix_connect("s", SOCK_STREAM), 0);
}
END_TEST

START_TEST(stale_file_is_replaced)
{
    struct link *link;

    close(sockfix_bound("s", SOCK_STREAM));
    link = sockfix_open(&winlwip_stream_driver, "listen=unix:s");
    check_both_ways(link, sockfix_connect("s", SOCK_STREAM));
}
END_TEST

/* Somebody else's file is left alone at the end. */
START_TEST(replaced_file_stays)
{
    struct link *link = sockfix_open(&winlwip_stream_driver, "listen=unix:s");

    ck_assert_int_eq(rename("s", "old"), 0);
    sockfix_bound("s", SOCK_STREAM);
    sockfix_close(link);
    ck_assert_int_eq(access("s", F_OK), 0);
}
END_TEST

START_TEST(no_right)
{
    static const struct sockfix_mistake refused[] = {
        {"connect=unix:s", EACCES, "stream: 'unix:s': no right to use it"},
        {"connect=unix:s reconnect=5", EACCES, "stream: 'unix:s': no right to use it"},
        {"listen=unix:s", EACCES, "stream: 'unix:s': no right to use it"},
        {"listen=unix:closed/s", EACCES, "stream: 'unix:closed/s': no right to use it"},
    };

    sockfix_bound("s", SOCK_STREAM);
    ck_assert_int_eq(chmod("s", 0), 0);
    ck_assert_int_eq(mkdir("closed", 0), 0);
    ck_assert_int_eq(chmod(".", 0755), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0); /* nobody, as whom root is not */
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        sockfix_refused(&winlwip_stream_driver, &refused[i]);
    }
    if (getuid() == 0) {
        ck_assert_int_eq(seteuid(0), 0);
    }
    ck_assert_int_eq(chmod("closed", 0700), 0);
}
END_TEST

/* A descriptor that is refused stays open, and the caller's. */
START_TEST(descriptors_that_are_refused)
{
    int ends[2];
    char options[32];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    sockfix_refused(&winlwip_stream_driver, &(struct sockfix_mistake){options, EPROTOTYPE, "stream: desc"});
    ck_assert_int_eq(pipe(ends), 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    sockfix_refused(&winlwip_stream_driver, &(struct sockfix_mistake){options, ENOTSOCK, "stream: desc"});
    ends[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(options, sizeof(options), "fd=%d", ends[0]);
    sockfix_refused(&winlwip_stream_driver, &(struct sockfix_mistake){options, ENOTCONN, "stream: desc"});
    ck_assert_int_ne(fcntl(ends[0], F_GETFD), -1);
}
END_TEST

Suite *suite_stream(void)
{
    Suite *suite = suite_create("stream");
    TCase *frames = tcase_create("stream-frames");
    TCase *connections = tcase_create("stream-connections");
    TCase *opening = tcase_create("stream-opening");

    tcase_add_checked_fixture(frames, sockfix_set_up, sockfix_tear_down);
    tcase_add_test(frames, both_ways);
    tcase_add_loop_test(frames, left_over_frames_keep_it_readable, 0, 2);
    tcase_add_loop_test(frames, full_socket, 0, 3);
    tcase_add_test(frames, peer_goes);
    tcase_add_test(frames, peer_goes_and_the_link_waits);
    tcase_add_test(frames, garbage_ends_the_connection);
    suite_add_tcase(suite, frames);
    tcase_add_checked_fixture(connections, sockfix_set_up, sockfix_tear_down);
    tcase_add_test(connections, listening);
    tcase_add_test(connections, listening_once);
    tcase_add_test(connections, connects_again);
    tcase_add_test(connections, first_connection_may_be_late);
    tcase_add_test(connections, never_again);
    tcase_add_loop_test(connections, over_tcp, 0, 2);
    suite_add_tcase(suite, connections);
    tcase_add_checked_fixture(opening, sockfix_set_up, sockfix_tear_down);
    tcase_add_loop_test(opening, mistakes_are_told, 0,
                        (int)(sizeof(mistakes) / sizeof(mistakes[0])));
    tcase_add_test(opening, who_listens_is_not_disturbed);
    tcase_add_test(opening, stale_file_is_replaced);
    tcase_add_test(opening, replaced_file_stays);
    tcase_add_test(opening, no_right);
    tcase_add_test(opening, descriptors_that_are_refused);
    suite_add_tcase(suite, opening);
    return suite;
}
