/*
 * compare.c - plays a plan twice and compares, record by record.
 *
 * Each play has a process of its own (one process has one stack) and writes into a pipe; this
 * process reads both in step. When they differ, both are played again up to that step with a look
 * after every single frame, which says whose fault it is; the frame's bytes are those of the plan,
 * which is made once more.
 *
 * No state.
 */
#include "tests/equiv/equiv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/winlwip.h"
#include "tests/equiv/record.h"

struct side {
    pid_t pid;
    FILE *in;
    struct record record;
    bool more;
    uint8_t blob[RECORD_BLOB_MAX];
};

/* Where two plays part. */
struct difference {
    bool found;
    uint32_t step;
    uint64_t frame;
};

static void start_side(struct side *side, const struct play_options *options)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    fflush(stdout);
    side->pid = fork();
    ck_assert_int_ge(side->pid, 0);
    if (side->pid == 0) {
        close(ends[0]);
        FILE *out = fdopen(ends[1], "w");
        play(options, out);
        exit(fclose(out) == 0 ? 0 : 1); /* and so past the sanitizers' last look */
    }
    close(ends[1]);
    side->in = fdopen(ends[0], "r");
    ck_assert_ptr_nonnull(side->in);
}

/* Ends a side, early when it has not come to its end. */
static void stop_side(struct side *side, bool early)
{
    int status;

    fclose(side->in);
    if (early) {
        kill(side->pid, SIGKILL);
    }
    ck_assert_int_eq(waitpid(side->pid, &status, 0), side->pid);
    ck_assert_msg(early || status == 0, "a play ended with status %#x", (unsigned)status);
}

static void next(struct side *side)
{
    side->more = record_read(side->in, &side->record, side->blob);
}

static bool same(const struct side *a, const struct side *b)
{
    if (a->record.kind == RECORD_END && b->record.kind == RECORD_END) {
        return true;
    }
    return memcmp(&a->record, &b->record, sizeof(a->record)) == 0 &&
           memcmp(a->blob, b->blob, a->record.bytes) == 0;
}

/* Reads both sides until they differ or end. The last records stay in them. */
static struct difference run(struct side sides[2], const struct play_options *first,
                             const struct play_options *second)
{
    struct side *a = &sides[0], *b = &sides[1];
    struct difference difference = {.found = false};
    struct record last[2] = {{.kind = 0}};

    start_side(a, first);
    start_side(b, second);
    do {
        last[0] = a->record;
        last[1] = b->record;
        next(a);
        next(b);
    } while (a->more && b->more && same(a, b));
    if (a->more || b->more) {
        const struct record *at = a->more ? &a->record : &b->record;
        difference = (struct difference){true, at->step, at->frame};
    } else { /* for the last look */
        a->record = last[0];
        b->record = last[1];
    }
    stop_side(a, difference.found);
    stop_side(b, difference.found);
    return difference;
}

/* --- what is told of a difference --- */

static const char *way(const struct play_options *options)
{
    return options->early ? "early path" : "lwIP's path";
}

static void print_frame(const struct plan_frame *frame)
{
    const struct link_frame *lent = &frame->lent;

    printf("frame %llu on link %u: encapsulation %u, cast %u, flags %#x, segments of %u bytes, "
           "time %lld, %u of %u bytes\n",
           (unsigned long long)frame->number, frame->link, lent->encapsulation, lent->cast,
           lent->flags, lent->segment_bytes, (long long)lent->time_ns, lent->bytes,
           lent->original_bytes);
    record_print_bytes(frame->lent.data, frame->lent.bytes < 256 ? frame->lent.bytes : 256);
}

