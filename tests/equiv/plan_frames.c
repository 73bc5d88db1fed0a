/*
 * plan_frames.c - bursts of frames: good ones, damaged ones, and all else that a link carries.
 *
 * A frame begins as a draft, the description of a datagram that some role hears. Most are left like
 * that; some are changed by one or two of a table of mutations (plan_mutations.c); some become
 * fragments or a superframe; and some give way to a frame of another kind (plan_others.c).
 *
 * No state but the plan.
 */
#include <string.h>

#include "config/limits.h"
#include "tests/equiv/draft.h"
#include "tests/support/world.h"

#define US_NS 1000
#define S_NS 1000000000

/* Beside a longer payload a frame has no room for anything unusual. */
#define LONGEST_WITH_EXTRAS 65300

/* Time passes: little, seldom none or a long time, and now and then a clock runs back. */
static int64_t next_time_ns(struct plan *plan)
{
    struct prng *prng = &plan->prng;

    switch (prng_below(prng, 2000)) {
    case 0:
        plan->time_ns += (int64_t)(1 + prng_below(prng, 70)) * S_NS;
        break;
    case 1:
        return plan->time_ns - 5000 * (int64_t)US_NS;
    case 2:
        return 0; /* the driver does not know */
    default:
        plan->time_ns += (int64_t)prng_below(prng, 2000) * US_NS;
        break;
    }
    return plan->time_ns;
}

/*
 * Datagrams in one step. When superframes are compared with the same datagrams one by one, these
 * have to come in one burst of the driver, too: timers are looked at between bursts.
 */
static unsigned step_limit(const struct plan *plan)
{
    return plan->options.superframes == PLAN_SUPERFRAMES_SOUND ? LIMIT_BURST_FRAMES
                                                               : PLAN_STEP_FRAMES;
}

bool draft_reserve(struct draft *draft, unsigned datagrams, size_t bytes)
{
    struct plan *plan = draft->plan;

    if (draft->step->taken + datagrams > step_limit(plan) ||
        plan->reserved_bytes + bytes > sizeof(plan->room)) {
        return false;
    }
    draft->step->taken += datagrams;
    plan->reserved_bytes += bytes;
    return true;
}

void draft_put_reserved(struct draft *draft, const void *data, size_t bytes)
{
    struct plan *plan = draft->plan;
    struct plan_frame *frame = &draft->step->frames[draft->step->frame_count++];

    *frame = (struct plan_frame){.link = draft->link, .number = ++plan->frames,
                                 .lent = draft->lent};
    if (plan->options.superframes != PLAN_SUPERFRAMES_NONE) {
        frame->link = plan->link;
    }
    frame->lent.data = plan->room + plan->bytes;
    plan->bytes += bytes;
    memcpy(frame->lent.data, data, bytes);
    frame->lent.bytes = (uint32_t)bytes;
    frame->lent.original_bytes = (uint32_t)bytes;
    if ((frame->lent.flags & LINK_FRAME_CUT) != 0) {
        frame->lent.original_bytes++;
    }
}

void draft_put(struct draft *draft, const void *data, size_t bytes)
{
    if (draft_reserve(draft, 1, bytes)) {
        draft_put_reserved(draft, data, bytes);
    }
}

void draft_put_spec(struct draft *draft, const struct frame_spec *spec)
{
    static struct frame frame;

    frame_build(spec, &frame);
    draft_put(draft, frame.data, frame.bytes);
}

bool draft_is_v6(const struct draft *draft)
{
    return strchr(draft->spec.dst, ':') != NULL;
}

/* --- the datagram --- */

static const char *choose_target(struct prng *prng, const struct role *role)
{
    unsigned count = 1;

    while (count < ROLE_TARGETS && role->targets[count] != NULL) {
        count++;
    }
    return role->targets[prng_below(prng, count)];
}

static const char *choose_source(struct prng *prng, const struct role *role, bool is_v6)
{
    static const char *const more[2][2] = {{"192.0.2.200", "198.51.100.9"},
                                           {"2001:db8::1234", "fe80::9"}};

    if (role->peer != NULL && !prng_one_in(prng, 4)) {
        return role->peer;
    }
    if (prng_one_in(prng, 3)) {
        return more[is_v6][prng_below(prng, 2)];
    }
    return (is_v6 ? plan_peers6 : plan_peers4)[prng_below(prng, PLAN_PEERS)];
}

static size_t choose_size(struct prng *prng)
{
    switch (prng_below(prng, 64)) {
    case 0:
    case 1:
        return 0;
    case 2:
        return 1 + prng_below(prng, 7);
    case 3:
    case 4:
        return 1400 + prng_below(prng, 73);
    case 5:
        return prng_below(prng, prng_one_in(prng, 50) ? 65000 : 4000);
    default:
        return 8 + prng_below(prng, 120);
    }
}

void draft_fill(struct draft *draft, size_t bytes)
{
    uint64_t number = draft->plan->frames + 1;

    world_pattern(draft->payload, bytes, (unsigned)number);
    if (bytes >= sizeof(number)) {
        memcpy(draft->payload, &number, sizeof(number));
    }
    draft->spec.payload = draft->payload;
    draft->spec.payload_bytes = bytes;
}

/* The MAC address where frame_build() would not know: of the other link, and of broadcasts. */
static void choose_mac(struct draft *draft)
{
    const char *target = draft->spec.dst;
    const char *last = strrchr(target, '.');

    if (last != NULL && strcmp(last, ".255") == 0 && !prng_one_in(&draft->plan->prng, 4)) {
        memcpy(draft->spec.dst_mac, frame_broadcast_mac, 6);
    } else if (draft->link == 1 && strcmp(target, "255.255.255.255") != 0) {
        memcpy(draft->spec.dst_mac, frame_our_second_mac, 6);
    }
}

