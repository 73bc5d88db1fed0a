/*
 * memlink.c - a link in memory.
 *
 * Theory of operation
 *
 * Objects: a queue of frames on their way in, a growing array of frames on their way out.
 * Each frame is its own heap block, exactly as long as the frame, so that the address sanitizer
 * sees a reader that goes past the end. Frames lent by receive() are overwritten and freed in the
 * next receive(), as the contract in stack/link.h allows: whoever keeps a pointer is found out.
 *
 * File descriptor: an eventfd used as a flag. It is written when the queue becomes non-
 * empty, or ends, and read when receive() finds nothing. An ended link leaves it readable.
 *
 * Locks: one mutex for everything, a leaf: nothing is called while it is held.
 */
#include "tests/support/memlink.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/offload.h"

struct entry {
    struct entry *next;
    struct link_frame frame;
    uint8_t data[];
};

struct sent {
    size_t bytes;
    uint8_t *data;
    struct memlink_packet packet;
};

struct memlink {
    struct link link; /* first: the stack's handle */
    pthread_mutex_t mutex;
    pthread_cond_t sent_more;
    struct entry *head, **tail; /* not handed over yet */
    struct entry *lent;         /* handed over by the last receive() */
    size_t pushed;
    bool returned;              /* receive() came back after the last frame */
    bool ended, closed;
    int error;
    size_t room;
    struct sent *sent;
    size_t sent_count, sent_room;
    struct memlink_packet packet; /* the one being sent */
    uint8_t device[FRAME_MAX_BYTES]; /* where it is finished */
};

static void *must(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "memlink: no memory\n");
        abort();
    }
    return pointer;
}

static void flag_raise(struct memlink *memlink)
{
    uint64_t one = 1;

    if (memlink->link.fd >= 0 && write(memlink->link.fd, &one, sizeof(one)) != sizeof(one))
        abort();
}

static void flag_lower(struct memlink *memlink)
{
    uint64_t value;

    if (memlink->link.fd >= 0 && read(memlink->link.fd, &value, sizeof(value)) < 0 &&
        errno != EAGAIN)
        abort();
}

static void free_lent(struct memlink *memlink)
{
    while (memlink->lent != NULL) {
        struct entry *entry = memlink->lent;

        memlink->lent = entry->next;
        memset(entry->data, 0xdd, entry->frame.bytes);
        free(entry);
    }
}

static unsigned lend(struct memlink *memlink, struct link_frame *frames, unsigned max)
{
    struct entry **lent = &memlink->lent;
    unsigned count = 0;

    while (count < max && memlink->head != NULL) {
        struct entry *entry = memlink->head;

        memlink->head = entry->next;
        entry->next = NULL;
        *lent = entry;
        lent = &entry->next;
        frames[count++] = entry->frame;
    }
    if (memlink->head == NULL)
        memlink->tail = &memlink->head;
    return count;
}

static int memlink_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct memlink *memlink = (struct memlink *)link;
    int count;

    pthread_mutex_lock(&memlink->mutex);
    free_lent(memlink);
    count = (int)lend(memlink, frames, max);
    if (count == 0) {
        memlink->returned = true;
        if (memlink->error != 0)
            count = memlink->error;
        else if (memlink->ended)
            count = -ENODATA;
        else
            flag_lower(memlink);
    }
    pthread_mutex_unlock(&memlink->mutex);
    return count;
}

static void keep_frame(void *context, const uint8_t *frame, size_t bytes)
{
    struct memlink *memlink = context;
    struct sent sent = {.bytes = bytes, .packet = memlink->packet};

    sent.data = must(malloc(bytes + 1));
    memcpy(sent.data, frame, bytes);
    if (memlink->sent_count == memlink->sent_room) {
        memlink->sent_room = memlink->sent_room * 2 + 16;
        memlink->sent = must(realloc(memlink->sent, memlink->sent_room * sizeof(sent)));
    }
    memlink->sent[memlink->sent_count++] = sent;
}

