/*
 * run.c - the process outside of a lab: makes the one inside, waits for it, tidies up behind it.
 *
 * Signals are held back and waited for. The first SIGINT, SIGTERM or SIGHUP asks the process inside
 * to end the lab in good order; a second one kills it, and with it everything. When this process is
 * killed itself, the one inside sees the end of the lifeline. What that one leaves when it is
 * killed, the lab's directory, is removed here.
 */
#define _GNU_SOURCE
#include "lab/run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/inside.h"

/* Descriptors that the walk through the lab's directory may use. */
#define WALK_FDS 8

/* --- The lab's directory --- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

void run_remove(const char *directory)
{
    nftw(directory, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS);
}

/*
 * Chooses the name of the lab's directory, which nobody has. The process inside makes the
 * directory, and removes it: there is no moment at which it is there and nobody left to remove it.
 */
static int name_directory(char path[PATH_MAX])
{
    const char *parent = getenv("TMPDIR");
    unsigned long long number;

    parent = parent != NULL && *parent != '\0' ? parent : "/tmp";
    if (getrandom(&number, sizeof(number), 0) != sizeof(number) ||
        snprintf(path, PATH_MAX, "%s/winlwip-lab-%016llx", parent, number) >= PATH_MAX) {
        return inside_fail(-EINVAL, "no directory can be named in %s", parent);
    }
    return 0;
}

/* --- Programs --- */

/*
 * The running winlwip is the one that a lab's programs find by that name; ip is found where PATH
 * has only what ordinary users need.
 */
static int set_path(void)
{
    const char *path = getenv("PATH");
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *made = NULL;
    char *name;
    int status;

    self[length > 0 ? length : 0] = '\0';
    name = strrchr(self, '/');
    if (name == NULL) {
        return inside_fail(-ENOENT, "/proc is not there: the lab needs it");
    }
    *name = '\0';
    if (asprintf(&made, "%s:%s:/usr/sbin:/sbin", self,
                 path != NULL ? path : "/usr/local/bin:/usr/bin:/bin") < 0) {
        return inside_fail(-ENOMEM, "out of memory");
    }
    status = setenv("PATH", made, 1);
    free(made);
    return status == 0 ? 0 : inside_fail(-ENOMEM, "out of memory");
}

/* --- Waiting --- */

/* Waits for the end of the process inside. Returns its status as waitpid() gives it. */
static int wait_inside(pid_t child, const sigset_t *held)
{
    bool asked = false;
    int status = 0;

    while (waitpid(child, &status, WNOHANG) != child) {
        int number = sigwaitinfo(held, NULL);

        if (number == SIGINT || number == SIGTERM || number == SIGHUP) {
            kill(child, asked ? SIGKILL : SIGTERM);
            asked = true;
        }
    }
    return status;
}

static bool run_in(const struct lab *lab, const struct lab_run_options *options,
                   const char *directory, const sigset_t *held)
{
    struct inside inside = {.lab = lab, .options = options, .directory = directory};
    int lifeline[2];
    pid_t child;
    int status;

    if (pipe2(lifeline, O_CLOEXEC) != 0) {
        return inside_fail(false, "no pipe can be made: %s", strerror(errno)) != 0;
    }
    fflush(stdout);
    child = space_fork(lab->backend == LAB_KERNEL, &inside.private_pids);
    if (child == 0) {
        close(lifeline[1]);
        inside.lifeline = lifeline[0];
        _exit(inside_main(&inside)); /* which has flushed what somebody reads */
    }
    close(lifeline[0]);
    status = child > 0 ? wait_inside(child, held) : 1;
    close(lifeline[1]);
    if (WIFSIGNALED(status)) {
        inside_fail(0, "the lab was killed");
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool lab_run(const struct lab *lab, const struct lab_run_options *options)
{
    char directory[PATH_MAX];
    sigset_t held, before;
    bool well;

    if (set_path() != 0 || name_directory(directory) != 0) {
        return false;
    }
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGCHLD);
    sigprocmask(SIG_BLOCK, &held, &before);
    well = run_in(lab, options, directory, &held);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!options->keep) {
        run_remove(directory);
    } else if (access(directory, F_OK) == 0) {
        printf("Kept: %s\n", directory);
    }
    return well;
}
