/*
 * pin.h - keeping an object alive for a moment without an atomic operation.
 *
 * A thread pins what it is about to use for the length of a call that does not wait; whoever wants
 * to free it waits until nobody has it pinned. Each thread has one pin. Theory of operation: pin.c.
 */
#ifndef WINSOCK_PIN_H
#define WINSOCK_PIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* A thread's pin. */
struct pin {
    _Atomic(const void *) what; /* NULL: nothing */
    bool entered;               /* the others know of it */
    struct pin *next, *previous;
};

extern _Thread_local struct pin pin_own;

/* Makes the calling thread's pin known. Returns whether it has one now. */
bool pin_enter(void);

/*
 * Pins something; what was pinned before is not any more. The caller has to look *afterwards*
 * whether it is still valid: only if so does it stay. Returns false when this thread, or this
 * system, has no pins: nothing is kept then.
 */
static inline bool pin_set(const void *what)
{
    if (!pin_own.entered && !pin_enter()) {
        return false;
    }
    atomic_store_explicit(&pin_own.what, what, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* pin_wait() does the processor's part */
    return true;
}

static inline void pin_clear(void)
{
    atomic_store_explicit(&pin_own.what, NULL, memory_order_release);
}

/*
 * Returns when no thread has it pinned that pinned it before the call. It must have become invalid
 * before. The calling thread may have nothing pinned; no lock may be held that is taken while
 * something is pinned.
 */
void pin_wait(const void *what);

#endif
