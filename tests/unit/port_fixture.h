/*
 * port_fixture.h - completion ports without any network, and threads that wait at them.
 *
 * Whether a thread counts as active can only be seen from how long a packet is held back. Tests
 * that expect none to be take the least of several tries: the machine has other things to do.
 */
#ifndef TESTS_UNIT_PORT_FIXTURE_H
#define TESTS_UNIT_PORT_FIXTURE_H

#include <stdatomic.h>
#include <stdint.h>

#include <winsock2.h>

#include "config/limits.h"

/* What a call that leaves the last error alone finds there. */
#define UNTOUCHED 0xdeadbeefu

#define HOLD_NS (LIMIT_PORT_HOLD_MS * INT64_C(1000000))

/* A thread that takes one packet, in waits of step_ms. */
struct taker {
    HANDLE port;
    DWORD step_ms;
    ULONG_PTR key;             /* out */
    int error;                 /* out: of port_take(), 0 or why there is no packet */
    _Atomic int64_t taken_ns;  /* out: when; 0: not yet */
};

/* Makes a port. port_close() ends it. */
HANDLE port_of(unsigned concurrency);

/* Queues a packet of which only the key matters. */
void post(HANDLE port, ULONG_PTR key);

/* Takes one packet in the calling thread. Returns what port_take() returns. */
int take(HANDLE port, ULONG_PTR *key, DWORD timeout_ms);

/* Takes the packet that is there, and asserts its key. The calling thread is active then. */
void take_now(HANDLE port, ULONG_PTR key);

/* The calling thread takes a packet, and so counts as active. */
void be_active(HANDLE port);

/* A worker's function for a struct taker: returns with a packet, or when the port is closed. */
void taker_run(void *taker);

/*
 * Nanoseconds from a post until a thread that waits has the packet, the least of some tries; they
 * end with the first one that shows that it was not held back.
 */
int64_t least_delay_ns(HANDLE port);

#endif
