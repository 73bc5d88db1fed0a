/*
 * seat.c - an epoll set with an eventfd and a timerfd in it.
 */
#include "stack/seat.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "config/limits.h"
#include "stack/internal.h"
#include "stack/loop.h"

/* What epoll calls the seat's own descriptors, beside the indexes of links. */
enum { TIMER_INDEX = 0, KICK_INDEX = 32 };

int seat_watch(const struct seat *seat, int fd, uint32_t index)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
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
    seat->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (seat->kick_fd < 0 || seat->timer_fd < 0) {
        return -errno;
    }
    int error = seat_watch(seat, seat->kick_fd, KICK_INDEX);
    return error != 0 ? error : seat_watch(seat, seat->timer_fd, TIMER_INDEX);
}

void seat_close(struct seat *seat)
{
    const int fds[] = {seat->timer_fd, seat->kick_fd, seat->epoll_fd};

    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
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

void seat_take_kicks(const struct seat *seat)
{
    uint64_t kicks;
    ssize_t bytes = read(seat->kick_fd, &kicks, sizeof(kicks));
    (void)bytes;
}

void seat_set_timer(struct seat *seat, int64_t timer_ns)
{
    struct itimerspec when = {.it_value = {0}}; /* never */

    if (timer_ns != LOOP_FOREVER) {
        when.it_value = (struct timespec){.tv_sec = timer_ns / NS_PER_S,
                                          .tv_nsec = timer_ns % NS_PER_S};
    }
    timerfd_settime(seat->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    seat->timer_ns = timer_ns;
}

/* Milliseconds until a time, for epoll_wait(); -1: no limit. */
static int timeout_ms(int64_t deadline_ns)
{
    enum { LONGEST_MS = 3600 * 1000 };

    if (deadline_ns == LOOP_FOREVER) {
        return -1;
    }
    int64_t left_ns = deadline_ns - loop_now_ns();
    if (left_ns <= 0) {
        return 0;
    }
    int64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms < LONGEST_MS ? (int)left_ms : LONGEST_MS;
}

uint32_t seat_sleep(struct seat *seat, int64_t timer_ns, int64_t deadline_ns)
{
    struct epoll_event events[LIMIT_INTERFACES + 2];
    uint32_t ready = 0;

    if (timer_ns != seat->timer_ns) {
        seat_set_timer(seat, timer_ns);
    }
    int count = epoll_wait(seat->epoll_fd, events, sizeof(events) / sizeof(events[0]),
                           timeout_ms(deadline_ns));
    for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == KICK_INDEX) {
            seat_take_kicks(seat);
        } else {
            ready |= UINT32_C(1) << events[i].data.u32;
        }
    }
    return ready;
}
