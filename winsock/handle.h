/*
 * handle.h - the one table behind SOCKET and HANDLE values.
 *
 * A value is a positive multiple of 4 that fits an int (C05): programs keep sockets in ints and
 * set the low bits of event handles. It names a slot and the slot's generation, so that the value
 * of a closed object is refused and does not reach whatever took its place.
 *
 * An object can have several handles. References on it are counted with the first one, closed or
 * not, whose value the object keeps; so look-ups through any handle are given back alike.
 */
#ifndef WINSOCK_HANDLE_H
#define WINSOCK_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "winsock/pin.h"

/* Bits, so that a look-up can ask for one of several kinds. */
enum handle_kind {
    HANDLE_SOCKET = 1,
    HANDLE_FILE = 2, /* a duplicate of a socket that is no SOCKET (WB 11.7) */
    HANDLE_EVENT = 4,
    HANDLE_PORT = 8,
    HANDLE_THREAD = 16,
    HANDLE_ANY = 31,
};

/* What the table has to know of a kind of object. Static, one for each kind. */
struct handle_class {
    enum handle_kind kind;
    void (*release)(void *object); /* the last reference went; called without any lock */
    bool pinned; /* handle_pin() finds it */
};

/*
 * Enters an object; its value is written before any thread can find it. The table holds one
 * reference, which handle_close() hands to its caller; the object belongs to the table until then.
 * Returns 0, or WSAEMFILE when LIMIT_HANDLES handles are open (the object stays the caller's).
 */
int handle_new(const struct handle_class *class, void *object, uintptr_t *value);

/*
 * Makes a further handle, of that kind, of an object on which the caller has a reference; value is
 * that of handle_put(). mark (0..127) is the caller's, for handle_mark(); first handles have 0.
 * Returns 0; WSA_INVALID_HANDLE: the object has no open handle any more; WSAEMFILE.
 */
int handle_duplicate(uintptr_t value, enum handle_kind kind, unsigned mark, uintptr_t *out);

/* The mark of an open handle, 0 when there is none of that value. */
unsigned handle_mark(uintptr_t value);

/*
 * Looks an object up and takes a reference, without a lock. The value must be exact.
 * Returns NULL when it names no open object of one of the kinds. handle_put() with the value of the
 * object's first handle gives the reference back.
 */
void *handle_get(uintptr_t value, unsigned kinds);

/*
 * Looks up an object of a class that says so, and keeps it alive until handle_unpin() without
 * counting a reference: for a call that does not wait meanwhile. A thread has one at most.
 * Returns NULL also where this can't be had: try handle_get() then.
 */
void *handle_pin(uintptr_t value, unsigned kinds);
static inline void handle_unpin(void)
{
    pin_clear();
}

/* A look-up of this value may come soon: has the processor fetch what it reads. */
void handle_fetch(uintptr_t value);

/*
 * Returns when no thread has the object pinned that pinned it before the call: what such a call may
 * use of the object can go then. As pin_wait(). value: of the object's first handle.
 */
void handle_wait_unpinned(uintptr_t value);

/* The same for any kind, which is stored, with the value that handle_put() is to have. */
void *handle_get_any(uintptr_t value, enum handle_kind *kind, uintptr_t *reference);

/*
 * What SetHandleInformation() says of an open handle; each has its own. Stores what is said now,
 * bits of HANDLE_FLAG_*, after those in mask have become as in bits. A handle begins with none.
 * Returns false when the value names no open handle.
 */
bool handle_information(uintptr_t value, unsigned mask, unsigned bits, unsigned *now);

/* Takes one more reference; the caller must hold one. The value as for handle_put(). */
void handle_ref(uintptr_t value);

/*
 * Gives a reference back. The last one releases the object, in this thread: no lock may be held.
 * The value may be that of a handle that is closed already.
 */
void handle_put(uintptr_t value);

/*
 * Makes the value invalid for every later look-up. Of several callers exactly one gets the object,
 * and with it the table's reference, which it gives back by handle_put() with the same value; the
 * others get NULL. *last: the object has no open handle any more; last may be NULL.
 */
void *handle_close(uintptr_t value, unsigned kinds, bool *last);

/*
 * Calls visit for every handle of one of the kinds that was open when its slot was passed, with
 * its value and its object, which lives meanwhile. visit may close it. No lock is held.
 */
void handle_each(unsigned kinds, void (*visit)(uintptr_t value, void *object, void *context),
                 void *context);

#endif
