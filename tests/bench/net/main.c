/*
 * main.c - the rows of the benchmark that need the kernel on the other side.
 *
 *   net ROW ...      ROW: P5, P6, P7, P8, P10
 *
 * Measures each row once, in a process of its own that is limited in time, and prints its records
 * on stdout: ID VARIANT WHO VALUE, VALUE in nanoseconds. All traffic stays inside network
 * namespaces that the processes make and that end with them.
 *
 * Exit status: 0; 1: a row failed or received something wrong; 2: bad arguments; 77: a row needs
 * what this machine or user has not. What it was is one line on stderr; such a row prints no
 * records.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/net/row.h"
#include "tests/bench/net/rows.h"

/* Longest time that a row may take, seconds; it needs about two. */
enum { LIMIT_S = 20 };

static const struct {
    const char *id;
    void (*measure)(void);
} rows[] = {
    {"P5", row_p5},
    {"P6", row_p6},
    {"P7", row_p7},
    {"P8", row_p8},
    {"P10", row_p10},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static int find(const char *id)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        if (strcmp(id, rows[i].id) == 0) {
            return i;
        }
    }
    return -1;
}

static int run(int number)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LIMIT_S);
        bench_pin();
        rows[number].measure();
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("net");
        return 1;
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    if (WTERMSIG(status) == SIGALRM) {
        fprintf(stderr, "net: %s took %d s: something got lost\n", rows[number].id, LIMIT_S);
    } else {
        fprintf(stderr, "net: %s ended by signal %d\n", rows[number].id, WTERMSIG(status));
    }
    return 1;
}

int main(int argc, char **argv)
{
    int worst = 0;

    for (int i = 1; i < argc; i++) {
        if (find(argv[i]) < 0) {
            fprintf(stderr, "net: no row: %s\n", argv[i]);
            return 2;
        }
    }
    for (int i = 1; i < argc && (worst == 0 || worst == ROW_MISSING); i++) {
        int status = run(find(argv[i]));
        worst = status != 0 ? status : worst;
    }
    return worst;
}
