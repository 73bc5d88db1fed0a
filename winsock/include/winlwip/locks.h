/*
 * winlwip/locks.h - the locks of synchapi.h: critical sections, slim locks, condition variables and
 * initialisation that happens once
 *
 * None of them allocates anything. All but critical sections are ready when they are all zero, and
 * need no end. A thread that waits here waits not alertably.
 */
#ifndef WINLWIP_LOCKS_H
#define WINLWIP_LOCKS_H

#include <windef.h>
#include <winlwip/linkname.h>

/*
 * LockCount as Windows has it: -1 while nobody is inside, -2 while a thread is, 4 less for each one
 * that waits. OwningThread is what GetCurrentThreadId() says in the owner, or 0.
 */
typedef struct _RTL_CRITICAL_SECTION {
    PVOID DebugInfo;
    LONG LockCount;
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION;
typedef RTL_CRITICAL_SECTION CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

#define CRITICAL_SECTION_NO_DEBUG_INFO 0x01000000
#define RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO 0x01000000

typedef struct _RTL_SRWLOCK {
    PVOID Ptr;
} RTL_SRWLOCK, *PRTL_SRWLOCK;
typedef RTL_SRWLOCK SRWLOCK, *PSRWLOCK;

#define RTL_SRWLOCK_INIT {0}
#define SRWLOCK_INIT RTL_SRWLOCK_INIT

typedef struct _RTL_CONDITION_VARIABLE {
    PVOID Ptr;
} RTL_CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE;
typedef RTL_CONDITION_VARIABLE CONDITION_VARIABLE, *PCONDITION_VARIABLE;

#define RTL_CONDITION_VARIABLE_INIT {0}
#define CONDITION_VARIABLE_INIT RTL_CONDITION_VARIABLE_INIT
#define RTL_CONDITION_VARIABLE_LOCKMODE_SHARED 0x1
#define CONDITION_VARIABLE_LOCKMODE_SHARED RTL_CONDITION_VARIABLE_LOCKMODE_SHARED

typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
} RTL_RUN_ONCE, *PRTL_RUN_ONCE;
typedef RTL_RUN_ONCE INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE;

#define RTL_RUN_ONCE_INIT {0}
#define INIT_ONCE_STATIC_INIT RTL_RUN_ONCE_INIT
#define INIT_ONCE_CHECK_ONLY 0x1
#define INIT_ONCE_ASYNC 0x2
#define INIT_ONCE_INIT_FAILED 0x4
/* The lowest bits of a context, which have to be 0. */
#define INIT_ONCE_CTX_RESERVED_BITS 2

typedef BOOL(CALLBACK *PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context);

#ifdef __cplusplus
extern "C" {
#endif

/* A thread may enter a section several times and leaves it as often. The first never fail. */
VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
    WINLWIP_LINK("InitializeCriticalSection");
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
                                                  DWORD dwSpinCount)
    WINLWIP_LINK("InitializeCriticalSectionAndSpinCount");
BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount,
                                        DWORD Flags) WINLWIP_LINK("InitializeCriticalSectionEx");
/* Returns the count that held before. */
DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
    WINLWIP_LINK("SetCriticalSectionSpinCount");
VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
    WINLWIP_LINK("EnterCriticalSection");
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
    WINLWIP_LINK("TryEnterCriticalSection");
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
    WINLWIP_LINK("LeaveCriticalSection");
VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
    WINLWIP_LINK("DeleteCriticalSection");

/* Held by one thread, or shared by many. No thread may hold one twice, in whatever way. */
VOID WINAPI InitializeSRWLock(PSRWLOCK SRWLock) WINLWIP_LINK("InitializeSRWLock");
VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock) WINLWIP_LINK("AcquireSRWLockExclusive");
VOID WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock) WINLWIP_LINK("AcquireSRWLockShared");
BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock)
    WINLWIP_LINK("TryAcquireSRWLockExclusive");
BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock) WINLWIP_LINK("TryAcquireSRWLockShared");
VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock) WINLWIP_LINK("ReleaseSRWLockExclusive");
VOID WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock) WINLWIP_LINK("ReleaseSRWLockShared");

/*
 * Gives up the lock, waits to be woken, and takes the lock again. Returns FALSE when the time, in
 * milliseconds, is over (ERROR_TIMEOUT), holding the lock too. It may return without being woken:
 * look again at what is waited for. A critical section must have been entered once only.
 */
VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
    WINLWIP_LINK("InitializeConditionVariable");
BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
                                     PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds)
    WINLWIP_LINK("SleepConditionVariableCS");
/* Flags: 0, or CONDITION_VARIABLE_LOCKMODE_SHARED when the lock is held shared. */
BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
                                      DWORD dwMilliseconds, ULONG Flags)
    WINLWIP_LINK("SleepConditionVariableSRW");
VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
    WINLWIP_LINK("WakeConditionVariable");
VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable)
    WINLWIP_LINK("WakeAllConditionVariable");

/*
 * Calls a function once in the life of InitOnce; other threads wait until it has returned. When it
 * returns FALSE so does the call, and the next one tries again.
 */
VOID WINAPI InitOnceInitialize(PINIT_ONCE InitOnce) WINLWIP_LINK("InitOnceInitialize");
BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter,
                                LPVOID *Context) WINLWIP_LINK("InitOnceExecuteOnce");
/*
 * The same in two steps. *fPending TRUE: the caller initialises and then calls InitOnceComplete().
 * With INIT_ONCE_ASYNC several threads may, and the first to complete has done it.
 */
BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending,
                                    LPVOID *lpContext) WINLWIP_LINK("InitOnceBeginInitialize");
BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext)
    WINLWIP_LINK("InitOnceComplete");

#ifdef __cplusplus
}
#endif

#endif
