/*
 * inside.h - what the parts of a running lab share.
 *
 * run.c stays outside and waits; space.c makes the namespaces; inside.c is the process in them that
 * owns everything: it makes the segments (network.c or switches.c), starts and ends the hosts
 * (hosts.c), reads what they print (output.c), and kills whatever is left.
 */
#ifndef LAB_INSIDE_H
#define LAB_INSIDE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lab/lab.h"
#include "lab/run.h"

struct output;

enum host_state {
    HOST_WAITING, /* for others, or for its delay */
    HOST_RUNNING,
    HOST_ENDED,
};

/* How a host ended. */
enum host_end {
    END_NONE,        /* it has not */
    END_ITSELF,      /* its program ended: status */
    END_STOPPED,     /* on the lab's SIGTERM, no longer needed */
    END_INTERRUPTED, /* on the lab's SIGTERM, while the lab had to end early */
    END_KILLED,      /* by the lab's SIGKILL */
    END_NEVER,       /* never started */
};

/* A host while the lab runs; routers have one that stays as it is. */
struct host_run {
    enum host_state state;
    enum host_end end;
    bool is_ready;
    pid_t pid;            /* of its program, and of its process group; 0: none */
    size_t program;       /* which one runs */
    int status;           /* of the last one, as waitpid() gives it */
    int64_t due_ms;       /* it may start from then on; 0: it still waits for others */
    int64_t started_ms;
    int64_t ended_ms;
    int pipe[2];          /* its output: read end, and the write end that its programs get */
    int *taps;            /* one for each interface, by the kernel's backend; else NULL */
};

/* Why a lab ends. */
enum lab_end {
    LAB_GOES_ON,
    LAB_DONE,        /* all hosts that it waits for have ended */
    LAB_FAILURE,     /* failure = stop */
    LAB_TIMEOUT,
    LAB_INTERRUPTED, /* SIGINT or SIGTERM */
    LAB_ORPHANED,    /* the process outside is gone: nobody reads what would be printed */
};

/* A process of the lab's own: a switch, a capture. */
struct helper {
    pid_t pid;
    int hold; /* write end of a pipe: the helper ends when it is closed */
};

struct inside {
    const struct lab *lab;
    const struct lab_run_options *options;
    const char *directory; /* the lab's own */
    int lifeline;          /* reads its end when the process outside is gone */
    bool private_pids;     /* first process of a PID namespace */
    struct host_run *hosts;
    struct helper helpers[LAB_SEGMENTS_MAX];
    size_t helper_count;
    struct output *output;
    enum lab_end end;
    int64_t started_ms;
};

/* --- inside.c --- */

/* The whole life of the process inside. Returns its exit status. */
int inside_main(struct inside *inside);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t inside_now_ms(void);

/* Is the process outside gone? */
bool inside_is_alone(const struct inside *inside);

/* --- run.c --- */

/* Removes a directory with all that is in it. */
void run_remove(const char *directory);

/* --- space.c --- */

/*
 * Forks into new namespaces: of processes and mounts, with network too of networks; without root,
 * of users. Where only network is false they may be missing: then *private_pids is false. Returns
 * as fork() does; -1 after a line on standard error.
 */
pid_t space_fork(bool network, bool *private_pids);

/* --- configuration.c --- */

/* Writes each host's configuration to DIRECTORY/HOST.conf. Returns 0 or -errno after a line. */
int configuration_write(const struct inside *inside);

/* --- network.c, switches.c, capture.c --- */

/*
 * Make the segments, and for the kernel's backend the routers, and wait until frames flow. Return
 * 0, or -errno after a line on standard error.
 */
int network_make(struct inside *inside);
int switches_make(struct inside *inside);

/* The socket in whose directory a segment's switch listens. */
void switches_path(const struct inside *inside, size_t segment, char *path, size_t room);

/* Name of a segment's bridge. */
void network_bridge(size_t segment, char name[16]);

/* Captures the segments for which that is wanted. Returns 0, or -errno after a line. */
int capture_start(struct inside *inside);

/* Does anybody want a capture of the segment? */
bool capture_wanted(const struct lab *lab, size_t segment);

/* --- process.c --- */

struct spawn {
    const char *const *words; /* the command, NULL behind the last one */
    char *const *environment; /* "NAME=VALUE" to be added; count of them */
    size_t environment_count;
    int input;                /* -1: /dev/null */
    int output;               /* of standard output and error */
    const int *keep;          /* further descriptors that it inherits under their numbers,
                                 save negative ones */
    size_t keep_count;
    int network;              /* a network namespace to enter first; -1: none */
};

/*
 * Starts a program, found along PATH, in a session of its own. It dies with the lab. Returns its
 * process id or -errno; a program that can't be run says so on its output and ends with 127.
 */
pid_t process_spawn(const struct spawn *spawn);

/* Is a program to be found along PATH? */
bool process_exists(const char *name);

/*
 * Tells on standard error that a program has failed, with the first line of its output, which is in
 * the file at path. Returns -EIO.
 */
int inside_fail_program(const char *name, const char *path);

/* Kills all that was started here, and all that those have started, and waits for their end. */
void process_kill_all(bool private_pids);

/* --- hosts.c --- */

/* Starts the hosts that may start now. */
void hosts_start(struct inside *inside, int64_t now_ms);

/* Takes the end of a process, which may be a host's program. */
void hosts_ended(struct inside *inside, pid_t pid, int status);

/* Has the host, whose output said so, be ready. */
void hosts_ready(struct inside *inside, size_t host);

/* Does the lab wait for this host? */
bool hosts_needed(const struct lab *lab, const struct lab_host *host);

/* Are all ended that the lab waits for? */
bool hosts_done(const struct inside *inside);

/* Sends a signal to all that run. Returns how many. */
size_t hosts_signal(struct inside *inside, int signal);

/* Counts those that have not ended as killed, those that have not started as never started. */
void hosts_settle(struct inside *inside);

/* Has it ended as expected? */
bool hosts_as_expected(const struct inside *inside, size_t host);

/* When the next host may start, CLOCK_MONOTONIC milliseconds; INT64_MAX: none is known. */
int64_t hosts_next_ms(const struct inside *inside);

/* --- output.c --- */

/*
 * What hosts print, line by line: to standard output behind the host's name, and to their logs.
 * output_new() returns NULL after a line on standard error.
 */
struct output *output_new(const struct inside *inside);
void output_free(struct output *output);

/* Reads what a host has printed. Returns false at the end: nothing more can come. */
bool output_read(struct output *output, struct inside *inside, size_t host);

/* Ends the line under way, if there is one. */
void output_finish(struct output *output, struct inside *inside, size_t host);

/* Tells on a terminal what becomes of a host. */
__attribute__((format(printf, 3, 4)))
void output_event(struct output *output, size_t host, const char *format, ...);

/* Lines that the host has printed. */
unsigned long output_lines(const struct output *output, size_t host);

/* --- table.c --- */

/* Prints the table of all hosts. Returns whether all ended as expected. */
bool table_print(const struct inside *inside);

/* Writes "winlwip: " and one line to standard error. Returns code. */
__attribute__((format(printf, 2, 3)))
int inside_fail(int code, const char *format, ...);

#endif
