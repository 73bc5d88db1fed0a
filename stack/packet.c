/*
 * packet.c - datagrams that outlive their burst.
 *
 * Theory of operation. A kept datagram is one block: reference count, metadata, payload. Blocks of
 * a few sizes are recycled; datagrams that would leave most of one empty come from malloc(). Blocks
 * are taken under the stack lock only, but given back by any thread: a thread that gives back pushes
 * the block onto a lock-free stack of returns (a single compare-and-swap; nothing is ever popped
 * singly, so there is no ABA), and the taker, when its own list is empty, takes over all returns at
 * once. Taking costs no atomic operation, giving back one or two. Threads save most of these, too:
 * each keeps the blocks that it gave back last in a short list of its own. When it is the one to take
 * next, as a thread is that drives the stack itself, it has them from there, warm from its cache; when
 * the list is full, all of it is returned at once.
 *
 * A datagram that may have to be kept can be described in the block in which it would be
 * (packet_spare_locked()): to keep it then takes a copy of the payload alone. The block stays the
 * spare one of its class until a datagram is kept in it.
 *
 * Bounds: LIMIT_PACKET_BYTES in blocks altogether, cached ones included, which are given up when it
 * is reached. Sockets' receive budgets lie below it; it holds off a flood that fans out to very many
 * sockets.
 */
#include "stack/packet.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "stack/internal.h"

/* CLASS_OTHER: not recycled. */
enum packet_class {
    CLASS_SMALL,
    CLASS_MIDDLE,
    CLASS_FRAME,
    CLASS_BUNDLE,
    CLASS_WHOLE,
    CLASS_OTHER,
};

/* Room for struct packet in a block whose payload is a power of two, bytes. */
enum { HEADER_ROOM = 128 };

_Static_assert(sizeof(struct packet) <= HEADER_ROOM, "HEADER_ROOM");

/*
 * Block sizes: a datagram of 64 bytes of payload, one of 256, a frame, a superframe of small
 * datagrams (Linux makes 128 at most), and one of frames. The small ones are as large as what
 * glibc's malloc() gives with 8 bytes on top: very many of them may wait in queues.
 */
static const size_t class_bytes[] = {
    [CLASS_SMALL] = sizeof(struct packet) + 64,
    [CLASS_MIDDLE] = sizeof(struct packet) + 256,
    [CLASS_FRAME] = 2048,
    [CLASS_BUNDLE] = 128 * 64 + HEADER_ROOM,
    [CLASS_WHOLE] = 65536 + HEADER_ROOM,
};

struct recycler {
    struct packet *free;               /* the taker's, under the stack lock; the first is the spare */
    _Atomic(struct packet *) returned; /* anybody's */
    unsigned blocks;                   /* made and not freed; under the stack lock */
};

static struct recycler recyclers[CLASS_OTHER];
static size_t block_bytes;        /* of the recycled classes; under the stack lock */
static atomic_size_t other_bytes; /* of blocks that are not recycled */
static atomic_uint other_blocks;

/* Blocks of one class, none larger than a frame's, that a thread has given back and still keeps. */
struct spent {
    struct packet *first, *last;  /* while count is not 0 */
    atomic_uint count;            /* at most SPENT_MAX; changed by the thread alone */
    bool entered;                 /* stands in the list of all */
    struct spent *next, *previous;
};

enum { SPENT_MAX = LIMIT_BURST_FRAMES };

static _Thread_local struct spent spent_own;

/* Of all threads that have one: to count what lies there. spent_lock is a leaf. */
static pthread_mutex_t spent_lock = PTHREAD_MUTEX_INITIALIZER;
static struct spent *spent_first;
static pthread_once_t spent_once = PTHREAD_ONCE_INIT;
static pthread_key_t spent_key;
static bool spent_usable;

static unsigned spent_count(const struct spent *spent)
{
    return atomic_load_explicit(&spent->count, memory_order_relaxed);
}

static void spent_set_count(struct spent *spent, unsigned count)
{
    atomic_store_explicit(&spent->count, count, memory_order_relaxed);
}

static unsigned list_length(const struct packet *packet)
{
    unsigned length = 0;

    for (; packet != NULL; packet = packet->next) {
        length++;
    }
    return length;
}

unsigned packet_outstanding(void)
{
    unsigned count = atomic_load(&other_blocks);

    pthread_mutex_lock(&spent_lock); /* no thread's list is dissolved meanwhile */
    for (unsigned i = 0; i < CLASS_OTHER; i++) {
        count += recyclers[i].blocks - list_length(recyclers[i].free) -
                 list_length(atomic_load(&recyclers[i].returned));
    }
    for (const struct spent *spent = spent_first; spent != NULL; spent = spent->next) {
        count -= spent_count(spent);
    }
    pthread_mutex_unlock(&spent_lock);
    return count;
}

static size_t packet_bytes(uint32_t length)
{
    return sizeof(struct packet) + length;
}

