/*
 * watch.h - the descriptor by which a host program learns that the stack wants a turn.
 *
 * For programs without background thread, which drive the stack from an event loop of their own
 * (winlwip_fd() and winlwip_drive() in include/winlwip.h). Theory of operation in watch.c.
 *
 * While it is closed all calls here do nothing.
 */
#ifndef STACK_WATCH_H
#define STACK_WATCH_H

#include <stdint.h>

/* Makes the descriptor. Returns 0 or -errno; it is closed then. No lock held. */
int watch_open(void);

/* Closes it. No lock held. */
void watch_close(void);

/* Has data on a link's descriptor show, or no longer. Returns 0 or -errno. Stack lock held. */
int watch_add_link(int fd, uint32_t index);
void watch_remove_link(int fd);

/*
 * Something happened at which the program may want to look, in a turn or call that it may not know
 * of. Nothing happens inside a turn that the program itself makes: it looks after that anyway.
 * Stack lock held.
 */
void watch_tell_locked(void);

/* A turn of anybody's is over: the next timer may be due earlier. Stack lock held. */
void watch_turn_over_locked(void);

/* A call gave a timer work: the program has to make a turn, which finds out when. Any lock. */
void watch_timers_changed(void);

#endif
