/*
 * api_kernel_srw.c - slim reader/writer locks.
 *
 * Theory of operation: the low half of Ptr is the state: how many share the lock, or EXCLUSIVE, and
 * WAITED when threads may sleep for it. The last to release clears the state, WAITED with it, and
 * wakes one thread that wants the lock alone or else all that want to share it. Nobody inherits the
 * lock; a thread that has slept takes it with WAITED set, because others may be sleeping still.
 * While WAITED is set those who would share wait too, so that sharers cannot keep others out.
 *
 * No last error is set and nothing is allocated; no function fails.
 */
#include <windows.h>

#include "stack/loop.h"
#include "winsock/futex.h"

#define WAITED 0x80000000u
#define EXCLUSIVE 0x7fffffffu
#define HOLDERS 0x7fffffffu

static futex_word *word_of(SRWLOCK *lock)
{
    return (futex_word *)&lock->Ptr;
}

/* Sleeps until the state is no longer what the caller saw, with WAITED set in it. */
static void sleep_on(futex_word *word, uint32_t seen, uint32_t kind)
{
    if ((seen & WAITED) != 0 ||
        __atomic_compare_exchange_n(word, &seen, seen | WAITED, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        futex_wait(word, seen | WAITED, kind, LOOP_FOREVER);
    }
}

/* The lock is free, and somebody may sleep for it. */
static void wake(futex_word *word)
{
    if (futex_wake(word, FUTEX_ONE, FUTEX_EXCLUSIVE) == 0) {
        futex_wake(word, FUTEX_ALL, FUTEX_SHARED);
    }
}

/* Takes the lock alone if it is free. mark: WAITED, or 0. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the builtin writes */
static bool take_exclusive(futex_word *word, uint32_t mark)
{
    uint32_t nobody = 0;

    return __atomic_compare_exchange_n(word, &nobody, EXCLUSIVE | mark, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Shares the lock unless one of the bits is in the state; *seen is the state then. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the builtin writes */
static bool take_shared(futex_word *word, uint32_t unless, uint32_t *seen)
{
    *seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    while ((*seen & HOLDERS) != EXCLUSIVE && (*seen & unless) == 0) {
        if (__atomic_compare_exchange_n(word, seen, *seen + 1, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

VOID InitializeSRWLock(PSRWLOCK lock)
{
    *lock = (SRWLOCK)SRWLOCK_INIT;
}

BOOLEAN TryAcquireSRWLockExclusive(PSRWLOCK lock)
{
    return take_exclusive(word_of(lock), 0);
}

BOOLEAN TryAcquireSRWLockShared(PSRWLOCK lock)
{
    uint32_t seen;

    return take_shared(word_of(lock), 0, &seen);
}

VOID AcquireSRWLockExclusive(PSRWLOCK lock)
{
    futex_word *word = word_of(lock);
    uint32_t mark = 0;

    while (!take_exclusive(word, mark)) {
        uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
        if (seen != 0) {
            sleep_on(word, seen, FUTEX_EXCLUSIVE);
            mark = WAITED;
        }
    }
}

VOID AcquireSRWLockShared(PSRWLOCK lock)
{
    futex_word *word = word_of(lock);
    uint32_t seen;

    while (!take_shared(word, WAITED, &seen)) {
        sleep_on(word, seen, FUTEX_SHARED);
    }
}

VOID ReleaseSRWLockExclusive(PSRWLOCK lock)
{
    futex_word *word = word_of(lock);

    if ((__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) & WAITED) != 0) {
        wake(word);
    }
}

VOID ReleaseSRWLockShared(PSRWLOCK lock)
{
    futex_word *word = word_of(lock);
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    uint32_t left;

    do {
        left = (seen & HOLDERS) == 1 ? 0 : seen - 1;
    } while (!__atomic_compare_exchange_n(word, &seen, left, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
    if (left == 0 && (seen & WAITED) != 0) {
        wake(word);
    }
}
