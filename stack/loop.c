/*
 * loop.c - who drives the stack: polls links, runs timers, a bounded burst at a time.
 *
 * Theory of operation. A hand-over between threads costs more than everything else on the way of a
 * datagram, so a thread that has to wait in this library drives the stack itself while it waits.
 * There is at most one driver. Of several waiting threads one drives, the others sleep on their own
 * condition variable; when the driver's wait is over it appoints the next one.
 *
 *   turn     under the stack lock (turn.c): timers, loopback, one burst from each link
 *   sleep    in a seat (seat.h): on the links and the next timer, until one has something or another
 *            thread kicks
 *
 * System calls are most of what a round trip costs, so the driver makes none that it can do without:
 * it sleeps without a turn, nor the stack lock, when the last turn left nothing to do, and after
 * the sleep it reads only from links that ended it. It counts as asleep from before its first turn
 * on: a kick that comes while it is awake makes its next sleep a short one, which saves a look at
 * everything that may have changed.
 *
 * Waiting threads and the background thread sleep in seats of their own: for a moment both may be
 * asleep, and a kick must reach the one that is meant.
 *
 * The background thread drives only while nobody waits, so that ARP, ICMP and timers go on. It
 * takes over when nobody has waited for a moment: a program that receives again and again never
 * meets it. While waiters come and go it looks after 1, 2, 4, 8, and from then on every 16 ms, since
 * each look may push a waiter off its CPU; so it takes over a millisecond after a single wait, and
 * 32 ms at most after a busy time. When one waiter stays it sleeps until it is told. A waiter that
 * comes while it drives takes the role away and kicks it out of its sleep, without waiting for it.
 *
 * A replay that runs as fast as possible (a link without descriptor) is read only while somebody
 * waits, or asks without waiting, and no further than until the driver's own wait is satisfied:
 * nothing is read that nobody has asked for yet.
 *
 * A thread may wait while no stack runs (for an event): it sleeps on its condition variable, and
 * takes part in the driving as soon as a stack starts. A stop sends the driver back to that.
 *
 * Without background thread the host program may make turns, too, when the descriptor of watch.c is
 * readable. Then it drives as any non-blocking call does: beside the waiting threads.
 *
 * Lock: loop.mutex, a leaf. It guards everything in struct loop but what is marked.
 */
#define _GNU_SOURCE /* pthread_attr_setsigmask_np */

#include "stack/loop.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "stack/internal.h"
#include "stack/seat.h"
#include "stack/turn.h"
#include "stack/watch.h"

/* How long nobody must have waited before the background thread takes over. */
#define GRACE_LEAST_NS NS_PER_MS
#define GRACE_MOST_NS (16 * NS_PER_MS)

enum { SEAT_WAITER, SEAT_BACKGROUND, SEATS };

static struct {
    pthread_mutex_t mutex;
    struct seat seats[SEATS];
    bool running;
    bool stopping;
    struct loop_waiter *driver; /* NULL: nobody drives */
    bool sleeping;              /* the driver is in seat_sleep(), or may enter it without a look */
    struct loop_waiter *first, *last; /* all that wait, in the order in which they came */

    bool has_background;
    pthread_t background;
    pthread_cond_t background_wakeup;
    pthread_cond_t driver_left; /* nobody drives any more, while stopping */
    bool background_deep;   /* it sleeps until it is told */
    int64_t grace_ns;       /* until its next look */
    unsigned departures;    /* of waiters that left none behind */
} loop = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .seats = {SEAT_CLOSED, SEAT_CLOSED},
    .driver_left = PTHREAD_COND_INITIALIZER,
};

/* Stands for the background thread in loop.driver. */
static struct loop_waiter background_waiter;

/* For whom this thread is inside a turn: its own wake-up needs no lock. */
static _Thread_local struct loop_waiter *own_waiter;

/* --- waiters --- */

static void monotonic_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

void loop_waiter_init(struct loop_waiter *waiter)
{
    monotonic_cond_init(&waiter->wakeup);
    atomic_init(&waiter->signaled, false);
    waiter->next = waiter->previous = NULL;
}

void loop_waiter_fini(struct loop_waiter *waiter)
{
    pthread_cond_destroy(&waiter->wakeup);
}

static void cond_wait_until(pthread_cond_t *cond, int64_t deadline_ns)
{
    if (deadline_ns == LOOP_FOREVER) {
        pthread_cond_wait(cond, &loop.mutex);
        return;
    }
    struct timespec until = {.tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S};
    pthread_cond_timedwait(cond, &loop.mutex, &until);
}

static struct seat *seat_of(const struct loop_waiter *driver)
{
    return &loop.seats[driver == &background_waiter ? SEAT_BACKGROUND : SEAT_WAITER];
}

/* Ends the driver's sleep. */
static void kick_locked(void)
{
    if (loop.sleeping) {
        seat_kick(seat_of(loop.driver));
    }
}

