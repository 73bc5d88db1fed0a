/*
 * api_kernel_tls.c - slots for values of each thread, over the C library's keys.
 *
 * A slot is an index into a table of keys, so that a number that is no slot is refused. The C
 * library sees to it that a new key reads NULL in every thread, and has about a thousand for the
 * whole process.
 */
#include <windows.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Windows' own number of slots in a process. */
#define SLOTS 1088

enum { SLOT_FREE, SLOT_TAKEN, SLOT_READY };

struct slot {
    atomic_int state;  /* SLOT_TAKEN: the key is being made or deleted */
    pthread_key_t key; /* while SLOT_READY */
};

static struct slot slots[SLOTS];

/* NULL with ERROR_INVALID_PARAMETER when there is no such slot. */
static struct slot *find(DWORD index)
{
    if (index < SLOTS &&
        atomic_load_explicit(&slots[index].state, memory_order_acquire) == SLOT_READY) {
        return &slots[index];
    }
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

/* Moves a slot on if it is in the state from. */
static bool move_state(struct slot *slot, int from, int to)
{
    return atomic_compare_exchange_strong(&slot->state, &from, to);
}

DWORD TlsAlloc(VOID)
{
    for (DWORD i = 0; i < SLOTS; i++) {
        if (!move_state(&slots[i], SLOT_FREE, SLOT_TAKEN)) {
            continue;
        }
        if (pthread_key_create(&slots[i].key, NULL) == 0) {
            atomic_store_explicit(&slots[i].state, SLOT_READY, memory_order_release);
            return i;
        }
        atomic_store(&slots[i].state, SLOT_FREE);
        break;
    }
    SetLastError(ERROR_NO_MORE_ITEMS);
    return TLS_OUT_OF_INDEXES;
}

/* Sets the last error to 0 on success, as documented: NULL may be a value. */
LPVOID TlsGetValue(DWORD index)
{
    struct slot *slot = find(index);

    if (slot == NULL) {
        return NULL;
    }
    SetLastError(ERROR_SUCCESS);
    return pthread_getspecific(slot->key);
}

BOOL TlsSetValue(DWORD index, LPVOID value)
{
    struct slot *slot = find(index);

    if (slot == NULL) {
        return FALSE;
    }
    if (pthread_setspecific(slot->key, value) != 0) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    return TRUE;
}

BOOL TlsFree(DWORD index)
{
    struct slot *slot = find(index);

    if (slot == NULL || !move_state(slot, SLOT_READY, SLOT_TAKEN)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    pthread_key_delete(slot->key);
    atomic_store(&slot->state, SLOT_FREE);
    return TRUE;
}