/*
 * A role for which a datagram is meant. With superframes all frames of a burst come by one link:
 * the order between links would depend on how many frames there are.
 */
static const struct role *choose_role(struct plan *plan)
{
    const struct role *role;

    do {
        role = &roles[prng_below(&plan->prng, role_first_raw)];
    } while (plan->options.superframes != PLAN_SUPERFRAMES_NONE && role->link != plan->link);
    return role;
}

/* A good datagram for one of the roles. */
static void begin(struct draft *draft)
{
    struct prng *prng = &draft->plan->prng;
    const struct role *role = choose_role(draft->plan);
    const char *target = choose_target(prng, role);

    draft->role = role;
    draft->link = role->link;
    draft->spec = (struct frame_spec){
        .dst = target,
        .src = choose_source(prng, role, strchr(target, ':') != NULL),
        .src_port = prng_one_in(prng, 10) ? (uint16_t)prng_next(prng) : FRAME_PEER_PORT,
        .dst_port = role->port,
        .ttl = (uint8_t)(prng_one_in(prng, 3) ? prng_next(prng) : 64),
        .tos = (uint8_t)(prng_one_in(prng, 3) ? prng_next(prng) : 0),
        .flow = prng_one_in(prng, 5) ? prng_below(prng, 0xfffff) : 0,
        .id = (uint32_t)prng_next(prng),
        .dont_fragment = prng_one_in(prng, 4),
    };
    draft->lent = (struct link_frame){.time_ns = next_time_ns(draft->plan)};
    choose_mac(draft);
    draft_fill(draft, choose_size(prng));
}

/* --- what becomes of it --- */

static void flip_bits(struct draft *draft, struct frame *frame)
{
    struct prng *prng = &draft->plan->prng;

    for (; draft->flips != 0 && frame->bytes != 0; draft->flips--) {
        size_t reach = frame->bytes < 64 ? frame->bytes : 64;
        frame->data[prng_below(prng, (unsigned)reach)] ^= (uint8_t)(1u << prng_below(prng, 8));
    }
}

static void put_draft(struct draft *draft)
{
    static struct frame frame;

    if (draft->spec.payload_bytes > LONGEST_WITH_EXTRAS) {
        draft->spec.trailer_bytes = 0;
        draft->spec.extension_count = 0;
        draft->spec.options_bytes = 0;
    }
    draft->spec.ip_only = draft->lent.encapsulation == LINK_IP;
    frame_build(&draft->spec, &frame);
    flip_bits(draft, &frame);
    draft_put(draft, frame.data, frame.bytes);
}

/* All fragments, some twice, some not at all, in any order. */
static void put_fragments(struct draft *draft)
{
    struct prng *prng = &draft->plan->prng;
    struct frame_list list;
    unsigned order[64];

    draft_fill(draft, 16 + prng_below(prng, 3000));
    draft->spec.id = (uint32_t)prng_next(prng);
    frame_fragments(&draft->spec, 64 + 8 * prng_below(prng, 180), &list);
    for (unsigned i = 0; i < list.count; i++) {
        order[i] = i;
    }
    for (unsigned i = (unsigned)list.count; i > 1 && prng_one_in(prng, 2); i--) {
        unsigned other = prng_below(prng, i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    for (unsigned i = 0; i < list.count; i++) {
        const struct frame *piece = &list.frames[order[i]];
        unsigned times = prng_one_in(prng, 30) ? 0 : prng_one_in(prng, 30) ? 2 : 1;
        for (; times != 0; times--) {
            draft_put(draft, piece->data, piece->bytes);
        }
    }
    frame_list_free(&list);
}

/* Two fragments, the second of which begins before the first has ended. */
static void put_overlap(struct draft *draft)
{
    struct frame_spec piece = draft->spec;

    draft_fill(draft, 200);
    piece.payload_bytes = 200;
    piece.fragment = piece.more = true;
    piece.piece_bytes = 64;
    draft_put_spec(draft, &piece);
    piece.offset = 8 * prng_below(&draft->plan->prng, 9);
    piece.piece_bytes = 0;
    piece.more = false;
    draft_put_spec(draft, &piece);
}

/* --- bursts --- */

static void put_mutated(struct draft *draft)
{
    draft_mutate(draft);
    put_draft(draft);
}

static void put_pieces(struct draft *draft)
{
    if (prng_one_in(&draft->plan->prng, 6)) {
        put_overlap(draft);
    } else {
        put_fragments(draft);
    }
}

static void put_superframe(struct draft *draft)
{
    if (draft->plan->options.superframes != PLAN_SUPERFRAMES_NONE) {
        draft_put_superframe(draft);
    } else {
        put_draft(draft);
    }
}

/* Puts one frame, or the frames that belong together. */
static void put_any(struct draft *draft)
{
    static const struct {
        unsigned often; /* in a hundred */
        void (*put)(struct draft *draft);
    } kinds[] = {
        {64, put_draft}, {22, put_mutated}, {9, draft_put_other}, {3, put_pieces},
        {2, put_superframe},
    };
    unsigned dice = prng_below(&draft->plan->prng, 100);
    unsigned i = 0;

    while (dice >= kinds[i].often) {
        dice -= kinds[i++].often;
    }
    begin(draft);
    kinds[i].put(draft);
}

void plan_burst(struct plan *plan, struct plan_step *step)
{
    static struct draft draft;
    unsigned count = prng_one_in(&plan->prng, 4) ? 1 : 1 + prng_below(&plan->prng, 32);

    draft.plan = plan;
    draft.step = step;
    plan->link = prng_one_in(&plan->prng, 6);
    draft.flips = 0;
    for (unsigned i = 0; i < count; i++) {
        put_any(&draft);
    }
}
