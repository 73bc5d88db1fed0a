/*
 * thread_start.c - starting a thread.
 *
 * The thread gets its record from whoever starts it, so that it can be waited for, and routines can
 * be queued to it, before it runs. Its id is only known to itself: the starter waits until the
 * new thread has adopted the record. What was queued to a suspended thread is called before
 * anything else, as Windows does.
 *
 * A thread that waits drives links, so a stack has at least LIMIT_THREAD_STACK_BYTES.
 */
#include "winsock/thread_start.h"

#include <pthread.h>
#include <semaphore.h>

#include "config/limits.h"
#include "winsock/thread.h"

/* Sizes of stacks are multiples of it: Windows' granularity. */
#define STACK_STEP_BYTES ((size_t)65536)

/* Lives in the frame of the starter until told. */
struct launch {
    const struct thread_start *how;
    struct thread *thread;
    sem_t told; /* that the following is set */
    bool adopted;
};

static DWORD call(const struct thread_start *how)
{
    if (how->function != NULL) {
        return how->function(how->parameter);
    }
    how->procedure(how->parameter);
    return 0;
}

static void *run(void *argument)
{
    struct launch *launch = argument;
    const struct thread_start how = *launch->how;
    struct thread *self = launch->thread;
    bool adopted = thread_adopt(self);

    launch->adopted = adopted;
    sem_post(&launch->told); /* the starter goes on: launch is gone, and perhaps its reference */
    if (!adopted) {
        return NULL;
    }
    if (how.suspended) {
        while (atomic_load(&self->suspended)) {
            thread_wait(self, LOOP_FOREVER);
        }
        thread_run_apcs(self);
    }
    atomic_store(&self->exit_code, call(&how));
    return NULL;
}

/* Returns 0 or an error number. */
static int set_stack(pthread_attr_t *attributes, const struct thread_start *how)
{
    size_t present = 0;
    size_t bytes = how->stack_bytes;

    if (bytes == 0) {
        return 0;
    }
    pthread_attr_getstacksize(attributes, &present);
    if (!how->reserves && bytes <= present) {
        return 0;
    }
    if (bytes < LIMIT_THREAD_STACK_BYTES) {
        bytes = LIMIT_THREAD_STACK_BYTES;
    } else if (bytes <= SIZE_MAX - STACK_STEP_BYTES) {
        bytes = (bytes + STACK_STEP_BYTES - 1) / STACK_STEP_BYTES * STACK_STEP_BYTES;
    }
    return pthread_attr_setstacksize(attributes, bytes);
}

/* Makes the thread, detached: its record tells when it ends. Returns 0 or an error number. */
static int create(struct launch *launch)
{
    pthread_attr_t attributes;
    pthread_t id;
    int error = pthread_attr_init(&attributes);

    if (error != 0) {
        return error;
    }
    error = set_stack(&attributes, launch->how);
    if (error == 0) {
        error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    }
    if (error == 0) {
        error = pthread_create(&id, &attributes, run, launch);
    }
    pthread_attr_destroy(&attributes);
    return error;
}

/* Makes the thread run. Returns whether it does. */
static bool launch_thread(const struct thread_start *how, struct thread *thread)
{
    struct launch launch = {.how = how, .thread = thread};

    sem_init(&launch.told, 0, 0);
    bool made = create(&launch) == 0;
    while (made && sem_wait(&launch.told) != 0) {
        /* interrupted by a signal */
    }
    sem_destroy(&launch.told);
    return made && launch.adopted;
}

int thread_start(const struct thread_start *how, HANDLE *handle, DWORD *id)
{
    struct thread *thread = thread_new();
    uintptr_t value;

    if (thread == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (thread_handle_new(thread, &value) != 0) {
        goto no_handle;
    }
    atomic_init(&thread->suspended, how->suspended);
    thread->own_handle = how->closes_handle ? value : 0;
    if (!launch_thread(how, thread)) {
        goto no_thread;
    }
    *handle = (HANDLE)value; /* NOLINT: a handle is a number in a pointer's clothes */
    *id = thread->id;
    thread_put(thread);
    return 0;

no_thread:
    thread_close((HANDLE)value); /* NOLINT: as above */
no_handle:
    thread_put(thread);
    return ERROR_NOT_ENOUGH_MEMORY;
}
