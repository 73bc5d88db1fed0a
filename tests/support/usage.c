/*
 * usage.c - how often threads of this process have woken, as the kernel tells it in /proc.
 *
 * State: the threads that do not count.
 */
#include "tests/support/usage.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FORGOTTEN_MAX 16

static int forgotten[FORGOTTEN_MAX];
static unsigned forgotten_count;

/* Calls visit for each thread of this process. */
static void each_thread(void (*visit)(int id, void *context), void *context)
{
    DIR *directory = opendir("/proc/self/task");
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            visit((int)strtol(entry->d_name, NULL, 10), context);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

static void forget(int id, void *unused)
{
    (void)unused;
    if (forgotten_count < FORGOTTEN_MAX) {
        forgotten[forgotten_count++] = id;
    }
}

void usage_forget(void)
{
    forgotten_count = 0;
    each_thread(forget, NULL);
}

static bool counts(int id)
{
    for (unsigned i = 0; i < forgotten_count; i++) {
        if (forgotten[i] == id) {
            return false;
        }
    }
    return true;
}

static void add_switches(int id, void *sum)
{
    static const char key[] = "voluntary_ctxt_switches:";
    char path[64], line[128];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/status", id);
    file = counts(id) ? fopen(path, "r") : NULL;
    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, sizeof(key) - 1) == 0) {
            *(unsigned long *)sum += strtoul(line + sizeof(key) - 1, NULL, 10);
        }
    }
    fclose(file);
}

unsigned long usage_switches(void)
{
    unsigned long sum = 0;

    each_thread(add_switches, &sum);
    return sum;
}

void usage_sleep_ms(unsigned ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&time, NULL);
}
