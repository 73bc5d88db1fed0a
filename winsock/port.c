/*
 * port.c - completion ports.
 *
 * Theory of operation
 *
 * Packets are operations that are over; they stand in a queue, first in, first out. Threads that
 * wait stand on a stack: the one that came last is the first to go on, as its caches are warm and
 * the others may sleep.
 *
 * A thread that has taken a packet is active for the port until it comes back for the next, waits
 * for something else in the library, or ends. While as many threads are active as the port's
 * concurrency allows, packets wait although threads do: an active one will come back. But an active
 * thread may also block where the library does not see it, perhaps until another one has handled
 * the very packet that waits. Windows' kernel would notice that; here the thread on top of the
 * stack is told when packets are held back, and takes one when that has lasted LIMIT_PORT_HOLD_MS.
 * The time runs for the port and not for each wait, or a thread that waits in shorter steps would
 * never take; it starts anew whenever a thread has been let in. While the queue is empty nobody
 * wakes up for that.
 *
 *   stacked    the thread sleeps, or is about to
 *   released   it has been taken off the stack and counts as active already; it takes a packet as
 *              soon as it runs, or goes back on the stack when others were faster
 *   holding    something was taken: port_take() returns
 *
 * settle_locked() is called after every change that may let another thread go on. It releases at
 * most one, which calls it again when it takes: so no release is lost, also not when the released
 * one gives up because its time is over.
 *
 * A port lives as long as somebody refers to it: its handle, the sockets that are associated with
 * it, the threads that are active for it. Closing the handle ends the waits and drops the packets;
 * from then on packets are dropped when they come.
 *
 * Lock: port.lock, behind socket.lock, a leaf but for the loop's mutex.
 */
#include "winsock/port.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/limits.h"
#include "winsock/event.h"
#include "winsock/handle.h"
#include "winsock/operation.h"
#include "winsock/thread.h"
#include "winsock/wait.h"

enum taking_state { TAKING_OUTSIDE, TAKING_STACKED, TAKING_RELEASED, TAKING_HOLDING };

/* One port_take(); lives in its frame. */
struct taking {
    struct port *port;
    struct thread *self;
    OVERLAPPED_ENTRY *entries;
    unsigned max;
    unsigned count;           /* out */
    struct operation *packets; /* that the entries were copied from, to be given back */
    bool polls;               /* must not wait: takes whatever the concurrency */
    bool was_active;          /* counts as active for this port still */

    enum taking_state state;  /* these under port.lock */
    struct taking *below;     /* on the stack */
    bool told;                /* that packets are held back, since the queue was last empty */
    int64_t look_again_ns;    /* written by the thread itself alone, which reads it without lock */
};

struct port {
    uintptr_t value; /* of its handle, whose references are the port's */
    unsigned concurrency;

    pthread_mutex_t lock; /* guards what follows */
    struct operation *first, *last;
    struct taking *top;   /* of the stack of waiting threads */
    unsigned active;
    int64_t hold_until_ns; /* when packets have been held back long enough; 0: none are */
    bool closed;

    struct operation *gathered_first, *gathered_last; /* of a burst; under the stack lock */
};

static void port_release(void *object)
{
    struct port *port = object;

    pthread_mutex_destroy(&port->lock);
    free(port);
}

static const struct handle_class port_class = {HANDLE_PORT, port_release, false};

static unsigned processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (unsigned)count : 1;
}

int port_new(unsigned concurrency, HANDLE *out)
{
    struct port *port = calloc(1, sizeof(*port));

    if (port == NULL) {
        return WSAENOBUFS;
    }
    port->concurrency = concurrency != 0 ? concurrency : processors();
    pthread_mutex_init(&port->lock, NULL);
    int error = handle_new(&port_class, port, &port->value);
    if (error != 0) {
        port_release(port);
        return error;
    }
    *out = port_handle(port);
    return 0;
}

struct port *port_get(HANDLE handle)
{
    return handle_get(event_handle_value(handle), HANDLE_PORT);
}

void port_ref(struct port *port)
{
    handle_ref(port->value);
}

void port_put(struct port *port)
{
    handle_put(port->value);
}

HANDLE port_handle(const struct port *port)
{
    return (HANDLE)port->value; /* NOLINT: a handle is a number in a pointer's clothes */
}

/* --- the stack of waiting threads --- */

static void stack_push(struct port *port, struct taking *taking)
{
    taking->state = TAKING_STACKED;
    taking->below = port->top;
    port->top = taking;
}

