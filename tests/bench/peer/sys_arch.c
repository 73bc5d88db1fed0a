/*
 * sys_arch.c: lwIP's operating system layer on POSIX threads, for the benchmark's peer.
 *
 * What every datagram passes is kept short: a thread that finds what it came for takes one
 * uncontended mutex, and a condition variable is only signalled when somebody waits at it. Failures
 * of mutexes and condition variables are programming errors and end the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lwip/err.h"
#include "lwip/sys.h"

#define MS_PER_S  1000
#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

static void must(int error)
{
    if (error != 0) {
        fprintf(stderr, "sys_arch: %s\n", strerror(error));
        abort();
    }
}

/* A condition variable on the clock that nobody sets. */
static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    must(pthread_condattr_init(&attributes));
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    must(pthread_cond_init(cond, &attributes));
    must(pthread_condattr_destroy(&attributes));
}

static struct timespec deadline_in(u32_t timeout_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / MS_PER_S;
    at.tv_nsec += (long)(timeout_ms % MS_PER_S) * NS_PER_MS;
    if (at.tv_nsec >= NS_PER_S) {
        at.tv_sec++;
        at.tv_nsec -= NS_PER_S;
    }
    return at;
}

/* Waits; until: NULL for ever. Returns false at the deadline. */
static bool cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    if (until == NULL) {
        must(pthread_cond_wait(cond, mutex));
        return true;
    }
    int error = pthread_cond_timedwait(cond, mutex, until);
    if (error == ETIMEDOUT)
        return false;
    must(error);
    return true;
}

/* --- time and threads --- */

void sys_init(void)
{
}

u32_t sys_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (u32_t)now.tv_sec * MS_PER_S + (u32_t)(now.tv_nsec / NS_PER_MS);
}

u32_t sys_jiffies(void)
{
    return sys_now();
}

struct thread_start {
    lwip_thread_fn function;
    void *argument;
};

static void *thread_main(void *argument)
{
    struct thread_start start = *(struct thread_start *)argument;

    free(argument);
    start.function(start.argument);
    return NULL;
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn function, void *argument,
                            int stack_bytes, int priority)
{
    struct thread_start *start = malloc(sizeof(*start));
    pthread_t thread;

    (void)name;
    (void)stack_bytes;
    (void)priority;
    if (start == NULL)
        must(ENOMEM);
    *start = (struct thread_start){function, argument};
    must(pthread_create(&thread, NULL, thread_main, start));
    must(pthread_detach(thread));
    return thread;
}

/* --- protection: one lock for all, which a thread may take again while it holds it --- */

static pthread_mutex_t protection = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local unsigned protection_depth;

sys_prot_t sys_arch_protect(void)
{
    if (protection_depth++ == 0)
        pthread_mutex_lock(&protection);
    return 0;
}

void sys_arch_unprotect(sys_prot_t previous)
{
    (void)previous;
    if (--protection_depth == 0)
        pthread_mutex_unlock(&protection);
}

/* --- mutexes --- */

err_t sys_mutex_new(sys_mutex_t *mutex)
{
    must(pthread_mutex_init(&mutex->mutex, NULL));
    mutex->valid = true;
    return ERR_OK;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
    pthread_mutex_lock(&mutex->mutex);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
    pthread_mutex_unlock(&mutex->mutex);
}

void sys_mutex_free(sys_mutex_t *mutex)
{
    must(pthread_mutex_destroy(&mutex->mutex));
}

int sys_mutex_valid(sys_mutex_t *mutex)
{
    return mutex->valid;
}

void sys_mutex_set_invalid(sys_mutex_t *mutex)
{
    mutex->valid = false;
}

/* --- semaphores --- */

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
    must(pthread_mutex_init(&sem->mutex, NULL));
    cond_init(&sem->changed);
    sem->count = count;
    sem->valid = true;
    return ERR_OK;
}

