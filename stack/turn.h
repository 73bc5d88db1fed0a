/*
 * turn.h - one bounded turn of the stack: timers, loopback, a burst from each link.
 *
 * Made by the thread that drives (loop.c), under the stack lock. Theory of operation in turn.c.
 */
#ifndef STACK_TURN_H
#define STACK_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All links. */
#define TURN_ALL UINT32_MAX

/*
 * Makes one turn. ready: the links that are read, bit n that of the interface with index n, as
 * seat_sleep() says which of them ended a sleep; TURN_ALL when there was none. replays: those
 * without a descriptor are read, too, until *stop becomes true (NULL: never).
 * Returns how many frames and looped packets were fed.
 */
unsigned turn_locked(uint32_t ready, const atomic_bool *stop, bool replays);

/*
 * Has a turn with these replays nothing to do until the next timer or until a sleep on the links'
 * descriptors ends? It may be wrong about a link: then such a sleep ends at once.
 */
bool turn_is_idle_locked(bool replays);

/* Is there work left of which no descriptor tells: looped packets, a replay without a clock? */
bool turn_is_silent_locked(void);

/*
 * What a look under the lock would find, without the lock: has a turn, with replays, nothing to do
 * before a timer? Then returns true with its time (ns on CLOCK_MONOTONIC, INT64_MAX: none is due);
 * false when only a look can tell. Any thread.
 */
bool turn_is_quiet(int64_t *due_ns);

/* There may be something to do outside of the links: turn_is_quiet() is false until the next turn. */
void turn_disturb(void);

/* Forgets what is known of the links. */
void turn_start(void);

#endif
