/*
 * table.c - the table at the end of a lab: how each host ended.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/inside.h"

#define RESULT_BYTES 48

/* "exit 1, not 0", "signal 11", "stopped". */
static void write_result(const struct inside *inside, size_t index, char text[RESULT_BYTES])
{
    const struct host_run *run = &inside->hosts[index];
    unsigned expect = inside->lab->hosts[index].expect;

    switch (run->end) {
    case END_ITSELF:
        if (WIFSIGNALED(run->status)) {
            snprintf(text, RESULT_BYTES, "signal %d", WTERMSIG(run->status));
        } else if (hosts_as_expected(inside, index)) {
            snprintf(text, RESULT_BYTES, "exit %d", WEXITSTATUS(run->status));
        } else {
            snprintf(text, RESULT_BYTES, "exit %d, not %u", WEXITSTATUS(run->status), expect);
        }
        return;
    case END_STOPPED:
        strcpy(text, "stopped");
        return;
    case END_INTERRUPTED:
        strcpy(text, "cut short");
        return;
    case END_KILLED:
        strcpy(text, "killed");
        return;
    case END_NEVER:
    case END_NONE:
        strcpy(text, "never started");
        return;
    }
}

/* The widest of what stands in a column of names, and of its head. */
static int name_width(const struct lab *lab)
{
    int width = (int)strlen("host");

    for (size_t i = 0; i < lab->host_count; i++) {
        int length = (int)strlen(lab->hosts[i].name);

        width = length > width ? length : width;
    }
    return width;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void print_row(const struct inside *inside, size_t index, int width)
{
    const struct lab_host *host = &inside->lab->hosts[index];
    const struct host_run *run = &inside->hosts[index];
    double seconds = run->started_ms != 0 ? (double)(run->ended_ms - run->started_ms) / 1000 : 0;
    char result[RESULT_BYTES];

    write_result(inside, index, result);
    printf("%-*s  %-16.16s  %-16s  %8.3f  %7lu  %s\n", width, host->name,
           base_name(host->programs[run->program].words[0]), result, seconds,
           output_lines(inside->output, index),
           hosts_as_expected(inside, index) ? "as expected" : "NOT as expected");
}

bool table_print(const struct inside *inside)
{
    static const char *const reasons[] = {
        [LAB_FAILURE] = "a host did not end as expected",
        [LAB_TIMEOUT] = "its time was over",
        [LAB_INTERRUPTED] = "it was interrupted",
    };
    const struct lab *lab = inside->lab;
    bool all = inside->end == LAB_DONE;
    int width = name_width(lab);

    printf("\n%-*s  %-16s  %-16s  %8s  %7s\n", width, "host", "program", "result", "seconds",
           "lines");
    for (size_t i = 0; i < lab->host_count; i++) {
        if (lab->hosts[i].role == LAB_HOST) {
            print_row(inside, i, width);
            all &= hosts_as_expected(inside, i);
        }
    }
    if (inside->end != LAB_DONE) {
        printf("The lab was ended early: %s.\n", reasons[inside->end]);
    }
    fflush(stdout);
    return all;
}