void sys_sem_signal(sys_sem_t *sem)
{
    pthread_mutex_lock(&sem->mutex);
    sem->count++;
    must(pthread_cond_signal(&sem->changed));
    pthread_mutex_unlock(&sem->mutex);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms);
    bool in_time = true;

    pthread_mutex_lock(&sem->mutex);
    while (sem->count == 0 && in_time)
        in_time = cond_wait(&sem->changed, &sem->mutex, timeout_ms != 0 ? &until : NULL);
    if (sem->count > 0) {
        sem->count--;
        in_time = true;
    }
    pthread_mutex_unlock(&sem->mutex);
    return in_time ? 0 : SYS_ARCH_TIMEOUT;
}

void sys_sem_free(sys_sem_t *sem)
{
    must(pthread_cond_destroy(&sem->changed));
    must(pthread_mutex_destroy(&sem->mutex));
}

int sys_sem_valid(sys_sem_t *sem)
{
    return sem->valid;
}

void sys_sem_set_invalid(sys_sem_t *sem)
{
    sem->valid = false;
}

/* --- mailboxes --- */

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
    *mbox = (sys_mbox_t){.capacity = size > 0 ? (unsigned)size : 1};
    mbox->ring = calloc(mbox->capacity, sizeof(*mbox->ring));
    if (mbox->ring == NULL)
        return ERR_MEM;
    must(pthread_mutex_init(&mbox->mutex, NULL));
    cond_init(&mbox->filled);
    cond_init(&mbox->emptied);
    return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
    must(pthread_cond_destroy(&mbox->emptied));
    must(pthread_cond_destroy(&mbox->filled));
    must(pthread_mutex_destroy(&mbox->mutex));
    free(mbox->ring);
}

int sys_mbox_valid(sys_mbox_t *mbox)
{
    return mbox->ring != NULL;
}

void sys_mbox_set_invalid(sys_mbox_t *mbox)
{
    mbox->ring = NULL;
}

static void put_locked(sys_mbox_t *mbox, void *message)
{
    unsigned at = mbox->head + mbox->count;

    mbox->ring[at < mbox->capacity ? at : at - mbox->capacity] = message;
    mbox->count++;
    if (mbox->readers > 0)
        must(pthread_cond_signal(&mbox->filled));
}

static void take_locked(sys_mbox_t *mbox, void **message)
{
    if (message != NULL)
        *message = mbox->ring[mbox->head];
    mbox->head = mbox->head + 1 < mbox->capacity ? mbox->head + 1 : 0;
    mbox->count--;
    if (mbox->writers > 0)
        must(pthread_cond_signal(&mbox->emptied));
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
    pthread_mutex_lock(&mbox->mutex);
    mbox->writers++;
    while (mbox->count == mbox->capacity)
        cond_wait(&mbox->emptied, &mbox->mutex, NULL);
    mbox->writers--;
    put_locked(mbox, message);
    pthread_mutex_unlock(&mbox->mutex);
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
    pthread_mutex_lock(&mbox->mutex);
    bool room = mbox->count < mbox->capacity;
    if (room)
        put_locked(mbox, message);
    pthread_mutex_unlock(&mbox->mutex);
    return room ? ERR_OK : ERR_MEM;
}

err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
    return sys_mbox_trypost(mbox, message);
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms);
    bool in_time = true;

    pthread_mutex_lock(&mbox->mutex);
    mbox->readers++;
    while (mbox->count == 0 && in_time)
        in_time = cond_wait(&mbox->filled, &mbox->mutex, timeout_ms != 0 ? &until : NULL);
    mbox->readers--;
    bool found = mbox->count > 0;
    if (found)
        take_locked(mbox, message);
    pthread_mutex_unlock(&mbox->mutex);
    return found ? 0 : SYS_ARCH_TIMEOUT;
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
    pthread_mutex_lock(&mbox->mutex);
    bool found = mbox->count > 0;
    if (found)
        take_locked(mbox, message);
    pthread_mutex_unlock(&mbox->mutex);
    return found ? 0 : SYS_MBOX_EMPTY;
}
