/*
 * inside.c - the process in a lab's namespaces: makes everything, watches it, ends it.
 *
 * Theory of operation
 *
 * One thread, one loop: poll() on the pipe of each host, on a descriptor that tells signals, and on
 * the lifeline, a pipe whose other end is held outside: when that process is gone, however it
 * ended, this one kills what it has started and removes the lab's directory itself.
 *
 * A reader of standard output who has stopped reading stops the lab, too. So that this lasts no longer
 * than the process outside, its end is also told by a signal, which interrupts the write.
 *
 * The end: hosts get SIGTERM and the lab's grace, then SIGKILL; captures write what they have;
 * switches end; and then everything dies that is left in the PID namespace.
 */
#define _GNU_SOURCE
#include "lab/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long processes may take to be gone after SIGKILL, and captures to write what they have. */
#define GONE_MS 5000

/* Descriptors of the loop beside those of the hosts. */
enum { FD_SIGNALS, FD_LIFELINE, FD_HOSTS };

int inside_fail(int code, const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("winlwip: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return code;
}

int64_t inside_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool inside_is_alone(const struct inside *inside)
{
    struct pollfd fd = {.fd = inside->lifeline};

    return poll(&fd, 1, 0) == 1;
}

/* --- Events --- */

static void end_lab(struct inside *inside, enum lab_end end)
{
    if (inside->end == LAB_GOES_ON) {
        inside->end = end;
    }
}

/* Takes a helper off the list. Returns false when the process is none. */
static bool helper_ended(struct inside *inside, pid_t pid)
{
    for (size_t i = 0; i < inside->helper_count; i++) {
        if (inside->helpers[i].pid == pid) {
            close(inside->helpers[i].hold);
            inside->helpers[i] = inside->helpers[--inside->helper_count];
            return true;
        }
    }
    return false;
}

/*
 * Takes the ends of all children that have ended. The rest of a host's process group is killed
 * while its first process still holds the number of the group.
 */
static void reap(struct inside *inside)
{
    siginfo_t info = {0};
    int status;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        kill(-info.si_pid, SIGKILL);
        if (waitpid(info.si_pid, &status, 0) != info.si_pid) {
            return;
        }
        if (!helper_ended(inside, info.si_pid)) {
            hosts_ended(inside, info.si_pid, status);
        } else if (inside->end == LAB_GOES_ON) {
            inside_fail(0, "a switch or capture has ended by itself");
            end_lab(inside, LAB_FAILURE);
        }
        info.si_pid = 0;
    }
}

static void take_signals(struct inside *inside, int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            reap(inside);
        } else {
            end_lab(inside, LAB_INTERRUPTED);
        }
    }
}