static void stack_remove(struct port *port, const struct taking *taking)
{
    struct taking **link = &port->top;

    while (*link != taking) {
        link = &(*link)->below;
    }
    *link = taking->below;
}

/* Packets are held back. Returns until when; the time runs from the first who says so. */
static int64_t hold_back_locked(struct port *port)
{
    if (port->hold_until_ns == 0) {
        port->hold_until_ns = loop_now_ns() + LIMIT_PORT_HOLD_MS * INT64_C(1000000);
    }
    return port->hold_until_ns;
}

/* Lets the next thread go on if there is something for it and the concurrency allows it. */
static void settle_locked(struct port *port)
{
    struct taking *top = port->top;

    if (port->first == NULL || top == NULL) {
        return;
    }
    if (port->active < port->concurrency) {
        stack_remove(port, top);
        top->state = TAKING_RELEASED;
        port->active++;
        port->hold_until_ns = 0;
        loop_wake(&top->self->waiter);
        return;
    }
    hold_back_locked(port);
    if (!top->told) {
        top->told = true;
        loop_wake(&top->self->waiter);
    }
}

/* --- packets --- */

/*
 * Queues packets that are linked from first to last. For each of them one thread may go on.
 * Returns false when the port is closed.
 */
static bool queue_packets(struct port *port, struct operation *first, struct operation *last)
{
    pthread_mutex_lock(&port->lock);
    bool closed = port->closed;
    if (!closed) {
        if (port->last != NULL) {
            port->last->next = first;
        } else {
            port->first = first;
        }
        port->last = last;
        settle_locked(port);
        for (; first != last && port->top != NULL; first = first->next) {
            settle_locked(port);
        }
    }
    pthread_mutex_unlock(&port->lock);
    return !closed;
}

static void drop_packets(struct operation *packet)
{
    while (packet != NULL) {
        struct operation *next = packet->next;
        op_free(packet);
        packet = next;
    }
}

void port_post(struct port *port, struct operation *packet)
{
    packet->next = NULL;
    if (!queue_packets(port, packet, packet)) {
        drop_packets(packet);
    }
}

void port_gather(struct port *port, struct operation *packet)
{
    packet->next = NULL;
    if (port->gathered_first != NULL) {
        port->gathered_last->next = packet;
    } else {
        port->gathered_first = packet;
    }
    port->gathered_last = packet;
}

void port_post_gathered(struct port *port)
{
    struct operation *first = port->gathered_first;

    if (first != NULL) {
        port->gathered_first = NULL;
        if (!queue_packets(port, first, port->gathered_last)) {
            drop_packets(first);
        }
    }
}

/* Moves packets from the queue into the entries. */
static void take_locked(struct taking *taking)
{
    struct port *port = taking->port;
    struct operation **end = &taking->packets;

    taking->packets = port->first;
    while (*end != NULL && taking->count < taking->max) {
        const struct operation *packet = *end;
        taking->entries[taking->count++] = (OVERLAPPED_ENTRY){
            .lpCompletionKey = packet->key,
            .lpOverlapped = packet->overlapped,
            .Internal = (ULONG)packet->status,
            .dwNumberOfBytesTransferred = packet->bytes,
        };
        end = &(*end)->next;
    }
    port->first = *end;
    *end = NULL;
    if (port->first == NULL) {
        port->last = NULL;
    }
}

/* --- taking --- */

/* May the thread take a packet now, or when is it to look again? The queue is not empty. */
static bool may_take_locked(struct taking *taking)
{
    struct port *port = taking->port;

    if (taking->state == TAKING_RELEASED || taking->polls || port->active < port->concurrency) {
        return true;
    }
    taking->look_again_ns = hold_back_locked(port);
    if (loop_now_ns() < taking->look_again_ns) {
        return false;
    }
    port->hold_until_ns = 0;
    return true;
}

/* Takes what there is. The thread is active afterwards, if it was not counted already. */
static void hold_locked(struct taking *taking)
{
    struct port *port = taking->port;

    if (taking->state == TAKING_STACKED) {
        stack_remove(port, taking);
    }
    if (taking->state != TAKING_RELEASED) {
        port->active++;
    }
    taking->state = TAKING_HOLDING;
    take_locked(taking);
    if (port->first == NULL) {
        port->hold_until_ns = 0;
    }
    settle_locked(port);
}

