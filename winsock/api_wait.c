/*
 * api_wait.c - waits for objects by handle, and sleeps.
 *
 * The functions of kernel32 work without a start-up (C04). Waits leave the last error alone when
 * they succeed (C48).
 */
#include "winsock/api.h"

#include <sched.h>

#include "winsock/memory.h"
#include "winsock/object.h"
#include "winsock/thread.h"
#include "winsock/wait.h"

/* What one wait was given. */
struct handle_wait {
    struct object objects[WAIT_OBJECTS_MAX];
    struct waitable *states[WAIT_OBJECTS_MAX];
    DWORD opened; /* objects that are to be closed */
};

/* No object may be in a wait for all of them twice. */
static bool has_doubles(const struct handle_wait *wait)
{
    for (DWORD i = 1; i < wait->opened; i++) {
        for (DWORD j = 0; j < i; j++) {
            if (wait->states[i] == wait->states[j]) {
                return true;
            }
        }
    }
    return false;
}

/* Returns 0 or what object_open() gave; what has been opened is to be closed in either case. */
static int open_all(const HANDLE *handles, DWORD count, struct handle_wait *wait)
{
    for (wait->opened = 0; wait->opened < count; wait->opened++) {
        struct object *object = &wait->objects[wait->opened];
        int error = object_open(handles[wait->opened], object);
        if (error != 0) {
            return error;
        }
        wait->states[wait->opened] = object->state;
    }
    return 0;
}

static void close_all(const struct handle_wait *wait)
{
    for (DWORD i = 0; i < wait->opened; i++) {
        object_close(&wait->objects[i]);
    }
}

/* All waits by handle. Returns what they return. */
static DWORD wait_for_handles(const HANDLE *handles, DWORD count, bool all, DWORD timeout_ms,
                              bool alertable)
{
    struct handle_wait wait;
    unsigned index = 0;
    int outcome = ERROR_INVALID_PARAMETER;

    wait.opened = 0; /* the rest is filled in as far as it is used */
    if (count != 0 && count <= WAIT_OBJECTS_MAX &&
        memory_readable(handles, count * sizeof(*handles)) == 0) {
        outcome = open_all(handles, count, &wait);
        if (outcome == 0 && all && has_doubles(&wait)) {
            outcome = ERROR_INVALID_PARAMETER;
        }
        if (outcome == 0) {
            outcome = wait_for_objects(wait.states, wait.opened, all, wait_deadline_ns(timeout_ms),
                                       alertable, &index);
        }
    }
    close_all(&wait);
    switch (outcome) {
    case 0:
        return WAIT_OBJECT_0 + index;
    case WAIT_IO_COMPLETION:
        thread_run_apcs(thread_record);
        return WAIT_IO_COMPLETION;
    case WAIT_TIMEOUT:
        return WAIT_TIMEOUT;
    default:
        SetLastError((DWORD)outcome);
        return WAIT_FAILED;
    }
}

DWORD WaitForSingleObject(HANDLE handle, DWORD timeout_ms)
{
    return wait_for_handles(&handle, 1, false, timeout_ms, false);
}

DWORD WaitForSingleObjectEx(HANDLE handle, DWORD timeout_ms, BOOL alertable)
{
    return wait_for_handles(&handle, 1, false, timeout_ms, alertable != FALSE);
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD timeout_ms)
{
    return wait_for_handles(handles, count, all != FALSE, timeout_ms, false);
}

DWORD WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL all, DWORD timeout_ms,
                               BOOL alertable)
{
    return wait_for_handles(handles, count, all != FALSE, timeout_ms, alertable != FALSE);
}

DWORD WSAWaitForMultipleEvents(DWORD count, const WSAEVENT *events, BOOL all, DWORD timeout_ms,
                               BOOL alertable)
{
    int error = api_check_started();

    if (error != 0) {
        WSASetLastError(error);
        return WSA_WAIT_FAILED;
    }
    return wait_for_handles(events, count, all != FALSE, timeout_ms, alertable != FALSE);
}

/* Without memory for the thread's record there is no alertable sleep, but a turn for the others. */
DWORD SleepEx(DWORD timeout_ms, BOOL alertable)
{
    unsigned index;
    int outcome = wait_for_objects(NULL, 0, false, wait_deadline_ns(timeout_ms),
                                   alertable != FALSE, &index);

    if (timeout_ms == 0) {
        sched_yield();
    }
    if (outcome != WAIT_IO_COMPLETION) {
        return 0;
    }
    thread_run_apcs(thread_record);
    return WAIT_IO_COMPLETION;
}

VOID Sleep(DWORD timeout_ms)
{
    SleepEx(timeout_ms, FALSE);
}
