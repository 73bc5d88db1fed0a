/*
 * worker.c - a call on a thread of its own.
 *
 * A test that wants to see a call block has to know when it does: worker_blocked() watches the
 * thread's state in /proc until it sleeps, several times in a row. Then it may still sleep for a
 * lock, while the holder waits for its turn on a busy machine: so in the end the other threads of
 * the process have to be asleep, too. Threads that never are make that a matter of time.
 */
#include "tests/support/worker.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/world_internal.h"

/* Consecutive looks that have to find the thread asleep. */
#define ASLEEP_LOOKS 10

/* Time after which it does not matter any more whether the others are awake, milliseconds. */
#define OTHERS_MS 1000

struct worker {
    pthread_t thread;
    void (*run)(void *argument);
    void *argument;
    atomic_int id; /* of the thread in /proc, 0 until it runs */
    atomic_bool done;
};

static void *run(void *argument)
{
    struct worker *worker = argument;

    atomic_store(&worker->id, (int)syscall(SYS_gettid));
    worker->run(worker->argument);
    atomic_store(&worker->done, true);
    return NULL;
}

struct worker *worker_start(void (*call)(void *argument), void *argument)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    ck_assert_ptr_nonnull(worker);
    worker->run = call;
    worker->argument = argument;
    ck_assert_int_eq(pthread_create(&worker->thread, NULL, run, worker), 0);
    while (atomic_load(&worker->id) == 0) {
        world_pause();
    }
    return worker;
}

/* The state letter of a thread, or '?' when it is gone. */
static char thread_state(int id)
{
    char path[64], state = '?';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", id);
    file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) {
            state = '?';
        }
        fclose(file);
    }
    return state;
}

/* Do all threads but the calling one sleep? */
static bool others_sleep(void)
{
    int self = (int)syscall(SYS_gettid);
    DIR *directory = opendir("/proc/self/task");
    const struct dirent *entry;
    bool asleep = true;

    ck_assert_ptr_nonnull(directory);
    while (asleep && (entry = readdir(directory)) != NULL) {
        int id = (int)strtol(entry->d_name, NULL, 10); /* 0: "." and ".." */
        if (id != 0 && id != self) {
            char state = thread_state(id);
            asleep = state == 'S' || state == '?';
        }
    }
    closedir(directory);
    return asleep;
}

void worker_blocked(struct worker *worker)
{
    int64_t start = world_now_ms(), end = start + WORLD_PATIENCE_MS;
    unsigned asleep = 0;

    while (asleep < ASLEEP_LOOKS || (!others_sleep() && world_now_ms() < start + OTHERS_MS)) {
        ck_assert_msg(!atomic_load(&worker->done), "the call did not block");
        ck_assert_int_lt(world_now_ms(), end);
        asleep = thread_state(atomic_load(&worker->id)) == 'S' ? asleep + 1 : 0;
        world_pause();
    }
}

bool worker_done(struct worker *worker)
{
    return atomic_load(&worker->done);
}

void worker_join(struct worker *worker)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!atomic_load(&worker->done)) {
        ck_assert_msg(world_now_ms() < end, "a blocked call never came back");
        world_pause();
    }
    pthread_join(worker->thread, NULL);
    free(worker);
}
