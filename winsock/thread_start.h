/*
 * thread_start.h - starting a thread.
 */
#ifndef WINSOCK_THREAD_START_H
#define WINSOCK_THREAD_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>
#include <winsock2.h>

/* What a thread is to do. One of the two functions is given. */
struct thread_start {
    LPTHREAD_START_ROUTINE function;
    void (*procedure)(void *parameter); /* of exit code 0 */
    void *parameter;
    size_t stack_bytes; /* at least; 0: the system's default */
    bool reserves;      /* stack_bytes is the size, below the default too */
    bool suspended;     /* begins after ResumeThread() */
    bool closes_handle; /* when it ends */
};

/*
 * Starts a thread with a record; stores its handle and id. Returns 0, ERROR_NOT_ENOUGH_MEMORY.
 */
int thread_start(const struct thread_start *how, HANDLE *handle, DWORD *id);

#endif
