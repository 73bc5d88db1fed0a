/*
 * api_kernel_heap.c - heaps, and LocalAlloc and GlobalAlloc, which are memory of the process heap.
 *
 * Theory of operation: every block is one of malloc() with a header in front that names its heap
 * and its size. A heap that a program made keeps its blocks in a list, under its lock, and frees
 * them when it is destroyed; the process heap keeps none.
 *
 * Functions that get a block which does not belong to the heap fail with ERROR_INVALID_PARAMETER;
 * a block that was freed already is the program's undoing, as on Windows.
 */
#include <windows.h>

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct heap {
    pthread_mutex_t lock;
    struct block *first;  /* under lock; of made heaps */
    SIZE_T used_bytes;    /* under lock; of made heaps */
    SIZE_T maximum_bytes; /* what a made heap gives out at most */
};

/* In front of the caller's bytes, which are aligned as Windows aligns them. */
struct block {
    alignas(16) struct heap *heap; /* whose it is */
    SIZE_T size_bytes;             /* as asked for */
    struct block *next;            /* of made heaps */
    struct block **link;           /* what points to this block */
};

#define LARGEST_BYTES ((SIZE_T)PTRDIFF_MAX - sizeof(struct block))

static struct heap process_heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *fail(DWORD error)
{
    SetLastError(error);
    return NULL;
}

/* --- accounts of made heaps --- */

/* Counts a change of the size of a block. Returns whether the heap has room for it. */
static bool account_locked(struct heap *heap, SIZE_T from_bytes, SIZE_T to_bytes)
{
    SIZE_T others = heap->used_bytes - from_bytes;

    if (to_bytes > from_bytes &&
        (others > heap->maximum_bytes || to_bytes > heap->maximum_bytes - others)) {
        return false;
    }
    heap->used_bytes = others + to_bytes;
    return true;
}

static void link_locked(struct heap *heap, struct block *block)
{
    block->next = heap->first;
    block->link = &heap->first;
    if (block->next != NULL) {
        block->next->link = &block->next;
    }
    heap->first = block;
}

static void unlink_locked(struct block *block)
{
    *block->link = block->next;
    if (block->next != NULL) {
        block->next->link = block->link;
    }
}

/* --- blocks --- */

static struct block *new_block(struct heap *heap, SIZE_T bytes, bool zero)
{
    struct block *block;

    if (bytes > LARGEST_BYTES) {
        return NULL;
    }
    block = zero ? calloc(1, sizeof(*block) + bytes) : malloc(sizeof(*block) + bytes);
    if (block == NULL) {
        return NULL;
    }
    block->heap = heap;
    block->size_bytes = bytes;
    if (heap == &process_heap) {
        return block;
    }
    pthread_mutex_lock(&heap->lock);
    bool room = account_locked(heap, 0, bytes);
    if (room) {
        link_locked(heap, block);
    }
    pthread_mutex_unlock(&heap->lock);
    if (!room) {
        free(block);
        return NULL;
    }
    return block;
}

static void free_block(struct block *block)
{
    struct heap *heap = block->heap;

    if (heap != &process_heap) {
        pthread_mutex_lock(&heap->lock);
        unlink_locked(block);
        account_locked(heap, block->size_bytes, 0);
        pthread_mutex_unlock(&heap->lock);
    }
    free(block);
}

/* Changes the size of a block, which may move. Without memory returns NULL and leaves it alone. */
static struct block *resize_block(struct block *block, SIZE_T bytes)
{
    struct heap *heap = block->heap;
    SIZE_T before = block->size_bytes;
    struct block *moved = NULL;

    if (bytes > LARGEST_BYTES) {
        return NULL;
    }
    if (heap == &process_heap) {
        moved = realloc(block, sizeof(*block) + bytes);
        if (moved != NULL) {
            moved->size_bytes = bytes;
        }
        return moved;
    }
    pthread_mutex_lock(&heap->lock);
    if (account_locked(heap, before, bytes)) {
        unlink_locked(block);
        moved = realloc(block, sizeof(*block) + bytes);
        if (moved != NULL) {
            moved->size_bytes = bytes;
        } else {
            account_locked(heap, bytes, before);
        }
        link_locked(heap, moved != NULL ? moved : block);
    }
    pthread_mutex_unlock(&heap->lock);
    return moved;
}

