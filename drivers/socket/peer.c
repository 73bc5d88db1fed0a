/*
 * peer.c - the connection of a stream link: how it is made, lost and made again.
 *
 * Theory of operation
 *
 * One struct peer for each link. Its epoll descriptor is what the stack waits on and never changes,
 * while sockets come and go inside. States and what moves them:
 *
 *   option   first          after a loss
 *   listen   LISTENING      LISTENING     the next in the queue is the peer then: one at a time
 *   connect  CONNECTED      RESTING       for reconnect_ms, then one attempt, and so on
 *   fd       CONNECTED      GONE          there is nobody to connect to
 *
 * or DOWN after any loss with gone=down. An attempt to connect succeeds or fails at once; TCP may
 * be CONNECTING for a while, as long as the kernel tries.
 *
 * Only what can bring something is in the epoll set: the listening socket while nobody is
 * connected, the connection while there is one. The timer is armed in RESTING alone.
 *
 * The first connection has to succeed, since most often a failure means a mistake; with an explicit
 * `reconnect` the other side may start later. A place that nobody may ever connect to (no right, a
 * socket of another type) is refused either way.
 */
#define _GNU_SOURCE
#include "drivers/socket/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    /* How long the first TCP handshake may take. */
    FIRST_HANDSHAKE_MS = 5000,
    /* Who else connects waits in the kernel until the peer is gone. */
    BACKLOG = 1,
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
};

/* --- the epoll set --- */

static int watch(struct peer *peer, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events};

    return epoll_ctl(peer->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void unwatch(struct peer *peer, int fd)
{
    epoll_ctl(peer->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void peer_want_room(struct peer *peer, bool wanted)
{
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0)};

    if (wanted != peer->wants_room) {
        epoll_ctl(peer->epoll, EPOLL_CTL_MOD, peer->connection, &event);
        peer->wants_room = wanted;
    }
}

void peer_ring(struct peer *peer, bool on)
{
    eventfd_t count;

    if (on == peer->is_ringing) {
        return;
    }
    peer->is_ringing = on;
    if (on) {
        eventfd_write(peer->bell, 1);
    } else {
        eventfd_read(peer->bell, &count);
    }
}

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* --- connections --- */

/* Takes over a connected socket. Returns 0 or -errno; the descriptor is the peer's either way. */
static int settle(struct peer *peer, int fd)
{
    const int on = 1;
    int result;

    /* Frames are not to wait for more of them; fails where there is no TCP. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    peer->connection = fd;
    result = watch(peer, fd, EPOLLIN);
    if (result == 0) {
        peer->state = PEER_CONNECTED;
    }
    return result;
}

static void rest(struct peer *peer)
{
    const long ms = peer->options.reconnect_ms;
    const struct itimerspec when = {
        .it_value = {.tv_sec = ms / MS_PER_S, .tv_nsec = ms % MS_PER_S * NS_PER_MS},
    };

    close_if_open(&peer->connection);
    peer->state = PEER_RESTING;
    timerfd_settime(peer->timer, 0, &when, NULL);
}

/* Starts to connect: CONNECTED or CONNECTING. Returns 0 or -errno. */
static int start_connecting(struct peer *peer)
{
    const struct place *place = &peer->options.connect;
    const int family = place->address.generic.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int code;

    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, &place->address.generic, place->bytes) == 0) {
        return settle(peer, fd);
    }
    code = errno;
    peer->connection = fd;
    if (code == EINPROGRESS) {
        peer->state = PEER_CONNECTING;
        return watch(peer, fd, EPOLLOUT);
    }
    return -code;
}

/* How CONNECTING ended, waiting for it that long. Returns 0: well; -EAGAIN: not yet; -errno. */
static int finish_connecting(struct peer *peer, int timeout_ms)
{
    struct pollfd entry = {.fd = peer->connection, .events = POLLOUT};
    int code = 0;
    socklen_t bytes = sizeof(code);

    if (poll(&entry, 1, timeout_ms) != 1) {
        return -EAGAIN;
    }
    if (getsockopt(peer->connection, SOL_SOCKET, SO_ERROR, &code, &bytes) != 0) {
        code = errno;
    }
    if (code != 0) {
        return -code;
    }
    unwatch(peer, peer->connection);
    return settle(peer, peer->connection);
}

static void attend_listening(struct peer *peer)
{
    int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) {
        return;
    }
    if (settle(peer, fd) != 0) {
        close_if_open(&peer->connection);
        return;
    }
    unwatch(peer, peer->listener);
}

static void attend_resting(struct peer *peer)
{
    uint64_t count;

    if (read(peer->timer, &count, sizeof(count)) == sizeof(count) && start_connecting(peer) != 0) {
        rest(peer);
    }
}