void loop_wake(struct loop_waiter *waiter)
{
    if (own_waiter == waiter) {
        atomic_store(&waiter->signaled, true);
        return;
    }
    pthread_mutex_lock(&loop.mutex);
    atomic_store(&waiter->signaled, true);
    if (loop.driver == waiter) {
        kick_locked();
    } else {
        pthread_cond_signal(&waiter->wakeup);
    }
    pthread_mutex_unlock(&loop.mutex);
}

void loop_timers_changed(void)
{
    timers_forget_due();
    pthread_mutex_lock(&loop.mutex);
    kick_locked();
    pthread_mutex_unlock(&loop.mutex);
    watch_timers_changed();
}

/* --- driving --- */

void loop_poll(void)
{
    if (!stack_try_lock()) {
        return;
    }
    if (stack_running()) {
        turn_locked(TURN_ALL, NULL, true);
    }
    stack_unlock();
}

/* Makes a turn for the driver. Returns how many frames and packets were fed. */
static unsigned turn_for_locked(struct loop_waiter *waiter, uint32_t ready)
{
    own_waiter = waiter;
    unsigned done = turn_locked(ready, &waiter->signaled, waiter != &background_waiter);
    own_waiter = NULL;
    return done;
}

/*
 * What there is to do before a sleep: a turn, unless it would find nothing. Returns whether to sleep
 * now; due_ns: until when, which is when a timer is due.
 */
static bool work_before_sleep(struct loop_waiter *waiter, int64_t *due_ns)
{
    bool replays = waiter != &background_waiter;
    bool idle = true;

    if (turn_is_quiet(due_ns)) {
        return true;
    }
    *due_ns = LOOP_FOREVER;
    stack_lock();
    if (stack_running()) { /* the loop runs a moment longer than the stack at both ends */
        idle = (turn_is_idle_locked(replays) || turn_for_locked(waiter, TURN_ALL) == 0 ||
                turn_is_idle_locked(replays)) && !atomic_load(&waiter->signaled);
        if (idle && !clock_is_own()) {
            *due_ns = timers_due_ns_locked();
        }
    }
    stack_unlock();
    return idle;
}

/* A turn for what ended a sleep; ready: as seat_sleep() said. */
static void work_after_sleep(struct loop_waiter *waiter, uint32_t ready)
{
    stack_lock();
    if (stack_running()) {
        turn_for_locked(waiter, ready);
    }
    stack_unlock();
}

/*
 * Takes the driver's role: a turn, a sleep when nothing is left to do, and a turn for what ended it.
 * The mutex is held on entry and exit, and dropped between.
 */
static void drive(struct loop_waiter *waiter, int64_t deadline_ns)
{
    int64_t due_ns;

    loop.driver = waiter;
    loop.sleeping = true;
    pthread_mutex_unlock(&loop.mutex);

    if (work_before_sleep(waiter, &due_ns) && !atomic_load(&waiter->signaled)) {
        uint32_t ready = seat_sleep(seat_of(waiter), due_ns, deadline_ns);
        if (ready != 0 && !atomic_load(&waiter->signaled)) {
            work_after_sleep(waiter, ready);
        }
    }

    pthread_mutex_lock(&loop.mutex);
    if (loop.driver == waiter) {
        loop.driver = NULL;
        loop.sleeping = false;
        if (loop.stopping) {
            pthread_cond_signal(&loop.driver_left);
        }
    }
}

/* Nobody drives, or only the background thread, which is kicked out. */
static bool may_drive(void)
{
    if (!loop.running || loop.stopping) {
        return false;
    }
    if (loop.driver == &background_waiter) {
        kick_locked();
        loop.driver = NULL;
        loop.sleeping = false;
    }
    return loop.driver == NULL;
}

static void waiters_add(struct loop_waiter *waiter)
{
    waiter->next = NULL;
    waiter->previous = loop.last;
    if (loop.last != NULL) {
        loop.last->next = waiter;
    } else {
        loop.first = waiter;
    }
    loop.last = waiter;
}

static void waiters_remove(struct loop_waiter *waiter)
{
    if (waiter->previous != NULL) {
        waiter->previous->next = waiter->next;
    } else {
        loop.first = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->previous = waiter->previous;
    } else {
        loop.last = waiter->previous;
    }
}

/* A waiter left: somebody else has to drive. */
static void hand_over(void)
{
    if (loop.first != NULL) {
        if (loop.driver == NULL) {
            pthread_cond_signal(&loop.first->wakeup);
        }
        return;
    }
    loop.departures++;
    if (loop.background_deep) {
        loop.background_deep = false;
        pthread_cond_signal(&loop.background_wakeup);
    }
}

