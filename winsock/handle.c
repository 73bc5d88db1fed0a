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
 * The slot of an object's first handle is its home: there the references on the object are counted,
 * and its open handles. The slot of a further handle has a reference on the home as long as it is
 * occupied; a look-up through it takes one more and lets go of the slot. A count of open handles
 * that has reached zero stays there: exactly one caller of handle_close() is told that it was the
 * last, and an object whose end has begun gets no new handle.
 *
 * A look-up can also pin a first handle's slot (pin.h): it counts nothing then, and whoever is about
 * to release the object waits until no thread has the slot pinned.
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

#define INDEX_BITS      16
#define GENERATION_BITS 13 /* with the index and two zero bits: 31, a positive int */
#define GENERATION_MASK ((1u << GENERATION_BITS) - 1)

#define REFERENCES_MASK  0xffffffffull
#define PUBLISHED        (1ull << 32)
#define OCCUPIED         (1ull << 33)
#define GENERATION_SHIFT 40

_Static_assert(LIMIT_HANDLES <= 1 << INDEX_BITS, "a slot number has to fit its field");

/* Two to a line of the processor's caches; slot_number() keeps calls on neighbours out of one line. */
struct slot {
    _Alignas(32) _Atomic uint64_t word;
    union {
        void *object; /* this and the next five are written while the slot is free */
        struct slot *next_free; /* while it is; under free_lock */
    };
    void (*release)(void *object);
    uint16_t home; /* number of the slot where the object's references are counted; its own: here */
    uint8_t kind;  /* enum handle_kind */
    uint8_t mark : 7;
    bool pinned : 1;     /* handle_pin() finds it */
    atomic_uint handles; /* of a home: open handles of the object */
};

_Static_assert(sizeof(struct slot) == 32, "two to a line");
_Static_assert(HANDLE_ANY <= UINT8_MAX && LIMIT_HANDLES - 1 <= UINT16_MAX, "narrow members");

/* Slots that slot_number() mixes: a page of them, so that few handles touch few pages. */
#define SLOT_GROUP 128u

_Static_assert(LIMIT_HANDLES % SLOT_GROUP == 0, "the last group is whole");

static struct slot slots[LIMIT_HANDLES];

/* What handle_information() keeps, by a slot's number: few handles have any. */
static _Atomic uint8_t informations[LIMIT_HANDLES];

static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *free_head;      /* under free_lock */
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

/*
 * The slot that is the nth to be used for the first time: of each group those with even numbers come
 * first, so that objects which were made one after the other share no line.
 */
static uint32_t slot_number(uint32_t nth)
{
    uint32_t within = nth % SLOT_GROUP;

    return nth - within + within % (SLOT_GROUP / 2) * 2 + within / (SLOT_GROUP / 2);
}

static uint32_t number_of(const struct slot *slot)
{
    return (uint32_t)(slot - slots);
}

static struct slot *slot_of(uintptr_t value)
{
    return &slots[value_index(value)];
}

static struct slot *home_of(const struct slot *slot)
{
    return &slots[slot->home];
}

/* Takes a slot out of the free list or a fresh one. Returns NULL when there is none. */
static struct slot *slot_take(void)
{
    struct slot *slot = NULL;

    pthread_mutex_lock(&free_lock);
    if (free_head != NULL) {
        slot = free_head;
        free_head = slot->next_free;
    } else if (atomic_load_explicit(&high_water, memory_order_relaxed) < LIMIT_HANDLES) {
        slot = &slots[slot_number(atomic_fetch_add_explicit(&high_water, 1,
                                                            memory_order_relaxed))];
    }
    pthread_mutex_unlock(&free_lock);
    return slot;
}

static void slot_give(struct slot *slot)
{
    pthread_mutex_lock(&free_lock);
    slot->next_free = free_head;
    free_head = slot;
    pthread_mutex_unlock(&free_lock);
}

/* Opens a slot that has been taken and filled in. Returns the value of the handle. */
static void publish(struct slot *slot, uintptr_t *value)
{
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    uint64_t open;

    if (atomic_load_explicit(&informations[number_of(slot)], memory_order_relaxed) != 0) {
        atomic_store_explicit(&informations[number_of(slot)], 0, memory_order_relaxed);
    }
    do {
        unsigned generation = next_generation(word_generation(word));
        /* The value may be part of the object, so it is written before anybody can find that. */
        *value = value_of(number_of(slot), generation);
        open = (uint64_t)generation << GENERATION_SHIFT | PUBLISHED | OCCUPIED |
               ((word & REFERENCES_MASK) + 1);
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, open, memory_order_release,
                                                    memory_order_relaxed));
}

int handle_new(const struct handle_class *class, void *object, uintptr_t *value)
{
    struct slot *slot = slot_take();

    if (slot == NULL) {
        return WSAEMFILE;
    }
    slot->object = object;
    slot->release = class->release;
    slot->home = (uint16_t)number_of(slot);
    slot->kind = (uint8_t)class->kind;
    slot->pinned = class->pinned;
    slot->mark = 0;
    atomic_store_explicit(&slot->handles, 1, memory_order_relaxed);
    publish(slot, value);
    return 0;
}

static void slot_ref(struct slot *slot)
{
    atomic_fetch_add_explicit(&slot->word, 1, memory_order_relaxed);
}

