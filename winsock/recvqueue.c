/*
 * recvqueue.c - a ring that doubles when it is full, so that the receive path allocates only while
 * a queue reaches a length it never had. Limits: LIMIT_QUEUE_DATAGRAMS entries.
 */
#include "winsock/recvqueue.h"

#include <stdlib.h>
#include <string.h>

#include "config/limits.h"

#define FIRST_CAPACITY 16u

void recvqueue_init(struct recvqueue *queue)
{
    memset(queue, 0, sizeof(*queue));
}

void recvqueue_fini(struct recvqueue *queue)
{
    while (!recvqueue_empty(queue)) {
        struct packet *packet = recvqueue_pop(queue);
        if (packet != NULL) {
            packet_put(packet);
        } else {
            recvqueue_drop_error(queue);
        }
    }
    free(queue->ring);
    recvqueue_init(queue);
}

static bool grow(struct recvqueue *queue)
{
    uint32_t capacity = queue->capacity != 0 ? queue->capacity * 2 : FIRST_CAPACITY;
    struct recvqueue_entry *ring = malloc(capacity * sizeof(*ring));

    if (ring == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < queue->count; i++) {
        ring[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
    }
    free(queue->ring);
    queue->ring = ring;
    queue->capacity = capacity;
    queue->head = 0;
    return true;
}

enum recvqueue_room recvqueue_reserve(struct recvqueue *queue, uint32_t bytes,
                                      uint32_t budget_bytes)
{
    if (budget_bytes == 0 || queue->count >= LIMIT_QUEUE_DATAGRAMS) {
        return RECVQUEUE_FULL;
    }
    if (queue->count != queue->errors && queue->bytes + bytes > budget_bytes) {
        return RECVQUEUE_FULL;
    }
    if (queue->count == queue->capacity && !grow(queue)) {
        return RECVQUEUE_NO_MEMORY;
    }
    return RECVQUEUE_ROOM;
}

static struct recvqueue_entry *append(struct recvqueue *queue)
{
    struct recvqueue_entry *entry =
        &queue->ring[(queue->head + queue->count) & (queue->capacity - 1)];

    queue->count++;
    return entry;
}

/* The oldest entry; the queue is not empty. */
static struct recvqueue_entry *oldest(const struct recvqueue *queue)
{
    return &queue->ring[queue->head & (queue->capacity - 1)];
}

void recvqueue_push(struct recvqueue *queue, struct packet *packet, uint32_t bytes)
{
    *append(queue) = (struct recvqueue_entry){.packet = packet, .bytes = bytes};
    queue->bytes += bytes;
}

enum recvqueue_room recvqueue_push_error(struct recvqueue *queue,
                                         const struct recvqueue_error *error)
{
    if (queue->errors >= LIMIT_QUEUE_ERRORS || queue->count >= LIMIT_QUEUE_DATAGRAMS) {
        return RECVQUEUE_FULL;
    }
    if (queue->count == queue->capacity && !grow(queue)) {
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
    queue->head++;
    queue->count--;
    queue->errors--;
}

struct packet *recvqueue_pop(struct recvqueue *queue)
{
    if (queue->count == 0 || oldest(queue)->is_error) {
        return NULL;
    }
    struct recvqueue_entry *entry = oldest(queue);
    queue->head++;
    queue->count--;
    queue->bytes -= entry->bytes;
    return entry->packet;
}

const struct packet *recvqueue_front(const struct recvqueue *queue)
{
    return queue->count == 0 || oldest(queue)->is_error ? NULL : oldest(queue)->packet;
}

struct packet *recvqueue_peek(const struct recvqueue *queue)
{
    if (queue->count == 0 || oldest(queue)->is_error) {
        return NULL;
    }
    return packet_get(oldest(queue)->packet);
}
