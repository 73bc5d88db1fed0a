/*
 * lock.h - the lock of a socket: a word, so small and so quick that taking it when it is free is a
 * single instruction that costs something.
 *
 * Not recursive. Whoever finds it taken looks again for about a microsecond, for it is held that
 * short, then sleeps. No order among those who wait.
 */
#ifndef WINSOCK_LOCK_H
#define WINSOCK_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { LOCK_FREE, LOCK_TAKEN, LOCK_AWAITED /* taken, and somebody may be asleep */ };

struct lock {
    _Atomic uint32_t state; /* LOCK_*; zero is ready for use */
};

/* The slow halves of the functions below. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock *lock);

/* Takes the lock if it is free. Returns whether it did. */
static inline bool lock_try(struct lock *lock)
{
    uint32_t state = LOCK_FREE;

    return atomic_compare_exchange_strong_explicit(&lock->state, &state, LOCK_TAKEN,
                                                   memory_order_acquire, memory_order_relaxed);
}

static inline void lock_take(struct lock *lock)
{
    if (!lock_try(lock)) {
        lock_wait(lock);
    }
}

static inline void lock_give(struct lock *lock)
{
    if (atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release) == LOCK_AWAITED) {
        lock_wake(lock);
    }
}

#endif
