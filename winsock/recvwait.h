/*
 * recvwait.h - receives that wait for a datagram: calls that block, and posted operations, in the
 * order in which they came.
 *
 * Theory of operation stands in recvmsg.c.
 */
#ifndef WINSOCK_RECVWAIT_H
#define WINSOCK_RECVWAIT_H

#include <stdbool.h>

#include "winsock/recvmsg.h"

struct loop_waiter;
struct operation;
struct socket;
struct recvqueue_error;

/* A receive that waits. Lives in the frame of a thread, or is part of an operation. */
struct recv_wait {
    struct recv_wait *next, *previous; /* in the socket's list, under socket.lock */
    const struct recv_request *request;
    struct recv_result *result;
    struct operation *operation; /* that it is part of; NULL: a thread waits */
    struct loop_waiter *waiter;  /* of that thread */
    bool complete;               /* a thread's: under socket.lock */
};

/* All of them: socket.lock is held. */

/* Appends a receive. */
void recvwait_park_locked(struct socket *socket, struct recv_wait *wait);

/*
 * Takes a receive out and tells it that its result stands: the one place from which that is done,
 * so that it is done once. It must not be touched afterwards.
 */
void recvwait_complete_locked(struct socket *socket, struct recv_wait *wait);

/* The same with an error as its result; nothing of the caller's memory has been written then. */
void recvwait_end_locked(struct socket *socket, struct recv_wait *wait, int error);

/* Ends all: calls that block with one error, posted operations with another. */
void recvwait_end_all_locked(struct socket *socket, int call_error, int posted_error);

/* Shows a datagram to them, oldest first. Returns whether one consumed it. */
bool recvwait_offer_locked(struct socket *socket, const struct datagram *datagram);

/* The same with an ICMP error, which ends the receive that consumes it (C35). */
bool recvwait_offer_error_locked(struct socket *socket, const struct recvqueue_error *error);

#endif
