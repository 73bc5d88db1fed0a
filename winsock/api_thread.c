/*
 * api_thread.c - threads: started, ended, asked about, and what is queued to them.
 *
 * Functions of kernel32, which need no start-up (C04) and leave the last error alone when they
 * succeed (C48), and those of the C run-time library, which set errno.
 */
#define _GNU_SOURCE /* gettid */

#include "winsock/api.h"

#include <errno.h>
#include <process.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "winsock/memory.h"
#include "winsock/thread.h"
#include "winsock/thread_start.h"

/* What ResumeThread() returns when it fails. */
#define RESUME_FAILED ((DWORD)-1)

/* --- who --- */

DWORD GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}

HANDLE GetCurrentProcess(void)
{
    return (HANDLE)(LONG_PTR)-1; /* NOLINT: a handle is a number in a pointer's clothes */
}

HANDLE GetCurrentThread(void)
{
    return (HANDLE)(LONG_PTR)-2; /* NOLINT: as above */
}

DWORD GetCurrentThreadId(void)
{
    return (DWORD)gettid();
}

/* thread_get(); sets the last error. Returns NULL when that failed. */
static struct thread *find(HANDLE handle)
{
    struct thread *thread;
    int error = thread_get(handle, &thread);

    if (error != 0) {
        SetLastError((DWORD)error);
        return NULL;
    }
    return thread;
}

DWORD GetThreadId(HANDLE handle)
{
    struct thread *thread = find(handle);
    DWORD id = 0;

    if (thread != NULL) {
        id = thread->id;
        thread_put(thread);
    }
    return id;
}

/* --- beginning --- */

HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack_bytes,
                    LPTHREAD_START_ROUTINE function, LPVOID parameter, DWORD flags, LPDWORD id)
{
    const struct thread_start how = {
        .function = function,
        .parameter = parameter,
        .stack_bytes = stack_bytes,
        .reserves = (flags & STACK_SIZE_PARAM_IS_A_RESERVATION) != 0,
        .suspended = (flags & CREATE_SUSPENDED) != 0,
    };
    HANDLE handle = NULL;
    DWORD made;
    int error;

    (void)attributes;
    if (function == NULL ||
        (flags & ~(DWORD)(STACK_SIZE_PARAM_IS_A_RESERVATION | CREATE_SUSPENDED)) != 0) {
        error = ERROR_INVALID_PARAMETER;
    } else if (id != NULL && memory_writable(id, sizeof(*id)) != 0) {
        error = ERROR_NOACCESS;
    } else {
        error = thread_start(&how, &handle, &made);
    }
    if (error != 0) {
        SetLastError((DWORD)error);
        return NULL;
    }
    if (id != NULL) {
        *id = made;
    }
    return handle;
}

DWORD ResumeThread(HANDLE handle)
{
    struct thread *thread = find(handle);

    if (thread == NULL) {
        return RESUME_FAILED;
    }
    bool was_suspended = atomic_exchange(&thread->suspended, false);
    if (was_suspended) {
        loop_wake(&thread->waiter);
    }
    thread_put(thread);
    return was_suspended ? 1 : 0;
}

BOOL SwitchToThread(void)
{
    return sched_yield() == 0;
}

/* The errors of the C run-time library. Returns failed. */
static uintptr_t fail(int error, uintptr_t failed)
{
    errno = error;
    return failed;
}

uintptr_t _beginthreadex(void *attributes, unsigned stack_bytes,
                         unsigned(__stdcall *function)(void *), void *parameter, unsigned flags,
                         unsigned *id)
{
    DWORD made;

    if (function == NULL) {
        return fail(EINVAL, 0);
    }
    HANDLE handle = CreateThread(attributes, stack_bytes, function, parameter, flags, &made);
    if (handle == NULL) {
        return fail(GetLastError() == ERROR_INVALID_PARAMETER ? EINVAL : EAGAIN, 0);
    }
    if (id != NULL) {
        *id = made;
    }
    return (uintptr_t)handle;
}

uintptr_t _beginthread(void(__cdecl *procedure)(void *), unsigned stack_bytes, void *parameter)
{
    const struct thread_start how = {
        .procedure = procedure,
        .parameter = parameter,
        .stack_bytes = stack_bytes,
        .closes_handle = true,
    };
    HANDLE handle;
    DWORD id;

    if (procedure == NULL) {
        return fail(EINVAL, (uintptr_t)-1);
    }
    return thread_start(&how, &handle, &id) == 0 ? (uintptr_t)handle : fail(EAGAIN, (uintptr_t)-1);
}

/* --- ending --- */

/* Without memory for the record nobody can ask for the code. */
VOID ExitThread(DWORD code)
{
    struct thread *self = thread_self();

    if (self != NULL) {
        atomic_store(&self->exit_code, code);
    }
    pthread_exit(NULL);
}

void _endthreadex(unsigned code)
{
    ExitThread(code);
}

void _endthread(void)
{
    ExitThread(0);
}

BOOL GetExitCodeThread(HANDLE handle, LPDWORD code)
{
    if (memory_writable(code, sizeof(*code)) != 0) {
        SetLastError(ERROR_NOACCESS);
        return FALSE;
    }
    struct thread *thread = find(handle);
    if (thread == NULL) {
        return FALSE;
    }
    *code = waitable_is_set(&thread->ended) ? atomic_load(&thread->exit_code) : STILL_ACTIVE;
    thread_put(thread);
    return TRUE;
}

/* --- calls that are queued --- */

struct user_apc {
    struct apc apc;
    PAPCFUNC function;
    ULONG_PTR parameter;
};

static void run_user_apc(struct apc *apc)
{
    struct user_apc *entry = CONTAINING_RECORD(apc, struct user_apc, apc);
    PAPCFUNC function = entry->function;
    ULONG_PTR parameter = entry->parameter;

    free(entry);
    function(parameter);
}

static void drop_user_apc(struct apc *apc)
{
    free(CONTAINING_RECORD(apc, struct user_apc, apc));
}

/* Returns 0 or a Win32 code. */
static int queue(struct thread *thread, PAPCFUNC function, ULONG_PTR parameter)
{
    struct user_apc *entry = malloc(sizeof(*entry));

    if (entry == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *entry = (struct user_apc){
        .apc = {.run = run_user_apc, .drop = drop_user_apc},
        .function = function,
        .parameter = parameter,
    };
    if (!thread_queue_apc(thread, &entry->apc)) {
        free(entry);
        return ERROR_GEN_FAILURE; /* WB 12.9 */
    }
    return 0;
}

DWORD QueueUserAPC(PAPCFUNC function, HANDLE handle, ULONG_PTR parameter)
{
    if (function == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    struct thread *thread = find(handle);
    if (thread == NULL) {
        return 0;
    }
    int error = queue(thread, function, parameter);
    thread_put(thread);
    if (error != 0) {
        SetLastError((DWORD)error);
    }
    return error == 0;
}
