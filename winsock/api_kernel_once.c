/*
 * api_kernel_once.c - initialisation that happens once.
 *
 * Theory of operation: the two lowest bits of Ptr are the state, as on Windows: not begun, begun by
 * one thread, done, or begun by any number of threads. Done carries the context in the other bits.
 * WAITED says that threads sleep until the one that began has ended; they sleep on the low half.
 */
#include <windows.h>

#include "stack/loop.h"
#include "winsock/futex.h"

enum once_state {
    ONCE_NEW = 0,
    ONCE_BEGUN = 1,
    ONCE_DONE = 2,
    ONCE_BEGUN_ASYNC = 3,
};

#define STATE_MASK ((ULONG_PTR)3)
#define WAITED     ((ULONG_PTR)4) /* beside ONCE_BEGUN, which carries no context */

typedef ULONG_PTR __attribute__((__may_alias__)) once_word;

static once_word *word_of(INIT_ONCE *once)
{
    return (once_word *)&once->Ptr;
}

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static BOOL done(once_word word, LPVOID *context)
{
    if (context != NULL) {
        *context = (LPVOID)(word & ~STATE_MASK);
    }
    return TRUE;
}

/* Waits until the one thread that has begun has ended. word: what the caller saw. */
static void wait_for_end(INIT_ONCE *once, once_word word)
{
    if ((word & WAITED) != 0 ||
        __atomic_compare_exchange_n(word_of(once), &word, word | WAITED, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        futex_wait((const futex_word *)word_of(once), (uint32_t)(word | WAITED), FUTEX_ANY,
                   LOOP_FOREVER);
    }
}

/*
 * Begins, or sees that it is done. Returns the word as it then was: its state is what the caller
 * has begun, or ONCE_DONE, or the other way to begin, which somebody else has begun.
 */
static once_word begin(INIT_ONCE *once, enum once_state state)
{
    for (;;) {
        once_word word = __atomic_load_n(word_of(once), __ATOMIC_ACQUIRE);

        if (word == ONCE_NEW) {
            if (__atomic_compare_exchange_n(word_of(once), &word, (once_word)state, false,
                                            __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
                return state;
            }
        } else if (state == ONCE_BEGUN && (word & STATE_MASK) == ONCE_BEGUN) {
            wait_for_end(once, word);
        } else {
            return word;
        }
    }
}

/* Ends what the one thread has begun, and wakes those who waited for it. */
static void end(INIT_ONCE *once, once_word word)
{
    once_word before = __atomic_exchange_n(word_of(once), word, __ATOMIC_RELEASE);

    if ((before & WAITED) != 0) {
        futex_wake((const futex_word *)word_of(once), FUTEX_ALL, FUTEX_ANY);
    }
}

VOID InitOnceInitialize(PINIT_ONCE once)
{
    *once = (INIT_ONCE)INIT_ONCE_STATIC_INIT;
}

BOOL InitOnceBeginInitialize(LPINIT_ONCE once, DWORD flags, PBOOL pending, LPVOID *context)
{
    enum once_state state = (flags & INIT_ONCE_ASYNC) != 0 ? ONCE_BEGUN_ASYNC : ONCE_BEGUN;
    once_word word;

    if (flags != 0 && flags != INIT_ONCE_CHECK_ONLY && flags != INIT_ONCE_ASYNC) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if (flags == INIT_ONCE_CHECK_ONLY) {
        word = __atomic_load_n(word_of(once), __ATOMIC_ACQUIRE);
        if ((word & STATE_MASK) != ONCE_DONE) {
            return fail(ERROR_GEN_FAILURE);
        }
    } else {
        word = begin(once, state);
    }
    if ((word & STATE_MASK) == ONCE_DONE) {
        *pending = FALSE;
        return done(word, context);
    }
    if ((word & STATE_MASK) != (once_word)state) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    *pending = TRUE;
    return TRUE;
}

BOOL InitOnceComplete(LPINIT_ONCE once, DWORD flags, LPVOID context)
{
    once_word word = __atomic_load_n(word_of(once), __ATOMIC_RELAXED);
    bool failed = flags == INIT_ONCE_INIT_FAILED;

    if ((flags != 0 && flags != INIT_ONCE_ASYNC && !failed) || (failed && context != NULL) ||
        ((ULONG_PTR)context & STATE_MASK) != 0) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    switch ((enum once_state)(word & STATE_MASK)) {
    case ONCE_BEGUN:
        if (flags == INIT_ONCE_ASYNC) {
            return fail(ERROR_INVALID_PARAMETER);
        }
        end(once, failed ? ONCE_NEW : (once_word)context | ONCE_DONE);
        return TRUE;
    case ONCE_BEGUN_ASYNC:
        if (flags != INIT_ONCE_ASYNC) {
            return fail(ERROR_INVALID_PARAMETER);
        }
        if (__atomic_compare_exchange_n(word_of(once), &word, (once_word)context | ONCE_DONE, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
            return TRUE;
        }
        return fail(ERROR_GEN_FAILURE);
    case ONCE_NEW:
    case ONCE_DONE:
        break;
    }
    return fail(ERROR_GEN_FAILURE);
}

/* A context with one of the reserved bits fails like the function itself, with
 * ERROR_INVALID_PARAMETER: left as begun, the next caller would wait for ever. */
BOOL InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN initialise, PVOID parameter,
                         LPVOID *context)
{
    once_word word = begin(once, ONCE_BEGUN);
    PVOID made = NULL;

    if ((word & STATE_MASK) == ONCE_DONE) {
        return done(word, context);
    }
    if ((word & STATE_MASK) != ONCE_BEGUN) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if (!initialise(once, parameter, &made)) {
        end(once, ONCE_NEW);
        return FALSE;
    }
    if (((ULONG_PTR)made & STATE_MASK) != 0) {
        end(once, ONCE_NEW);
        return fail(ERROR_INVALID_PARAMETER);
    }
    word = (once_word)made | ONCE_DONE;
    end(once, word);
    return done(word, context);
}
