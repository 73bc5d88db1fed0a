/*
 * api_handle.c - closing and duplicating handles of all kinds.
 *
 * Functions of kernel32: no start-up is needed (C04), the two low bits of handles do not count
 * (C05).
 */
#include "winsock/api.h"

#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/port.h"
#include "winsock/socket.h"
#include "winsock/thread.h"

/* The values that GetCurrentProcess() and GetCurrentThread() give, which stay open. */
static bool is_pseudo(HANDLE handle)
{
    return handle == GetCurrentProcess() || handle == GetCurrentThread();
}

#define FLAGS_KNOWN (HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE)

static bool is_protected(HANDLE handle)
{
    unsigned flags;

    return handle_information(event_handle_value(handle), 0, 0, &flags) &&
           (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
}

/* A socket goes as by closesocket() (WB 13.17), which no flag prevents. */
BOOL CloseHandle(HANDLE handle)
{
    if (is_protected(handle)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (event_close(handle) || port_close(handle) || thread_close(handle) ||
        socket_close_handle(handle) || is_pseudo(handle)) {
        return TRUE;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

/* A further handle of a thread. Returns 0 or a Win32 code. */
static int duplicate_thread(HANDLE source, uintptr_t *value)
{
    struct thread *thread;
    int error = thread_get(source, &thread);

    if (error != 0) {
        return error;
    }
    error = thread_handle_new(thread, value) == 0 ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    thread_put(thread);
    return error;
}

/* The same of anything else; duplicates of sockets are no SOCKETs (WB 11.7). */
static int duplicate(HANDLE source, uintptr_t *value)
{
    uintptr_t reference;
    enum handle_kind kind;

    if (handle_get_any(event_handle_value(source), &kind, &reference) == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    int error = handle_duplicate(reference, kind == HANDLE_SOCKET ? HANDLE_FILE : kind, 0, value);
    handle_put(reference);
    return error == WSAEMFILE ? ERROR_NOT_ENOUGH_MEMORY : error;
}

/* Makes the new handle and stores it. Returns 0 or a Win32 code. */
static int duplicate_any(HANDLE source, HANDLE *target)
{
    uintptr_t value;

    if (memory_writable(target, sizeof(*target)) != 0) {
        return ERROR_NOACCESS;
    }
    int error = duplicate_thread(source, &value);
    if (error == ERROR_INVALID_HANDLE) {
        error = duplicate(source, &value);
    }
    if (error == 0) {
        *target = (HANDLE)value; /* NOLINT: a handle is a number in a pointer's clothes */
    }
    return error;
}

/*
 * Rights say nothing in one process, inheritance is only remembered. DUPLICATE_CLOSE_SOURCE closes
 * the source whether the rest succeeds or not, and needs no target.
 */
BOOL DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process, LPHANDLE target,
                     DWORD access, BOOL inherit, DWORD options)
{
    bool closes = (options & DUPLICATE_CLOSE_SOURCE) != 0;
    int error = 0;

    (void)access;
    if ((options & ~(DWORD)(DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS)) != 0) {
        error = ERROR_INVALID_PARAMETER;
    } else if (source_process != GetCurrentProcess() || target_process != GetCurrentProcess()) {
        error = ERROR_INVALID_HANDLE;
    } else if (target != NULL || !closes) {
        error = duplicate_any(source, target);
        if (error == 0 && inherit) {
            SetHandleInformation(*target, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
        }
        if (closes) {
            CloseHandle(source);
        }
    } else if (!CloseHandle(source)) {
        error = ERROR_INVALID_HANDLE;
    }
    if (error != 0) {
        SetLastError((DWORD)error);
    }
    return error == 0;
}

BOOL GetHandleInformation(HANDLE handle, LPDWORD flags)
{
    unsigned now;

    if (memory_writable(flags, sizeof(*flags)) != 0) {
        SetLastError(ERROR_NOACCESS);
        return FALSE;
    }
    if (!handle_information(event_handle_value(handle), 0, 0, &now)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    *flags = now;
    return TRUE;
}

BOOL SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
    unsigned now;

    if ((mask & ~(DWORD)FLAGS_KNOWN) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!handle_information(event_handle_value(handle), mask, flags, &now)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return TRUE;
}
