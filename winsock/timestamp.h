/*
 * timestamp.h - the counter of QueryPerformanceCounter(), and the times of sends
 * (SIO_TIMESTAMPING, SIO_GET_TX_TIMESTAMP, SO_TIMESTAMP_ID; winsock-facts 4.18).
 */
#ifndef WINSOCK_TIMESTAMP_H
#define WINSOCK_TIMESTAMP_H

#include <stdint.h>

struct socket;
struct ioctl_call;

/* Steps of the counter in a second: Windows' own frequency on current machines. */
#define TIMESTAMP_HZ 10000000

/* A time in ns of the stack's clock as a value of the counter. */
static inline uint64_t timestamp_counter(int64_t time_ns)
{
    return (uint64_t)time_ns / (1000000000 / TIMESTAMP_HZ);
}

/* A send that is to be asked for. */
struct timestamp {
    uint64_t counter;
    uint32_t id;
};

/* The sends that a socket remembers, oldest first. All zero: none. Guarded by socket.lock. */
struct timestamps {
    struct timestamp *entries; /* capacity of them, NULL when it is 0 */
    uint32_t capacity;
    uint32_t count;
};

/* Frees what is remembered. */
void timestamps_fini(struct timestamps *timestamps);

/*
 * SIO_TIMESTAMPING: which times the socket wants. Forgets the sends so far.
 * Returns 0; WSAEOPNOTSUPP: no UDP socket; WSAEINVAL: unknown flags; WSAENOBUFS.
 */
int timestamp_configure(struct socket *socket, struct ioctl_call *call);

/*
 * SIO_GET_TX_TIMESTAMP: takes the time of a send out. Returns 0; WSAEWOULDBLOCK: there is none
 * (yet); WSAEOPNOTSUPP: no UDP socket.
 */
int timestamp_take(struct socket *socket, struct ioctl_call *call);

/* Remembers that the send with this id left now; forgets it when there is no room. No lock. */
void timestamp_sent(struct socket *socket, uint32_t id);

#endif
