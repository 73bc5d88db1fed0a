/*
 * memory.c - stands between the library and the C library's malloc(): the build has renamed its
 * calls, lwIP's among them.
 *
 * State: three counters, which any thread may touch.
 */
#include "tests/alloc/alloc.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint asked;   /* since alloc_arm() */
static atomic_uint fail_at; /* 0: none */
static atomic_bool fail_all;
static atomic_long live;

void *alloc_malloc(size_t bytes);
void *alloc_calloc(size_t count, size_t bytes);
void *alloc_realloc(void *block, size_t bytes);
void *alloc_reallocarray(void *block, size_t count, size_t bytes);
void alloc_free(void *block);
char *alloc_strdup(const char *text);

void alloc_arm(unsigned nth, bool all)
{
    atomic_store(&asked, 0);
    atomic_store(&fail_all, all);
    atomic_store(&fail_at, nth);
}

unsigned alloc_disarm(void)
{
    atomic_store(&fail_at, 0);
    return atomic_load(&asked);
}

long alloc_live(void)
{
    return atomic_load(&live);
}

/* Is it this one's turn to fail? */
static bool fails(void)
{
    unsigned number = atomic_fetch_add(&asked, 1) + 1;
    unsigned at = atomic_load(&fail_at);

    return at != 0 && (number == at || (number > at && atomic_load(&fail_all)));
}

static void *given(void *block)
{
    if (block != NULL) {
        atomic_fetch_add(&live, 1);
    }
    return block;
}

void *alloc_malloc(size_t bytes)
{
    return fails() ? NULL : given(malloc(bytes));
}

void *alloc_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : given(calloc(count, bytes));
}

void *alloc_realloc(void *block, size_t bytes)
{
    if (fails()) {
        return NULL;
    }
    void *moved = realloc(block, bytes);
    return block == NULL ? given(moved) : moved;
}

void *alloc_reallocarray(void *block, size_t count, size_t bytes)
{
    if (fails()) {
        return NULL;
    }
    void *moved = reallocarray(block, count, bytes);
    return block == NULL ? given(moved) : moved;
}

void alloc_free(void *block)
{
    if (block != NULL) {
        atomic_fetch_sub(&live, 1);
    }
    free(block);
}

/* As the C library's, whose own call of malloc() would not be seen. */
char *alloc_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = alloc_malloc(bytes);

    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}
