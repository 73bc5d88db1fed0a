/*
 * event.c - event objects in the handle table. Their state, and waits for it, are wait.c's.
 */
#include "winsock/event.h"

#include <stdlib.h>

#include "winsock/handle.h"

static void event_release(void *object)
{
    free(object);
}

static const struct handle_class event_class = {HANDLE_EVENT, event_release, false};

uintptr_t event_handle_value(HANDLE handle)
{
    return (uintptr_t)handle & ~(uintptr_t)3;
}

int event_new(bool manual_reset, bool signaled, HANDLE *out)
{
    struct event *event = malloc(sizeof(*event));

    if (event == NULL) {
        return WSAENOBUFS;
    }
    waitable_init(&event->state, signaled, !manual_reset);
    int error = handle_new(&event_class, event, &event->value);
    if (error != 0) {
        free(event);
        return error;
    }
    *out = (HANDLE)event->value; /* NOLINT: a handle is a number in a pointer's clothes */
    return 0;
}

struct event *event_get(HANDLE handle)
{
    return handle_get(event_handle_value(handle), HANDLE_EVENT);
}

void event_put(struct event *event)
{
    handle_put(event->value);
}

bool event_close(HANDLE handle)
{
    uintptr_t value = event_handle_value(handle);

    if (handle_close(value, HANDLE_EVENT, NULL) == NULL) {
        return false;
    }
    handle_put(value);
    return true;
}
