/*
 * sys_arch.h: the types of lwIP's operating system layer on POSIX threads; sys_arch.c has the
 * functions.
 */
#ifndef BENCH_PEER_ARCH_SYS_ARCH_H
#define BENCH_PEER_ARCH_SYS_ARCH_H

#include <pthread.h>
#include <stdbool.h>

struct sys_sem {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned count;
    bool valid;
};

struct sys_mutex {
    pthread_mutex_t mutex;
    bool valid;
};

/* A ring of pointers, and who waits at its two ends. */
struct sys_mbox {
    pthread_mutex_t mutex;
    pthread_cond_t filled, emptied;
    void **ring;
    unsigned capacity, head, count;
    unsigned readers, writers; /* threads that wait */
};

typedef struct sys_sem sys_sem_t;
typedef struct sys_mutex sys_mutex_t;
typedef struct sys_mbox sys_mbox_t;
typedef pthread_t sys_thread_t;
typedef int sys_prot_t;

#endif
