/*
 * seat.h - where a thread that drives the stack sleeps.
 *
 * A seat is an epoll set of the links' descriptors, of one by which others end the sleep, and of a
 * timer. A kick is not lost: one that comes before the sleep ends it at once. The timer is set only
 * when another time is wanted, about once a second; a time limit that epoll_wait() itself has to
 * keep costs it half a microsecond in every call.
 *
 * Seats have no lock: loop.c opens them before and closes them after everybody uses them, and one
 * thread sleeps in a seat at a time. The other calls may come at any time between.
 */
#ifndef STACK_SEAT_H
#define STACK_SEAT_H

#include <stdint.h>

struct seat {
    int epoll_fd;
    int kick_fd;
    int timer_fd;
    int64_t timer_ns; /* when it ends a sleep, INT64_MAX: never; the sleeper's own */
};

/* The initial value of a seat that is not open. */
#define SEAT_CLOSED {-1, -1, -1, INT64_MAX}

/* Opens a closed seat. Returns 0 or -errno; seat_close() is needed either way. */
int seat_open(struct seat *seat);

/* Closes a seat, whatever of it is open. Nobody may sleep in it. */
void seat_close(struct seat *seat);

/* Has data on this descriptor end the sleep. index: its bit, 1 to 31. Returns 0 or -errno. */
int seat_watch(const struct seat *seat, int fd, uint32_t index);

/* Ends that; nothing happens when the seat is closed or the descriptor was not watched. */
void seat_unwatch(const struct seat *seat, int fd);

/* Ends the present or the next sleep in an open seat. Any thread. */
void seat_kick(const struct seat *seat);

/*
 * What seat_sleep() does by itself, for a seat whose descriptor somebody else watches: takes the
 * kicks that came.
 */
void seat_take_kicks(const struct seat *seat);

/*
 * And sets the timer (ns on CLOCK_MONOTONIC, INT64_MAX: never). One that has run out is no longer
 * readable once it is set anew.
 */
void seat_set_timer(struct seat *seat, int64_t timer_ns);

/*
 * Sleeps until a watched descriptor has data, a kick or a signal came, or one of two times was
 * reached (ns on CLOCK_MONOTONIC, INT64_MAX: never): timer_ns, which seldom changes between calls, or
 * deadline_ns. Takes the kicks that came.
 * Returns the bits of the descriptors that have data, and SEAT_TIMER for timer_ns.
 */
uint32_t seat_sleep(struct seat *seat, int64_t timer_ns, int64_t deadline_ns);

#define SEAT_TIMER UINT32_C(1)

#endif
