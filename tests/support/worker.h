/*
 * worker.h - a call on a thread of its own, and whether it blocks.
 */
#ifndef TESTS_WORKER_H
#define TESTS_WORKER_H

#include <stdbool.h>

struct worker;

/* Starts run(argument) on a new thread; returns when that runs. */
struct worker *worker_start(void (*run)(void *argument), void *argument);

/* Waits until the thread sleeps (asks the kernel for its state); fails the test when run returned. */
void worker_blocked(struct worker *worker);

/* Has run returned? */
bool worker_done(struct worker *worker);

/* Waits until run has returned, and frees the worker; fails the test after WORLD_PATIENCE_MS. */
void worker_join(struct worker *worker);

#endif
