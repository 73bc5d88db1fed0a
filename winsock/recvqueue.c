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
    struct packet *packet;

    while ((packet = recvqueue_pop(queue)) != NULL) {
        packet_put(packet);
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
    if (queue->count != 0 && queue->bytes + bytes > budget_bytes) {
        return RECVQUEUE_FULL;
    }
    if (queue->count == queue->capacity && !grow(queue)) {
        return RECVQUEUE_NO_MEMORY;
    }
    return RECVQUEUE_ROOM;
}

void recvqueue_push(struct recvqueue *queue, struct packet *packet, uint32_t bytes)
{
    struct recvqueue_entry *entry =
        &queue->ring[(queue->head + queue->count) & (queue->capacity - 1)];

    entry->packet = packet;
    entry->bytes = bytes;
    queue->count++;
    queue->bytes += bytes;
}

struct packet *recvqueue_pop(struct recvqueue *queue)
{
    if (queue->count == 0) {
        return NULL;
    }
    struct recvqueue_entry *entry = &queue->ring[queue->head & (queue->capacity - 1)];
    queue->head++;
    queue->count--;
    queue->bytes -= entry->bytes;
    return entry->packet;
}

const struct packet *recvqueue_front(const struct recvqueue *queue)
{
    return queue->count != 0 ? queue->ring[queue->head & (queue->capacity - 1)].packet : NULL;
}

struct packet *recvqueue_peek(const struct recvqueue *queue)
{
    if (queue->count == 0) {
        return NULL;
    }
    return packet_get(queue->ring[queue->head & (queue->capacity - 1)].packet);
}