static void free_list(struct packet *packet)
{
    while (packet != NULL) {
        struct packet *next = packet->next;
        block_bytes -= class_bytes[packet->class];
        recyclers[packet->class].blocks--;
        free(packet);
        packet = next;
    }
}

/* The blocks that the calling thread has kept, all of one class. They are kept no longer. */
static struct packet *spent_take(void)
{
    struct spent *spent = &spent_own;

    if (spent_count(spent) == 0) {
        return NULL;
    }
    spent_set_count(spent, 0);
    spent->last->next = NULL;
    return spent->first;
}

/* Are blocks of a class among these? */
static bool spent_has(enum packet_class class)
{
    return spent_count(&spent_own) != 0 && spent_own.first->class == class;
}

void packet_trim(void)
{
    free_list(spent_take());
    for (unsigned i = 0; i < CLASS_OTHER; i++) {
        free_list(recyclers[i].free);
        recyclers[i].free = NULL;
        free_list(atomic_exchange(&recyclers[i].returned, NULL));
    }
}

static bool over_limit(size_t more)
{
    return block_bytes + atomic_load_explicit(&other_bytes, memory_order_relaxed) + more >
           LIMIT_PACKET_BYTES;
}

/* Is there room for so many more bytes, at the expense of cached blocks if need be? */
static bool make_room(size_t bytes)
{
    if (over_limit(bytes)) {
        packet_trim();
    }
    return !over_limit(bytes);
}

/* Puts a block into the free list, which is empty, if there is one or one may be made. */
static void refill(enum packet_class class)
{
    struct recycler *recycler = &recyclers[class];

    if (spent_has(class)) {
        recycler->free = spent_take();
        return;
    }
    recycler->free = atomic_exchange_explicit(&recycler->returned, NULL, memory_order_acquire);
    if (recycler->free != NULL || !make_room(class_bytes[class])) {
        return;
    }
    struct packet *packet = malloc(class_bytes[class]);
    if (packet != NULL) {
        packet->class = (uint8_t)class;
        packet->next = NULL;
        recycler->free = packet;
        recycler->blocks++;
        block_bytes += class_bytes[class];
    }
}

/* The first free block, which stays free; NULL: none. */
static inline struct packet *first_free(enum packet_class class)
{
    if (recyclers[class].free == NULL) {
        refill(class);
    }
    return recyclers[class].free;
}

static struct packet *take_recycled(enum packet_class class)
{
    struct packet *packet = first_free(class);

    if (packet != NULL) {
        recyclers[class].free = packet->next;
    }
    return packet;
}

static struct packet *take_other(size_t bytes)
{
    if (!make_room(bytes)) {
        return NULL;
    }
    struct packet *packet = malloc(bytes);
    if (packet != NULL) {
        packet->class = CLASS_OTHER;
        atomic_fetch_add_explicit(&other_bytes, bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&other_blocks, 1, memory_order_relaxed);
    }
    return packet;
}

/* The class of a block of so many bytes. */
static inline enum packet_class class_of(size_t bytes)
{
    if (bytes <= class_bytes[CLASS_SMALL]) {
        return CLASS_SMALL;
    }
    if (bytes <= class_bytes[CLASS_MIDDLE]) {
        return CLASS_MIDDLE;
    }
    if (bytes <= class_bytes[CLASS_FRAME]) {
        return CLASS_FRAME;
    }
    if (bytes <= class_bytes[CLASS_BUNDLE]) {
        return CLASS_BUNDLE;
    }
    return bytes > class_bytes[CLASS_WHOLE] / 2 ? CLASS_WHOLE : CLASS_OTHER;
}

static struct packet *packet_new(uint32_t length)
{
    size_t bytes = packet_bytes(length);
    enum packet_class class = class_of(bytes);

    return class == CLASS_OTHER ? take_other(bytes) : take_recycled(class);
}

struct packet *packet_spare_locked(uint32_t length, struct datagram_meta **meta, void **payload)
{
    enum packet_class class = class_of(packet_bytes(length));
    struct packet *packet = class <= CLASS_FRAME ? first_free(class) : NULL;

    if (packet != NULL) {
        *meta = &packet->meta;
        *payload = packet->data;
    }
    return packet;
}