/* Nothing is there: a thread that was released for it, in vain, waits again. */
static void found_nothing_locked(struct taking *taking)
{
    taking->told = false;
    taking->look_again_ns = LOOP_FOREVER;
    if (taking->state == TAKING_RELEASED) {
        taking->port->active--;
        stack_push(taking->port, taking);
    }
}

static bool look_for_packets(void *of)
{
    struct taking *taking = of;
    struct port *port = taking->port;

    pthread_mutex_lock(&port->lock);
    if (taking->was_active) {
        taking->was_active = false;
        port->active--;
    }
    bool closed = port->closed;
    if (!closed && port->first == NULL) {
        found_nothing_locked(taking);
    } else if (!closed && may_take_locked(taking)) {
        hold_locked(taking);
    }
    bool over = closed || taking->state == TAKING_HOLDING;
    pthread_mutex_unlock(&port->lock);
    return over;
}

static void stand_in_line(void *of, struct thread *self)
{
    struct taking *taking = of;

    (void)self;
    pthread_mutex_lock(&taking->port->lock);
    stack_push(taking->port, taking);
    pthread_mutex_unlock(&taking->port->lock);
}

/* A release that was not used goes to the next one. */
static void leave_line(void *of)
{
    struct taking *taking = of;
    struct port *port = taking->port;

    pthread_mutex_lock(&port->lock);
    if (taking->state == TAKING_STACKED) {
        stack_remove(port, taking);
        settle_locked(port);
    } else if (taking->state == TAKING_RELEASED) {
        port->active--;
        settle_locked(port);
    }
    pthread_mutex_unlock(&port->lock);
}

static int64_t next_look_ns(const void *of)
{
    const struct taking *taking = of;

    return taking->look_again_ns;
}

static const struct wait_kind port_kind = {
    .attach = stand_in_line,
    .detach = leave_line,
    .look = look_for_packets,
    .next_look_ns = next_look_ns,
};

int port_take(struct port *port, OVERLAPPED_ENTRY *entries, unsigned max, unsigned *count,
              int64_t deadline_ns, bool alertable)
{
    struct thread *self = thread_self();

    if (self == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    bool same = self->port == port;
    if (!same) {
        port_leave(self);
        port_ref(port);
    }
    self->port = NULL;
    struct taking taking = {
        .port = port,
        .self = self,
        .entries = entries,
        .max = max,
        .polls = deadline_ns == 0,
        .was_active = same,
        .look_again_ns = LOOP_FOREVER,
    };
    int error = wait_until(&port_kind, &taking, deadline_ns, alertable);
    if (error == 0 && taking.state != TAKING_HOLDING) {
        error = ERROR_ABANDONED_WAIT_0;
    }
    if (error != 0) {
        port_put(port);
        return error;
    }
    self->port = port;
    *count = taking.count;
    for (struct operation *packet = taking.packets, *next; packet != NULL; packet = next) {
        next = packet->next;
        operation_give(self, packet);
    }
    return 0;
}

/* --- threads that are active --- */

static void one_less(struct port *port)
{
    pthread_mutex_lock(&port->lock);
    port->active--;
    settle_locked(port);
    pthread_mutex_unlock(&port->lock);
}

void port_thread_sleeps(struct port *port)
{
    one_less(port);
}

void port_thread_wakes(struct port *port)
{
    pthread_mutex_lock(&port->lock);
    port->active++;
    pthread_mutex_unlock(&port->lock);
}

void port_leave(struct thread *self)
{
    struct port *port = self->port;

    if (port != NULL) {
        self->port = NULL;
        one_less(port);
        port_put(port);
    }
}

/* --- closing --- */

/* The last handle is closed. */
static void end(struct port *port)
{
    pthread_mutex_lock(&port->lock);
    struct operation *packet = port->first;
    port->first = port->last = NULL;
    port->closed = true;
    for (struct taking *taking = port->top; taking != NULL; taking = taking->below) {
        loop_wake(&taking->self->waiter);
    }
    pthread_mutex_unlock(&port->lock);
    while (packet != NULL) {
        struct operation *next = packet->next;
        op_free(packet);
        packet = next;
    }
}

bool port_close(HANDLE handle)
{
    uintptr_t value = event_handle_value(handle);
    bool last;
    struct port *port = handle_close(value, HANDLE_PORT, &last);

    if (port == NULL) {
        return false;
    }
    if (last) {
        end(port);
    }
    handle_put(value);
    return true;
}
