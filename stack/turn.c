/*
 * turn.c - one bounded turn of the stack, and how much a link is asked for.
 *
 * Theory of operation. A turn asks each link for a burst. A link that has nothing says so by a system
 * call, as dear as reading a frame; so links are not asked when the answer is known:
 *
 *   - After a turn that left all links *dry* the driver sleeps without asking again. It sleeps on
 *     their descriptors, which are readable as long as there is something to read: when a link was
 *     taken for dry by mistake the sleep ends at once.
 *   - A turn after a sleep asks the links that ended it. Every other turn asks all: a link that
 *     always has something keeps the driver from sleeping, and must not hide the others.
 *
 * A link is dry when its driver says so (link.drained) or gave nothing. A program that answers one
 * request after the other gets one frame for each sleep, and asking for a second is in vain. So a
 * link that brought one frame after each of its last sleeps is asked for one only, and then taken
 * for dry; every now and then it is asked for all it has, so that a link on which more than one
 * frame waits at a time is read in bursts again.
 *
 * A turn that leaves nothing to do but timers says so in *quiet*. A driver that finds it so, and the
 * time of the next timer known, sleeps without taking the stack lock. What gives the stack work
 * outside of a turn takes back one of the two, timers_forget_due() or turn_disturb(), before it wakes
 * the driver.
 *
 * Guarded by the stack lock, save quiet.
 */
#include "stack/turn.h"

#include <errno.h>

#include "stack/internal.h"
#include "stack/seat.h"
#include "stack/watch.h"

_Static_assert(LIMIT_INTERFACES < 32, "interfaces have a bit each, and not all bits are set");

enum {
    LONE_FRAMES = 4,  /* so many sleeps in a row that brought one frame, and it is one at a time */
    LONE_PROBE = 16,  /* of so many sleeps after that, one is followed by a whole burst */
};

static bool links_dry; /* all of them */

/* The last turn left nothing to do but timers. Written under the lock, read without. */
static atomic_bool quiet;

void turn_disturb(void)
{
    atomic_store_explicit(&quiet, false, memory_order_relaxed);
}

void turn_start(void)
{
    turn_disturb();
    links_dry = false;
}

static bool is_read(const struct interface *interface)
{
    return !interface->ended && !interface->failed;
}

static bool is_replay(const struct interface *interface)
{
    return interface->link->fd < 0;
}

/* The link came to its end. */
static void retire(struct interface *interface, int error)
{
    loop_remove_link(interface);
    if (error == -ENODATA) {
        interface_end_locked(interface);
    } else {
        interface_fail_locked(interface);
    }
}

/* How many frames a link is asked for; awoke: it ended a sleep. */
static unsigned burst_size(const struct interface *interface, bool awoke)
{
    bool lone = awoke && interface->lone_frames >= LONE_FRAMES &&
                interface->lone_frames % LONE_PROBE != 0;

    return lone ? 1 : LIMIT_BURST_FRAMES;
}

/*
 * Receives a burst from one link. Returns how many frames, 0 also when the link came to its end.
 * Clears *dry when there may be more.
 */
static unsigned receive_from(struct interface *interface, bool awoke, const atomic_bool *stop,
                             bool *dry)
{
    unsigned max = burst_size(interface, awoke);
    int count = link_receive_locked(interface, max, stop);

    if (count < 0) {
        retire(interface, count);
        return 0;
    }
    bool drained = count == 0 || interface->link->drained || max == 1;
    if (awoke && count > 0) {
        interface->lone_frames = count == 1 ? interface->lone_frames + 1 : 0;
    }
    *dry &= drained;
    return (unsigned)count;
}

static bool replay_waits(void)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        const struct interface *interface = interface_at(i);
        if (is_read(interface) && is_replay(interface)) {
            return true;
        }
    }
    return false;
}

bool turn_is_idle_locked(bool replays)
{
    return links_dry && loopback_is_empty_locked() && !(replays && replay_waits());
}

bool turn_is_silent_locked(void)
{
    return !loopback_is_empty_locked() || replay_waits();
}

unsigned turn_locked(uint32_t ready, const atomic_bool *stop, bool replays)
{
    bool dry = true;

    /* After a sleep that no timer ended none is due; link.c says what else that takes. */
    if (ready == TURN_ALL || (ready & SEAT_TIMER) != 0 || !loopback_is_empty_locked()) {
        timers_run_locked();
    }
    unsigned done = loopback_drain_locked();
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);
        if (is_read(interface) && (is_replay(interface) ? replays : (ready >> i & 1) != 0)) {
            done += receive_from(interface, ready != TURN_ALL, stop, &dry);
        }
    }
    links_dry = dry;
    done += loopback_drain_locked();
    atomic_store_explicit(&quiet, turn_is_idle_locked(true) && !clock_is_own(),
                          memory_order_relaxed);
    if (done != 0) {
        watch_tell_locked();
    }
    watch_turn_over_locked();
    return done;
}

bool turn_is_quiet(int64_t *due_ns)
{
    return atomic_load_explicit(&quiet, memory_order_relaxed) && timers_know_due_ns(due_ns);
}
