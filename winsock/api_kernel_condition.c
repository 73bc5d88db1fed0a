/*
 * api_kernel_condition.c - condition variables.
 *
 * Theory of operation: the low half of Ptr counts wake-ups, the high half those who sleep. A
 * sleeper notes the count while it still holds its lock, so that a wake-up between giving up the
 * lock and falling asleep changes the word and is not missed. The one who wakes makes no system
 * call when nobody sleeps: a sleeper counted itself before it gave up the lock under which the
 * waker has changed what is waited for.
 */
#include <windows.h>

#include "winsock/futex.h"
#include "winsock/wait.h"

static futex_word *wakes_of(CONDITION_VARIABLE *variable)
{
    return (futex_word *)&variable->Ptr;
}

static futex_word *sleepers_of(CONDITION_VARIABLE *variable)
{
    return wakes_of(variable) + 1;
}

/* To be called with the lock held. Returns what is to be given to wait_for(). */
static uint32_t join(CONDITION_VARIABLE *variable)
{
    __atomic_fetch_add(sleepers_of(variable), 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(wakes_of(variable), __ATOMIC_SEQ_CST);
}

/*
 * Sleeps, the lock given up, until a wake-up after join(), or so many milliseconds. Returns false
 * with ERROR_TIMEOUT when the time is over.
 */
static bool sleep_on(CONDITION_VARIABLE *variable, uint32_t before, DWORD timeout_ms)
{
    int64_t deadline_ns = timeout_ms == 0 ? 0 : wait_deadline_ns(timeout_ms);
    bool in_time = futex_wait(wakes_of(variable), before, FUTEX_ANY, deadline_ns);

    __atomic_fetch_sub(sleepers_of(variable), 1, __ATOMIC_SEQ_CST);
    return in_time;
}

/* Tells the result of a sleep, with the lock held again. */
static BOOL result(bool in_time)
{
    if (!in_time) {
        SetLastError(ERROR_TIMEOUT);
    }
    return in_time;
}

static void wake(CONDITION_VARIABLE *variable, int count)
{
    if (__atomic_load_n(sleepers_of(variable), __ATOMIC_SEQ_CST) != 0) {
        __atomic_fetch_add(wakes_of(variable), 1, __ATOMIC_SEQ_CST);
        futex_wake(wakes_of(variable), count, FUTEX_ANY);
    }
}

VOID InitializeConditionVariable(PCONDITION_VARIABLE variable)
{
    *variable = (CONDITION_VARIABLE)CONDITION_VARIABLE_INIT;
}

BOOL SleepConditionVariableCS(PCONDITION_VARIABLE variable, PCRITICAL_SECTION section,
                              DWORD timeout_ms)
{
    uint32_t before = join(variable);

    LeaveCriticalSection(section);
    bool in_time = sleep_on(variable, before, timeout_ms);
    EnterCriticalSection(section);
    return result(in_time);
}

BOOL SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock, DWORD timeout_ms,
                               ULONG flags)
{
    bool shared = (flags & CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;

    if ((flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    uint32_t before = join(variable);
    (shared ? ReleaseSRWLockShared : ReleaseSRWLockExclusive)(lock);
    bool in_time = sleep_on(variable, before, timeout_ms);
    (shared ? AcquireSRWLockShared : AcquireSRWLockExclusive)(lock);
    return result(in_time);
}

VOID WakeConditionVariable(PCONDITION_VARIABLE variable)
{
    wake(variable, FUTEX_ONE);
}

VOID WakeAllConditionVariable(PCONDITION_VARIABLE variable)
{
    wake(variable, FUTEX_ALL);
}
