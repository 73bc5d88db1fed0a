/*
 * plan.c - chooses what happens next. The frames themselves are plan_frames.c's.
 *
 * State: none but the plan, which remembers what it has opened and taken down so that most of the
 * time nearly everything is open and up, and most datagrams find somebody.
 */
#include "tests/equiv/plan.h"

#include <string.h>

/* A moment in 2023, ns since 1970: packet clocks do not start at 0. */
#define BEGIN_NS 1700000000000000000

const char *const plan_peers4[PLAN_PEERS] = {"192.0.2.9", "192.0.2.10", "203.0.113.5"};
const char *const plan_peers6[PLAN_PEERS] = {"2001:db8::9", "2001:db8::a", "2001:db8:9::5"};
const char *const plan_peers_mapped[PLAN_PEERS] = {"::ffff:192.0.2.9", "::ffff:192.0.2.10",
                                                   "::ffff:203.0.113.5"};

/* How often a kind of step comes, in thousandths; what is left over are bursts. */
static const struct {
    enum plan_kind kind;
    unsigned often;
} kinds[] = {
    {PLAN_DRAIN, 250}, {PLAN_READ, 70},    {PLAN_POST, 120}, {PLAN_CANCEL, 3},   {PLAN_OPTION, 50},
    {PLAN_OPEN, 10},   {PLAN_CONNECT, 10}, {PLAN_GROUP, 10}, {PLAN_SEND, 30},    {PLAN_INTERFACE, 2},
    {PLAN_SHUTDOWN, 1}, {PLAN_TRACE, 1},
};

void plan_start(struct plan *plan, const struct plan_options *options)
{
    memset(plan, 0, offsetof(struct plan, room));
    plan->options = *options;
    plan->prng.state = options->seed;
    plan->time_ns = BEGIN_NS;
}

static enum plan_kind choose_kind(struct plan *plan)
{
    unsigned dice = prng_below(&plan->prng, 1000);

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (dice < kinds[i].often) {
            return kinds[i].kind;
        }
        dice -= kinds[i].often;
    }
    return PLAN_BURST;
}

/* A role with posted receives. */
static unsigned posting_role(struct plan *plan)
{
    unsigned role;

    do {
        role = prng_below(&plan->prng, role_first_raw);
    } while (roles[role].way == ROLE_QUEUE);
    return role;
}

static void choose_open(struct plan *plan, struct plan_step *step)
{
    if (prng_one_in(&plan->prng, 3)) {
        step->role = role_first_raw + prng_below(&plan->prng, role_count - role_first_raw);
        plan->raw_left = 1 + prng_below(&plan->prng, 12);
    }
}

static void choose_interface(struct plan *plan, struct plan_step *step)
{
    step->choice = prng_below(&plan->prng, 2);
    step->value = 0;
    plan->down_left[step->choice] = 1 + prng_below(&plan->prng, 8);
}

static void choose_details(struct plan *plan, struct plan_step *step)
{
    struct prng *prng = &plan->prng;

    step->role = prng_below(prng, role_first_raw);
    step->value = prng_below(prng, 16);
    step->choice = prng_below(prng, PLAN_PEERS);
    switch (step->kind) {
    case PLAN_SEND:
        step->choice = prng_below(prng, PLAN_PEERS + 1);
        step->value = prng_below(prng, 64);
        break;
    case PLAN_READ:
        step->choice = prng_below(prng, PLAN_ROOMS);
        break;
    case PLAN_POST:
    case PLAN_CANCEL:
        step->role = posting_role(plan);
        break;
    case PLAN_OPTION:
        step->choice = prng_below(prng, plan_option_count);
        break;
    case PLAN_OPEN:
        choose_open(plan, step);
        break;
    case PLAN_GROUP:
        step->choice = prng_one_in(prng, 3) ? 0 : 1;
        break;
    case PLAN_CONNECT:
        /* Mostly back to what the role is. */
        step->choice = roles[step->role].peer != NULL ? 0 : PLAN_PEERS;
        if (prng_one_in(prng, 4)) {
            step->choice = prng_below(prng, PLAN_PEERS + 1);
        }
        break;
    case PLAN_INTERFACE:
        choose_interface(plan, step);
        break;
    case PLAN_SHUTDOWN:
        plan->shut_role = step->role;
        plan->shut_left = 1 + prng_below(prng, 10);
        break;
    case PLAN_TRACE:
        step->value = 1;
        plan->trace_left = 1 + prng_below(prng, 10);
        break;
    case PLAN_BURST:
        plan_burst(plan, step);
        break;
    default:
        break;
    }
}

static bool counts_down(unsigned *left)
{
    return *left != 0 && --*left == 0;
}

/*
 * After a few steps what was opened for a moment goes, and what was taken away comes back. Returns
 * whether this is the step.
 */
static bool tidy_up(struct plan *plan, struct plan_step *step)
{
    if (counts_down(&plan->raw_left)) {
        step->kind = PLAN_CLOSE;
        step->role = role_first_raw;
        return true;
    }
    if (counts_down(&plan->trace_left)) {
        step->kind = PLAN_TRACE;
        return true;
    }
    if (counts_down(&plan->shut_left)) {
        step->kind = PLAN_OPEN;
        step->role = plan->shut_role;
        return true;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (counts_down(&plan->down_left[i])) {
            step->kind = PLAN_INTERFACE;
            step->choice = i;
            step->value = 1;
            return true;
        }
    }
    return false;
}

void plan_next(struct plan *plan, struct plan_step *step)
{
    step->number = ++plan->steps;
    step->frame_count = 0;
    step->role = step->choice = step->value = 0;
    step->taken = 0;
    plan->bytes = plan->reserved_bytes = 0;
    if (plan->opened < role_first_raw) {
        step->kind = PLAN_OPEN;
        step->role = plan->opened++;
    } else if (plan->frames >= plan->options.frames) {
        step->kind = PLAN_END;
    } else if (!tidy_up(plan, step)) {
        step->kind = choose_kind(plan);
        choose_details(plan, step);
    }
    step->time_ns = plan->time_ns;
}