static void attend_connecting(struct peer *peer)
{
    int result = finish_connecting(peer, 0);

    if (result != 0 && result != -EAGAIN) {
        rest(peer);
    }
}

bool peer_attend(struct peer *peer)
{
    static void (*const attend[])(struct peer *peer) = {
        [PEER_LISTENING] = attend_listening,
        [PEER_RESTING] = attend_resting,
        [PEER_CONNECTING] = attend_connecting,
        [PEER_CONNECTED] = NULL,
        [PEER_GONE] = NULL,
        [PEER_DOWN] = NULL,
    };

    if (attend[peer->state] != NULL) {
        attend[peer->state](peer);
    }
    return peer->state == PEER_CONNECTED;
}

void peer_lost(struct peer *peer)
{
    close_if_open(&peer->connection);
    peer->wants_room = false;
    if (peer->options.gone_is_down) {
        peer->state = PEER_DOWN;
    } else if (peer->listener >= 0) {
        peer->state = watch(peer, peer->listener, EPOLLIN) == 0 ? PEER_LISTENING : PEER_DOWN;
    } else if (peer->options.reconnect_ms > 0) {
        rest(peer);
    } else {
        peer->state = PEER_GONE;
    }
}

/* --- life --- */

static int open_listening(struct peer *peer, const struct options_report *report)
{
    struct place *place = &peer->options.listen;
    int result = place_bind(report, place, SOCK_STREAM);

    if (result < 0) {
        return result;
    }
    peer->listener = result;
    peer->state = PEER_LISTENING;
    if (listen(peer->listener, BACKLOG) != 0) {
        return place_fail(report, place, errno);
    }
    result = watch(peer, peer->listener, EPOLLIN);
    return result == 0 ? 0 : place_fail(report, place, -result);
}

/* Errors of a place at which somebody may listen later. */
static bool may_come(int code)
{
    return code == ENOENT || code == ECONNREFUSED || code == EAGAIN || code == ETIMEDOUT;
}

static int open_connecting(struct peer *peer, const struct options_report *report)
{
    int result = start_connecting(peer);

    if (result == 0 && peer->state == PEER_CONNECTING) {
        result = finish_connecting(peer, FIRST_HANDSHAKE_MS);
        result = result == -EAGAIN ? -ETIMEDOUT : result;
    }
    if (result != 0 && peer->options.may_be_late && may_come(-result)) {
        rest(peer);
        return 0;
    }
    return result == 0 ? 0 : place_fail(report, &peer->options.connect, -result);
}

static int adopt(struct peer *peer, const struct options_report *report)
{
    int fd = peer->options.fd;
    struct sockaddr_storage name;
    socklen_t bytes = sizeof(name);
    int type = 0;
    socklen_t type_bytes = sizeof(type);
    int result;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes) != 0) {
        return options_fail(report, errno, "descriptor %d: %s", fd,
                            errno == EBADF ? "it is not open" : "it is no socket");
    }
    if (type != SOCK_STREAM) {
        return options_fail(report, EPROTOTYPE, "descriptor %d is no stream socket", fd);
    }
    if (getpeername(fd, (struct sockaddr *)&name, &bytes) != 0) {
        return options_fail(report, ENOTCONN, "descriptor %d is not connected", fd);
    }
    result = settle(peer, fd);
    if (result != 0) {
        peer->connection = -1; /* it stays the caller's */
        return options_fail(report, -result, "descriptor %d can't be waited for", fd);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

int peer_open(struct peer *peer, const struct peer_options *options,
              const struct options_report *report)
{
    int result = 0;

    *peer = (struct peer){.options = *options, .listener = -1, .connection = -1};
    peer->epoll = epoll_create1(EPOLL_CLOEXEC);
    peer->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    peer->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (peer->epoll < 0 || peer->timer < 0 || peer->bell < 0 ||
        watch(peer, peer->timer, EPOLLIN) != 0 || watch(peer, peer->bell, EPOLLIN) != 0) {
        result = options_fail(report, errno, "no descriptor to wait for frames with");
    } else if (place_is_given(&options->listen)) {
        result = open_listening(peer, report);
    } else if (place_is_given(&options->connect)) {
        result = open_connecting(peer, report);
    } else {
        result = adopt(peer, report);
    }
    if (result != 0) {
        peer_close(peer);
    }
    return result;
}

void peer_close(struct peer *peer)
{
    close_if_open(&peer->connection);
    if (peer->listener >= 0) {
        place_remove(&peer->options.listen);
    }
    close_if_open(&peer->listener);
    close_if_open(&peer->bell);
    close_if_open(&peer->timer);
    close_if_open(&peer->epoll);
}