static void keep_sent(struct memlink *memlink, const struct link_packet *packet)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < packet->part_count; i++) {
        if (packet->parts[i].iov_len > sizeof(memlink->device) - bytes)
            abort();
        memcpy(memlink->device + bytes, packet->parts[i].iov_base, packet->parts[i].iov_len);
        bytes += packet->parts[i].iov_len;
    }
    memlink->packet.part_count = packet->part_count;
    memlink->packet.sum_start = packet->sum_start;
    memlink->packet.segment_bytes = packet->segment_bytes;
    if ((packet->sum_start != 0 && !(memlink->link.offload & LINK_OFFLOAD_SUM)) ||
        (packet->segment_bytes != 0 && !(memlink->link.offload & LINK_OFFLOAD_SEGMENT)) ||
        (packet->segment_bytes != 0 && packet->sum_start == 0))
        abort();
    if (packet->sum_start != 0)
        offload_finish(packet, memlink->link.ip_only, memlink->device, bytes, keep_frame, memlink);
    else
        keep_frame(memlink, memlink->device, bytes);
    memlink->packet.number++;
}

static unsigned memlink_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct memlink *memlink = (struct memlink *)link;
    unsigned taken = 0;

    pthread_mutex_lock(&memlink->mutex);
    while (taken < count && memlink->room > 0) {
        keep_sent(memlink, &packets[taken++]);
        if (memlink->room != SIZE_MAX)
            memlink->room--;
    }
    memlink->packet.call++;
    pthread_cond_broadcast(&memlink->sent_more);
    pthread_mutex_unlock(&memlink->mutex);
    return taken;
}

static void memlink_close(struct link *link)
{
    struct memlink *memlink = (struct memlink *)link;

    pthread_mutex_lock(&memlink->mutex);
    free_lent(memlink);
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    memlink->closed = true;
    pthread_mutex_unlock(&memlink->mutex);
}

static const struct link_ops memlink_ops = {
    .driver = "memlink",
    .receive = memlink_receive,
    .send = memlink_send,
    .close = memlink_close,
};

struct memlink *memlink_new(const struct memlink_options *options)
{
    static const struct memlink_options defaults;
    struct memlink *memlink = must(calloc(1, sizeof(*memlink)));

    if (options == NULL)
        options = &defaults;
    memlink->link.ops = &memlink_ops;
    memlink->link.mtu = options->mtu != 0 ? options->mtu : 1500;
    memlink->link.replay = !options->real_time;
    memlink->link.own_clock = options->own_clock;
    memlink->link.end_is_down = options->end_is_down;
    memlink->link.ip_only = options->ip_only;
    memlink->link.offload = options->offload;
    memlink->link.fd = options->pull ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    memlink->tail = &memlink->head;
    memlink->room = SIZE_MAX;
    pthread_mutex_init(&memlink->mutex, NULL);
    pthread_cond_init(&memlink->sent_more, NULL);
    if (!options->pull && memlink->link.fd < 0)
        abort();
    return memlink;
}

struct link *memlink_link(struct memlink *memlink)
{
    return &memlink->link;
}

void memlink_free(struct memlink *memlink)
{
    if (memlink == NULL)
        return;
    if (!memlink->closed)
        memlink_close(&memlink->link);
    while (memlink->head != NULL) {
        struct entry *entry = memlink->head;

        memlink->head = entry->next;
        free(entry);
    }
    memlink_forget(memlink);
    free(memlink->sent);
    pthread_cond_destroy(&memlink->sent_more);
    pthread_mutex_destroy(&memlink->mutex);
    free(memlink);
}

void memlink_push_described(struct memlink *memlink, const struct link_frame *frame)
{
    memlink_push_superframe(memlink, frame, 1);
}

void memlink_push_superframe(struct memlink *memlink, const struct link_frame *frame,
                             size_t stands_for)
{
    struct entry *entry = must(malloc(sizeof(*entry) + frame->bytes));

    entry->next = NULL;
    entry->frame = *frame;
    entry->frame.data = entry->data;
    memcpy(entry->data, frame->data, frame->bytes);
    pthread_mutex_lock(&memlink->mutex);
    *memlink->tail = entry;
    memlink->tail = &entry->next;
    memlink->pushed += stands_for;
    memlink->returned = false;
    flag_raise(memlink);
    pthread_mutex_unlock(&memlink->mutex);
}

