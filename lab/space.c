/*
 * space.c - the namespaces of a lab.
 *
 * Theory of operation
 *
 * The process inside is the first one of a PID namespace: when it ends, however that comes, the
 * kernel kills every process of the lab; and networks that no process is in are gone, with their
 * bridges, TAPs and routers. So nothing has to be remembered that could be forgotten.
 *
 * Root needs nothing more. Others, and a root without CAP_SYS_ADMIN as containers have it, make a
 * user namespace in which they are root: setgroups(2) has to be given up before a group is mapped
 * (user_namespaces(7)). One clone() makes all of them, since unshare(2) refuses a user namespace
 * to a process with several threads, which sanitizers have.
 *
 * /proc is mounted anew, so that programs find themselves in it. Where that is forbidden
 * (containers hide parts of theirs) the outer one stays: /proc/self is right in it, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/inside.h"

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int status = 0;

    if (fd < 0) {
        return -errno;
    }
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        status = -errno;
    }
    close(fd);
    return status;
}

/* The user becomes root of the new user namespace. */
static int map_user(unsigned user, unsigned group)
{
    char text[64];
    int status;

    snprintf(text, sizeof(text), "0 %u 1", user);
    status = write_file("/proc/self/uid_map", text);
    if (status == 0) {
        status = write_file("/proc/self/setgroups", "deny");
    }
    if (status == 0) {
        snprintf(text, sizeof(text), "0 %u 1", group);
        status = write_file("/proc/self/gid_map", text);
    }
    return status;
}

/* clone() as fork() is called. */
static pid_t fork_into(int flags)
{
    unsigned user = geteuid();
    unsigned group = getegid();
    pid_t child = (pid_t)syscall(SYS_clone, (unsigned long)flags | SIGCHLD, NULL, NULL, NULL, 0ul);

    if (child != 0) {
        return child;
    }
    if ((flags & CLONE_NEWUSER) != 0) {
        int status = map_user(user, group);

        if (status != 0) {
            inside_fail(0, "the user can't be mapped into a namespace: %s", strerror(-status));
            _exit(1);
        }
    }
    /* Mounts of ours are for us alone; without that none is made. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) {
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    }
    return 0;
}

static pid_t refuse(int code)
{
    if (code == EPERM || code == EACCES) {
        inside_fail(0, "this system lets this user make no namespaces: run the lab as root, allow "
                    "it (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
                    "kernel.apparmor_restrict_unprivileged_userns=0; in a chroot or container only "
                    "its owner can), or use backend = vde");
    } else if (code == ENOSPC || code == EUSERS) {
        inside_fail(0, "no more namespaces can be made: raise sysctl user.max_user_namespaces, "
                    "user.max_net_namespaces and user.max_pid_namespaces");
    } else {
        inside_fail(0, "no namespaces can be made: %s", strerror(code));
    }
    return -1;
}

pid_t space_fork(bool network, bool *private_pids)
{
    int flags = CLONE_NEWPID | CLONE_NEWNS | (network ? CLONE_NEWNET : 0);
    pid_t child = -1;

    *private_pids = true;
    if (geteuid() == 0) {
        child = fork_into(flags);
    }
    if (child < 0) {
        child = fork_into(flags | CLONE_NEWUSER);
    }
    if (child < 0 && network) {
        return refuse(errno);
    }
    if (child < 0) {
        *private_pids = false;
        child = fork();
    }
    return child < 0 ? refuse(errno) : child;
}
