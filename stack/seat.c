/*
 * seat.c - an epoll set with an eventfd in it.
 */
#include "stack/seat.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "config/limits.h"

int seat_watch(const struct seat *seat, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(seat->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

void seat_unwatch(const struct seat *seat, int fd)
{
    if (seat->epoll_fd >= 0) {
        epoll_ctl(seat->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    }
}

int seat_open(struct seat *seat)
{
    seat->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (seat->epoll_fd < 0) {
        return -errno;
    }
    seat->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return seat->kick_fd < 0 ? -errno : seat_watch(seat, seat->kick_fd);
}

void seat_close(struct seat *seat)
{
    if (seat->kick_fd >= 0) {
        close(seat->kick_fd);
    }
    if (seat->epoll_fd >= 0) {
        close(seat->epoll_fd);
    }
    *seat = (struct seat)SEAT_CLOSED;
}

void seat_kick(const struct seat *seat)
{
    uint64_t one = 1;
    /* Fails only when the counter is full: then the sleeper is being kicked already. */
    ssize_t written = write(seat->kick_fd, &one, sizeof(one));
    (void)written;
}

void seat_sleep(const struct seat *seat, int timeout_ms)
{
    struct epoll_event events[LIMIT_INTERFACES + 1];
    int count = epoll_wait(seat->epoll_fd, events, LIMIT_INTERFACES + 1, timeout_ms);

    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == seat->kick_fd) {
            uint64_t kicks;
            ssize_t bytes = read(seat->kick_fd, &kicks, sizeof(kicks));
            (void)bytes;
        }
    }
}
