/*
 * resources.c - what the process holds: descriptors, threads, Winsock's handles, memory.
 */
#include "tests/soak/soak.h"

#include <dirent.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "winsock/handle.h"

/* Entries of a directory of /proc, without . and .. */
static unsigned count_entries(const char *path)
{
    DIR *directory = opendir(path);
    unsigned count = 0;

    if (directory == NULL) {
        return 0;
    }
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count - 2;
}

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128];
    char *after_all;
    uint64_t resident = 0;

    if (file != NULL) {
        if (fgets(line, sizeof(line), file) != NULL) {
            strtoull(line, &after_all, 10);
            resident = strtoull(after_all, NULL, 10);
        }
        fclose(file);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void count_handle(uintptr_t value, void *object, void *count)
{
    (void)value;
    (void)object;
    ++*(unsigned *)count;
}

void resources_read(struct resources *out)
{
    malloc_trim(0);
    *out = (struct resources){
        .descriptors = count_entries("/proc/self/fd"),
        .threads = count_entries("/proc/self/task"),
        .memory_bytes = resident_bytes(),
    };
    handle_each(HANDLE_ANY, count_handle, &out->handles);
}

static bool compare(const char *name, uint64_t before, uint64_t after, uint64_t more)
{
    bool good = after <= before + more;

    printf("%-24s %12" PRIu64 " %12" PRIu64 "%s\n", name, before, after, good ? "" : "   FAILED");
    return good;
}

bool resources_compare(const struct resources *before, const struct resources *after,
                       uint64_t memory_bytes)
{
    bool good = true;

    printf("%-24s %12s %12s\n", "", "before", "after");
    good &= compare("descriptors", before->descriptors, after->descriptors, 0);
    good &= compare("threads", before->threads, after->threads, 0);
    good &= compare("handles", before->handles, after->handles, 0);
    good &= compare("resident memory, KiB", before->memory_bytes / 1024,
                    after->memory_bytes / 1024, memory_bytes / 1024);
    return good;
}
