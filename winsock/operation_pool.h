/*
 * operation_pool.h - memory for overlapped operations, without allocating on the way of a datagram.
 *
 * Each thread keeps a few free ones to itself; beyond these they go to, and come from, one shared
 * list, many at a time. An operation that is taken in one thread may be given back in another.
 */
#ifndef WINSOCK_OPERATION_POOL_H
#define WINSOCK_OPERATION_POOL_H

struct operation;
struct thread;

/* The free operations of one thread; part of its record. */
struct operation_cache {
    struct operation *free;
    unsigned count;
};

/* Takes an operation; its contents are undefined. Returns NULL without memory. */
struct operation *operation_take(struct thread *self);

/* Gives one back. self: the calling thread's record, NULL when it has none. */
void operation_give(struct thread *self, struct operation *operation);

/* Empties the cache of a thread that ends. */
void operation_cache_flush(struct operation_cache *cache);

/* Frees all that are free: called when the stack ends. */
void operation_pool_trim(void);

#endif