/* The block behind a caller's pointer; NULL with ERROR_INVALID_PARAMETER if not of the heap. */
static struct block *find_block(HANDLE heap, const void *memory)
{
    struct block *block = memory != NULL ? (struct block *)memory - 1 : NULL;

    return block != NULL && block->heap == heap ? block : fail(ERROR_INVALID_PARAMETER);
}

/* --- heaps --- */

HANDLE GetProcessHeap(VOID)
{
    return &process_heap;
}

HANDLE HeapCreate(DWORD options, SIZE_T initial_bytes, SIZE_T maximum_bytes)
{
    struct heap *heap;

    UNREFERENCED_PARAMETER(options);
    if (maximum_bytes != 0 && initial_bytes > maximum_bytes) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    heap = calloc(1, sizeof(*heap));
    if (heap == NULL) {
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    pthread_mutex_init(&heap->lock, NULL);
    heap->maximum_bytes = maximum_bytes != 0 ? maximum_bytes : LARGEST_BYTES;
    return heap;
}

BOOL HeapDestroy(HANDLE handle)
{
    struct heap *heap = handle;
    struct block *next;

    if (heap == NULL || heap == &process_heap) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    for (struct block *block = heap->first; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    pthread_mutex_destroy(&heap->lock);
    free(heap);
    return TRUE;
}

LPVOID HeapAlloc(HANDLE heap, DWORD flags, SIZE_T bytes)
{
    struct block *block;

    if (heap == NULL) {
        return fail(ERROR_INVALID_HANDLE);
    }
    block = new_block(heap, bytes, (flags & HEAP_ZERO_MEMORY) != 0);
    return block != NULL ? block + 1 : fail(ERROR_NOT_ENOUGH_MEMORY);
}

LPVOID HeapReAlloc(HANDLE heap, DWORD flags, LPVOID memory, SIZE_T bytes)
{
    struct block *block = find_block(heap, memory);
    SIZE_T before;

    if (block == NULL) {
        return NULL;
    }
    before = block->size_bytes;
    if ((flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0 && bytes != before) {
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    block = resize_block(block, bytes);
    if (block == NULL) {
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    if ((flags & HEAP_ZERO_MEMORY) != 0 && bytes > before) {
        memset((char *)(block + 1) + before, 0, bytes - before);
    }
    return block + 1;
}

BOOL HeapFree(HANDLE heap, DWORD flags, LPVOID memory)
{
    UNREFERENCED_PARAMETER(flags);
    if (memory != NULL) {
        struct block *block = find_block(heap, memory);

        if (block == NULL) {
            return FALSE;
        }
        free_block(block);
    }
    return TRUE;
}

SIZE_T HeapSize(HANDLE heap, DWORD flags, LPCVOID memory)
{
    const struct block *block = find_block(heap, memory);

    UNREFERENCED_PARAMETER(flags);
    return block != NULL ? block->size_bytes : (SIZE_T)-1;
}

/* --- LocalAlloc and GlobalAlloc, whose flags have the same numbers --- */

/* Memory that may be moved has handles in the place of pointers: there is none. */
HLOCAL LocalAlloc(UINT flags, SIZE_T bytes)
{
    if ((flags & LMEM_MOVEABLE) != 0) {
        return fail(ERROR_NOT_SUPPORTED);
    }
    return HeapAlloc(&process_heap, (flags & LMEM_ZEROINIT) != 0 ? HEAP_ZERO_MEMORY : 0, bytes);
}

HLOCAL LocalFree(HLOCAL memory)
{
    return HeapFree(&process_heap, 0, memory) ? NULL : memory;
}

HGLOBAL GlobalAlloc(UINT flags, SIZE_T bytes)
{
    return LocalAlloc(flags, bytes);
}

HGLOBAL GlobalFree(HGLOBAL memory)
{
    return LocalFree(memory);
}