void memlink_push_bytes(struct memlink *memlink, const void *data, size_t bytes)
{
    union {
        const void *in;
        uint8_t *out;
    } cast = {data};

    struct link_frame frame = {.data = cast.out, .bytes = (uint32_t)bytes,
                               .original_bytes = (uint32_t)bytes,
                               .encapsulation = memlink->link.ip_only ? LINK_IP : LINK_ETHERNET};

    memlink_push_described(memlink, &frame);
}

void memlink_push(struct memlink *memlink, const struct frame *frame)
{
    memlink_push_bytes(memlink, frame->data, frame->bytes);
}

void memlink_end(struct memlink *memlink)
{
    pthread_mutex_lock(&memlink->mutex);
    memlink->ended = true;
    flag_raise(memlink);
    pthread_mutex_unlock(&memlink->mutex);
}

void memlink_fail(struct memlink *memlink, int error)
{
    pthread_mutex_lock(&memlink->mutex);
    memlink->error = error;
    flag_raise(memlink);
    pthread_mutex_unlock(&memlink->mutex);
}

void memlink_set_room(struct memlink *memlink, size_t room)
{
    pthread_mutex_lock(&memlink->mutex);
    memlink->room = room;
    pthread_mutex_unlock(&memlink->mutex);
}

size_t memlink_pushed(struct memlink *memlink)
{
    size_t pushed;

    pthread_mutex_lock(&memlink->mutex);
    pushed = memlink->pushed;
    pthread_mutex_unlock(&memlink->mutex);
    return pushed;
}

bool memlink_drained(struct memlink *memlink)
{
    bool drained;

    pthread_mutex_lock(&memlink->mutex);
    drained = memlink->head == NULL && memlink->returned;
    pthread_mutex_unlock(&memlink->mutex);
    return drained;
}

size_t memlink_sent(struct memlink *memlink)
{
    size_t count;

    pthread_mutex_lock(&memlink->mutex);
    count = memlink->sent_count;
    pthread_mutex_unlock(&memlink->mutex);
    return count;
}

bool memlink_wait_sent(struct memlink *memlink, size_t count, unsigned timeout_ms)
{
    struct timespec end;
    bool enough;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&memlink->mutex);
    while (memlink->sent_count < count &&
           pthread_cond_timedwait(&memlink->sent_more, &memlink->mutex, &end) == 0)
        ;
    enough = memlink->sent_count >= count;
    pthread_mutex_unlock(&memlink->mutex);
    return enough;
}

const uint8_t *memlink_sent_frame(struct memlink *memlink, size_t index, size_t *bytes)
{
    struct sent sent = {0};

    pthread_mutex_lock(&memlink->mutex);
    if (index < memlink->sent_count)
        sent = memlink->sent[index];
    pthread_mutex_unlock(&memlink->mutex);
    *bytes = sent.bytes;
    return sent.data;
}

struct memlink_packet memlink_sent_packet(struct memlink *memlink, size_t index)
{
    struct memlink_packet packet;

    pthread_mutex_lock(&memlink->mutex);
    if (index >= memlink->sent_count)
        abort();
    packet = memlink->sent[index].packet;
    pthread_mutex_unlock(&memlink->mutex);
    return packet;
}

void memlink_forget(struct memlink *memlink)
{
    pthread_mutex_lock(&memlink->mutex);
    for (size_t i = 0; i < memlink->sent_count; i++)
        free(memlink->sent[i].data);
    memlink->sent_count = 0;
    pthread_mutex_unlock(&memlink->mutex);
}

bool memlink_closed(struct memlink *memlink)
{
    bool closed;

    pthread_mutex_lock(&memlink->mutex);
    closed = memlink->closed;
    pthread_mutex_unlock(&memlink->mutex);
    return closed;
}
