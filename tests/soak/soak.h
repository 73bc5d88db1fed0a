/*
 * soak.h - the parts of the soak beside the engine of tests/stress. Plain C types: the kernel's
 * side and Winsock's never stand in one file.
 */
#ifndef TESTS_SOAK_H
#define TESTS_SOAK_H

#include <stdbool.h>
#include <stdint.h>

/* Where the host under test is, and what its group is. */
#define SOAK_OUR_ADDRESS "192.0.2.1"
#define SOAK_BROADCAST "192.0.2.255"
#define SOAK_GROUP "239.1.2.3"

/* --- traffic.c: the kernel's side --- */

/*
 * Opens the kernel's sockets (after kernel_enter()) and starts its threads, which send until
 * traffic_stop(). Returns the port on which the kernel sends back what it gets, host byte order.
 */
uint16_t traffic_open(void);
void traffic_start(void);
void traffic_stop(void);

/* Prints what the kernel has sent and received so far. */
void traffic_print(void);

/* --- feed.c: what the traffic asks the engine for --- */

/* Shall the kernel be silent for the moment? */
bool feed_is_settling(void);

/* The port of a socket on the TAP, by chance; 0: there is none. Host byte order. */
uint16_t feed_port(uint32_t random);

/* Fills a datagram with the next number: for one socket, or for all of the group. */
void feed_unicast(void *data, uint32_t bytes);
void feed_group(void *data, uint32_t bytes);

/* --- resources.c --- */

struct resources {
    unsigned descriptors;
    unsigned threads;
    unsigned handles;    /* of Winsock, of all kinds */
    uint64_t memory_bytes; /* resident, after free memory was given back to the system */
};

void resources_read(struct resources *out);

/* Prints both, and returns whether nothing has become more; memory may by memory_bytes. */
bool resources_compare(const struct resources *before, const struct resources *after,
                       uint64_t memory_bytes);

#endif
