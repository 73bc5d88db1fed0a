/*
 * flood.c - a link on which there are always frames.
 *
 * Theory of operation. receive() fills buffers of its own with copies of the one frame, or of the
 * next frame that the test has put at the position, until the flood ends. send() looks for questions
 * after the peer's MAC address, answers them with the next burst, counts Port Unreachables, and
 * keeps the rest, each with the position at which it was sent.
 *
 * Lock: one mutex for everything, a leaf. A driver's calls come under the stack lock.
 */
#include "tests/support/flood.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "config/limits.h"

/* A moment in 2023, ns since 1970. */
#define BEGIN_NS 1700000000000000000

#define ETHERNET_HEADER 14

/* One frame. */
struct bytes {
    uint64_t position; /* where it stands; 0: anywhere */
    uint32_t count;
    uint8_t data[FLOOD_FRAME_BYTES];
};

struct flood {
    struct link link; /* first: the stack's handle */
    pthread_mutex_t mutex;
    struct flood_options options;
    struct bytes frame;
    struct bytes sparse[FLOOD_SPARSE];
    unsigned sparse_count, sparse_next;
    struct bytes answer; /* count 0: none is waiting */
    uint64_t position;
    bool stopped;
    int64_t watch_ns; /* timeout of the watch; 0: none */
    int64_t due_ns;   /* CLOCK_MONOTONIC; 0: at the next burst it will be known */
    unsigned late;
    struct flood_sent sent[FLOOD_SENT];
    unsigned sent_count;
    uint64_t unreachables;
    uint8_t buffers[LIMIT_BURST_FRAMES][FLOOD_FRAME_BYTES];
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void keep(struct bytes *bytes, uint64_t position, const struct frame *frame)
{
    if (frame->bytes > FLOOD_FRAME_BYTES) {
        fprintf(stderr, "flood: a frame is too long\n");
        abort();
    }
    bytes->position = position;
    bytes->count = (uint32_t)frame->bytes;
    memcpy(bytes->data, frame->data, frame->bytes);
}

/* --- in --- */

static void watch(struct flood *flood)
{
    if (flood->watch_ns == 0) {
        return;
    }
    if (flood->due_ns == 0) {
        flood->due_ns = now_ns() + flood->watch_ns;
    } else if (now_ns() >= flood->due_ns) {
        flood->late++;
    }
}

/* The frame at the position. */
static const struct bytes *next_frame(struct flood *flood)
{
    if (flood->sparse_next < flood->sparse_count &&
        flood->sparse[flood->sparse_next].position <= flood->position) {
        return &flood->sparse[flood->sparse_next++];
    }
    return &flood->frame;
}

static void lend(struct flood *flood, const struct bytes *bytes, uint8_t *buffer,
                 struct link_frame *frame)
{
    memcpy(buffer, bytes->data, bytes->count);
    *frame = (struct link_frame){
        .data = buffer,
        .bytes = bytes->count,
        .original_bytes = bytes->count,
        .encapsulation = LINK_ETHERNET,
    };
    if (flood->options.step_ns != 0) {
        frame->time_ns = BEGIN_NS + (int64_t)flood->position * flood->options.step_ns;
    }
}

static bool is_over(const struct flood *flood)
{
    return flood->stopped ||
           (flood->options.frames != 0 && flood->position >= flood->options.frames);
}

static int flood_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct flood *flood = (struct flood *)link;
    unsigned count = 0;

    pthread_mutex_lock(&flood->mutex);
    watch(flood);
    while (count < max && count < LIMIT_BURST_FRAMES && !is_over(flood)) {
        flood->position++;
        const struct bytes *bytes = next_frame(flood);
        if (flood->answer.count != 0 && bytes == &flood->frame) {
            bytes = &flood->answer;
        }
        lend(flood, bytes, flood->buffers[count], &frames[count]);
        if (bytes == &flood->answer) {
            flood->answer.count = 0;
        }
        count++;
    }
    if (count == 0) {
        uint64_t value;
        ssize_t bytes = read(link->fd, &value, sizeof(value)); /* the flood is over */
        (void)bytes;
    }
    pthread_mutex_unlock(&flood->mutex);
    return (int)count;
}

/* --- out --- */

/* Makes the answer when a packet asks for the peer's MAC address. */
static bool answers(struct flood *flood, const struct flood_sent *sent)
{
    static struct frame frame;
    struct frame_view view;

    if (frame_parse(sent->data, sent->bytes, false, &view) != NULL) {
        return false;
    }
    if (view.ethertype == 0x0806 && view.arp_operation == 1 &&
        strcmp(view.dst, "192.0.2.9") == 0) {
        frame_arp(&(struct frame_arp_spec){.operation = 2, .sender = "192.0.2.9",
                                           .target = "192.0.2.1"},
                  &frame);
    } else if (view.family == 6 && view.icmp_type == 135 &&
               strcmp(view.dst, "ff02::1:ff00:9") == 0) {
        frame_neighbour_advertisement("2001:db8::9", "2001:db8::1", &frame);
    } else {
        return false;
    }
    keep(&flood->answer, 0, &frame);
    return true;
}

