/*
 * process.c - starting programs, and their certain end.
 *
 * A program gets a session of its own, so that the terminal's Ctrl-C reaches the lab alone, which
 * then ends its hosts in good order. In a PID namespace whatever a program has started can be
 * killed as one. Without one (backend = vde where no namespaces are to be had) the lab is the
 * reaper of its descendants, and looks for them as its children until none is left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/inside.h"

/* Exit code of a program that could not be run, as shells have it. */
#define CANNOT_RUN 127

/* Entries of /proc/self/task/.../children that are read at once, bytes. */
#define CHILDREN_BYTES 4096

static _Noreturn void cannot_run(const char *what, int code)
{
    inside_fail(0, "%s can't be run: %s", what, strerror(code));
    _exit(CANNOT_RUN);
}

static void keep_open(const int *descriptors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (descriptors[i] >= 0) {
            fcntl(descriptors[i], F_SETFD, 0);
        }
    }
}

/* The child's part, up to exec. */
static _Noreturn void become(const struct spawn *spawn, pid_t parent)
{
    int input = spawn->input >= 0 ? spawn->input : open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(CANNOT_RUN);
    }
    setsid();
    if (dup2(input, STDIN_FILENO) < 0 || dup2(spawn->output, STDOUT_FILENO) < 0 ||
        dup2(spawn->output, STDERR_FILENO) < 0) {
        _exit(CANNOT_RUN);
    }
    keep_open(spawn->keep, spawn->keep_count);
    for (size_t i = 0; i < spawn->environment_count; i++) {
        putenv(spawn->environment[i]);
    }
    if (spawn->network >= 0 && setns(spawn->network, CLONE_NEWNET) != 0) {
        cannot_run(spawn->words[0], errno);
    }
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(spawn->words[0], (char *const *)spawn->words);
    cannot_run(spawn->words[0], errno);
}

/*
 * Waits for exec, which closes the child's end of the pipe: before, the child may have no process
 * group of its own yet, to which a signal could be sent.
 */
static void wait_exec(int fd)
{
    char nothing;

    while (read(fd, &nothing, sizeof(nothing)) < 0 && errno == EINTR) {
    }
}

pid_t process_spawn(const struct spawn *spawn)
{
    pid_t parent = getpid();
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -errno;
    }
    child = fork();
    if (child == 0) {
        become(spawn, parent);
    }
    if (child < 0) {
        child = -errno;
    }
    close(ends[1]);
    if (child > 0) {
        wait_exec(ends[0]);
    }
    close(ends[0]);
    return child;
}

bool process_exists(const char *name)
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];

    for (const char *at = path != NULL ? path : ""; *at != '\0';) {
        size_t length = strcspn(at, ":");
        int bytes = snprintf(file, sizeof(file), "%.*s/%s", (int)length, at, name);

        if (bytes > 0 && (size_t)bytes < sizeof(file) && access(file, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

int inside_fail_program(const char *name, const char *path)
{
    char line[256] = "it says nothing";
    FILE *file = fopen(path, "re");

    if (file != NULL) {
        if (fgets(line, sizeof(line), file) != NULL) {
            line[strcspn(line, "\n")] = '\0';
        }
        fclose(file);
    }
    return inside_fail(-EIO, "%s has failed: %s", name, line);
}

/* Kills each child there is. */
static void kill_children(void)
{
    char path[64], text[CHILDREN_BYTES];
    char *at = text;
    ssize_t bytes;
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    bytes = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[bytes > 0 ? bytes : 0] = '\0';
    while (*at != '\0') {
        pid_t child = (pid_t)strtol(at, &at, 10);

        if (child > 1) {
            kill(child, SIGKILL);
        }
        at += strspn(at, " \n");
    }
}

void process_kill_all(bool private_pids)
{
    do {
        if (private_pids && getpid() == 1) { /* never everything of the machine */
            kill(-1, SIGKILL);
        } else {
            kill_children();
        }
    } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}