/* Makes the plan again up to a step, and prints that; printing all frames, or one from anywhere. */
static void print_step(const struct plan_options *options, uint32_t number, bool all,
                       uint64_t frame)
{
    struct plan *plan = malloc(sizeof(*plan));
    struct plan_step *step = malloc(sizeof(*step));

    ck_assert(plan != NULL && step != NULL);
    plan_start(plan, options);
    do {
        plan_next(plan, step);
        for (unsigned i = 0; i < step->frame_count; i++) {
            if (step->frames[i].number == frame || (all && step->number == number)) {
                print_frame(&step->frames[i]);
            }
        }
    } while (step->number < number);
    printf("step %u: kind %u, role %u (%s), choice %u, value %u, %u frames\n", step->number,
           (unsigned)step->kind, step->role, roles[step->role].name, step->choice, step->value,
           step->frame_count);
    free(step);
    free(plan);
}

/* The frame that a record is about: the one that its payload names, else the last before it. */
static uint64_t frame_of(const struct record *record)
{
    bool has_payload = record->kind == RECORD_RECEIVED || record->kind == RECORD_COMPLETED;
    uint64_t named = record->value[7];

    return has_payload && named != 0 && named <= record->frame ? named : record->frame;
}

/*
 * Plays again, frame by frame, as far as the difference. Not when only one of the two has
 * superframes: there are frames in the other that it does not look between.
 */
static void narrow(struct side sides[2], const struct play_options *first,
                   const struct play_options *second, const struct difference *difference)
{
    struct play_options again[2] = {*first, *second};
    struct difference found = {.found = false};

    for (unsigned i = 0; i < 2; i++) {
        again[i].one_by_one = true;
        again[i].last_step = difference->step;
    }
    if (first->plan.cut == second->plan.cut) {
        found = run(sides, &again[0], &again[1]);
    }
    if (found.found) {
        printf("Frame by frame:\n");
        record_print_difference(&sides[0].record, sides[0].blob, &sides[1].record, sides[1].blob);
        print_step(&first->plan, found.step, false, frame_of(&sides[0].record));
    } else {
        printf("There is no difference frame by frame; the frames of the step:\n");
        print_step(&first->plan, difference->step, true, 0);
    }
}

static void report(struct side sides[2], const struct play_options *first,
                   const struct play_options *second, const struct difference *difference)
{
    printf("WINLWIP_SEED=%llu: %s and %s differ in step %u, after frame %llu:\n",
           (unsigned long long)first->plan.seed, way(first), way(second), difference->step,
           (unsigned long long)difference->frame);
    if (sides[0].more && sides[1].more) {
        record_print_difference(&sides[0].record, sides[0].blob, &sides[1].record, sides[1].blob);
    } else {
        printf("one ends before the other:\n");
        record_print(&sides[sides[0].more ? 0 : 1].record, sides[sides[0].more ? 0 : 1].blob);
    }
    narrow(sides, first, second, difference);
    fflush(stdout);
}

/* --- the last look --- */

/* Half of the frames have to be delivered, half of these by the early path when it is on. */
static void check_shares(const struct side *side, const struct play_options *options)
{
    struct winlwip_stats stats;

    ck_assert_uint_eq(side->record.kind, RECORD_END);
    memcpy(&stats, side->blob, sizeof(stats));
    uint64_t delivered = stats.fate[WINLWIP_FATE_DELIVERED];
    printf("%s: %llu frames, %llu delivered, %llu of them early\n", way(options),
           (unsigned long long)stats.frames_received, (unsigned long long)delivered,
           (unsigned long long)stats.frames_early);
    /* A damaged superframe ends as one frame. */
    ck_assert_uint_ge(stats.frames_received * 10, options->plan.frames * 9);
    ck_assert_uint_ge(delivered * 2, stats.frames_received);
    if (options->early) {
        ck_assert_uint_ge(stats.frames_early * 2, delivered);
    } else {
        ck_assert_uint_eq(stats.frames_early, 0);
    }
}

void compare_plays(const struct play_options *first, const struct play_options *second)
{
    struct side *sides = malloc(2 * sizeof(*sides));

    ck_assert_ptr_nonnull(sides);
    memset(sides, 0, 2 * sizeof(*sides));
    struct difference difference = run(sides, first, second);
    if (difference.found) {
        report(sides, first, second, &difference);
        ck_abort_msg("the two differ: see above");
    }
    check_shares(&sides[0], first);
    check_shares(&sides[1], second);
    free(sides);
}