/* Waits for something to happen, until a moment at most, and deals with it. */
static void turn(struct inside *inside, int signals, int64_t until_ms)
{
    size_t count = inside->lab->host_count;
    struct pollfd fds[FD_HOSTS + LAB_HOSTS_MAX];
    int64_t left_ms = until_ms - inside_now_ms();

    fds[FD_SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
    fds[FD_LIFELINE] = (struct pollfd){
        .fd = inside->end == LAB_ORPHANED ? -1 : inside->lifeline, .events = POLLIN};
    for (size_t i = 0; i < count; i++) {
        fds[FD_HOSTS + i] = (struct pollfd){.fd = inside->hosts[i].pipe[0], .events = POLLIN};
    }
    left_ms = left_ms < 0 ? 0 : left_ms;
    if (poll(fds, FD_HOSTS + count, left_ms < INT_MAX ? (int)left_ms : INT_MAX) <= 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (fds[FD_HOSTS + i].revents != 0) {
            output_read(inside->output, inside, i);
        }
    }
    if (fds[FD_SIGNALS].revents != 0) {
        take_signals(inside, signals);
    }
    if (fds[FD_LIFELINE].revents != 0) {
        inside->end = LAB_ORPHANED;
    }
}

/* --- The run --- */

static void run_hosts(struct inside *inside, int signals)
{
    unsigned timeout_ms = inside->lab->timeout_ms;
    int64_t end_ms = timeout_ms != 0 ? inside->started_ms + timeout_ms : INT64_MAX;

    while (inside->end == LAB_GOES_ON) {
        int64_t now_ms = inside_now_ms();
        int64_t next_ms;

        hosts_start(inside, now_ms);
        if (hosts_done(inside)) {
            end_lab(inside, LAB_DONE);
        } else if (now_ms >= end_ms) {
            end_lab(inside, LAB_TIMEOUT);
        } else if (inside->end == LAB_GOES_ON) {
            next_ms = hosts_next_ms(inside);
            turn(inside, signals, next_ms < end_ms ? next_ms : end_ms);
        }
    }
}

static bool any_runs(const struct inside *inside)
{
    for (size_t i = 0; i < inside->lab->host_count; i++) {
        if (inside->hosts[i].state == HOST_RUNNING) {
            return true;
        }
    }
    return false;
}

static void end_hosts(struct inside *inside, int signals)
{
    int64_t until_ms = inside_now_ms() + inside->lab->grace_ms;

    if (inside->end != LAB_ORPHANED) {
        hosts_signal(inside, SIGTERM);
    }
    while (any_runs(inside) && inside->end != LAB_ORPHANED && inside_now_ms() < until_ms) {
        turn(inside, signals, until_ms);
    }
    hosts_signal(inside, SIGKILL);
    until_ms = inside_now_ms() + GONE_MS;
    while (any_runs(inside) && inside_now_ms() < until_ms) {
        turn(inside, signals, until_ms);
    }
}

static void end_helpers(struct inside *inside, int signals)
{
    int64_t until_ms = inside_now_ms() + GONE_MS;

    for (size_t i = 0; i < inside->helper_count; i++) {
        close(inside->helpers[i].hold);
        inside->helpers[i].hold = -1;
    }
    while (inside->helper_count > 0 && inside->end != LAB_ORPHANED &&
           inside_now_ms() < until_ms) {
        turn(inside, signals, until_ms);
    }
}

/* --- Making it --- */

/* A descriptor for each host's output and each TAP: as many as the system allows. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Only our end of a pipe is read without waiting; programs write as to any pipe. */
static int open_pipes(struct inside *inside)
{
    for (size_t i = 0; i < inside->lab->host_count; i++) {
        int *ends = inside->hosts[i].pipe;

        ends[0] = ends[1] = -1;
        if (inside->lab->hosts[i].role == LAB_ROUTER) {
            continue;
        }
        if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
            return inside_fail(-errno, "no pipe can be made: %s", strerror(errno));
        }
    }
    return 0;
}

static int make_network(struct inside *inside)
{
    int status = open_pipes(inside);

    if (mkdir(inside->directory, 0700) != 0) {
        return inside_fail(-errno, "%s: %s", inside->directory, strerror(errno));
    }
    if (status == 0) {
        status = inside->lab->backend == LAB_VDE ? switches_make(inside) : network_make(inside);
    }
    if (status == 0) {
        status = configuration_write(inside);
    }
    return status == 0 ? capture_start(inside) : status;
}

static bool run(struct inside *inside, int signals)
{
    bool well = false;

    inside->output = output_new(inside);
    if (inside->output == NULL) {
        return false;
    }
    inside->started_ms = inside_now_ms();
    run_hosts(inside, signals);
    end_hosts(inside, signals);
    end_helpers(inside, signals);
    hosts_settle(inside);
    if (inside->end != LAB_ORPHANED) {
        well = table_print(inside);
    }
    output_free(inside->output);
    return well;
}

/* Interrupts the write under way, and has those after it go nowhere: stdio tries again. */
static void drop_output(int number)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)number;

    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        close(fd);
    }
}

/* What is written to standard output does not wait any more when the process outside is gone. */
static void write_no_longer_than_outside(void)
{
    const struct sigaction action = {.sa_handler = drop_output};

    sigaction(SIGUSR1, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
}

int inside_main(struct inside *inside)
{
    sigset_t held;
    bool well = false;
    int signals;

    setsid();
    write_no_longer_than_outside();
    signal(SIGPIPE, SIG_IGN);
    if (!inside->private_pids) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    raise_limit();
    sigprocmask(SIG_SETMASK, NULL, &held);
    signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
    inside->hosts = calloc(inside->lab->host_count, sizeof(*inside->hosts));
    if (signals < 0 || inside->hosts == NULL) {
        inside_fail(0, "the lab can't be watched: %s", strerror(errno));
    } else if (make_network(inside) == 0) {
        well = run(inside, signals);
    }
    process_kill_all(inside->private_pids);
    if (!inside->options->keep) {
        run_remove(inside->directory);
    }
    return well ? 0 : 1;
}
