/*
 * own_root.c - runs a command whose root directory is the root of a mount namespace.
 *
 * usage: own_root COMMAND ARGUMENT...
 *
 * The kernel lets nobody make a user namespace whose root directory was set by chroot(2)
 * (user_namespaces(7)), as it is where tests run in a directory with a system of its own. There
 * root makes that directory the root of a new mount namespace: enters the namespace anew, which
 * leads to its real root directory, binds ours to itself, so that it is a mount, and puts it into
 * the other's place. Who is not root, or needs it not, gets the command as it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Can a child of ours make a user namespace? */
static bool is_needless(void)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Says what failed. Returns false. */
static bool fail(const char *what)
{
    fprintf(stderr, "own_root: %s: %s\n", what, strerror(errno));
    return false;
}

/* Makes our root directory the mount namespace's. Returns false after saying why not. */
static bool change_root(void)
{
    char working[PATH_MAX], root[PATH_MAX];
    int ours = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (ours < 0 || getcwd(working, sizeof(working)) == NULL || unshare(CLONE_NEWNS) != 0) {
        return fail("a mount namespace");
    }
    int space = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNS) != 0 || fchdir(ours) != 0 ||
        getcwd(root, sizeof(root)) == NULL) {
        return fail("the real root directory");
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(root, root, NULL, MS_BIND | MS_REC, NULL) != 0 || chdir(root) != 0) {
        return fail("binding the root directory");
    }
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
        chdir("/") != 0) {
        return fail("exchanging the root directory");
    }
    return chdir(working) == 0 || fail(working);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: own_root COMMAND ARGUMENT...\n");
        return 2;
    }
    if (geteuid() == 0 && !is_needless() && !change_root()) {
        return 1;
    }
    execvp(argv[1], argv + 1);
    fail(argv[1]);
    return 127;
}