/* Pushes blocks of one class, linked from first to last, onto the returns. */
static void give_back(struct packet *first, struct packet *last)
{
    struct recycler *recycler = &recyclers[first->class];

    last->next = atomic_load_explicit(&recycler->returned, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&recycler->returned, &last->next, first,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

static void spent_return(struct spent *spent)
{
    if (spent_count(spent) != 0) {
        give_back(spent->first, spent->last);
        spent_set_count(spent, 0);
    }
}

/* The thread ends. It may come back, when it gives a block back after this. */
static void spent_leave(void *of)
{
    struct spent *spent = of;

    pthread_mutex_lock(&spent_lock);
    if (spent->previous != NULL) {
        spent->previous->next = spent->next;
    } else {
        spent_first = spent->next;
    }
    if (spent->next != NULL) {
        spent->next->previous = spent->previous;
    }
    spent_return(spent);
    pthread_mutex_unlock(&spent_lock);
    spent->entered = false;
}

static void spent_prepare(void)
{
    spent_usable = pthread_key_create(&spent_key, spent_leave) == 0;
}

/* Returns whether the thread has a list from now on. */
static bool spent_enter(struct spent *spent)
{
    pthread_once(&spent_once, spent_prepare);
    if (!spent_usable || pthread_setspecific(spent_key, spent) != 0) {
        return false;
    }
    pthread_mutex_lock(&spent_lock);
    spent->previous = NULL;
    spent->next = spent_first;
    if (spent_first != NULL) {
        spent_first->previous = spent;
    }
    spent_first = spent;
    pthread_mutex_unlock(&spent_lock);
    spent->entered = true;
    return true;
}

/* Gives a recycled block back: into the thread's own list, unless it is too much to lie about. */
static void recycle(struct packet *packet)
{
    struct spent *spent = &spent_own;

    if (packet->class > CLASS_FRAME || (!spent->entered && !spent_enter(spent))) {
        give_back(packet, packet);
        return;
    }
    unsigned count = spent_count(spent);
    if (count == SPENT_MAX || (count != 0 && spent->first->class != packet->class)) {
        spent_return(spent);
        count = 0;
    }
    if (count == 0) {
        spent->last = packet;
    }
    packet->next = spent->first; /* of the last one: anything */
    spent->first = packet;
    spent_set_count(spent, count + 1);
}

static void packet_release(struct packet *packet)
{
    if (packet->class != CLASS_OTHER) {
        recycle(packet);
        return;
    }
    atomic_fetch_sub_explicit(&other_bytes, packet_bytes(packet->meta.length),
                              memory_order_relaxed);
    atomic_fetch_sub_explicit(&other_blocks, 1, memory_order_relaxed);
    free(packet);
}

struct packet *packet_get(struct packet *packet)
{
    atomic_fetch_add_explicit(&packet->references, 1, memory_order_relaxed);
    return packet;
}

void packet_put(struct packet *packet)
{
    /* Whoever holds the only reference is the only one who could add to it. */
    if (atomic_load_explicit(&packet->references, memory_order_acquire) == 1 ||
        atomic_fetch_sub_explicit(&packet->references, 1, memory_order_acq_rel) == 1) {
        packet_release(packet);
    }
}

/* --- datagrams on show --- */

void datagram_read(const struct datagram *datagram, uint32_t offset, void *target, uint32_t length)
{
    if (datagram->data != NULL) {
        memcpy(target, datagram->data + offset, length);
        return;
    }
    pbuf_copy_partial(datagram->chain, target, (u16_t)length,
                      (u16_t)(datagram->chain_offset + offset));
}

/* Keeps a datagram in the spare block that describes it. */
static struct packet *keep_in_spare(const struct datagram *datagram)
{
    struct packet *packet = datagram->spare;

    recyclers[packet->class].free = packet->next;
    atomic_init(&packet->references, 1);
    if (!datagram->in_spare) {
        memcpy(packet->data, datagram->data, packet->meta.length);
    }
    return packet;
}

struct datagram datagram_part(const struct datagram *all, uint32_t offset, uint32_t bytes,
                              struct datagram_meta *meta)
{
    uint16_t segment_size = all->meta->segment_size;
    struct datagram part = *all;

    if (segment_size == 0) {
        return part;
    }
    *meta = *all->meta;
    meta->length = bytes;
    meta->segment_size = bytes > segment_size ? segment_size : 0;
    meta->frame += offset / segment_size;
    part.meta = meta;
    part.exclusive = true;
    part.data = all->data != NULL ? all->data + offset : NULL;
    part.chain_offset += offset;
    return part;
}

struct packet *datagram_keep(struct datagram *datagram)
{
    if (datagram->spare != NULL) {
        return keep_in_spare(datagram);
    }
    if (datagram->kept == NULL) {
        struct packet *packet = packet_new(datagram->meta->length);
        if (packet == NULL) {
            return NULL;
        }
        packet->meta = *datagram->meta;
        datagram_read(datagram, 0, packet->data, datagram->meta->length);
        if (datagram->exclusive) {
            atomic_init(&packet->references, 1);
            return packet;
        }
        atomic_init(&packet->references, 2); /* the caller's, and that of the show */
        datagram->kept = packet;
        return packet;
    }
    return packet_get(datagram->kept);
}

bool packet_trace_wanted(void)
{
    return trace_wanted();
}

void packet_trace_delivery(const struct datagram_meta *meta)
{
    if (!trace_wanted()) {
        return;
    }
    stack_lock();
    const struct frame_info info = {
        .interface = interface_at(meta->interface_index),
        .number = meta->frame,
    };
    if (info.interface != NULL) {
        trace_station(&info, WINLWIP_TRACE_DELIVER, 0, meta->length, "from the queue of port %u",
                      meta->destination_port);
    }
    stack_unlock();
}
