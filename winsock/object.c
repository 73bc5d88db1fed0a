/*
 * object.c - the handles that can be waited for. No state.
 */
#include "winsock/object.h"

#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/socket.h"
#include "winsock/thread.h"

/* The calling thread, which may wait for itself. */
static int open_self(struct object *out)
{
    struct thread *self = thread_self();

    if (self == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *out = (struct object){.state = &self->ended};
    return 0;
}

int object_open(HANDLE handle, struct object *out)
{
    uintptr_t value = event_handle_value(handle);
    struct event *event;
    struct thread *thread;
    struct socket *socket;

    if (handle == GetCurrentThread()) {
        return open_self(out);
    }
    if ((event = event_get(handle)) != NULL) {
        *out = (struct object){.state = &event->state, .reference = event->value};
    } else if ((socket = socket_get(value)) != NULL) {
        *out = (struct object){.state = &socket->io, .reference = socket->handle, .is_socket = true};
    } else if ((thread = handle_get(value, HANDLE_THREAD)) != NULL) {
        *out = (struct object){.state = &thread->ended, .reference = value};
    } else {
        return ERROR_INVALID_HANDLE;
    }
    return 0;
}

void object_close(const struct object *object)
{
    if (object->reference != 0) {
        handle_put(object->reference);
    }
}
