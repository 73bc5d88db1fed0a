/*
 * api_overlapped.c - results of overlapped operations, and their cancellation.
 *
 * Functions of kernel32 take any handle of a socket, need no start-up (C04), report Win32 codes and
 * leave the last error alone when they succeed (C48).
 */
#include "winsock/api.h"

#include "stack/loop.h"
#include "winsock/errors.h"
#include "winsock/event.h"
#include "winsock/memory.h"
#include "winsock/operation.h"
#include "winsock/socket.h"
#include "winsock/wait.h"

/*
 * Waits for the event of an operation, or for its socket when it has none; socket may be NULL.
 * Returns 0, WAIT_TIMEOUT, WAIT_IO_COMPLETION, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY.
 */
static int wait_for(struct socket *socket, const OVERLAPPED *overlapped, DWORD timeout_ms,
                    bool alertable)
{
    struct event *event = NULL;
    struct waitable *object = socket != NULL ? &socket->io : NULL;
    unsigned index;

    if (event_handle_value(overlapped->hEvent) != 0) {
        event = event_get(overlapped->hEvent);
        object = event != NULL ? &event->state : NULL;
    }
    if (object == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    int error = wait_for_objects(&object, 1, false, wait_deadline_ns(timeout_ms), alertable,
                                 &index);
    if (event != NULL) {
        event_put(event);
    }
    return error;
}

/*
 * The status of an operation, after a wait for it when it is pending and timeout_ms is not 0. A wait
 * that is satisfied counts, whatever the status says then (WB 11.11). Returns 0 and the status, or
 * why there is none: as wait_for(), ERROR_IO_INCOMPLETE.
 */
static int get_status(struct socket *socket, const OVERLAPPED *overlapped, DWORD timeout_ms,
                      bool alertable, NTSTATUS *status)
{
    *status = op_status(overlapped);
    if (*status != STATUS_PENDING) {
        return 0;
    }
    if (timeout_ms == 0) {
        loop_poll();
        *status = op_status(overlapped);
        return *status != STATUS_PENDING ? 0 : ERROR_IO_INCOMPLETE;
    }
    int error = wait_for(socket, overlapped, timeout_ms, alertable);
    if (error == 0) {
        *status = op_status(overlapped);
        *status = *status != STATUS_PENDING ? *status : STATUS_SUCCESS;
    }
    return error;
}

/* Is the operation pending, and has it a routine? Then there is nothing to wait for (C52). */
static bool has_routine(struct socket *socket, const OVERLAPPED *overlapped)
{
    lock_take(&socket->lock);
    const struct operation *operation = op_find_locked(socket, overlapped);
    bool has = operation != NULL && operation->routine != NULL;
    lock_give(&socket->lock);
    return has;
}

static DWORD flags_of(struct socket *socket, const OVERLAPPED *overlapped)
{
    lock_take(&socket->lock);
    DWORD flags = op_flags_locked(socket, overlapped);
    lock_give(&socket->lock);
    return flags;
}

static int get_result(struct socket *socket, const OVERLAPPED *overlapped, LPDWORD bytes,
                      bool wait, LPDWORD flags)
{
    NTSTATUS status;
    int error = memory_readable(overlapped, sizeof(*overlapped));

    if (error == 0) {
        error = memory_writable(bytes, sizeof(*bytes));
    }
    if (error == 0 && flags != NULL) { /* optional: WB 1.9 */
        error = memory_writable(flags, sizeof(*flags));
    }
    if (error == 0 && wait && has_routine(socket, overlapped)) {
        error = WSAEINVAL;
    }
    if (error == 0) {
        error = get_status(socket, overlapped, wait ? INFINITE : 0, false, &status);
    }
    if (error != 0) {
        return error;
    }
    *bytes = (DWORD)overlapped->InternalHigh;
    error = errors_wsa_from_status(status);
    if (status >= 0) {
        if (flags != NULL) {
            *flags = flags_of(socket, overlapped);
        }
        error = 0;
    }
    return error;
}

BOOL WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED overlapped, LPDWORD bytes, BOOL wait,
                            LPDWORD flags)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = get_result(socket, overlapped, bytes, wait != FALSE, flags);
        socket_put(socket);
    }
    return api_result(error) == 0;
}

/* The handle is needed only for a wait without event (WB 11.12). */
BOOL GetOverlappedResultEx(HANDLE handle, LPOVERLAPPED overlapped, LPDWORD bytes, DWORD timeout_ms,
                           BOOL alertable)
{
    struct socket *socket = socket_get_by_handle(handle);
    NTSTATUS status;
    DWORD error = ERROR_NOACCESS;

    if (memory_readable(overlapped, sizeof(*overlapped)) == 0 &&
        memory_writable(bytes, sizeof(*bytes)) == 0) {
        error = (DWORD)get_status(socket, overlapped, timeout_ms, alertable != FALSE, &status);
    }
    if (error == 0) {
        *bytes = (DWORD)overlapped->InternalHigh;
        error = status < 0 ? errors_win32_from_status(status) : 0;
    }
    if (socket != NULL) {
        socket_put(socket);
    }
    if (error == WAIT_IO_COMPLETION) {
        thread_run_apcs(thread_record);
    }
    if (error != 0) {
        SetLastError(error);
    }
    return error == 0;
}

BOOL GetOverlappedResult(HANDLE handle, LPOVERLAPPED overlapped, LPDWORD bytes, BOOL wait)
{
    return GetOverlappedResultEx(handle, overlapped, bytes, wait != FALSE ? INFINITE : 0, FALSE);
}

/* issuer: as op_cancel(). Returns how many, or -1 when the handle is no socket. */
static int cancel(HANDLE handle, const OVERLAPPED *overlapped, uint64_t issuer)
{
    struct socket *socket = socket_get_by_handle(handle);

    if (socket == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return -1;
    }
    int count = (int)op_cancel(socket, overlapped, issuer);
    socket_put(socket);
    return count;
}

BOOL CancelIoEx(HANDLE handle, LPOVERLAPPED overlapped)
{
    int count = cancel(handle, overlapped, 0);

    if (count == 0) {
        SetLastError(ERROR_NOT_FOUND);
    }
    return count > 0;
}

/* A thread without a record has started nothing; no thread has the largest serial. */
BOOL CancelIo(HANDLE handle)
{
    return cancel(handle, NULL, thread_record != NULL ? thread_record->serial : UINT64_MAX) >= 0;
}
