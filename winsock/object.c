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

/* What of an object is signaled; NULL: it can't be waited for. */
static struct waitable *state_of(enum handle_kind kind, void *found)
{
    switch (kind) {
    case HANDLE_EVENT:
        return &((struct event *)found)->state;
    case HANDLE_THREAD:
        return &((struct thread *)found)->ended;
    case HANDLE_SOCKET:
    case HANDLE_FILE:
        return &((struct socket *)found)->io;
    default:
        return NULL;
    }
}

int object_open(HANDLE handle, struct object *out)
{
    enum handle_kind kind;

    if (handle == GetCurrentThread()) {
        return open_self(out);
    }
    void *found = handle_get_any(event_handle_value(handle), &kind, &out->reference);
    if (found == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    out->state = state_of(kind, found);
    if (out->state == NULL) {
        object_close(out);
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
