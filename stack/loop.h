/*
 * loop.h - who drives the stack, and how a thread waits for it.
 *
 * The seam between waiting and driving: winsock/wait.c knows what a thread waits for, loop.c
 * knows that somebody has to poll links and run timers meanwhile. Theory of operation in loop.c.
 */
#ifndef STACK_LOOP_H
#define STACK_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* No deadline. */
#define LOOP_FOREVER INT64_MAX

/*
 * A thread that waits. Lives on the stack of that thread. Members are loop.c's.
 */
struct loop_waiter {
    pthread_cond_t wakeup;
    atomic_bool signaled;
    struct loop_waiter *next, *previous; /* in the list of waiters while inside loop_wait() */
};

/* Prepares a waiter. Cannot fail. */
void loop_waiter_init(struct loop_waiter *waiter);

/* Ends a waiter; no loop_wake() on it may be under way or come later. */
void loop_waiter_fini(struct loop_waiter *waiter);

/*
 * Ends the present or next loop_wait() of this waiter. Any thread, under any lock (the loop's own
 * mutex is the last of the order).
 */
void loop_wake(struct loop_waiter *waiter);

/*
 * Waits until loop_wake() or the deadline (ns on CLOCK_MONOTONIC, LOOP_FOREVER for none), and drives
 * the stack meanwhile when nobody else does. No lock may be held.
 * Returns 0 when woken (the signal is consumed), -ETIMEDOUT at the deadline.
 */
int loop_wait(struct loop_waiter *waiter, int64_t deadline_ns);

/*
 * One bounded turn without sleeping: what a non-blocking call does before it says that there is
 * nothing. No lock may be held. Returns at once when another thread is inside a turn.
 */
void loop_poll(void);

/* CLOCK_MONOTONIC in ns. */
int64_t loop_now_ns(void);

#endif
