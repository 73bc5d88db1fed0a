/*
 * plan_superframes.c - several datagrams of one flow, as one superframe or as frames one by one.
 * No state.
 */
#include <string.h>

#include "tests/equiv/draft.h"

/* Datagrams in a superframe: as many as Linux puts into one. */
#define LONGEST 64

/* Headers of a frame, at most. */
#define HEADERS_BYTES 64

static struct prng *dice(const struct draft *draft)
{
    return &draft->plan->prng;
}

/* Numbers each datagram as draft_fill() does. */
static void fill(struct draft *draft, unsigned count, size_t segment, size_t bytes)
{
    draft_fill(draft, bytes);
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = draft->plan->frames + 1 + i;
        if ((i + 1) * segment <= bytes && segment >= sizeof(number)) {
            memcpy(draft->payload + i * segment, &number, sizeof(number));
        }
    }
}

/* Who has looked at the checksum, or will. Of some IPv4 datagrams there is none. */
static void choose_sum(struct draft *draft)
{
    if (prng_one_in(dice(draft), 2)) {
        draft->lent.flags |= LINK_FRAME_SUM_PENDING;
        return;
    }
    draft->lent.flags |= LINK_FRAME_SUM_VERIFIED;
    draft->spec.no_checksum = !draft_is_v6(draft) && prng_one_in(dice(draft), 6);
}

static void put_whole(struct draft *draft, unsigned count, size_t segment)
{
    static struct frame frame;

    draft->plan->frames += count - 1;
    draft->lent.segment_bytes = (uint16_t)segment;
    if ((draft->lent.flags & LINK_FRAME_SUM_PENDING) != 0) {
        draft->spec.transport_checksum_xor = 0x5a5a; /* what stands there is no checksum yet */
    }
    frame_build(&draft->spec, &frame);
    draft_put_reserved(draft, frame.data, frame.bytes);
}

static void put_one_by_one(struct draft *draft, size_t segment)
{
    static struct frame frame;
    size_t bytes = draft->spec.payload_bytes;

    for (size_t at = 0; at < bytes; at += segment) {
        draft->spec.payload = draft->payload + at;
        draft->spec.payload_bytes = bytes - at < segment ? bytes - at : segment;
        frame_build(&draft->spec, &frame);
        draft_put_reserved(draft, frame.data, frame.bytes);
        draft->spec.id++;
    }
}

/*
 * What a driver must not hand over: what becomes of it has to be the same on both ways, too.
 * Returns the length of segments that is told, which may be a lie.
 */
static size_t damage(struct draft *draft, size_t segment)
{
    switch (prng_below(dice(draft), 7)) {
    case 0:
        draft->spec.ip_length_add = (int)prng_below(dice(draft), 60) - 30;
        break;
    case 1:
        draft->spec.udp_length_add = (int)prng_below(dice(draft), 60) - 30;
        break;
    case 2:
        draft->lent.flags = 0;
        draft->spec.transport_checksum_xor = 0x1234;
        break;
    case 3:
        draft->spec.fragment = true;
        draft->spec.more = prng_one_in(dice(draft), 2);
        break;
    case 4:
        return draft->spec.payload_bytes + prng_below(dice(draft), 3); /* a single datagram */
    case 5:
        return 1 + prng_below(dice(draft), 4); /* perhaps more datagrams than there may be */
    default:
        draft_mutate(draft);
        break;
    }
    return segment;
}

void draft_put_superframe(struct draft *draft)
{
    struct prng *prng = dice(draft);
    size_t segment = 1 + prng_below(prng, prng_one_in(prng, 4) ? 1472 : 60);
    unsigned count = 2 + prng_below(prng, prng_one_in(prng, 4) ? LONGEST - 1 : 8);
    size_t bytes = count * segment - prng_below(prng, (unsigned)segment);

    if (bytes > 60000 ||
        !draft_reserve(draft, count, count * (size_t)HEADERS_BYTES + bytes)) {
        return;
    }
    fill(draft, count, segment, bytes);
    choose_sum(draft);
    if (prng_one_in(prng, 4)) {
        draft_mutate_soundly(draft);
    }
    if (draft->plan->options.superframes == PLAN_SUPERFRAMES_ANY && prng_one_in(prng, 5)) {
        segment = damage(draft, segment);
    }
    draft->spec.ip_only = draft->lent.encapsulation == LINK_IP;
    if (draft->plan->options.cut) {
        put_one_by_one(draft, segment);
    } else {
        put_whole(draft, count, segment);
    }
    draft->lent.segment_bytes = 0;
}
