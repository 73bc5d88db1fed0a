/*
 * world_later.c - a receive on a thread of its own.
 */
#include <stdlib.h>

#include "tests/support/worker.h"
#include "tests/support/world.h"

struct later {
    struct worker *worker;
    SOCKET socket;
    struct receive_room room;
    struct received received;
};

static void receive(void *argument)
{
    struct later *later = argument;

    world_receive_into(later->socket, &later->room, &later->received);
}

struct later *world_later(SOCKET s, const struct receive_room *room)
{
    struct later *later = calloc(1, sizeof(*later));

    ck_assert_ptr_nonnull(later);
    later->socket = s;
    if (room != NULL) {
        later->room = *room;
    }
    later->worker = worker_start(receive, later);
    return later;
}

void world_later_blocked(struct later *later)
{
    worker_blocked(later->worker);
}

bool world_later_done(struct later *later)
{
    return worker_done(later->worker);
}

void world_join_later(struct later *later, struct received *out)
{
    worker_join(later->worker);
    if (out != NULL) {
        *out = later->received;
    }
    free(later);
}
