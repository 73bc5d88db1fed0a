/*
 * port.h - completion ports: packets in, threads that wait for them.
 *
 * Theory of operation stands in port.c.
 */
#ifndef WINSOCK_PORT_H
#define WINSOCK_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <winsock2.h>

struct operation;
struct port;
struct thread;

/*
 * Makes a port and its handle. concurrency: threads that may be active at a time, 0: as many as
 * there are processors. Returns 0, WSAEMFILE, WSAENOBUFS.
 */
int port_new(unsigned concurrency, HANDLE *out);

/*
 * Finds an open port and takes a reference, which port_put() gives back without any lock held. The
 * two low bits of a handle do not count. NULL when it names no port.
 */
struct port *port_get(HANDLE handle);
void port_ref(struct port *port);
void port_put(struct port *port);

/* The handle that port_new() gave; it may be closed while a duplicate is open. */
HANDLE port_handle(const struct port *port);

/*
 * Closes the handle; with the last one waiting threads end with ERROR_ABANDONED_WAIT_0, packets are
 * dropped, those that would come later too. Returns whether the handle named a port.
 */
bool port_close(HANDLE handle);

/*
 * Queues a packet, of which key, overlapped, status and bytes are set; it belongs to the port. Any
 * lock but a leaf may be held.
 */
void port_post(struct port *port, struct operation *packet);

/*
 * The same for the packets of a burst: they are gathered, and queued under one hold of the port's
 * lock by port_post_gathered(), which costs little when there are none. The stack lock is held.
 */
void port_gather(struct port *port, struct operation *packet);
void port_post_gathered(struct port *port);

/*
 * Takes up to max packets, in the order in which they were posted, and waits for the first until
 * deadline_ns (as in wait.h). The calling thread is active for the port from then on, until it
 * comes back, takes from another port, sleeps in a wait, or ends. No lock may be held.
 * Returns 0 and *count >= 1; WAIT_TIMEOUT; WAIT_IO_COMPLETION (as wait_for_objects(), which see);
 * ERROR_ABANDONED_WAIT_0; ERROR_NOT_ENOUGH_MEMORY.
 */
int port_take(struct port *port, OVERLAPPED_ENTRY *entries, unsigned max, unsigned *count,
              int64_t deadline_ns, bool alertable);

/* A thread that is active for the port falls asleep in another wait, and wakes. */
void port_thread_sleeps(struct port *port);
void port_thread_wakes(struct port *port);

/* The thread is active for no port any more. Called by the thread itself, without locks. */
void port_leave(struct thread *self);

#endif
