/*
 * api_kernel_section.c - critical sections.
 *
 * Theory of operation: LockCount is the whole lock, with the meaning it has on Windows. Its lowest
 * bit is set while nobody is inside; what is left of ~LockCount above two bits counts those who
 * wait, so that a section at rest has -1. Nobody inherits a section: whoever leaves sets the bit
 * and wakes one of those who wait, and a thread that comes along may be faster. OwningThread and
 * RecursionCount belong to the owner; other threads read OwningThread only to see that it does not
 * name them.
 *
 * No last error is set and nothing is allocated; no function fails.
 */
#include <windows.h>

#include "stack/loop.h"
#include "winsock/futex.h"

enum {
    UNOWNED = -1, /* nobody inside, nobody waits */
    OWNED = -2,
    FREE_BIT = 1,
    WAITER = -4, /* one more thread that waits */
};

/* The bits of a spin count that count. */
#define SPIN_MASK 0x00ffffffu

/* Turns of spinning at most, some tens of microseconds: longer than this it is cheaper to sleep. */
#define SPIN_LIMIT 4000u

static bool has_waiters(LONG count)
{
    return (~(ULONG)count >> 2) != 0;
}

static futex_word *word_of(CRITICAL_SECTION *section)
{
    return (futex_word *)&section->LockCount;
}

static HANDLE self(void)
{
    return (HANDLE)(ULONG_PTR)futex_self();
}

static bool owned_by_caller(const CRITICAL_SECTION *section)
{
    return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED) == self();
}

/* The caller has just taken the section. */
static void set_owner(CRITICAL_SECTION *section)
{
    __atomic_store_n(&section->OwningThread, self(), __ATOMIC_RELAXED);
    section->RecursionCount = 1;
}

/* Takes the section if it is free. left: WAITER when the caller was counted as waiting, else 0. */
static bool take(CRITICAL_SECTION *section, LONG left)
{
    LONG count = __atomic_load_n(&section->LockCount, __ATOMIC_RELAXED);

    while ((count & FREE_BIT) != 0) {
        if (__atomic_compare_exchange_n(&section->LockCount, &count, (count & ~FREE_BIT) - left,
                                        true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            set_owner(section);
            return true;
        }
    }
    return false;
}

static bool spin(CRITICAL_SECTION *section)
{
    ULONG_PTR turns = __atomic_load_n(&section->SpinCount, __ATOMIC_RELAXED);

    for (turns = turns < SPIN_LIMIT ? turns : SPIN_LIMIT; turns > 0; turns--) {
        if (take(section, 0)) {
            return true;
        }
        YieldProcessor();
    }
    return false;
}

static void wait_and_take(CRITICAL_SECTION *section)
{
    __atomic_fetch_add(&section->LockCount, WAITER, __ATOMIC_RELAXED);
    while (!take(section, WAITER)) {
        LONG count = __atomic_load_n(&section->LockCount, __ATOMIC_RELAXED);
        if ((count & FREE_BIT) == 0) {
            futex_wait(word_of(section), (uint32_t)count, FUTEX_ANY, LOOP_FOREVER);
        }
    }
}

BOOL InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spin_count, DWORD flags)
{
    UNREFERENCED_PARAMETER(flags);
    *section = (CRITICAL_SECTION){.LockCount = UNOWNED, .SpinCount = spin_count & SPIN_MASK};
    return TRUE;
}

BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    return InitializeCriticalSectionEx(section, spin_count, 0);
}

VOID InitializeCriticalSection(LPCRITICAL_SECTION section)
{
    InitializeCriticalSectionEx(section, 0, 0);
}

DWORD SetCriticalSectionSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    return (DWORD)__atomic_exchange_n(&section->SpinCount, spin_count & SPIN_MASK,
                                      __ATOMIC_RELAXED);
}

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
    if (owned_by_caller(section)) {
        section->RecursionCount++;
        return TRUE;
    }
    return take(section, 0);
}

VOID EnterCriticalSection(LPCRITICAL_SECTION section)
{
    if (!TryEnterCriticalSection(section) && !spin(section)) {
        wait_and_take(section);
    }
}

VOID LeaveCriticalSection(LPCRITICAL_SECTION section)
{
    if (--section->RecursionCount > 0) {
        return;
    }
    __atomic_store_n(&section->OwningThread, NULL, __ATOMIC_RELAXED);
    LONG before = __atomic_fetch_or(&section->LockCount, FREE_BIT, __ATOMIC_RELEASE);
    if (has_waiters(before)) {
        futex_wake(word_of(section), FUTEX_ONE, FUTEX_ANY);
    }
}

/* Windows leaves a section that is entered again after this undefined; here it is as if new. */
VOID DeleteCriticalSection(LPCRITICAL_SECTION section)
{
    InitializeCriticalSection(section);
}
