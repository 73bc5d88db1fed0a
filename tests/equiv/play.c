/*
 * play.c - carries a plan out on the stack of this process.
 *
 * No thread but this one: the stack moves when loop_poll() or a call of the program makes it. After
 * each burst everything that can be seen is written down: what the host sent, which posted receives
 * are complete, all counters.
 */
#include "tests/equiv/equiv.h"

#include <stdlib.h>
#include <string.h>

#include "stack/loop.h"
#include "tests/equiv/record.h"
#include "tests/equiv/sockets.h"
#include "tests/equiv/must.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"

/* Are there superframes in the plan? */
static bool has_superframes;

static const char *const interface_names[] = {"mem0", "mem1"};

/* --- what is seen --- */

static void tell_sent(void)
{
    for (unsigned link = 0; link < world.links; link++) {
        size_t count = memlink_sent(world.link[link]);
        for (size_t i = 0; i < count; i++) {
            size_t bytes;
            const uint8_t *frame = memlink_sent_frame(world.link[link], i, &bytes);
            struct record record = sockets_record(RECORD_SENT, link);
            record.bytes = bytes;
            record_write(sockets.out, &record, frame);
        }
        memlink_forget(world.link[link]);
    }
}

/* What include/winlwip.h says of the counters. */
static bool balances(const struct winlwip_stats *stats)
{
    uint64_t fates = 0;

    for (unsigned i = 0; i < WINLWIP_FATE_COUNT; i++) {
        fates += stats->fate[i];
    }
    return stats->frames_received + stats->frames_looped == fates + stats->frames_held &&
           stats->copies_queued + stats->copies_direct + stats->copies_dropped == stats->copies;
}

static void tell_counters(enum record_kind kind)
{
    struct record record = sockets_record(kind, 0);
    struct winlwip_stats stats;

    MUST(winlwip_stats(&stats) == 0);
    MUST(balances(&stats));
    if (kind == RECORD_COUNTERS) {
        stats.frames_early = 0;
    }
    record.bytes = sizeof(stats);
    record_write(sockets.out, &record, &stats);
}

/*
 * The detail in words is the blob. What was queued before the trace began may have been whole on one
 * way and cut on the other, and is told of as it was.
 */
static void traced(void *context, const struct winlwip_trace_event *event)
{
    struct record record = sockets_record(RECORD_TRACED, event->stage);

    (void)context;
    if (has_superframes && event->stage == WINLWIP_TRACE_DELIVER) {
        return;
    }
    record.value[1] = event->frame;
    record.value[2] = (uint64_t)event->time_ns;
    record.value[3] = event->fate;
    record.value[4] = event->length;
    record.bytes = strlen(event->detail);
    record_write(sockets.out, &record, event->detail);
}

/* Lets the stack take what stands at its links, and tells what came of it. */
static void settle(void)
{
    do {
        loop_poll();
    } while (!memlink_drained(world.link[0]) || !memlink_drained(world.link[1]));
    tell_sent();
    sockets_collect();
    sockets_look();
    tell_counters(RECORD_COUNTERS);
}

/* --- steps --- */

static void play_burst(const struct plan_step *step, bool one_by_one)
{
    for (unsigned i = 0; i < step->frame_count; i++) {
        const struct plan_frame *frame = &step->frames[i];
        memlink_push_described(world.link[frame->link], &frame->lent);
        sockets.frame = frame->number;
        if (one_by_one) {
            settle();
        }
    }
}

static void play_close(unsigned role)
{
    for (; role < role_count; role++) {
        sockets_close(role);
    }
}

static void play_step(const struct plan_step *step, bool one_by_one)
{
    switch (step->kind) {
    case PLAN_BURST:
        play_burst(step, one_by_one);
        break;
    case PLAN_READ:
        sockets_read(step->role, step->choice);
        break;
    case PLAN_DRAIN:
        sockets_drain();
        break;
    case PLAN_POST:
        sockets_post(step->role, 1 + step->value % SOCKETS_POSTED);
        break;
    case PLAN_CANCEL:
        sockets_cancel(step->role);
        break;
    case PLAN_OPTION:
        sockets_option(step->role, plan_option_at(step->choice));
        break;
    case PLAN_OPEN:
        sockets_open(step->role);
        break;
    case PLAN_CLOSE:
        play_close(step->role);
        break;
    case PLAN_GROUP:
        sockets_group(step->role, step->choice != 0);
        break;
    case PLAN_CONNECT:
        sockets_connect(step->role, step->choice);
        break;
    case PLAN_SEND:
        sockets_send(step->role, step->choice, step->value);
        break;
    case PLAN_INTERFACE:
        MUST(winlwip_interface_set(interface_names[step->choice], step->value != 0) == 0);
        break;
    case PLAN_SHUTDOWN:
        sockets_shut(step->role);
        break;
    case PLAN_TRACE:
        winlwip_set_trace(step->value != 0 ? traced : NULL, NULL);
        break;
    default:
        sockets_drain();
        break;
    }
    settle();
}

static void start_world(const struct play_options *options)
{
    struct memlink_options link = {.own_clock = options->own_clock};

    world_start(&(struct world_options){
        .links = 2,
        .no_background = true,
        .no_early = !options->early,
        .link = {link, link},
        .addresses = {ROLE_FIRST_ADDRESSES, ROLE_SECOND_ADDRESSES},
    });
}

void play(const struct play_options *options, FILE *out)
{
    struct plan *plan = malloc(sizeof(*plan));
    struct plan_step *step = malloc(sizeof(*step));

    MUST(plan != NULL && step != NULL);
    has_superframes = options->plan.superframes != PLAN_SUPERFRAMES_NONE;
    unsetenv("WORLD_NO_EARLY"); /* both ways are compared, whatever the other tests do */
    equiv_random_start();
    start_world(options);
    sockets_start(out);
    plan_start(plan, &options->plan);
    do {
        plan_next(plan, step);
        sockets.step = step;
        equiv_clock_set_ns(step->time_ns);
        play_step(step, options->one_by_one);
    } while (step->kind != PLAN_END && step->number != options->last_step);
    winlwip_set_trace(NULL, NULL);
    sockets_stop();
    tell_counters(RECORD_END);
    MUST(fflush(out) == 0);
    world_stop();
    free(step);
    free(plan);
}
