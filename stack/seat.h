/*
 * seat.h - where a thread that drives the stack sleeps.
 *
 * A seat is an epoll set of the links' descriptors and of one more, by which others end the sleep.
 * A kick is not lost: one that comes before the sleep ends it at once. Seats have no lock: loop.c
 * opens them before and closes them after everybody uses them, and the other calls may come at the
 * same time.
 */
#ifndef STACK_SEAT_H
#define STACK_SEAT_H

struct seat {
    int epoll_fd;
    int kick_fd;
};

/* The initial value of a seat that is not open. */
#define SEAT_CLOSED {-1, -1}

/* Opens a closed seat. Returns 0 or -errno; seat_close() is needed either way. */
int seat_open(struct seat *seat);

/* Closes a seat, whatever of it is open. Nobody may sleep in it. */
void seat_close(struct seat *seat);

/* Has data on this descriptor end the sleep. Returns 0 or -errno. */
int seat_watch(const struct seat *seat, int fd);

/* Ends that; nothing happens when the seat is closed or the descriptor was not watched. */
void seat_unwatch(const struct seat *seat, int fd);

/* Ends the present or the next sleep in an open seat. Any thread. */
void seat_kick(const struct seat *seat);

/*
 * Sleeps until a watched descriptor has data, a kick or a signal came, or timeout_ms have passed
 * (-1: no limit). Takes the kicks that came.
 */
void seat_sleep(const struct seat *seat, int timeout_ms);

#endif