static bool is_unreachable(const struct flood_sent *sent)
{
    const uint8_t *ip = sent->data + ETHERNET_HEADER;

    return sent->bytes >= 62 && ((sent->data[12] == 0x08 && ip[0] == 0x45 && ip[9] == FRAME_ICMP &&
                                  ip[20] == 3) ||
                                 (sent->data[12] == 0x86 && ip[6] == FRAME_ICMP6 && ip[40] == 1));
}

static void take(struct flood *flood, const struct link_packet *packet)
{
    struct flood_sent sent = {.position = flood->position};

    for (unsigned i = 0; i < packet->part_count; i++) {
        size_t room = sizeof(sent.data) - sent.bytes;
        size_t bytes = packet->parts[i].iov_len < room ? packet->parts[i].iov_len : room;
        memcpy(sent.data + sent.bytes, packet->parts[i].iov_base, bytes);
        sent.bytes += bytes;
    }
    if (is_unreachable(&sent)) {
        flood->unreachables++;
    } else if (!answers(flood, &sent) && flood->sent_count < FLOOD_SENT) {
        flood->sent[flood->sent_count++] = sent;
    }
}

static unsigned flood_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct flood *flood = (struct flood *)link;

    pthread_mutex_lock(&flood->mutex);
    for (unsigned i = 0; i < count; i++) {
        take(flood, &packets[i]);
    }
    pthread_mutex_unlock(&flood->mutex);
    return count;
}

/* --- life --- */

static void flood_close(struct link *link)
{
    close(link->fd);
    link->fd = -1;
}

struct flood *flood_new(const struct flood_options *options)
{
    static const struct link_ops ops = {
        .driver = "flood", .receive = flood_receive, .send = flood_send, .close = flood_close};
    static struct frame frame;
    struct flood *flood = calloc(1, sizeof(*flood));

    if (flood == NULL) {
        abort();
    }
    flood->options = *options;
    flood->link = (struct link){
        .ops = &ops,
        .fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC),
        .mtu = 1500,
        .replay = true,
        .own_clock = options->step_ns != 0,
    };
    pthread_mutex_init(&flood->mutex, NULL);
    frame_build(options->frame, &frame);
    keep(&flood->frame, 0, &frame);
    return flood;
}

struct link *flood_link(struct flood *flood)
{
    return &flood->link;
}

void flood_free(struct flood *flood)
{
    pthread_mutex_destroy(&flood->mutex);
    free(flood);
}

void flood_put(struct flood *flood, uint64_t position, const struct frame *frame)
{
    pthread_mutex_lock(&flood->mutex);
    if (flood->sparse_count == FLOOD_SPARSE) {
        abort();
    }
    keep(&flood->sparse[flood->sparse_count++], position, frame);
    pthread_mutex_unlock(&flood->mutex);
}

uint64_t flood_position(struct flood *flood)
{
    pthread_mutex_lock(&flood->mutex);
    uint64_t position = flood->position;
    pthread_mutex_unlock(&flood->mutex);
    return position;
}

void flood_stop(struct flood *flood)
{
    pthread_mutex_lock(&flood->mutex);
    flood->stopped = true;
    pthread_mutex_unlock(&flood->mutex);
}

void flood_watch(struct flood *flood, int64_t timeout_ns)
{
    pthread_mutex_lock(&flood->mutex);
    flood->watch_ns = timeout_ns;
    flood->due_ns = 0;
    flood->late = 0;
    pthread_mutex_unlock(&flood->mutex);
}

unsigned flood_late(struct flood *flood)
{
    pthread_mutex_lock(&flood->mutex);
    unsigned late = flood->late;
    pthread_mutex_unlock(&flood->mutex);
    return late;
}

bool flood_sent(struct flood *flood, unsigned index, struct flood_sent *out)
{
    pthread_mutex_lock(&flood->mutex);
    bool there = index < flood->sent_count;
    if (there) {
        *out = flood->sent[index];
    }
    pthread_mutex_unlock(&flood->mutex);
    return there;
}

uint64_t flood_unreachables(struct flood *flood)
{
    pthread_mutex_lock(&flood->mutex);
    uint64_t count = flood->unreachables;
    pthread_mutex_unlock(&flood->mutex);
    return count;
}
