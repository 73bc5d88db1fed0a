/*
 * object.h - what a handle that is given to a wait names: an event, a thread, a socket.
 */
#ifndef WINSOCK_OBJECT_H
#define WINSOCK_OBJECT_H

#include <stdint.h>

#include <winsock2.h>

#include "winsock/wait.h"

/* An object that is being waited for. */
struct object {
    struct waitable *state;
    uintptr_t reference; /* handle_put() gives it back; 0: none was needed */
};

/*
 * Finds what an open handle names, and takes a reference, which object_close() gives back without
 * any lock held. The two low bits do not count (C05). Returns 0, ERROR_INVALID_HANDLE,
 * ERROR_NOT_ENOUGH_MEMORY.
 */
int object_open(HANDLE handle, struct object *out);
void object_close(const struct object *object);

#endif
