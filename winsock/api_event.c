/*
 * api_event.c - event objects, waits for them, and network events.
 *
 * The functions of kernel32 work without a start-up (C04). Waits leave the last error alone when
 * they succeed (C48).
 */
#include "winsock/api.h"

#include <unistd.h>

#include "winsock/event.h"
#include "winsock/memory.h"
#include "winsock/netevents.h"
#include "winsock/socket.h"

DWORD GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}

/* --- making and setting --- */

/* Events have no names: whoever gives one would wait for somebody who never comes. */
static HANDLE create(bool manual_reset, bool signaled, bool named)
{
    HANDLE handle = NULL;
    int error = named ? ERROR_NOT_SUPPORTED : event_new(manual_reset, signaled, &handle);

    if (error == WSAENOBUFS || error == WSAEMFILE) {
        error = ERROR_NOT_ENOUGH_MEMORY;
    }
    SetLastError((DWORD)error);
    return handle;
}

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL signaled,
                    LPCSTR name)
{
    (void)attributes;
    return create(manual_reset != FALSE, signaled != FALSE, name != NULL);
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL signaled,
                    LPCWSTR name)
{
    (void)attributes;
    return create(manual_reset != FALSE, signaled != FALSE, name != NULL);
}

static BOOL change(HANDLE handle, void (*how)(struct waitable *object))
{
    struct event *event = event_get(handle);

    if (event == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    how(&event->state);
    event_put(event);
    return TRUE;
}

BOOL SetEvent(HANDLE handle)
{
    return change(handle, waitable_set);
}

BOOL ResetEvent(HANDLE handle)
{
    return change(handle, waitable_reset);
}

/* A socket goes as by closesocket() (WB 13.17). */
BOOL CloseHandle(HANDLE handle)
{
    if (event_close(handle) || socket_close(event_handle_value(handle)) == 0) {
        return TRUE;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

WSAEVENT WSACreateEvent(void)
{
    HANDLE handle = WSA_INVALID_EVENT;
    int error = api_check_started();

    if (error == 0) {
        error = event_new(true, false, &handle);
    }
    api_result(error == WSAENOBUFS || error == WSAEMFILE ? WSA_NOT_ENOUGH_MEMORY : error);
    return handle;
}

/* The WSA twins: they want a start-up, and set the last error to 0 on success. */
static BOOL twin(HANDLE handle, BOOL (*function)(HANDLE handle))
{
    int error = api_check_started();

    if (error == 0 && !function(handle)) {
        error = WSA_INVALID_HANDLE;
    }
    return api_result(error) == 0;
}

static BOOL close_event(HANDLE handle)
{
    return event_close(handle);
}

BOOL WSACloseEvent(WSAEVENT event)
{
    return twin(event, close_event);
}

BOOL WSASetEvent(WSAEVENT event)
{
    return twin(event, SetEvent);
}

BOOL WSAResetEvent(WSAEVENT event)
{
    return twin(event, ResetEvent);
}

/* --- waiting --- */

/* No object may be in a wait for all of them twice. */
static bool has_doubles(const struct waitable *const *objects, DWORD count)
{
    for (DWORD i = 1; i < count; i++) {
        for (DWORD j = 0; j < i; j++) {
            if (objects[i] == objects[j]) {
                return true;
            }
        }
    }
    return false;
}

/* Looks all handles up. Returns 0 or ERROR_INVALID_HANDLE; *opened says how many are to be put. */
static int open_events(const HANDLE *handles, DWORD count, struct event **events,
                       struct waitable **objects, DWORD *opened)
{
    for (*opened = 0; *opened < count; (*opened)++) {
        struct event *event = event_get(handles[*opened]);
        if (event == NULL) {
            return ERROR_INVALID_HANDLE;
        }
        events[*opened] = event;
        objects[*opened] = &event->state;
    }
    return 0;
}

/* All waits by handle. Returns what they return. */
static DWORD wait_for_handles(const HANDLE *handles, DWORD count, bool all, DWORD timeout_ms)
{
    struct event *events[WAIT_OBJECTS_MAX];
    struct waitable *objects[WAIT_OBJECTS_MAX];
    DWORD opened = 0;
    DWORD result = WAIT_FAILED;
    unsigned index = 0;
    int error = ERROR_INVALID_PARAMETER;

    if (count != 0 && count <= WAIT_OBJECTS_MAX &&
        memory_readable(handles, count * sizeof(*handles)) == 0) {
        error = open_events(handles, count, events, objects, &opened);
    }
    if (error == 0 && all && has_doubles((const struct waitable *const *)objects, count)) {
        error = ERROR_INVALID_PARAMETER;
    }
    if (error == 0) {
        int outcome = wait_for_objects(objects, count, all, wait_deadline_ns(timeout_ms), false, &index);
        result = outcome == 0 ? WAIT_OBJECT_0 + index : WAIT_TIMEOUT;
    } else {
        SetLastError((DWORD)error);
    }
    while (opened > 0) {
        event_put(events[--opened]);
    }
    return result;
}

DWORD WaitForSingleObject(HANDLE handle, DWORD timeout_ms)
{
    return wait_for_handles(&handle, 1, false, timeout_ms);
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD timeout_ms)
{
    return wait_for_handles(handles, count, all != FALSE, timeout_ms);
}

/* alertable says nothing: no routine is ever queued to a thread. */
DWORD WSAWaitForMultipleEvents(DWORD count, const WSAEVENT *events, BOOL all, DWORD timeout_ms,
                               BOOL alertable)
{
    int error = api_check_started();

    (void)alertable;
    if (error != 0) {
        WSASetLastError(error);
        return WSA_WAIT_FAILED;
    }
    return wait_for_handles(events, count, all != FALSE, timeout_ms);
}

/* --- network events --- */

int WSAEventSelect(SOCKET s, WSAEVENT event, LONG mask)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = netevents_select(socket, event, mask);
        socket_put(socket);
    }
    return api_result(error);
}

int WSAEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS out)
{
    struct socket *socket;
    int error = api_get_socket(s, &socket);

    if (error == 0) {
        error = memory_writable(out, sizeof(*out));
        if (error == 0) {
            error = netevents_enumerate(socket, event, out);
        }
        socket_put(socket);
    }
    return api_result(error);
}
