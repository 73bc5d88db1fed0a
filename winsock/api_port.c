/*
 * api_port.c - completion ports: making, joining, waiting, posting.
 *
 * Functions of kernel32: no start-up is needed (C04), the two low bits of handles do not count (C05),
 * and the last error stays as it is when they succeed (C48, WB 13.3).
 */
#include "winsock/api.h"

#include "winsock/errors.h"
#include "winsock/memory.h"
#include "winsock/operation.h"
#include "winsock/port.h"
#include "winsock/socket.h"
#include "winsock/thread.h"

#define MODES_KNOWN (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE)

/* Sets the last error unless it is 0; returns whether it was. */
static BOOL succeeds(int error)
{
    if (error != 0) {
        SetLastError((DWORD)error);
    }
    return error == 0;
}

/* Makes a port. Returns 0 or a Win32 code. */
static int make(DWORD concurrency, HANDLE *out)
{
    return port_new(concurrency, out) == 0 ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

/* The socket takes over the reference on the port when 0 is returned. */
static int join_locked(struct socket *socket, struct port *port, ULONG_PTR key)
{
    if (!socket->overlapped || socket->port != NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    struct socket_extra *extra = socket_extra_locked(socket);
    if (extra == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    socket->port = port;
    extra->port_key = key;
    if (!socket->skip_event_on_handle) { /* WB 13.16 */
        waitable_set(&socket->io);
    }
    return 0;
}

/* Associates a socket with an open port. Returns 0 or a Win32 code. */
static int join(HANDLE file, HANDLE handle, ULONG_PTR key)
{
    struct socket *socket = socket_get_by_handle(file);
    struct port *port = port_get(handle);
    int error = ERROR_INVALID_HANDLE;

    if (socket != NULL && port != NULL) {
        lock_take(&socket->lock);
        error = socket->closed ? ERROR_INVALID_HANDLE : join_locked(socket, port, key);
        lock_give(&socket->lock);
    }
    if (port != NULL && error != 0) {
        port_put(port);
    }
    if (socket != NULL) {
        socket_put(socket);
    }
    return error;
}

HANDLE CreateIoCompletionPort(HANDLE file, HANDLE existing, ULONG_PTR key, DWORD concurrency)
{
    HANDLE port = existing;
    int error = 0;

    if (file == INVALID_HANDLE_VALUE) {
        error = existing != NULL ? ERROR_INVALID_PARAMETER : make(concurrency, &port);
        return succeeds(error) ? port : NULL;
    }
    if (existing == NULL) {
        error = make(concurrency, &port);
    }
    if (error == 0) {
        error = join(file, port, key);
        if (error != 0 && existing == NULL) {
            port_close(port);
        }
    }
    return succeeds(error) ? port : NULL;
}

/* Takes packets from the port of a handle. Returns what port_take() returns, ERROR_INVALID_HANDLE. */
static int take(HANDLE handle, OVERLAPPED_ENTRY *entries, ULONG max, unsigned *count,
                DWORD timeout_ms, BOOL alertable)
{
    struct port *port = port_get(handle);

    if (port == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    int error = port_take(port, entries, max, count, wait_deadline_ns(timeout_ms),
                          alertable != FALSE);
    port_put(port);
    if (error == WAIT_IO_COMPLETION) {
        thread_run_apcs(thread_record);
    }
    return error;
}

BOOL GetQueuedCompletionStatus(HANDLE handle, LPDWORD bytes, PULONG_PTR key,
                               LPOVERLAPPED *overlapped, DWORD timeout_ms)
{
    OVERLAPPED_ENTRY entry;
    unsigned count;

    if (memory_writable(bytes, sizeof(*bytes)) != 0 || memory_writable(key, sizeof(*key)) != 0 ||
        memory_writable(overlapped, sizeof(LPOVERLAPPED)) != 0) {
        return succeeds(ERROR_NOACCESS);
    }
    int error = take(handle, &entry, 1, &count, timeout_ms, FALSE);
    if (error != 0) { /* the rest stays as it is (WB 13.4) */
        *overlapped = NULL;
        return succeeds(error);
    }
    *bytes = entry.dwNumberOfBytesTransferred;
    *key = entry.lpCompletionKey;
    *overlapped = entry.lpOverlapped;
    NTSTATUS status = (NTSTATUS)entry.Internal;
    return succeeds(status < 0 ? (int)errors_win32_from_status(status) : 0);
}

BOOL GetQueuedCompletionStatusEx(HANDLE handle, LPOVERLAPPED_ENTRY entries, ULONG max,
                                 PULONG taken, DWORD timeout_ms, BOOL alertable)
{
    unsigned count = 0;

    if (max == 0) {
        return succeeds(ERROR_INVALID_PARAMETER);
    }
    if (memory_writable(entries, (size_t)max * sizeof(*entries)) != 0 ||
        memory_writable(taken, sizeof(*taken)) != 0) {
        return succeeds(ERROR_NOACCESS);
    }
    int error = take(handle, entries, max, &count, timeout_ms, alertable);
    *taken = count;
    return succeeds(error);
}

BOOL PostQueuedCompletionStatus(HANDLE handle, DWORD bytes, ULONG_PTR key, LPOVERLAPPED overlapped)
{
    struct port *port = port_get(handle);
    struct thread *self = thread_self();

    if (port == NULL) {
        return succeeds(ERROR_INVALID_HANDLE);
    }
    struct operation *packet = self != NULL ? operation_take(self) : NULL;
    if (packet != NULL) {
        packet->key = key;
        packet->overlapped = overlapped;
        packet->status = STATUS_SUCCESS;
        packet->bytes = bytes;
        port_post(port, packet);
    }
    port_put(port);
    return succeeds(packet != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY);
}

/* Modes add up and are never taken back (WB 13.13). */
BOOL SetFileCompletionNotificationModes(HANDLE file, UCHAR flags)
{
    struct socket *socket = socket_get_by_handle(file);
    int error = ERROR_INVALID_PARAMETER;

    if (socket == NULL) {
        return succeeds(ERROR_INVALID_HANDLE);
    }
    if (socket->overlapped && (flags & ~MODES_KNOWN) == 0) {
        lock_take(&socket->lock);
        socket->skip_port_on_success |= (flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0;
        socket->skip_event_on_handle |= (flags & FILE_SKIP_SET_EVENT_ON_HANDLE) != 0;
        lock_give(&socket->lock);
        error = 0;
    }
    socket_put(socket);
    return succeeds(error);
}
