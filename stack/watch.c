/*
 * watch.c - the descriptor by which a host program learns that the stack wants a turn.
 *
 * Theory of operation. The descriptor is the epoll set of a seat (seat.h) in which nobody sleeps:
 * the program has its own loop watch it, and calls winlwip_drive() when it is readable. In the set
 * are the links' descriptors, a timer at the time when one of lwIP's is due, and an eventfd. All are
 * level-triggered: what comes between a turn and the program's next sleep ends that sleep.
 *
 * The program has nothing but this descriptor to tell it that a datagram waits in one of its sockets.
 * Its own turn is followed by a look at the sockets; all other ways on which datagrams get there
 * have to be told by the eventfd:
 *
 *   - a turn that another thread makes while it waits, and one that a non-blocking call makes, which
 *     may fill the queue of a socket that the program has looked at already;
 *   - a send to the host itself;
 *   - an interface that goes down, a replay that ends: receives fail from then on.
 *
 * And work of which no descriptor tells: a replay that is read as fast as possible, looped packets
 * beyond the bound of a turn. It is told once until the next turn (watch.told), so a program that
 * sends a thousand datagrams to itself pays for one eventfd, and one that never looks for none.
 *
 * The timer is set exactly by the program's turns; those of others only set it earlier, which costs
 * a turn for nothing when they also did what was due.
 *
 * Locks: watch.mutex, a leaf beside the loop's, guards the seat and told. turning is under the stack
 * lock, as all turns are.
 */
#include "stack/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "include/winlwip.h"
#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/seat.h"
#include "stack/turn.h"

static struct {
    pthread_mutex_t mutex;
    struct seat seat;
    atomic_bool open; /* written under the mutex */
    atomic_bool told; /* the eventfd is readable; written under the mutex */
    bool turning;     /* a turn of the program's is under way */
} watch = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .seat = SEAT_CLOSED,
};

static bool is_open(void)
{
    return atomic_load_explicit(&watch.open, memory_order_relaxed);
}

int watch_open(void)
{
    pthread_mutex_lock(&watch.mutex);
    int error = seat_open(&watch.seat);
    if (error != 0) {
        seat_close(&watch.seat);
    }
    atomic_store(&watch.told, false);
    atomic_store(&watch.open, error == 0);
    pthread_mutex_unlock(&watch.mutex);
    return error;
}

void watch_close(void)
{
    pthread_mutex_lock(&watch.mutex);
    atomic_store(&watch.open, false);
    seat_close(&watch.seat);
    pthread_mutex_unlock(&watch.mutex);
}

int watch_add_link(int fd, uint32_t index)
{
    pthread_mutex_lock(&watch.mutex);
    int error = is_open() ? seat_watch(&watch.seat, fd, index) : 0;
    pthread_mutex_unlock(&watch.mutex);
    return error;
}

void watch_remove_link(int fd)
{
    pthread_mutex_lock(&watch.mutex);
    seat_unwatch(&watch.seat, fd);
    pthread_mutex_unlock(&watch.mutex);
}

/* Makes the descriptor readable until the program's next turn. */
static void tell(void)
{
    if (!is_open() || atomic_load(&watch.told)) {
        return;
    }
    pthread_mutex_lock(&watch.mutex);
    if (is_open() && !atomic_load(&watch.told)) {
        atomic_store(&watch.told, true);
        seat_kick(&watch.seat);
    }
    pthread_mutex_unlock(&watch.mutex);
}

/* What is told from now on is for the turn after this one. */
static void take_told(void)
{
    if (!atomic_load(&watch.told)) {
        return;
    }
    pthread_mutex_lock(&watch.mutex);
    if (is_open()) {
        seat_take_kicks(&watch.seat);
    }
    atomic_store(&watch.told, false);
    pthread_mutex_unlock(&watch.mutex);
}

void watch_tell_locked(void)
{
    if (!watch.turning) {
        tell();
    }
}

void watch_timers_changed(void)
{
    tell();
}

/* Sets the timer to when the stack has work next; later than before only when that is wanted. */
static void arm_locked(bool later)
{
    int64_t due_ns = clock_is_own() ? LOOP_FOREVER : timers_due_ns_locked();

    pthread_mutex_lock(&watch.mutex);
    if (is_open() && (due_ns < watch.seat.timer_ns || (later && due_ns != watch.seat.timer_ns))) {
        seat_set_timer(&watch.seat, due_ns);
    }
    pthread_mutex_unlock(&watch.mutex);
}

void watch_turn_over_locked(void)
{
    if (is_open() && !watch.turning) {
        arm_locked(false);
    }
}

static int turn_of_program_locked(void)
{
    if (!stack_running() || !is_open()) {
        return -1;
    }
    take_told();
    watch.turning = true;
    unsigned done = turn_locked(TURN_ALL, NULL, true);
    watch.turning = false;
    arm_locked(true);
    if (turn_is_silent_locked()) {
        tell();
    }
    return (int)done;
}

int winlwip_drive(void)
{
    stack_lock();
    int done = turn_of_program_locked();
    stack_unlock();
    return done;
}

int winlwip_fd(void)
{
    pthread_mutex_lock(&watch.mutex);
    int fd = is_open() ? watch.seat.epoll_fd : -1;
    pthread_mutex_unlock(&watch.mutex);
    return fd;
}
