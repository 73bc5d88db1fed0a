/*
 * channel.c - impairments of one direction. channel.h tells how they work together.
 */
#include "drivers/fault/channel.h"

#include <errno.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

/* Times of damaged captures may be as large as any. */
static int64_t add_ns(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t later_ns(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int fault_channel_open(struct fault_channel *channel, const struct fault_options *options,
                       enum fault_direction direction, bool ip_only)
{
    channel->options = options;
    channel->direction = direction;
    return fault_queue_open(&channel->queue, ip_only);
}

void fault_channel_close(struct fault_channel *channel)
{
    fault_queue_close(&channel->queue);
    channel->has_aside = false;
}

static uint64_t draw(const struct fault_channel *channel, enum fault_question question,
                     uint64_t number)
{
    return fault_draw(channel->options->seed, channel->direction, question, number);
}

static bool chance(const struct fault_channel *channel, enum fault_question question,
                   uint64_t number, uint32_t in_million)
{
    return in_million != 0 && fault_hits(draw(channel, question, number), in_million);
}

/* --- in --- */

/* How long a frame is on the line. */
static int64_t line_ns(const struct fault_options *options, uint32_t bytes)
{
    return options->rate_bits == 0
               ? 0
               : (int64_t)((uint64_t)bytes * 8 * NS_PER_S / options->rate_bits);
}

/* Puts an entry behind all others, at the time that is its due; not before not_before_ns. */
static void place_one(struct fault_channel *channel, const struct fault_entry *from,
                      int64_t not_before_ns)
{
    const struct fault_options *options = channel->options;
    struct fault_entry entry = *from;
    uint64_t jitter_ns = 0;

    if (options->jitter_ns != 0) {
        jitter_ns = fault_scale(draw(channel, FAULT_JITTER, entry.number),
                                (uint64_t)options->jitter_ns + 1);
    }
    channel->line_free_ns = add_ns(later_ns(entry.offered_ns, channel->line_free_ns),
                                   line_ns(options, entry.frame.bytes));
    entry.release_ns = add_ns(add_ns(channel->line_free_ns, options->delay_ns),
                              (int64_t)jitter_ns);
    entry.release_ns = later_ns(later_ns(entry.release_ns, not_before_ns),
                                channel->last_release_ns);
    channel->last_release_ns = entry.release_ns;
    if (entry.frame.time_ns != 0) {
        entry.frame.time_ns = add_ns(entry.frame.time_ns, entry.release_ns - entry.offered_ns);
    }
    fault_queue_push(&channel->queue, &entry);
}

/* The same for an entry that may have to come twice. */
static void place(struct fault_channel *channel, const struct fault_entry *entry, bool twice,
                  int64_t not_before_ns)
{
    struct fault_entry second = *entry;

    place_one(channel, entry, not_before_ns);
    if (!twice) {
        return;
    }
    /* Bytes of its own: who is lent a frame may write into it. */
    second.frame.data = fault_queue_slot(&channel->queue);
    if (second.frame.data == NULL) {
        channel->counters.overflowed++;
        return;
    }
    memcpy(second.frame.data, entry->frame.data, entry->frame.bytes);
    channel->counters.duplicated++;
    place_one(channel, &second, not_before_ns);
}

/* What stands aside goes behind all others. */
static void end_aside(struct fault_channel *channel, int64_t not_before_ns)
{
    channel->has_aside = false;
    place(channel, &channel->aside, channel->aside_twice, not_before_ns);
}

static void corrupt(struct fault_channel *channel, struct fault_entry *entry)
{
    uint64_t bit = fault_scale(draw(channel, FAULT_CORRUPT_BIT, entry->number),
                               (uint64_t)entry->frame.bytes * 8);

    if (entry->frame.bytes == 0) {
        return;
    }
    entry->frame.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    entry->frame.flags &= (uint8_t)~(LINK_FRAME_SUM_VERIFIED | LINK_FRAME_SUM_PENDING);
    channel->counters.corrupted++;
}

/* Copies a frame into a slot. Returns false when there is none, or it is too long. */
static bool copy_frame(struct fault_queue *queue, const struct iovec *parts, unsigned part_count,
                       struct link_frame *frame)
{
    size_t bytes = 0;

    frame->data = fault_queue_slot(queue);
    if (frame->data == NULL) {
        return false;
    }
    for (unsigned i = 0; i < part_count; i++) {
        if (parts[i].iov_len > LINK_FRAME_MAX_BYTES - bytes) {
            fault_queue_free(queue, frame->data);
            return false;
        }
        if (parts[i].iov_len > 0) {
            memcpy(frame->data + bytes, parts[i].iov_base, parts[i].iov_len);
        }
        bytes += parts[i].iov_len;
    }
    frame->bytes = (uint32_t)bytes;
    return true;
}

void fault_channel_offer(struct fault_channel *channel, const struct iovec *parts,
                         unsigned part_count, const struct link_frame *described, int64_t now_ns)
{
    const struct fault_options *options = channel->options;
    struct fault_entry entry = {
        .frame = *described,
        .number = channel->counters.offered++,
        .offered_ns = now_ns,
    };
    bool twice;

    if (chance(channel, FAULT_LOSS, entry.number, options->loss)) {
        channel->counters.lost++;
        return;
    }
    if (!copy_frame(&channel->queue, parts, part_count, &entry.frame)) {
        channel->counters.overflowed++;
        return;
    }
    if (chance(channel, FAULT_CORRUPT, entry.number, options->corrupt)) {
        corrupt(channel, &entry);
    }
    twice = chance(channel, FAULT_DUPLICATE, entry.number, options->duplicate);
    if (!channel->has_aside &&
        chance(channel, FAULT_REORDER, entry.number, options->reorder)) {
        channel->has_aside = true;
        channel->aside_twice = twice;
        channel->aside = entry;
        return;
    }
    place(channel, &entry, twice, 0);
    if (channel->has_aside) {
        channel->counters.reordered++;
        end_aside(channel, 0);
    }
}

/* --- out --- */

static int64_t aside_ends_ns(const struct fault_channel *channel)
{
    return channel->has_aside ? add_ns(channel->aside.offered_ns, FAULT_ASIDE_NS) : INT64_MAX;
}

int64_t fault_channel_due_ns(const struct fault_channel *channel)
{
    const struct fault_entry *first = fault_queue_first(&channel->queue);
    int64_t aside_ns = aside_ends_ns(channel);

    return first != NULL && first->release_ns < aside_ns ? first->release_ns : aside_ns;
}

bool fault_channel_is_empty(const struct fault_channel *channel)
{
    return channel->queue.count == 0 && !channel->has_aside;
}

bool fault_channel_take(struct fault_channel *channel, int64_t now_ns, struct link_frame *out)
{
    const struct fault_entry *first;

    if (channel->has_aside && aside_ends_ns(channel) <= now_ns) {
        end_aside(channel, aside_ends_ns(channel));
    }
    first = fault_queue_first(&channel->queue);
    if (first == NULL || first->release_ns > now_ns) {
        return false;
    }
    *out = first->frame;
    fault_queue_pop(&channel->queue);
    return true;
}
