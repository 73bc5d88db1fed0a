/*
 * thread.h - what the library knows of a thread that uses it: how it waits, what is queued to it,
 * what ends with it.
 *
 * Theory of operation stands in thread.c.
 */
#ifndef WINSOCK_THREAD_H
#define WINSOCK_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>

#include "stack/loop.h"
#include "winsock/operation_pool.h"
#include "winsock/wait.h"

struct port;
struct routine_frame;

/*
 * Something that a thread is to call when it waits alertably: a completion routine, or what
 * QueueUserAPC() gave. Embedded in what it is about.
 */
struct apc {
    struct apc *next;
    uintptr_t owner;               /* the socket whose routine it is, which don't nest; 0: none */
    void (*run)(struct apc *apc);  /* calls it, in its thread; the entry is run's to free */
    void (*drop)(struct apc *apc); /* frees it: the thread has ended */
};

struct thread {
    atomic_uint references;
    uint64_t serial;  /* never used twice, never 0 */
    DWORD id;         /* as the system knows it; 0 until the thread runs */
    struct waitable ended;
    _Atomic DWORD exit_code; /* what it will be, and is once ended is signaled */
    atomic_bool suspended;   /* waits for ResumeThread() */
    uintptr_t own_handle;    /* closed when it ends; 0: none */

    pthread_mutex_t lock; /* a leaf but for the loop's; guards the four that follow */
    struct apc *first_apc, *last_apc;
    bool gone;            /* takes no more */
    atomic_uint apcs;     /* how many are queued; written under lock */

    /* Used by the thread itself alone. */
    struct loop_waiter waiter;    /* of its present wait; others wake it */
    struct routine_frame *frames; /* routines that it is inside of */
    bool started_operations;      /* at any time */
    struct port *port;            /* whose packet it took last, and counts as active for; a reference */
    struct operation_cache operations;
};

extern _Thread_local struct thread *thread_record;

/* Makes the record of the calling thread. Returns NULL without memory. */
struct thread *thread_make(void);

/* The record of the calling thread, made when it is first asked for. NULL without memory. */
static inline struct thread *thread_self(void)
{
    return thread_record != NULL ? thread_record : thread_make();
}

/*
 * A record for a thread that is about to be started, with one reference, the caller's. The new
 * thread adopts it, which takes a reference of its own. NULL without memory.
 */
struct thread *thread_new(void);
bool thread_adopt(struct thread *thread);

/* References. The last one frees the record; no lock may be held then. */
void thread_ref(struct thread *thread);
void thread_put(struct thread *thread);

/* Makes a handle of a thread, which holds a reference of its own. Returns 0 or WSAEMFILE. */
int thread_handle_new(struct thread *thread, uintptr_t *value);

/*
 * The thread of a handle, or of what GetCurrentThread() gives, with a reference that thread_put()
 * gives back. The two low bits of a handle do not count. Returns 0, ERROR_INVALID_HANDLE,
 * ERROR_NOT_ENOUGH_MEMORY.
 */
int thread_get(HANDLE handle, struct thread **out);

/* Closes a handle. Returns whether it named a thread. */
bool thread_close(HANDLE handle);

/*
 * Queues an entry, which belongs to the queue from then on, and wakes the thread. Any lock but a
 * leaf may be held. Returns false when the thread has ended: the entry is still the caller's.
 */
bool thread_queue_apc(struct thread *thread, struct apc *apc);

/* Is there something to call now? Routines of a socket whose routine is being called have to wait. */
bool thread_has_apcs(struct thread *self);

/*
 * Calls everything that waits, what is queued meanwhile too, in order. No lock may be held. Returns
 * whether there was anything.
 */
bool thread_run_apcs(struct thread *self);

/*
 * loop_wait() of the calling thread with its own waiter; it does not count as active for its port
 * meanwhile. A return of 0 may be for a wake-up that was meant for an earlier wait: look again.
 */
int thread_wait(struct thread *self, int64_t deadline_ns);

#endif
