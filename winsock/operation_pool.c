/*
 * operation_pool.c - free operations: a cache for each thread, and the list that they share.
 *
 * Theory of operation
 *
 * A thread takes from its cache and gives to it without a lock. When the cache is empty it is
 * filled with up to BATCH operations from the shared list, or one new one; when it holds twice as
 * many, BATCH of them go back. So threads of which one starts operations and another collects their
 * completions meet at the lock once in BATCH operations.
 *
 * What meets at the lock is not inlined: taking and giving alone then save no registers.
 *
 * The shared list keeps LIMIT_SPARE_OPERATIONS; what is above goes back to the C library.
 */
#include "winsock/operation_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "config/limits.h"
#include "winsock/operation.h"
#include "winsock/thread.h"

#define BATCH 64u

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static struct operation_cache shared; /* under pool_lock */

static void push(struct operation_cache *cache, struct operation *operation)
{
    operation->next = cache->free;
    cache->free = operation;
    cache->count++;
}

/* The cache must not be empty. */
static struct operation *pop(struct operation_cache *cache)
{
    struct operation *operation = cache->free;

    cache->free = operation->next;
    cache->count--;
    return operation;
}

__attribute__((noinline)) static void fill(struct operation_cache *cache)
{
    pthread_mutex_lock(&pool_lock);
    for (unsigned i = 0; i < BATCH && shared.count != 0; i++) {
        push(cache, pop(&shared));
    }
    pthread_mutex_unlock(&pool_lock);
}

/* Gives some operations of a cache to the shared list, and what that has no room for to the heap. */
__attribute__((noinline)) static void spill(struct operation_cache *cache, unsigned count)
{
    pthread_mutex_lock(&pool_lock);
    while (count != 0 && shared.count < LIMIT_SPARE_OPERATIONS) {
        push(&shared, pop(cache));
        count--;
    }
    pthread_mutex_unlock(&pool_lock);
    while (count-- != 0) {
        free(pop(cache));
    }
}

struct operation *operation_take(struct thread *self)
{
    struct operation_cache *cache = &self->operations;

    if (cache->count == 0) {
        fill(cache);
    }
    return cache->count != 0 ? pop(cache) : malloc(sizeof(struct operation));
}

void operation_give(struct thread *self, struct operation *operation)
{
    if (self == NULL) {
        struct operation_cache one = {.free = NULL};
        push(&one, operation);
        spill(&one, 1);
        return;
    }
    push(&self->operations, operation);
    if (self->operations.count == 2 * BATCH) {
        spill(&self->operations, BATCH);
    }
}

void operation_cache_flush(struct operation_cache *cache)
{
    spill(cache, cache->count);
}

void operation_pool_trim(void)
{
    struct operation_cache all;

    pthread_mutex_lock(&pool_lock);
    all = shared;
    shared = (struct operation_cache){.free = NULL};
    pthread_mutex_unlock(&pool_lock);
    while (all.count != 0) {
        free(pop(&all));
    }
}
