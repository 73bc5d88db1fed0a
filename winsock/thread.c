/*
 * thread.c - records of threads, and their life.
 *
 * Theory of operation
 *
 * Any thread may use the library, whoever made it. Its record is made when it first waits or starts
 * an overlapped operation, and found through a thread-local variable. A key of the C library's
 * thread storage tells when the thread ends, by return, pthread_exit() or ExitThread(): then what
 * the thread has started and what ends with it is cancelled (C58), entries queued to it are
 * dropped, and the waitable that its handles stand for is signaled. Others may hold references
 * beyond that: handles, and operations whose routine it is to call.
 *
 * The APC queue has a lock, as any thread queues; only the thread itself takes out. Whoever queues
 * wakes the thread's one waiter, whatever it waits for: a wait that is not alertable looks again
 * and sleeps on.
 *
 * Each handle of a thread is an object of its own in the handle table and holds one reference: a
 * thread that nobody has given a handle can get one by duplicating GetCurrentThread().
 *
 * While a routine runs, its frame names the socket that it belongs to: a wait inside of it leaves
 * the other routines of that socket in the queue (C54). They keep their order.
 */
#define _GNU_SOURCE /* gettid */

#include "winsock/thread.h"

#include <stdlib.h>
#include <unistd.h>

#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/operation.h"
#include "winsock/port.h"

/* A routine that is being called; lives in the frame of the caller. */
struct routine_frame {
    uintptr_t owner;
    struct routine_frame *outer;
};

_Thread_local struct thread *thread_record;

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

/* --- life --- */

static void drop_apcs(struct thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    struct apc *apc = thread->first_apc;
    thread->first_apc = thread->last_apc = NULL;
    thread->gone = true;
    atomic_store(&thread->apcs, 0);
    pthread_mutex_unlock(&thread->lock);
    while (apc != NULL) {
        struct apc *next = apc->next;
        apc->drop(apc);
        apc = next;
    }
}

static void handle_release(void *thread)
{
    thread_put(thread);
}

static const struct handle_class thread_class = {HANDLE_THREAD, handle_release, false};

static bool close_value(uintptr_t value)
{
    if (handle_close(value, HANDLE_THREAD, NULL) == NULL) {
        return false;
    }
    handle_put(value);
    return true;
}

/* The thread ends; called by it. Destructors of other keys may make a new record afterwards. */
static void thread_end(void *record)
{
    struct thread *self = record;

    if (self->started_operations) {
        op_cancel_thread(self);
    }
    port_leave(self);
    drop_apcs(self);
    operation_cache_flush(&self->operations);
    memory_forget();
    waitable_set(&self->ended);
    if (self->own_handle != 0) {
        close_value(self->own_handle);
    }
    thread_record = NULL;
    thread_put(self);
}

static void make_key(void)
{
    key_made = pthread_key_create(&key, thread_end) == 0;
}

struct thread *thread_new(void)
{
    static _Atomic uint64_t serials;
    struct thread *thread = calloc(1, sizeof(*thread));

    if (thread == NULL) {
        return NULL;
    }
    atomic_init(&thread->references, 1);
    thread->serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
    waitable_init(&thread->ended, false, false);
    pthread_mutex_init(&thread->lock, NULL);
    loop_waiter_init(&thread->waiter);
    return thread;
}

bool thread_adopt(struct thread *thread)
{
    pthread_once(&key_once, make_key);
    if (!key_made || pthread_setspecific(key, thread) != 0) {
        return false;
    }
    thread_ref(thread);
    thread->id = (DWORD)gettid();
    thread_record = thread;
    return true;
}

struct thread *thread_make(void)
{
    struct thread *thread = thread_new();

    if (thread == NULL) {
        return NULL;
    }
    thread_adopt(thread);
    thread_put(thread); /* the key's reference is left, if there is one */
    return thread_record;
}

void thread_ref(struct thread *thread)
{
    atomic_fetch_add_explicit(&thread->references, 1, memory_order_relaxed);
}