int loop_wait(struct loop_waiter *waiter, int64_t deadline_ns)
{
    pthread_mutex_lock(&loop.mutex);
    waiters_add(waiter);
    while (!atomic_load(&waiter->signaled) &&
           (deadline_ns == LOOP_FOREVER || loop_now_ns() < deadline_ns)) {
        if (may_drive()) {
            drive(waiter, deadline_ns);
        } else {
            cond_wait_until(&waiter->wakeup, deadline_ns);
        }
    }
    bool woken = atomic_exchange(&waiter->signaled, false);
    waiters_remove(waiter);
    hand_over();
    pthread_mutex_unlock(&loop.mutex);
    return woken ? 0 : -ETIMEDOUT;
}

/* --- the background thread --- */

/* Does anybody wait or drive? */
static bool attended(void)
{
    return loop.first != NULL || loop.driver != NULL;
}

/* Sleeps until a waiter leaves. The mutex is held, and dropped inside. */
static void sleep_deep(void)
{
    loop.background_deep = true;
    while (loop.background_deep && !loop.stopping) {
        pthread_cond_wait(&loop.background_wakeup, &loop.mutex);
    }
}

/* Waits until nobody has waited or left for a while. The mutex is held, and dropped inside. */
static void wait_for_quiet(void)
{
    while (!loop.stopping) {
        unsigned before = loop.departures;
        cond_wait_until(&loop.background_wakeup, loop_now_ns() + loop.grace_ns);
        bool quiet = before == loop.departures;

        if (quiet && !attended()) {
            loop.grace_ns = GRACE_LEAST_NS;
            return;
        }
        if (loop.grace_ns < GRACE_MOST_NS) {
            loop.grace_ns *= 2;
        } else if (quiet) {
            sleep_deep();
        }
    }
}

static void *background_main(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&loop.mutex);
    unsigned departures = loop.departures;
    while (!loop.stopping) {
        /* A waiter may have come and gone again before this thread had the CPU. */
        if (attended() || departures != loop.departures) {
            wait_for_quiet();
            departures = loop.departures;
        } else {
            drive(&background_waiter, LOOP_FOREVER);
        }
    }
    pthread_mutex_unlock(&loop.mutex);
    return NULL;
}

/* Starts the thread with all signals blocked: the host program's signals are its own. */
static int start_background(void)
{
    pthread_attr_t attributes;
    sigset_t all;

    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        return -error;
    }
    sigfillset(&all);
    pthread_attr_setsigmask_np(&attributes, &all);
    error = pthread_create(&loop.background, &attributes, background_main, NULL);
    pthread_attr_destroy(&attributes);
    loop.has_background = error == 0;
    return -error;
}

/* --- start, stop, links --- */

static void seats_close(void)
{
    for (unsigned i = 0; i < SEATS; i++) {
        seat_close(&loop.seats[i]);
    }
}

int loop_add_link(struct interface *interface)
{
    int error = 0;

    for (unsigned i = 0; i < SEATS && error == 0 && interface->link->fd >= 0; i++) {
        error = seat_watch(&loop.seats[i], interface->link->fd, interface->index);
    }
    if (error == 0 && interface->link->fd >= 0) {
        error = watch_add_link(interface->link->fd, interface->index);
    }
    return error;
}

void loop_remove_link(struct interface *interface)
{
    if (interface->link->fd < 0) {
        return;
    }
    for (unsigned i = 0; i < SEATS; i++) {
        seat_unwatch(&loop.seats[i], interface->link->fd);
    }
    watch_remove_link(interface->link->fd);
}

int loop_start(bool background)
{
    if (loop.running) {
        return -EALREADY;
    }
    for (unsigned i = 0; i < SEATS; i++) {
        int error = seat_open(&loop.seats[i]);
        if (error != 0) {
            seats_close();
            return error;
        }
    }
    if (!background) {
        int error = watch_open();
        if (error != 0) {
            seats_close();
            return error;
        }
    }
    loop_waiter_init(&background_waiter);
    monotonic_cond_init(&loop.background_wakeup);
    pthread_mutex_lock(&loop.mutex);
    loop.stopping = false;
    loop.running = true;
    loop.grace_ns = GRACE_LEAST_NS;
    if (loop.first != NULL) { /* waits since before the start */
        pthread_cond_signal(&loop.first->wakeup);
    }
    pthread_mutex_unlock(&loop.mutex);
    int error = background ? start_background() : 0;
    if (error != 0) {
        loop_stop();
    }
    return error;
}

void loop_stop(void)
{
    pthread_mutex_lock(&loop.mutex);
    loop.stopping = true;
    kick_locked();
    pthread_cond_signal(&loop.background_wakeup);
    pthread_mutex_unlock(&loop.mutex);
    if (loop.has_background) {
        pthread_join(loop.background, NULL);
        loop.has_background = false;
    }
    pthread_mutex_lock(&loop.mutex);
    while (loop.driver != NULL) {
        pthread_cond_wait(&loop.driver_left, &loop.mutex);
    }
    loop.background_deep = false;
    loop.running = false;
    pthread_mutex_unlock(&loop.mutex);
    loop_waiter_fini(&background_waiter);
    pthread_cond_destroy(&loop.background_wakeup);
    watch_close();
    seats_close();
}
