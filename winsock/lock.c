/*
 * lock.c - waiting for a lock that is taken, and waking those who wait.
 *
 * The usual three states of a lock on a futex: who has to sleep marks the lock as awaited, and who
 * gives an awaited lock back wakes one sleeper. A thread that has slept takes the lock as awaited,
 * because it can't know whether others sleep: that costs one needless wake-up at the end.
 */
#include "winsock/lock.h"

#include "stack/loop.h"
#include "winsock/futex.h"

/* Looks before a sleep: about a microsecond, a tenth of what sleep and wake-up cost at best. */
enum { LOOKS = 100 };

static inline void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* some ten nanoseconds; "yield" is none at all on most processors */
#endif
}

void lock_wait(struct lock *lock)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        pause_briefly();
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE &&
            lock_try(lock)) {
            return;
        }
    }
    while (atomic_exchange_explicit(&lock->state, LOCK_AWAITED, memory_order_acquire) !=
           LOCK_FREE) {
        futex_wait((const futex_word *)&lock->state, LOCK_AWAITED, FUTEX_ANY, LOOP_FOREVER);
    }
}

void lock_wake(struct lock *lock)
{
    futex_wake((const futex_word *)&lock->state, FUTEX_ONE, FUTEX_ANY);
}
