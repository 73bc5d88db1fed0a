/*
 * queue.c - a ring of frames and the slots in which their bytes lie.
 */
#include "drivers/fault/queue.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum {
    PAGE_BYTES = 4096,
    /* In front of an Ethernet header, so that the IP header 14 bytes on is aligned. */
    ETHERNET_SHIFT_BYTES = 2,
    SLOT_BYTES = (LINK_FRAME_MAX_BYTES + ETHERNET_SHIFT_BYTES + PAGE_BYTES - 1) / PAGE_BYTES *
                 PAGE_BYTES,
};

_Static_assert(FAULT_QUEUE_FRAMES <= UINT16_MAX, "numbers of slots fit free_slots");

#define MEMORY_BYTES ((size_t)FAULT_QUEUE_FRAMES * SLOT_BYTES)

int fault_queue_open(struct fault_queue *queue, bool ip_only)
{
    /* Address space, of which only what frames touch becomes memory. */
    void *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        return -ENOMEM;
    }
    queue->memory = memory;
    queue->shift_bytes = ip_only ? 0 : ETHERNET_SHIFT_BYTES;
    for (unsigned i = 0; i < FAULT_QUEUE_FRAMES; i++) {
        queue->free_slots[i] = (uint16_t)(FAULT_QUEUE_FRAMES - 1 - i);
    }
    queue->free_count = FAULT_QUEUE_FRAMES;
    return 0;
}

void fault_queue_close(struct fault_queue *queue)
{
    if (queue->memory != NULL) {
        munmap(queue->memory, MEMORY_BYTES);
    }
    memset(queue, 0, sizeof(*queue));
}

uint8_t *fault_queue_slot(struct fault_queue *queue)
{
    if (queue->free_count == 0) {
        return NULL;
    }
    queue->free_count--;
    return queue->memory + (size_t)queue->free_slots[queue->free_count] * SLOT_BYTES +
           queue->shift_bytes;
}

void fault_queue_free(struct fault_queue *queue, const uint8_t *data)
{
    queue->free_slots[queue->free_count] = (uint16_t)((size_t)(data - queue->memory) / SLOT_BYTES);
    queue->free_count++;
}

void fault_queue_push(struct fault_queue *queue, const struct fault_entry *entry)
{
    queue->ring[(queue->first + queue->count) % FAULT_QUEUE_FRAMES] = *entry;
    queue->count++;
}

const struct fault_entry *fault_queue_first(const struct fault_queue *queue)
{
    return queue->count > 0 ? &queue->ring[queue->first] : NULL;
}

void fault_queue_pop(struct fault_queue *queue)
{
    queue->first = (queue->first + 1) % FAULT_QUEUE_FRAMES;
    queue->count--;
}
