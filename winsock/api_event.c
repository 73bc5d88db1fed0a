/*
 * api_event.c - event objects, and network events.
 *
 * The functions of kernel32 work without a start-up (C04).
 */
#include "winsock/api.h"

#include "winsock/event.h"
#include "winsock/memory.h"
#include "winsock/netevents.h"
#include "winsock/socket.h"

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
