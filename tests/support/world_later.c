/*
 * world_later.c - a receive on a thread of its own.
 *
 * A test that wants to see a call block has to know when it does: world_later_blocked() watches
 * the thread's state in /proc until it sleeps, several times in a row.
 */
#include "tests/support/world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/world_internal.h"

/* Consecutive looks that have to find the thread asleep. */
#define ASLEEP_LOOKS 10

struct later {
    pthread_t thread;
    SOCKET socket;
    struct receive_room room;
    atomic_int id; /* of the thread in /proc, 0 until it runs */
    atomic_bool done;
    struct received received;
};

static void *receive_thread(void *argument)
{
    struct later *later = argument;

    atomic_store(&later->id, (int)syscall(SYS_gettid));
    world_receive_into(later->socket, &later->room, &later->received);
    atomic_store(&later->done, true);
    return NULL;
}

struct later *world_later(SOCKET s, const struct receive_room *room)
{
    struct later *later = calloc(1, sizeof(*later));

    ck_assert_ptr_nonnull(later);
    later->socket = s;
    if (room != NULL)
        later->room = *room;
    ck_assert_int_eq(pthread_create(&later->thread, NULL, receive_thread, later), 0);
    while (atomic_load(&later->id) == 0)
        world_pause();
    return later;
}

/* The state letter of a thread, or '?' when it is gone. */
static char thread_state(int id)
{
    char path[64], state = '?';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", id);
    file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            state = '?';
        fclose(file);
    }
    return state;
}

void world_later_blocked(struct later *later)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    unsigned asleep = 0;

    while (asleep < ASLEEP_LOOKS) {
        ck_assert_msg(!atomic_load(&later->done), "the call did not block: result %d, error %d",
                      later->received.result, later->received.error);
        ck_assert_int_lt(world_now_ms(), end);
        asleep = thread_state(atomic_load(&later->id)) == 'S' ? asleep + 1 : 0;
        world_pause();
    }
}

bool world_later_done(struct later *later)
{
    return atomic_load(&later->done);
}

void world_join_later(struct later *later, struct received *out)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!atomic_load(&later->done)) {
        ck_assert_msg(world_now_ms() < end, "a blocked receive never came back");
        world_pause();
    }
    pthread_join(later->thread, NULL);
    if (out != NULL)
        *out = later->received;
    free(later);
}
