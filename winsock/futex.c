/*
 * futex.c - the system calls behind futex.h. State: each thread remembers its number.
 */
#define _GNU_SOURCE /* syscall */

#include "winsock/futex.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>
#include <sys/syscall.h>

#include "stack/loop.h"

#define NS_PER_S 1000000000

bool futex_wait(const futex_word *word, uint32_t expected, uint32_t kind, int64_t deadline_ns)
{
    struct timespec until = {.tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S};
    int host_error = errno;
    bool in_time = true;

    /* Of the two waits this one takes an absolute time and tells kinds of sleepers apart. */
    if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                deadline_ns == LOOP_FOREVER ? NULL : &until, NULL, kind) != 0) {
        in_time = errno != ETIMEDOUT;
    }
    errno = host_error;
    return in_time;
}

int futex_wake(const futex_word *word, int count, uint32_t kinds)
{
    int host_error = errno;
    long woken =
        syscall(SYS_futex, word, FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG, count, NULL, NULL, kinds);

    errno = host_error;
    return woken > 0 ? (int)woken : 0;
}

/*
 * A wait that is over at once reads the word. The call that changes one word and wakes those who wait
 * for another writes it, atomically: an "or" with nothing.
 */
bool futex_reach(futex_word *word, bool to_write)
{
    static const struct timespec at_once;
    static futex_word nobody_waits;
    int host_error = errno;
    long result;

    if (to_write) {
        result = syscall(SYS_futex, &nobody_waits, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, NULL, word,
                         FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0));
    } else {
        result = syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &at_once);
    }
    bool reached = result >= 0 || errno != EFAULT;
    errno = host_error;
    return reached;
}

uint32_t futex_self(void)
{
    static _Thread_local uint32_t number;

    if (number == 0) {
        number = (uint32_t)syscall(SYS_gettid);
    }
    return number;
}
