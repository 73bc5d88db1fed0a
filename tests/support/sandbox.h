/*
 * sandbox.h - system calls that the kernel refuses, as sandboxes have it.
 */
#ifndef TESTS_SANDBOX_H
#define TESTS_SANDBOX_H

/*
 * From now on the calling thread, and those that it starts, get the error for this system call
 * (__NR_*). There is no way back. Skips the test where that can't be arranged, unless the kernel
 * has no such call anyway.
 */
void sandbox_forbid(long call, int error);

#endif