static void slot_put(struct slot *slot)
{
    uint64_t word = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel) - 1;

    if ((word & REFERENCES_MASK) != 0 || (word & OCCUPIED) == 0) {
        return;
    }
    if (!atomic_compare_exchange_strong_explicit(&slot->word, &word, word & ~OCCUPIED,
                                                 memory_order_acq_rel, memory_order_relaxed)) {
        return; /* a stray reference came; it finds the zero when it goes */
    }
    if (home_of(slot) == slot) {
        if (slot->pinned) {
            pin_wait(slot);
        }
        slot->release(slot->object);
    } else {
        slot_put(home_of(slot)); /* NOLINT(misc-no-recursion): a home is its own home */
    }
    slot_give(slot);
}

/* The open slot of a value, with a reference on it; NULL when there is none of the kinds. */
static struct slot *slot_get(uintptr_t value, unsigned kinds)
{
    if (!value_plausible(value)) {
        return NULL;
    }
    struct slot *slot = slot_of(value);
    uint64_t word = atomic_fetch_add_explicit(&slot->word, 1, memory_order_acquire);
    if (word_matches(word, value) && (slot->kind & kinds) != 0) {
        return slot;
    }
    slot_put(slot);
    return NULL;
}

/* Exchanges a reference on a slot for one on its home, which is returned. */
static struct slot *go_home(struct slot *slot)
{
    struct slot *home = home_of(slot);

    if (home != slot) {
        slot_ref(home);
        slot_put(slot);
    }
    return home;
}

void *handle_get(uintptr_t value, unsigned kinds)
{
    struct slot *slot = slot_get(value, kinds);

    return slot != NULL ? go_home(slot)->object : NULL;
}

void *handle_pin(uintptr_t value, unsigned kinds)
{
    struct slot *slot = slot_of(value);

    if (!value_plausible(value) || !pin_set(slot)) {
        return NULL;
    }
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    if (word_matches(word, value) && (slot->kind & kinds) != 0 && slot->pinned) {
        return slot->object;
    }
    pin_clear();
    return NULL;
}

void handle_fetch(uintptr_t value)
{
    __builtin_prefetch(slot_of(value));
}

void handle_wait_unpinned(uintptr_t value)
{
    pin_wait(slot_of(value));
}

void *handle_get_any(uintptr_t value, enum handle_kind *kind, uintptr_t *reference)
{
    struct slot *slot = slot_get(value, HANDLE_ANY);

    if (slot == NULL) {
        return NULL;
    }
    *kind = (enum handle_kind)slot->kind;
    slot = go_home(slot);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    *reference = value_of(number_of(slot), word_generation(word));
    return slot->object;
}

bool handle_information(uintptr_t value, unsigned mask, unsigned bits, unsigned *now)
{
    struct slot *slot = slot_get(value, HANDLE_ANY);

    if (slot == NULL) {
        return false;
    }
    _Atomic uint8_t *kept = &informations[number_of(slot)];
    uint8_t old = atomic_load_explicit(kept, memory_order_relaxed);
    uint8_t new;
    do {
        new = (uint8_t)((old & ~mask) | (bits & mask));
    } while (new != old && !atomic_compare_exchange_weak(kept, &old, new));
    *now = new;
    slot_put(slot);
    return true;
}

void handle_ref(uintptr_t value)
{
    slot_ref(slot_of(value));
}

void handle_put(uintptr_t value)
{
    slot_put(slot_of(value));
}

unsigned handle_mark(uintptr_t value)
{
    struct slot *slot = slot_get(value, HANDLE_ANY);
    unsigned mark = 0;

    if (slot != NULL) {
        mark = slot->mark;
        slot_put(slot);
    }
    return mark;
}

/* One open handle more, unless there is none any more. */
static bool count_handle(struct slot *home)
{
    unsigned open = atomic_load_explicit(&home->handles, memory_order_relaxed);

    do {
        if (open == 0) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&home->handles, &open, open + 1,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

/* Everything that can fail comes before the count: whoever takes it back might be the last. */
int handle_duplicate(uintptr_t value, enum handle_kind kind, unsigned mark, uintptr_t *out)
{
    struct slot *home = slot_of(value);
    struct slot *slot = slot_take();

    if (slot == NULL) {
        return WSAEMFILE;
    }
    if (!count_handle(home)) {
        slot_give(slot);
        return WSA_INVALID_HANDLE;
    }
    slot_ref(home);
    slot->object = home->object;
    slot->home = (uint16_t)number_of(home);
    slot->kind = (uint8_t)kind;
    slot->pinned = false;
    slot->mark = mark & 0x7f;
    publish(slot, out);
    return 0;
}

void *handle_close(uintptr_t value, unsigned kinds, bool *last)
{
    struct slot *slot = slot_get(value, kinds);

    if (slot == NULL) {
        return NULL;
    }
    void *object = slot->object;
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (!word_matches(word, value)) {
            object = NULL; /* another thread was first */
            break;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slot->word, &word, word & ~PUBLISHED,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (object != NULL) {
        unsigned open = atomic_fetch_sub_explicit(&home_of(slot)->handles, 1, memory_order_acq_rel);
        if (last != NULL) {
            *last = open == 1;
        }
    }
    slot_put(slot);
    return object;
}

void handle_each(unsigned kinds, void (*visit)(uintptr_t value, void *object, void *context),
                 void *context)
{
    uint32_t end = atomic_load_explicit(&high_water, memory_order_relaxed);

    for (uint32_t n = 0; n < end; n++) {
        uint32_t i = slot_number(n);
        uint64_t word = atomic_load_explicit(&slots[i].word, memory_order_relaxed);
        uintptr_t value = value_of(i, word_generation(word));
        struct slot *slot = (word & PUBLISHED) != 0 ? slot_get(value, kinds) : NULL;
        if (slot != NULL) {
            visit(value, slot->object, context);
            slot_put(slot);
        }
    }
}
