/*
 * handle.c - the handle table.
 *
 * Theory of operation
 *
 * A slot's state is one 64-bit word: the number of references in the low half, two state bits, and
 * the generation that open handles of the slot carry.
 *
 *   free      no state bit; the slot is in the free list
 *   open      OCCUPIED and PUBLISHED: look-ups with the right generation succeed
 *   closing   OCCUPIED: no look-up succeeds any more; references drain
 *
 * A look-up adds one to the word and judges the value that it found there: one atomic addition, no
 * lock, no loop. When it judges wrongly addressed, it takes its reference back like any other. So a
 * stray reference can also be the one that goes last, and whoever brings the count of an occupied
 * slot to zero tries to turn it from closing to free; the compare-and-swap lets exactly one do it,
 * and that one releases the object. A free slot can carry stray references for a moment; they are
 * harmless, because additions and subtractions commute with taking the slot into use.
 *
 * The table's own reference is held from handle_new() until whoever called handle_close() gives it
 * back, so an open slot never counts zero.
 *
 * Limits: LIMIT_HANDLES slots in static memory, of which the system only backs what was used;
 * GENERATION_BITS of generation: a value comes back after 8,192 uses of its slot.
 */
#include "winsock/handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <winsock2.h>

#include "config/limits.h"

#define INDEX_BITS 16
#define GENERATION_BITS 13 /* with the index and two zero bits: 31, a positive int */
#define GENERATION_MASK ((1u << GENERATION_BITS) - 1)

#define REFERENCES_MASK 0xffffffffull
#define PUBLISHED (1ull << 32)
#define OCCUPIED (1ull << 33)
#define GENERATION_SHIFT 40

_Static_assert(LIMIT_HANDLES <= 1 << INDEX_BITS, "a slot number has to fit its field");

struct slot {
    _Atomic uint64_t word;
    const struct handle_class *class; /* written while the slot is free, read while occupied */
    void *object;                     /* likewise */
    uint32_t next_free;               /* under free_lock; slot number + 1, 0: none */
};

static struct slot slots[LIMIT_HANDLES];

static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t free_head;         /* under free_lock; slot number + 1, 0: none */
static _Atomic uint32_t high_water; /* slots ever used; grows under free_lock */

static unsigned word_generation(uint64_t word)
{
    return (unsigned)(word >> GENERATION_SHIFT) & GENERATION_MASK;
}

/* Slot 0 in generation 0 would be the value 0, which is no handle: generation 0 is left out. */
static unsigned next_generation(unsigned generation)
{
    unsigned next = (generation + 1) & GENERATION_MASK;

    return next != 0 ? next : 1;
}

static uintptr_t value_of(uint32_t index, unsigned generation)
{
    return (((uintptr_t)generation << INDEX_BITS) | index) << 2;
}

static uint32_t value_index(uintptr_t value)
{
    return (uint32_t)(value >> 2) & ((1u << INDEX_BITS) - 1);
}

static unsigned value_generation(uintptr_t value)
{
    return (unsigned)(value >> (2 + INDEX_BITS)) & GENERATION_MASK;
}

/* Could the table have given this value out? */
static bool value_plausible(uintptr_t value)
{
    return (value & 3) == 0 && value <= INT32_MAX && value_index(value) < LIMIT_HANDLES;
}

static bool word_matches(uint64_t word, uintptr_t value)
{
    return (word & PUBLISHED) != 0 && word_generation(word) == value_generation(value);
}

/* Takes a slot out of the free list or a fresh one. Returns LIMIT_HANDLES when there is none. */
static uint32_t slot_take(void)
{
    uint32_t index = LIMIT_HANDLES;

    pthread_mutex_lock(&free_lock);
    if (free_head != 0) {
        index = free_head - 1;
        free_head = slots[index].next_free;
    } else if (atomic_load_explicit(&high_water, memory_order_relaxed) < LIMIT_HANDLES) {
        index = atomic_fetch_add_explicit(&high_water, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&free_lock);
    return index;
}

static void slot_give(uint32_t index)
{
    pthread_mutex_lock(&free_lock);
    slots[index].next_free = free_head;
    free_head = index + 1;
    pthread_mutex_unlock(&free_lock);
}

int handle_new(const struct handle_class *class, void *object, uintptr_t *value)
{
    uint32_t index = slot_take();

    if (index == LIMIT_HANDLES) {
        return WSAEMFILE;
    }
    struct slot *slot = &slots[index];
    slot->class = class;
    slot->object = object;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    uint64_t open;
    do {
        unsigned generation = next_generation(word_generation(word));
        *value = value_of(index, generation); /* part of the object, perhaps: before it is seen */
        open = (uint64_t)generation << GENERATION_SHIFT | PUBLISHED | OCCUPIED |
               ((word & REFERENCES_MASK) + 1);
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, open, memory_order_release,
                                                    memory_order_relaxed));
    return 0;
}

void *handle_get(uintptr_t value, enum handle_kind kind)
{
    if (!value_plausible(value)) {
        return NULL;
    }
    struct slot *slot = &slots[value_index(value)];
    uint64_t word = atomic_fetch_add_explicit(&slot->word, 1, memory_order_acquire);
    if (word_matches(word, value) && slot->class->kind == kind) {
        return slot->object;
    }
    handle_put(value);
    return NULL;
}

void handle_ref(uintptr_t value)
{
    atomic_fetch_add_explicit(&slots[value_index(value)].word, 1, memory_order_relaxed);
}

void handle_put(uintptr_t value)
{
    uint32_t index = value_index(value);
    struct slot *slot = &slots[index];
    uint64_t word = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel) - 1;

    if ((word & REFERENCES_MASK) != 0 || (word & OCCUPIED) == 0) {
        return;
    }
    if (!atomic_compare_exchange_strong_explicit(&slot->word, &word, word & ~OCCUPIED,
                                                 memory_order_acq_rel, memory_order_relaxed)) {
        return; /* a stray reference came; it finds the zero when it goes */
    }
    slot->class->release(slot->object);
    slot_give(index);
}

void *handle_close(uintptr_t value, enum handle_kind kind)
{
    void *object = handle_get(value, kind);

    if (object == NULL) {
        return NULL;
    }
    struct slot *slot = &slots[value_index(value)];
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (!word_matches(word, value)) {
            object = NULL; /* another thread was first */
            break;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~PUBLISHED,
                                                    memory_order_acq_rel, memory_order_relaxed));
    handle_put(value);
    return object;
}

void handle_each(enum handle_kind kind, void (*visit)(uintptr_t value, void *context),
                 void *context)
{
    uint32_t end = atomic_load_explicit(&high_water, memory_order_relaxed);

    for (uint32_t i = 0; i < end; i++) {
        uint64_t word = atomic_load_explicit(&slots[i].word, memory_order_relaxed);
        uintptr_t value = value_of(i, word_generation(word));
        if ((word & PUBLISHED) == 0 || handle_get(value, kind) == NULL) {
            continue;
        }
        visit(value, context);
        handle_put(value);
    }
}
