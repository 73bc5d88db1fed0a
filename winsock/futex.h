/*
 * futex.h - sleeping on a word of memory (Linux' futex), for the locks of kernel32; and the answer that
 * the kernel gives on the way, whether the word can be used at all
 *
 * The locks must fit Windows' sizes and be ready when they are zero, so that none can hold a
 * pthread object. The word carries the state; these calls only sleep, and order nothing.
 */
#ifndef WINSOCK_FUTEX_H
#define WINSOCK_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

/* A word inside one of Windows' types, which have other members; for the __atomic builtins. */
typedef uint32_t __attribute__((__may_alias__)) futex_word;

/* Kinds of sleepers, for locks that wake one kind before the other; bits. */
#define FUTEX_EXCLUSIVE 1u
#define FUTEX_SHARED    2u
#define FUTEX_ANY       UINT32_MAX

/* How many futex_wake() wakes at most. */
#define FUTEX_ONE 1
#define FUTEX_ALL INT32_MAX

/*
 * Sleeps while *word has the expected value, until futex_wake() or the deadline (ns on
 * CLOCK_MONOTONIC, LOOP_FOREVER for none). It may return for no reason: look at the word again.
 * kind: what a waker has to name. Returns false at the deadline. errno stays as it is.
 */
bool futex_wait(const futex_word *word, uint32_t expected, uint32_t kind, int64_t deadline_ns);

/*
 * Wakes at most so many sleepers of these kinds. The word may be gone already: whoever was to be
 * woken may have freed it. Returns how many were woken. errno stays as it is.
 */
int futex_wake(const futex_word *word, int count, uint32_t kinds);

/*
 * Can the word be read? Or written, which includes reading? The kernel looks, so nothing faults. The
 * word keeps its value, whoever else writes it meanwhile; one who sleeps on it may be woken for no
 * reason. errno stays as it is.
 */
bool futex_reach(futex_word *word, bool to_write);

/* The number of the calling thread, never 0. */
uint32_t futex_self(void);

#endif
