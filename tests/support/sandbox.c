/*
 * sandbox.c - system calls that the kernel refuses: a filter of seccomp(2).
 */
#define _GNU_SOURCE /* syscall */
#include "tests/support/sandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/support/runner.h"

void sandbox_forbid(long call, int error)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(lines) / sizeof(lines[0]), .filter = lines};

    if (syscall(call, -1, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS) {
        return;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        runner_skip("this kernel filters no system calls");
    }
}
