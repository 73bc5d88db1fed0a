/*
 * recvqueue.c - a ring that doubles when it is full, and goes when it has become empty and is large:
 * so it takes a burst of more than RECVQUEUE_KEPT datagrams to have the receive path allocate again.
 * Limits: LIMIT_QUEUE_DATAGRAMS datagrams and errors.
 */
#include "winsock/recvqueue.h"

#include <stdlib.h>
#include <string.h>

#include "config/limits.h"

_Static_assert(LIMIT_PACKET_LENGTH_BYTES <= UINT16_MAX, "recvqueue_entry.bytes, offset");
_Static_assert(LIMIT_PACKET_BYTES <= UINT32_MAX, "recvqueue.bytes");
_Static_assert(LIMIT_QUEUE_ERRORS <= UINT16_MAX, "recvqueue.errors");
_Static_assert(sizeof(struct recvqueue) == 64, "half of it is the entries");

void recvqueue_init(struct recvqueue *queue)
{
    memset(queue, 0, sizeof(*queue));
    queue->ring = queue->own;
    queue->capacity = RECVQUEUE_OWN;
}

void recvqueue_shrink(struct recvqueue *queue)
{
    free(queue->ring);
    queue->ring = queue->own;
    queue->capacity = RECVQUEUE_OWN;
}

void recvqueue_move(struct recvqueue *to, struct recvqueue *from)
{
    *to = *from;
    if (from->ring == from->own) {
        to->ring = to->own;
    }
    recvqueue_init(from);
}

/* The entry that index others stand before. There is a ring. */
static struct recvqueue_entry *entry_at(const struct recvqueue *queue, uint32_t index)
{
    return &queue->ring[(queue->head + index) & (queue->capacity - 1)];
}

static struct recvqueue_entry *oldest(const struct recvqueue *queue)
{
    return entry_at(queue, 0);
}

void recvqueue_fini(struct recvqueue *queue)
{
    while (!recvqueue_empty(queue)) {
        struct recvqueue_entry *entry = oldest(queue);
        if (entry->is_error) {
            recvqueue_drop_error(queue);
        } else {
            packet_put(entry->packet);
            recvqueue_advance(queue);
        }
    }
    if (queue->ring != queue->own) {
        free(queue->ring);
    }
    recvqueue_init(queue);
}

static bool grow(struct recvqueue *queue)
{
    uint32_t capacity = queue->capacity * 2;
    struct recvqueue_entry *ring = malloc(capacity * sizeof(*ring));

    if (ring == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < queue->count; i++) {
        ring[i] = *entry_at(queue, i);
    }
    if (queue->ring != queue->own) {
        free(queue->ring);
    }
    queue->ring = ring;
    queue->capacity = capacity;
    queue->head = 0;
    return true;
}

static enum recvqueue_room reserve_entries(struct recvqueue *queue, uint32_t entries)
{
    bool room = queue->count + entries <= queue->capacity || grow(queue);

    return room ? RECVQUEUE_ROOM : RECVQUEUE_NO_MEMORY;
}

/* How many more may stand in the queue, whatever their size. */
static uint32_t places_left(const struct recvqueue *queue)
{
    return LIMIT_QUEUE_DATAGRAMS - queue->datagrams - queue->errors;
}

enum recvqueue_room recvqueue_reserve_slowly(struct recvqueue *queue, uint32_t bytes,
                                             uint32_t budget_bytes)
{
    if (budget_bytes == 0 || places_left(queue) == 0) {
        return RECVQUEUE_FULL;
    }
    if (queue->datagrams != 0 && (uint64_t)queue->bytes + bytes > budget_bytes) {
        return RECVQUEUE_FULL;
    }
    return reserve_entries(queue, 1);
}

enum recvqueue_room recvqueue_reserve_share(struct recvqueue *queue, uint32_t length,
                                            uint32_t segment_size, uint32_t budget_bytes,
                                            struct recvqueue_share *share)
{
    uint32_t places = budget_bytes != 0 ? places_left(queue) : 0;
    uint64_t room = budget_bytes > queue->bytes ? budget_bytes - queue->bytes : 0;
    uint64_t fit = room / segment_size;
    uint32_t rest = length % segment_size;

