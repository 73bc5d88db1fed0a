/*
 * handle.h - the one table behind SOCKET and HANDLE values.
 *
 * A value is a positive multiple of 4 that fits an int (C05): programs keep sockets in ints and
 * set the low bits of event handles. It names a slot and the slot's generation, so that the value
 * of a closed object is refused and does not reach whatever took its place.
 */
#ifndef WINSOCK_HANDLE_H
#define WINSOCK_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

enum handle_kind {
    HANDLE_SOCKET,
    HANDLE_DESCRIPTOR, /* a further descriptor of a socket */
    HANDLE_EVENT,
    HANDLE_PORT,
    HANDLE_THREAD,
};

/* What the table has to know of a kind of object. Static, one for each kind. */
struct handle_class {
    enum handle_kind kind;
    void (*release)(void *object); /* the last reference went; called without any lock */
};

/*
 * Enters an object; its value is written before any thread can find it. The table holds one reference, which handle_close() hands
 * to its caller; the object belongs to the table until then.
 * Returns 0, or WSAEMFILE when LIMIT_HANDLES objects are open (the object stays the caller's).
 */
int handle_new(const struct handle_class *class, void *object, uintptr_t *value);

/*
 * Looks an object up and takes a reference, without a lock. The value must be exact.
 * Returns NULL when it names no open object of that kind. handle_put() gives the reference back.
 */
void *handle_get(uintptr_t value, enum handle_kind kind);

/* Takes one more reference; the caller must hold one. */
void handle_ref(uintptr_t value);

/*
 * Gives a reference back. The last one releases the object, in this thread: no lock may be held.
 * The value may be that of an object that is closed already.
 */
void handle_put(uintptr_t value);

/*
 * Makes the value invalid for every later look-up. Of several callers exactly one gets the object,
 * and with it the table's reference, which it gives back by handle_put(); the others get NULL.
 */
void *handle_close(uintptr_t value, enum handle_kind kind);

/*
 * Calls visit for the value of every object of that kind that was open when its slot was passed.
 * visit may close it. No lock is held.
 */
void handle_each(enum handle_kind kind, void (*visit)(uintptr_t value, void *context),
                 void *context);

#endif