void thread_put(struct thread *thread)
{
    if (atomic_fetch_sub_explicit(&thread->references, 1, memory_order_acq_rel) == 1) {
        loop_waiter_fini(&thread->waiter);
        pthread_mutex_destroy(&thread->lock);
        free(thread);
    }
}

/* --- handles --- */

int thread_handle_new(struct thread *thread, uintptr_t *value)
{
    thread_ref(thread);
    int error = handle_new(&thread_class, thread, value);
    if (error != 0) {
        thread_put(thread);
    }
    return error;
}

int thread_get(HANDLE handle, struct thread **out)
{
    uintptr_t value = event_handle_value(handle);

    if (handle == GetCurrentThread()) {
        *out = thread_self();
        if (*out == NULL) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        thread_ref(*out);
        return 0;
    }
    *out = handle_get(value, HANDLE_THREAD);
    if (*out == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    thread_ref(*out);
    handle_put(value);
    return 0;
}

bool thread_close(HANDLE handle)
{
    return close_value(event_handle_value(handle));
}

/* --- APCs --- */

bool thread_queue_apc(struct thread *thread, struct apc *apc)
{
    pthread_mutex_lock(&thread->lock);
    bool taken = !thread->gone;
    if (taken) {
        apc->next = NULL;
        if (thread->last_apc != NULL) {
            thread->last_apc->next = apc;
        } else {
            thread->first_apc = apc;
        }
        thread->last_apc = apc;
        atomic_fetch_add(&thread->apcs, 1);
        loop_wake(&thread->waiter);
    }
    pthread_mutex_unlock(&thread->lock);
    return taken;
}

/* Would it be called inside a routine of its own socket? */
static bool nests(const struct thread *self, const struct apc *apc)
{
    const struct routine_frame *frame = apc->owner != 0 ? self->frames : NULL;

    while (frame != NULL && frame->owner != apc->owner) {
        frame = frame->outer;
    }
    return frame != NULL;
}

/* Finds the oldest entry that may be called; *before: the one in front of it, or NULL. */
static struct apc *find_locked(const struct thread *self, struct apc **before)
{
    struct apc *apc = self->first_apc;

    *before = NULL;
    while (apc != NULL && nests(self, apc)) {
        *before = apc;
        apc = apc->next;
    }
    return apc;
}

bool thread_has_apcs(struct thread *self)
{
    struct apc *before;

    if (atomic_load(&self->apcs) == 0) {
        return false;
    }
    pthread_mutex_lock(&self->lock);
    bool found = find_locked(self, &before) != NULL;
    pthread_mutex_unlock(&self->lock);
    return found;
}

static struct apc *take(struct thread *self)
{
    struct apc *before;

    if (atomic_load(&self->apcs) == 0) {
        return NULL;
    }
    pthread_mutex_lock(&self->lock);
    struct apc *apc = find_locked(self, &before);
    if (apc != NULL) {
        if (before != NULL) {
            before->next = apc->next;
        } else {
            self->first_apc = apc->next;
        }
        if (self->last_apc == apc) {
            self->last_apc = before;
        }
        atomic_fetch_sub(&self->apcs, 1);
    }
    pthread_mutex_unlock(&self->lock);
    return apc;
}

bool thread_run_apcs(struct thread *self)
{
    bool any = false;
    struct apc *apc;

    while ((apc = take(self)) != NULL) {
        struct routine_frame frame = {.owner = apc->owner, .outer = self->frames};
        self->frames = &frame;
        apc->run(apc);
        self->frames = frame.outer;
        any = true;
    }
    return any;
}

/* --- waiting --- */

int thread_wait(struct thread *self, int64_t deadline_ns)
{
    struct port *port = self->port;

    if (port == NULL) {
        return loop_wait(&self->waiter, deadline_ns);
    }
    port_thread_sleeps(port);
    int woken = loop_wait(&self->waiter, deadline_ns);
    port_thread_wakes(port);
    return woken;
}