    if (fit == 0 && queue->datagrams == 0) {
        fit = 1;
    }
    fit = fit < length / segment_size ? fit : length / segment_size;
    fit = fit < places ? fit : places;
    share->count = (uint32_t)fit;
    share->last = rest != 0 && fit < places && fit * segment_size + rest <= room;
    if (share->count == 0 && !share->last) {
        return RECVQUEUE_FULL;
    }
    return reserve_entries(queue, 2);
}

static struct recvqueue_entry *append(struct recvqueue *queue)
{
    return entry_at(queue, queue->count++);
}

void recvqueue_push_run(struct recvqueue *queue, struct packet *packet, uint32_t bytes,
                        uint32_t count)
{
    *append(queue) = (struct recvqueue_entry){
        .packet = packet,
        .bytes = (uint16_t)bytes,
        .is_run = count > 1,
    };
    queue->datagrams += count;
    queue->bytes += bytes;
}

enum recvqueue_room recvqueue_push_error(struct recvqueue *queue,
                                         const struct recvqueue_error *error)
{
    if (queue->errors >= LIMIT_QUEUE_ERRORS || places_left(queue) == 0) {
        return RECVQUEUE_FULL;
    }
    if (reserve_entries(queue, 1) != RECVQUEUE_ROOM) {
        return RECVQUEUE_NO_MEMORY;
    }
    struct recvqueue_error *copy = malloc(sizeof(*copy));
    if (copy == NULL) {
        return RECVQUEUE_NO_MEMORY;
    }
    *copy = *error;
    *append(queue) = (struct recvqueue_entry){.error = copy, .is_error = true};
    queue->errors++;
    return RECVQUEUE_ROOM;
}

const struct recvqueue_error *recvqueue_error(const struct recvqueue *queue)
{
    return queue->count != 0 && oldest(queue)->is_error ? oldest(queue)->error : NULL;
}

void recvqueue_drop_error(struct recvqueue *queue)
{
    free(oldest(queue)->error);
    queue->errors--;
    recvqueue_advance(queue);
}

bool recvqueue_look(const struct recvqueue *queue, uint32_t index, struct recvqueue_run *out)
{
    if (index >= queue->count || entry_at(queue, index)->is_error) {
        return false;
    }
    const struct recvqueue_entry *entry = entry_at(queue, index);
    *out = (struct recvqueue_run){entry->packet, entry->offset, entry->bytes};
    return true;
}

void recvqueue_take(struct recvqueue *queue, uint32_t bytes, uint32_t count)
{
    struct recvqueue_entry *entry = oldest(queue);

    queue->bytes -= bytes;
    queue->datagrams -= count;
    if (bytes != entry->bytes) {
        packet_get(entry->packet);
        entry->offset = (uint16_t)(entry->offset + bytes);
        entry->bytes = (uint16_t)(entry->bytes - bytes);
        return;
    }
    recvqueue_advance(queue);
}

/* The oldest datagram alone, without a reference. */
static bool first_of_front(const struct recvqueue *queue, struct recvqueue_run *out)
{
    if (!recvqueue_look(queue, 0, out)) {
        return false;
    }
    if (oldest(queue)->is_run) {
        uint32_t segment_size = packet_view(out->packet).meta->segment_size;
        out->bytes = segment_size < out->bytes ? segment_size : out->bytes;
    }
    return true;
}

bool recvqueue_pop(struct recvqueue *queue, struct recvqueue_run *out)
{
    if (!first_of_front(queue, out)) {
        return false;
    }
    recvqueue_take(queue, out->bytes, 1);
    return true;
}

bool recvqueue_peek(const struct recvqueue *queue, struct recvqueue_run *out)
{
    if (!first_of_front(queue, out)) {
        return false;
    }
    packet_get(out->packet);
    return true;
}

struct datagram recvqueue_view(const struct recvqueue_run *run, struct datagram_meta *meta)
{
    struct datagram whole = packet_view(run->packet);

    return datagram_part(&whole, run->offset, run->bytes, meta);
}
