/*
 * opening.c - one attempt to plug in, made by a thread of its own.
 *
 * Why a thread: vde_open() may wait as long as it likes. The module for switches sends a request by
 * a blocking socket and waits for the answer, which a switch that hangs never gives; those on UDP
 * look names up. A link is opened again under the stack lock, where nothing may wait.
 *
 * Objects: one struct opening, which the thread and the link that waits both know. `state` says who
 * of them is left: the first to say that he is done leaves it to the other, who frees it.
 * An eventfd tells the link. A thread whose attempt was abandoned ends when vde_open() returns.
 *
 * Signals are blocked in the thread: they are for threads of the program.
 */
#define _GNU_SOURCE /* pthread_attr_setsigmask_np */
#include "drivers/vde/opening.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* libvdeplug's own default; a mode of 0, which its header calls standard, lets nobody send. */
#define MODE_DEFAULT 0700

enum opening_state {
    OPENING_UNDER_WAY,
    OPENING_OVER,      /* by the thread: the result stands */
    OPENING_ABANDONED, /* by the link: nobody wants it */
};

struct opening {
    struct vde_target target; /* the thread's: libvdeplug writes into the URL */
    VDECONN *connection;      /* written by the thread while the state is OPENING_UNDER_WAY */
    int code;                 /* the same */
    int event_fd;
    _Atomic enum opening_state state;
};

static void opening_free(struct opening *opening)
{
    close(opening->event_fd);
    free(opening);
}

/* Leaves the opening to the other side, or says that this one is the last. */
static bool is_last(struct opening *opening, enum opening_state state)
{
    enum opening_state before = OPENING_UNDER_WAY;

    return !atomic_compare_exchange_strong(&opening->state, &before, state);
}

static void *opening_run(void *argument)
{
    struct opening *opening = argument;
    struct vde_target *target = &opening->target;
    struct vde_open_args arguments = {
        .port = target->port,
        .group = target->group[0] != '\0' ? target->group : NULL,
        .mode = target->has_mode ? target->mode : MODE_DEFAULT,
    };

    errno = 0;
    opening->connection = libvdeplug.open_real(target->url, target->description,
                                               LIBVDEPLUG_INTERFACE_VERSION, &arguments);
    opening->code = errno != 0 ? errno : EIO;
    /* Before the state: the link may free the descriptor once that says that all is over. */
    eventfd_write(opening->event_fd, 1);
    if (is_last(opening, OPENING_OVER)) {
        if (opening->connection != NULL) {
            libvdeplug.close(opening->connection);
        }
        opening_free(opening);
    }
    return NULL;
}

/* Starts the thread, detached. Returns 0 or an errno. */
static int start_thread(struct opening *opening)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    int code = pthread_attr_init(&attributes);

    if (code != 0) {
        return code;
    }
    sigfillset(&all);
    pthread_attr_setsigmask_np(&attributes, &all);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    code = pthread_create(&thread, &attributes, opening_run, opening);
    pthread_attr_destroy(&attributes);
    return code;
}

struct opening *opening_start(const struct vde_target *target)
{
    struct opening *opening = calloc(1, sizeof(*opening));
    int code;

    if (opening == NULL) {
        return NULL;
    }
    opening->target = *target;
    atomic_init(&opening->state, OPENING_UNDER_WAY);
    opening->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opening->event_fd < 0) {
        code = errno;
        goto free_opening;
    }
    code = start_thread(opening);
    if (code != 0) {
        goto close_event;
    }
    return opening;

close_event:
    close(opening->event_fd);
free_opening:
    free(opening);
    errno = code;
    return NULL;
}

int opening_fd(const struct opening *opening)
{
    return opening->event_fd;
}

bool opening_finish(struct opening *opening, VDECONN **connection, int *code)
{
    if (atomic_load(&opening->state) == OPENING_UNDER_WAY) {
        return false;
    }
    *connection = opening->connection;
    *code = opening->code;
    opening_free(opening);
    return true;
}

void opening_abandon(struct opening *opening)
{
    if (is_last(opening, OPENING_ABANDONED)) {
        if (opening->connection != NULL) {
            libvdeplug.close(opening->connection);
        }
        opening_free(opening);
    }
}
